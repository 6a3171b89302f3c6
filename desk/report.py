"""Plain lines for shells: status, tickets, protections. No colour, no control characters, one fact per line."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from desk.address import AS_TYPED, Address
from engine.clock import SECOND, exchange_time
from engine.model import Account, Light, Position, Ticket
from engine.model.frames import Snapshot


def _not_scored(counts: Mapping[str, int]) -> str:
    return ", not scored: " + ", ".join(f"{count} {reason}" for reason, count in counts.items()) if counts else ""


def _moved(account: Account) -> str:
    """What moved the account today otherwise than by trading; empty when nothing did."""
    words = f" · in and out today {signed(account.day_flow)}, no part of the day" if account.day_flow else ""
    if account.unexplained:
        how = "counts as a loss" if account.unexplained < 0 else "counts as no gain"
        words += f" · {signed(account.unexplained)} without a reason, {how}"
    return words


def status_lines(snapshot: Snapshot, to: Address = AS_TYPED) -> list[str]:
    """The engine's state, what keeps it from trading first; commands that are told go `to` the one that was asked."""
    status, account = snapshot.status, snapshot.account
    mode = f"mode {status.mode.value}"
    state = status.state.value.upper() + (f" ({status.state_reason})" if status.state_reason else "")
    replay = "" if status.speed == 1 else f" · replay at {status.speed:g}×" if status.speed else " · replay, no pacing"
    lines = [
        f"{status.profile.upper()} on {status.broker} · {state} · {mode}{replay} · engine {snapshot.version}, "
        f"pid {snapshot.pid}",
        f"clock {exchange_time(status.clock_ns)} · market {status.market.session.value}"
        + (f" until {exchange_time(status.market.changes_ns)}" if status.market.changes_ns else ""),
        f"equity {money(account.equity)} · day {signed(account.day_pnl)} · drawdown {account.drawdown * 100:.2f} % · "
        f"cash {money(account.cash)}"
        + (f" · account …{account.number[-4:]}" if account.number and status.profile != "simulated" else "")
        + _moved(account),
        f"posts {status.posts} ({status.posts_per_s:.1f}/s), duplicates {status.duplicates}, dropped {status.dropped}"
        + _not_scored(status.not_scored),
        f"latency p50 {status.latency_p50_ms:.2f} ms, p99 {status.latency_p99_ms:.2f} ms · "
        f"loop lag {status.lag_ms:.1f} ms",
        f"journal record {status.journal_seq}, {status.journal_lag_ms:.1f} ms behind · "
        + ("reconciled" if status.reconciled else "NOT RECONCILED: no new risk"),
    ]
    for feed in snapshot.feeds:
        age = "" if not feed.last_ns else f", last item {max(0, status.clock_ns - feed.last_ns) / SECOND:.0f} s ago"
        spent = "" if feed.cap_usd is None else f", spent {feed.spent_usd:.2f} of {feed.cap_usd:.2f} USD today"
        words = f"feed {feed.name}: {feed.light.value}{age}, {feed.items} items{spent}"
        if feed.detail:
            words += f" · {feed.detail}"
        if feed.light is not Light.UP and feed.remedy:
            words += f" → {to.told(feed.remedy)}"
        lines.append(words)
    for row in snapshot.symbols:
        mood = row.mood
        value = "  –  " if mood.value is None else f"{mood.value:+.2f}"
        change = "  –  " if mood.change is None else f"{mood.change:+.2f}"
        lines.append(
            f"{row.symbol:<6} mood {value} change {change} volume {mood.volume:>4} confidence {mood.confidence:.2f} "
            f"price {row.price or '–':>9} {row.mode.value:<7} {row.why_not or 'ready'}"
        )
    for position in snapshot.positions:
        lines.append(
            f"position {position.symbol} {plain(position.quantity)} at {money(position.average_price)}, "
            f"unrealised {signed(position.unrealised)}, stop {price(position.stop_price)}, "
            f"target {price(position.target_price)}" + _external(position)
        )
    for order in snapshot.orders:
        if order.status.open:
            lines.append(
                f"order {order.client_order_id or order.venue_id} {order.role.value} {order.side.value} "
                f"{plain(order.quantity)} {order.symbol} {order.status.value}, filled {plain(order.filled)}"
            )
    lines.extend(f"protection {line}" for line in protection_lines(snapshot))
    for alert in snapshot.alerts:
        lines.append(
            f"{alert.level.value.upper()} {alert.id}: {alert.text}"
            + (f" → {to.told(alert.remedy)}" if alert.remedy else "")
        )
    if snapshot.tickets:
        lines.append(f"{len(snapshot.tickets)} pending: `{to.command('desk tickets')}`")
    return lines


def ticket_lines(snapshot: Snapshot, to: Address = AS_TYPED) -> list[str]:
    """Pending tickets: what would be sent, what the controls say, what moved it, how to answer."""
    lines: list[str] = []
    for ticket in snapshot.tickets:
        lines.extend(_ticket(ticket, snapshot.status.clock_ns, to))
    return lines


def _ticket(ticket: Ticket, now_ns: int, to: Address) -> list[str]:
    signal, draft = ticket.signal, ticket.draft
    left = max(0, ticket.expires_ns - now_ns) / SECOND
    head = f"{ticket.id}  {signal.side.value.upper()} {signal.symbol}"
    if draft is not None:
        head += (
            f" {plain(draft.quantity)} at limit {price(draft.limit_price)} ({money(draft.notional)}), "
            f"stop {price(draft.stop_price)}, target {price(draft.target_price)}"
        )
    lines = [f"{head}  {left:.0f} s left", f"  why: {signal.reason}"]
    failed = ticket.verdict.failures
    passed = len(ticket.verdict.controls) - len(failed)
    lines.append(f"  controls: {passed} passed, {len(failed)} failed")
    lines.extend(f"    {result.id} {result.control}: {result.reason}" for result in failed)
    lines.extend(
        f"  {item.share:>5.1%} @{item.author}: {item.text[:90]} ({item.score:+.2f})" for item in signal.evidence[:5]
    )
    if ticket.note:
        lines.append(f"  note: {ticket.note}")
    lines.append(f"  {to.command(f'desk confirm {ticket.id} --fingerprint {ticket.fingerprint}')}")
    return lines


def protection_lines(snapshot: Snapshot) -> list[str]:
    """Protections in force: id, what they lock, why, until when."""
    return [
        f"{found.id}: {found.name} locks {found.symbol or found.strategy or 'everything'} "
        + ("until a person lifts it" if found.ends_ns is None else f"until {exchange_time(found.ends_ns)}")
        + f" · {found.reason}"
        for found in snapshot.protections
    ]


def _external(position: Position) -> str:
    """What of a position is not ours."""
    if position.external:
        return " EXTERNAL"
    return f", {plain(position.foreign)} of it EXTERNAL" if position.foreign else ""


def money(amount: Decimal) -> str:
    """`$1,234.50`, with the sign in front."""
    return f"-${-amount:,.2f}" if amount < 0 else f"${amount:,.2f}"


def signed(amount: Decimal) -> str:
    """`+$1.00`, `-$1.00`."""
    return f"+${amount:,.2f}" if amount >= 0 else f"-${-amount:,.2f}"


def plain(quantity: Decimal) -> str:
    """A quantity without trailing zeros or an exponent."""
    return f"{quantity.normalize():f}"


def price(value: Decimal | None) -> str:
    """A price with its own digits, – when there is none."""
    return "–" if value is None else f"{value:,}"
