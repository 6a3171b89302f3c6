"""The sentiment stage: every symbol's mood, updated by each post and decaying between posts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from engine.clock import from_seconds
from engine.config import SentimentConfig
from engine.errors import ConfigError, DeskError
from engine.model import Evidence, Mood, Reading, ScoredPost
from engine.sentiment.coverage import Coverage
from engine.sentiment.timeline import Timeline
from engine.sentiment.window import WINDOW_LIMIT_S, pack
from engine.text import text_key


class Sentiment:
    """Moods of the watchlist's symbols; also the `model.MoodView` that strategies ask.

    value = Σ w·s / Σ w over posts with age < window, w = influence·confidence·guard·max(floor, 1 − age/window), age
    counted from publication (from receipt where the source's clock is ahead) and `guard` from the post's mark; raw is
    the same without `guard`. A post from the future counts as age 0. previous is the same aggregate with decay and
    window taken at now − look_back. A post costs the same however many are in the window; it is forgotten once it is
    older than window + look_back. Time only moves forward: an earlier `now_ns` is read as the latest given for that
    symbol.
    """

    def __init__(self, config: SentimentConfig, symbols: Sequence[str]) -> None:
        """Raises ConfigError when the window, the floor or the look-back makes no sense."""
        for key, wrong, expected in (
            ("window_s", not 1.0 <= config.window_s <= WINDOW_LIMIT_S, "1 … 864000 seconds"),
            ("floor", not 0.0 <= config.floor <= 1.0, "a share in [0, 1]"),
            ("look_back_s", not 0.0 <= config.look_back_s <= WINDOW_LIMIT_S, "0 … 864000 seconds"),
        ):
            if wrong:
                raise ConfigError(
                    f"expected {expected}, found {getattr(config, key)}", where=f"sentiment.{key}", remedy="correct it"
                )
        window_ns = from_seconds(config.window_s)
        look_back_ns = from_seconds(config.look_back_s)
        floor_ns = round(config.floor * window_ns)
        self._coverage = {symbol: Coverage(window_ns, look_back_ns) for symbol in symbols}
        self._not_covered: dict[str, dict[str, str]] = {}
        self._timelines = {
            symbol: Timeline(symbol, window_ns, floor_ns, look_back_ns, coverage)
            for symbol, coverage in self._coverage.items()
        }

    def add(self, scored: ScoredPost, now_ns: int) -> tuple[Mood, ...]:
        """Take in a post; returns the mood of each symbol it changed, in the order of its matches.

        A symbol for which the reading has a score of its own gets that one. A post that is already in is replaced.
        Matches of symbols that are not watched, and of other symbols than the one its reading is for, change nothing.
        Raises DeskError when the reading is not a number in its range.
        """
        moods = []
        reading, post = scored.reading, scored.post
        said = hash(text_key(post.text) or post.id) or 1
        for match in scored.matches:
            timeline = self._timelines.get(match.symbol)
            if timeline is None or (reading.symbol and reading.symbol != match.symbol):
                continue
            score, confidence = reading.about(match.symbol)
            packed = pack(match.influence, confidence, score, scored.mark.weight)
            timeline.advance(now_ns)
            timeline.put(scored, match, packed, said)
            moods.append(timeline.mood())
        return tuple(moods)

    def rescore(self, reading: Reading, now_ns: int) -> tuple[Mood, ...]:
        """A post that is in gets another reading, from now on; returns the moods that it changed.

        One that is not in (it is too old, or an edit replaced it) changes nothing. Raises DeskError when the reading
        is not a number in its range.
        """
        moods = []
        for timeline in self._timelines.values():
            if timeline.rescore(reading.post_id, reading):
                timeline.advance(now_ns)
                moods.append(timeline.mood())
        return tuple(moods)

    def remove(self, post_id: str) -> tuple[str, ...]:
        """Take a post out, as if it had never been there (an edit replaces it); returns the symbols it was in."""
        return tuple(symbol for symbol, timeline in self._timelines.items() if timeline.take(post_id))

    def weigh(self, post_id: str, guard: float, symbols: Iterable[str] | None = None) -> tuple[str, ...]:
        """Give a post that is in another weight of the guards, from now on; returns the symbols whose moods changed.

        `symbols`: those it can be in, where that is known; without them every symbol is asked. Raises DeskError for a
        weight outside [0, 1].
        """
        timelines = self._timelines
        return tuple(
            symbol
            for symbol in (timelines if symbols is None else symbols)
            if symbol in timelines and timelines[symbol].weigh(post_id, guard)
        )

    def mood(self, symbol: str, now_ns: int) -> Mood:
        """The symbol's mood at `now_ns`. Raises DeskError for a symbol that is not watched."""
        timeline = self._timeline(symbol)
        timeline.advance(now_ns)
        return timeline.mood()

    def covered_since(self, at_ns: int, symbols: Iterable[str] | None = None) -> None:
        """Every post published at or after `at_ns` is in, or comes in; gaps apart.

        `symbols`, here and below: those of which this is said; every one where that is None.
        """
        for coverage in self._coverages(symbols):
            coverage.since(at_ns)

    def gap(self, from_ns: int, to_ns: int, symbols: Iterable[str] | None = None) -> None:
        """Posts published in [from_ns, to_ns) are missing."""
        for coverage in self._coverages(symbols):
            coverage.gap(from_ns, to_ns)

    def filled(self, from_ns: int, to_ns: int, symbols: Iterable[str] | None = None) -> None:
        """The posts of a gap have come after all."""
        for coverage in self._coverages(symbols):
            coverage.filled(from_ns, to_ns)

    def not_covered(self, source: str, why: Mapping[str, str]) -> None:
        """Of which symbols a source does not send all posts now, by symbol with the reason; of the others it does."""
        if self._not_covered.get(source, {}) != why:
            self._not_covered[source] = dict(why)
            for symbol, coverage in self._coverage.items():
                coverage.not_covered(source, why.get(symbol, ""))

    def missing(self, symbol: str, now_ns: int) -> str:
        """What is missing of a symbol's windows at `now_ns`, in words; empty when nothing is."""
        return self._coverage[symbol].missing(now_ns)

    def _coverages(self, symbols: Iterable[str] | None) -> Iterable[Coverage]:
        known = self._coverage
        return known.values() if symbols is None else [known[symbol] for symbol in symbols if symbol in known]

    def evidence(self, symbol: str, limit: int = 10) -> tuple[Evidence, ...]:
        """Posts in the window as of the symbol's last mood, largest share of Σ w·|s| first."""
        return self._timeline(symbol).evidence(limit)

    def newest_ns(self, symbol: str) -> int:
        """Publication time of the newest post in the window that weighs anything; 0 where none does."""
        return self._timeline(symbol).newest_ns()

    def top_author_share(self, symbol: str) -> float:
        """Largest share of the window's weight held by one author, in [0, 1]."""
        return self._timeline(symbol).top_author_share()

    def top_text_share(self, symbol: str) -> float:
        """Largest share of the window's weight held by one text, in [0, 1]."""
        return self._timeline(symbol).top_text_share()

    def top_cluster(self, symbol: str) -> tuple[str, float]:
        """The near-duplicates that hold most of the window's weight: their cluster, and their share in [0, 1]."""
        return self._timeline(symbol).top_cluster()

    def _timeline(self, symbol: str) -> Timeline:
        timeline = self._timelines.get(symbol)
        if timeline is None:
            raise DeskError(
                f"expected a watched symbol, found {symbol!r}", where="sentiment", remedy="add it to [[watchlist]]"
            )
        return timeline
