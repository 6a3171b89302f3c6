"""The demo day: a recording of one made-up trading day, made by `tools/demo/make.py`.

Everything in it is fiction: the accounts, what they say, the events and the prices. Only the date is a real trading
day's.
"""

from typing import Final

START: Final = "09:25"
"""Where the demo begins to play at its pace (`replay.start`): what comes before fills the windows."""
SPEED: Final = 60.0
"""A minute of the day per second (`replay.speed`)."""
