"""Orders: intents, the order state machine, protective exits, unresolved outcomes, reconciliation."""

from engine.orders.changes import (
    NOTHING,
    Cancel,
    Changes,
    Compare,
    Exits,
    LookUp,
    Place,
    Reconciliation,
    Request,
    Resend,
)
from engine.orders.orders import Orders

__all__ = [
    "NOTHING",
    "Cancel",
    "Changes",
    "Compare",
    "Exits",
    "LookUp",
    "Orders",
    "Place",
    "Reconciliation",
    "Request",
    "Resend",
]
