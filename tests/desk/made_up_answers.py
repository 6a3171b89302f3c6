"""Made-up answers to what the desk asks for: one symbol in detail, and the feeds. Deterministic."""

from __future__ import annotations

import math

from engine.clock import SECOND
from engine.model import (
    ControlResult,
    DisplayText,
    Gate,
    Past,
    Side,
    SymbolDetail,
    Vote,
)
from engine.model.feeds import FeedRule, FeedsDetail, StageLatency, Standing
from tests.desk.made_up import NOW, symbol_row, ticket, verdict


def feeds_detail() -> FeedsDetail:
    """Three rules at X, one of them refused and one somebody else's, and five stages."""
    rules = (
        FeedRule(
            "x",
            DisplayText("desk:TSLA+1:3f9a01bc"),
            DisplayText("($TSLA OR Tesla OR $NVDA OR Nvidia) lang:en -is:retweet"),
            Standing.ACTIVE,
            55,
            1024,
            ("TSLA", "NVDA"),
        ),
        FeedRule(
            "x",
            DisplayText("desk:META:77aa01bc"),
            DisplayText('("Meta Platforms") lang:en'),
            Standing.REFUSED,
            26,
            1024,
            ("META",),
            DisplayText("a quote is not closed"),
        ),
        FeedRule("x", DisplayText("weather"), DisplayText("snow has:geo"), Standing.FOREIGN, 12, 1024),
    )
    stages = (("wait", 0.05, 0.4), ("match and guards", 0.04, 0.2), ("score", 0.1, 0.6), ("mood", 0.05, 0.1))
    return FeedsDetail(rules, tuple(StageLatency(*stage) for stage in stages))


def symbol_detail(symbol: str = "TSLA", *, points: int = 120) -> SymbolDetail:
    """An hour of samples, and gates of which one of the strategy and one of the controls fail."""
    last = float(symbol_row(symbol).price or 100)
    at_ns = tuple(NOW - (points - 1 - at) * 30 * SECOND for at in range(points))
    mood = tuple(None if at < 10 else round(0.5 * math.sin(at / 17) + 0.004 * at, 4) for at in range(points))
    raw = tuple(None if value is None else round(value + 0.12 * math.cos(at / 5), 4) for at, value in enumerate(mood))
    bends = (0.004 * math.sin((at - points) / 11) - 0.00003 * (points - at) for at in range(points))
    price = tuple(round(last * (1 + bend), 2) for bend in bends)
    volume = tuple(20 + round(15 * math.sin(at / 9)) for at in range(points))
    controls = verdict(("R16",)).controls
    gates = (
        Gate("engine", "working", True, text="records and decides"),
        Gate("engine", "mode", True, text="a person confirms"),
        Gate("shift", "switched on", True, text="shift is on"),
        Gate("shift", "warm", True, text="the windows are covered"),
        Gate("shift", "volume", True, 34, 10, "posts", "34 posts of 10"),
        Gate("shift", "change", False, 0.098, 0.15, text="change +0.098 of ±0.150: 0.052 short"),
        Gate("shift", "side", True, text="BUY is on"),
        Gate("shift", "confidence", True, 0.81, 0.65, text="confidence 0.810 of 0.650"),
        Gate("shift", "armed", True, 0.098, 0.075, text="BUY can signal"),
        *(
            Gate("risk", f"{each.id} {each.control}", each.passed, *_floats(each), each.unit, each.reason)
            for each in controls
        ),
    )
    votes = (Vote("finbert", "1", 0.51, 0.88, 30), Vote("vader", "3.3.2", 0.31, 0.71, 34))
    return SymbolDetail(symbol, NOW, Side.BUY, gates, ticket().draft, Past(at_ns, mood, raw, price, volume), votes)


def _floats(result: ControlResult) -> tuple[float | None, float | None]:
    value, limit = result.value, result.limit
    return None if value is None else float(value), None if limit is None else float(limit)
