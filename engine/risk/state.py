"""R24, R25: whether anything may be sent at all."""

from __future__ import annotations

from engine.model import Role, TradingState
from engine.risk.check import Check
from engine.risk.control import Finding, control
from engine.risk.holdings import PROTECTIVE


@control(
    "R24",
    rejects="HALTED: everything but protective exits and a flatten. REDUCING: everything that does not reduce",
    default=lambda config: "–",
    reducing="passes in REDUCING; in HALTED only a flatten and protective exits pass",
)
def trading_state(check: Check) -> Finding:
    state, told = check.state, f"role={check.role.value}, because={check.state_reason or 'start'}"
    if state is TradingState.ACTIVE:
        return True, None, None, f"STATE_ACTIVE: role={check.role.value}"
    if state is TradingState.REDUCING:
        return check.reduces, None, None, f"STATE_REDUCING: reduces={'yes' if check.reduces else 'no'}, {told}"
    ends = check.reduces and (check.role is Role.FLATTEN or check.role in PROTECTIVE)
    return ends, None, None, f"STATE_HALTED: {told}"


@control(
    "R25",
    rejects="the book has not been reconciled with the venue since the last connect",
    default=lambda config: "–",
    reducing="applies, for what is held is not known; a flatten passes, bounded by what the book holds",
)
def reconciled(check: Check) -> Finding:
    if check.reconciled:
        return True, None, None, "BOOK_RECONCILED: reconciled=yes"
    flatten = check.role is Role.FLATTEN and check.reduces
    return flatten, None, None, f"BOOK_NOT_RECONCILED: role={check.role.value}"
