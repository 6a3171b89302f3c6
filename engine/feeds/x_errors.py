"""X's refusals as errors with a remedy, classified by status first and body second. None ever carries the token."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from engine.clock import SECOND
from engine.errors import EXIT_VENUE, CredentialsError, DeskError, VenueError, VenueUnavailable
from engine.feeds.x_parse import Problem, ProblemKind, parse_problem
from engine.model.base import Value
from engine.text import display_text

CONSOLE = "https://console.x.com"
"""Where a developer makes tokens, buys credits and sets limits."""

_SPENT = frozenset({"UsageCapExceeded", "CreditsDepleted", "SpendCapReached", "usage-capped", "credits"})
"""Titles, and ends of a problem's type, that mean money: they come with 402, 403 and 429."""


class Limits(Value, frozen=True, gc=False):
    """X's rate-limit headers. `reset_ns` is on our clock: the answer's own Date is the difference's other end."""

    remaining: int | None = None
    reset_ns: int | None = None


class RateLimited(VenueUnavailable):
    """429: ask again at `reset_ns`, where X said when. `issue` is X's word for it (TooManyConnections)."""

    def __init__(self, message: str, *, where: str, remedy: str, reset_ns: int | None, issue: str) -> None:
        super().__init__(message, where=where, remedy=remedy)
        self.reset_ns = reset_ns
        self.issue = issue


class BadAnswer(VenueUnavailable):
    """An answer came, and it is neither a success nor a definite refusal (5xx, HTML)."""


class RulesMissing(BadAnswer):
    """409: the stream has no rules (RuleConfigurationIssue)."""


class BadRequest(VenueError):
    """400: X does not take the request as it was put."""


class RulesFull(VenueError):
    """The app may hold no more rules than it has."""


class Exhausted(DeskError):
    """X's own limit for the app is reached (credits spent, monthly cap): waiting does not help, paying does."""

    def __init__(self, message: str, *, where: str) -> None:
        super().__init__(
            message,
            where=where,
            remedy=f"add credits or raise the spending limit at {CONSOLE}",
            exit_code=EXIT_VENUE,
        )


def refusal(status: int, headers: Mapping[str, str], body: bytes, *, where: str, now_ns: int, token: str) -> DeskError:
    """The error for an answer that is not 2xx.

    400 BadRequest · 401 CredentialsError · 402 and spent caps Exhausted · no room for rules RulesFull · 403 and other
    definite 4xx VenueError · 409 RulesMissing · 420 and 429 RateLimited · everything else BadAnswer.
    """
    problem = parse_problem(without(body, token))
    found = without(_describe(status, problem).encode(), token).decode()  # as in `unreachable`
    if status == 402 or problem.title in _SPENT or problem.about in _SPENT:
        return Exhausted(f"expected credit for post reads, found {found}", where=where)
    if problem.about == "rule-cap" and 400 <= status < 500:
        return RulesFull(
            f"expected room for the desk's rules, found {found}",
            where=where,
            remedy=f"delete rules of other programs, shorten [[watchlist]], or take a larger plan at {CONSOLE}",
        )
    match status:
        case 400:
            return BadRequest(f"expected 200, found {found}", where=where, remedy="desk doctor")
        case 401:
            return CredentialsError(
                f"expected X to accept the bearer token, found {found}",
                where=where,
                remedy=f"create a new bearer token at {CONSOLE} and store it: desk keys set x_bearer_token",
            )
        case 403:
            return VenueError(
                f"expected access for this app, found {found}",
                where=where,
                remedy=f"put the app in a project with pay-per-use access at {CONSOLE}",
            )
        case 409:
            return RulesMissing(
                f"expected rules at X, found {found}", where=where, remedy="the desk sends its rules again"
            )
        case 420 | 429:
            return _rate_limited(found, problem, headers, where, now_ns)
        case _ if 400 <= status < 500 and status not in (408, 425):
            return VenueError(f"expected 200, found {found}", where=where, remedy="desk doctor")
    return BadAnswer(f"expected 200, found {found}", where=where, remedy="the desk asks again by itself")


def unreachable(error: Exception, *, where: str, token: str) -> VenueUnavailable:
    """A network error as ours: its kind and text only, because aiohttp's errors hold the request's headers."""
    cleaned = display_text(without(str(error).encode("utf-8", "replace"), token).decode(), 200)
    text = without(cleaned.encode(), token).decode()  # cleaning may have put it together again
    return VenueUnavailable(
        f"expected a connection, found {type(error).__name__}{f': {text}' if text else ''}",
        where=where,
        remedy="check the network and x.base_url; the desk connects again by itself",
    )


def limits(headers: Mapping[str, str], now_ns: int) -> Limits:
    """The rate-limit headers. The reset is an epoch second of X's clock; the Date header moves it onto ours."""
    remaining, reset = headers.get("x-rate-limit-remaining", ""), headers.get("x-rate-limit-reset", "")
    reset_ns = None
    if reset.isascii() and reset.isdigit() and len(reset) <= 12:
        reset_ns = int(reset) * SECOND + _behind_ns(headers.get("Date", ""), now_ns)
    counts = remaining.isascii() and remaining.isdigit() and len(remaining) <= 9
    return Limits(int(remaining) if counts else None, reset_ns)


def without(text: bytes, token: str) -> bytes:
    """The text with the token struck out, should a server echo it."""
    return text.replace(token.encode(), b"***") if token else text


def _rate_limited(found: str, problem: Problem, headers: Mapping[str, str], where: str, now_ns: int) -> RateLimited:
    """The reset header counts requests; when the one stream is taken it says nothing about when the slot is free."""
    taken = problem.issue == "TooManyConnections"
    return RateLimited(
        f"expected to be let in, found {found}",
        where=where,
        remedy="another program holds this app's stream: stop it, or wait until X frees the slot"
        if taken
        else "the desk waits until X's limit resets",
        reset_ns=None if taken else limits(headers, now_ns).reset_ns,
        issue=problem.issue,
    )


def _describe(status: int, problem: Problem) -> str:
    if problem.kind is ProblemKind.MALFORMED:
        return f"{status} without a reason"
    return f"{status} {problem.text}" + (f" ({problem.issue})" if problem.issue else "")


def _behind_ns(date: str, now_ns: int) -> int:
    """Our clock minus the server's, by its Date header (whole seconds); 0 when it is absent or close."""
    try:
        server_ns = int(parsedate_to_datetime(date).timestamp()) * SECOND
    except (TypeError, ValueError, OverflowError):
        return 0
    behind = now_ns - server_ns
    return behind if abs(behind) >= 2 * SECOND else 0
