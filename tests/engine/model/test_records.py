"""Bodies of journal records: what goes in comes back, older and newer bodies are read."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.model import Author, DisplayText, Match, Post
from engine.model.frames import Command, Reply
from engine.model.records import CommandRecord, PostRecord, ReconciliationRecord


@given(raw=st.text(max_size=30), text=st.text(max_size=30), same=st.booleans())
def test_a_post_comes_back_whole(raw: str, text: str, same: bool) -> None:
    shown = DisplayText(raw if same else text)
    post = Post("1", "x", 1, 2, Author("9", DisplayText("ann")), raw, shown)
    record = PostRecord.of(post, (Match("TSLA", "$TSLA", "cashtag"),))
    body = msgspec.json.encode(record)
    assert msgspec.json.decode(body, type=PostRecord).whole == post
    assert record.as_sent == (raw == shown)


def test_a_command_keeps_what_was_set() -> None:
    command = Command("kill", reason="news", flatten=True, by="person")
    record = CommandRecord.of(command, Reply(False, "refused", remedy="wait"), 7)
    assert record == CommandRecord("kill", "person", {"reason": "news", "flatten": "yes"}, False, "refused", 7)
    assert list(record.arguments) == ["reason", "flatten"]


def test_bodies_of_other_versions_are_read() -> None:
    assert msgspec.json.decode(b'{"at_ns":5,"added_later":1}', type=ReconciliationRecord) == ReconciliationRecord(5)
