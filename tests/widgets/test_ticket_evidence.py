from __future__ import annotations

import pytest
from msgspec.structs import replace
from rich.style import Style

from engine.model import DisplayText
from tests.desk.made_up import NOW, ticket
from tests.widgets.harness import COLORS, painted, stage, text
from widgets.line import Line
from widgets.ticket_evidence import TicketEvidence, evidence_lines


async def test_posts_by_their_share_with_score_age_and_author() -> None:
    evidence = TicketEvidence(now_ns=lambda: NOW)
    async with stage(evidence, (90, 30)) as pilot:
        evidence.show(ticket().signal)
        await pilot.pause(0.4)
        lines = painted(evidence)
        assert "5 posts  top author 18%  text 11%" in lines[0]
        assert lines[1].startswith("  34% ▲+0.80 conf 0.86   22s ago  @marketwire_ed")
        shares = [line[:5].strip() for line in lines[1:] if line[:5].strip().endswith("%")]
        assert shares == ["34%", "21%", "12%", "8%", "5%"]


def test_what_the_guards_took_is_said() -> None:
    signal = ticket().signal
    doubted = replace(signal, evidence=(replace(signal.evidence[0], guard=0.25, text=DisplayText("again and again")),))
    shown = text(evidence_lines(doubted, NOW, 90, COLORS))
    assert "guards 25%" in shown
    assert "again and again" in shown


def test_a_scorers_reason_stands_under_the_text_in_two_lines_at_most() -> None:
    signal = ticket().signal
    reason = DisplayText("sarcasm: the recall is praised only to mock it, " * 6)
    told = replace(signal, evidence=(replace(signal.evidence[0], reason=reason),))
    lines = text(evidence_lines(told, NOW, 90, COLORS)).splitlines()
    because = [line for line in lines if "sarcasm" in line]
    assert because[0].strip().startswith("because: sarcasm")
    assert len(because) == 2
    assert "because" not in text(evidence_lines(signal, NOW, 90, COLORS))


@pytest.mark.parametrize("author", ["alexandra_of_macedon_and_all_asia", "漢字漢字漢字漢字漢字漢字", "mo"])
def test_author_and_guards_are_said_at_any_width(author: str) -> None:
    signal = ticket().signal
    doubted = replace(signal, evidence=(replace(signal.evidence[0], guard=0.25, author=DisplayText(author)),))
    for width in range(24, 130):
        shown = [painted_line(line, width) for line in evidence_lines(doubted, NOW, width, COLORS)]
        assert any("guards 25%" in line for line in shown), width
        named = next(line for line in shown if "@" in line)
        assert f"@{author}" in named or "…" in named, named


def painted_line(line: Line, width: int) -> str:
    return line.strip(width, Style()).text
