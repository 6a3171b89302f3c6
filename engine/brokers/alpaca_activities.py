"""What moved an Alpaca account otherwise than by trading: `GET /v2/account/activities`, read tolerantly.

From outside: deposits and withdrawals (CSD, CSW), journals between accounts (JNL, JNLC, JNLS), and accounts or shares
transferred (ACATC, ACATS, FOPT). Nobody earned or lost them by trading, so a baseline has to move with them. Results:
dividends and what is kept of them (DIV…, CGD), interest (INT…), fees and rebates (FEE, CFEE, PTC, PTR): holding and
trading is what they come from. Not asked for: fills, which the orders tell; splits, mergers and other actions of a
company, which turn one holding into another at its price; options, which the desk does not trade.

Failing is no failure of the snapshot it belongs to: what is not explained is a loss, or no gain, until it is.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from engine.alpaca.read import Json, decimal, fields, identifier, instant, text
from engine.brokers.alpaca_snapshot import Get
from engine.clock import DAY, MINUTE, NEW_YORK, SECOND, utc
from engine.model import ZERO, Activity
from engine.text import display_text

SHARES: Final = frozenset({"JNLS", "ACATS", "FOPT"})
"""Entries that move shares."""
EXTERNAL: Final = frozenset({"CSD", "CSW", "TRANS", "JNL", "JNLC", "ACATC", *SHARES})
RESULTS: Final = frozenset(
    ("DIV", "DIVCGL", "DIVCGS", "DIVFEE", "DIVFT", "DIVNRA", "DIVROC", "DIVTW", "DIVTXEX", "CGD",
     "INT", "INTNRA", "INTTW", "FEE", "CFEE", "PTC", "PTR")
)  # fmt: skip
TYPES: Final = ",".join(sorted((EXTERNAL | RESULTS) - {"TRANS"}))
"""What is asked for. TRANS asks for CSD and CSW together; an entry of that name is taken all the same."""

PAGE: Final = 100
"""Entries per page, the most the venue gives."""
PAGES_LIMIT: Final = 100
FIRST_NS: Final = 31 * DAY
"""How far back the first look goes: an engine that was stopped for longer takes what left meanwhile for a loss."""
OVERLAP_NS: Final = 3 * DAY
"""How far back each later one goes, by when the venue booked it: it may take an entry back on the next business day."""
REFUSED_NS: Final = 15 * MINUTE
"""How long a venue that refuses (403, 404) is not asked again."""
FAILED_NS: Final = MINUTE
"""The same of one that does not answer: each comparison would wait for it."""


class ActivityReader:
    """Reads the list through `get`; nothing is raised."""

    def __init__(self, get: Get) -> None:
        self._get = get
        self._read = False
        """Whether a whole list has been read."""
        self._problem = ""
        self._again_ns = 0

    async def read(self, now_ns: int, currency: str) -> tuple[tuple[Activity, ...], str]:
        """The entries of lately in the account's currency, oldest first; and why there are none, or not all of them."""
        if now_ns < self._again_ns:
            return (), self._problem
        rows: list[Json] = []
        self._problem = await self._pages(now_ns, rows)
        if self._problem:
            return (), self._problem
        self._read = True
        unreadable = 0
        found: dict[str, Activity] = {}
        for row in rows:
            activity = parse_activity(row)
            if activity is None:
                unreadable += _was_asked_for(row)
            elif identifier(fields(row).get("currency")) in ("", currency):
                found[activity.id] = activity
        problem = f"{unreadable} of the account's activities cannot be read" if unreadable else ""
        return tuple(found.values()), problem

    async def _pages(self, now_ns: int, rows: list[Json]) -> str:
        """Read every page into `rows`; returns why that could not be done."""
        after_ns = now_ns - (OVERLAP_NS if self._read else FIRST_NS)
        asked: dict[str, Json] = {
            "activity_types": TYPES,
            "after": utc(after_ns).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "direction": "asc",
            "page_size": PAGE,
        }
        seen: set[str] = set()
        for _ in range(PAGES_LIMIT):
            reply = await self._get("/account/activities", asked)
            if not reply.ok or not isinstance(reply.body, list):
                wait_ns = REFUSED_NS if reply.refusal else FAILED_NS
                self._again_ns = now_ns + wait_ns
                return f"the account's activities: {'no list' if reply.ok else reply.reason}"
            rows += reply.body
            if len(reply.body) < PAGE:
                return ""
            ids = [identifier(fields(row).get("id")) for row in reply.body]
            if not ids[-1] or seen.issuperset(ids):
                return "the account's activities do not go on after a page"
            seen.update(ids)
            asked = {**asked, "page_token": ids[-1]}
        return f"more than {PAGES_LIMIT * PAGE} activities"


def parse_activity(row: Json) -> Activity | None:
    """One entry; None for a kind that was not asked for, and for one without an id or an amount."""
    given = fields(row)
    id, kind = identifier(given.get("id")), identifier(given.get("activity_type"))
    amount = decimal(given.get("net_amount"))
    quantity = decimal(given.get("qty")) if kind in SHARES else None
    if not id or kind not in EXTERNAL | RESULTS or (amount is None and quantity is None):
        return None
    return Activity(
        id,
        kind,
        kind in EXTERNAL,
        ZERO if amount is None else amount,
        identifier(given.get("symbol")),
        ZERO if quantity is None else quantity,
        instant(given.get("created_at")),
        _day_ns(given.get("date")),
        given.get("status") == "canceled",
        display_text(text(given.get("description")), 200),
    )


def _was_asked_for(row: Json) -> bool:
    """Whether an entry that cannot be read is one of those that were asked for."""
    return identifier(fields(row).get("activity_type")) in EXTERNAL | RESULTS or not fields(row)


def _day_ns(value: Json) -> int:
    """Begin of a New York day from `2026-11-20` (or the time that begins so); 0 for anything else."""
    try:
        day = date.fromisoformat(value[:10]) if isinstance(value, str) else None
        begin = None if day is None else datetime(day.year, day.month, day.day, tzinfo=NEW_YORK)
        return 0 if begin is None else max(0, int(begin.timestamp()) * SECOND)
    except (ValueError, OverflowError):
        return 0
