"""An alert is shown, recorded and pushed once; its end too."""

from __future__ import annotations

import logging

import msgspec
import pytest

from engine.journal import Reader
from engine.kernel.alarms import Alarms
from engine.model import Alert, Level
from engine.model.frames import Push
from tests.engine.kernel.bare import NOW
from tests.engine.kernel.desk_at_hand import Desk

ALERT = Alert("feed:x", Level.WARNING, "feed", "x", "x is down", "check the network", NOW)


class Told:
    """Alarms with what they pushed, and what the journal has of them."""

    def __init__(self, desk: Desk) -> None:
        stages = desk.stages
        self.pushed: list[Push] = []
        self.journal = stages.journal
        self.view = stages.view
        self.clock = desk.clock
        self.alarms = Alarms(desk.clock, journal=stages.journal, view=stages.view, push=self.pushed.append)

    def recorded(self) -> list[Alert]:
        self.journal.flush()
        with Reader(self.journal.path) as reader:
            values = [record.value() for record in reader.records(("alert",))]
        return [value for value in values if isinstance(value, Alert)]


@pytest.fixture
def told(desk: Desk) -> Told:
    return Told(desk)


def test_an_equal_one_is_not_repeated_and_another_text_replaces_it(told: Told) -> None:
    worse = msgspec.structs.replace(ALERT, text="x is refused")
    for alert in (ALERT, msgspec.structs.replace(ALERT, at_ns=NOW + 5), worse):
        told.alarms.alert(alert)
    assert told.recorded() == [ALERT, worse]
    assert [push.alert for push in told.pushed] == [ALERT, worse]
    assert told.view.alerts == {"feed:x": worse}


def test_a_more_severe_level_is_news(told: Told) -> None:
    told.alarms.alert(ALERT)
    told.alarms.alert(msgspec.structs.replace(ALERT, level=Level.CRITICAL))
    assert len(told.recorded()) == 2


def test_its_end_is_recorded_once_with_its_time(told: Told) -> None:
    told.alarms.alert(ALERT)
    assert told.alarms.stands("feed:x")
    told.clock.advance(NOW + 7)
    assert told.alarms.clear("feed:x")
    assert not told.alarms.clear("feed:x") and not told.alarms.stands("feed:x")
    assert told.recorded() == [ALERT, msgspec.structs.replace(ALERT, at_ns=NOW + 7, ended=True)]
    assert [push.alert_gone for push in told.pushed] == ["", "feed:x"]


def test_what_the_journal_itself_is_the_cause_of_is_shown_and_not_recorded(
    told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="engine.kernel.alarms"):
        told.alarms.alert(msgspec.structs.replace(ALERT, level=Level.CRITICAL), recorded=False)
    assert told.recorded() == [] and len(told.pushed) == 1
    (line,) = caplog.records
    assert (line.levelno, line.message) == (logging.CRITICAL, "x is down → check the network")
