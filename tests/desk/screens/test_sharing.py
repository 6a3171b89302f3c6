"""Copy, export and picture: what leaves the screen, where to, and that nothing foreign is obeyed on the way."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import stat
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

from desk.screens.posts import PostsView
from desk.screens.sharing import _counted
from desk.share import native_copy, new_file, values_table
from desk.tables import csv_text
from engine.model import DisplayText
from tests.desk import made_up
from tests.desk.asked import asked
from tests.desk.conftest import Opener
from tests.desk.journaled import write_day
from tests.desk.screens.on_view import view_of
from tests.hostile.corpus import CORPUS
from tests.program import clean
from tests.terminal.tmux import TMUX, Terminal
from tests.widgets.harness import painted, until

replace = msgspec.structs.replace
MARKUP = (
    "</text><script>alert(1)</script>",
    "</style><image href='http://example.invalid/x.png' onload='alert(1)'/>",
    "]]> <![CDATA[ &lol; &#0; &#x1F; <!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>",
    "\ufffe\uffff \ufdd0 and a post like any other",
)
"""What would be more than text in an SVG."""


async def test_a_row_and_a_post_are_copied(open_desk: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    async with open_desk() as (pilot, app, _):
        await pilot.press("5", "c")
        await until(pilot, lambda: "META" in app.clipboard)
        assert "working" in app.clipboard
        await pilot.press("4", "up", "c")
        await until(pilot, lambda: app.clipboard.startswith("@"))
        assert clean(app.clipboard)
        assert "OSC 52" in app.screen.line.text  # type: ignore[attr-defined]


async def test_rows_are_exported_and_the_path_is_told(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(paths=write_day(tmp_path)) as (pilot, app, _):
        await pilot.press("8")
        await until(pilot, lambda: len(app.screen.rows.rows) == 3)  # type: ignore[attr-defined]
        await pilot.press("E")
        await asked(pilot)
        await pilot.press("c")
        line = app.screen.line  # type: ignore[attr-defined]
        await until(pilot, lambda: "written to" in line.text)
        path = Path(line.text.rpartition(" ")[2])
        assert path.parent == tmp_path / "exports"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        assert [row["outcome"] for row in rows] == ["confirmed", "rejected", "blocked"]
        await pilot.press("4", "E")
        await asked(pilot)
        await pilot.press("j")
        line = app.screen.line  # type: ignore[attr-defined]
        await until(pilot, lambda: "60 rows written" in line.text)
        found = json.loads(Path(line.text.rpartition(" ")[2]).read_text(encoding="utf-8"))
        assert found[0]["published"].startswith("2026-11-20T")
        assert {"author", "text", "symbols", "score"} <= found[0].keys()


async def test_a_picture_is_kept_privately(open_desk: Opener, tmp_path: Path) -> None:
    async with open_desk(paths=write_day(tmp_path)) as (pilot, app, _):
        await pilot.press("S")
        assert app.main is not None
        await until(pilot, lambda: "Picture saved to" in app.main.line.text)
        path = Path(app.main.line.text.rpartition(" ")[2])
        assert path.suffix == ".svg"
        assert "<svg" in path.read_text(encoding="utf-8")[:200]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        await pilot.press("S")
        await until(pilot, lambda: len(list((tmp_path / "pictures").iterdir())) == 2)


async def test_a_picture_of_hostile_text_is_a_drawing_and_nothing_else(open_desk: Opener, tmp_path: Path) -> None:
    """Well-formed XML without scripts, references, links or anything that a browser would run."""
    said = [text.encode("utf-8", "replace").decode() for text in (*CORPUS.values(), *MARKUP)]
    posts = tuple(
        replace(made_up.post(n), text=DisplayText(text), author=DisplayText(text[:40])) for n, text in enumerate(said)
    )
    async with open_desk(replace(made_up.snapshot(), posts=posts), size=(200, 60), paths=write_day(tmp_path)) as (
        pilot, app, _,
    ):  # fmt: skip
        await pilot.press("4")
        view = view_of(app, PostsView)
        assert isinstance(view, PostsView)
        pictures = []
        for key, shown in (("g", said[0]), ("G", "alert(1)")):
            await pilot.press(key)
            await until(pilot, lambda shown=shown: shown[:8] in "\n".join(painted(view.feed)))  # type: ignore[misc]
            await pilot.press("S")
            line = app.screen.line  # type: ignore[attr-defined]
            await until(pilot, lambda line=line: "Picture saved to" in line.text)  # type: ignore[misc]
            pictures.append(Path(line.text.rpartition(" ")[2]))
            line.clear()
        for picture in pictures:
            drawn = ElementTree.fromstring(picture.read_text(encoding="utf-8"))
            kinds = {element.tag.rpartition("}")[2] for element in drawn.iter()}
            assert kinds <= {"svg", "style", "defs", "clipPath", "rect", "g", "text", "circle", "line"}
            attributes = {name for element in drawn.iter() for name in element.attrib}
            assert not [name for name in attributes if name.startswith("on") or "href" in name]
        assert "alert(1)" in "".join(picture.read_text(encoding="utf-8") for picture in pictures)


async def test_without_a_state_directory_nothing_is_written(open_desk: Opener) -> None:
    async with open_desk() as (pilot, app, _):
        assert app.main is not None
        for key in ("S", "E"):
            await pilot.press(key)
            await until(pilot, lambda: "does not know a state directory" in app.main.line.text)
            app.main.line.clear()


def test_values_become_columns() -> None:
    ticket = made_up.ticket(1)
    table = values_table("decided", [(ticket, made_up.decision(ticket, made_up.DecisionKind.REJECTED, reason="=1+1"))])
    row = next(iter(csv.DictReader(io.StringIO(csv_text(table), newline=""))))
    assert row["decision.kind"] == "rejected"
    assert row["decision.reason"] == "'=1+1"
    assert row["decision.at"].startswith("2026-11-20T16:45:30")
    assert json.loads(row["ticket.signal"])["symbol"] == "TSLA"
    assert values_table("none", []).rows == []


def test_a_name_is_new_each_time(tmp_path: Path) -> None:
    first = new_file(tmp_path / "x", "ledger", made_up.NOW, "csv")
    assert first.name == "ledger-20261120-164530.csv"
    first.touch()
    assert new_file(tmp_path / "x", "ledger", made_up.NOW, "csv").name == "ledger-20261120-164530-2.csv"


def test_the_systems_own_clipboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "xclip"
    program.write_text(f"#!/bin/sh\ncat > '{tmp_path}/copied'\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert native_copy("héllo", {}) == ""
    assert native_copy("héllo", {"DISPLAY": ":0"}) == "xclip"
    assert (tmp_path / "copied").read_text(encoding="utf-8") == "héllo"
    program.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    assert native_copy("x", {"DISPLAY": ":0"}) == ""


@pytest.mark.terminal
@pytest.mark.skipif(TMUX is None, reason="tmux is not installed")
def test_in_tmux_a_copy_is_in_its_buffer_as_tmux_comes(home: Path) -> None:
    terminal = Terminal(home, (80, 24), os.environ)
    try:
        terminal.type("echo at $TMUX end\n")
        inside = re.search(r"at (/\S+) end\n", terminal.wait(lambda screen: re.search(r"at /\S+ end\n", screen)))
        assert inside is not None
        here = {**os.environ, "TMUX": inside[1], "DISPLAY": "", "WAYLAND_DISPLAY": ""}
        assert native_copy("BUY 26 TSLA @ 191.40\n✓ héllo", here) == "tmux"
        assert terminal._run("show-buffer") == "BUY 26 TSLA @ 191.40\n✓ héllo"
    finally:
        terminal.close()


async def test_a_copied_row_is_words_not_columns(open_desk: Opener) -> None:
    async with open_desk() as (_, app, _engine):
        assert app.main is not None
        copied = app.main.tickets.copied()
        assert "   " not in copied
        assert "▲ BUY  TSLA  26 @ 191.40  stop 181.83" in copied


def test_rows_are_counted_as_every_count_is_written() -> None:
    assert [_counted(rows) for rows in (1, 2, 1_014)] == ["1 row", "2 rows", "1,014 rows"]
