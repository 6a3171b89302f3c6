"""The demo day: made up, reproducible, small, and with everything in it that the desk should show."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from functools import cache
from pathlib import Path

from engine.calendar import Calendar
from engine.clock import MINUTE, SECOND, new_york
from engine.config.load import load
from engine.feeds import demo
from engine.feeds.recording import Recording
from engine.feeds.replay import DEMO, start_ns
from engine.model import FeedState, Halt, Light, Post, Quote, Session
from engine.text import display_text, text_key

ROOT = Path(__file__).resolve().parents[3]
SYMBOLS = {"TSLA", "GOOG", "NVDA", "META", "AAPL"}


@cache
def day() -> list[Post | Quote | Halt | FeedState]:
    return list(Recording(DEMO).events())


def posts() -> list[Post]:
    return [event for event in day() if isinstance(event, Post)]


def clock(at_ns: int) -> str:
    return f"{new_york(at_ns):%H:%M}"


def test_making_it_again_gives_the_same(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "tools" / "demo" / "make.py"), str(tmp_path)], check=True, timeout=60)
    for name in ("posts.jsonl.gz", "prices.jsonl.gz"):
        made, shipped = (tmp_path / name).read_bytes(), (DEMO / name).read_bytes()
        assert gzip.decompress(made) == gzip.decompress(shipped), "run tools/demo/make.py after changing it"
        assert shipped[4:8] == bytes(4), "the file carries the time at which it was made"


def test_what_it_holds_is_known() -> None:
    assert Recording(DEMO).contents == demo.CONTENTS, "correct engine/feeds/demo after making the day again"


def test_it_is_small() -> None:
    assert sum(file.stat().st_size for file in DEMO.glob("*.gz")) < 1_000_000


def test_a_whole_trading_day() -> None:
    first, last = day()[0].received_ns, day()[-1].received_ns
    assert (clock(first), clock(last)) == ("07:00", "20:00")
    assert Calendar().is_trading_day(new_york(first).date())
    assert start_ns(demo.START, first) - first > 90 * MINUTE, "window and look-back are filled before the pace begins"
    assert Calendar().market(start_ns(demo.START, first)).session is Session.PRE
    assert 4_000 < len(posts()) < 7_000
    assert len({text_key(post.text) for post in posts()}) > 1_500


def test_prices_for_every_symbol_all_day() -> None:
    calendar = Calendar()
    newest: dict[str, int] = {}
    halted = [event for event in day() if isinstance(event, Halt)]
    assert [(halt.symbol, halt.halted) for halt in halted] == [("TSLA", True), ("TSLA", False)]
    for quote in (event for event in day() if isinstance(event, Quote)):
        assert quote.bid is not None and quote.ask is not None and quote.last is not None and quote.mid is not None
        assert 0 < quote.bid < quote.ask and quote.bid <= quote.last <= quote.ask
        assert (quote.ask - quote.bid) / quote.mid < Decimal("0.001"), "over 10 basis points"
        before = newest.get(quote.symbol)
        paused = (
            quote.symbol == "TSLA" and halted[0].received_ns <= quote.received_ns <= halted[1].received_ns + 5 * SECOND
        )
        if calendar.market(quote.received_ns).session is Session.REGULAR and before is not None and not paused:
            assert quote.received_ns - before <= 15 * SECOND
        newest[quote.symbol] = quote.received_ns
    assert set(newest) == SYMBOLS


def test_the_outage_and_its_recovery() -> None:
    states = [event for event in day() if isinstance(event, FeedState)]
    assert [state.light for state in states] == [Light.UP, Light.DOWN, Light.CONNECTING, Light.RECOVERING, Light.UP]
    recovering, filled = states[3], states[4]
    assert recovering.gap_from_ns is not None and recovering.gap_to_ns is not None
    assert (filled.filled_from_ns, filled.filled_to_ns) == (recovering.gap_from_ns, recovering.gap_to_ns)
    recovered = [post for post in posts() if post.recovered]
    assert len(recovered) >= 10
    for post in recovered:
        assert recovering.gap_from_ns <= post.published_ns < recovering.gap_to_ns
        assert recovering.received_ns < post.received_ns < filled.received_ns
    silent = [
        post for post in posts() if recovering.gap_from_ns + 2 * SECOND < post.received_ns < recovering.received_ns
    ]
    assert not silent


def test_bursts_and_a_quiet_hour() -> None:
    per_hour = Counter(new_york(post.published_ns).hour for post in posts())
    quiet = [post for post in posts() if "12:05" <= clock(post.published_ns) < "12:55"]
    assert len(quiet) < 30
    assert per_hour[9] > 500 and per_hour[11] > 500


def test_a_ring_says_one_thing() -> None:
    same = defaultdict(set)
    for post in posts():
        if "QXMP" in post.cashtags:
            same[text_key(post.text)].add(post.author.id)
    ((_, accounts),) = same.items()
    assert len(accounts) >= 30
    ring = [post.author for post in posts() if post.author.id in accounts]
    assert all(author.followers is not None and author.followers < 30 for author in ring)


def test_duplicates_edits_reposts_languages() -> None:
    ids = Counter(post.id for post in posts())
    assert sum(count > 1 for count in ids.values()) >= 30
    edits = [post for post in posts() if post.edits]
    assert len(edits) >= 10 and all(post.edits[0] in ids for post in edits)
    reposts = [post for post in posts() if post.repost_of]
    assert len(reposts) > 100 and all(post.repost_of in ids for post in reposts)
    assert {"en", "es", "de", "fr", "ja", "ko", "zh", "pt", "ar"} <= {post.lang for post in posts()}


def test_hostile_posts_are_in_it_and_arrive_clean() -> None:
    raw = [post.raw for post in posts()]
    for attack in (
        "\x1b]0;",
        "\x1b]52;",
        "\x9b",
        "\u202e",
        "\u200b",
        "[@click=",
        "INSTRUCTIONS",
        "DROP TABLE",
        "\ufffd",
        "\x00",
    ):
        assert any(attack in text for text in raw), repr(attack)
    assert max(len(text) for text in raw) > 24_000
    for post in posts():
        assert display_text(post.text) == post.text
        assert post.author.name.isprintable()


def test_nobody_in_it_is_real() -> None:
    """No account bears a name that the default watchlist follows, and none lives where real accounts do."""
    config = load(env={}).config
    followed = {name.lower() for row in config.watchlist for name in row.influencers}
    assert set(config.symbols) == SYMBOLS
    assert not followed & {post.author.name.lower() for post in posts()}
    assert all(int(post.author.id) < 10_000_000 for post in posts())
