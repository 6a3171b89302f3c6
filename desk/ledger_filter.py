"""Which decisions the ledger shows: words, all of which must hold."""

from __future__ import annotations

import re

from engine.model.ledger import Group, LedgerRow

_WORDS = re.compile(r"[^\W_]+")
_CASHTAG = re.compile(r"\$[a-z][a-z0-9./-]*")


class LedgerFilter:
    """A symbol, an outcome, who decided, a rule, a strategy or a side, each by its whole name; else the beginning of a
    word of the reason. `symbol:A` or `$A`, `rule:R17`, `who:person`, `outcome:auto`, `strategy:shift` and `side:buy`
    mean that alone. Case does not matter; any text is a filter."""

    __slots__ = ("_words", "text")

    def __init__(self, text: str = "") -> None:
        self.text = " ".join(text.split())
        self._words = self.text.lower().split()

    def __bool__(self) -> bool:
        return bool(self._words)

    def within(self, group: Group) -> LedgerFilter:
        """The decisions that a group adds up, among those that this filter shows."""
        return self if group.by == "all" else LedgerFilter(f"{self.text} {group.by}:{group.name}")

    def matches(self, row: LedgerRow) -> bool:
        """True when every word holds for the decision."""
        names = {
            "symbol": {row.symbol.lower()},
            "outcome": {row.kind.value},
            "who": {row.by.lower()},
            "strategy": {row.strategy.lower()},
            "side": {row.side.value},
            "rule": {rule.lower() for rule in row.rules},
        }
        return all(_holds(word, names, row) for word in self._words)


def _holds(word: str, names: dict[str, set[str]], row: LedgerRow) -> bool:
    by, colon, name = word.partition(":")
    if colon and by in names:
        return name in names[by]
    if _CASHTAG.fullmatch(word):
        return word[1:] in names["symbol"]
    if any(word in known for known in names.values()):
        return True
    reason = row.reason.lower()
    return any(part.startswith(word) for part in (*_WORDS.findall(reason), *reason.split()))
