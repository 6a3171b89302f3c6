"""Real recordings through the whole engine, where they are present. Their counts are printed: `pytest -s`.

Daily prices are all they have; the prices inside a day are modelled. This shows that the machinery holds, not what
could have been earned.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.journal.reader import Reader
from engine.model import Decision, DecisionKind
from tests.program import SHARED, desk

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("real recordings")]

DATA = SHARED / "data"

WATCHLIST = """
[[watchlist]]
symbol = "FB"
name = "Facebook"
keywords = ["Facebook", "Instagram", "WhatsApp", "Zuckerberg"]

[[watchlist]]
symbol = "AAPL"
name = "Apple"
keywords = ["iPhone", "iPad", "MacBook", "Tim Cook", "Apple Inc"]
ambiguous = ["Apple", "Mac"]

[[watchlist]]
symbol = "GOOG"
name = "Google"
keywords = ["Google", "YouTube", "Alphabet Inc"]

[[watchlist]]
symbol = "AMZN"
name = "Amazon"
keywords = ["Amazon", "Kindle", "Jeff Bezos"]
"""


def counts(home: Path, folder: str, **settings: str) -> dict[str, object]:
    """Replays a recording, checks what must hold for any, prints and returns its report."""
    if not (DATA / folder).is_dir():
        pytest.skip(f"the recording {folder} is not here")
    config = home / "watchlist.toml"
    config.write_text(WATCHLIST, encoding="utf-8")
    journal = home / "real.journal"
    arguments = ["--config", str(config), "replay", str(DATA / folder), "--journal", str(journal), "--json"]
    done = desk(home, *arguments, settings={f"DESK_{name}": value for name, value in settings.items()}, limit_s=170)
    assert done.returncode == 0, done.stderr
    report: dict[str, object] = json.loads(done.stdout)
    print(f"\n{folder}: {done.stdout}")

    with Reader(journal) as reader:
        assert reader.verify().ok
        kinds = {count.kind: count.records for count in reader.counts()}
        decisions = [record.value() for record in reader.records(kinds=("decision",))]
        intents = {record.key: record for record in reader.records(kinds=("intent",))}
        fills = list(reader.records(kinds=("fill",)))
    assert report["records"] == sum(kinds.values())
    assert report["posts"] == kinds["post"] == report["scored"] + sum(report["not_scored"].values())  # type: ignore
    assert report["signals"] == kinds["signal"] == kinds["ticket"] == sum(report["decisions"].values())  # type: ignore
    assert report["fills"] == len(fills)
    assert {record.key for record in fills} <= set(intents), "a fill without an intent"
    sent = [each for each in decisions if isinstance(each, Decision) and each.kind is DecisionKind.AUTO]
    assert all(each.verdict is not None and each.verdict.passed for each in sent)
    return report


def test_a_week_of_a_live_stream(home: Path) -> None:
    report = counts(home, "replay-live-feb2015")
    assert (report["posts"], report["duplicates"]) == (3709, 0)
    assert report["scored"] == 2789
    assert report["signals"]
    assert report["fills"]


def test_two_years_of_posts_with_modelled_prices(home: Path) -> None:
    """A modelled quote an hour: prices that are fresh only for moments, so trading waits for the next one."""
    report = counts(home, "replay-stocknet", REPLAY__QUOTE_S="3600", RISK__STALE_PRICE_S="3600")
    assert (report["posts"], report["duplicates"]) == (51_723, 0)
    assert report["scored"] > 20_000  # type: ignore[operator]
    assert report["signals"]
