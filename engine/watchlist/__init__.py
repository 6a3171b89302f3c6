"""Which symbols a post concerns, by which term, and how much its author counts for them."""

from engine.watchlist.matcher import Matcher

__all__ = ["Matcher"]
