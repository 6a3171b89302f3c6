"""Modelled prices: an intraday path where a recording knows only a day's open, high, low and close.

The path starts at the open, touches the high and the low once each, and ends at the close; in between it wanders as a
Brownian bridge held within the day's range. It is seeded by symbol and date, so the same recording always gives the
same prices. It is a stand-in for testing the machinery, not evidence of what could have been earned.
"""

from __future__ import annotations

import csv
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import pairwise
from math import sqrt
from pathlib import Path
from random import Random
from typing import Final, Self

from engine.calendar import Calendar, Hours
from engine.clock import SECOND, from_seconds
from engine.feeds.recording_rows import LARGEST_PRICE, RowError, at_line
from engine.model import Quote, Value, price_step

COLUMNS: Final = ("symbol", "date", "open", "high", "low", "close")
"""Columns a file of daily prices must have, in any order; others are skipped."""
SPREAD_BPS: Final = 4
"""Modelled spread, in basis points of the price; never under one price step."""
_CENT, _SUB_CENT = price_step(Decimal(1)), price_step(Decimal(0))
WANDER: Final = 0.25
"""Standard deviation of the bridge in the middle of a whole day, as a share of the day's range."""


class DailyPrice(Value, frozen=True, gc=False):
    """One symbol's day. Prices are positive and low ≤ open, close ≤ high."""

    symbol: str
    day: date
    open: float
    high: float
    low: float
    close: float


ABSENT = ("", "null", "NaN", "nan")
"""How exporters write a day without trading; a row in which every price is one of these is left out."""


class DailyPrices:
    """Daily prices by day, then symbol."""

    def __init__(self, rows: Iterable[DailyPrice]) -> None:
        self._rows = sorted(rows, key=lambda row: (row.day, row.symbol))

    @classmethod
    def read(cls, file: Path, lines: Iterable[tuple[int, bytes]], symbols: Sequence[str] | None = None) -> Self:
        """The rows of a CSV file with a header, given as its numbered lines. Raises RecordingError."""
        rows: list[DailyPrice] = []
        header: dict[str, int] = {}
        for number, line in lines:
            try:
                cells = [cell.strip() for cell in _cells(line)]
                if not header:
                    header = _header(cells)
                    continue
                if len(cells) < len(header):
                    raise RowError(f"expected {len(header)} columns, found {len(cells)}")
                row = {name: cells[header[name]] for name in COLUMNS}
                if all(row[name] in ABSENT for name in COLUMNS[2:]):
                    continue
                if symbols is None or row["symbol"] in symbols:
                    rows.append(_row(row))
            except RowError as error:
                raise at_line(error, file, number) from error
        if not header:
            raise at_line(RowError(f"expected a header with {','.join(COLUMNS)}, found nothing"), file, 1)
        return cls(rows)

    def between(self, first: date, last: date) -> Sequence[DailyPrice]:
        """The rows of those days, both included."""
        start = bisect_left(self._rows, first, key=lambda row: row.day)
        return self._rows[start : bisect_right(self._rows, last, key=lambda row: row.day)]


def modelled_quotes(rows: Sequence[DailyPrice], calendar: Calendar, every_s: float) -> Iterator[Quote]:
    """Quotes in regular hours, one per symbol every `every_s` seconds, by time then symbol.

    Days on which the calendar knows no session give none.
    """
    start = 0
    while start < len(rows):
        day = rows[start].day
        end = start
        while end < len(rows) and rows[end].day == day:
            end += 1
        hours = calendar.hours(day)
        if hours is not None:
            yield from _day(rows[start:end], hours, from_seconds(every_s))
        start = end


def path(row: DailyPrice, steps: int) -> list[float]:
    """`steps` + 1 prices from open to close that touch high and low and leave [low, high] nowhere."""
    random = Random(f"{row.symbol} {row.day.isoformat()}")
    turns = [(0, row.open), (steps, row.close)]
    if steps > 2:
        extremes = (row.high, row.low) if random.random() < 0.5 else (row.low, row.high)
        turns[1:1] = zip(sorted(random.sample(range(1, steps), 2)), extremes, strict=True)
    prices = [row.open]
    spread = (row.high - row.low) * 2 * WANDER
    for (left, start), (right, target) in pairwise(turns):
        price = start
        for step in range(left + 1, right + 1):
            remaining = right - step + 1
            noise = random.gauss(0, spread * sqrt((remaining - 1) / remaining / steps))
            price += (target - price) / remaining + noise
            prices.append(min(row.high, max(row.low, price)))
            price = prices[-1]
    return prices


def _day(rows: Sequence[DailyPrice], hours: Hours, every_ns: int) -> Iterator[Quote]:
    steps = max(1, (hours.close_ns - hours.open_ns) // every_ns)
    paths = [(row.symbol, path(row, steps)) for row in rows]
    for step in range(steps + 1):
        # The last one comes a second early: at the close regular trading is over.
        at_ns = min(hours.open_ns + step * every_ns, hours.close_ns - SECOND)
        for symbol, prices in paths:
            yield _quote(symbol, at_ns, prices[step])


@lru_cache(maxsize=65_536)
def _levels(ticks: int, tick: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """Bid, ask and last around a price of so many ticks."""
    width = max(1, round(ticks * SPREAD_BPS / 10_000))
    bid = max(1, ticks - width // 2)
    return bid * tick, (bid + width) * tick, ticks * tick


def _quote(symbol: str, at_ns: int, price: float) -> Quote:
    tick = _CENT if price >= 1 else _SUB_CENT
    bid, ask, last = _levels(max(1, round(price / float(tick))), tick)
    return Quote(symbol, at_ns, at_ns, bid, ask, last)


def _cells(line: bytes) -> list[str]:
    try:
        return next(csv.reader([line.decode("utf-8", "replace")]))
    except csv.Error as error:
        raise RowError(f"expected comma-separated values ({error})") from error


def _header(cells: Sequence[str]) -> dict[str, int]:
    header = {name: index for index, name in enumerate(cells)}
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise RowError(f"expected a column {missing[0]}, found {', '.join(header)}")
    return header


def _row(row: dict[str, str]) -> DailyPrice:
    prices = []
    for name in COLUMNS[2:]:
        try:
            price = Decimal(row[name])
        except InvalidOperation as error:
            raise RowError(f"expected {name} as a number, found {row[name]!r}") from error
        if not price.is_finite() or not 0 < price < LARGEST_PRICE:
            raise RowError(f"expected {name} over 0 and under {LARGEST_PRICE:,}, found {row[name]!r}")
        prices.append(float(price))
    try:
        day = date.fromisoformat(row["date"])
    except ValueError as error:
        raise RowError(f"expected date as 2026-03-11, found {row['date']!r}") from error
    if not row["symbol"]:
        raise RowError("expected a symbol, found none")
    return DailyPrice(row["symbol"], day, prices[0], max(prices), min(prices), prices[3])
