"""Our stream rules at X: brought there by difference, beside the rules of others, and what X says of each."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.config import Config
from engine.errors import ConfigError
from engine.feeds.x_rules import Existing, Rule, build_rules, difference, told_rules
from engine.model.feeds import FeedRule

if TYPE_CHECKING:
    from engine.feeds.x_client import XClient

log = logging.getLogger(__name__)


class RulesAtX:
    """The rules of the watchlist, and what X holds of them."""

    def __init__(self, feed: str, config: Config) -> None:
        """`feed`: the name that the rules are told under."""
        self._feed = feed
        self._wanted = build_rules(config.watchlist, config.x)
        self._limit = config.x.rule_limit
        self._length = config.x.rule_length
        self.refused = ""
        """Which rules X did not take, and why, in words; empty when it took all."""
        self._held: tuple[Existing, ...] = ()
        """What X held when we last agreed, with what it took since."""
        self._refusals: dict[str, str] = {}
        """X's reason by the text of a rule that it did not take."""

    @property
    def told(self) -> tuple[FeedRule, ...]:
        """Our rules as they stand at X, then those of others that X holds beside them."""
        return told_rules(self._feed, self._wanted, self._held, self._refusals, self._length)

    async def agree(self, client: XClient) -> None:
        """Make X hold our rules, by difference: new ones first, so that no symbol is ever without one. While X refuses
        one of them the old ones stay: the words that it took before are better than none.

        Where there is no room for both, those of ours that are not needed any more go first. Raises ConfigError when X
        takes none of them, RulesFull when it has no room even then.
        """
        from engine.feeds.x_errors import RulesFull

        existing = await client.rules()
        change = difference(self._wanted, existing)
        delete = change.delete
        if change.add and len(existing) + len(change.add) > self._limit:
            if delete:
                await client.remove_rules(delete)
            delete = ()
        self.refused = ""
        self._held, self._refusals = existing, {}
        if change.add:
            try:
                report = await client.create_rules(change.add)
            except RulesFull:  # the plan allows fewer than x.rule_limit
                if not delete:
                    raise
                await client.remove_rules(delete)
                delete = ()
                report = await client.create_rules(change.add)
            self._refusals = dict(report.refused)
            taken = (rule for rule in change.add if rule.value not in self._refusals)
            self._held += tuple(Existing("", rule.value, rule.tag) for rule in taken)
            delete = tuple(rule for rule in delete if rule.id not in report.duplicates)
            self.refused = _refused(change.add, report.refused, kept=len(change.keep))
            if self.refused and delete:
                self.refused += f"; {len(delete)} earlier rules stay until it takes all"
                delete = ()
        if delete:
            await client.remove_rules(delete)
        log.info("x: %d rules kept, %d added, %d deleted", len(change.keep), len(change.add), len(delete))


def _refused(sent: Sequence[Rule], refused: Sequence[tuple[str, str]], *, kept: int) -> str:
    """Which rules X did not take; with none at all there is nothing to stream."""
    if not refused:
        return ""
    told = "; ".join(f"{value or 'a rule'} ({reason})" for value, reason in refused)
    if kept == 0 and len(refused) >= len(sent):
        raise ConfigError(
            f"expected rules that X accepts, found every one refused: {told}",
            where="[[watchlist]]",
            remedy="correct the names and keywords these rules are made of",
        )
    return f"X refused {len(refused)} of {kept + len(sent)} rules: {told}"
