"""What a restart takes up again beyond the book: a flatten not finished, modes made stricter, limits that held.

All fail closed. A flatten goes on after a crash as after a stop, until the symbol is flat or a person trades on. Modes
are the configuration's after a person has stopped the engine; after anything else (a crash, a signal, a reboot) a mode
that a person set stricter than the configuration stays: off before confirm before auto.
"""

from __future__ import annotations

from pathlib import Path

from engine.journal.reader import Reader
from engine.kernel.dealing import Dealing
from engine.model import Alert, Intent, Level, Mode, Role, StateChange, TradingState, client_order_id
from engine.model.records import CommandRecord, ConfigRecord, FlattenRecord, Started, Stopped
from engine.tickets import EVERY_SYMBOL, Tickets


def resume(path: Path, dealing: Dealing) -> None:
    """Read the journal and leave in `dealing` what is to be done. Raises JournalError when it cannot be read.

    Called after `restore`: the book is known.
    """
    with Reader(path) as reader:
        dealing.flattening.waiting = _unfinished(reader)
        _modes(reader, dealing.tickets)
        _tell_unsent(reader, dealing)


def settings_held(path: Path) -> dict[str, str]:
    """The live settings that the last engine ended with; empty when a person stopped it, or when none are told.

    Raises JournalError when the journal cannot be read.
    """
    with Reader(path) as reader:
        for record in reader.records(kinds=("started", "config", "stopped"), reverse=True):
            match record.value():
                case Stopped(by="person"):
                    return {}
                case Started(settings=settings) | ConfigRecord(settings=settings) if settings:
                    return settings
    return {}


def fixed_held(path: Path) -> dict[str, str]:
    """The settings that the last engine began with and kept; empty when a person stopped it, or when none are told.

    Raises JournalError when the journal cannot be read.
    """
    with Reader(path) as reader:
        for record in reader.records(kinds=("started", "stopped"), reverse=True):
            match record.value():
                case Stopped(by="person"):
                    return {}
                case Started(fixed=fixed):
                    return fixed
    return {}


def _unfinished(reader: Reader) -> dict[str, str]:
    """Symbol → reason of each flatten that neither an entry nor a return to ACTIVE has followed."""
    first = next(reader.records(kinds=("flatten",), limit=1), None)
    if first is None:
        return {}
    open_: dict[str, str] = {}
    for record in reader.records(kinds=("flatten", "intent", "state"), since_ns=first.at_ns):
        match record.value():
            case FlattenRecord(symbol=symbol, reason=reason):
                open_[symbol] = reason
            case Intent(role=Role.ENTRY, draft=draft):
                open_.pop(draft.symbol, None)
            case StateChange(state=TradingState.ACTIVE, previous=previous) if previous is TradingState.HALTED:
                open_.clear()
    return open_


def _tell_unsent(reader: Reader, dealing: Dealing) -> None:
    """Say which decided orders never became one: the last engine ended between the key and the order's record.

    An exit waits there for the cancels of what holds its quantity. None is sent now: prices have moved.
    """
    began = next(reader.records(kinds=("started",), limit=1, reverse=True), None)
    for ticket, decision in dealing.tickets.closed:
        draft, signal = ticket.draft, ticket.signal
        if began is None or draft is None or not decision.kind.sends or decision.at_ns < began.at_ns:
            continue
        role = Role.EXIT if draft.reduces else Role.ENTRY
        over = role is Role.EXIT and not dealing.orders.held(signal.symbol)
        if over or dealing.orders.get(client_order_id(signal.id, role, 1)) is not None:
            continue
        what = f"{signal.symbol}: {draft.side.value} {draft.quantity}"
        dealing.alarms.alert(
            Alert(
                id=f"order_unsent/{ticket.id}",
                level=Level.WARNING,
                code="order_unsent",
                subject=ticket.id,
                text=f"{what}, {decision.kind.value} by {decision.by}, was not sent: the engine ended first",
                remedy="flatten it, or wait for the next signal" if draft.reduces else "wait for the next signal",
                at_ns=decision.at_ns,
                until_acknowledged=True,
            )
        )


def _modes(reader: Reader, tickets: Tickets) -> None:
    """Set each mode to the stricter of the configuration's and the last that a person set."""
    asked: list[tuple[str, Mode]] = []
    for record in reader.records(kinds=("command", "stopped")):
        match record.value():
            case Stopped(by="person"):
                asked.clear()
            case CommandRecord(verb="mode", ok=True, arguments=arguments):
                asked.append((arguments["symbol"], Mode(arguments["mode"])))
    if not asked:
        return
    configured = dict(tickets.modes)
    for symbol, mode in asked:
        tickets.set_mode(symbol, mode)
    last = dict(tickets.modes)
    general = configured[EVERY_SYMBOL].stricter(last[EVERY_SYMBOL])
    tickets.set_mode(EVERY_SYMBOL, general)
    for symbol in sorted({*configured, *last} - {EVERY_SYMBOL}):
        before = configured.get(symbol, configured[EVERY_SYMBOL])
        mode = before.stricter(last.get(symbol, last[EVERY_SYMBOL]))
        if mode is not general:
            tickets.set_mode(symbol, mode)
