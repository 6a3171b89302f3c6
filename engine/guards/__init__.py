"""Is this post genuine, how much does it weigh, and have we counted it already."""

from engine.guards.dedupe import Dedupe, DedupeOutcome, Found
from engine.guards.guards import RING, Begun, Guards, Weighed

__all__ = ["RING", "Begun", "Dedupe", "DedupeOutcome", "Found", "Guards", "Weighed"]
