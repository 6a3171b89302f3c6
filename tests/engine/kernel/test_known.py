"""What a restart takes for known of the posts of earlier runs: by outages, words, gaps, and however long a run was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.clock import DAY, HOUR, MINUTE, SECOND, VirtualClock
from engine.config import Config, WatchRow
from engine.config.live import fixed_settings
from engine.journal.opening import make_private
from engine.journal.reader import Reader
from engine.journal.schema import APPLICATION_ID, connect
from engine.kernel.known import Known, known_posts
from engine.kernel.stages import Stages
from engine.model import DisplayText, FeedState, Light
from engine.model.records import Started
from engine.model.state import NotCovered
from engine.paths import Paths
from tests.engine.kernel import bare
from tests.engine.kernel.bare import NOW

FULL = "the windows are known"


class Run:
    """One run of an engine: what its X feed told, and when."""

    def __init__(self, stages: Stages, clock: VirtualClock, config: Config) -> None:
        self.stages = stages
        self.clock = clock
        started = Started(
            config.engine.profile, "1", "alpaca", ("x",), (), (), config.symbols, "", "", clock.now_ns(),
            fixed=fixed_settings(config),
        )  # fmt: skip
        stages.journal.append("started", config.engine.profile, started, clock.now_ns())

    def tell(self, light: Light, *, last_ns: int = 0, **coverage: Any) -> None:
        now_ns = self.clock.now_ns()
        self.stages.intake.feed_state(FeedState("x", light, now_ns, now_ns, last_ns=last_ns, **coverage))

    def at(self, at_ns: int) -> None:
        self.clock.advance(at_ns)

    def lives_until(self, at_ns: int) -> None:
        """Other things go on being recorded, to the end of the run."""
        self.at(at_ns)
        self.stages.intake.feed_state(FeedState("prices", Light.UP, at_ns, at_ns))


@contextmanager
def run(config: Config, at_ns: int) -> Iterator[Run]:
    """An engine from `at_ns` on, on the journal of those before it."""
    clock = VirtualClock(at_ns)
    with bare.opened(config, clock) as stages:
        yield Run(stages, clock, config)


def known(config: Config, at_ns: int) -> Known:
    return known_posts(Paths.of(config).journal, config, at_ns)["x"]


def missing(config: Config, at_ns: int, symbol: str = "TSLA") -> str:
    """What the next engine says of a symbol, before its feeds have run."""
    with bare.opened(config, VirtualClock(at_ns)) as stages:
        stages.restore(at_ns - DAY)
        mood = stages.sentiment.mood(symbol, at_ns)
        return FULL if mood.warm else mood.missing


def test_a_run_that_heard_x_to_its_end_is_known_to_its_last_record(tmp_path: Path) -> None:
    config = bare.config(tmp_path)
    with run(config, NOW) as engine:
        engine.tell(Light.UP, covered_since_ns=NOW - 2 * HOUR)
        engine.lives_until(NOW + HOUR)
    assert known(config, NOW + HOUR + MINUTE) == Known(NOW + HOUR, whole=True)
    assert missing(config, NOW + HOUR + MINUTE) == FULL


def test_what_x_sent_while_the_engine_ran_without_it_is_not_known(tmp_path: Path) -> None:
    """Stopped and started again during an outage: the gap begins where X was lost, not where the engine ended."""
    config = bare.config(tmp_path)
    lost_ns = NOW + 20 * MINUTE
    with run(config, NOW) as engine:
        engine.tell(Light.UP, covered_since_ns=NOW - 2 * HOUR)
        engine.at(lost_ns + 21 * SECOND)
        engine.tell(Light.DOWN, last_ns=lost_ns)
        engine.lives_until(NOW + HOUR)
    assert known(config, NOW + HOUR).until_ns == lost_ns
    with run(config, NOW + HOUR) as engine:
        engine.tell(Light.CONNECTING)
        engine.tell(Light.DOWN)
        engine.lives_until(NOW + 70 * MINUTE)
    assert known(config, NOW + 71 * MINUTE).until_ns == lost_ns


def test_an_older_state_that_is_recorded_after_a_newer_one_does_not_hide_an_outage(tmp_path: Path) -> None:
    config = bare.config(tmp_path)
    with run(config, NOW) as engine:
        engine.at(NOW + MINUTE)
        engine.tell(Light.DOWN, last_ns=NOW + 50 * SECOND)
        late = FeedState("x", Light.UP, NOW, NOW + 30 * SECOND, covered_since_ns=NOW - 2 * HOUR)
        engine.stages.intake.feed_state(late)
        engine.lives_until(NOW + HOUR)
    assert known(config, NOW + HOUR).until_ns == NOW + 50 * SECOND


def test_a_run_that_never_heard_x_knows_nothing(tmp_path: Path) -> None:
    config = bare.config(tmp_path)
    with run(config, NOW) as engine:
        engine.tell(Light.CONNECTING)
        engine.tell(Light.REFUSED)
        engine.lives_until(NOW + HOUR)
    assert known(config, NOW + HOUR) == Known(0, whole=False)
    assert known_posts(tmp_path / "none", config, NOW) == {}


def test_windows_that_were_filled_days_ago_are_still_known(tmp_path: Path) -> None:
    """Coverage is told once, at the first connect: a run of three days must not be forgotten by its restart."""
    config = bare.config(tmp_path)
    with run(config, NOW) as engine:
        engine.tell(Light.UP, covered_since_ns=NOW - 2 * HOUR)
        engine.lives_until(NOW + 3 * DAY)
    assert known(config, NOW + 3 * DAY) == Known(NOW + 3 * DAY, whole=True)
    assert missing(config, NOW + 3 * DAY) == FULL


def test_a_warm_start_that_was_cut_off_is_bought_again(tmp_path: Path) -> None:
    config = bare.config(tmp_path)
    with run(config, NOW) as engine:
        engine.tell(Light.UP, covered_since_ns=NOW)
        engine.lives_until(NOW + 20 * SECOND)
    assert known(config, NOW + MINUTE) == Known(NOW + 20 * SECOND, whole=False)


def test_a_gap_that_was_being_filled_is_bought_again_and_one_of_long_ago_is_not(tmp_path: Path) -> None:
    config = bare.config(tmp_path)
    with run(config, NOW) as engine:
        engine.tell(Light.UP, covered_since_ns=NOW - 2 * HOUR)
        engine.at(NOW + 10 * MINUTE)
        engine.tell(Light.UP, gap_from_ns=NOW + 5 * MINUTE, gap_to_ns=NOW + 10 * MINUTE)
    assert known(config, NOW + 11 * MINUTE) == Known(NOW + 10 * MINUTE, whole=False)
    assert "not filled" in missing(config, NOW + 11 * MINUTE)
    with run(config, NOW + 11 * MINUTE) as engine:
        engine.tell(Light.UP)
        engine.lives_until(NOW + 3 * HOUR)
    assert known(config, NOW + 3 * HOUR) == Known(NOW + 3 * HOUR, whole=True)


def test_a_gap_that_was_told_while_x_was_away_is_bought_alone(tmp_path: Path) -> None:
    """The next start buys since X was lost; not the windows before, which are all in."""
    config = bare.config(tmp_path)
    lost_ns = NOW + 10 * MINUTE
    with run(config, NOW) as engine:
        engine.tell(Light.UP, covered_since_ns=NOW - 2 * HOUR)
        engine.at(lost_ns + MINUTE)
        told = {"gap_from_ns": lost_ns - 10 * SECOND, "gap_to_ns": lost_ns + MINUTE}
        engine.tell(Light.DOWN, last_ns=lost_ns, **told)
        engine.lives_until(NOW + 20 * MINUTE)
    assert known(config, NOW + 20 * MINUTE) == Known(lost_ns, whole=True)
    assert "not filled" in missing(config, NOW + 20 * MINUTE)


def test_a_gap_of_a_stream_that_was_refused_reaches_no_further_than_now(tmp_path: Path) -> None:
    config = bare.config(tmp_path)
    with run(config, NOW) as engine:
        engine.tell(Light.UP, covered_since_ns=NOW - 2 * HOUR)
        engine.at(NOW + 10 * MINUTE)
        engine.tell(Light.REFUSED, last_ns=NOW, gap_from_ns=NOW, gap_to_ns=NOW + 366 * DAY)
    with bare.opened(config, VirtualClock(NOW + HOUR)) as stages:
        stages.restore(NOW - DAY)
        assert "not filled" in stages.sentiment.mood("TSLA", NOW + HOUR).missing
        stages.sentiment.filled(NOW, NOW + HOUR)
        assert stages.sentiment.mood("TSLA", NOW + HOUR).warm


def test_a_symbol_that_x_did_not_listen_for_is_bought_again_and_the_others_stay_known(tmp_path: Path) -> None:
    config = bare.config(tmp_path, "paper", "TSLA", "AAPL")
    lacks = NotCovered(
        DisplayText("desk:TSLA:1"), ("TSLA",), DisplayText("refused by X: no such operator"), "correct it"
    )
    with run(config, NOW) as engine:
        engine.tell(Light.UP, covered_since_ns=NOW - 2 * HOUR)
        ahead = {"gap_from_ns": NOW, "gap_to_ns": NOW + 366 * DAY, "symbols": ("TSLA",), "not_covered": (lacks,)}
        engine.tell(Light.DEGRADED, **ahead)
        engine.lives_until(NOW + 10 * MINUTE)
    assert known(config, NOW + 10 * MINUTE) == Known(NOW + 10 * MINUTE, whole=False)
    assert "not filled" in missing(config, NOW + 10 * MINUTE)
    assert missing(config, NOW + 10 * MINUTE, "AAPL") == FULL
    with run(config, NOW + 10 * MINUTE) as engine:
        engine.tell(Light.UP, filled_from_ns=NOW, filled_to_ns=NOW + 366 * DAY, symbols=("TSLA",))
    assert missing(config, NOW + 11 * MINUTE) == FULL


def test_a_gap_of_a_clock_that_was_set_back_since_is_no_gap(tmp_path: Path) -> None:
    config = bare.config(tmp_path)
    with run(config, NOW) as engine:
        engine.tell(Light.UP, covered_since_ns=NOW - 2 * HOUR)
        engine.at(NOW + 5 * HOUR)
        engine.tell(Light.UP, gap_from_ns=NOW + 5 * HOUR - 10 * MINUTE, gap_to_ns=NOW + 5 * HOUR)
    assert missing(config, NOW + HOUR) == FULL


@pytest.mark.parametrize("written", ["nothing", "its kind of log", "whose it is"])
def test_an_engine_killed_while_it_made_its_journal_keeps_no_other_from_starting(tmp_path: Path, written: str) -> None:
    config = bare.config(tmp_path)
    path = Paths.of(config).journal
    make_private(path)
    if written != "nothing":
        with closing(connect(path)) as connection:
            if written == "whose it is":
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    assert known_posts(path, config, NOW) == {}
    with run(config, NOW) as engine:
        engine.lives_until(NOW + MINUTE)
    with Reader(path) as reader:
        assert reader.verify().ok


def test_a_symbol_that_is_new_is_warming_up_and_the_others_are_not(tmp_path: Path) -> None:
    before, now = bare.config(tmp_path), bare.config(tmp_path, "paper", "TSLA", "NVDA")
    with run(before, NOW) as engine:
        engine.tell(Light.UP, covered_since_ns=NOW - 2 * HOUR)
        engine.lives_until(NOW + HOUR)
    assert known(now, NOW + HOUR) == Known(NOW + HOUR, whole=False)
    assert missing(now, NOW + HOUR) == FULL
    assert missing(now, NOW + HOUR, "NVDA") == "no post source has started"
    with run(now, NOW + HOUR) as engine:
        engine.tell(Light.UP, covered_since_ns=NOW + HOUR)
        engine.lives_until(NOW + HOUR + MINUTE)
    assert missing(now, NOW + HOUR + MINUTE) == FULL
    assert missing(now, NOW + HOUR + MINUTE, "NVDA") == "window: 29 min more, previous window: 89 min more"


def test_a_symbol_that_was_left_out_for_a_while_is_known_only_since_it_is_back(tmp_path: Path) -> None:
    both, one = bare.config(tmp_path, "paper", "TSLA", "NVDA"), bare.config(tmp_path)
    for config, at_ns in ((both, NOW), (one, NOW + HOUR), (both, NOW + 2 * HOUR)):
        with run(config, at_ns) as engine:
            engine.tell(Light.UP, covered_since_ns=at_ns - 2 * HOUR if config is both and at_ns == NOW else at_ns)
            engine.lives_until(at_ns + 59 * MINUTE)
    assert missing(both, NOW + 3 * HOUR) == FULL
    assert missing(both, NOW + 3 * HOUR, "NVDA") == "previous window: 30 min more"


def test_other_keywords_and_other_languages_were_not_looked_for_either(tmp_path: Path) -> None:
    config = bare.config(tmp_path)
    with run(config, NOW) as engine:
        engine.tell(Light.UP, covered_since_ns=NOW - 2 * HOUR)
        engine.lives_until(NOW + HOUR)
    words = msgspec.structs.replace(config, watchlist=(WatchRow(symbol="TSLA", keywords=("Cybertruck",)),))
    languages = msgspec.structs.replace(config, x=msgspec.structs.replace(config.x, languages=("en", "de")))
    cap = msgspec.structs.replace(config, x=msgspec.structs.replace(config.x, daily_cap_usd=1.0))
    assert not known(words, NOW + HOUR).whole and missing(words, NOW + HOUR) != FULL
    assert not known(languages, NOW + HOUR).whole and missing(languages, NOW + HOUR) != FULL
    assert known(cap, NOW + HOUR).whole and missing(cap, NOW + HOUR) == FULL
