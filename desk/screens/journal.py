"""The journal view: find records by id, symbol, author and word; read one in full; open its story."""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.timer import Timer
from textual.widget import Widget
from textual.worker import Worker, get_current_worker

from desk.actions import bindings
from desk.journal_hits import KINDS_SHOWN, STORIED, full_lines, hit_of
from desk.screens.prompt import Prompt
from desk.screens.reading import ReadingView
from engine.clock import SECOND
from engine.journal import Reader
from engine.journal.search import FOUND, Index
from widgets import figures
from widgets.hits import Hit, Hits
from widgets.row_panel import RowPanel
from widgets.text_block import TextBlock

NEWEST = 300
"""Records listed while nothing is searched for."""
_RELIST_S = 5.0
"""How often the newest are listed again while the cursor stands on the first of them."""
_REST_S = 0.12
"""How long the cursor rests on a row before its record is read: a held key reads none on its way."""
_KNOWN = 64
"""Records in full that are remembered while the view is open; a record never changes."""


class JournalView(ReadingView):
    """The index is brought up to date when something is searched for, in a thread of the desk, never by the engine.

    While the cursor stands on the newest record the list follows; anywhere else nothing moves under it.
    """

    VIEW = "journal"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(VIEW)]
    _beside = ("record",)

    def make_panes(self) -> tuple[Widget, ...]:
        self.hits = Hits(id="hits", now_ns=self.link.time.now_ns)
        self.record = TextBlock("RECORD", empty="None chosen.", id="record")
        self.query_text = ""
        self._listed_seq = 0
        """The engine's newest record when the newest were last listed."""
        self._listed_at = 0.0
        self._indexing: Worker[None] | None = None
        """The search that waits for its index."""
        self._before = ("", "")
        """What was searched for before, and what was said of it."""
        self._rest: Timer | None = None
        self._full: OrderedDict[int, list[str]] = OrderedDict()
        return self.hits, self.record

    def mounted(self) -> None:
        super().mounted()
        self._list()

    def beat(self) -> None:
        super().beat()
        status, top = self.link.mirror.status, self.hits.keys[:1]
        stands = bool(top) and self.hits.key != top[0]
        if self.query_text or stands or status is None or status.journal_seq == self._listed_seq:
            return
        if monotonic() - self._listed_at >= _RELIST_S:
            self._list()

    @work(exclusive=True, group="hits")
    async def _list(self) -> None:
        query, status, follows = self.query_text, self.link.mirror.status, self.hits.key == (self.hits.keys or [""])[0]
        self._listed_at, self._listed_seq = monotonic(), 0 if status is None else status.journal_seq
        writes = not self.desk.only_shows
        if query and writes and not await self._index():
            self._take_back()
            return
        found = await self.ask_journal(
            lambda reader: _search(reader, query, writes=writes) if query else _newest(reader)
        )
        if found is None:
            return
        if query:
            most = f", the newest {FOUND}" if len(found) == FOUND else ""
            if not writes:
                most += ", as far as the index goes: this desk does not build it"
            self.hits.note = f"{len(found)} with {query}{most}"
            self.line.say(f"{len(found)} record{'s' * (len(found) != 1)}{most}.")
        else:
            at = figures.clock(self.link.time.now_ns())
            self.hits.note = f"the newest {len(found)} at {at}; {self.desk.keymap.said('feed.search')} searches"
        self.hits.show((str(hit.seq), hit) for hit in found)
        if follows:
            self.hits.first()
        self._read(self.hits.key)

    async def _index(self) -> bool:
        """Bring the index up to date, and say in the title how far it is; leaving ends it."""
        begun_at, first = monotonic(), 0
        query, leave = self.query_text, self.desk.keymap.first("view.leave")

        def told(done: int, of: int) -> None:
            nonlocal begun_at, first
            if not first:
                begun_at, first = monotonic(), done
            left_s = (monotonic() - begun_at) * (of - done) / max(1, done - first) if done > first else 0.0
            takes = f", {figures.countdown(round(left_s) * SECOND)} left" if left_s else ""
            self.hits.note = f"{leave} ends it: indexing {done / of:.0%} of {of:,}{takes}, then {query}"
            self.hits.repaint()

        own = self._indexing = get_current_worker()
        try:
            return await self.bring_index_up(told)
        finally:
            if self._indexing is own:
                self._indexing = None

    def _take_back(self) -> None:
        """What was listed stays, and is called again what it is."""
        self.query_text, self.hits.note = self._before
        self.hits.repaint()

    def action_leave(self) -> None:
        """Leave the view; while a search waits for its index, only that."""
        if self._indexing is None:
            super().action_leave()
            return
        self._indexing.cancel()
        self._indexing = None
        self._take_back()
        self.line.say("The search was ended. What was indexed stays: the next one goes on from there.")

    @on(RowPanel.Chosen)
    def chosen(self, event: RowPanel.Chosen) -> None:
        """The record beside the rows is the one under the cursor, once that rests there."""
        if event.panel_id == "hits":
            if self._rest is not None:
                self._rest.stop()
            self._rest = self.set_timer(_REST_S, self._rested)

    def _rested(self) -> None:
        self._rest = None
        self._read(self.hits.key)

    @work(exclusive=True, group="record")
    async def _read(self, key: str) -> None:
        if not key:
            self.record.show("RECORD", ())
            return
        seq = int(key)
        lines = self._full.get(seq) or await self.ask_journal(
            lambda reader: [line for found in reader.records(after_seq=seq - 1, limit=1) for line in full_lines(found)]
        )
        if lines is None:
            return
        self._full[seq] = lines
        if len(self._full) > _KNOWN:
            self._full.popitem(last=False)
        if self.record.title != f"RECORD {seq}":
            self.record.show(f"RECORD {seq}", lines)

    @work
    async def action_search(self) -> None:
        hint = 'words  $TSLA  @author  kind:ticket  an id  "two words"'
        text = await self.app.push_screen_wait(Prompt("Find in the journal", hint, value=self.query_text))
        if text is not None:
            if self._indexing is None:
                self._before = (self.query_text, self.hits.note)
            self.query_text = text
            self._list()
            self.go(self.hits)

    def action_open(self) -> None:
        """The story of the id under the cursor, where it has one; else the record in full."""
        hit = self.hits.selected
        if hit is None:
            self.line.say("No record is listed.")
        elif self.focused is self.record:
            self.line.say("This is the record in full.")
        elif hit.kind in STORIED:
            self.desk.show_story(hit.key)
        else:
            self.go(self.record)


def _search(reader: Reader, query: str, *, writes: bool) -> list[Hit]:
    with Index(reader, writes=writes) as index:
        index.update()
        return [hit_of(record) for record in index.find(query)]


def _newest(reader: Reader) -> list[Hit]:
    return [hit_of(record) for record in reader.records(KINDS_SHOWN, limit=NEWEST, reverse=True)]
