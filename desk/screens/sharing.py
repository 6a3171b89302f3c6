"""Copy, export and picture, for every view: what is under the cursor leaves the screen, and the line says where to."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from textual import work
from textual.screen import Screen
from textual.widget import Widget

from desk.screens.choice import Answer, Choice
from engine.errors import DeskError
from widgets.feed import Feed
from widgets.row_panel import RowPanel

if TYPE_CHECKING:
    from desk.screens.view import ViewScreen
    from desk.tables import Table


@runtime_checkable
class Copied(Protocol):
    """A pane of which something can be copied."""

    def copied(self) -> str:
        """What is under the cursor, as text; empty when there is nothing."""


class Sharing(Screen[None]):
    """Mixed into a view: `copy`, `export`, `screenshot`."""

    def table(self) -> Table | None:
        """What a view exports in place of the rows of the pane; None for those."""
        return None

    @work(exclusive=True, group="copy")
    async def action_copy(self) -> None:
        """Copy the row under the cursor: to the terminal (OSC 52) and, where there is one, by the system's own way."""
        from desk.share import native_copy
        from engine.text import display_text

        view = cast("ViewScreen", self)
        pane = view.pane
        text = pane.copied() if isinstance(pane, Copied) else ""
        if not text:
            view.line.say("There is nothing to copy under the cursor.")
            return
        text = "\n".join(display_text(line, limit=len(line)) for line in text.split("\n"))
        self.app.copy_to_clipboard(text)
        here = not view.desk.only_shows
        program = await asyncio.to_thread(native_copy, text, dict(os.environ)) if here else ""
        how = f"by {program} and the terminal" if program else "by the terminal (OSC 52), if it allows that"
        view.line.done(f"Copied {len(text)} characters {how}.")

    @work
    async def action_export(self) -> None:
        """Write the rows of the pane with the focus to a new file in the state directory."""
        from desk.share import new_file, values_table
        from desk.tables import write_table

        view = cast("ViewScreen", self)
        if view.desk.only_shows:
            view.line.refused(*_ONLY_SHOWS)
            return
        folder = self._folder("exports")
        pane = view.pane
        table = self.table() or (None if pane is None else values_table(pane.id or view.VIEW, _rows(pane)))
        if folder is None or table is None or not table.rows:
            view.line.say("There are no rows to export." if folder else _NOWHERE)
            return
        formats = [
            Answer("c", "csv", "CSV, safe to open in a spreadsheet"),
            Answer("j", "json", "JSON, one object a line"),
            Answer("p", "parquet", "Parquet, where polars or pyarrow is installed"),
        ]
        chosen = await self.app.push_screen_wait(
            Choice("EXPORT", [f"{_counted(len(table.rows))} of {table.name}"], formats)
        )
        if not chosen:
            return
        try:
            path = new_file(folder, table.name, view.link.time.now_ns(), chosen)
            await asyncio.to_thread(write_table, table, path)
        except DeskError as error:
            view.line.refused(error.message, error.remedy)
        else:
            view.line.done(f"{_counted(len(table.rows))} written to {_written(path)}")

    def action_screenshot(self) -> None:
        """Save the screen as SVG."""
        from desk.share import new_file, well_formed

        view = cast("ViewScreen", self)
        if view.desk.only_shows:
            view.line.refused(*_ONLY_SHOWS)
            return
        folder = self._folder("pictures")
        if folder is None:
            view.line.say(_NOWHERE)
            return
        try:
            path = new_file(folder, view.VIEW, view.link.time.now_ns(), "svg")
            path.write_text(well_formed(self.app.export_screenshot()), encoding="utf-8")
            path.chmod(0o600)
        except DeskError as error:
            view.line.refused(error.message, error.remedy)
        except OSError as error:
            view.line.refused(f"The picture could not be written to {folder}: {error.strerror}")
        else:
            view.line.done(f"Picture saved to {_written(path)}")

    def _folder(self, name: str) -> Path | None:
        paths = cast("ViewScreen", self).desk.paths
        return None if paths is None else paths.state_dir / name


_ONLY_SHOWS = ("This desk only shows: nothing is written where it runs.", "export at a desk in a terminal")
_NOWHERE = "This desk does not know a state directory to write to."


def _written(path: Path) -> str:
    """A path as people write it: short enough that a line of 80 columns holds its end."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def _counted(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows:,} rows"


def _rows(pane: Widget) -> list[object]:
    """What a pane shows, as values."""
    if isinstance(pane, RowPanel):
        return list(pane.rows)
    return list(pane.posts) if isinstance(pane, Feed) else []
