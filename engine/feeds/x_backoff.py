"""When to connect again: the waits X asks for, and a counter that makes a connection storm impossible.

X asks (docs.x.com, "Handling disconnections"): reconnect at once when an established stream drops; after that, network
errors +250 ms each up to 16 s, HTTP errors from 5 s doubling to 320 s, 429 from 60 s doubling. It allows 50 connects
in 15 minutes. Both machines are told the time and read no clock.
"""

from __future__ import annotations

from collections import deque
from enum import Enum

from engine.clock import MILLISECOND, MINUTE, SECOND

NETWORK_STEP_NS = 250 * MILLISECOND
NETWORK_MAX_NS = 16 * SECOND
HTTP_FIRST_NS = 5 * SECOND
HTTP_MAX_NS = 320 * SECOND
RATE_FIRST_NS = MINUTE
RATE_MAX_NS = 15 * MINUTE
"""No 429 outlasts X's rate window."""
FIRST_NS = 250 * MILLISECOND
"""The "immediate" first reconnect: long enough to never be a storm, too short to miss a post that matters."""
STABLE_NS = MINUTE
"""A stream that lived this long counts as established; one that dies younger does not reset the waits."""

WINDOW_NS = 15 * MINUTE
CONNECTS = 50


class Failure(Enum):
    """How a connection ended or failed."""

    DROPPED = "dropped"
    """The stream ended after X had accepted it: clean end, operational disconnect, silence, reset."""
    NETWORK = "network"
    """No connection: refused, unreachable, TLS, time-out."""
    HTTP = "http"
    """An answer that is neither 200, 429 nor a refusal (409, 5xx, HTML)."""
    RATE = "rate"
    """429."""


class Backoff:
    """The next wait after each failure. One ladder per kind; a stream that lived `STABLE_NS` resets them all."""

    def __init__(self) -> None:
        self._connected_ns: int | None = None
        self.reset()

    def reset(self) -> None:
        """Forget every failure."""
        self._network_ns = 0
        self._http_ns = 0
        self._rate_ns = 0

    def connected(self, now_ns: int) -> None:
        """X answered 200."""
        self._connected_ns = now_ns

    def failed(self, failure: Failure, now_ns: int, reset_ns: int | None = None) -> int:
        """Nanoseconds to wait. `reset_ns` is when X said the rate limit ends (`x-rate-limit-reset`), if it did.

        The first 429 waits exactly for that; a repeated one at least as long as the ladder, so a wrong reset time
        cannot make the desk hammer.
        """
        lived_ns = now_ns - self._connected_ns if self._connected_ns is not None else 0
        self._connected_ns = None
        if lived_ns >= STABLE_NS:
            self.reset()
        match failure:
            case Failure.DROPPED if lived_ns >= STABLE_NS:
                return FIRST_NS
            case Failure.DROPPED | Failure.NETWORK:
                self._network_ns = min(self._network_ns + NETWORK_STEP_NS, NETWORK_MAX_NS)
                return self._network_ns
            case Failure.HTTP:
                self._http_ns = min(self._http_ns * 2, HTTP_MAX_NS) if self._http_ns else HTTP_FIRST_NS
                return self._http_ns
            case Failure.RATE:
                repeated = self._rate_ns > 0
                self._rate_ns = min(self._rate_ns * 2, RATE_MAX_NS) if repeated else RATE_FIRST_NS
                if reset_ns is None:
                    return self._rate_ns
                until_reset = min(max(reset_ns - now_ns, SECOND), RATE_MAX_NS + MINUTE)
                return max(until_reset, self._rate_ns) if repeated else until_reset

    @property
    def at_ceiling(self) -> bool:
        """True when a ladder has reached its longest wait: worth an alert."""
        return self._network_ns >= NETWORK_MAX_NS or self._http_ns >= HTTP_MAX_NS or self._rate_ns >= RATE_MAX_NS


class ConnectBudget:
    """At most `limit` connects in any `window_ns`; the second half is spread, so no lock-out lasts long."""

    def __init__(self, limit: int = CONNECTS, window_ns: int = WINDOW_NS) -> None:
        self.limit = limit
        self.window_ns = window_ns
        self._at: deque[int] = deque(maxlen=limit)
        self._not_before_ns = 0

    def earliest(self, now_ns: int) -> int:
        """The earliest instant at which the next connect is allowed (`now_ns` or later).

        Connects of a clock that was set back since count as made now.
        """
        if self._at and self._at[-1] > now_ns:
            self._at = deque((min(at_ns, now_ns) for at_ns in self._at), maxlen=self.limit)
        self._not_before_ns = min(self._not_before_ns, now_ns + self.window_ns)
        while self._at and self._at[0] <= now_ns - self.window_ns:
            self._at.popleft()
        allowed_ns = max(now_ns, self._not_before_ns)
        left = self.limit - len(self._at)
        if left <= 0:
            return max(allowed_ns, self._at[0] + self.window_ns)
        if left <= self.limit // 2:
            last_ns, frees_ns = self._at[-1], self._at[0] + self.window_ns
            return max(allowed_ns, last_ns + max(frees_ns - last_ns, 0) // (left + 1))
        return allowed_ns

    def spend(self, now_ns: int) -> None:
        """A connect is made now."""
        self._at.append(now_ns)

    def observe(self, remaining: int | None, reset_ns: int | None, now_ns: int) -> None:
        """X's own counter (`x-rate-limit-remaining`, `-reset`), which knows connects made before we started.

        A reset further off than a window is wrong, and counts as one window.
        """
        if remaining is not None and remaining <= 0 and reset_ns is not None:
            self._not_before_ns = max(self._not_before_ns, min(reset_ns, now_ns + self.window_ns))
