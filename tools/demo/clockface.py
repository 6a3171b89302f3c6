"""The demo day's clock: seconds since midnight in New York, on a real trading day in daylight saving time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MIDNIGHT = datetime(2026, 3, 11, 4, 0, tzinfo=UTC)
"""Midnight in New York (UTC−4)."""


def at(text: str) -> int:
    """`09:33:00` as a second of the day."""
    hours, minutes, seconds = (int(part) for part in text.split(":"))
    return hours * 3600 + minutes * 60 + seconds


def iso(second: float) -> str:
    """ISO 8601 UTC, with milliseconds only where there are any."""
    moment = MIDNIGHT + timedelta(milliseconds=round(second * 1000))
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{moment.microsecond // 1000:03d}Z" if moment.microsecond else f"{text}Z"


FIRST, OPEN, CLOSE, LAST = at("07:00:00"), at("09:30:00"), at("16:00:00"), at("20:00:00")
