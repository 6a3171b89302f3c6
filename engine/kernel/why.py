"""Why a symbol does not trade, asked for on demand: each gate of engine, strategies and controls as it stands now."""

from __future__ import annotations

from collections.abc import Iterator

from engine.clock import MINUTE, SECOND, from_seconds
from engine.config import Config
from engine.kernel.dealing import Dealing
from engine.kernel.pipeline import Pipeline
from engine.kernel.view import View
from engine.model import ControlResult, Draft, Gate, Mode, Mood, Role, Side, Signal, SymbolDetail, Vote
from engine.sentiment import Sentiment

SHARES_NS = 10 * SECOND
"""How old the shares of one author and one text may be."""

ASKED = "asked"
"""Stands for the signal's id while there is none: it is judged, and never sent. Its strategy is the first one."""


class Why:
    """Answers for one symbol at a time. Changes nothing."""

    def __init__(
        self, config: Config, *, pipeline: Pipeline, sentiment: Sentiment, dealing: Dealing, view: View
    ) -> None:
        self._symbols = frozenset(config.symbols)
        self._kept: dict[str, tuple[int, float, float]] = {}
        """Per symbol: when its shares were worked out, and they."""
        self._window_ns = from_seconds(config.sentiment.window_s)
        self._pipeline = pipeline
        self._sentiment = sentiment
        self._dealing = dealing
        self._view = view

    def detail(self, symbol: str, now_ns: int) -> SymbolDetail | None:
        """Everything about a symbol; None when it is not watched."""
        if symbol not in self._symbols:
            return None
        mood = self._sentiment.mood(symbol, now_ns)
        side = Side.SELL if mood.change is not None and mood.change < 0 else Side.BUY
        draft, controls = self._controls(mood, side)
        gates = (*self._engine(symbol), *self._pipeline.gates(mood), *(_gate(result) for result in controls))
        votes = self._votes(symbol, now_ns)
        return SymbolDetail(
            symbol, now_ns, side, gates, draft, self._view.past.of(symbol), votes, self._view.marks(symbol)
        )

    def _votes(self, symbol: str, now_ns: int) -> tuple[Vote, ...]:
        """Each scorer's mean over the posts of the window."""
        sums: dict[tuple[str, str], list[float]] = {}
        for each in self._view.posts:
            influence = next((match.influence for match in each.matches if match.symbol == symbol), 0.0)
            if not influence or each.post.published_ns <= now_ns - self._window_ns:
                continue
            for reading in each.members or (each.reading,):
                score, confidence = reading.about(symbol)
                so_far = sums.setdefault((reading.scorer, reading.version), [0.0, 0.0, 0.0, 0])
                for at, more in enumerate((influence, influence * confidence, influence * confidence * score, 1)):
                    so_far[at] += more
        return tuple(
            Vote(*who, said / sure if sure else 0.0, sure / heard, int(posts))
            for who, (heard, sure, said, posts) in sorted(sums.items())
        )

    def _engine(self, symbol: str) -> Iterator[Gate]:
        dealing = self._dealing
        yield Gate("engine", "working", not dealing.failed, text=dealing.failed or "records and decides")
        mode = dealing.tickets.mode(symbol)
        words = {Mode.CONFIRM: "a person confirms", Mode.AUTO: "the autopilot decides", Mode.OFF: "mode is off"}
        yield Gate("engine", "mode", mode is not Mode.OFF, text=words[mode])

    def _controls(self, mood: Mood, side: Side) -> tuple[Draft | None, tuple[ControlResult, ...]]:
        """The order that a signal at full strength would get now, and what every control says to it."""
        dealing, sentiment, symbol = self._dealing, self._sentiment, mood.symbol
        book = dealing.book()
        strategy = next(iter(self._pipeline.strategies), ASKED)
        author, text = self._shares(symbol, book.now_ns)
        signal = Signal(
            id=ASKED,
            symbol=symbol,
            side=side,
            strategy=strategy,
            at_ns=book.now_ns,
            expires_ns=book.now_ns + MINUTE,
            strength=1.0,
            confidence=mood.confidence,
            reason="asked at the desk",
            mood=mood,
            newest_ns=sentiment.newest_ns(symbol),
            top_author_share=author,
            top_text_share=text,
        )
        sized = dealing.risk.size(signal, book)
        if sized.draft is None:
            return None, dealing.risk.judge_refusal(signal, sized.reason, book).controls
        role = Role.EXIT if sized.draft.reduces else Role.ENTRY
        return sized.draft, dealing.risk.judge(signal, sized.draft, book, role=role, strategy=strategy).controls

    def _shares(self, symbol: str, now_ns: int) -> tuple[float, float]:
        """What one author and one text hold of the window. Each costs a pass over it, so they may be a little old."""
        kept = self._kept.get(symbol)
        if kept is None or now_ns - kept[0] >= SHARES_NS:
            kept = (now_ns, self._sentiment.top_author_share(symbol), self._sentiment.top_text_share(symbol))
            self._kept[symbol] = kept
        return kept[1], kept[2]


def _gate(result: ControlResult) -> Gate:
    value = None if result.value is None else float(result.value)
    limit = None if result.limit is None else float(result.limit)
    return Gate("risk", f"{result.id} {result.control}", result.passed, value, limit, result.unit, result.reason)
