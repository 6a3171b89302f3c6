"""Which decisions the ledger shows: words, all of which must hold."""

from __future__ import annotations

from engine.model.ledger import LedgerRow


class LedgerFilter:
    """A symbol, an outcome, who decided, a rule, a strategy or a side, each by its whole name; else a word of the
    reason. Case does not matter; any text is a filter."""

    __slots__ = ("_words", "text")

    def __init__(self, text: str = "") -> None:
        self.text = " ".join(text.split())
        self._words = self.text.lower().split()

    def __bool__(self) -> bool:
        return bool(self._words)

    def matches(self, row: LedgerRow) -> bool:
        """True when every word holds for the decision."""
        names = {row.symbol, row.kind.value, row.by, row.strategy, row.side.value, *row.rules}
        known = {name.lower() for name in names} | {f"${row.symbol.lower()}"}
        reason = row.reason.lower()
        return all(word in known or word in reason for word in self._words)
