"""Risk: sizes a signal, judges a draft by every control, holds the trading state, remembers what the controls need.

The same calls in replay, paper, live, by hand and on autopilot. Nothing here reads a clock: the time is `book.now_ns`,
or is told. What is remembered is rebuilt after a restart by `restore`, record by record in the journal's order.
"""

from __future__ import annotations

from decimal import Decimal

from engine.clock import from_seconds, iso
from engine.config import Config
from engine.model import (
    Account,
    Book,
    ControlResult,
    Draft,
    Edits,
    Intent,
    LimitUse,
    Outcome,
    Protection,
    Role,
    Side,
    Signal,
    StateChange,
    TradingState,
    Verdict,
)
from engine.model.records import AnswerRecord, Lift
from engine.risk.check import Check, day_loss_pct, drawdown_pct, look
from engine.risk.controls import CONTROLS
from engine.risk.editing import edit
from engine.risk.holdings import Holdings, holdings
from engine.risk.limits import Limits
from engine.risk.market import instrument
from engine.risk.memory import Memory
from engine.risk.prices import short
from engine.risk.protections import COOL_DOWN, LOSS_STREAK, STRATEGY_EXECUTIONS, Protections, protection
from engine.risk.sanity import limits_hash, require_limits
from engine.risk.sizing import NOTHING_TO_SELL, Sized, size_entry, size_exit
from engine.risk.trading_state import StateMachine
from engine.risk.uses import limit_uses

DAILY_LOSS = "daily_loss"
DRAWDOWN = "drawdown"

Record = StateChange | Intent | Protection | Lift | AnswerRecord
"""What `restore` takes from the journal."""


class Risk:
    """One per engine. Raises ConfigError when a limit is no number, or is negative."""

    def __init__(self, config: Config) -> None:
        require_limits(config)
        self._config = config
        self._limits = Limits.of(config.risk)
        self._watched = frozenset(config.symbols)
        self._memory = Memory(config.risk)
        self._protections = Protections()
        self._state = StateMachine()
        self._tripped: dict[str, int] = {}
        """Loss controls that have changed the state, and the session day they did: once each, until it is over."""
        self._limits_hash = limits_hash(config)
        self._summed: tuple[Book, str, Holdings] | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Risk):
            return NotImplemented
        return (self._config, self._memory, self._protections, self._state, self._tripped) == (
            other._config,
            other._memory,
            other._protections,
            other._state,
            other._tripped,
        )

    __hash__ = None  # type: ignore[assignment]

    def reconfigure(self, config: Config) -> None:
        """Judge by other limits from now on; what is remembered and the state stay. Raises ConfigError."""
        require_limits(config)
        self._config = config
        self._limits = Limits.of(config.risk)
        self._memory.reconfigure(config.risk)
        self._limits_hash = limits_hash(config)

    # Before an order

    def size(self, signal: Signal, book: Book, *, shown: Draft | None = None) -> Sized:
        """The order a signal asks for, sized to fit the limits; or why there is none.

        `shown` is the draft that a person is confirming, if one is: see `engine.risk.sizing`.
        """
        if signal.side is Side.SELL:
            return size_exit(self._config, self._look(signal, None, book, Role.EXIT, signal.strategy))
        check = self._look(signal, None, book, Role.ENTRY, signal.strategy)
        return size_entry(self._config, check, signal, shown, self._memory.tally)

    def edit(self, signal: Signal, draft: Draft, edits: Edits, book: Book) -> Sized:
        """A sized draft with a person's changes, or why they cannot be made: see `engine.risk.editing`."""
        role = Role.EXIT if draft.reduces else Role.ENTRY
        return edit(self._config, self._look(signal, draft, book, role, signal.strategy), draft, edits)

    def size_exit(self, symbol: str, book: Book, *, role: Role = Role.FLATTEN) -> Sized:
        """The order that closes all of our position in a symbol, asked for by a person or the kill switch.

        `role` is FLATTEN (may use pre and post market) or EXIT.
        """
        return size_exit(self._config, self._look(None, None, book, role, "", symbol=symbol))

    def judge(self, signal: Signal | None, draft: Draft, book: Book, *, role: Role, strategy: str) -> Verdict:
        """Every control's outcome on this draft, every time. `signal` is None where a person or a stop asks."""
        check = self._look(signal, draft, book, role, strategy)
        return self._verdict(book, tuple([control(check) for control in CONTROLS]))

    def judge_refusal(self, signal: Signal, reason: str, book: Book) -> Verdict:
        """The verdict when nothing could be sized: all controls that need no draft, and the sizer's reason.

        It is R20's where nothing of ours is there to sell, else R01's.
        """
        role = Role.ENTRY if signal.side is Side.BUY else Role.EXIT
        check = self._look(signal, None, book, role, signal.strategy)
        judged = [control(check) for control in CONTROLS if not control.needs_draft]
        if reason.startswith(NOTHING_TO_SELL):
            unsold = ControlResult(instrument.id, instrument.name, False, None, None, instrument.unit, reason)
            return self._verdict(book, tuple(unsold if each.id == unsold.id else each for each in judged))
        size = CONTROLS[0]
        refused = ControlResult(size.id, size.name, False, Decimal(0), check.quantity_limit, size.unit, reason)
        return self._verdict(book, (refused, *judged))

    # What happened

    def on_intent(self, intent: Intent) -> tuple[Protection, ...]:
        """An order was committed: counts for R05–R08. A resend of the same client order id counts once.

        Returns the protection that this execution brought about (R07), if one.
        """
        if not self._memory.intent(intent) or not intent.strategy:
            return ()
        executions = self._memory.today(intent.at_ns).strategy.get(intent.strategy, 0)
        limit = self._config.risk.strategy_executions
        if executions < limit or self._protections.find(STRATEGY_EXECUTIONS, intent.at_ns, strategy=intent.strategy):
            return ()
        reason = f"STRATEGY_OFF: executions={executions}, limit={limit}, until=a person re-enables it"
        lock = protection(STRATEGY_EXECUTIONS, reason, intent.at_ns, None, strategy=intent.strategy)
        return self._locked(lock)

    def on_message(self, at_ns: int) -> None:
        """An order message other than an intent: a cancel request, or a reject that came back. Counts for R06."""
        self._memory.message(at_ns)

    def on_closed(
        self, symbol: str, realised: Decimal, stopped_out: bool, at_ns: int, trade: str = ""
    ) -> tuple[Protection, ...]:
        """An execution closed a position, or a part of one, with this realised profit.

        `trade` is the signal of the order that closed it: a stop that fills in parts is one stop-out, and one closed
        trade. Returns the protections this brought about (R15, R16).
        """
        locks: tuple[Protection, ...] = ()
        risk = self._config.risk
        trade = trade or f"{symbol} {at_ns}"
        self._memory.close(trade, realised)
        if risk.cool_down_s > 0:
            reason = f"COOL_DOWN: symbol={symbol}, realised={realised!s}, for_s={risk.cool_down_s:g}"
            ends_ns = at_ns + from_seconds(risk.cool_down_s)
            locks += self._locked(protection(COOL_DOWN, reason, at_ns, ends_ns, symbol=symbol))
        if stopped_out:
            self._memory.stop_out(trade, at_ns)
            count = self._memory.stop_outs(at_ns)
            if 0 < risk.loss_streak <= count:
                reason = f"LOSS_STREAK: stop_outs={count}, window_s={risk.loss_streak_window_s:g}, last={symbol}"
                ends_ns = at_ns + from_seconds(risk.loss_streak_lock_s)
                locks += self._locked(protection(LOSS_STREAK, reason, at_ns, ends_ns))
                self._memory.forget_stop_outs()
        return locks

    def on_account(self, account: Account, at_ns: int) -> StateChange | None:
        """Look at equity: R13 makes the state REDUCING until the next session day, R14 makes it HALTED, sticky.

        Each acts once: a person who resumes while the loss stands is not overruled again (until the next session day,
        or until drawdown has been under its limit), and the controls go on rejecting whatever does not reduce.
        """
        risk, state, day_ns = self._config.risk, self._state.last.state, self._memory.session_start_ns(at_ns)
        down = drawdown_pct(account)
        if down is not None and down < risk.drawdown_pct:
            self._tripped.pop(DRAWDOWN, None)
        elif down is not None and DRAWDOWN not in self._tripped and state is not TradingState.HALTED:
            reason = f"DRAWDOWN_REACHED: drawdown_pct={short(down)!s}, limit_pct={risk.drawdown_pct!s}"
            return self._change(TradingState.HALTED, reason, DRAWDOWN, at_ns, sticky=True)
        loss = day_loss_pct(account)
        tripped_ns = self._tripped.get(DAILY_LOSS)
        if tripped_ns is not None and day_ns > tripped_ns:
            del self._tripped[DAILY_LOSS]
            last = self._state.last
            if state is TradingState.REDUCING and self._state.owner == DAILY_LOSS and not last.sticky:
                reason = f"SESSION_NEW: began={iso(day_ns)}, daily_loss=over"
                return self._change(TradingState.ACTIVE, reason, DAILY_LOSS, at_ns)
        elif tripped_ns is None and loss is not None and loss >= risk.daily_loss_pct and self._state.passing:
            reason = f"LOSS_REACHED: loss_pct={short(loss)!s}, limit_pct={risk.daily_loss_pct!s}, until=next session"
            return self._change(TradingState.REDUCING, reason, DAILY_LOSS, at_ns)
        return None

    def session_start_ns(self, now_ns: int) -> int:
        """When the trading day of `now_ns` began."""
        return self._memory.session_start_ns(now_ns)

    # The trading state

    @property
    def state(self) -> TradingState:
        return self._state.last.state

    @property
    def state_reason(self) -> str:
        """Why the state is what it is; empty while it has never changed."""
        return self._state.last.reason

    @property
    def last_change(self) -> StateChange:
        """The change that led to the present state."""
        return self._state.last

    def change_state(self, state: TradingState, reason: str, by: str, at_ns: int, sticky: bool = False) -> StateChange:
        """Move to another trading state, or confirm this one. Stricter is always allowed.

        Raises DeskError when it loosens and may not: see `engine.risk.trading_state`.
        """
        return self._change(state, reason, by, at_ns, sticky)

    def kill(self, reason: str, by: str, at_ns: int) -> StateChange:
        """The kill switch: HALTED, sticky. Never refused. Cancelling and flattening are the kernel's."""
        return self._change(TradingState.HALTED, reason, by, at_ns, sticky=True)

    # Protections and limits

    def protections(self, now_ns: int) -> tuple[Protection, ...]:
        """The locks in force, oldest first."""
        return self._protections.active(now_ns)

    def lift(self, id: str, reason: str, by: str, now_ns: int) -> Lift:
        """A person ends a protection before its time. Raises DeskError for an unknown id or an empty reason."""
        lock, lifted = self._protections.lift(id, reason, by, now_ns)
        self._enable(lock)
        return lifted

    def uses(self, book: Book) -> tuple[LimitUse, ...]:
        """How much of each standing limit is used now."""
        return limit_uses(self._limits, self._memory, book)

    @property
    def limits_hash(self) -> str:
        """Sixteen hex digits naming the limits of this configuration."""
        return self._limits_hash

    def restore(self, record: Record) -> None:
        """Take one record from the journal, in order. Gives the state that the live calls gave."""
        match record:
            case Intent():
                self.on_intent(record)
            case Protection():
                self._protections.add(record)
            case Lift():
                lock = self._protections.drop(record.protection_id)
                if lock is not None:
                    self._enable(lock)
            case StateChange():
                self._state.restore(record)
                self._trip(record)
            case AnswerRecord():
                if record.request == "cancel" or record.answer.outcome is Outcome.REJECTED:
                    self.on_message(record.at_ns)

    def _look(
        self, signal: Signal | None, draft: Draft | None, book: Book, role: Role, strategy: str, *, symbol: str = ""
    ) -> Check:
        """`symbol` names the one to leave when there is neither draft nor signal."""
        subject = draft if draft is not None else signal
        symbol = symbol if subject is None else subject.symbol
        return look(
            self._limits,
            self._memory,
            self._protections,
            self._state.last,
            self._watched,
            book,
            self._sums(book, symbol),
            signal,
            draft,
            role=role,
            strategy=strategy,
            symbol=symbol,
        )

    def _sums(self, book: Book, symbol: str) -> Holdings:
        """What the book adds up to. One is sized and judged by the same book, which is added up once."""
        summed = self._summed
        if summed is None or summed[0] is not book or summed[1] != symbol:
            summed = self._summed = (book, symbol, holdings(book, symbol))
        return summed[2]

    def _verdict(self, book: Book, results: tuple[ControlResult, ...]) -> Verdict:
        passed = all([result.passed for result in results])
        return Verdict(book.now_ns, passed, self._state.last.state, self._limits_hash, results)

    def _locked(self, lock: Protection) -> tuple[Protection, ...]:
        self._protections.add(lock)
        return (lock,)

    def _enable(self, lock: Protection) -> None:
        if lock.name == STRATEGY_EXECUTIONS:
            self._memory.enable(lock.strategy)

    def _change(self, state: TradingState, reason: str, by: str, at_ns: int, sticky: bool = False) -> StateChange:
        change = self._state.change(state, reason, by, at_ns, sticky)
        self._trip(change)
        return change

    def _trip(self, change: StateChange) -> None:
        """Remember which loss control acted, and on which session day."""
        if change.by not in (DAILY_LOSS, DRAWDOWN):
            return
        if change.state is TradingState.ACTIVE:
            self._tripped.pop(change.by, None)
        else:
            self._tripped[change.by] = self._memory.session_start_ns(change.at_ns)
