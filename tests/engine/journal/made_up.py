"""Made-up records: the same call gives the same records, in any process."""

from __future__ import annotations

from engine.model import Author, DisplayText, Match, Post, Reading, Value
from engine.model.records import PostRecord

T0 = 1_763_650_000_000_000_000
READING = Reading("1", "vader", "1", 0.5, 0.5, 7)
Append = tuple[str, str, Value, int]


def made_up(number: int) -> Append:
    """The arguments of the number-th append: posts and readings in turn, each time the same."""
    id = str(1_500_000_000_000_000_000 + number // 2)
    at_ns = T0 + number * 1_000_000
    if number % 2:
        return "reading", id, Reading(id, "vader", "1", (number % 100) / 100, 0.5, at_ns), at_ns
    text = f"$TSLA number {number} " + "to the moon " * (number % 7)
    post = Post(id, "x", at_ns, at_ns, Author("1", DisplayText("ann"), 5), text, DisplayText(text))
    return "post", id, PostRecord.of(post, (Match("TSLA", "$TSLA", "cashtag"),)), at_ns
