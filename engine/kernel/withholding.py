"""Whether an order that is recorded may still be sent.

Between the decision and the wire lies the disk, and between two sends the venue: meanwhile somebody may have cancelled
it, the trading state may have changed, and an entry's time or the market's may be over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.clock import SECOND
from engine.model import Draft, Intent, Role, Session, TradingState, Verdict

if TYPE_CHECKING:
    from engine.kernel.dealing import Dealing


def adds_risk(intent: Intent) -> bool:
    """Whether an order takes new risk."""
    return intent.role is Role.ENTRY and not intent.draft.reduces


def withheld(dealing: Dealing, intent: Intent, now_ns: int) -> str:
    """Why the order must not be sent now, or again; empty when it may be."""
    if dealing.failed:
        return dealing.failed
    if adds_risk(intent) and (why := _takes_no_risk(dealing, intent, now_ns)):
        return why
    if intent.role is Role.EXIT and dealing.risk.state is TradingState.HALTED:
        return f"trading is {dealing.risk.state.value}"  # what protects goes out, and a flatten
    return "" if dealing.orders.wanted(intent.client_order_id) else "it was cancelled before it was sent"


def shut_for(dealing: Dealing, intent: Intent, verdict: Verdict) -> float | None:
    """For how many seconds R19 goes on to deny it: until the session changes; None where it is not for the session, or
    nobody knows when that is."""
    changes_ns = dealing.market.changes_ns
    shut = any(each.id == "R19" for each in verdict.failures) and intent.draft.symbol not in dealing.halted
    if not shut or changes_ns is None or changes_ns <= intent.at_ns:
        return None
    return (changes_ns - intent.at_ns) / SECOND


def _takes_no_risk(dealing: Dealing, intent: Intent, now_ns: int) -> str:
    if intent.valid_until_ns and now_ns > intent.valid_until_ns:
        return "its time is over"
    if dealing.risk.state is not TradingState.ACTIVE:
        return f"trading is {dealing.risk.state.value}"
    if not dealing.reconciled:
        return "not reconciled with the venue"
    return _shut(dealing, intent.draft)


def _shut(dealing: Dealing, draft: Draft) -> str:
    """Why the market takes no entry now, R19 in short: what reaches a closed venue waits there for the next opening."""
    session = dealing.market.session
    if draft.symbol in dealing.halted:
        return f"{draft.symbol} is halted"
    if "/" in draft.symbol or session is Session.REGULAR:
        return ""
    outside = session in (Session.PRE, Session.POST) and draft.extended_hours
    return "" if outside else f"the market is {session.value}"
