"""Whatever a message says, it can be sent."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from engine.control.wire import encoded
from engine.model import Alert, Level
from engine.model.records import CommandRecord

ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)


@given(text=ANY, arguments=st.dictionaries(ANY, ANY, max_size=3))
def test_half_a_surrogate_pair_goes_out_as_a_question_mark(text: str, arguments: dict[str, str]) -> None:
    sent = json.loads(encoded(CommandRecord("pause", "person", arguments, True, text, 1)))
    assert sent["text"] == text.encode(errors="replace").decode()
    assert set(sent["arguments"]) == {name.encode(errors="replace").decode() for name in arguments}


def test_a_message_that_can_be_carried_is_sent_as_it_is() -> None:
    alert = Alert("a", Level.INFO, "test", "é🚀", "text", "", 0)
    assert json.loads(encoded(alert))["subject"] == "é🚀"
