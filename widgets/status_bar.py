"""The status bar: which money, whether it trades, the market, the feeds, the account, the limits, the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style

from engine.clock import MINUTE
from engine.model import Account, FeedState, Light, Market, Mode, Session, TradingState
from engine.model.base import Value
from engine.model.frames import Status
from widgets import figures
from widgets.account_line import account_line
from widgets.line import Line
from widgets.line_block import LineBlock
from widgets.palette import Palette
from widgets.pieces import Piece, laid

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


class StatusView(Value, frozen=True, gc=False):
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
    stopped: bool = False
    """Whether it had said that it stops, for the reason that stands in `lost_why`."""
    versions: tuple[str, str] = ("", "")
    """The engine's and the desk's: said when they differ, though they understand each other."""
    read_only: bool = False
    """Whether this desk only shows."""


class StatusBar(LineBlock):
    """Two lines. Nothing in it moves while nothing changes: countdowns show minutes.

    Where there is no room for all, whole pieces are left out: never the profile and the trading state, and no figure is
    ever cut.
    """

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

    def lines(self, width: int) -> list[Line]:
        view = self._view
        if view.status is None or view.account is None:
            remedy = f" → {view.lost_remedy}" if view.lost_remedy else ""
            return [self._waiting(width), Line().field(remedy, width, self.inks.text)]
        colors = self.inks if view.attached else self.inks.greyed()
        return [
            self._first(view, view.status, width, colors),
            account_line(view.status, view.account, width, colors, wide=width >= _NARROW),
        ]

    def _waiting(self, width: int) -> Line:
        line = Line()
        if self._view.lost_why:
            line.add(" NO ENGINE ", self.inks.alarm).gap(self.inks.text)
            return line.field(self._view.lost_why, width - line.cells, self.inks.warn)
        return line.add(" DESK ", self.inks.title).add(" attaching to the engine …", self.inks.muted)

    def _first(self, view: StatusView, status: Status, width: int, colors: Palette) -> Line:
        money = Line().add(f" {status.profile.upper()} ", colors.profile(status.profile))
        pieces = [Piece(0, 0, money)]
        if view.read_only:
            pieces.append(Piece(2, 1, Line().add("READ-ONLY", colors.accent)))
        if not view.attached:
            return self._lost(view, pieces, width, colors)
        tight = width < money.cells + len("  REDUCING ")
        pieces += _trading(status, _REASON if width >= _NARROW else _REASON_NARROW, colors, tight=tight)
        if not status.reconciled:
            pieces.append(Piece(2, 1, Line().add(" NOT RECONCILED ", colors.caution)))
        if view.protections:
            locks = "lock" if view.protections == 1 else "locks"
            pieces.append(Piece(3, 1, Line().add(f"■ {view.protections} {locks}", colors.warn)))
        pieces += _market(status.market, self._now_ns, width, colors)
        engine, desk = view.versions
        if engine != desk:
            said = f"engine {engine} ≠ desk {desk}" if width >= _NARROW else f"engine {engine}"
            pieces.append(Piece(8, 2, Line().field(said, min(len(said), 40), colors.warn)))
        zone = width >= _NARROW or self.local_offset_s is not None
        corner = Line().add(self._clock(status, zone=zone), colors.muted)
        line = laid([*pieces, Piece(5, 1, corner)], width, colors.text)
        if line.segments[-1] is not corner.segments[0]:
            return line
        line = laid(pieces, width - corner.cells - 1, colors.text)
        _feeds(line, view.feeds, self._now_ns, width - corner.cells - 1, colors)
        whole = self._clock(status, zone=True)
        clock = whole if line.cells + 1 + cell_len(whole) <= width else corner.segments[0].text
        return line.right(f" {clock}", width - line.cells, colors.muted)

    def _clock(self, status: Status, *, zone: bool) -> str:
        """The exchange's time, with its name where that costs nothing else its place; this machine's; the speed."""
        here = self.local_offset_s
        clock = figures.clock_minute(self._now_ns) + (" NY" if zone else "")
        clock += "" if here is None else f"  {figures.local_minute(self._now_ns, here)} here"
        speed = "" if status.speed == 1 else " max" if status.speed == 0 else f" ×{status.speed:g}"
        return f"{clock}{speed} "

    def _lost(self, view: StatusView, pieces: list[Piece], width: int, colors: Palette) -> Line:
        """Since when the engine is not heard, whether it had told of its end, and why, as far as there is room."""
        heard = figures.span(view.lost_s * 10**9)
        word, style = ("STOPPED", colors.caution) if view.stopped else ("LOST", colors.alarm)
        lost = Line().add(f" ENGINE {word} {heard} ", style)
        if laid(pieces, width, colors.text).cells + 1 + lost.cells > width:
            lost = Line().add(f" {word} {heard} ", style)
        line = laid([*pieces, Piece(1, 1, lost)], width, colors.text).gap(colors.text)
        remedy = f"→ {view.lost_remedy}" if view.lost_remedy else ""
        why = f"{view.lost_why} {remedy}".rstrip()
        then = f"all figures are as of then · {why}" if width >= _NARROW else why
        said = next((each for each in (then, why) if cell_len(each) <= width - line.cells), remedy or why)
        return line.field(said, width - line.cells, colors.warn)


def _trading(status: Status, longest: int, colors: Palette, *, tight: bool) -> list[Piece]:
    """The state, with its reason in at most `longest` cells while it is not ACTIVE, and who decides. Where it is
    `tight` the state has no blanks around it: it is there on the smallest screen."""
    state = status.state
    mode = Line().add(status.mode.value.upper(), colors.warn if status.mode is Mode.AUTO else colors.muted)
    if state is TradingState.ACTIVE:
        return [Piece(1, 1, Line().add("● ACTIVE", colors.good)), Piece(4, 1, mode)]
    style = colors.alarm if state is TradingState.HALTED else colors.caution
    pieces = [Piece(1, 1, Line().add(state.name if tight else f" {state.name} ", style))]
    if status.state_reason:
        cells = min(longest, cell_len(status.state_reason))
        pieces.append(Piece(6, 1, Line().add("(", colors.warn).field(status.state_reason, cells, colors.warn)))
        pieces[-1].line.add(")", colors.warn)
    return [*pieces, Piece(4, 2, mode)]


def _market(market: Market, now_ns: int, width: int, colors: Palette) -> list[Piece]:
    unknown = market.session is Session.UNKNOWN
    open_now = market.session is Session.REGULAR
    style = colors.warn if unknown else colors.text if open_now else colors.muted
    pieces = [Piece(5, 2, Line().add(_SESSIONS[market.session], style))]
    if market.changes_ns is not None:
        left = market.changes_ns - now_ns
        until = figures.span(left // MINUTE * MINUTE) if left >= MINUTE else "<1m"
        word = f"{_NEXT[market.next_session]} in " if width >= _NARROW else ""
        pieces.append(Piece(7, 1, Line().add(f"{word}{until}", colors.muted)))
    return pieces


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


def _state(view: StatusView) -> TradingState | None:
    return view.status.state if view.status else None
