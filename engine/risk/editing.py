"""What a person changes of a sized order: laid over the fresh draft, in the venue's steps, before it is judged.

The sizer's own wish is no limit here, the controls are: an edited order passes all 25 of them like any other, when it
is edited and again when it is confirmed.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.config import Config
from engine.model import ONE, ZERO, Draft, Edits, Instrument, Side
from engine.risk.check import Check
from engine.risk.prices import nearest, positive
from engine.risk.sizing import Sized, time_in_force

_UNKNOWN_INSTRUMENT = Instrument("")


def edit(config: Config, check: Check, draft: Draft, edits: Edits) -> Sized:
    """The draft with a person's changes, or why they cannot be made: `CATEGORY_CONDITION: key=value, key=value`.

    Prices are rounded to the price step. A stop must stand below and a target above the prices the order may be filled
    at (below and above its limit and the price seen); an order that reduces closes what is held, so only its limit
    can be changed.
    """
    for name in edits.__struct_fields__:
        value = getattr(edits, name)
        if value is not None and positive(value) is None:
            return Sized(None, f"EDIT_INVALID: {name}={value}, expected=a number above 0")
    if draft.reduces and (edits.quantity, edits.stop_price, edits.target_price) != (None, None, None):
        return Sized(None, f"EDIT_OF_AN_EXIT: side={draft.side.value}, only limit_price can be changed")
    quantity = draft.quantity if edits.quantity is None else edits.quantity
    instrument = check.instrument if check.instrument is not None else _UNKNOWN_INSTRUMENT
    step = positive(instrument.quantity_step) or ONE
    if quantity % step:
        return Sized(None, f"EDIT_STEP: quantity={quantity}, step={step}")
    limit_price = _price(edits.limit_price, draft.limit_price)
    stop, target = _price(edits.stop_price, draft.stop_price), _price(edits.target_price, draft.target_price)
    assert limit_price is not None
    seen = draft.reference_price
    if draft.side is Side.BUY:
        if stop is not None and stop >= min(limit_price, seen):
            return Sized(None, f"EDIT_STOP: stop_price={stop}, expected=below {min(limit_price, seen)}")
        if target is not None and target <= max(limit_price, seen):
            return Sized(None, f"EDIT_TARGET: target_price={target}, expected=above {max(limit_price, seen)}")
        least = max(config.sizing.min_notional, positive(instrument.min_notional) or ZERO)
        if quantity * seen < least:
            return Sized(None, f"SIZE_BELOW_MINIMUM: quantity={quantity}, minimum={least}")
    changed = ", ".join(
        f"{name} {getattr(draft, name)} → {value}"
        for name, value in (
            ("quantity", quantity),
            ("limit_price", limit_price),
            ("stop_price", stop),
            ("target_price", target),
        )
        if getattr(edits, name) is not None
    )
    edited = msgspec.structs.replace(
        draft,
        quantity=quantity,
        limit_price=limit_price,
        stop_price=stop,
        target_price=target,
        time_in_force=draft.time_in_force
        if draft.reduces
        else time_in_force(check, quantity, stop, target, draft.extended_hours),
        sizing=f"{draft.sizing}; by hand: {changed}" if changed else draft.sizing,
    )
    return Sized(edited, f"EDITED: {changed}")


def _price(edited: Decimal | None, sized: Decimal | None) -> Decimal | None:
    return sized if edited is None else nearest(edited)
