"""What of ours speaks which interface of `engine.model.ports`: read by mypy, for the engine finds them by name only.

Nothing runs here. A signature that no longer fits fails `make types`, with the member that differs.
"""

from __future__ import annotations

from engine.brokers.alpaca import AlpacaBroker
from engine.brokers.simulated import SimulatedBroker
from engine.feeds.news import AlpacaNewsFeed
from engine.feeds.prices import AlpacaPriceFeed
from engine.feeds.replay import ReplayFeed
from engine.feeds.x import XFeed
from engine.model import ports
from engine.scoring.comprehend import ComprehendScorer
from engine.scoring.finbert.scorer import FinbertScorer
from engine.scoring.linear import LinearScorer
from engine.scoring.llm.scorer import LlmScorer
from engine.scoring.vader import VaderScorer
from engine.strategies.shift import Shift


def feed(feed: XFeed | AlpacaNewsFeed | AlpacaPriceFeed | ReplayFeed) -> ports.Feed:
    return feed


def sleeper(feed: XFeed | AlpacaNewsFeed) -> ports.Sleeper:
    return feed


def versioned(feed: AlpacaNewsFeed) -> ports.Versioned:
    return feed


def halting(feed: AlpacaPriceFeed) -> ports.Halting:
    return feed


def following(feed: AlpacaPriceFeed) -> ports.Following:
    return feed


def ruled(feed: XFeed) -> ports.Ruled:
    return feed


def scorer(scorer: VaderScorer | LinearScorer) -> ports.Scorer:
    return scorer


def late_scorer(scorer: FinbertScorer | LlmScorer | ComprehendScorer) -> ports.LateScorer:
    return scorer


def strategy(strategy: Shift) -> ports.Strategy:
    return strategy


def gated(strategy: Shift) -> ports.Gated:
    return strategy


def broker(broker: SimulatedBroker | AlpacaBroker) -> ports.Broker:
    return broker


def preparing(broker: AlpacaBroker) -> ports.Preparing:
    return broker


def valuing(broker: SimulatedBroker) -> ports.Valuing:
    return broker
