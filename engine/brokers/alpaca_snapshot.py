"""Everything the account holds, read together over REST: complete, or VenueUnavailable is raised."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from engine.alpaca.read import Json, decimal, fields, identifier, instant
from engine.alpaca.rest import Reply
from engine.brokers.alpaca_parse import Malformed, parse_order, symbol_of
from engine.calendar import Calendar
from engine.clock import DAY, MINUTE, NEW_YORK, SECOND, new_york, utc
from engine.errors import VenueUnavailable
from engine.model import ZERO, Fill, Intent, Order, VenueAccount, VenuePosition, VenueSnapshot

PAGE = 500
"""Orders per page, the most the venue gives."""
PAGES_LIMIT = 60
"""More pages than this are refused: something is wrong."""
LIFETIME_NS = 91 * DAY
"""Alpaca ends a good-till-cancelled order after 90 days: one that closes now is not older."""
SKEW_NS = 5 * MINUTE
"""The venue's clock may differ from ours by this much: a little more is read than was asked for."""
TRIES = 3
"""How often the whole is read again because orders moved meanwhile."""
ASKS = 2
"""How often one question is asked before the whole is given up: an account with many orders takes many pages, and one
lost answer must not cost them all."""
PAUSE_S = 0.2
"""Between two asks of one question."""
ROWS_KEPT = 2_000
"""Orders of the last reading, the newest first, that are kept as they were told: those that still read the same word
for word are not parsed again (45 µs each on the engine's loop, twice in every comparison)."""

CLOSE = time(16)
"""In New York: what `last_equity` is of, after a day that ended early too."""

Get = Callable[[str, dict[str, Json]], Awaitable[Reply]]


class SnapshotReader:
    """Reads snapshots through `get`. Remembers the oldest open order, so that later ones need few pages."""

    def __init__(self, get: Get, where: str) -> None:
        self._get = get
        self._where = where
        self._oldest_ns: int | None = None
        """When the oldest order that was open at the last snapshot, or in the journal, was submitted."""
        self._last_ns: int | None = None
        """When the last snapshot was, or the journal's last word of an order."""
        self._rows: dict[str, tuple[Json, Order]] = {}
        """Per venue id what the last reading told, and the order that it is."""

    def know(self, values: Iterable[Intent | Order | Fill]) -> None:
        """Take in what the journal holds, in its order, so that the first snapshot after a restart needs few pages too.

        Closed orders from before a day ahead of the journal's last word are read only as far back as an order that was
        open then. Without a word of any order, or where one tells no time, all of `LIFETIME_NS` is read.
        """
        newest_ns = 0
        placed: dict[str, int] = {}
        open_: dict[str, int] = {}
        for value in values:
            id = value.client_order_id
            if isinstance(value, Intent):
                newest_ns = max(newest_ns, value.at_ns)
                open_[id] = placed[id] = value.at_ns
            elif isinstance(value, Fill):
                newest_ns = max(newest_ns, value.at_ns)
            else:
                newest_ns = max(newest_ns, value.updated_ns)
                placed[id] = value.submitted_ns or placed.get(id) or placed.get(value.parent_id, 0)
                if _alive(value):
                    open_[id] = placed[id]
                else:
                    open_.pop(id, None)
        self._last_ns = newest_ns or None
        if newest_ns and all(open_.values()):
            self._oldest_ns = min([newest_ns - DAY, *open_.values()]) - SKEW_NS

    async def read(self, since_ns: int, now_ns: int) -> VenueSnapshot:
        """Account, positions, open orders and those closed since `since_ns`, as of one moment.

        Where the venue has not been read since a day before that, those closed since then: a person may have moved an
        order on a Friday evening, and what replaced it may have filled, before the engine is started on Monday.
        Orders are read before and after positions and account, and everything again while they differ, so an
        execution in between cannot make the parts contradict each other. An empty list of positions beside an account
        that is worth something is no word on what is held: our book, and the stops on it, would go by it. Raises
        VenueUnavailable.
        """
        since_ns = (since_ns if self._last_ns is None else min(since_ns, self._last_ns - DAY)) - SKEW_NS
        after_ns = since_ns - LIFETIME_NS if self._oldest_ns is None else min(since_ns, self._oldest_ns)
        orders = await self._orders(after_ns, since_ns)
        for _ in range(TRIES):
            positions = await self._positions()
            account, worth = await self._account(now_ns)
            again = await self._orders(after_ns, since_ns)
            settled = _fingerprint(orders) == _fingerprint(again)
            orders = again
            if settled:
                break
        if worth and not positions:
            raise self._bad("/positions", f"expected what makes up the account's {worth} of holdings, found none")
        open_since = [order.submitted_ns for order in orders if _alive(order) and order.submitted_ns]
        self._oldest_ns = min([*open_since, now_ns]) - SKEW_NS
        self._last_ns = now_ns
        return VenueSnapshot(now_ns, account, positions, tuple(orders))

    async def _ask(self, path: str, query: dict[str, Json]) -> Json:
        reply = await self._get(path, query)
        for _ in range(ASKS - 1):
            if not _passing(reply):
                break
            await asyncio.sleep(PAUSE_S)
            reply = await self._get(path, query)
        if not reply.ok:
            raise VenueUnavailable(
                f"expected {path} to be answered, found {reply.reason}",
                where=self._where,
                remedy="The engine asks again by itself; no new risk is taken until it succeeds.",
            )
        return reply.body

    def _bad(self, path: str, problem: str) -> VenueUnavailable:
        return VenueUnavailable(
            f"{path}: {problem}", where=self._where, remedy="Asked again by itself; report it when it stays."
        )

    async def _account(self, now_ns: int) -> tuple[VenueAccount, Decimal]:
        """The account, and what it says that everything held is worth; 0 where it does not say."""
        given = fields(await self._ask("/account", {}))
        equity, cash, power = (decimal(given.get(name)) for name in ("equity", "cash", "buying_power"))
        if equity is None or cash is None or power is None:
            raise self._bad("/account", "expected equity, cash and buying_power, found one missing")
        values = (decimal(given.get(name)) for name in ("long_market_value", "short_market_value"))
        account = VenueAccount(
            equity,
            cash,
            power,
            last_equity=decimal(given.get("last_equity")),
            last_equity_ns=closed_ns(given, now_ns),
            currency=identifier(given.get("currency")) or "USD",
            number=identifier(given.get("account_number")),
            blocked=blocked(given),
        )
        return account, sum((abs(value) for value in values if value is not None), ZERO)

    async def _positions(self) -> tuple[VenuePosition, ...]:
        body = await self._ask("/positions", {})
        if not isinstance(body, list):
            raise self._bad("/positions", "expected a list, found something else")
        found = []
        for row in body:
            given = fields(row)
            symbol, quantity = symbol_of(given), decimal(given.get("qty"))
            if not symbol or quantity is None:
                raise self._bad("/positions", "expected a symbol and a quantity, found one missing")
            if given.get("side") == "short":
                quantity = -abs(quantity)
            price = decimal(given.get("avg_entry_price"))
            if price is None:
                raise self._bad("/positions", f"expected an average price of {symbol}, found none")
            found.append(VenuePosition(symbol, quantity, price))
        return tuple(found)

    async def _orders(self, after_ns: int, since_ns: int) -> list[Order]:
        found: dict[str, Order] = {}
        rows: dict[str, tuple[Json, Order]] = {}
        await self._pages({"status": "open"}, found, rows)
        await self._pages({"status": "closed", "after": _stamp(max(0, after_ns))}, found, rows)
        self._rows = rows
        legs = {leg.venue_id for order in found.values() for leg in order.legs}
        return [
            order
            for order in found.values()
            if order.venue_id not in legs and (_alive(order) or not order.updated_ns or _updated_ns(order) >= since_ns)
        ]

    def _order(self, row: Json) -> Order:
        told, order = self._rows.get(identifier(fields(row).get("id")), (None, None))
        if order is not None and told == row:
            return order
        parsed = parse_order(row)
        if isinstance(parsed, Malformed):
            raise self._bad("/orders", parsed.problem)
        return parsed

    async def _pages(
        self, query: dict[str, Json], found: dict[str, Order], rows: dict[str, tuple[Json, Order]]
    ) -> None:
        """All pages, newest first. A page boundary may fall between orders of one instant: it is read twice."""
        until: dict[str, Json] = {}
        for _ in range(PAGES_LIMIT):
            asked = {"limit": PAGE, "nested": "true", "direction": "desc", **query, **until}
            body = await self._ask("/orders", asked)
            if not isinstance(body, list):
                raise self._bad("/orders", "expected a list, found something else")
            fresh = 0
            for row in body:
                order = self._order(row)
                if len(rows) < ROWS_KEPT:
                    rows[order.venue_id] = (row, order)
                fresh += order.venue_id not in found
                if order.legs or not found.get(order.venue_id, order).legs:
                    found[order.venue_id] = order
            if len(body) < PAGE:
                return
            last_ns = instant(fields(body[-1]).get("submitted_at")) or order.submitted_ns
            if not fresh or not last_ns:
                raise self._bad("/orders", f"more than {PAGE} orders of one instant cannot be read")
            until = {"until": _stamp(last_ns + 1)}
        raise self._bad("/orders", f"more than {PAGES_LIMIT * PAGE} orders")


def blocked(account: dict[str, Json]) -> str:
    """Why the venue blocks trading, from the account's flags; empty when it does not."""
    reasons = [
        name
        for name in ("trading_blocked", "account_blocked", "trade_suspended_by_user")
        if account.get(name) not in (False, None)
    ]
    status = identifier(account.get("status"))
    if status not in ("ACTIVE", ""):
        reasons.append(f"account status {status}")
    return ", ".join(reasons)


def closed_ns(account: dict[str, Json], now_ns: int) -> int:
    """16:00 New York of the day that the account's `last_equity` is of; where it does not say, of the trading day
    before today."""
    try:
        told_ns = _close_of(date.fromisoformat(str(account.get("balance_asof"))))
    except (ValueError, OverflowError):
        told_ns = 0
    if 0 < told_ns <= now_ns:
        return told_ns
    calendar, today = Calendar(), new_york(now_ns).date()
    days = (today - timedelta(back) for back in range(1, 8))
    return _close_of(next((day for day in days if calendar.is_trading_day(day)), today - timedelta(1)))


def _close_of(day: date) -> int:
    return int(datetime.combine(day, CLOSE, NEW_YORK).timestamp()) * SECOND


def _passing(reply: Reply) -> bool:
    """A failure that the next ask may not meet: not a refusal, and not too many requests."""
    return not reply.ok and not reply.refusal and reply.status != 429


def _alive(order: Order) -> bool:
    return order.status.open or any(leg.status.open for leg in order.legs)


def _updated_ns(order: Order) -> int:
    """When it, or a leg of it, last changed: a leg may execute long after its entry has."""
    return max(each.updated_ns for each in (order, *order.legs))


def _stamp(at_ns: int) -> str:
    return utc(at_ns).strftime("%Y-%m-%dT%H:%M:%S") + f".{at_ns % SECOND:09d}Z"


def _fingerprint(orders: list[Order]) -> set[tuple[str, str, str]]:
    return {(each.venue_id, each.venue_status, str(each.filled)) for order in orders for each in (order, *order.legs)}
