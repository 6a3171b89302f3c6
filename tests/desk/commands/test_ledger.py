"""`desk ledger` on a journal of a few decisions: text, JSON, CSV, a file, filters."""

from __future__ import annotations

import csv
import io
import json
import stat
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from desk.commands.ledger import ledger
from engine.clock import HOUR, MINUTE, parse_iso
from engine.config import JournalConfig
from engine.errors import DeskError
from engine.journal import Journal
from engine.model import Alert, Decision, DecisionKind, Level, Quote
from tests.desk import made_up
from tests.program import clean

NOON = parse_iso("2026-11-20T17:00:00Z")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "paper.journal"
    journal = Journal(path, JournalConfig(), profile="paper")
    journal.open()
    for number, (symbol, kind, reason) in enumerate(
        (("TSLA", DecisionKind.REJECTED, "=HYPERLINK(1)"), ("META", DecisionKind.EXPIRED, "\x1b]0;owned\x07 too late"))
    ):
        at_ns = NOON + number * MINUTE
        ticket = made_up.ticket(number, symbol, at_ns=at_ns)
        journal.append("ticket", ticket.id, ticket, at_ns)
        journal.append("quote", symbol, Quote(symbol, at_ns, at_ns, Decimal(99), Decimal(100), None), at_ns)
        decision = Decision(ticket.id, ticket.signal.id, kind, "person", reason, at_ns, ticket.fingerprint)
        journal.append("decision", decision.signal_id, decision, at_ns)
    at_ns = NOON + 5 * MINUTE
    journal.append("quote", "TSLA", Quote("TSLA", at_ns, at_ns, Decimal(101), Decimal(103), None), at_ns)
    journal.append("alert", "a", Alert("a", Level.INFO, "c", "s", "t", "", at_ns), NOON + HOUR)
    journal.close()
    return path


def desk(*args: str | Path, file: Path) -> Result:
    return CliRunner().invoke(ledger, [*map(str, args), "--journal", str(file)])


def test_text_says_what_is_known_and_what_is_not(file: Path) -> None:
    found = desk(file=file)
    assert clean(found.output)
    first, second, *_ = found.output.splitlines()
    assert first.startswith(
        "2026-11-20 12:00:00.000 NY BUY  26 TSLA at 100 rejected by person: 5m +200.00 bps worth -$52.00"
    )
    assert "close unknown (not yet)" in first
    assert "5m unknown (no price was recorded in the 2 minutes before" in second
    assert "outcome  rejected         1  5m 1/1 +200.00 bps, -$52.00 of 1" in found.output
    assert "outcome  expired          1  5m 0/0 unknown, unknown" in found.output


def test_json_csv_and_file_agree(file: Path, tmp_path: Path) -> None:
    rows = json.loads(desk("--json", file=file).output)["rows"]
    table = list(csv.DictReader(io.StringIO(desk("--csv", file=file).output, newline="")))
    assert [row["ticket_id"] for row in rows] == [row["ticket"] for row in table]
    assert table[0]["5m_worth"] == rows[0]["marks"][0]["worth"] == "-52.00"
    assert table[1]["5m_worth"] == ""
    assert table[0]["reason"] == "'=HYPERLINK(1)"
    target = tmp_path / "ledger.csv"
    assert desk("--output", target, file=file).exit_code == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert target.read_bytes().decode() == desk("--csv", file=file).stdout_bytes.decode()


def test_filters(file: Path) -> None:
    def symbols(*args: str) -> list[str]:
        return [row["symbol"] for row in json.loads(desk("--json", *args, file=file).output)["rows"]]

    assert symbols("--symbol", "tsla") == symbols("--symbol", "$TSLA") == ["TSLA"]
    assert symbols("--outcome", "expired") == ["META"]
    assert symbols("--since", "2026-11-20T17:00:30Z") == ["META"]
    assert symbols("--limit", "1") == ["META"]
    for nothing in (("--symbol", "GOOG"), ("--outcome", "auto"), ("--since", "1s")):
        said = desk(*nothing, file=file).output
        assert "no decision matches" in said and "no decision has been recorded" not in said
    assert isinstance(desk("--since", "yesterday", file=file).exception, DeskError)
