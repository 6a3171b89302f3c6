"""Plots out of characters: a line in braille (two by four dots a cell), bars in eighths. Pure; no screen in it.

Braille dots: the Unicode block U+2800, one bit a dot (https://www.unicode.org/charts/PDF/U2800.pdf).
"""

from __future__ import annotations

from collections.abc import Sequence

Row = list[int]
"""One row of cells: the braille bits of each."""

_BRAILLE = 0x2800
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bit of each dot, by its row from the top and its column."""
_BLOCKS = " ▁▂▃▄▅▆▇█"


def resample(
    at_ns: Sequence[int], values: Sequence[float | None], begin_ns: int, end_ns: int, columns: int, gap_ns: int
) -> list[float | None]:
    """Values at `columns` equal steps from begin to end: a straight line between samples no further apart than
    `gap_ns`, None elsewhere. Times must not fall."""
    if columns < 1 or end_ns <= begin_ns:
        return []
    known = [(at, value) for at, value in zip(at_ns, values, strict=True) if value is not None]
    found: list[float | None] = [None] * columns
    step = (end_ns - begin_ns) / max(1, columns - 1)
    after = 0
    for column in range(columns):
        moment = begin_ns + column * step
        while after < len(known) and known[after][0] < moment:
            after += 1
        left, right = known[after - 1] if after else None, known[after] if after < len(known) else None
        if right is not None and right[0] - moment < step / 2:
            found[column] = right[1]
        elif left is not None and right is not None and right[0] - left[0] <= gap_ns:
            share = (moment - left[0]) / (right[0] - left[0])
            found[column] = left[1] + (right[1] - left[1]) * share
        elif left is not None and moment - left[0] < step / 2:
            found[column] = left[1]
    return found


def line(values: Sequence[float | None], width: int, height: int, low: float, high: float) -> list[Row]:
    """A line through up to 2·width values, in `height` rows of `width` cells, `low` at the bottom dot, `high` at the
    top one; what lies outside is drawn at the edge."""
    rows = [[0] * width for _ in range(height)]
    dots, span = 4 * height - 1, high - low
    before: int | None = None
    for x, value in enumerate(values[: 2 * width]):
        if value is None or span <= 0:
            before = None
            continue
        y = dots - round(min(max((value - low) / span, 0.0), 1.0) * dots)
        first, last = (y, y) if before is None else (min(y, before + (y > before)), max(y, before - (y < before)))
        for each in range(first, last + 1):
            rows[each // 4][x // 2] |= _BITS[each % 4][x % 2]
        before = y
    return rows


def characters(bits: int) -> str:
    """The braille character of some bits; a blank for none."""
    return chr(_BRAILLE + bits) if bits else " "


def row_of(value: float, height: int, low: float, high: float) -> int:
    """The row, from the top, in which a value of a `line` stands."""
    dots = 4 * height - 1
    share = 0.0 if high <= low else min(max((value - low) / (high - low), 0.0), 1.0)
    return (dots - round(share * dots)) // 4


def bars(values: Sequence[float | None], high: float) -> str:
    """One bar per value, in eighths of a cell; anything above 0 shows at least the lowest."""
    return "".join(
        " " if not value or value <= 0 or high <= 0 else _BLOCKS[min(8, max(1, round(value / high * 8)))]
        for value in values
    )


def span_of(*series: Sequence[float | None], least: float = 0.0) -> tuple[float, float]:
    """Lowest and highest of what is known, at least `least` apart; (0, least or 1) where nothing is known."""
    known = [value for values in series for value in values if value is not None]
    if not known:
        return 0.0, least or 1.0
    low, high = min(known), max(known)
    spare = max(0.0, least - (high - low)) / 2
    return low - spare, high + spare
