"""Each symbol's decayed mood: value, previous value, change, volume, confidence, and the posts behind it."""

from engine.sentiment.coverage import Coverage
from engine.sentiment.sentiment import Sentiment

__all__ = ["Coverage", "Sentiment"]
