"""Guards over made-up posts, and what every post weighs."""

from __future__ import annotations

import msgspec

from engine.config import Config, GuardsConfig, WatchRow
from engine.guards import Guards, Weighed
from engine.model import GuardMark, Match, Post
from engine.model.records import GuardRecord
from tests.engine.guards.made_up import goog


def guards(**changes: object) -> Guards:
    rows = (WatchRow(symbol="GOOG", influencers=("sundar",)), WatchRow(symbol="NVDA"))
    return Guards(Config(guards=msgspec.structs.replace(GuardsConfig(), **changes), watchlist=rows))


class Ledger:
    """What every post weighs, as somebody sees it who only reads marks and records."""

    def __init__(self, room: Guards) -> None:
        self.room = room
        self.weights: dict[str, float] = {}
        self.marks: dict[str, GuardMark] = {}
        self.records: list[GuardRecord] = []

    def take(self, *posts: Post, matches: tuple[Match, ...] = goog()) -> Weighed:
        for each in posts:
            found = self.room.check(each, matches)
            self.marks[each.id] = found.mark
            self.weights[each.id] = found.mark.weight
            if found.verdict is not None:
                self.records.append(found.verdict)
                self.weights.update(zip(found.verdict.posts, found.verdict.weights, strict=True))
        return found

    def kinds(self, post_id: str) -> list[str]:
        return [reason.partition(":")[0] for reason in self.marks[post_id].reasons]
