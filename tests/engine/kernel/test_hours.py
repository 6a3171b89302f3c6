"""Which session it is, by the venue's word: how long that word holds."""

from __future__ import annotations

from engine.clock import MINUTE, SECOND, VirtualClock
from engine.feeds.recording_rows import LATEST_NS
from engine.kernel.hours import AGAIN_NS, ASK_EVERY_NS, NEVER, TRUST_NS, Hours
from engine.kernel.inbox import MarketTold
from engine.model import Market, Session

NOW = 1_773_236_000 * SECOND


class Asked:
    """Hours with a clock that the test moves, and how often the venue was asked."""

    def __init__(self) -> None:
        self.clock = VirtualClock(NOW)
        self.times = 0
        self.alerts: set[str] = set()
        self.hours = Hours(
            self.clock,
            ask=self._ask,
            alert=lambda alert: self.alerts.add(alert.id),
            clear_alert=self.alerts.discard,
        )

    def _ask(self) -> None:
        self.times += 1

    def told(self, session: Session, changes_ns: int | None) -> Session:
        market = Market(session, self.clock.now_ns(), changes_ns=changes_ns, source="venue")
        return self.hours.take(MarketTold(market)).session

    def at(self, at_ns: int) -> Session:
        self.clock.advance(at_ns)
        return self.hours.now().session


def test_nothing_is_known_before_the_venue_has_told() -> None:
    asked = Asked()
    assert asked.at(NOW) is Session.UNKNOWN and asked.times == 1


def test_a_word_holds_for_a_while_when_the_venue_cannot_be_asked() -> None:
    asked = Asked()
    asked.at(NOW)
    assert asked.told(Session.REGULAR, NOW + 60 * MINUTE) is Session.REGULAR
    assert asked.hours.due_ns == NOW + ASK_EVERY_NS
    assert asked.hours.take(MarketTold(None, "no answer")).session is Session.REGULAR
    assert asked.at(NOW + TRUST_NS) is Session.REGULAR
    assert asked.at(NOW + TRUST_NS + 1) is Session.UNKNOWN


def test_a_word_never_holds_past_the_change_it_named() -> None:
    asked = Asked()
    asked.at(NOW)
    closes_ns = NOW + 20 * SECOND
    assert asked.told(Session.REGULAR, closes_ns) is Session.REGULAR
    assert asked.hours.due_ns == closes_ns
    assert asked.at(closes_ns - 1) is Session.REGULAR
    assert asked.at(closes_ns) is Session.UNKNOWN, "closed until the venue says what it is now"
    assert asked.told(Session.POST, closes_ns + 60 * MINUTE) is Session.POST


def test_a_venue_whose_clock_is_a_little_behind_is_asked_again_soon() -> None:
    asked = Asked()
    closes_ns = NOW + 20 * SECOND
    asked.at(closes_ns)
    assert asked.told(Session.REGULAR, closes_ns) is Session.UNKNOWN
    assert asked.hours.due_ns == closes_ns + AGAIN_NS


def test_one_lost_answer_is_asked_for_again_soon_and_is_no_alarm() -> None:
    asked = Asked()
    asked.at(NOW)
    asked.told(Session.REGULAR, NOW + 60 * MINUTE)
    asked.at(NOW + ASK_EVERY_NS)
    assert asked.hours.take(MarketTold(None, "HTTP 500")).session is Session.REGULAR
    assert asked.hours.due_ns == NOW + ASK_EVERY_NS + AGAIN_NS and not asked.alerts


def test_a_venue_that_stays_silent_is_told_until_it_speaks() -> None:
    asked = Asked()
    asked.at(NOW)
    asked.told(Session.REGULAR, NOW + 60 * MINUTE)
    asked.clock.advance(NOW + TRUST_NS + 1)
    assert asked.hours.take(MarketTold(None, "HTTP 500")).session is Session.UNKNOWN
    assert asked.alerts == {"clock:session"}
    assert asked.told(Session.REGULAR, NOW + 60 * MINUTE) is Session.REGULAR and not asked.alerts


def test_never_is_later_than_any_recording() -> None:
    """With a timer that is due before a recording's last row, and does not move on, trading fails closed."""
    assert NEVER > LATEST_NS
