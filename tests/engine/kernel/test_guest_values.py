"""What a package of somebody's hands over: taken as it is meant, or refused with what was expected and found."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from engine.clock import DAY, HOUR, SECOND
from engine.kernel import guest_values
from engine.kernel.guest_values import Misfit, checked_event, checked_gates, checked_name, checked_signal, checked_words
from engine.model import Author, DisplayText, FeedState, Gate, Halt, Light, Mood, Post, Quote, Side, Signal

NOW = 1_773_236_000 * SECOND


class Text(str):
    """A text of somebody's own making."""


def post(**other: Any) -> Post:
    text = DisplayText("$TSLA is great")
    values: dict[str, Any] = {"author": Author("1", DisplayText("ann")), "raw": text, "text": text}
    return Post(**({"id": "1", "source": "talk", "published_ns": NOW, "received_ns": NOW} | values | other))


def quote(**other: Any) -> Quote:
    values: dict[str, Any] = {"symbol": "TSLA", "at_ns": NOW, "received_ns": NOW, "bid": Decimal("250.1")}
    return Quote(**(values | {"ask": Decimal("250.2"), "last": None} | other))


def state(**other: Any) -> FeedState:
    values: dict[str, Any] = {"name": "prices", "light": Light.UP, "since_ns": NOW, "received_ns": NOW}
    return FeedState(**(values | other))


def check(event: object) -> Any:
    return checked_event(event, "talk", NOW, set())


@pytest.mark.parametrize("event", [post(), quote(), state(name="talk"), Halt("TSLA", NOW, NOW, True, "LUDP", "pause")])
def test_what_is_as_it_should_be_is_taken_as_it_is(event: object) -> None:
    assert check(event) == event


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (None, "a Post, Quote, Bar, Halt or FeedState, found NoneType"),
        ({"id": "1"}, "found dict"),
        (post(id=7), "found Expected `str`, got `int` - at `$.id`"),
        (post(id=""), "Post.id"),
        (post(id="a\nb"), "Post.id"),
        (post(id="1" * 65), "Post.id"),
        (post(text=None), "at `$.text`"),
        (post(author="ann"), "at `$.author`"),
        (post(raw=b"\xff\xfe"), "expected text, found bytes"),
        (post(raw="x" * (guest_values.SIZE_LIMIT + 1)), "larger"),
        (post(cashtags=("TSLA",) * 10**7), "larger"),
        (post(cashtags="TSLA"), "at `$.cashtags`"),
        (post(cashtags=(["TSLA"],)), "at `$.cashtags"),
        (post(published_ns=NOW / SECOND), "published_ns"),
        (post(published_ns=NOW // SECOND), "Post.published_ns in nanoseconds"),
        (post(received_ns=NOW + HOUR), "Post.received_ns"),
        (post(received_ns=10**30), ""),
        (post(recovered="yes"), "recovered"),
        (quote(bid="a lot"), "at `$.bid`"),
        (quote(bid=Decimal("NaN")), "bid"),
        (quote(last=Decimal("Infinity")), "last"),
        (quote(last=Decimal("1E400")), "last"),
        (quote(symbol="tsla"), "Quote.symbol in capitals"),
        (quote(symbol="\x1b[2J"), "Quote.symbol"),
        (quote(at_ns=NOW + HOUR), "Quote.at_ns"),
        (quote(received_ns=-1), "Quote.received_ns"),
        (post(id=Text("7")), "recorded"),
        (state(received_ns=NOW + DAY), "FeedState.received_ns"),
        (state(covered_since_ns=-5), "from 1970 to 2199, found -5"),
        (state(spent_usd=math.nan), "spent_usd"),
        (state(detail=object()), "recorded"),
    ],
)
def test_what_is_not_is_refused_with_what_was_expected_and_found(event: object, words: str) -> None:
    with pytest.raises(Misfit) as caught:
        check(event)
    assert words in str(caught.value)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 600


def test_text_is_cleaned_and_names_are_short() -> None:
    dirty = post(
        text=DisplayText("buy \x1b[2J\u202e$TSLA"),
        raw="buy \x1b[2J\u202e$TSLA \ud83d",
        author=Author("1\n2", DisplayText("@ann\x07" * 40)),
        lang="\x1b]0;x\x07" * 9,
        cashtags=("$tsla\u200b",) * 99,
        edits=("2", "", "\n"),
        repost_of="\x00",
        published_ns=NOW + 10 * SECOND,
    )
    clean = check(dirty)
    assert clean.text == "buy $TSLA" and clean.raw.endswith("\ufffd")
    assert clean.author.name.isprintable() and len(clean.author.name) <= 64 and clean.author.id == "1 2"
    assert clean.cashtags == ("TSLA",) * 50 and clean.edits == ("2",) and clean.repost_of == ""
    assert clean.published_ns == NOW, "nothing was published after it came"


def test_a_price_as_a_float_becomes_the_decimal_that_it_shows() -> None:
    assert check(quote(bid=250.1, last=math.nan)) == quote(bid=Decimal("250.1"))


def test_a_feed_speaks_only_for_itself() -> None:
    told = check(state(detail="\x1b[31mred", remedy="x" * 10_000))
    assert told.name == "talk" and told.detail == "red" and len(told.remedy) <= 300


def test_the_symbols_of_one_feed_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest_values, "MOST_SYMBOLS", 3)
    seen: set[str] = set()
    for symbol in ("A", "B", "C", "A"):
        checked_event(quote(symbol=symbol), "tape", NOW, seen)
    with pytest.raises(Misfit, match="at most 3 symbols"):
        checked_event(quote(symbol="D"), "tape", NOW, seen)


MOOD = Mood("TSLA", NOW, 0.5, 0.1, 0.4, 20, 10, 0.8, True)


def signal(**other: Any) -> Signal:
    values: dict[str, Any] = {"id": "s-1", "symbol": "TSLA", "side": Side.BUY, "strategy": "mine", "at_ns": NOW}
    values |= {"expires_ns": NOW + 60 * SECOND, "strength": 0.5, "confidence": 0.9, "reason": "so", "mood": MOOD}
    return Signal(**(values | other))


def test_a_signal_as_it_should_be_is_taken_as_it_is() -> None:
    assert checked_signal(signal(), "mine", MOOD, {"TSLA"}) == signal()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("buy", "a Signal, found 'buy'"),
        (True, "found bool"),
        (signal(side="BUY"), "at `$.side`"),
        (signal(strength=math.nan), "at `$.strength`"),
        (signal(confidence=1.5), "Signal.confidence in [0, 1], found 1.5"),
        (signal(strength=-0.1), "Signal.strength"),
        (signal(top_cluster_share=7.0), "top_cluster_share"),
        (signal(id=""), "Signal.id"),
        (signal(id="\x1b[2J"), "Signal.id"),
        (signal(strategy="shift"), "Signal.strategy 'mine'"),
        (signal(symbol="AAPL"), "a signal on TSLA"),
        (signal(at_ns=NOW + SECOND), "Signal.at_ns"),
        (signal(expires_ns=NOW), "Signal.expires_ns"),
        (signal(expires_ns=NOW + 2 * DAY), "Signal.expires_ns"),
        (signal(evidence=("a",) * 3), "at `$.evidence"),
        (signal(reason="x" * 2_000_000), "larger"),
        (signal(mood=None), "at `$.mood`"),
    ],
)
def test_a_signal_that_is_none_is_refused(given: object, words: str) -> None:
    with pytest.raises(Misfit) as caught:
        checked_signal(given, "mine", MOOD, {"TSLA", "AAPL"})
    assert words in str(caught.value)


def test_a_signal_stands_on_the_mood_that_was_told_and_reads_as_one_line() -> None:
    other = msgspec.structs.replace(MOOD, confidence=1.0, volume=10_000)
    taken = checked_signal(signal(mood=other, reason="a\x1b[2J\nb"), "mine", MOOD, {"TSLA"})
    assert taken.mood == MOOD and taken.reason == "a b"


def test_gates_words_and_names() -> None:
    told = checked_gates([Gate("shift", "g\x1b", True, 1.0)] * 99, "mine")
    assert len(told) == guest_values.MOST_GATES and told[0] == Gate("mine", "g", True, 1.0)
    for wrong in (None, 7, [1], (Gate("a", "b", "c"),)):  # type: ignore[arg-type]
        with pytest.raises(Misfit):
            checked_gates(wrong, "mine")
    assert checked_words("a\x1b[31mb" * 999)[:2] == "ab"
    for wrong in (None, "", 7, "x" * 99, "a\nb"):
        with pytest.raises(Misfit, match="`name`"):
            checked_name(wrong)
