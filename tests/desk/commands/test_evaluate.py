"""`desk evaluate` as a person runs it, on made-up sets and recordings."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from desk.command_line import main_group
from desk.evaluate_report import table
from engine.calendar import Calendar
from engine.errors import EXIT_USAGE, RecordingError
from tests.program import SHARED, desk

TEXTS = {
    "bullish": ["upgraded to buy, breakout confirmed", "beats estimates and raises guidance", "calls printing 🚀"],
    "bearish": ["downgraded to sell, guidance cut", "misses estimates, shares plunge", "bought puts, going to tank"],
    "neutral": ["the annual meeting is on Tuesday", "what time is the call", "see the filing"],
}
SYMBOLS = "ABCDEFGH"


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """A set with three classes and one with two."""
    folder = tmp_path / "sets"
    folder.mkdir()
    rows = [
        {"id": f"{label}-{at}", "text": f"$ABC {text}", "label": label}
        for label, texts in TEXTS.items()
        for at, text in enumerate(texts)
    ]
    (folder / "three.jsonl").write_text("\n".join(map(json.dumps, rows)))
    two = "\n".join(json.dumps(row) for row in rows if row["label"] != "neutral")
    (folder / "two.jsonl.gz").write_bytes(gzip.compress(two.encode()))
    return folder


def evaluate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main_group, ["evaluate", *map(str, arguments)])


def test_figures_per_set_and_their_mean(sets: Path) -> None:
    rows = json.loads(evaluate(sets, "--scorer", "vader", "--json").output)
    assert [(row["name"], row["texts"], row["labels"]) for row in rows] == [
        ("three", 9, [3, 3, 3]),
        ("two", 6, [3, 0, 3]),
        ("mean", 15, [6, 3, 6]),
    ]
    for row in rows:
        assert row["bull_bear"]["value"] > 0.9
        assert row["posts_per_s"] > 0


def test_the_table_says_the_same_in_words(sets: Path) -> None:
    lines = evaluate(sets / "three.jsonl", "--scorer", "plain-vader").output.splitlines()
    assert lines[0].startswith("| set ")
    assert lines[2].split("|")[1].strip() == "three"
    assert len({len(line) for line in lines[:3]}) == 1
    assert lines[4] == "reliability of the calls (three):"


@pytest.mark.parametrize("name", ["linear", "vader+linear"])
def test_scorers_by_name_and_together(sets: Path, name: str) -> None:
    (row,) = json.loads(evaluate(sets / "two.jsonl.gz", "--scorer", name, "--json").output)
    assert row["bull_bear"]["value"] > 0.6


def test_a_part_is_measured_by_itself(sets: Path) -> None:
    file = sets / "three.jsonl"
    whole, chosen, kept = (
        json.loads(evaluate(file, "--scorer", "vader", "--json", *part).output)[0]["texts"]
        for part in ([], ["--part", "chosen"], ["--part", "kept"])
    )
    assert whole == chosen + kept
    assert evaluate(file, "--part", "kept", "--rank-ic").exit_code == EXIT_USAGE


def test_a_label_about_one_symbol_is_held_against_that_symbols_score(tmp_path: Path) -> None:
    rows = [
        {"id": label, "text": "long $ABC, short $XYZ", "label": label, "symbol": symbol}
        for label, symbol in (("bullish", "ABC"), ("bearish", "$XYZ"))
    ]
    (tmp_path / "pairs.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (row,) = json.loads(evaluate(tmp_path / "pairs.jsonl", "--scorer", "vader", "--json").output)
    assert row["bull_bear"]["value"] == 1.0


def test_two_scorers_compared(sets: Path) -> None:
    rows = json.loads(evaluate(sets, "--compare", "plain-vader", "vader", "--json").output)
    assert [row["name"] for row in rows] == ["three", "two", "all texts"]
    overall = rows[-1]["bull_bear"]
    assert overall["texts"] == 12
    assert overall["second_only"] > overall["first_only"]
    assert overall["p"] < 0.05
    lines = evaluate(sets, "--compare", "plain-vader", "vader").output.splitlines()
    assert lines[0] == "vader less plain-vader, in points:"
    assert evaluate(sets, "--compare", "vader", "vader", "--json").output.count('"p":1.0') == 6


def test_what_contradicts_itself_is_refused(sets: Path) -> None:
    for arguments in (("--compare", "a", "b", "--scorer", "c"), ("--compare", "a", "b", "--rank-ic")):
        assert evaluate(sets, *arguments).exit_code == EXIT_USAGE


@pytest.mark.parametrize("way", ["--rings", "--rank-ic"])
def test_a_band_where_nothing_is_called_is_refused(sets: Path, way: str) -> None:
    refused = evaluate(sets, way, "--band", "0.2")
    assert refused.exit_code == EXIT_USAGE and "--band belongs to labelled sets" in refused.output


@pytest.mark.parametrize("band", ["nan", "inf", "-0.1", "1.5", "wide"])
def test_a_band_that_is_none_is_refused(sets: Path, band: str) -> None:
    refused = evaluate(sets, "--band", band)
    assert refused.exit_code == EXIT_USAGE and "--band" in refused.output


def recording(folder: Path) -> Path:
    """Posts that tell what each symbol does that day, and the prices; one row is a day without trade."""
    folder.mkdir()
    calendar = Calendar()
    posts, prices = [], ["symbol,date,open,high,low,close,adj_close,volume"]
    closes = dict.fromkeys(SYMBOLS, 100.0)
    days = [day for day in (date(2025, 6, 2) + timedelta(days=at) for at in range(20)) if calendar.is_trading_day(day)]
    for number, day in enumerate(days):
        for place, symbol in enumerate(SYMBOLS):
            up = (number * 5 + place * 3) % 7 > 3
            closes[symbol] *= 1.01 + place / 1000 if up else 0.99 - place / 1000
            price = f"{closes[symbol]:.4f}"
            prices.append(f"{symbol},{day},{price},{price},{price},{price},{price},1")
            for at in range(3):
                moment = datetime(day.year, day.month, day.day, 15, place, at, tzinfo=UTC)
                text = TEXTS["bullish" if up else "bearish"][at]
                row = {"id": f"{day}-{symbol}-{at}", "created_at": moment.isoformat(), "text": text, "lang": "en"}
                posts.append(json.dumps({**row, "symbols": [symbol]}))
    prices.append("A,2025-12-24,null,null,null,null,null,null")
    (folder / "posts.jsonl").write_text("\n".join(posts))
    (folder / "prices_daily.csv").write_text("\n".join(prices))
    return folder


def test_posts_against_prices(tmp_path: Path) -> None:
    folder = recording(tmp_path / "recording")
    found = json.loads(evaluate(folder, "--rank-ic", "--scorer", "vader", "--json").output)
    assert found["same_day"]["pooled"] > 0.7
    assert found["same_day"]["daily"] > 0.7
    assert found["next_day"]["hit"] == 0.5  # open is close in these prices: nothing to hit
    assert "next day" in evaluate(folder, "--rank-ic", "--scorer", "vader").output


def test_a_recording_in_two_halves_gives_the_figures_of_the_whole(tmp_path: Path) -> None:
    whole = recording(tmp_path / "whole")
    head, *prices = (whole / "prices_daily.csv").read_text().splitlines()
    posts = (whole / "posts.jsonl").read_text().splitlines()
    halves = [tmp_path / "later", tmp_path / "earlier"]
    for folder, later in zip(halves, (True, False), strict=True):
        folder.mkdir()
        kept = [row for row in prices if (row.split(",")[1] >= "2025-06-12") is later]
        (folder / "prices_daily.csv").write_text("\n".join([head, *kept]))
        kept = [row for row in posts if (json.loads(row)["id"] >= "2025-06-12") is later]
        (folder / "posts.jsonl").write_text("\n".join(kept))
    asked = ("--rank-ic", "--scorer", "vader", "--json")
    assert json.loads(evaluate(*halves, *asked).output) == json.loads(evaluate(whole, *asked).output)


def test_without_prices_it_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "posts.jsonl").write_text("")
    found = evaluate(tmp_path, "--rank-ic")
    assert isinstance(found.exception, RecordingError)
    assert "prices_daily.csv" in str(found.exception)


def test_as_a_program_a_wrong_row_is_named(home: Path) -> None:
    file = home / "wrong.jsonl"
    file.write_text('{"id": "a", "text": "x", "label": "up"}\n')
    done = desk(home, "evaluate", str(file))
    assert done.returncode == EXIT_USAGE
    assert f"{file}:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_first_column_is_flush_left_and_the_others_right() -> None:
    assert table(("a", "bb"), [("long", "1")]) == ["| a    | bb |", "| ---- | -: |", "| long |  1 |"]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the labelled sets are not here")
def test_our_words_beat_the_plain_package() -> None:
    sets = SHARED / "data" / "sentiment"
    files = [sets / f"{name}.jsonl.gz" for name in ("fiqa2018", "surge_stock", "taborda_sp500", "thakoor_tweets")]
    overall = json.loads(evaluate(*files, "--compare", "plain-vader", "vader", "--json").output)[-1]
    assert overall["bull_bear"]["difference"] > 0.1
    assert overall["accuracy"]["difference"] > 0.05
    assert overall["accuracy"]["p"] < 1e-6
