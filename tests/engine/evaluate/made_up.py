"""Made-up labelled texts."""

from __future__ import annotations

from engine.evaluate import Label, Labelled, LabelledSet
from engine.model import DisplayText, Score


def labelled(*signs: int, name: str = "made-up") -> LabelledSet:
    """A set with these labels, as −1, 0 and +1."""
    kinds = {label.sign: label for label in Label}
    rows = [Labelled(str(at), DisplayText(f"text {at}"), kinds[sign]) for at, sign in enumerate(signs)]
    return LabelledSet(name, tuple(rows))


def scores(*values: float, confidence: float = 0.5) -> list[Score]:
    return [Score(value, confidence) for value in values]
