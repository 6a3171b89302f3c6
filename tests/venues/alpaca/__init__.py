"""A pretend Alpaca on loopback: trading REST, data REST and both websocket dialects, with faults on demand.

`AlpacaSimulator` is used as an async context manager by tests; `python -m tests.venues.alpaca --port N` runs it alone.
"""

from tests.venues.alpaca.faults import Fault
from tests.venues.alpaca.simulator import AlpacaSimulator

__all__ = ["AlpacaSimulator", "Fault"]
