"""The strategy `shift`: act when a symbol's mood differs enough from what it was one look-back earlier."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from typing import NamedTuple

from engine.clock import MINUTE, from_seconds
from engine.config import Config
from engine.model import Gate, Mood, MoodView, Side, Signal

_EVIDENCE = 10
"""Most posts quoted with a signal."""
_TOLERANCE = 1e-9
"""0.35 − 0.2 is a change of 0.15 although the floats differ in the 17th digit."""


class _Conditions(NamedTuple):
    """Whether each condition of a signal is met."""

    enabled: bool
    warm: bool
    volume: bool
    change: bool
    side: bool
    confidence: bool
    armed: bool


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
        symbol = mood.symbol
        threshold = self.threshold(symbol)
        spent = self._spent.get(symbol)
        if spent is not None and self._is_over(spent, mood.at_ns, change, threshold):
            del self._spent[symbol]
        if not _is_enough(change, threshold) or not all(self._conditions(mood, change, threshold)):
            return None
        side = _side(change)
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

    def _conditions(self, mood: Mood, change: float, threshold: float) -> _Conditions:
        """Which conditions of a signal are met: the rule, for what signals and for what tells why there is none."""
        settings, side = self._settings, _side(change)
        spent = self._spent.get(mood.symbol)
        return _Conditions(
            settings.enabled,
            mood.warm,
            mood.volume >= settings.volume_floor,
            _is_enough(change, threshold),
            settings.buy if side is Side.BUY else settings.sell,
            mood.confidence >= settings.confidence_floor - _TOLERANCE,
            spent is None or side is not spent[0] or self._is_over(spent, mood.at_ns, change, threshold),
        )

    def _gates(self, mood: Mood) -> Iterator[Gate]:
        settings, change, threshold = self._settings, mood.change, self.threshold(mood.symbol)
        met = self._conditions(mood, change or 0.0, threshold)
        yield _gate("switched on", met.enabled, text="shift is on" if met.enabled else "shift is switched off")
        yield _gate("warm", met.warm, text="the windows are covered" if met.warm else f"warming up: {mood.missing}")
        words = f"{_posts(mood.volume)} of {settings.volume_floor}"
        words += "" if met.volume else f": {settings.volume_floor - mood.volume} more needed"
        yield _gate("volume", met.volume, mood.volume, settings.volume_floor, "posts", words)
        if change is None:
            when = "in the window" if mood.value is None else f"in the window {self._earlier}"
            yield _gate("change", False, None, threshold, text=f"no opinion {when}, so no change")
        else:
            words = f"change {change:+.3f} of ±{threshold:.3f}"
            words += "" if met.change else f": {threshold - abs(change):.3f} short"
            yield _gate("change", met.change, abs(change), threshold, text=words)
            side = _side(change)
            words = f"{side.name} is on"
            if not met.side:
                words = f"change {change:+.3f} would be a {side.name}, and {side.value} is switched off"
            yield _gate("side", met.side, text=words)
        floor = settings.confidence_floor
        words = f"confidence {mood.confidence:.3f} of {floor:.3f}"
        words += "" if met.confidence else f": {floor - mood.confidence:.3f} short"
        yield _gate("confidence", met.confidence, mood.confidence, floor, text=words)
        if change is not None:
            yield self._armed_gate(met.armed, mood, change, threshold)

    def _armed_gate(self, armed: bool, mood: Mood, change: float, threshold: float) -> Gate:
        side = _side(change)
        bound = side.sign * self._settings.rearm * threshold
        words = f"{side.name} can signal"
        if not armed:
            minutes = math.ceil((self._spent[mood.symbol][1] - mood.at_ns) / MINUTE)
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


def _side(change: float) -> Side:
    """Which side a change speaks for."""
    return Side.BUY if change > 0 else Side.SELL


def _is_enough(change: float, threshold: float) -> bool:
    """By far most moods end here, so this is asked before the other conditions."""
    return change != 0 and abs(change) >= threshold - _TOLERANCE


def _gate(
    name: str, passed: bool, value: float | None = None, limit: float | None = None, unit: str = "", text: str = ""
) -> Gate:
    return Gate(Shift.name, name, passed, value, limit, unit, text)


def _posts(count: int) -> str:
    return f"{count} {'post' if count == 1 else 'posts'}"
