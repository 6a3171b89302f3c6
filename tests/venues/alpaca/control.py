"""Driving a stand-alone pretend venue from another process: plain JSON over `/_venue/`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from tests.venues.alpaca.simulator import AlpacaSimulator


class Control:
    """POST a JSON object to `/_venue/<verb>`; its fields are the arguments of the simulator's method of that name.

    Verbs: quote, trade, halt, resume, luld, session, fill, fault (route, kind, when, times), clear, transfer (kind,
    amount: cash moves and is listed), move (amount: cash moves), book (kind, amount: only listed), stream (name
    `trading`, `data` or `news`, do `close`, `abort`, `half_open`, `mute`, `unmute`, or `set` with attributes). GET
    `/_venue/state` tells orders, positions, cash, requests and updates.
    """

    def __init__(self, venue: AlpacaSimulator) -> None:
        self.venue = venue

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/_venue/state", self.state), web.post("/_venue/{verb}", self.act)]

    async def state(self, request: web.Request) -> web.Response:
        venue, book = self.venue, self.venue.exchange
        return web.json_response(
            {
                "cash": str(book.cash),
                "equity": str(book.equity),
                "session": book.session,
                "positions": {symbol: str(held.qty) for symbol, held in book.positions.items()},
                "orders": [order.json(nested=True) for order in book.orders.values() if order.parent is None],
                "posts": venue.posts(),
                "updates": len(venue.updates),
                "faults": venue.faults.happened,
                "streams": {
                    "trading": {"open": len(venue.trading_stream.sessions), "connects": venue.trading_stream.connects},
                    "data": {"open": len(venue.data_stream.sessions), "connects": venue.data_stream.connects},
                },
            }
        )

    async def act(self, request: web.Request) -> web.Response:
        verb, body = request.match_info["verb"], await request.json()
        venue = self.venue
        if verb in ("quote", "trade", "halt", "resume", "luld", "session", "fill"):
            getattr(venue, verb)(**body)
        elif verb == "fault":
            venue.faults.add(**body)
        elif verb == "clear":
            venue.faults.clear()
        elif verb == "cash":
            venue.exchange.cash = Decimal(str(body["cash"]))
        elif verb in ("transfer", "move", "book"):
            getattr(venue.activities, verb)(
                *(Decimal(str(body[name])) if name == "amount" else body[name] for name in body)
            )
        elif verb == "stream":
            await self._stream(body)
        else:
            return web.json_response({"message": f"no such verb: {verb}"}, status=404)
        return web.json_response({"ok": True})

    async def _stream(self, body: dict[str, Any]) -> None:
        venue = self.venue
        streams = {"trading": venue.trading_stream, "data": venue.data_stream, "news": venue.news_stream}
        stream = streams[body["name"]]
        do = body["do"]
        if do == "close":
            await stream.close_all()
        elif do == "abort":
            stream.abort_all()
        elif do == "half_open":
            stream.half_open()
        elif do in ("mute", "unmute"):
            stream.mute = do == "mute"
        elif do == "set":
            for name, value in body["attributes"].items():
                if not hasattr(stream, name):
                    raise web.HTTPBadRequest(text=f"no such attribute: {name}")
                setattr(stream, name, value)
