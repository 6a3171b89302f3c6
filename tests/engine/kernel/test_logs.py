"""Log lines, and who does not read them."""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import subprocess
import sys
import threading

import pytest

from engine.kernel.logs import TRACEBACK_LINES, JsonFormatter, Lines, TextFormatter
from tests.engine.kernel.process import ROOT

pytestmark = pytest.mark.timeout(60)

FOREIGN = "a post \x1b]0;title\x07\x1b[2J\x9b31m\u202e said"


TALKS = """
import logging, sys
from engine.kernel.logs import set_up

set_up(sys.argv[1], "info")
for number in range(5_000):
    logging.getLogger("engine.kernel.talk").info("line %d %s", number, "x" * 200)
print("through", flush=True)
sys.stdin.readline()
logging.getLogger("engine.kernel.talk").warning("last words \x1b[31m")
"""


def talking(log_format: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", TALKS, log_format], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_log_that_nobody_reads_holds_nothing_up_and_says_what_it_left_out(log_format: str) -> None:
    with talking(log_format) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "through\n"
        _, written = process.communicate("\n", timeout=30)
    lines = written.splitlines()
    assert "\x1b" not in written
    if log_format == "json":
        lines = [json.loads(line)["text"] for line in lines]
    told = [int(match[1]) for line in lines if (match := re.search(r"([0-9]+) lines were left out", line))]
    assert told
    assert len(lines) - len(told) + sum(told) == 5_001, "every line is written or counted"


def test_a_log_whose_reader_is_gone_holds_nothing_up() -> None:
    with talking("text") as process:
        assert process.stdout is not None and process.stderr is not None
        process.stderr.close()
        assert process.stdout.readline() == "through\n"
        process.communicate("\n", timeout=30)
    assert process.returncode == 0


def test_an_end_waits_for_the_last_lines_but_not_for_ever() -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    while True:
        try:
            os.write(write, b"x" * 65_536)
        except BlockingIOError:
            break
    os.set_blocking(write, True)
    process = subprocess.Popen([sys.executable, "-c", TALKS, "text"], cwd=ROOT, stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=write)  # fmt: skip
    os.close(write)
    reader = threading.Timer(30, os.close, (read,))
    reader.start()
    process.communicate(b"\n", timeout=25)
    assert process.returncode == 0
    reader.cancel()
    os.close(read)


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_foreign_text_in_a_traceback_drives_no_terminal(formatter: logging.Formatter) -> None:
    def dig(depth: int) -> None:
        if depth:
            dig(depth - 1)
        raise ValueError(FOREIGN)

    try:
        dig(300)
    except ValueError:
        record = logging.LogRecord("engine.feeds.theirs", logging.ERROR, "", 0, "broke", None, sys.exc_info())
    line = formatter.format(record)
    assert line.replace("\n", "").isprintable()
    assert "ValueError: a post" in line and "said" in line
    assert len(line.splitlines()) <= TRACEBACK_LINES + 1


def test_lines_that_a_full_disk_refused_are_counted_and_tear_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    room = threading.Event()
    whole = os.write

    def full(descriptor: int, data: bytes) -> int:
        if room.is_set() or descriptor != write:
            return whole(descriptor, data)
        if data.startswith(b'{"at"'):
            return whole(descriptor, data[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    lines = Lines(write)
    lines.setFormatter(JsonFormatter())
    for number in range(3):
        lines.emit(logging.LogRecord("engine.x", logging.INFO, "", 0, "lost %d", (number,), None))
    lines.flush()
    room.set()
    lines.emit(logging.LogRecord("engine.x", logging.INFO, "", 0, "again", None, None))
    lines.close()
    os.close(write)
    with os.fdopen(read) as written:
        torn, *rest = written.read().splitlines()
    assert torn.startswith('{"at"')
    assert [json.loads(line)["text"] for line in rest] == ["3 lines were left out: nobody took them", "again"]


def test_a_log_that_has_ended_waits_for_nobody() -> None:
    """While the interpreter ends, tasks that are destroyed log; a thread that it has ended may hold the lock."""
    reading, writing = os.pipe()
    lines = Lines(writing)
    lines.close()
    assert not lines._writer.is_alive()
    held, logged = threading.Event(), threading.Event()

    def hold() -> None:
        with lines._changed:
            held.set()
            logged.wait(20)

    holder = threading.Thread(target=hold)
    record = logging.LogRecord("engine", logging.WARNING, "", 0, "too late", None, None)
    speaker = threading.Thread(target=lines.handle, args=(record,))
    holder.start()
    assert held.wait(20)
    speaker.start()
    speaker.join(5)
    waits = speaker.is_alive()
    logged.set()
    for thread in (holder, speaker):
        thread.join(20)
    os.close(reading)
    os.close(writing)
    assert not waits
