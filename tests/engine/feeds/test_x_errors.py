"""What X's refusals become: which error, with which remedy, when to ask again, and never with the token."""

from __future__ import annotations

import json
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import SECOND, utc
from engine.errors import CredentialsError, DeskError, VenueError, VenueUnavailable
from engine.feeds.x_errors import (
    BadAnswer,
    BadRequest,
    Exhausted,
    Limits,
    RateLimited,
    RulesMissing,
    limits,
    refusal,
    unreachable,
    without,
)

NOW = 1_774_000_000 * SECOND
TOKEN = "a-token-that-nobody-may-see"


def refused(status: int, body: object = None, headers: dict[str, str] | None = None) -> DeskError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return refusal(status, headers or {}, raw, where="GET /2/x", now_ns=NOW, token=TOKEN)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest), (401, CredentialsError), (402, Exhausted), (403, VenueError), (404, VenueError),
        (408, BadAnswer), (409, RulesMissing), (420, RateLimited), (425, BadAnswer), (429, RateLimited),
        (300, BadAnswer), (500, BadAnswer), (503, BadAnswer),
    ],
)  # fmt: skip
def test_a_status_is_a_kind_of_error(status: int, kind: type[DeskError]) -> None:
    error = refused(status, {"title": "Words", "detail": "of X"})
    assert type(error) is kind
    assert str(status) in error.message and "Words" in error.message
    assert error.where == "GET /2/x" and error.remedy


@pytest.mark.parametrize("status", [403, 429, 400])
@pytest.mark.parametrize(
    "body",
    [{"title": "UsageCapExceeded"}, {"title": "Forbidden", "type": "https://api.x.com/2/problems/usage-capped"}],
)
def test_what_is_spent_is_told_as_money_whatever_the_status(status: int, body: dict[str, str]) -> None:
    error = refused(status, body)
    assert isinstance(error, Exhausted)
    assert "credits" in error.remedy
    assert not isinstance(error, VenueUnavailable), "waiting does not help"


def test_a_rate_limit_says_when_unless_the_one_stream_is_taken() -> None:
    headers = {"x-rate-limit-reset": "1774000060"}
    waits = refused(429, {"title": "Too Many Requests"}, headers)
    assert isinstance(waits, RateLimited)
    assert waits.reset_ns == NOW + 60 * SECOND
    taken = refused(429, {"title": "ConnectionException", "connection_issue": "TooManyConnections"}, headers)
    assert isinstance(taken, RateLimited)
    assert (taken.reset_ns, taken.issue) == (None, "TooManyConnections")
    assert "another program" in taken.remedy


@given(st.integers(-30, 30) | st.integers(-(10**5), 10**5), st.integers(0, 10**6))
def test_a_reset_is_moved_from_their_clock_to_ours(ahead_s: int, in_s: int) -> None:
    theirs = NOW + ahead_s * SECOND
    headers = {
        "x-rate-limit-reset": str(theirs // SECOND + in_s),
        "x-rate-limit-remaining": "7",
        "Date": format_datetime(utc(theirs), usegmt=True),
    }
    found = limits(headers, NOW)
    assert found.remaining == 7
    assert found.reset_ns is not None
    assert abs(found.reset_ns - (NOW + in_s * SECOND)) < 2 * SECOND
    if abs(ahead_s) >= 2:
        assert found.reset_ns == NOW + in_s * SECOND


@pytest.mark.parametrize("word", ["", "soon", "-5", "1.5", "٣", "9" * 13, "²"])
def test_a_header_that_is_no_number_is_none(word: str) -> None:
    headers = {"x-rate-limit-reset": word, "x-rate-limit-remaining": word, "Date": word}
    assert limits(headers, NOW) == Limits()
    assert limits({"x-rate-limit-reset": "1774000060", "Date": word}, NOW).reset_ns == NOW + 60 * SECOND


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_the_token_is_struck_out_of_anything(before: bytes, after: bytes) -> None:
    text = before + TOKEN.encode() + after
    assert TOKEN.encode() not in without(text, TOKEN)
    assert without(text, "") == text, "no token, nothing to strike out"


@pytest.mark.parametrize("split", ["", "\x00", "\u200b", "\x1b[0m"])
def test_a_token_that_a_server_echoes_is_told_nowhere(split: str) -> None:
    """Also when it becomes one only once the words are cleaned."""
    echoed = f"bad header {TOKEN[:5]}{split}{TOKEN[5:]}"
    for status in (400, 401, 403, 429, 500):
        error = refused(status, {"title": echoed, "detail": echoed})
        assert TOKEN not in str(error) + repr(vars(error))


def test_a_body_without_a_reason_is_said_to_have_none() -> None:
    assert "503 without a reason" in refused(503, b"<html>").message


def test_a_network_error_is_told_by_its_kind_and_some_of_its_words() -> None:
    error = unreachable(OSError(f"no route {TOKEN} " + "x" * 500), where="GET /", token=TOKEN)
    assert isinstance(error, VenueUnavailable)
    assert error.message.startswith("expected a connection, found OSError: no route ***")
    assert len(error.message) < 300
    assert unreachable(TimeoutError(), where="", token="").message.endswith("found TimeoutError")
    forged = unreachable(OSError(f"a\nb\x1b[31m\ud800 {TOKEN[:5]}\u200b{TOKEN[5:]}"), where="", token=TOKEN)
    assert forged.message == "expected a connection, found OSError: a b? ***"
