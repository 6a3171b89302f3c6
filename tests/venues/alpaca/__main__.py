"""`python -m tests.venues.alpaca --port N`: the pretend venue alone, for end-to-end tests and by hand."""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
from decimal import Decimal

from tests.venues.alpaca.simulator import KEY_ID, SECRET_KEY, AlpacaSimulator

PRICES = {"TSLA": 250, "GOOG": 180, "NVDA": 140, "META": 590, "AAPL": 230}


async def walk(venue: AlpacaSimulator, period_s: float) -> None:
    """Move every price a little, for ever, the same way each time."""
    draw = random.Random(1)
    prices = {symbol: Decimal(price) for symbol, price in PRICES.items()}
    while True:
        for symbol, price in prices.items():
            price = (price * (1 + Decimal(draw.randint(-5, 5)) / 10_000)).quantize(Decimal("0.01"))
            prices[symbol] = price
            venue.quote(symbol, price - Decimal("0.02"), price + Decimal("0.02"), last=price)
        await asyncio.sleep(period_s)


async def serve(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AlpacaSimulator(port=options.port, cash=options.cash) as venue:
        print(f"trading_url = {venue.trading_url!r}", flush=True)
        print(f"data_url = {venue.data_url!r}", flush=True)
        print(f"trading_stream_url = {venue.trading_stream_url!r}", flush=True)
        print(f"data_stream_url = {venue.data_stream_url!r}", flush=True)
        print(f"news_stream_url = {venue.news_stream_url!r}", flush=True)
        print(f"DESK_ALPACA_KEY_ID={KEY_ID} DESK_ALPACA_SECRET_KEY={SECRET_KEY}", flush=True)
        walker = asyncio.create_task(walk(venue, options.walk)) if options.walk else None
        await stop.wait()
        if walker is not None:
            walker.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.venues.alpaca", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--cash", default="100000")
    parser.add_argument(
        "--walk", type=float, default=0.0, metavar="SECONDS", help="move prices by themselves this often"
    )
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
