"""How the venue writes things: times, numbers, ids, and one order as JSON."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from engine.clock import SECOND, utc

_ASSETS = uuid.UUID("6f1d52f5-0000-4000-8000-a1b2c3d4e5f6")

OPEN = frozenset({"new", "accepted", "pending_new", "held", "partially_filled", "pending_cancel", "pending_replace"})
"""Statuses the pretend venue lists as open."""


def rfc3339(at_ns: int) -> str:
    """UTC with nine fraction digits and a Z, as the venue prints it."""
    return utc(at_ns).strftime("%Y-%m-%dT%H:%M:%S") + f".{at_ns % SECOND:09d}Z"


def number(value: Decimal | None) -> str | None:
    """A number as the venue's decimal text; None stays null."""
    if value is None:
        return None
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def asset_id(symbol: str) -> str:
    """The same id for the same symbol, always."""
    return str(uuid.uuid5(_ASSETS, symbol))


class Refusal(Exception):
    """The venue says no: HTTP status, code, message and the extra fields of that answer."""

    def __init__(self, status: int, code: int | None, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"message": message, **extra}
        if code is not None:
            self.body["code"] = code


@dataclass(eq=False)
class SimOrder:
    """One order at the pretend venue. `legs` belong to it; `parent` is the order it belongs to."""

    id: str
    client_order_id: str
    symbol: str
    side: str
    type: str
    time_in_force: str
    qty: Decimal | None
    created_ns: int
    notional: Decimal | None = None
    order_class: str = "simple"
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    extended_hours: bool = False
    status: str = "pending_new"
    filled_qty: Decimal = Decimal(0)
    filled_cost: Decimal = Decimal(0)
    updated_ns: int = 0
    filled_ns: int | None = None
    canceled_ns: int | None = None
    expired_ns: int | None = None
    failed_ns: int | None = None
    replaced_ns: int | None = None
    replaced_by: str | None = None
    replaces: str | None = None
    legs: list[SimOrder] = field(default_factory=list)
    parent: SimOrder | None = None
    armed: bool = True
    """False for a leg whose entry has not filled: it can neither fill nor trigger."""
    triggered: bool = False
    """True once a stop-limit's stop was touched."""

    @property
    def open(self) -> bool:
        return self.status in OPEN

    @property
    def apart(self) -> bool:
        """Whether a nested list has it on its own: it is no leg, or one that was replaced."""
        return self.parent is None or self not in self.parent.legs

    @property
    def remaining(self) -> Decimal:
        return (self.qty or Decimal(0)) - self.filled_qty

    @property
    def group(self) -> list[SimOrder]:
        """The other orders of its OCO pair: one filling ends the rest."""
        if self.parent is not None:
            pair = [leg for leg in self.parent.legs if leg is not self]
            return [*pair, self.parent] if self.parent.order_class == "oco" else pair
        return list(self.legs) if self.order_class == "oco" else []

    def json(self, *, nested: bool) -> dict[str, Any]:
        """The order object of the trading API; legs only when asked for nested ones."""

        def moment(at_ns: int | None) -> str | None:
            return None if at_ns is None else rfc3339(at_ns)

        average = self.filled_cost / self.filled_qty if self.filled_qty else None
        legs = [leg.json(nested=nested) for leg in self.legs] if nested and self.legs else None
        return {
            "id": self.id,
            "client_order_id": self.client_order_id,
            "created_at": rfc3339(self.created_ns),
            "updated_at": rfc3339(self.updated_ns or self.created_ns),
            "submitted_at": rfc3339(self.created_ns),
            "filled_at": moment(self.filled_ns),
            "expired_at": moment(self.expired_ns),
            "canceled_at": moment(self.canceled_ns),
            "failed_at": moment(self.failed_ns),
            "replaced_at": moment(self.replaced_ns),
            "replaced_by": self.replaced_by,
            "replaces": self.replaces,
            "asset_id": asset_id(self.symbol),
            "symbol": self.symbol,
            "asset_class": "crypto" if "/" in self.symbol else "us_equity",
            "notional": number(self.notional),
            "qty": number(self.qty),
            "filled_qty": number(self.filled_qty),
            "filled_avg_price": number(None if average is None else average.quantize(Decimal("0.000001"))),
            "order_class": self.order_class,
            "order_type": self.type,
            "type": self.type,
            "side": self.side,
            "time_in_force": self.time_in_force,
            "limit_price": number(self.limit_price),
            "stop_price": number(self.stop_price),
            "status": self.status,
            "extended_hours": self.extended_hours,
            "legs": legs,
            "trail_percent": None,
            "trail_price": None,
            "hwm": None,
            "position_intent": f"{self.side}_to_{'open' if self.side == 'buy' else 'close'}",
        }
