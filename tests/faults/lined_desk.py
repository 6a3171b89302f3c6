"""A desk without its loop at the end of a `Line`: the stages as the kernel wires them, its part played step by step.

What the kernel's tasks do (carry out requests, ask for comparisons, follow the stream) is done here in the line's time,
with the same pauses; what is decided is decided by the stages.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Final

import msgspec

from engine.clock import HOUR, SECOND
from engine.config import Config
from engine.kernel.inbox import Compared
from engine.kernel.reckoning import AT_ONCE
from engine.kernel.venue import RETRY_S
from engine.model import (
    Answer,
    Draft,
    Instrument,
    Intent,
    Lookup,
    Market,
    Order,
    OrderUpdate,
    Outcome,
    Quote,
    Role,
    Session,
    Side,
    TradingState,
    VenueSnapshot,
)
from engine.model.frames import Command
from engine.orders import Cancel, LookUp, Place, Request, Resend
from tests.engine.kernel import bare
from tests.engine.orders.talk import signal, ticket
from tests.faults.line import Line
from tests.venues.alpaca.exchange import SimQuote

D = Decimal
BASE: Final = {"TSLA": D(250), "NVDA": D(140), "BTC/USD": D(60_000)}
SESSIONS = {"regular": Session.REGULAR, "pre": Session.PRE, "post": Session.POST, "closed": Session.CLOSED}
PERIOD_NS = 5 * SECOND
"""Between two comparisons."""
CENT = D("0.01")


class LinedDesk:
    """`with` it; `advance` lets time pass and everything in it happen."""

    def __init__(self, home: Path, luck: Random, begin_ns: int, trouble: float) -> None:
        self.line = Line(luck, begin_ns, trouble)
        self.line.on_update = self._updated
        self._config = _settings(bare.config(home, "paper", *BASE))
        self.prices = dict(BASE)
        self.signals = 0
        self.sent_while: list[tuple[Intent, TradingState]] = []
        """Entries that were sent, and the trading state then."""
        self._start()
        for symbol in BASE:
            self.price(symbol, self.prices[symbol])
        self.advance(1)

    # --- life

    def _start(self) -> None:
        self.stages = bare.stages(self._config, self.line.clock)
        self.dealing = self.stages.dealing
        self.stages.journal.open()
        self.stages.restore(self.dealing.risk.session_start_ns(self.line.now_ns))
        self.stages.resume()
        dealing = self.dealing
        for symbol in BASE:
            pair = "/" in symbol
            dealing.instruments[symbol] = Instrument(
                symbol, fractionable=True, quantity_step=D("0.001") if pair else D("0.1"),
                asset_class="crypto" if pair else "stock",
            )  # fmt: skip
        dealing.halted |= self.line.venue.halted
        dealing.heard_since_ns = self.line.now_ns if self.line.streaming else None
        dealing.market = self._market(self.line.venue.session)
        self._comparing, self._again, self._differed = False, "", 0
        if dealing.risk.state is not TradingState.ACTIVE:
            dealing.apply(dealing.orders.cancel_entries(self.line.now_ns))
        self.reconcile("start", persist=True)

    def stop(self) -> None:
        """It is gone, with everything that was under way to it."""
        self.line.cut_off()
        self.stages.journal.close()

    def restart(self) -> None:
        """As after a kill: the journal alone is left."""
        self.stop()
        self._start()
        self._carry_out()

    def advance(self, seconds: float) -> None:
        """Let so much time pass."""
        end_ns = self.line.now_ns + int(seconds * SECOND)
        while True:
            due_ns = max(self.dealing.orders.next_due_ns or end_ns + 1, self.line.now_ns)
            at_ns = min(self.line.next_ns(), due_ns, self._next_ns)
            if at_ns > end_ns:
                break
            self.line.clock.advance(at_ns)
            if self.line.next_ns() <= at_ns:
                self.line.happen()
            elif due_ns <= at_ns:
                self.dealing.due()
            else:
                self.reconcile("periodic", persist=False)
            self._carry_out()
            self.look()
        self.line.clock.advance(end_ns)

    def look(self) -> None:
        """Called after everything that happens: what must hold at every instant is looked at here."""

    # --- requests, as `engine.kernel.venue` carries them out

    def _carry_out(self) -> None:
        requests = self.dealing.requests
        while requests:
            self._later(requests.popleft())

    def _later(self, request: Request) -> None:
        match request:
            case Place(intent) | Resend(intent):
                why = self.dealing.withheld(intent)
                if why:
                    self.line.after(0, self._answered, intent, Answer(Outcome.DENIED, f"not sent: {why}"))
                    return
                if intent.role is Role.ENTRY:
                    self.sent_while.append((intent, self.dealing.risk.state))
                self.line.post(intent, self._answered)
            case Cancel(order):
                self.line.delete(order, self._cancelled)
            case LookUp(client_order_id):
                self.line.get(client_order_id, self._looked_up)
            case _:
                self.reconcile("fill", persist=False)

    def _answered(self, intent: Intent, answer: Answer) -> None:
        self.dealing.on_answer(intent, answer)

    def _cancelled(self, order: Order, answer: Answer) -> None:
        self.dealing.on_cancel(order, answer)

    def _looked_up(self, client_order_id: str, lookup: Lookup) -> None:
        self.dealing.on_lookup(client_order_id, lookup)

    def _updated(self, update: OrderUpdate) -> None:
        self.dealing.on_update(update)

    def stream(self, up: bool) -> None:
        """The stream of updates ends, or is there again."""
        dealing = self.dealing
        if up is self.line.streaming:
            return
        self.line.connect(up)
        if up:
            dealing.heard_since_ns = self.line.now_ns
            self.reconcile("reconnect", persist=True)
        else:
            dealing.unheard_ns = self.line.now_ns
            dealing.heard_since_ns, dealing.reconciled = None, False
            self.reconcile("lost", persist=False)

    def reconcile(self, why: str, *, persist: bool) -> None:
        """Ask for everything; one comparison at a time."""
        self._next_ns = self.line.now_ns + PERIOD_NS
        if not self._comparing:
            self._comparing = True
            self._compare(why, persist, 0)
        elif why != "periodic":
            self._again = why

    def _compare(self, why: str, persist: bool, attempt: int) -> None:
        why, self._again = self._again or why, ""
        self.line.snapshot(lambda told: self._compared(told, why, persist, attempt))

    def _compared(self, told: VenueSnapshot | None, why: str, persist: bool, attempt: int) -> None:
        equal = self.stages.reckoning.take(Compared(told, "" if told else "503", why))
        persist = persist or bool(self._again)
        self._comparing = bool(self._again) or (told is None and persist)
        if self._comparing:
            pause_s = RETRY_S[min(attempt, 4)] if told is None else 0.0
            self.line.after(pause_s, self._compare, why, persist, attempt + (told is None))
        if equal:
            self._differed = 0
        elif told is None and why not in AT_ONCE:
            self.reconcile("periodic", persist=True)
        elif told is not None:
            self._differed += 1
            if not self._comparing:
                self._comparing = True
                self.line.after(RETRY_S[min(self._differed, 5) - 1], self._compare, why, True, 0)

    # --- what people, strategies and the market do

    def price(self, symbol: str, price: Decimal, size: Decimal | None = None) -> None:
        """A new price, with so much shown at the touch (None: any); the desk hears it a little later."""
        self.prices[symbol] = price
        half = max(CENT, (price * D("0.0002")).quantize(CENT))
        bid, ask = price - half, price + half
        self.line.venue.quote(symbol, SimQuote(bid, ask, price, size, size))
        quote = Quote(symbol, self.line.now_ns, self.line.now_ns, bid, ask, price)
        self.line.after(0 if self.line.quiet else self.line.luck.choice((0, 0.01, 0.3)), self._quoted, quote)

    def _quoted(self, quote: Quote) -> None:
        self.stages.intake.take(quote)

    def stub(self, symbol: str) -> None:
        """A bid is left behind; nobody trades there."""
        price = self.prices[symbol]
        self._quoted(Quote(symbol, self.line.now_ns, self.line.now_ns, CENT, price + 1, price))
        self._carry_out()

    def enter(self, symbol: str, quantity: Decimal) -> None:
        """A signal to buy is decided, where the engine would let it."""
        dealing, price, held = self.dealing, self.prices[symbol], self.dealing.portfolio.position(symbol)
        closed = dealing.market.session is Session.CLOSED and "/" not in symbol
        if (
            closed
            or symbol in dealing.halted
            or dealing.flattening.under_way(symbol)
            or not dealing.reconciled
            or dealing.risk.state is not TradingState.ACTIVE
            or (held is not None and held.quantity < 0)  # of others: R20 covers no short of theirs
        ):
            return
        limit, stop, target = ((price * D(share)).quantize(CENT) for share in ("1.002", "0.97", "1.03"))
        outside = "/" not in symbol and dealing.market.session is not Session.REGULAR
        force, now_ns = "gtc" if "/" in symbol else "day", self.line.now_ns
        self._send(Draft(symbol, Side.BUY, quantity, limit, price, now_ns, stop, target, force, outside))

    def leave(self, symbol: str, share: Decimal) -> None:
        """A signal to sell a part of what is held."""
        held = self.dealing.orders.held(symbol)
        step = D("0.001") if "/" in symbol else D(1)
        quantity = min(held, (held * share / step).to_integral_value() * step or held)
        if quantity > 0 and self.dealing.reconciled and self.dealing.risk.state is not TradingState.HALTED:
            limit = (self.prices[symbol] * D("0.998")).quantize(CENT)
            force = "gtc" if "/" in symbol else "day"
            now_ns = self.line.now_ns
            self._send(Draft(symbol, Side.SELL, quantity, limit, limit, now_ns, time_in_force=force, reduces=True))

    def _send(self, draft: Draft) -> None:
        self.signals += 1
        now_ns = self.line.now_ns
        meant = msgspec.structs.replace(
            signal(f"s{self.signals}", draft.side), symbol=draft.symbol, at_ns=now_ns, expires_ns=now_ns + 60 * SECOND
        )
        asked = msgspec.structs.replace(ticket(meant.id), signal=meant, draft=draft)
        self.dealing.send(asked, draft)
        self._carry_out()

    def say(self, verb: str, **fields: str | bool) -> None:
        """A person's command."""
        self.stages.commands.carry_out(Command(verb, **fields))  # type: ignore[arg-type]
        self._carry_out()
        if self.stages.commands.take_reconcile():
            self.reconcile("person", persist=False)

    def session(self, name: str) -> None:
        """The market's session changes; what was for the day ends with it."""
        venue = self.line.venue
        for order in list(venue.orders.values()):
            lasts = "/" in order.symbol or order.time_in_force != "day" or (name == "post" and order.extended_hours)
            if order.open and name in ("closed", "post") and not lasts:
                venue.cancel(order, "expired")
        venue.open_market(name)
        self.dealing.enter_market(self._market(name))
        self._carry_out()

    def _market(self, session: str) -> Market:
        """It will hold for an hour, as far as the venue says; it often changes earlier."""
        return Market(SESSIONS[session], self.line.now_ns, changes_ns=self.line.now_ns + HOUR)

    def halt(self, symbol: str) -> None:
        """Trading in the symbol stops, or goes on where it was stopped."""
        for halted in (self.line.venue.halted, self.dealing.halted):
            halted ^= {symbol}
        self.line.venue.match(symbol)


def _settings(config: Config) -> Config:
    """Limits that let it trade all the time."""
    most, all_day = 1_000_000, D(99)
    risk = msgspec.structs.replace(
        config.risk, cool_down_s=0, loss_streak=0, daily_loss_pct=all_day, drawdown_pct=all_day,
        orders_per_minute=most, orders_per_day=most, strategy_executions=most,
    )  # fmt: skip
    return msgspec.structs.replace(config, risk=risk)
