"""A pretend X for tests: see `server`."""

from tests.venues.x.faults import End
from tests.venues.x.server import RULES, SEARCH, STREAM, TOKEN, USAGE, XSimulator
from tests.venues.x.wire import XPost, XUser

__all__ = ["RULES", "SEARCH", "STREAM", "TOKEN", "USAGE", "End", "XPost", "XSimulator", "XUser"]
