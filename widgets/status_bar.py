"""The status bar: which money, whether it trades, the market, the feeds, the account, the limits, the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from rich.style import Style

from engine.clock import MINUTE
from engine.model import Account, FeedState, Light, LimitUse, Market, Mode, Session, TradingState
from engine.model.frames import Status
from widgets import figures
from widgets.line import Line
from widgets.line_block import LineBlock
from widgets.palette import Palette

_SESSIONS = {
    Session.PRE: "PRE-MARKET",
    Session.REGULAR: "MARKET OPEN",
    Session.POST: "AFTER HOURS",
    Session.CLOSED: "MARKET CLOSED",
    Session.UNKNOWN: "SESSION UNKNOWN",
}
_NEXT = {
    Session.PRE: "pre-market",
    Session.REGULAR: "opens",
    Session.POST: "closes",
    Session.CLOSED: "ends",
    Session.UNKNOWN: "?",
}
_LIGHTS = {
    Light.OFF: "○",
    Light.CONNECTING: "◌",
    Light.UP: "●",
    Light.RECOVERING: "◐",
    Light.DEGRADED: "◐",
    Light.DOWN: "✗",
    Light.CAPPED: "■",
    Light.ENDED: "■",
    Light.REFUSED: "✗",
}
_QUIET = (Light.UP, Light.OFF, Light.ENDED)
"""Lights of which nothing has to be said first."""
_NARROW = 100
_REASON, _REASON_NARROW = 28, 12
"""Cells that the reason of the trading state takes at most."""


@dataclass(frozen=True, slots=True)
class StatusView:
    """What the bar shows. None means that no engine has told us yet."""

    status: Status | None = None
    account: Account | None = None
    feeds: tuple[FeedState, ...] = ()
    protections: int = 0
    attached: bool = False
    lost_s: int = 0
    """Seconds since the engine was last heard, while it is not attached."""
    lost_why: str = ""
    lost_remedy: str = ""
    versions: tuple[str, str] = ("", "")
    """The engine's and the desk's: said when they differ, though they understand each other."""
    read_only: bool = False
    """Whether this desk only shows."""


class StatusBar(LineBlock):
    """Two lines. Nothing in it moves while nothing changes: countdowns show minutes."""

    RATE: ClassVar[float] = 4.0

    DEFAULT_CSS = """
    StatusBar { height: 2; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._view = StatusView()
        self._now_ns = 0
        self.local_offset_s: int | None = None
        """This machine's seconds ahead of UTC, to show its time beside the exchange's; None shows only that."""

    def show(self, view: StatusView, now_ns: int) -> None:
        """Take what to show, and the engine's time."""
        urgent = view.attached != self._view.attached or _state(view) != _state(self._view)
        self._view, self._now_ns = view, now_ns
        self.repaint(now=urgent)

    @property
    def shows_engine(self) -> bool:
        """True once an engine has told what there is to show."""
        return self._view.status is not None

    def lines(self, width: int) -> list[Line]:
        view = self._view
        if view.status is None or view.account is None:
            remedy = f" → {view.lost_remedy}" if view.lost_remedy else ""
            return [self._waiting(width), Line().field(remedy, width, self.inks.text)]
        colors = self.inks if view.attached else self.inks.greyed()
        return [
            self._first(view, view.status, width, colors),
            _second(view.status, view.account, width, colors),
        ]

    def _waiting(self, width: int) -> Line:
        line = Line()
        if self._view.lost_why:
            line.add(" NO ENGINE ", self.inks.alarm).gap(self.inks.text)
            return line.field(self._view.lost_why, width - line.cells, self.inks.warn)
        return line.add(" DESK ", self.inks.title).add(" attaching to the engine …", self.inks.muted)

    def _first(self, view: StatusView, status: Status, width: int, colors: Palette) -> Line:
        line = Line()
        line.add(f" {status.profile.upper()} ", colors.profile(status.profile)).gap(colors.text)
        if view.read_only:
            line.add("READ-ONLY", colors.accent).gap(colors.text)
        if not view.attached:
            heard = figures.span(view.lost_s * 10**9)
            line.add(f" ENGINE LOST {heard} ", colors.alarm).gap(colors.text)
            why = f"{view.lost_why} → {view.lost_remedy}" if view.lost_remedy else view.lost_why
            then = "all figures are as of then · " if width >= _NARROW else ""
            return line.field(f"{then}{why}", width - line.cells, colors.warn)
        _trading(line, status, _REASON if width >= _NARROW else _REASON_NARROW, colors)
        if not status.reconciled:
            line.gap(colors.text).add(" NOT RECONCILED ", colors.caution)
        if view.protections:
            locks = "lock" if view.protections == 1 else "locks"
            line.gap(colors.text).add(f"■ {view.protections} {locks}", colors.warn)
        line.gap(colors.text, 2)
        _market(line, status.market, self._now_ns, width, colors)
        here = self.local_offset_s
        clock = figures.clock_minute(self._now_ns) + (" NY" if width >= _NARROW or here is not None else "")
        clock += "" if here is None else f"  {figures.local_minute(self._now_ns, here)} here"
        speed = "" if status.speed == 1 else " max" if status.speed == 0 else f" ×{status.speed:g}"
        corner = f"{clock}{speed} "
        engine, desk = view.versions
        if engine != desk:
            said = f"engine {engine} ≠ desk {desk}" if width >= _NARROW else f"engine {engine}"
            line.gap(colors.text, 2).field(said, min(len(said), 40), colors.warn)
        _feeds(line, view.feeds, self._now_ns, width - len(corner) - 1, colors)
        return line.right(f" {corner}", width - line.cells, colors.muted)


def _trading(line: Line, status: Status, longest: int, colors: Palette) -> None:
    """The state, with its reason in at most `longest` cells while it is not ACTIVE, and who decides."""
    state = status.state
    if state is TradingState.ACTIVE:
        line.add("● ACTIVE", colors.good)
    else:
        line.add(f" {state.name} ", colors.alarm if state is TradingState.HALTED else colors.caution)
        if status.state_reason:
            line.gap(colors.text).field(status.state_reason, min(longest, len(status.state_reason)), colors.warn)
    line.gap(colors.text)
    line.add(status.mode.value.upper(), colors.warn if status.mode is Mode.AUTO else colors.muted)


def _market(line: Line, market: Market, now_ns: int, width: int, colors: Palette) -> None:
    unknown = market.session is Session.UNKNOWN
    open_now = market.session is Session.REGULAR
    line.add(_SESSIONS[market.session], colors.warn if unknown else colors.text if open_now else colors.muted)
    if market.changes_ns is None:
        return
    left = market.changes_ns - now_ns
    until = figures.span(left // MINUTE * MINUTE) if left >= MINUTE else "<1m"
    word = f"{_NEXT[market.next_session]} in " if width >= _NARROW else ""
    line.gap(colors.text).add(f"{word}{until}", colors.muted)


def _feeds(line: Line, states: Sequence[FeedState], now_ns: int, width: int, colors: Palette) -> None:
    """Every feed up to a width; those that do not fit are counted, and those in trouble stand first."""
    told = [_feed(state, now_ns, colors) for state in sorted(states, key=lambda state: state.light in _QUIET)]
    while told:
        text, style = told[0]
        others = f"  +{len(told) - 1}" if sum(len(each) + 2 for each, _ in told) > width - line.cells else ""
        if line.cells + 2 + len(text) + len(others) > width:
            break
        line.gap(colors.text, 2).add(text, style)
        told.pop(0)
    if told and line.cells + len(f"  +{len(told)}") <= width:
        line.gap(colors.text, 2).add(f"+{len(told)}", told[0][1])


def _feed(state: FeedState, now_ns: int, colors: Palette) -> tuple[str, Style]:
    """`● x now`; anything but a healthy feed says its state in words."""
    glyph = _LIGHTS[state.light]
    age = figures.age(now_ns - state.last_ns) if state.last_ns else figures.NONE
    if state.light is Light.UP:
        return f"{glyph} {state.name} {age}", colors.up if age == "now" else colors.text
    if state.light in (Light.OFF, Light.ENDED):
        return f"{glyph} {state.name} {state.light.value}", colors.muted
    bad = state.light in (Light.DOWN, Light.REFUSED, Light.CAPPED)
    return f"{glyph} {state.name} {state.light.name}", colors.down if bad else colors.warn


def _second(status: Status, account: Account, width: int, colors: Palette) -> Line:
    line = Line().gap(colors.text)
    wide = width >= _NARROW
    line.add("Equity ", colors.muted).add(figures.money(account.equity), colors.strong).gap(colors.text, 2)
    gain = account.day_pnl
    style = colors.signed(float(gain))
    line.add("Day ", colors.muted).add(f"{figures.glyph(float(gain))} {figures.signed_money(gain)}", style)
    if wide and account.day_start_equity:
        line.add(f" ({float(gain / account.day_start_equity) * 100:+.2f}%)", style)
    line.gap(colors.text, 2).add("DD ", colors.muted)
    line.add(
        f"{float(account.drawdown) * 100:.1f}%", colors.text if account.drawdown < Decimal("0.05") else colors.warn
    )
    line.gap(colors.text, 2).add("Limits " if wide else "Lim ", colors.muted)
    _limits(line, status.limits, wide, colors)
    line.gap(colors.text, 2).add("Engine " if wide else "p99 ", colors.muted)
    slow = status.latency_p99_ms > 20 or status.lag_ms > 100
    latency = (
        f"{status.latency_p50_ms:.1f}/{status.latency_p99_ms:.1f} ms" if wide else f"{status.latency_p99_ms:.1f}ms"
    )
    line.add(latency, colors.warn if slow else colors.text)
    rate = f"{status.posts_per_s:,.1f}" if status.posts_per_s < 10 else f"{status.posts_per_s:,.0f}"
    rate = f"{rate} posts/s" if wide else f"{rate}/s"
    if line.cells + 2 + len(rate) <= width:
        line.gap(colors.text, 2).add(rate, colors.text)
    dropped = f"✗ {figures.count(status.dropped)} dropped"
    if status.dropped and line.cells + 2 + len(dropped) <= width:
        line.gap(colors.text, 2).add(dropped, colors.warn)
    if account.blocked and line.cells + 12 <= width:
        line.gap(colors.text, 2).field(f" BLOCKED {account.blocked} ", width - line.cells - 2, colors.alarm)
    return line


def _limits(line: Line, limits: tuple[LimitUse, ...], wide: bool, colors: Palette) -> None:
    """The limit that is used most: its share, and its name where there is room."""
    if not limits:
        line.add(figures.NONE, colors.muted)
        return
    top = max(limits, key=lambda limit: limit.use)
    style = colors.down if top.use >= 1 else colors.warn if top.use >= 0.75 else colors.text
    line.add(figures.share(top.use) + ("!" if top.use >= 0.75 else ""), style)
    if wide:
        line.add(f" {top.control}", colors.muted)


def _state(view: StatusView) -> TradingState | None:
    return view.status.state if view.status else None
