"""Made-up values of every kind the desk shows. Deterministic: the same call gives the same value."""

from __future__ import annotations

import math
from decimal import Decimal
from importlib.metadata import version

from engine.clock import HOUR, MINUTE, SECOND, parse_iso
from engine.model import (
    Account,
    Alert,
    ControlResult,
    Decision,
    DecisionKind,
    DisplayText,
    Draft,
    Evidence,
    FeedState,
    Level,
    Light,
    LimitUse,
    Market,
    Mode,
    Mood,
    Order,
    OrderStatus,
    Position,
    Protection,
    Role,
    Session,
    Side,
    Signal,
    Ticket,
    TradingState,
    Verdict,
    fingerprint,
)
from engine.model.frames import PROTOCOL, Frame, PostRow, Push, Snapshot, Status, SymbolRow

NOW = parse_iso("2026-11-20T16:45:30Z")
"""A Friday, 11:45:30 in New York."""

SYMBOLS = {
    "TSLA": ("Tesla", "191.40", 0.42, 0.24),
    "GOOG": ("Alphabet", "176.05", 0.08, -0.02),
    "NVDA": ("Nvidia", "482.11", 0.61, 0.31),
    "META": ("Meta Platforms", "331.70", -0.27, -0.19),
    "AAPL": ("Apple", "189.95", None, None),
}
_CONTROLS = (
    ("order_quantity", "26", "1000", "shares"),
    ("order_notional", "4976.40", "5000", "USD"),
    ("price_collar", "0.21", "2", "%"),
    ("liquidity", "4.1", "50", "bps"),
    ("duplicate", None, "60", "s"),
    ("order_rate", "1", "5", "/min"),
    ("strategy_executions", "2", "10", "/day"),
    ("symbol_trades", "1", "5", "/day"),
    ("position", "4.9", "10", "% equity"),
    ("gross_exposure", "14.8", "60", "% equity"),
    ("buying_power", "82", "10", "% left"),
    ("open_positions", "2", "10", ""),
    ("daily_loss", "0.1", "2", "%"),
    ("drawdown", "0.4", "10", "%"),
    ("loss_streak", "0", "3", ""),
    ("cool_down", None, "1800", "s"),
    ("stale_price", "1.2", "15", "s"),
    ("stale_signal", "22", "600", "s"),
    ("market_session", None, None, ""),
    ("instrument", "191.40", "5", "USD"),
    ("self_trade", None, None, ""),
    ("confidence", "0.81", "0.65", ""),
    ("protective_exit", None, None, ""),
    ("trading_state", None, None, ""),
    ("reconciled", None, None, ""),
)
TEXTS = (
    "{name} beats on every line: revenue up 14 %, margin back over 20 %, guidance raised for the year",
    "Heard from two suppliers that {name} is cutting orders for the spring quarter. Not good.",
    "Oh great, another {name} recall. Exactly what my portfolio needed today 🙃",
    "Watching ${symbol} at the open, volume is twice the usual already",
    "{name} denies the report about order cuts: “simply not true”, says the spokesperson",
    "My cat walked over the keyboard and bought ${symbol}. Up 3 %. I am hiring the cat. 🚀🚀",
)
_AUTHORS = ("marketwire_ed", "deltahedge", "quiet_tape", "bull_in_china", "sellside_sue", "注目株ニュース")


def post(number: int, at_ns: int = NOW) -> PostRow:
    """The post with this number."""
    symbol = tuple(SYMBOLS)[number % len(SYMBOLS)]
    text = TEXTS[number % len(TEXTS)].format(name=SYMBOLS[symbol][0], symbol=symbol)
    return PostRow(
        id=str(10_000 + number),
        published_ns=at_ns,
        author=DisplayText(_AUTHORS[number % len(_AUTHORS)]),
        verified=number % 3 == 0,
        followers=(812, 12_400, None, 3_400_000, 90_500)[number % 5],
        text=DisplayText(text),
        symbols=(symbol, "NVDA") if number % 7 == 0 and symbol != "NVDA" else (symbol,),
        terms=(f"${symbol}",),
        score=round(math.sin(number * 1.7), 2),
        confidence=0.8,
        influence=0.7,
        source="x",
        recovered=number % 11 == 0,
    )


def mood(symbol: str, wiggle: float = 0.0) -> Mood:
    """The mood of a symbol; AAPL is still warming up."""
    _, _, value, change = SYMBOLS[symbol]
    if value is None or change is None:
        return Mood(symbol, NOW, None, None, None, 3, 2, 0.31, warm=False, missing="previous window: 41 min more")
    value = round(value + wiggle, 4)
    previous, raw = round(value - change, 4), round(value + 0.11, 4)
    return Mood(symbol, NOW, value, previous, change, 124, 61, 0.81, warm=True, raw=raw, raw_volume=171, kept=0.72)


def symbol_row(symbol: str, step: int = 0, mode: Mode = Mode.CONFIRM) -> SymbolRow:
    """The gauge of a symbol; `step` moves it."""
    name, price, value, change = SYMBOLS[symbol]
    wiggle = 0.02 * math.sin(step / 3 + len(symbol)) if step else 0.0
    spark = tuple(
        None if value is None else round(value - 0.3 * math.cos((i + step) / 7), 3) if i > 4 else None
        for i in range(60)
    )
    ready = value is not None and change is not None and abs(change) >= 0.15
    return SymbolRow(
        symbol=symbol,
        name=DisplayText(name),
        mood=mood(symbol, wiggle),
        mode=mode,
        threshold=0.15,
        spark=spark,
        price=str(Decimal(price) + Decimal(step) / 100),
        price_ns=NOW - SECOND,
        day_change_pct=None if value is None else round(value * 4, 1),
        why_not="" if ready or change is None else f"change {change:+.3f} of ±0.150: {0.15 - abs(change):.3f} short",
    )


def verdict(failed: tuple[str, ...] = ()) -> Verdict:
    """All 25 controls; those named by id fail."""
    controls = tuple(
        ControlResult(
            id=f"R{number:02d}",
            control=name,
            passed=f"R{number:02d}" not in failed,
            value=None if value is None else Decimal(value),
            limit=None if limit is None else Decimal(limit),
            unit=unit,
            reason="" if f"R{number:02d}" not in failed else f"{name.upper()}_OVER: value={value}, limit={limit}",
        )
        for number, (name, value, limit, unit) in enumerate(_CONTROLS, 1)
    )
    return Verdict(NOW, not failed, TradingState.ACTIVE, "9f1c22ab", controls)


def ticket(
    number: int = 1,
    symbol: str = "TSLA",
    side: Side = Side.BUY,
    *,
    failed: tuple[str, ...] = (),
    at_ns: int = NOW,
    ttl_s: int = 120,
    revision: int = 1,
    note: str = "",
) -> Ticket:
    """A pending ticket with evidence, verdict and order."""
    name, price_text, _, _ = SYMBOLS[symbol]
    price = Decimal(price_text) + Decimal(revision - 1) / 10
    evidence = tuple(
        Evidence(
            post_id=str(10_000 + i),
            author=DisplayText(_AUTHORS[i % len(_AUTHORS)]),
            text=DisplayText(TEXTS[i % len(TEXTS)].format(name=name, symbol=symbol)),
            published_ns=at_ns - (22 + 40 * i) * SECOND,
            score=round(0.8 - 0.25 * i, 2) * side.sign,
            confidence=0.86,
            weight=0.9,
            share=share,
            term=f"${symbol}",
            scorer="vader",
        )
        for i, share in enumerate((0.34, 0.21, 0.12, 0.08, 0.05))
    )
    signal = Signal(
        id=f"sig-{number:04d}",
        symbol=symbol,
        side=side,
        strategy="shift",
        at_ns=at_ns,
        expires_ns=at_ns + 300 * SECOND,
        strength=0.74,
        confidence=0.81,
        reason=f"change {0.24 * side.sign:+.2f} over 0.15, 124 posts",
        mood=mood(symbol if symbol != "AAPL" else "TSLA"),
        evidence=evidence,
        newest_ns=at_ns - 22 * SECOND,
        top_author_share=0.18,
        top_text_share=0.11,
    )
    stop, target = price * (1 - side.sign * Decimal("0.05")), price * (1 + side.sign * Decimal("0.10"))
    draft = Draft(
        symbol=symbol,
        side=side,
        quantity=Decimal(26),
        limit_price=price,
        reference_price=price - Decimal("0.10"),
        reference_ns=at_ns - SECOND,
        stop_price=stop.quantize(Decimal("0.01")),
        target_price=target.quantize(Decimal("0.01")),
        sizing="5 % of 100,234.10 × strength 0.74, capped at R02",
    )
    judged = verdict(failed)
    return Ticket(
        id=f"tkt-{number:04d}",
        revision=revision,
        signal=signal,
        draft=draft,
        verdict=judged,
        created_ns=at_ns,
        expires_ns=at_ns + ttl_s * SECOND,
        mode=Mode.CONFIRM,
        fingerprint=fingerprint(signal, draft, judged),
        note=note,
    )


def decision(of: Ticket, kind: DecisionKind, by: str = "person", reason: str = "", at_ns: int = NOW) -> Decision:
    """How a ticket ended."""
    return Decision(of.id, of.signal.id, kind, by, reason, at_ns, of.fingerprint, of.verdict)


def order(of: Ticket, status: OrderStatus = OrderStatus.WORKING, at_ns: int = NOW, reason: str = "") -> Order:
    """The entry order of a ticket."""
    assert of.draft is not None
    filled = of.draft.quantity if status is OrderStatus.FILLED else Decimal(0)
    return Order(
        client_order_id=f"desk-{of.id}-e1",
        venue_id=f"v-{of.id}",
        symbol=of.draft.symbol,
        side=of.draft.side,
        quantity=of.draft.quantity,
        status=status,
        role=Role.ENTRY,
        filled=filled,
        average_price=of.draft.reference_price if filled else None,
        limit_price=of.draft.limit_price,
        submitted_ns=at_ns,
        updated_ns=at_ns,
        signal_id=of.signal.id,
        reason=reason,
    )


def position(symbol: str, quantity: int, average: str, price: str) -> Position:
    """A position valued at a price."""
    held, cost, now = Decimal(quantity), Decimal(average), Decimal(price)
    return Position(
        symbol,
        held,
        cost,
        now,
        NOW,
        (now - cost) * held,
        Decimal(0),
        (cost * Decimal("0.95")).quantize(Decimal("0.01")),
        (cost * Decimal("1.1")).quantize(Decimal("0.01")),
    )


def alert(number: int = 1, level: Level = Level.WARNING) -> Alert:
    """An alert with a remedy."""
    text = "the price stream was silent for 18 s and is back"
    return Alert(f"alert-{number}", level, "price_silence", "prices", text, "check the network", NOW, True)


def protection() -> Protection:
    """A lock on one symbol."""
    return Protection("prot-1", "cool_down", "META", "shift", "exit at 331.20", NOW, NOW + 30 * MINUTE)


def account() -> Account:
    """The account after a small gain."""
    return Account(
        equity=Decimal("100234.10"),
        cash=Decimal("85210.40"),
        buying_power=Decimal("85210.40"),
        day_start_equity=Decimal("100000.00"),
        peak_equity=Decimal("100640.00"),
        realised_day=Decimal("101.20"),
        unrealised=Decimal("132.90"),
        number="SIM-0001",
        at_ns=NOW,
    )


def status(
    profile: str = "simulated",
    *,
    state: TradingState = TradingState.ACTIVE,
    posts: int = 1_243,
    clock_ns: int = NOW,
    state_reason: str = "",
    mode: Mode = Mode.CONFIRM,
    speed: float = 1.0,
    posts_per_s: float = 8.2,
) -> Status:
    """The status bar's figures."""
    return Status(
        profile=profile, broker="simulated", state=state, state_reason=state_reason, mode=mode,
        market=Market(Session.REGULAR, clock_ns, Session.POST, NOW + 4 * HOUR + 14 * MINUTE, "calendar"),
        clock_ns=clock_ns, speed=speed, reconciled=True, posts=posts, duplicates=17, dropped=0,
        posts_per_s=posts_per_s, latency_p50_ms=0.4, latency_p99_ms=1.2, lag_ms=2.0, journal_seq=20_411,
        journal_lag_ms=6.0,
        limits=(
            LimitUse("gross_exposure", Decimal("14.8"), Decimal(60), "%"),
            LimitUse("daily_loss", Decimal("0.1"), Decimal(2), "%"),
            LimitUse("order_rate", Decimal(3), Decimal(5), "/min"),
        ),
        drift_bps=Decimal(20),
        not_scored={"no symbol": 214, "language not English": 31},
    )  # fmt: skip


def feeds(at_ns: int = NOW) -> tuple[FeedState, ...]:
    """Posts and prices, both up."""
    return (
        FeedState("x", Light.UP, at_ns - HOUR, at_ns, last_ns=at_ns, items=1_243, spent_usd=6.2, cap_usd=20.0),
        FeedState("prices", Light.UP, at_ns - HOUR, at_ns, last_ns=at_ns, items=90_211),
    )


def snapshot(profile: str = "simulated", *, tickets: int = 2, posts: int = 60) -> Snapshot:
    """A desk in the middle of a day."""
    pending = [ticket(1), ticket(2, "META", Side.SELL, failed=("R17", "R22"), at_ns=NOW - 50 * SECOND)]
    pending += [ticket(n, "NVDA", at_ns=NOW - 20 * SECOND) for n in range(3, tickets + 1)]
    past = [
        ticket(90, "NVDA", at_ns=NOW - 40 * MINUTE),
        ticket(91, "GOOG", Side.SELL, at_ns=NOW - 25 * MINUTE),
        ticket(92, "META", at_ns=NOW - 11 * MINUTE),
    ]
    return Snapshot(
        protocol=PROTOCOL, version=version("desk"), pid=4242, rev=7, started_ns=NOW - HOUR,
        status=status(profile), account=account(),
        symbols=tuple(symbol_row(symbol) for symbol in SYMBOLS),
        posts=tuple(post(n, NOW - (posts - n) * 7 * SECOND) for n in range(posts)),
        tickets=tuple(pending[:tickets]),
        closed=(
            (past[0], decision(past[0], DecisionKind.CONFIRMED, at_ns=NOW - 39 * MINUTE)),
            (past[1], decision(past[1], DecisionKind.REJECTED, reason="Already in the price", at_ns=NOW - 24 * MINUTE)),
            (past[2], decision(past[2], DecisionKind.EXPIRED, "clock", "not decided in 120 s", NOW - 9 * MINUTE)),
        ),
        orders=(
            order(past[0], OrderStatus.FILLED, NOW - 39 * MINUTE), order(past[2], OrderStatus.WORKING, NOW - MINUTE),
        ),
        fills=(),
        positions=(position("NVDA", 10, "478.20", "482.11"), position("GOOG", 12, "177.31", "176.05")),
        feeds=feeds(), protections=(), alerts=(),
    )  # fmt: skip


def busy_moment() -> tuple[Frame | Push, ...]:
    """Messages that change every part of the picture together."""
    seen = ticket()
    return (
        Frame(
            rev=0,
            status=status(posts=1_244),
            account=account(),
            symbols=(symbol_row("TSLA", 1),),
            posts=(post(5_000),),
            positions=(position("TSLA", 26, "191.40", "191.90"),),
            feeds=feeds(NOW + SECOND),
        ),
        Push(rev=0, ticket=seen, decision=decision(seen, DecisionKind.CONFIRMED)),
        Push(rev=0, order=order(seen)),
        Push(rev=0, alert=alert(7)),
    )
