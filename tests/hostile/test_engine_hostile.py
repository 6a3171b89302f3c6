"""Posts that attack, through the real engine: only clean text reaches a shell, and the journal keeps what was said."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.journal.reader import Reader
from engine.model import TradingState
from engine.model.records import PostRecord
from tests.engine.kernel import made_up
from tests.engine.kernel.process import EngineProcess, ending, until
from tests.hostile.corpus import CORPUS
from tests.program import REPLAYING, clean, desk, driving

pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("hostile posts")]

LONG = "very " * 5_000
HOSTILE = [
    *CORPUS.values(),
    LONG,
    "\x1b[31;1m" * 400,
    "\ud83d\ude00 \udc00",
    "$TSLA" * 600,
    "<script>&lt;b&gt;&#27;[2J",
]
REASON = "drill \x1b]0;owned\x07 \x9b2J \u202e[bold red]up[/] \x00"
SETTINGS = {
    **REPLAYING,
    "DESK_REPLAY__SPEED": "10",
    "DESK_REPLAY__START": "10:45",
    "DESK_TICKETS__TTL_S": "36000",
    "DESK_STRATEGY__SHIFT__EXPIRES_S": "36000",
    "DESK_RISK__STALE_SIGNAL_S": "36000",
    "DESK_ENGINE__HEARTBEAT_S": "1",
}


def attacks() -> list[dict[str, object]]:
    """The made-up morning, in which every post also says something hostile, and half of the names do."""
    rows = made_up.rows()
    posts = [row for row in rows if "text" in row]
    for number, row in enumerate(posts):
        said = HOSTILE[number % len(HOSTILE)]
        row["text"] = f"{row['text']} {said}" if number % 2 else f"{said} {row['text']}"
        author = row["author"]
        assert isinstance(author, dict)
        if number % 3 == 0:
            row["author"] = {**author, "screen_name": said[:80] or "nobody"}
    return rows


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineProcess]:
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        home = Path(folder)
        recording = made_up.write(home / "attacks.jsonl", attacks())
        with ending(EngineProcess(home, env={**SETTINGS, "DESK_REPLAY__PATH": str(recording)})) as process:
            process.start()
            until(lambda: process.snapshot().tickets, f"a ticket\n{process.log}", 30.0)
            yield process


def shown(engine: EngineProcess, *arguments: str) -> str:
    """What a verb writes; AssertionError, with the place, when there is anything that a terminal would obey."""
    found: subprocess.CompletedProcess[str] = desk(
        engine.home, *arguments, "--profile", "simulated", settings=REPLAYING
    )
    assert found.returncode == 0, found.stderr
    for stream in (found.stdout, found.stderr):
        assert not driving(stream), f"{' '.join(arguments)}: {driving(stream)}"
    return found.stdout


def test_status_and_tickets(engine: EngineProcess) -> None:
    assert "TSLA" in shown(engine, "status")
    text = shown(engine, "tickets")
    assert "BUY TSLA" in text
    assert all(len(line) < 1000 for line in text.splitlines())
    json.loads(shown(engine, "status", "--json"))
    (ticket,) = json.loads(shown(engine, "tickets", "--json"))
    assert ticket["signal"]["evidence"]


def test_the_journals_verbs(engine: EngineProcess) -> None:
    signal = engine.snapshot().tickets[0].signal
    for kind in ("post", "signal", "ticket", "reading"):
        assert kind in shown(engine, "journal", "show", "--kind", kind, "--limit", "5000")
    shown(engine, "journal", "show", "--json", "--limit", "5000")
    assert signal.id in shown(engine, "journal", "why", signal.id)
    assert json.loads(shown(engine, "journal", "why", signal.evidence[0].post_id, "--json"))
    for format_ in ("jsonl", "csv"):
        assert shown(engine, "journal", "export", "--format", format_).isascii()


def test_the_raw_text_is_in_the_journal(engine: EngineProcess) -> None:
    with Reader(engine.journal) as reader:
        written = {record.key: record.value() for record in reader.records(kinds=("post",))}
    said = {str(row["id"]): str(row["text"]) for row in attacks() if "text" in row}
    assert len(written) > 100
    for post_id, record in written.items():
        assert isinstance(record, PostRecord)
        assert record.post.raw == "".join("\ufffd" if lone(each) else each for each in paired(said[post_id]))
        assert clean(record.post.text)
        assert clean(record.post.author.name)


def paired(text: str) -> str:
    """Surrogate pairs as the one character they stand for: JSON cannot tell them apart."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def lone(character: str) -> bool:
    """Half of a surrogate pair: the one thing that UTF-8, and so the journal, cannot hold."""
    return "\ud800" <= character <= "\udfff"


def test_what_a_person_types_is_cleaned_too(engine: EngineProcess) -> None:
    shown(engine, "pause", "--reason", REASON.replace("\x00", ""))
    shown(engine, "status")
    shown(engine, "resume", "--reason", REASON.replace("\x00", ""))
    engine.kill_file.write_text(REASON)
    until(lambda: engine.snapshot().status.state is TradingState.HALTED, "HALTED")
    assert "HALTED (drill" in shown(engine, "status")
    shown(engine, "status", "--json")
    shown(engine, "journal", "show", "--kind", "state")
    engine.kill_file.unlink()
    shown(engine, "resume", "--reason", "over")
    assert clean(engine.log), "the log"
