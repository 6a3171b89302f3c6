"""The feeds view: how every source is, what it cost, what is missing, and how fast the engine is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from msgspec.structs import replace
from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from desk.actions import bindings
from desk.mirror import Part
from desk.screens.reading import ReadingView
from engine.errors import DeskError
from engine.journal import Reader
from engine.model import FeedState
from engine.model.feeds import FeedRule, Standing
from engine.model.records import Started
from widgets import figures
from widgets.engine_figures import EngineFigures
from widgets.feed_rows import FeedRows
from widgets.light_history import LightHistory
from widgets.text_block import TextBlock

ASK_S = 5.0
"""How often the engine is asked for its rules and latencies while the view is open."""
CHANGES = 500
"""Most changes of a light that are read, the newest."""


class FeedsView(ReadingView):
    """What was configured comes from the journal's newest start; lights and counts from the engine."""

    VIEW = "feeds"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(VIEW)]
    _beside = ("history", "setup")

    def make_panes(self) -> tuple[Widget, ...]:
        now = self.link.time.now_ns
        self.feeds = FeedRows(id="feeds", now_ns=now)
        self.figures = EngineFigures(id="figures")
        self.history = LightHistory(id="history", now_ns=now)
        self.setup = TextBlock("SET UP", empty="No start has been recorded.", id="setup")
        self._lights: dict[str, tuple[object, ...]] = {}
        self._rules: tuple[FeedRule, ...] = ()
        self._set_up: tuple[str, ...] = ()
        self._lacks: tuple[str, ...] = ()
        return self.feeds, self.figures, self.history, self.setup

    def mounted(self) -> None:
        super().mounted()
        self.set_interval(ASK_S, self.ask)
        self.ask()

    def update_parts(self, parts: Part) -> None:
        super().update_parts(parts)
        mirror = self.link.mirror
        if Part.FEEDS in parts:
            self.feeds.show((name, self._with_keys_of(state)) for name, state in mirror.feeds.items())
            lights: dict[str, tuple[object, ...]] = {
                name: (state.light, state.since_ns) for name, state in mirror.feeds.items()
            }
            if lights != self._lights:
                self._lights = lights
                self._read()
            lacks = tuple(lacking_lines(mirror.feeds.values()))
            if lacks != self._lacks:
                self._lacks = lacks
                self._fill_setup()
        if Part.STATUS in parts:
            self.figures.show(mirror.status)

    def _with_keys_of(self, state: FeedState) -> FeedState:
        """A feed whose remedy names this desk's engine and keys."""
        return replace(state, remedy=self.with_keys(state.remedy))

    @work(exclusive=True, group="feeds")
    async def _read(self) -> None:
        found = await self.ask_journal(lambda reader: (light_changes(reader), set_up(reader)))
        if found is not None:
            changes, lines = found
            self.history.show((str(seq), state) for seq, state in changes)
            self._show_setup(self._rules, tuple(lines))

    @work(exclusive=True, group="rules")
    async def ask(self) -> None:
        """Ask the engine for rules and latencies; one that does not answer leaves what is shown."""
        if not self.link.attached:
            return
        try:
            detail = await self.link.feeds()
        except DeskError as error:
            self.line.say(f"No rules: {error.message}")
            return
        self.figures.show_stages(detail.stages)
        self._show_setup(detail.rules, self._set_up)

    def _show_setup(self, rules: tuple[FeedRule, ...], lines: tuple[str, ...]) -> None:
        """Rules and configuration, shown anew only when they differ: where a person has scrolled to stays."""
        if (rules, lines) != (self._rules, self._set_up):
            self._rules, self._set_up = rules, lines
            self._fill_setup()

    def _fill_setup(self) -> None:
        title = f"SET UP, {len(self._rules)} RULES" if self._rules else "SET UP"
        self.setup.show(title, [*self._lacks, *rule_lines(self._rules), *self._set_up])

    def action_open(self) -> None:
        """What a feed says of itself, in full."""
        state = self.history.selected if self.focused is self.history else self.feeds.selected
        if state is None:
            self.line.say("No feed has reported.")
        else:
            words = [state.detail or "nothing to report", f"→ {state.remedy or 'nothing to do'}"]
            self.tell(f"{state.name} {state.light.name} since {figures.clock(state.since_ns)} NY", words)


def lacking_lines(feeds: Iterable[FeedState]) -> list[str]:
    """What a feed does not bring, first of all: symbols, rule, the source's reason, and what to do."""
    lines = []
    for state in feeds:
        for each in state.not_covered:
            lines.append(f"✗ {state.name} does not cover {' '.join(each.symbols)}: rule {each.rule} {each.reason}")
            lines.append(f"  → {each.remedy}")
    return lines


def rule_lines(rules: Iterable[FeedRule]) -> list[str]:
    """Each rule: how it stands, its tag, length and what it covers; under it why it was refused, and its text."""
    lines = []
    for rule in rules:
        covers = f", covers {' '.join(rule.symbols)}" if rule.symbols else ""
        size = f"{rule.length:,} of {rule.limit:,} characters"
        lines.append(f"{_STANDING[rule.standing]} {rule.feed} rule {rule.tag or '(no tag)'}, {size}{covers}")
        lines += [f"  refused: {rule.reason}"] if rule.reason else []
        lines.append(f"  {rule.text}")
    return lines


_STANDING = {
    Standing.ACTIVE: "● active",
    Standing.PENDING: "◌ pending",
    Standing.REFUSED: "✗ refused",
    Standing.FOREIGN: "· foreign",
}


def light_changes(reader: Reader) -> list[tuple[int, FeedState]]:
    """The newest changes of lights with their record's number, oldest first."""
    found = []
    for record in reader.records(("feed",), limit=CHANGES, reverse=True):
        value = record.value()
        if isinstance(value, FeedState):
            found.append((record.seq, value))
    return found[::-1]


def set_up(reader: Reader) -> list[str]:
    """What the engine was started with, from its newest start."""
    record = next(reader.records(("started",), limit=1, reverse=True), None)
    started = None if record is None else record.value()
    if not isinstance(started, Started):
        return []
    return [
        f"profile {started.profile} on {started.broker}, version {started.version}",
        f"feeds {', '.join(started.feeds)}",
        f"symbols {', '.join(started.symbols)}",
        f"scorers {', '.join(started.scorers)}",
        f"strategies {', '.join(started.strategies)}",
        f"configuration {started.config_hash[:16]}, limits {started.limits_hash[:16]}",
    ]
