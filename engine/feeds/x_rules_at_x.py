"""Our stream rules at X: brought there by difference, beside the rules of others, and what X says of each.

What counts as listened for is what stands in the rules that X holds, whoever made them: a symbol is covered when X has
all its terms, be it in an earlier rule of ours.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.config import Config
from engine.errors import ConfigError
from engine.feeds.x_rules import TAG_SHOWN, Existing, Rule, build_rules, difference, keys, listened, told_rules
from engine.model import DisplayText
from engine.model.feeds import FeedRule
from engine.model.state import NotCovered
from engine.text import display_text

if TYPE_CHECKING:
    from engine.feeds.x_client import XClient
    from engine.feeds.x_errors import RulesFull

log = logging.getLogger(__name__)

CORRECT = "correct the names and keywords of {} in [[watchlist]], and start again"
CORRECT_ANY = "correct the names and keywords that these rules are made of in [[watchlist]], and start again"
MAKE_ROOM = (
    "delete rules of other programs, shorten [[watchlist]], or take a larger plan; the desk tries again by itself"
)
AGAIN = "the desk sends its rules again by itself"


class RulesAtX:
    """The rules of the watchlist, and what X holds of them."""

    def __init__(self, feed: str, config: Config) -> None:
        """`feed`: the name that the rules are told under."""
        self._feed = feed
        self._x = config.x
        self._wanted = build_rules(config.watchlist, config.x)
        self._needed = {row.symbol: keys(row) for row in config.watchlist}
        self._held: tuple[Existing, ...] | None = None
        """What X held when it was last asked, with what it took since; None while it was not."""
        self._stale: tuple[Existing, ...] = ()
        """Those of ours that are not needed any more."""
        self._refusals: dict[str, str] = {}
        """X's reason by the text of a rule that it did not take."""
        self._full = ""
        """X's words for having no room for all; empty while it has."""

    @property
    def told(self) -> tuple[FeedRule, ...]:
        """Our rules as they stand at X, then those of others that X holds beside them."""
        return told_rules(self._feed, self._wanted, self._held or (), self._refusals, self._x.rule_length)

    @property
    def lacking(self) -> frozenset[str]:
        """Symbols of which X does not send all posts by the rules that it holds; none while it was not asked."""
        if self._held is None:
            return frozenset()
        heard = frozenset[str]().union(*(listened(rule.value, self._x) for rule in self._held))
        return frozenset(symbol for symbol, needed in self._needed.items() if not needed <= heard)

    @property
    def not_covered(self) -> tuple[NotCovered, ...]:
        """The same by the rule that is missing, with X's reason and what to do."""
        lacking, held = self.lacking, {rule.value for rule in self._held or ()}
        found = []
        for rule in self._wanted:
            symbols = tuple(symbol for symbol in rule.symbols if symbol in lacking)
            if symbols and rule.value not in held:
                reason, remedy = self._why(rule, symbols)
                found.append(NotCovered(display_text(rule.tag, TAG_SHOWN), symbols, reason, remedy))
        return tuple(found)

    @property
    def problem(self) -> tuple[str, str]:
        """Which symbols X does not listen for, and which rules it did not take, in words, with the remedy."""
        missing = self.not_covered
        parts = []
        if missing:
            named = sorted({symbol for each in missing for symbol in each.symbols})
            parts.append(f"not covered: {', '.join(named)}")
        if self._refusals:
            parts.append(f"X refused {len(self._refusals)} of {len(self._wanted)} rules: {_told(self._refusals)}")
        if self._full:
            parts.append(f"X has no room for all rules: {self._full}")
        if self._refusals and self._stale:
            parts.append(f"{len(self._stale)} earlier rules stay until it takes all")
        remedy = missing[0].remedy if missing else CORRECT_ANY if self._refusals else MAKE_ROOM if self._full else ""
        return "; ".join(parts), remedy

    async def try_out(self, client: XClient) -> None:
        """Ask X what it holds and what it would say of the others, and change nothing there. Raises DeskError."""
        self._held = await client.rules()
        change = difference(self._wanted, self._held)
        if change.add:
            report = await client.create_rules(change.add, dry_run=True)
            self._refusals = dict(report.refused)
            taken = (rule for rule in change.add if rule.value in report.held)
            self._held += tuple(Existing("", rule.value, rule.tag) for rule in taken)

    async def agree(self, client: XClient) -> frozenset[str]:
        """Make X hold our rules, by difference; returns the symbols that it did not listen for when it was asked.

        What is not needed any more stays until `tidy`: another program of this app may stream by it. Where there is no
        room for both it goes first. Raises ConfigError when X takes none of them, RulesFull when it has room for none.
        """
        existing = await client.rules()
        change = difference(self._wanted, existing)
        self._held, self._stale, self._refusals, self._full = existing, change.delete, {}, ""
        missed = self.lacking
        if change.add:
            if len(existing) + len(change.add) > self._x.rule_limit:
                await self.tidy(client)
            await self._make(client, change.add)
            if self._refusals and not change.keep and len(self._refusals) >= len(change.add):
                raise ConfigError(
                    f"expected rules that X accepts, found every one refused: {_told(self._refusals)}",
                    where="[[watchlist]]",
                    remedy=CORRECT_ANY,
                )
        log.info("x: %d rules kept, %d sent, %d not needed", len(change.keep), len(change.add), len(change.delete))
        return missed

    async def tidy(self, client: XClient) -> None:
        """Delete what is not needed any more. While X refuses one of our rules the old ones stay: the words that it
        took before are better than none."""
        if self._stale and not self._refusals:
            await self._delete_stale(client)

    async def _make(self, client: XClient, rules: Sequence[Rule]) -> None:
        """Have X make rules: where it has no room for all, as many as there is room for, from the watchlist's first."""
        from engine.feeds.x_errors import RulesFull

        try:
            await self._send(client, rules)
        except RulesFull as error:  # the plan allows fewer than x.rule_limit
            if self._stale:
                await self._delete_stale(client)
                await self._make(client, rules)
            else:
                await self._make_some(client, rules, error)

    async def _make_some(self, client: XClient, rules: Sequence[Rule], full: RulesFull) -> None:
        """Find by halves how many there is room for. Raises `full` where X holds none of ours, and takes none."""
        from engine.feeds.x_errors import RulesFull

        self._full = display_text(full.message, TAG_SHOWN)
        room, too_many = 0, len(rules)
        while too_many - room > 1:
            middle = (room + too_many) // 2
            try:
                await self._send(client, rules[room:middle])
                room = middle
            except RulesFull:
                too_many = middle
        wanted = {rule.value for rule in self._wanted}
        if not any(rule.value in wanted for rule in self._held or ()):
            raise full

    async def _send(self, client: XClient, rules: Sequence[Rule]) -> None:
        """Send rules, and keep what X says of each; where it does not say all, it is asked what it holds."""
        report = await client.create_rules(rules)
        self._refusals |= dict(report.refused)
        made = tuple(Existing("", rule.value, rule.tag) for rule in rules if rule.value in report.held)
        self._held = (*(self._held or ()), *made)
        self._stale = tuple(rule for rule in self._stale if rule.id not in report.duplicates)
        if len(made) + len(report.refused) < len(rules):
            self._held = await client.rules()

    async def _delete_stale(self, client: XClient) -> None:
        await client.remove_rules(self._stale)
        gone = {rule.id for rule in self._stale}
        self._held = tuple(rule for rule in self._held or () if not rule.id or rule.id not in gone)
        self._stale = ()

    def _why(self, rule: Rule, symbols: Sequence[str]) -> tuple[DisplayText, str]:
        if refused := self._refusals.get(rule.value):
            words, remedy = f"refused by X: {refused}", CORRECT.format(", ".join(symbols))
        elif self._full:
            words, remedy = f"X has no room for it: {self._full}", MAKE_ROOM
        else:
            words, remedy = "X does not hold it", AGAIN
        return display_text(words, TAG_SHOWN), remedy


def _told(refusals: dict[str, str]) -> str:
    return "; ".join(f"{value or 'a rule'} ({reason})" for value, reason in refusals.items())
