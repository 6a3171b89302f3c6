"""Answers that go wrong, as X gives them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

PROBLEMS = "https://api.twitter.com/2/problems/"


class End(Enum):
    """How a live stream ends, or goes quiet."""

    CLEAN = "clean"
    """EOF after a whole line."""
    ABORT = "abort"
    """The TCP connection is reset."""
    SILENCE = "silence"
    """No byte any more, the connection stays."""


@dataclass(frozen=True)
class Refusal:
    """An HTTP answer that is not a success."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/problem+json"
    reset_in_s: float | None = None
    """Sets `x-rate-limit-remaining: 0` and `x-rate-limit-reset` this far in the future."""


def problem(status: int, title: str, detail: str, kind: str = "about:blank", **more: Any) -> Refusal:
    """A problem document."""
    body = {"title": title, "detail": detail, "type": kind, "status": status, **more}
    return Refusal(status, json.dumps(body).encode())


def unauthorized() -> Refusal:
    return problem(401, "Unauthorized", "Unauthorized")


def not_enrolled() -> Refusal:
    detail = "Your client app is not enrolled with this appropriate level of API access."
    kind = PROBLEMS + "client-forbidden"
    return problem(403, "Client Forbidden", detail, kind, reason="client-not-enrolled", client_id="1")


def no_rules() -> Refusal:
    return problem(
        409,
        "ConnectionException",
        "This stream cannot be connected: there are no rules.",
        PROBLEMS + "streaming-connection",
        connection_issue="RuleConfigurationIssue",
    )


def too_many_connections() -> Refusal:
    return problem(
        429,
        "ConnectionException",
        "This stream is currently at the maximum allowed connection limit.",
        PROBLEMS + "streaming-connection",
        connection_issue="TooManyConnections",
    )


def rate_limited(reset_in_s: float | None = None) -> Refusal:
    body = problem(429, "Too Many Requests", "Too Many Requests").body
    return Refusal(429, body, reset_in_s=reset_in_s)


def credits_spent() -> Refusal:
    return problem(402, "CreditsDepleted", "Your account has no credits to fulfil this request.")


def spend_cap_reached() -> Refusal:
    """The spending limit that the owner of the app set at X: no status of its own, a 403."""
    detail = "The account has reached its billing cycle spend cap; requests are blocked until the next cycle."
    return problem(403, "SpendCapReached", detail, PROBLEMS + "credits", account_id=1, reset_date="2026-12-01")


def usage_capped() -> Refusal:
    """The posts of a month that a plan holds."""
    detail = "Usage cap exceeded: Monthly product cap"
    return problem(429, "UsageCapExceeded", detail, PROBLEMS + "usage-capped", period="Monthly", scope="Product")


def calm_down() -> Refusal:
    """How X said 429 before there was one, and some of its servers still do."""
    return Refusal(420, b'{"errors":[{"message":"Enhance your calm"}]}')


def unavailable() -> Refusal:
    return problem(503, "Service Unavailable", "Service Unavailable")


def bad_gateway() -> Refusal:
    page = b"<html><head><title>502 Bad Gateway</title></head><body><center>bad gateway</center></body></html>"
    return Refusal(502, page, content_type="text/html")


OPERATIONAL_DISCONNECT = json.dumps(
    {
        "errors": [
            {
                "title": "operational-disconnect",
                "disconnect_type": "UpstreamOperationalDisconnect",
                "detail": "This stream has been disconnected upstream for operational reasons.",
                "type": PROBLEMS + "operational-disconnect",
            }
        ]
    }
).encode()
