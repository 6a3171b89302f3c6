"""Modelled prices: inside the day's range, through its four prices, the same every time."""

from __future__ import annotations

import gzip
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import Calendar
from engine.clock import SECOND, new_york
from engine.errors import RecordingError
from engine.feeds.modelled import DailyPrice, DailyPrices, modelled_quotes, path
from engine.feeds.recording import Recording
from engine.model import Quote

HEADER = "symbol,date,open,high,low,close,adj_close,volume\n"
DAY = DailyPrice("TSLA", date(2026, 3, 11), 250.0, 262.5, 248.25, 255.75)


@given(
    st.lists(st.floats(0.5, 5000), min_size=4, max_size=4),
    st.integers(1, 400),
    st.dates(date(2013, 1, 1), date(2029, 12, 31)),
)
def test_the_path_keeps_to_the_day(prices: list[float], steps: int, day: date) -> None:
    row = DailyPrice("X", day, prices[0], max(prices), min(prices), prices[3])
    walked = path(row, steps)
    assert len(walked) == steps + 1
    assert walked[0] == row.open
    assert walked[-1] == pytest.approx(row.close)
    assert min(walked) >= row.low and max(walked) <= row.high
    if steps > 2:
        assert max(walked) == pytest.approx(row.high) and min(walked) == pytest.approx(row.low)
    assert path(row, steps) == walked


def test_quotes_in_regular_hours_only() -> None:
    rows = [DailyPrice("AAPL", DAY.day, 10.0, 11.0, 9.0, 10.5), DAY]
    quotes = list(modelled_quotes(rows, Calendar(), 10))
    hours = Calendar().hours(DAY.day)
    assert hours is not None
    assert len(quotes) == 2 * (6.5 * 360 + 1)
    assert quotes[0].symbol == "AAPL" and quotes[1].symbol == "TSLA"
    assert quotes[0].received_ns == hours.open_ns
    assert quotes[-1].received_ns == hours.close_ns - SECOND
    assert [quote.received_ns for quote in quotes] == sorted(quote.received_ns for quote in quotes)
    assert quotes[-1].last == Decimal("255.75")
    for quote in quotes:
        assert quote.bid is not None and quote.ask is not None and quote.last is not None
        assert 0 < quote.bid < quote.ask
        assert quote.bid <= quote.last <= quote.ask
        assert (quote.ask - quote.bid) / quote.bid < Decimal("0.0025")


def test_no_quotes_on_holidays_and_short_ones_on_short_days() -> None:
    def day(number: int) -> DailyPrice:
        return DailyPrice("X", date(2026, 11, number), 10.0, 11.0, 9.0, 10.0)

    quotes = list(modelled_quotes([day(26), day(27), day(28)], Calendar(), 60))
    assert {new_york(quote.received_ns).date() for quote in quotes} == {date(2026, 11, 27)}
    assert len(quotes) == 3.5 * 60 + 1


def test_cheap_shares_have_finer_steps() -> None:
    quotes = modelled_quotes([DailyPrice("X", DAY.day, 0.05, 0.06, 0.04, 0.05)], Calendar(), 600)
    assert all(quote.bid is not None and quote.ask is not None and quote.bid < quote.ask for quote in quotes)


def recording(tmp_path: Path, prices: str) -> Recording:
    post = {"id": "1", "text": "made up", "symbols": ["TSLA"]}
    times = ("2026-03-10T20:00:00Z", "2026-03-11T18:00:00Z", "2026-03-11T19:00:00Z")
    rows = [post | {"id": at, "created_at": at} for at in times]
    quote = {"kind": "quote", "at": "2026-03-11T18:30:00Z", "symbol": "AAPL", "last": 10}
    (tmp_path / "posts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "prices.jsonl").write_text(json.dumps(quote) + "\n")
    (tmp_path / "prices_daily.csv.gz").write_bytes(gzip.compress((HEADER + prices).encode()))
    return Recording(tmp_path, ["TSLA", "AAPL"], every_s=60)


def test_recorded_prices_go_before_modelled_ones(tmp_path: Path) -> None:
    rows = "".join(
        f"{symbol},2026-03-{day},250,262.5,248.25,255.75,1,1\n"
        for day in (10, 11, 12)
        for symbol in ("AAPL", "TSLA", "F")
    )
    quotes = [item for item in recording(tmp_path, rows).events() if isinstance(item, Quote)]
    assert {quote.symbol for quote in quotes} == {"AAPL", "TSLA"}
    aapl = [quote for quote in quotes if quote.symbol == "AAPL"]
    assert {new_york(quote.received_ns).day for quote in aapl} == {11}, "the 10th lies before the first post's instant"
    assert len(aapl) == 1
    tsla = [quote for quote in quotes if quote.symbol == "TSLA"]
    assert len(tsla) == 5.5 * 60 + 1
    first_ns, last_ns = recording(tmp_path, rows).bounds()
    assert first_ns <= quotes[0].received_ns <= quotes[-1].received_ns <= last_ns


@pytest.mark.parametrize(
    ("rows", "line", "message"),
    [
        ("TSLA,2026-03-11,250,262,248,x,1,1\n", 2, "expected close as a number, found 'x'"),
        ("TSLA,2026-03-11,250,262,0,255,1,1\n", 2, "expected low over 0 and under 1,000,000,000,000, found '0'"),
        (
            "TSLA,2026-03-11,250,1e400,248,255,1,1\n",
            2,
            "expected high over 0 and under 1,000,000,000,000, found '1e400'",
        ),
        ("TSLA,2026-03-11,2\r50,262,248,255,1,1\n", 2, "expected comma-separated values"),
        ("TSLA,2026-03-11,250,262,248,255,1,1\nTSLA,11.3.2026,1,1,1,1,1,1\n", 3, "expected date as 2026-03-11"),
        ("TSLA,2026-03-11,250\n", 2, "expected 8 columns, found 3"),
    ],
)
def test_malformed_daily_prices_are_named(tmp_path: Path, rows: str, line: int, message: str) -> None:
    for read in (lambda found: list(found.events()), Recording.bounds):
        with pytest.raises(RecordingError) as caught:
            read(recording(tmp_path, rows))
        assert caught.value.where.endswith(f"prices_daily.csv.gz:{line}")
        assert message in caught.value.message


@given(st.binary(max_size=80))
def test_any_line_of_daily_prices_is_read_or_named(line: bytes) -> None:
    rows = [(1, b"symbol,date,open,high,low,close"), (2, line.strip() or b"x")]
    try:
        DailyPrices.read(Path("prices_daily.csv"), rows)
    except RecordingError as error:
        assert error.where == "prices_daily.csv:2"


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="expected a header with symbol,date,open,high,low,close, found nothing"):
        DailyPrices.read(Path("prices_daily.csv"), [])
    broken = recording(tmp_path, "")
    (tmp_path / "prices_daily.csv.gz").write_bytes(gzip.compress(b"symbol,date,open\n"))
    with pytest.raises(RecordingError, match="expected a column high"):
        list(broken.events())


def test_a_day_without_any_price_is_a_day_without_trading() -> None:
    lines = [b"symbol,date,open,high,low,close", b"TSLA,2026-03-10,null,null,null,null", b"TSLA,2026-03-11,1,2,1,2"]
    prices = DailyPrices.read(Path("prices_daily.csv"), enumerate(lines, 1))
    assert [row.day for row in prices.between(date(2026, 3, 1), date(2026, 3, 31))] == [date(2026, 3, 11)]


@pytest.mark.parametrize("symbols", [None, ["TSLA"]])
def test_blanks_beside_the_commas_are_no_part_of_a_cell(symbols: list[str] | None) -> None:
    """A row whose symbol begins with one was none of the watchlist's: its prices were missing, and nobody was told."""
    lines = [b"symbol, date, open, high, low, close", b"TSLA, 2026-03-10, null, null, null, null"]
    lines.append(b" TSLA , 2026-03-11, 1, 2, 1, 2")
    prices = DailyPrices.read(Path("prices_daily.csv"), enumerate(lines, 1), symbols)
    [row] = prices.between(date(2026, 3, 1), date(2026, 3, 31))
    assert (row.symbol, row.day, row.close) == ("TSLA", date(2026, 3, 11), 2.0)
