"""The strategy `shift`: act when a symbol's mood differs enough from what it was one look-back earlier."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator

from engine.clock import MINUTE, from_seconds
from engine.config import Config
from engine.model import Gate, Mood, MoodView, Side, Signal

_EVIDENCE = 10
"""Most posts quoted with a signal."""
_TOLERANCE = 1e-9
"""0.35 − 0.2 is a change of 0.15 although the floats differ in the 17th digit."""


class Shift:
    """BUY when change ≥ threshold, SELL when change ≤ −threshold.

    A signal also needs a warm mood, the least volume and confidence, and its side switched on. After a signal the same
    symbol and side stay quiet until the change, counted in that direction, was under rearm × threshold, or window +
    look-back have passed: by then no post that made the signal is in either window, and what moves the mood is news.
    """

    name = "shift"

    def __init__(self, config: Config) -> None:
        self._earlier = f"{from_seconds(config.sentiment.look_back_s) / MINUTE:g} min earlier"
        self._quiet_ns = from_seconds(config.sentiment.window_s + config.sentiment.look_back_s)
        self.reconfigure(config)
        self._spent: dict[str, tuple[Side, int]] = {}
        """By symbol, the side that has signalled and until when it stays quiet; a signal of the other one ends that."""

    def reconfigure(self, config: Config) -> None:
        """Go on with these settings; what has been signalled stays so."""
        self._settings = config.strategy.shift
        self._expires_ns = from_seconds(self._settings.expires_s)
        self._thresholds = {row.symbol: row.threshold for row in config.watchlist if row.threshold is not None}

    def threshold(self, symbol: str) -> float:
        """Least |change| for a signal: the watchlist row's, or the strategy's."""
        return self._thresholds.get(symbol, self._settings.threshold)

    def on_mood(self, mood: Mood, view: MoodView) -> Signal | None:
        """The signal this mood gives rise to, if any. Raises nothing; asks `view` only when there is a signal."""
        change = mood.change
        if change is None:
            return None
        symbol, settings = mood.symbol, self._settings
        threshold = self.threshold(symbol)
        side = Side.BUY if change > 0 else Side.SELL
        spent = self._spent.get(symbol)
        if spent is not None and self._is_over(spent, mood.at_ns, change, threshold):
            spent = None
            del self._spent[symbol]
        if (
            abs(change) < threshold - _TOLERANCE
            or change == 0
            or not settings.enabled
            or not mood.warm
            or mood.volume < settings.volume_floor
            or not (settings.buy if side is Side.BUY else settings.sell)
            or mood.confidence < settings.confidence_floor - _TOLERANCE
            or (spent is not None and side is spent[0])
        ):
            return None
        self._spent[symbol] = side, mood.at_ns + self._quiet_ns
        return self._signal(mood, change, side, threshold, view)

    def restore(self, signal: Signal) -> None:
        """A signal that an earlier run gave: its side stays quiet as it did there."""
        self._spent[signal.symbol] = signal.side, signal.at_ns + self._quiet_ns

    def why_not(self, mood: Mood) -> str:
        """The first thing that keeps the symbol from a signal, and how far away it is. Empty when nothing does."""
        return next((gate.text for gate in self._gates(mood) if not gate.passed), "")

    def gates(self, mood: Mood) -> tuple[Gate, ...]:
        """Every condition of a signal as it stands now; those that need a change are missing while there is none."""
        return tuple(self._gates(mood))

    def _gates(self, mood: Mood) -> Iterator[Gate]:
        settings, change = self._settings, mood.change
        yield _gate(
            "switched on", settings.enabled, text="shift is on" if settings.enabled else "shift is switched off"
        )
        yield _gate("warm", mood.warm, text="the windows are covered" if mood.warm else f"warming up: {mood.missing}")
        short = settings.volume_floor - mood.volume
        posts = f"{_posts(mood.volume)} of {settings.volume_floor}" + (f": {short} more needed" if short > 0 else "")
        yield _gate("volume", short <= 0, mood.volume, settings.volume_floor, "posts", posts)
        if change is None:
            when = "in the window" if mood.value is None else f"in the window {self._earlier}"
            yield _gate("change", False, None, self.threshold(mood.symbol), text=f"no opinion {when}, so no change")
        else:
            yield from self._change_gates(mood.symbol, change)
        floor = settings.confidence_floor
        sure = mood.confidence >= floor - _TOLERANCE
        words = f"confidence {mood.confidence:.3f} of {floor:.3f}"
        words += "" if sure else f": {floor - mood.confidence:.3f} short"
        yield _gate("confidence", sure, mood.confidence, floor, text=words)
        if change is not None:
            yield self._armed_gate(mood.symbol, mood.at_ns, change)

    def _change_gates(self, symbol: str, change: float) -> Iterator[Gate]:
        settings, threshold = self._settings, self.threshold(symbol)
        side = Side.BUY if change > 0 else Side.SELL
        enough = change != 0 and abs(change) >= threshold - _TOLERANCE
        words = f"change {change:+.3f} of ±{threshold:.3f}"
        words += "" if enough else f": {threshold - abs(change):.3f} short"
        yield _gate("change", enough, abs(change), threshold, text=words)
        on = settings.buy if side is Side.BUY else settings.sell
        words = f"{side.name} is on"
        if not on:
            words = f"change {change:+.3f} would be a {side.name}, and {side.value} is switched off"
        yield _gate("side", on, text=words)

    def _armed_gate(self, symbol: str, now_ns: int, change: float) -> Gate:
        side, threshold = Side.BUY if change > 0 else Side.SELL, self.threshold(symbol)
        bound = side.sign * self._settings.rearm * threshold
        words, armed = f"{side.name} can signal", True
        spent = self._spent.get(symbol)
        if spent is not None and side is spent[0] and not self._is_over(spent, now_ns, change, threshold):
            armed, minutes = False, math.ceil((spent[1] - now_ns) / MINUTE)
            words = f"{side.name} already signalled: change {change:+.3f} has to come back to {bound:+.3f} first"
            words += f", or {minutes} min to pass"
        return _gate("armed", armed, change, bound, text=words)

    def _is_over(self, spent: tuple[Side, int], now_ns: int, change: float, threshold: float) -> bool:
        side, until_ns = spent
        return now_ns >= until_ns or side.sign * change < self._settings.rearm * threshold - _TOLERANCE

    def _signal(self, mood: Mood, change: float, side: Side, threshold: float, view: MoodView) -> Signal:
        symbol = mood.symbol
        moved = abs(change) * mood.confidence
        verb = "rose" if side is Side.BUY else "fell"
        cluster, share = view.top_cluster(symbol)
        return Signal(
            id=signal_id(self.name, symbol, side, mood.at_ns),
            symbol=symbol,
            side=side,
            strategy=self.name,
            at_ns=mood.at_ns,
            expires_ns=mood.at_ns + self._expires_ns,
            strength=min(1.0, moved / self._settings.full_strength),
            confidence=mood.confidence,
            reason=(
                f"mood {verb} by {abs(change):.3f} (threshold {threshold:.3f}) to {mood.value:+.3f}, "
                f"{mood.previous:+.3f} {self._earlier}; {_posts(mood.volume)} by {mood.authors} "
                f"{'author' if mood.authors == 1 else 'authors'}, confidence {mood.confidence:.2f}"
            ),
            mood=mood,
            evidence=view.evidence(symbol, _EVIDENCE),
            newest_ns=view.newest_ns(symbol),
            top_author_share=view.top_author_share(symbol),
            top_text_share=view.top_text_share(symbol),
            top_cluster_share=share,
            top_cluster=cluster,
        )


def signal_id(strategy: str, symbol: str, side: Side, at_ns: int) -> str:
    """`s-` and 16 hex digits of SHA-256 over strategy, symbol, side and instant: a replay gives the same id."""
    return "s-" + hashlib.sha256(f"{strategy}|{symbol}|{side.value}|{at_ns}".encode()).hexdigest()[:16]


def _gate(
    name: str, passed: bool, value: float | None = None, limit: float | None = None, unit: str = "", text: str = ""
) -> Gate:
    return Gate(Shift.name, name, passed, value, limit, unit, text)


def _posts(count: int) -> str:
    return f"{count} {'post' if count == 1 else 'posts'}"
