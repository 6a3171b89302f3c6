"""The ledger view: every decision with what came after it, and what the decisions add up to."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.widget import Widget
from textual.worker import Worker

from desk.actions import bindings
from desk.ledger_filter import LedgerFilter
from desk.ledger_report import groups_table, ledger_table
from desk.mirror import Part
from desk.screens.prompt import FILTERS, Prompt
from desk.screens.reading import ReadingView
from desk.tables import Table
from engine.clock import SECOND
from engine.journal import read_ledger
from engine.journal.ledger import groups
from engine.model.ledger import Ledger
from widgets.ledger_detail import LedgerDetail
from widgets.ledger_groups import LedgerGroups
from widgets.ledger_rows import LedgerRows
from widgets.row_panel import RowPanel

MOST = 2_000
"""Most decisions read, the newest."""
_LEAST_NS = 10 * SECOND
"""The journal is read again at most this often, by the engine's clock."""
_TRIES = 10
"""How often it is read for a decision that the engine has told and the journal does not show yet: told decisions reach
the disk within the writer's next group, a moment later."""


class LedgerView(ReadingView):
    """Reads the journal when it is opened, when a decision falls, and when an instant comes at which one is marked."""

    VIEW = "ledger"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(VIEW)]
    _beside = ("detail",)

    def make_panes(self) -> tuple[Widget, ...]:
        now = self.link.time.now_ns
        self.rows = LedgerRows(id="rows", now_ns=now)
        self.groups = LedgerGroups(id="groups", now_ns=now)
        self.detail = LedgerDetail(id="detail")
        self.filter = LedgerFilter()
        self._ledger = Ledger((), (), 0)
        self._read_ns = 0
        self._due_ns: int | None = None
        self._missing = ""
        """Ticket whose decision the engine has told and the journal did not show at the last reading."""
        self._tries = 0
        self._reading: Worker[None] | None = None
        """The newest reading of the journal: one that takes long is not begun anew before it has ended."""
        return self.rows, self.groups, self.detail

    def update_parts(self, parts: Part) -> None:
        super().update_parts(parts)
        if Part.DECISIONS in parts:
            self._missing, self._tries = next(reversed(self.link.mirror.closed), ""), _TRIES
            self._reading = self.read()

    def beat(self) -> None:
        super().beat()
        now_ns = self.link.time.now_ns()
        if self._reading is not None and not self._reading.is_finished:
            return
        if self._missing and self._tries:
            self._tries -= 1
            self._reading = self.read()
        elif self._due_ns is not None and now_ns >= self._due_ns and now_ns - self._read_ns >= _LEAST_NS:
            self._reading = self.read()

    @work(exclusive=True, group="ledger")
    async def read(self) -> None:
        """Read the ledger again."""
        self._read_ns = self.link.time.now_ns()
        found = await self.ask_journal(lambda reader: read_ledger(reader, limit=MOST))
        if found is not None:
            self._ledger = found
            if any(row.ticket_id == self._missing for row in found.rows):
                self._missing = ""
            waiting = (mark.due_ns for row in found.rows for mark in row.marks if mark.why == "not yet")
            self._due_ns = min((due for due in waiting if due is not None), default=None)
            self._show()

    def _show(self) -> None:
        shown = tuple(row for row in self._ledger.rows if self.filter.matches(row))
        notes = [f"{len(shown)}"] + (["the newest"] if self._ledger.more else [])
        self.rows.note = " ".join(notes + ([f"of {len(self._ledger.rows)}: {self.filter.text}"] if self.filter else []))
        self.rows.show((str(row.seq), row) for row in shown)
        self.groups.show((f"{group.by} {group.name}", group) for group in groups(shown))
        self.detail.show(self.rows.selected)

    @property
    def symbol(self) -> str:
        return self.rows.selected.symbol if self.rows.selected else self.subject

    @on(RowPanel.Chosen)
    def chosen(self, event: RowPanel.Chosen) -> None:
        """The detail is about the row under the cursor."""
        if event.panel_id == "rows":
            self.detail.show(self.rows.selected)

    def action_open(self) -> None:
        """The whole story of the decision under the cursor; of a group, its decisions."""
        group = self.groups.selected
        if self.focused is self.groups and group is not None:
            self.filter = self.filter.within(group)
            self._show()
            self.go(self.rows)
        elif self.rows.selected is not None:
            self.desk.show_story(self.rows.selected.signal_id)
        else:
            self.line.say("No decision is listed.")

    @work
    async def action_filter(self) -> None:
        hint = "TSLA  rejected  person  R17  shift  buy  symbol:A  words of the reason"
        prompt = Prompt("Show only decisions that match", hint, value=self.filter.text, enter=FILTERS)
        text = await self.app.push_screen_wait(prompt)
        if text is not None:
            self.filter = LedgerFilter(text)
            self._show()
            self.go(self.rows)

    def table(self) -> Table:
        """What is shown, for export: the sums where they have the focus, else the decisions."""
        if self.focused is self.groups:
            return groups_table(self.groups.rows)
        rows = tuple(row for row in self._ledger.rows if self.filter.matches(row))
        return ledger_table(Ledger(rows, (), self._ledger.reached_ns))
