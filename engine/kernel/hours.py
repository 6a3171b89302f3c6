"""Which market session it is: the exchange calendar for a simulated venue, the venue's own clock for a real one.

The venue is right about whether it trades. What it has not told lately is not known, and unknown is closed.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.calendar import Calendar
from engine.clock import MINUTE, SECOND, Clock
from engine.kernel.inbox import MarketTold
from engine.model import Alert, Level, Market, Session

ASK_EVERY_NS = 30 * SECOND
"""A real venue is asked this often, and when a session is due to change."""

TRUST_NS = 5 * MINUTE
"""The venue's last word holds this long when it cannot be asked, and never past the change that it named itself: an
order sent after the close would wait at the venue for the next day's opening."""

AGAIN_NS = 5 * SECOND
"""Asked again so soon while the venue's clock has not come to the change that ours has passed, or has not answered."""

SKEW_LIMIT_NS = 5 * SECOND
"""A larger difference between our clock and the venue's is an alert: staleness limits lean on it."""

UNTOLD = "clock:session"
"""Id of the alert about a venue that has not told its session for longer than its last word holds."""

NEVER = 1 << 63


class Hours:
    """The market as of now, and when to look again. `ask` asks a real venue; None means there is none to ask."""

    def __init__(
        self,
        clock: Clock,
        *,
        ask: Callable[[], None] | None,
        alert: Callable[[Alert], None],
        clear_alert: Callable[[str], object],
    ) -> None:
        self._clock = clock
        self._calendar = Calendar()
        self._ask = ask
        self._alert = alert
        self._clear_alert = clear_alert
        self._told: Market | None = None
        self._told_ns = 0
        self.due_ns = 0
        """When `now` should be called next."""

    def now(self) -> Market:
        """The market as of the clock. Asks the venue where there is one; its answer comes to `take`."""
        now_ns = self._clock.now_ns()
        if self._ask is None:
            market = self._calendar.market(now_ns)
            self.due_ns = market.changes_ns or NEVER
            return market
        self._ask()
        self.due_ns = now_ns + ASK_EVERY_NS
        return self._believed(now_ns)

    def take(self, told: MarketTold) -> Market:
        """The venue's answer, or why there is none: then its last word holds while it may."""
        now_ns = self._clock.now_ns()
        if told.market is None:
            self.due_ns = min(self.due_ns, now_ns + AGAIN_NS)
            believed = self._believed(now_ns)
            if believed.session is Session.UNKNOWN:
                self._unknown(told.problem, now_ns)
            return believed
        self._clear_alert(UNTOLD)
        self._told, self._told_ns = told.market, now_ns
        self._compare_clocks(told.market, now_ns)
        changes_ns = told.market.changes_ns
        if changes_ns is not None and changes_ns < self.due_ns:
            self.due_ns = changes_ns if now_ns < changes_ns else now_ns + AGAIN_NS
        return self._believed(now_ns)

    def session_start_ns(self) -> int:
        """When the current trading day began (04:00 New York)."""
        return self._calendar.session_start_ns(self._clock.now_ns())

    def _believed(self, now_ns: int) -> Market:
        told = self._told
        if (
            told is None
            or now_ns - self._told_ns > TRUST_NS
            or (told.changes_ns is not None and now_ns >= told.changes_ns)
        ):
            return Market(Session.UNKNOWN, now_ns, source="venue")
        return told

    def _unknown(self, problem: str, now_ns: int) -> None:
        self._alert(
            Alert(
                id=UNTOLD,
                level=Level.WARNING,
                code="clock",
                subject="session",
                text=f"the venue does not tell its session, so it counts as closed: {problem}",
                remedy="it is asked again by itself; `desk doctor` looks at the network, the address and the keys",
                at_ns=now_ns,
            )
        )

    def _compare_clocks(self, market: Market, now_ns: int) -> None:
        skew_ns = market.at_ns - now_ns
        if abs(skew_ns) <= SKEW_LIMIT_NS:
            self._clear_alert("clock:skew")
            return
        self._alert(
            Alert(
                id="clock:skew",
                level=Level.WARNING,
                code="clock",
                subject="skew",
                text=f"this machine's clock is {abs(skew_ns) / SECOND:.0f} s {'behind' if skew_ns > 0 else 'ahead of'} "
                "the venue's",
                remedy="let NTP set it; staleness and expiry lean on the clock",
                at_ns=now_ns,
            )
        )
