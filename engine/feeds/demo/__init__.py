"""The demo day: a recording of one made-up trading day, made by `tools/demo/make.py`.

Everything in it is fiction: the accounts, what they say, the events and the prices. Only the date is a real trading
day's.
"""

from datetime import date
from typing import Final

from engine.clock import parse_iso
from engine.feeds.recording import Contents

START: Final = "09:25"
"""Where the demo begins to play at its pace (`replay.start`): what comes before fills the windows."""
SPEED: Final = 60.0
"""A minute of the day per second (`replay.speed`)."""
DAY: Final = date(2026, 3, 11)
CONTENTS: Final = Contents(
    first_ns=parse_iso("2026-03-11T11:00:00Z"),
    last_ns=parse_iso("2026-03-12T00:00:00Z"),
    posts=5_073,
    quotes=28_741,
    halts=2,
    states=5,
    quoted=frozenset((symbol, DAY) for symbol in ("TSLA", "GOOG", "NVDA", "META", "AAPL")),
)
"""What it holds. The test that compares it with the files saves every start from reading 34,000 rows twice."""
