"""Builds what clients see, from the stages, when a frame is due. Reads everything, changes nothing."""

from __future__ import annotations

import os
from importlib.metadata import version

from engine.clock import Clock
from engine.config import Config
from engine.journal import Journal
from engine.kernel.dealing import Dealing
from engine.kernel.meters import LoopLag
from engine.kernel.pacing import Pacing
from engine.kernel.pipeline import Pipeline
from engine.kernel.view import LastShown, View
from engine.kernel.why import Why
from engine.model import Mode, Mood, Session, SymbolDetail, TradingState
from engine.model.frames import PROTOCOL, Frame, Snapshot, Status, SymbolRow
from engine.sentiment import Sentiment

VERSION = version("desk")


class Show:
    """The kernel's snapshots and frames."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        *,
        journal: Journal,
        pipeline: Pipeline,
        sentiment: Sentiment,
        dealing: Dealing,
        view: View,
        lag: LoopLag,
        broker_name: str,
        pacing: Pacing,
    ) -> None:
        self._config = config
        self._clock = clock
        self._journal = journal
        self._pipeline = pipeline
        self._sentiment = sentiment
        self._dealing = dealing
        self._view = view
        self._lag = lag
        self._broker_name = broker_name
        self._pacing = pacing
        self._started_ns = clock.now_ns()
        self._last = LastShown()
        self._why = Why(config, pipeline=pipeline, sentiment=sentiment, dealing=dealing, view=view)
        self.reconfigure(config)

    def symbol(self, name: str) -> SymbolDetail | None:
        """Everything about one symbol; None when it is not watched."""
        return self._why.detail(name, self._clock.now_ns())

    def reconfigure(self, config: Config) -> None:
        """Show these settings from now on."""
        shift = config.strategy.shift
        self._config = config
        self._thresholds = {
            row.symbol: shift.threshold if row.threshold is None else row.threshold for row in config.watchlist
        }

    def snapshot(self, rev: int) -> Snapshot:
        """Everything a desk needs to draw itself."""
        view, dealing = self._view, self._dealing
        now_ns = self._clock.now_ns()
        return Snapshot(
            protocol=PROTOCOL,
            version=VERSION,
            pid=os.getpid(),
            rev=rev,
            started_ns=self._started_ns,
            status=self._status(now_ns),
            account=dealing.portfolio.account(now_ns),
            symbols=tuple(self._row(symbol, now_ns) for symbol in self._config.symbols),
            posts=view.post_rows(),
            tickets=dealing.tickets.pending,
            closed=tuple(view.closed),
            orders=tuple(view.orders.values()),
            fills=tuple(view.fills),
            positions=dealing.positions(),
            feeds=tuple(view.feeds.values()),
            protections=dealing.risk.protections(now_ns),
            alerts=tuple(view.alerts.values()),
        )

    def frame(self, rev: int) -> Frame | None:
        """What changed since the last frame."""
        view, dealing, last = self._view, self._dealing, self._last
        now_ns = self._clock.now_ns()
        account = dealing.portfolio.account(now_ns)
        positions = dealing.positions()
        protections = dealing.risk.protections(now_ns)
        sparks = view.take_sparks()
        frame = Frame(
            rev=rev,
            status=self._status(now_ns),
            account=account if account != last.account else None,
            symbols=tuple(self._row(symbol, now_ns, spark=sparks) for symbol in view.take_symbols()),
            posts=view.take_posts(),
            marks=view.take_marks(),
            positions=positions if positions != last.positions else None,
            feeds=view.take_feeds(),
            protections=protections if protections != last.protections else None,
        )
        last.account, last.positions, last.protections = account, positions, protections
        return frame

    def _status(self, now_ns: int) -> Status:
        view, dealing = self._view, self._dealing
        risk = dealing.risk
        p50_ms, p99_ms = view.latency.quantiles_ms()
        return Status(
            profile=self._config.engine.profile,
            broker=self._broker_name,
            state=TradingState.HALTED if dealing.failed else risk.state,
            state_reason=dealing.failed or risk.state_reason,
            mode=dealing.tickets.mode("*"),
            market=dealing.market,
            clock_ns=now_ns,
            speed=self._pacing.speed,
            reconciled=dealing.reconciled,
            posts=view.count,
            duplicates=view.duplicates,
            dropped=sum(view.feeds[name].dropped for name in self._config.feeds.posts if name in view.feeds),
            posts_per_s=view.rate.per_second(),
            latency_p50_ms=p50_ms,
            latency_p99_ms=p99_ms,
            lag_ms=self._lag.ms,
            journal_seq=self._journal.seq,
            journal_lag_ms=self._journal.lag_ms,
            limits=risk.uses(dealing.book()),
            drift_bps=self._config.tickets.drift_bps,
            not_scored=view.not_scored(),
        )

    def _row(self, symbol: str, now_ns: int, *, spark: bool = True) -> SymbolRow:
        mood = self._sentiment.mood(symbol, now_ns)
        mode = self._dealing.tickets.mode(symbol)
        return self._view.symbol_row(mood, mode, self._thresholds[symbol], self._why_not(mood, mode), spark=spark)

    def _why_not(self, mood: Mood, mode: Mode) -> str:
        """The first thing that keeps a symbol from trading: what stops every symbol first, its own reasons after."""
        dealing = self._dealing
        if dealing.failed:
            return f"engine failed: {dealing.failed}"
        if dealing.risk.state is TradingState.HALTED:
            return f"halted: {dealing.risk.state_reason}"
        if not dealing.reconciled:
            return "not reconciled with the venue yet"
        if mode is Mode.OFF:
            return "mode is off"
        if dealing.market.session is Session.UNKNOWN:
            return "market session unknown"
        if mood.symbol in dealing.halted:
            return "trading halt"
        closed = self._session_words(dealing.market.session)
        if closed:
            return closed
        if dealing.prices_mute:
            return "prices are mute"
        return self._pipeline.why_not(mood)

    def _session_words(self, session: Session) -> str:
        risk = self._config.risk
        if session is Session.CLOSED:
            return "market closed"
        if session is Session.PRE and not risk.pre_market:
            return "pre-market is switched off"
        if session is Session.POST and not risk.post_market:
            return "post-market is switched off"
        return ""
