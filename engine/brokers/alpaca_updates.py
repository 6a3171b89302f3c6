"""The trading stream: how to sign in, and how to notice that it is connected but tells nothing.

Words: docs.alpaca.markets, "Websocket Streaming". Paper sends JSON in binary frames, live in text frames.
"""

from __future__ import annotations

from decimal import Decimal

from engine.alpaca.read import Json, decimal, fields, identifier, rows, text
from engine.alpaca.stream import StreamError, Talk, Up
from engine.model import ZERO, Light, Order, VenueSnapshot

KEYS_REMEDY = "Check the keys of this profile: desk keys set. Paper and live have different ones."
_TRACKED = 10_000
"""Most orders whose told quantity is remembered."""


class TradingDialect:
    """Authenticates and listens to `trade_updates`."""

    setting = "alpaca.trading_stream_url"

    def __init__(self, url: str, key_id: str, secret_key: str) -> None:
        self.url = url
        self._key_id = key_id
        self._secret_key = secret_key

    async def shake_hands(self, talk: Talk) -> Up:
        """Sign in and listen. Raises StreamError, REFUSED when the keys are not taken."""
        keys = {"key_id": self._key_id, "secret_key": self._secret_key}
        await talk.send({"action": "authenticate", "data": keys})
        await self._authorized(talk)
        await talk.send({"action": "listen", "data": {"streams": ["trade_updates"]}})
        while True:
            for message in await talk.hear():
                self.check(message)
                if message.get("stream") == "listening":
                    if "trade_updates" not in rows(fields(message.get("data")).get("streams")):
                        raise StreamError("the venue does not offer trade updates", KEYS_REMEDY, light=Light.REFUSED)
                    return Up()
                talk.early.append(message)

    async def _authorized(self, talk: Talk) -> None:
        while True:
            for message in await talk.hear():
                self.check(message)
                if message.get("stream") == "authorization":
                    return

    def check(self, message: dict[str, Json]) -> None:
        """Raises StreamError for a refused sign-in or an error message."""
        data = fields(message.get("data"))
        if message.get("stream") == "authorization" and data.get("status") != "authorized":
            raise StreamError(f"sign-in refused: {identifier(data.get('status'))}", KEYS_REMEDY, light=Light.REFUSED)
        if message.get("T") != "error" and message.get("stream") != "error":
            return
        code = decimal(message.get("code", data.get("code")))
        words = text(message.get("msg", data.get("msg", data.get("error"))), 120) or "no words"
        reason = f"the venue says error {code}: {words}"
        if code in (401, 402, 403, 409):
            raise StreamError(reason, KEYS_REMEDY, light=Light.REFUSED)
        if code in (406, 429):
            raise StreamError(reason, "Another program uses this account's stream: stop it.", busy=True)
        raise StreamError(reason)

    def silence_s(self) -> float | None:
        """Orders may be quiet for days: silence means nothing here (pings and MuteWatch notice a dead stream)."""
        return None


class MuteWatch:
    """Notices executions that two snapshots show and the stream never told.

    The first snapshot after a connection is the base. What a later one shows beyond what was told is a suspicion
    (the update may be under way); when the next one still shows it untold, the stream is mute.
    """

    def __init__(self) -> None:
        self._told: dict[str, Decimal] = {}
        self._suspected: dict[str, Decimal] = {}
        self._based = False

    def connected(self) -> None:
        """A new connection: what happened before it is not owed."""
        self._told.clear()
        self._suspected.clear()
        self._based = False

    def told(self, order: Order) -> None:
        """The stream described this order."""
        for each in (order, *order.legs):
            if each.filled > self._told.get(each.venue_id, ZERO) and len(self._told) < _TRACKED:
                self._told[each.venue_id] = each.filled

    def shown(self, snapshot: VenueSnapshot) -> str:
        """Compare with what the venue shows; returns why the stream is mute, or nothing."""
        filled = {
            each.venue_id: each.filled
            for order in snapshot.orders
            for each in (order, *order.legs)
            if each.filled > self._told.get(each.venue_id, ZERO)
        }
        if not self._based:
            self._based = True
            self._told |= dict(list(filled.items())[:_TRACKED])
            return ""
        mute = [venue_id for venue_id, quantity in self._suspected.items() if filled.get(venue_id, ZERO) >= quantity]
        self._suspected = filled
        return f"executions of {len(mute)} order(s) were never told" if mute else ""
