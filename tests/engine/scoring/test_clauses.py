"""What a text says of each symbol, on made-up posts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Config, ScoringConfig
from engine.model import Author, DisplayText, Post, Score, SymbolScore
from engine.scoring import load
from engine.scoring.clauses import LONGEST, MOST_CLAUSES, own_scores, symbols_apart

BOTH = load(Config(scoring=ScoringConfig(scorers=("vader", "linear"))))


@pytest.mark.parametrize(
    "text, signs",
    [
        ("long $TSLA, short $F", {"TSLA": 1, "F": -1}),
        ("short $F, long $TSLA", {"TSLA": 1, "F": -1}),
        ("LONG $TSLA SHORT $F", {"TSLA": 1, "F": -1}),
        ("Bought $AAPL calls and sold my $MSFT, it looks weak", {"AAPL": 1, "MSFT": -1}),
        ("$NVDA upgraded to buy while $INTC downgraded to sell", {"NVDA": 1, "INTC": -1}),
        ("$NVDA, $AMD and $AVGO all plunge but $F beats estimates", {"NVDA": -1, "AMD": -1, "AVGO": -1, "F": 1}),
        ("$AAPL breakout, $MSFT breakdown, $IBM flat", {"AAPL": 1, "MSFT": -1}),
        ("bullish on $AMD, bearish on $INTC here", {"AMD": 1, "INTC": -1}),
        ("Puts on $SPY, calls on $GLD", {"SPY": -1, "GLD": 1}),
        ("$COIN crushing it. $HOOD bleeding out.", {"COIN": 1, "HOOD": -1}),
        ("$X up 4%; $Y down 3%", {"X": 1, "Y": -1}),
        ("$X up 4% $Y down 3%", {"X": 1, "Y": -1}),
        ("Movers: $A +12% $B +8% $C -9%", {"A": 1, "B": 1, "C": -1}),
        ("$A (+5.1%) $B (-3.2%)", {"A": 1, "B": -1}),
        ("$A: +5% $B: -3%", {"A": 1, "B": -1}),
        ("$A 🚀 $B 📉", {"A": 1, "B": -1}),
        ("$A 📈 $B: 📈 $C 📉📉", {"A": 1, "B": 1, "C": -1}),
    ],
)
def test_symbols_are_told_apart(text: str, signs: dict[str, int]) -> None:
    (scored,) = BOTH.score([Post("1", "test", 0, 0, Author("", DisplayText("")), text, DisplayText(text))], 0)
    for reading in (scored.reading, *scored.members):
        found = {own.symbol: own.score for own in reading.symbols}
        assert {name: (score > 0) - (score < 0) for name, score in found.items()} == signs, reading
        assert all(abs(score) > 0.2 for score in found.values())


@pytest.mark.parametrize(
    "text",
    [
        "long $TSLA and $F",
        "$TSLA up, but it looks weak to me",
        "$TSLA $F $GM all up 3%, new highs",
        "short squeeze coming, long",
        "$100 calls bought for $2, puts sold",
        "$TSLA $F great, terrible",
        "+5% $TSLA -3% $F +2% $GM",
        "🚀 $TSLA 📉 $F 🚀 $GM",
        "$TSLA 🚀 $F holders, $F is a bargain, weak hands out",
        "",
    ],
)
def test_one_opinion_is_not_taken_apart(text: str) -> None:
    (scored,) = BOTH.score([Post("1", "test", 0, 0, Author("", DisplayText("")), text, DisplayText(text))], 0)
    assert scored.reading.symbols == ()


def test_a_list_of_symbols_waits_for_what_is_said_of_them() -> None:
    found = symbols_apart("$A, $B, sinking. $C, $D soaring", lambda clause: "ing" in clause)
    assert {name: text.strip().endswith("sinking.") for name, text in found.items()} == {
        "A": True,
        "B": True,
        "C": False,
        "D": False,
    }


def test_what_names_no_symbol_belongs_to_the_one_before_or_else_to_the_first() -> None:
    def opinion(clause: str) -> bool:
        return "ing" in clause

    def apart(text: str) -> dict[str, str]:
        return {name: " ".join(own.split()) for name, own in symbols_apart(text, opinion).items()}

    assert apart("$A, $B, by the way, sinking. $C soaring") == {
        "A": "$A, $B, by the way, sinking.",
        "B": "$A, $B, by the way, sinking.",
        "C": "$C soaring",
    }
    assert apart("$A, by the way, $B sinking. $C soaring")["A"] == "$A, by the way, $B sinking."
    assert apart("hello, $A rising, strong, $B falling, weak") == {
        "A": "hello, $A rising, strong,",
        "B": "$B falling, weak",
    }
    assert apart("$A, $B rising. today") == {}
    assert apart("$A rising, then $a falling") == {}


def test_of_many_clauses_the_last_ones_are_one() -> None:
    names = [f"{chr(65 + number)}{chr(65 + number)}" for number in range(MOST_CLAUSES + 2)]
    found = symbols_apart(", ".join(f"${name} up" for name in names), lambda clause: True)
    assert list(found) == names
    assert [own.count("$") for own in dict.fromkeys(found.values())] == [1] * (MOST_CLAUSES - 1) + [3]


def test_an_article_is_not_taken_apart() -> None:
    text = "$A up. $B down.".ljust(LONGEST)
    assert symbols_apart(text, lambda clause: True)
    assert symbols_apart(text + " ", lambda clause: True) == {}


@pytest.mark.parametrize(
    "one, other, apart",
    [(0.5, -0.5, True), (0.5, 0.4, False), (-0.5, -0.4, False), (0.0, -0.5, False), (0.5, 0.0, False)],
)
def test_symbols_have_scores_of_their_own_where_one_is_liked_and_one_disliked(
    one: float, other: float, apart: bool
) -> None:
    said = {"one": Score(one, 0.7), "other": Score(other, 0.6)}
    expected = (SymbolScore("A", one, 0.7), SymbolScore("B", other, 0.6)) if apart else ()
    assert own_scores({"A": "one", "B": "other"}, said.__getitem__) == expected


def test_dots_after_a_cashtag_cut() -> None:
    found = symbols_apart("$A up... $B down", lambda clause: "p" in clause or "w" in clause)
    assert found == symbols_apart("$A up. $B down", lambda clause: True) | {"A": "$A up..."}
    assert symbols_apart("up $A... $B down", lambda clause: True) == {"A": "up $A...", "B": " $B down"}


@given(st.lists(st.sampled_from(["$A", "$BC", "$D.E", "up", "down", ",", ". ", "but", "and", "long"]), max_size=300))
def test_every_symbol_is_in_its_own_text(parts: list[str]) -> None:
    text = " ".join(parts)
    found = symbols_apart(text, lambda clause: "up" in clause or "down" in clause)
    for name, own in found.items():
        assert f"${name}" in own
        assert len(own) <= 25 * (len(text) + 1)
