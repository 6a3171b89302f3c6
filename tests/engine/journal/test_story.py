"""Why: from any id to the whole story, on one screen, with nothing of an author's reaching the terminal raw."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.clock import SECOND
from engine.errors import EXIT_FAILED, DeskError
from engine.journal import Reader, Story, format_story
from engine.journal.story_text import _folded
from engine.model import (
    Answer,
    Author,
    ControlResult,
    Decision,
    DecisionKind,
    DisplayText,
    Draft,
    Evidence,
    Fill,
    Intent,
    Match,
    Mode,
    Mood,
    Order,
    OrderStatus,
    Outcome,
    Post,
    Reading,
    Role,
    Side,
    Signal,
    Ticket,
    TradingState,
    Verdict,
    client_order_id,
)
from engine.model.records import AnswerRecord, Edit, PostRecord
from engine.text import display_text
from tests.engine.journal.conftest import Opened

T0 = 1_763_650_200 * SECOND
ENTRY = client_order_id("signal-1", Role.ENTRY, 1)
STOP = client_order_id("signal-1", Role.STOP, 1)
HOSTILE = "\x1b]0;owned\x07 $TSLA \x9b2J \u202e up"

MOOD = Mood("TSLA", T0, 0.312, 0.102, 0.21, 34, 30, 0.71, True)
DRAFT = Draft(
    "TSLA", Side.BUY, Decimal("6"), Decimal("250.10"), Decimal("250.05"), T0, Decimal("237.50"), Decimal("275")
)


def evidence(number: int) -> Evidence:
    return Evidence(
        f"post-{number}",
        DisplayText(f"ann{number}"),
        DisplayText("up"),
        T0,
        0.6,
        0.8,
        0.4,
        0.2 - number / 100,
        "$TSLA",
        "vader",
        reason=DisplayText("the writer mocks the recall" if number == 2 else ""),
    )


def signal(id: str, posts: int = 7) -> Signal:
    shares = tuple(evidence(number) for number in range(posts))
    return Signal(
        id, "TSLA", Side.BUY, "shift", T0, T0 + 300 * SECOND, 0.42, 0.71, "change +0.21 beyond 0.15", MOOD, shares
    )


def verdict(*failed: str) -> Verdict:
    controls = tuple(
        ControlResult(
            f"R{number:02}", f"control{number}", f"R{number:02}" not in failed, None, None, "", f"WHY: n={number}"
        )
        for number in range(1, 26)
    )
    return Verdict(T0, not failed, TradingState.ACTIVE, "limits", controls)


def ticket(of: Signal, id: str, *failed: str) -> Ticket:
    return Ticket(id, 1, of, DRAFT, verdict(*failed), T0, T0 + 120 * SECOND, Mode.CONFIRM, "print")


def order(client: str, status: OrderStatus, filled: str = "0", **more: object) -> Order:
    price = Decimal("250.05") if filled != "0" else None
    return Order(
        client,
        f"venue-{client}",
        "TSLA",
        Side.BUY,
        Decimal(6),
        status,
        Role.ENTRY,
        Decimal(filled),
        price,
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture
def path_of_a_day(path: Path, opened: Opened) -> Path:
    """A journal with one trade from post to fills, a rejected signal, a pending one, and an order nobody asked for."""
    journal = opened()
    for number in range(7):
        id, at_ns = f"post-{number}", T0 - (10 - number) * SECOND
        text = HOSTILE if number == 0 else f"$TSLA number {number}"
        post = Post(id, "x", at_ns, at_ns, Author("1", DisplayText("ann")), text, DisplayText("$TSLA up"))
        journal.append("post", id, PostRecord.of(post, (Match("TSLA", "$TSLA", "cashtag"),)), at_ns)
        journal.append("reading", id, Reading(id, "vader", "3.3.2", 0.6, 0.8, at_ns), at_ns)
    journal.append("edit", "post-6", Edit("post-6", "post-5", T0, ("TSLA",)), T0)
    one, two, three = signal("signal-1"), signal("signal-10", 2), signal("signal-3", 1)
    journal.append("signal", one.id, one, T0)
    journal.append("ticket", "ticket-1", ticket(one, "ticket-1"), T0)
    decision = Decision(
        "ticket-1", one.id, DecisionKind.CONFIRMED, "person", "looks right", T0 + SECOND, "print", verdict()
    )
    journal.append("decision", one.id, decision, T0 + SECOND)
    intent = Intent(ENTRY, one.id, "ticket-1", 1, Role.ENTRY, DRAFT, T0 + SECOND)
    journal.append("intent", ENTRY, intent, T0 + SECOND)
    answer = Answer(Outcome.ACCEPTED, "", order(ENTRY, OrderStatus.WORKING))
    journal.append("answer", ENTRY, AnswerRecord(ENTRY, "submit", answer, T0 + SECOND), T0 + SECOND)
    fill = Fill("x1", ENTRY, "TSLA", Side.BUY, Decimal(6), Decimal("250.05"), Decimal("0.03"), T0 + 2 * SECOND, one.id)
    journal.append("fill", ENTRY, fill, T0 + 2 * SECOND)
    leg = order(STOP, OrderStatus.HELD, parent_id=ENTRY)
    filled = order(ENTRY, OrderStatus.FILLED, "6", signal_id=one.id, legs=(leg,))
    journal.append("order", ENTRY, filled, T0 + 2 * SECOND)
    journal.append("order", STOP, leg, T0 + 2 * SECOND)
    journal.append("signal", two.id, two, T0 + 3 * SECOND)
    journal.append("ticket", "ticket-2", ticket(two, "ticket-2", "R03", "R17"), T0 + 3 * SECOND)
    blocked = Decision("ticket-2", two.id, DecisionKind.BLOCKED, "risk", "2 controls", T0 + 3 * SECOND, "print")
    journal.append("decision", two.id, blocked, T0 + 3 * SECOND)
    journal.append("signal", three.id, three, T0 + 4 * SECOND)
    journal.append("order", "theirs", order("theirs", OrderStatus.WORKING), T0 + 5 * SECOND)
    nameless = replace(order("late", OrderStatus.UNRESOLVED), venue_id="")
    journal.append("order", "late", nameless, T0 + 6 * SECOND)
    journal.close()
    return path


def why(path: Path, id: str) -> Story:
    with Reader(path) as reader:
        return reader.why(id)


def test_the_story_of_a_trade_says_why_a_post_scored_so(path_of_a_day: Path) -> None:
    for id in ("ticket-1", "signal-1", ENTRY):
        lines = format_story(why(path_of_a_day, id), 200).split("\n")
        told = [place for place, line in enumerate(lines) if line.strip() == "because  the writer mocks the recall"]
        assert len(told) == 1
        assert "@ann" in lines[told[0] - 1]


@pytest.mark.parametrize(
    ("id", "what"),
    [
        ("signal-1", "signal"),
        ("ticket-1", "ticket"),
        (ENTRY, "order"),
        (STOP, "order"),
        (f"venue-{ENTRY}", "order"),
        (f"venue-{STOP}", "order"),
    ],
)
def test_every_id_of_a_trade_leads_to_its_story(path_of_a_day: Path, id: str, what: str) -> None:
    story = why(path_of_a_day, id)
    assert (story.id, story.what) == (id, what)
    (part,) = story.signals
    assert part.signal == signal("signal-1")
    assert [found.id for found in part.tickets] == ["ticket-1"]
    assert part.decision is not None
    assert part.decision.kind is DecisionKind.CONFIRMED
    assert [found.client_order_id for found in part.orders] == [ENTRY, STOP]
    steps = part.orders[0].steps
    kinds = [
        "intent" if step.intent else "answer" if step.answer else "fill" if step.fill else "order" for step in steps
    ]
    assert kinds == ["intent", "answer", "fill", "order"]
    assert [post.post_id for post in story.posts] == [f"post-{number}" for number in range(7)]
    assert all(post.record is not None and len(post.readings) == 1 for post in story.posts)
    assert [post.replaced_by for post in story.posts] == [""] * 5 + ["post-6", ""]


def test_a_post_leads_to_every_signal_it_moved(path_of_a_day: Path) -> None:
    story = why(path_of_a_day, "post-0")
    assert [part.signal.id for part in story.signals if part.signal] == ["signal-3", "signal-10", "signal-1"]
    story = why(path_of_a_day, "post-6")
    assert [part.signal.id for part in story.signals if part.signal] == ["signal-1"]


def test_an_id_that_begins_another_is_not_mixed_up(path_of_a_day: Path) -> None:
    (part,) = why(path_of_a_day, "signal-10").signals
    assert [found.id for found in part.tickets] == ["ticket-2"]
    assert part.orders == ()


@pytest.mark.parametrize(
    "id", ["nobody", "", "TSLA", "signal", "%", "signal-1'", pytest.param("x" * 100_000, id="long")]
)
def test_an_unknown_id_is_said(path_of_a_day: Path, id: str) -> None:
    with pytest.raises(DeskError, match="expected the id of a signal, ticket, order or post") as caught:
        why(path_of_a_day, id)
    assert caught.value.exit_code == EXIT_FAILED
    assert caught.value.remedy
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("id", ["signal-1", "signal-10", "signal-3", "post-0", "theirs"])
def test_a_story_fits_a_screen_and_is_clean(path_of_a_day: Path, id: str, width: int) -> None:
    text = format_story(why(path_of_a_day, id), width)
    lines = text.split("\n")
    assert max(map(len, lines)) <= width
    assert len(lines) <= (60 if width == 40 else 40)
    assert all(line.isprintable() for line in lines)


def test_on_80_columns_the_posts_and_the_prices_are_read_and_a_version_stands_once(path_of_a_day: Path) -> None:
    text = format_story(why(path_of_a_day, "signal-1"), 80)
    assert text.count("“$TSLA up”") == 5
    assert text.count("vader 3.3.2") == text.count(f"venue-{ENTRY}") == text.count(f"venue-{STOP}") == 1
    assert " ".join(text.split()).count("limit 250.1, stop 237.5, target 275") == 2
    alone = format_story(why(path_of_a_day, "post-0"), 80)
    assert alone.count("+0.60×0.80 vader") == alone.count("read by  vader 3.3.2") == 1


@given(st.text(max_size=300), st.integers(2, 90))
def test_a_line_is_folded_once_and_nothing_of_it_is_lost_that_fits(text: str, width: int) -> None:
    lines = list(_folded(text, width))
    safe = display_text(text, limit=4 * width)
    assert all(len(line) <= width for line in lines)
    assert len(lines) == (1 if len(safe) <= width else 2)
    told = "".join("".join(lines).split())
    whole = "".join(safe.split())
    assert told == whole or (told.endswith("…") and whole.startswith(told[:-1]))


def test_the_text_of_a_trade(path_of_a_day: Path) -> None:
    lines = format_story(why(path_of_a_day, ENTRY), 200).split("\n")
    assert len(lines) <= 25
    text = "\n".join(lines)
    assert lines[0] == "SIGNAL signal-1 · BUY TSLA · shift · 2025-11-20 09:50:00.000 NY"
    for expected in (
        "POSTS behind it: 7, the 5 with the largest share",
        "20% @ann +0.60×0.80 vader “$TSLA up”",
        "read by  vader 3.3.2",
        "because  change +0.21 beyond 0.15",
        "VERDICT passed, 25 of 25 controls passed, trading state active",
        "BUY 6 TSLA limit 250.1, stop 237.5, target 275",
        "DECISION confirmed by person at 09:50:01.000 NY: looks right",
        "intent entry, attempt 1",
        "submit accepted",
        "fill BUY 6 at 250.05, fee 0.03",
        f"ORDER {ENTRY} · venue id venue-{ENTRY}",
        "order filled, 6 of 6 filled at 250.05",
        f"ORDER {STOP} · venue id venue-{STOP}",
    ):
        assert expected in text


def test_the_text_says_why_nothing_was_bought(path_of_a_day: Path) -> None:
    text = format_story(why(path_of_a_day, "signal-10"), 200)
    assert "VERDICT REJECTED, 23 of 25 controls passed" in text
    assert "R17 control17: WHY: n=17" in text
    assert "NO ORDER: none was asked for" in text
    assert "NO DECISION yet" in format_story(why(path_of_a_day, "signal-3"), 200)
    assert "NO SIGNAL" in format_story(why(path_of_a_day, "theirs"), 200)


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("edited by person: size 4 → 2", "  edited by person: size 4 → 2"),
        ("price 250 → 252: moved 80 bps, limit 20", "  refused once: price 250 → 252: moved 80 bps, limit 20"),
    ],
)
def test_an_edit_is_no_refusal(path: Path, opened: Opened, note: str, told: str) -> None:
    journal = opened()
    one = signal("signal-1", 1)
    journal.append("signal", one.id, one, T0)
    journal.append("ticket", "ticket-1", replace(ticket(one, "ticket-1"), revision=2, note=note), T0)
    journal.close()
    assert told in format_story(why(path, "ticket-1"), 200).split("\n")


def test_posts_that_are_not_in_the_journal_are_told_from_the_evidence(path: Path, opened: Opened) -> None:
    journal = opened()
    journal.append("signal", "signal-1", signal("signal-1", 1), T0)
    journal.close()
    text = format_story(why(path, "signal-1"), 200)
    assert "(not in this journal) “up”" in text
    assert "NO TICKET" in text
