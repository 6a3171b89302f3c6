"""How far the price has moved since a ticket was made, and whether the engine would refuse a confirmation for it."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

from rich.style import Style

from engine.clock import SECOND
from engine.model import Ticket, TradingState
from engine.model.base import Value
from engine.model.frames import SymbolRow
from widgets import figures
from widgets.palette import Palette

_REFUSED = "confirm is refused, then shown anew"
_BPS = 10_000


class PriceMove(Value, frozen=True, gc=False):
    """The price of now against the one at which a ticket's order was sized."""

    price: Decimal
    bps: Decimal
    """How far it moved, in basis points of the price that was seen; negative is down."""
    most_bps: Decimal | None = None
    """The set most; None while the engine has not told it."""
    old: str = ""
    """The age of a price that is too old to trade at; empty for any other."""

    @property
    def too_far(self) -> bool:
        """Whether it moved further than a confirmation allows."""
        return self.most_bps is not None and abs(self.bps) > self.most_bps

    @property
    def refused(self) -> bool:
        """Whether the engine would refuse a confirmation at this price."""
        return self.too_far or bool(self.old)

    @property
    def moved(self) -> str:
        """`▲ +8/20 bps`: the move and the most; `✗ +31/20 bps` beyond it, which never reads as if it were not."""
        rounding = ROUND_CEILING if self.too_far else ROUND_HALF_EVEN
        whole = abs(self.bps).to_integral_value(rounding).copy_sign(self.bps)
        glyph = "✗" if self.too_far else figures.glyph(float(self.bps))
        return f"{glyph} {whole:+,.0f}{_of(self.most_bps)} bps"

    @property
    def words(self) -> str:
        """The move; of a price that is too old its age, `✗ 40s old`."""
        return f"✗ {self.old} old" if self.old else self.moved

    def style(self, colors: Palette) -> Style:
        """The colour of the words: of the direction, or of what asks for attention."""
        return colors.warn if self.refused else colors.signed(float(self.bps))


def refusal(ticket: Ticket, move: PriceMove | None, state: TradingState | None) -> str:
    """Why the engine would refuse a confirmation now, as far as it shows before the key: another trading state than
    the ticket was judged in, a price too far away or too old. Empty where it does not show."""
    if state is not None and state is not ticket.verdict.state:
        return f"{state.name} now: {_REFUSED}"
    return _REFUSED if move is not None and move.refused else ""


def move_cells(most_bps: Decimal | None) -> int:
    """The cells in which a move has room, so that nothing beside it stirs as the price does."""
    return len(f"▲ +999{_of(most_bps)} bps")


def price_move(ticket: Ticket, row: SymbolRow | None, most_bps: Decimal | None, now_ns: int) -> PriceMove | None:
    """The move of a ticket's price as its symbol's gauge has it now; None where one of the prices is not known."""
    draft = ticket.draft
    if draft is None or row is None or row.price is None:
        return None
    price, seen = Decimal(row.price), draft.reference_price
    bps = (price - seen) / seen * _BPS if seen else Decimal(0)
    age_ns, limit_ns = now_ns - row.price_ns, None if draft.reduces else _stale_ns(ticket)
    return PriceMove(price, bps, most_bps, figures.age(age_ns) if limit_ns is not None and age_ns > limit_ns else "")


def _stale_ns(ticket: Ticket) -> int | None:
    """The age from which the controls take no price for an entry; None where the verdict does not tell it."""
    limits = (each.limit for each in ticket.verdict.controls if each.control == "stale_price")
    limit = next(limits, None)
    return None if limit is None else int(limit * SECOND)


def _of(most_bps: Decimal | None) -> str:
    """`/20`; empty while the most is not known."""
    return "" if most_bps is None else f"/{figures.quantity(most_bps)}"
