"""What each verb of the control socket does. Called by the kernel, in order with everything else that happens."""

from __future__ import annotations

from decimal import Decimal

from engine.clock import Clock
from engine.config import Config
from engine.control.verbs import EDITABLE
from engine.errors import DeskError
from engine.journal import Journal
from engine.kernel.arming import Arming
from engine.kernel.dealing import Dealing
from engine.kernel.deciding import Deciding
from engine.kernel.pacing import Pacing
from engine.kernel.reloading import Reloading
from engine.kernel.stopping import farewell
from engine.kernel.view import View
from engine.model import Edits, Mode, Role, TradingState
from engine.model.frames import Command, Reply
from engine.model.records import CommandRecord
from engine.paths import Paths


class Commands:
    """Carries out verbs. Every one is journaled with its reply, also once trading has failed, while the journal works;
    but for a recording's speed (`engine.kernel.pacing`)."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        *,
        paths: Paths,
        journal: Journal,
        dealing: Dealing,
        deciding: Deciding,
        arming: Arming,
        reloading: Reloading,
        pacing: Pacing,
        view: View,
    ) -> None:
        self._watched = config.symbols
        self._clock = clock
        self._paths = paths
        self._journal = journal
        self._dealing = dealing
        self._deciding = deciding
        self._arming = arming
        self._reloading = reloading
        self._pacing = pacing
        self._view = view
        self.stop_asked = ""
        """Why the engine should stop; empty while it should not."""
        self._reconcile_asked = False

    def take_reconcile(self) -> bool:
        """Whether a person has asked to reconcile since the last call."""
        asked, self._reconcile_asked = self._reconcile_asked, False
        return asked

    def carry_out(self, command: Command) -> Reply:
        """Do what a checked command asks; a refusal is a Reply too."""
        now_ns = self._clock.now_ns()
        try:
            reply = self._dispatch(command, now_ns)
        except DeskError as error:
            reply = Reply(ok=False, text=error.message, remedy=error.remedy)
        if self._journal.failure is None and (command.verb != "speed" or self._pacing.recorded):
            self._journal.append("command", command.verb, CommandRecord.of(command, reply, now_ns), now_ns)
        self._view.touch_symbols()
        return reply

    def _dispatch(self, command: Command, now_ns: int) -> Reply:
        dealing = self._dealing
        match command.verb:
            case "confirm":
                return self._deciding.confirm(command.ticket, command.fingerprint, command.by)
            case "reject":
                return self._deciding.reject(command.ticket, command.reason, command.by)
            case "edit":
                return self._deciding.edit(command.ticket, command.fingerprint, _edits(command), command.by)
            case "mode":
                return self._unknown(command.symbol) or self._mode(command.symbol, Mode(command.mode))
            case "pause":
                return self._change(TradingState.REDUCING, f"paused: {command.reason}", command.by, now_ns)
            case "resume":
                return self._resume(command, now_ns)
            case "kill":
                return self.kill(command.reason, command.by, command.flatten)
            case "flatten":
                held = (position.symbol for position in dealing.portfolio.positions())
                return self._unknown(command.symbol, *held) or dealing.flattening.flatten(
                    command.symbol, command.reason
                )
            case "cancel":
                return self._cancel(command.order, now_ns)
            case "reconcile":
                self._reconcile_asked = True
                return Reply(ok=True, text="reconciling; the result shows as an alert when something differs")
            case "acknowledge":
                gone = dealing.alarms.clear(command.alert)
                return Reply(ok=gone, text=f"{'acknowledged' if gone else 'no such alert'}: {command.alert}")
            case "lift":
                return self._lift(command, now_ns)
            case "arm":
                return self._arming.arm(command.reason, command.by)
            case "apply":
                return self._reloading.confirm(command.fingerprint, command.by)
            case "speed":
                return self._pacing.change(command.speed)
            case "stop":
                self.stop_asked = command.reason or "asked by a person"
                return Reply(ok=True, text=farewell(dealing))
        return Reply(ok=False, text=f"expected a known verb, found {command.verb!r}")

    def kill(self, reason: str, by: str, flatten: bool) -> Reply:
        """The kill switch: HALTED, entries cancelled, exits kept, or everything closed when asked."""
        dealing = self._dealing
        dealing.enter(dealing.risk.kill(reason, by, self._clock.now_ns()))
        text = "HALTED: entries are being cancelled, protective exits stay"
        if flatten:
            text = f"HALTED: entries are being cancelled; {dealing.flattening.flatten('*', reason).text}"
        return Reply(ok=True, text=text, remedy="`desk resume --reason …` to trade again")

    def _change(self, state: TradingState, reason: str, by: str, now_ns: int) -> Reply:
        if self._dealing.risk.state is TradingState.HALTED and state is not TradingState.ACTIVE:
            return Reply(ok=False, text="trading is HALTED already", remedy="`desk resume --reason …` leaves it")
        self._dealing.enter(self._dealing.risk.change_state(state, reason, by, now_ns))
        calls_off = "" if state is TradingState.ACTIVE else "; entries are being cancelled, exits go on"
        return Reply(ok=True, text=f"trading is {state.value.upper()}: {reason}{calls_off}")

    def _resume(self, command: Command, now_ns: int) -> Reply:
        if self._paths.kill_file.exists():
            return Reply(
                ok=False,
                text=f"the kill file is still there: {self._paths.kill_file}",
                remedy="remove it, then resume",
            )
        if self._dealing.failed:
            return Reply(ok=False, text=self._dealing.failed, remedy="stop the engine, remove the cause, start again")
        if not self._arming.armed:
            return Reply(ok=False, text="live trading is not armed", remedy="`desk arm` with the account's last four")
        return self._change(TradingState.ACTIVE, command.reason, command.by, now_ns)

    def _unknown(self, symbol: str, *held: str) -> Reply | None:
        """A refusal when the symbol is neither watched nor held: a slip of the finger must not look like a success."""
        known = tuple(sorted({*self._watched, *held}))
        if symbol == "*" or symbol in known:
            return None
        return Reply(ok=False, text=f"expected a symbol among {', '.join(known)} or *, found {symbol}")

    def _mode(self, symbol: str, mode: Mode) -> Reply:
        if mode is Mode.AUTO and not self._arming.armed:
            return Reply(ok=False, text="arm live trading before handing it to the autopilot", remedy="`desk arm`")
        self._dealing.tickets.set_mode(symbol, mode)
        return Reply(ok=True, text=f"{'every symbol' if symbol == '*' else symbol} is now decided by: {mode.value}")

    def _cancel(self, order_id: str, now_ns: int) -> Reply:
        orders = self._dealing.orders
        order = orders.get(order_id)
        if order is None or not order.status.open or order.role is Role.EXTERNAL:
            return Reply(ok=False, text=f"{order_id} is not an open order of ours", remedy="`desk status` lists them")
        self._dealing.apply(orders.cancel(order_id, now_ns))
        if order.venue_id:
            return Reply(ok=True, text=f"cancelling {order_id}")
        text = f"{order_id}: the venue has not shown it; it is cancelled as soon as it does, and not sent again"
        return Reply(ok=True, text=text)

    def _lift(self, command: Command, now_ns: int) -> Reply:
        lifted = self._dealing.risk.lift(command.protection, command.reason, command.by, now_ns)
        self._journal.append("lift", lifted.protection_id, lifted, now_ns)
        return Reply(ok=True, text=f"lifted: {lifted.protection_id}")


def _edits(command: Command) -> Edits:
    """The changes a checked `edit` asks for."""
    return Edits(*(Decimal(text) if (text := getattr(command, field)) else None for field in EDITABLE))
