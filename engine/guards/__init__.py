"""Is this post genuine, and have we counted it already."""

from engine.guards.dedupe import Dedupe, DedupeOutcome, Found

__all__ = ["Dedupe", "DedupeOutcome", "Found"]
