"""The pretend X and the pretend Alpaca in one process: posts at a steady pace, moods that swing, prices that stand.

Prints its addresses as one line of JSON. Sends once an engine streams and a line on standard input says that it is
ready; when all posts are out it prints, as a second line, when each order arrived, and ends.

python -m bench.street --posts 20000 --per-second 1000 --symbols 20 --swing-s 2
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import deque
from decimal import Decimal
from functools import lru_cache
from typing import Any

from bench.corpus import watchlist
from bench.recording import Speech, halves
from engine.clock import SECOND, SystemClock, iso
from tests.venues.alpaca import AlpacaSimulator
from tests.venues.x import XSimulator
from tests.venues.x.wire import post_id

TICK_S = 0.002
QUOTE_EVERY_S = 0.5
SETTLE_S = 1.0
"""After the last post, for answers under way."""


class Arrivals(deque[tuple[str, str, Any]]):
    """Requests as they come in; notes when each order arrived."""

    def __init__(self, clock: SystemClock) -> None:
        super().__init__(maxlen=100_000)
        self._clock = clock
        self.orders: dict[str, int] = {}

    def append(self, request: tuple[str, str, Any]) -> None:
        method, path, body = request
        if method == "POST" and path == "/v2/orders":
            self.orders[body["client_order_id"]] = self._clock.now_ns()
        super().append(request)


def line(number: int, at_ns: int, text: str, symbol: str, author: int) -> bytes:
    """One post as X's stream sends it; `text` is the inside of a JSON string."""
    id = post_id(at_ns, number)
    return (
        f'{{"data":{{"id":"{id}","text":"${symbol} {text}","author_id":"{author}","created_at":"{_second(at_ns)}",'
        f'"edit_history_tweet_ids":["{id}"],"lang":"en","possibly_sensitive":false,"public_metrics":'
        '{"retweet_count":0,"reply_count":0,"like_count":0,"quote_count":0,"bookmark_count":0,"impression_count":0},'
        f'"entities":{{"cashtags":[{{"start":0,"end":{len(symbol) + 1},"tag":"{symbol}"}}]}}}},'
        f'"includes":{{"users":[{{"id":"{author}","name":"Trader {author}","username":"trader{author}",'
        f'"verified":false,"created_at":"2015-06-01T12:00:00.000Z","public_metrics":{{"followers_count":{author * 7},'
        '"following_count":300,"tweet_count":5000,"listed_count":3}}]},'
        f'"matching_rules":[{{"id":"1700000000000000001","tag":"{symbol}"}}]}}\r\n'
    ).encode()


@lru_cache
def _at(second: int) -> str:
    return iso(second * SECOND)


def _second(at_ns: int) -> str:
    """X tells whole seconds."""
    return _at(at_ns // SECOND)


async def send(
    x: XSimulator, clock: SystemClock, symbols: tuple[str, ...], *, posts: int, per_second: int, swing_s: float
) -> None:
    """Send the posts, each at its own time as well as the machine allows; the symbols' moods turn one after another."""
    speech = Speech()
    began, sent = clock.now_ns(), 0
    while sent < posts:
        due = min(posts, (clock.now_ns() - began) * per_second // SECOND)
        for number in range(sent, due):
            at_ns = began + number * SECOND // per_second
            place = number % len(symbols)
            half = int((at_ns - began) / SECOND / swing_s + 2 * place / len(symbols)) % 2
            x.send(line(number, at_ns, speech.say(half), symbols[place], number % 4000))
        sent = max(sent, due)
        await asyncio.sleep(TICK_S)


async def quote(venue: AlpacaSimulator, symbols: tuple[str, ...]) -> None:
    """A price for every symbol, again and again."""
    while True:
        for index, symbol in enumerate(symbols):
            venue.quote(symbol, Decimal(f"{100 + index}.01"), Decimal(f"{100 + index}.03"))
        await asyncio.sleep(QUOTE_EVERY_S)


async def serve(given: argparse.Namespace) -> None:
    clock = SystemClock()
    halves()
    symbols = tuple(row.symbol for row in watchlist(given.symbols))
    async with XSimulator() as x, AlpacaSimulator(symbols=symbols, cash=10_000_000) as venue:
        venue.requests = arrivals = Arrivals(clock)
        quoting = asyncio.create_task(quote(venue, symbols))
        settings = {
            "DESK_X_BEARER_TOKEN": x.token,
            "DESK_ALPACA_KEY_ID": venue.key_id,
            "DESK_ALPACA_SECRET_KEY": venue.secret_key,
            "x": x.url,
            "trading": venue.trading_url,
            "data": venue.data_url,
            "trading_stream": venue.trading_stream_url,
            "data_stream": venue.data_stream_url,
        }
        print(json.dumps(settings), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        await x.streaming()
        began = clock.now_ns()
        await send(x, clock, symbols, posts=given.posts, per_second=given.per_second, swing_s=given.swing_s)
        took_s = (clock.now_ns() - began) / SECOND
        await asyncio.sleep(SETTLE_S)
        quoting.cancel()
        print(json.dumps({"orders": arrivals.orders, "sent_per_s": given.posts / took_s}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="The pretend X and the pretend Alpaca.")
    parser.add_argument("--posts", type=int, default=20_000)
    parser.add_argument("--per-second", type=int, default=1_000)
    parser.add_argument("--symbols", type=int, default=20)
    parser.add_argument("--swing-s", type=float, default=2.0)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
