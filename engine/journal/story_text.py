"""A story as plain text that fits one screen. Every foreign text in it is cleaned once more."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from engine.clock import DAY, exchange_time
from engine.journal.export import LAST_NS
from engine.journal.story import OrderPart, PostPart, SignalPart, Step, Story
from engine.model import EDITED, Draft, Mood, Order, Reading, Verdict
from engine.text import display_text

POSTS: Final = 5
"""Most posts shown."""
ORDERS: Final = 4
"""Most orders shown per signal: the one that was asked for, those that filled, then those of the engine's."""
STEPS: Final = 6
"""Most steps shown per order: its intent, a person's words and every fill before others, the last ones before earlier
ones."""
MOST: Final = 16
"""More than so many are not shown of one order whatever they tell."""
FAILURES: Final = 4
"""Most failed controls shown per verdict."""


def format_story(story: Story, width: int = 100) -> str:
    """The story in lines of at most `width` characters; a typical one has about 24, on 80 columns some 35.

    Times are the exchange's, and say so: they are compared with what the desk shows.

    What is longer than a line goes on in a second one, and is cut there.
    """
    lines: list[str] = []
    if story.what == "post":
        lines.extend(_posts(story))
        if story.signals:
            lines.extend(_signal(story.signals[0], story.id))
        else:
            lines.append("no signal has this post as evidence")
        lines.extend(_in_short(part) for part in story.signals[1:])
        if story.more_signals:
            lines.append(f"… and {story.more_signals} older signals")
    else:
        for part in story.signals:
            head, *rest = list(_signal(part, story.id))
            lines.extend((head, *_posts(story), *rest) if part.signal else (head, *rest))
    return "\n".join(part for line in lines for part in _folded(line, width))


def _posts(story: Story) -> Iterator[str]:
    count = len(story.posts)
    if story.what != "post":
        yield f"POSTS behind it: {count}" + (f", the {POSTS} with the largest share" if count > POSTS else "")
    for post in story.posts[:POSTS]:
        yield from _post(post, alone=story.what == "post")
    readers = dict.fromkeys(_reader(reading) for post in story.posts[:POSTS] for reading in post.readings)
    if readers:
        yield f"  read by  {', '.join(readers)}"


def _reader(reading: Reading) -> str:
    """Scorer and version; most versions begin with the scorer's name."""
    version = reading.version
    return version if version.startswith(reading.scorer) else f"{reading.scorer} {version}"


def _post(post: PostPart, alone: bool) -> Iterator[str]:
    author, text, at_ns, symbols = "", "", post.at_ns, ""
    if post.record is not None:
        whole = post.record.whole
        author, text, at_ns = whole.author.name, whole.text, whole.published_ns
        symbols = ", ".join(f"{match.symbol} by {match.term}" for match in post.record.matches)
    elif post.evidence is not None:
        author, text, at_ns = post.evidence.author, post.evidence.text, post.evidence.published_ns
    share = f"{post.evidence.share:.0%} " if post.evidence else ""
    scores = ", ".join(f"{each.score:+.2f}×{each.confidence:.2f} {each.scorer}" for each in post.readings)
    gone = f" (replaced by {post.replaced_by})" if post.replaced_by else ""
    absent = "" if post.record else " (not in this journal)"
    if alone:
        yield f"POST {post.post_id} · {_at(at_ns)} · @{author}{gone}{absent}"
        yield f"  “{text}”"
        yield f"  matched  {symbols or 'no symbol'}"
        yield f"  read as  {scores or 'nothing: it was not scored'}"
        for reason in dict.fromkeys(reading.reason for reading in post.readings if reading.reason):
            yield f"  because  {reason}"
    else:
        yield f"  {_time(at_ns)} {share}@{author} {scores}{gone}{absent} “{text}”"
        if post.evidence is not None and post.evidence.reason:
            yield f"    because  {post.evidence.reason}"


def _weight(order: OrderPart, asked: str) -> tuple[bool, bool, bool]:
    """What is shown in full before what: the order that was asked for, those that filled, those with an intent."""
    named = asked in (order.client_order_id, *(step.order.venue_id for step in order.steps if step.order))
    filled = any(step.fill is not None for step in order.steps)
    return named, filled, any(step.intent is not None for step in order.steps)


def _end(order: OrderPart) -> str:
    """An order in one line: how it stands at last."""
    last = next((step.order for step in reversed(order.steps) if step.order is not None), None)
    return "not known" if last is None else f"{last.role.value}, {_status(last)}"


def _signal(part: SignalPart, asked: str) -> Iterator[str]:
    signal = part.signal
    if signal is None:
        yield "NO SIGNAL: these orders were asked for by a person, by a control, or are not ours"
    else:
        yield f"SIGNAL {signal.id} · {signal.side.name} {signal.symbol} · {signal.strategy} · {_at(signal.at_ns)}"
        yield f"MOOD {_mood(signal.mood)}"
        yield f"  because  {signal.reason}"
        yield f"  strength {signal.strength:.2f}, confidence {signal.confidence:.2f}, until {_time(signal.expires_ns)}"
    if part.tickets:
        ticket = part.tickets[-1]
        yield from _verdict("VERDICT", ticket.verdict)
        revision = f" revision {ticket.revision}" if ticket.revision > 1 else ""
        yield f"TICKET {ticket.id}{revision} · {ticket.mode.value} · {_draft(ticket.draft)}"
        if ticket.note:
            yield f"  {ticket.note}" if ticket.note.startswith(EDITED) else f"  refused once: {ticket.note}"
    elif signal is not None:
        yield "NO TICKET is in this journal"
    decision = part.decision
    if decision is not None:
        words = f"{decision.kind.value} by {decision.by}"
        yield f"DECISION {words} at {_time(part.decided_ns)}" + (f": {decision.reason}" if decision.reason else "")
        if decision.verdict is not None:
            yield from _verdict("  judged again:", decision.verdict)
    elif signal is not None:
        yield "NO DECISION yet"
    shown = sorted(part.orders, key=lambda order: _weight(order, asked), reverse=True)[:ORDERS]
    for order in part.orders:
        if order in shown:
            yield from _order(order)
    for order in part.orders:
        if order not in shown:
            yield f"ORDER {order.client_order_id}: {_end(order)}"
    if not part.orders and decision is not None:
        yield "NO ORDER" + (" is in this journal" if decision.kind.sends else ": none was asked for")


def _in_short(part: SignalPart) -> str:
    """A further signal of a post, in one line."""
    signal, decision = part.signal, part.decision
    what = f"{signal.id} · {signal.side.name} {signal.symbol} · {_at(signal.at_ns)}" if signal else "none"
    outcome = f"{decision.kind.value} by {decision.by}" if decision else "no decision yet"
    return f"ALSO SIGNAL {what} · {outcome} · {len(part.orders)} orders"


def _mood(mood: Mood) -> str:
    value, previous, change = (
        "unknown" if number is None else f"{number:+.3f}" for number in (mood.value, mood.previous, mood.change)
    )
    return f"{value}, before {previous}, change {change} · {mood.volume} posts by {mood.authors} authors"


def _verdict(title: str, verdict: Verdict) -> Iterator[str]:
    failures = verdict.failures
    outcome = "passed" if verdict.passed else "REJECTED"
    good = len(verdict.controls) - len(failures)
    yield f"{title} {outcome}, {good} of {len(verdict.controls)} controls passed, trading state {verdict.state.value}"
    for result in failures[:FAILURES]:
        yield f"  {result.id} {result.control}: {result.reason}"
    if len(failures) > FAILURES:
        yield f"  … and {len(failures) - FAILURES} more"


def _order(part: OrderPart) -> Iterator[str]:
    venue_ids = dict.fromkeys(step.order.venue_id for step in part.steps if step.order and step.order.venue_id)
    yield f"ORDER {part.client_order_id}" + (f" · venue id {', '.join(venue_ids)}" if venue_ids else "")
    if part.decision is not None and part.decision.verdict is not None:
        yield from _verdict("  judged:", part.decision.verdict)
    newest_first = sorted(part.steps, key=lambda step: (_tells_most(step), step.seq), reverse=True)
    shown = {step.seq for step in newest_first[: max(STEPS, min(MOST, sum(map(_tells_most, part.steps))))]}
    hidden = 0
    for step in part.steps:
        if step.seq not in shown:
            hidden += 1
            continue
        if hidden:
            yield f"  … {hidden} steps between"
            hidden = 0
        yield _step(step)


def _tells_most(step: Step) -> bool:
    """Whether a step of an order is left out of no story: why it was placed, what was executed, what a person asked."""
    return step.order is None and step.answer is None


def _step(step: Step) -> str:
    at = f"  {_time(step.at_ns)}"
    if step.intent is not None:
        intent = step.intent
        because = f", because {intent.draft.sizing}" if not intent.ticket_id and intent.draft.sizing else ""
        return f"{at} intent {intent.role.value}, attempt {intent.attempt}: {_draft(intent.draft)}{because}"
    if step.command is not None:
        return f"{at} cancel asked by {step.command.by}: {step.command.text}"
    if step.answer is not None:
        answer = step.answer.answer
        return f"{at} {step.answer.request} {answer.outcome.value}" + (f": {answer.reason}" if answer.reason else "")
    if step.fill is not None:
        fill = step.fill
        return f"{at} fill {fill.side.name} {_number(fill.quantity)} at {_number(fill.price)}, fee {_number(fill.fee)}"
    return f"{at} order {_status(step.order)}" if step.order is not None else at


def _status(order: Order) -> str:
    words = f"{order.status.value}, {_number(order.filled)} of {_number(order.quantity)} filled"
    if order.average_price is not None:
        words += f" at {_number(order.average_price)}"
    return words + (f": {order.reason}" if order.reason else "")


def _draft(draft: Draft | None) -> str:
    if draft is None:
        return "nothing could be sized"
    words = f"{draft.side.name} {_number(draft.quantity)} {draft.symbol} limit {_number(draft.limit_price)}"
    if draft.stop_price is not None:
        words += f", stop {_number(draft.stop_price)}"
    if draft.target_price is not None:
        words += f", target {_number(draft.target_price)}"
    return words


def _number(value: Decimal) -> str:
    """Plain decimal digits, without trailing zeros, never an exponent."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _time(at_ns: int) -> str:
    """Time of the exchange's day; the story's first line has the date."""
    return _at(at_ns)[11:] if DAY <= at_ns < LAST_NS else "–"


def _at(at_ns: int) -> str:
    """Date and time; the bare number where it is no time of this calendar (a damaged record)."""
    return exchange_time(at_ns) if 0 <= at_ns < LAST_NS else str(at_ns)


def _folded(line: str, width: int) -> Iterator[str]:
    """The line in one or two that fit, cut between words where there are any; the second is indented further."""
    safe = display_text(line, limit=max(width, 1) * 4)
    if len(safe) <= width:
        yield safe
        return
    indent = " " * min(len(safe) - len(safe.lstrip()) + 4, width // 2)
    cut = safe.rfind(" ", len(indent), width + 1)
    if cut <= width // 2:
        cut = width
    yield safe[:cut].rstrip()
    rest = indent + safe[cut:].lstrip()
    yield rest if len(rest) <= width else rest[: width - 1] + "…"
