"""What a reply of the venue means: accepted, rejected or unresolved; known, not known or not answered."""

from __future__ import annotations

import pytest

from engine.alpaca.rest import Reply
from engine.brokers.alpaca_answer import canceled, duplicate, found_after_duplicate, looked_up, submitted
from engine.model import Outcome


@pytest.mark.parametrize(
    ("status", "words", "taken"),
    [
        (422, "client_order_id must be unique", True),
        (422, "Client Order ID must be unique", True),
        (409, "client order id already exists", True),
        (422, "client_order_id is too long", False),
        (403, "insufficient buying power", False),
    ],
)
def test_a_taken_id_is_known_by_its_words(status: int, words: str, taken: bool) -> None:
    assert duplicate(Reply(status, {"code": 40010001, "message": words})) is taken


ASKED = "desk-1"
ORDER = {
    "id": "v-1", "client_order_id": ASKED, "symbol": "TSLA", "side": "buy", "qty": "3", "filled_qty": "0",
    "type": "limit", "limit_price": "250", "status": "new", "asset_class": "us_equity",
}  # fmt: skip
SAYS_NO = {"code": 40310000, "message": "insufficient buying power"}
NO_ANSWER = (
    Reply(None, problem="no answer within 5 s"),
    Reply(500, SAYS_NO),
    Reply(504, None, "HTML"),
    Reply(302),
    Reply(404, None, "HTML"),
    Reply(408, SAYS_NO),
    Reply(200, None, "cut off"),
    Reply(200, {"status": "new"}),
    Reply(200, [ORDER]),
    Reply(200, {**ORDER, "client_order_id": "desk-2"}),
)
"""Nothing is known from any of these: half an answer, a proxy's, or one about another order."""


@pytest.mark.parametrize("reply", NO_ANSWER)
def test_what_is_no_answer_is_unresolved_with_its_reason(reply: Reply) -> None:
    answer, lookup = submitted(reply, ASKED), looked_up(reply, ASKED)
    assert (answer.outcome, answer.order) == (Outcome.UNRESOLVED, None)
    assert (lookup.known, lookup.order) == (None, None)
    assert answer.reason and lookup.reason
    if reply.status != 200:
        assert canceled(reply).outcome is Outcome.UNRESOLVED


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(200, ORDER), Outcome.ACCEPTED),
        (Reply(200, {**ORDER, "status": "rejected"}), Outcome.REJECTED),
        (Reply(200, {**ORDER, "status": "quantum_entangled"}), Outcome.UNRESOLVED),
        (Reply(403, SAYS_NO), Outcome.REJECTED),
        (Reply(429, None, "slow down", retry_after_s=7.0), Outcome.REJECTED),
    ],
)
def test_what_came_of_an_order(reply: Reply, outcome: Outcome) -> None:
    answer = submitted(reply, ASKED)
    assert answer.outcome is outcome
    assert (answer.order is not None) is (reply.status == 200)
    assert answer.retry_after_s == reply.retry_after_s


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(204), Outcome.ACCEPTED),
        (Reply(299), Outcome.ACCEPTED),
        (Reply(404, {"code": 40410000, "message": "order not found"}), Outcome.REJECTED),
        (Reply(422, {"message": "order is not cancelable"}), Outcome.REJECTED),
        (Reply(429, retry_after_s=7.0), Outcome.REJECTED),
        (Reply(199), Outcome.UNRESOLVED),
        (Reply(300), Outcome.UNRESOLVED),
    ],
)
def test_what_came_of_a_cancel(reply: Reply, outcome: Outcome) -> None:
    answer = canceled(reply)
    assert answer.outcome is outcome
    assert answer.retry_after_s == reply.retry_after_s


@pytest.mark.parametrize(
    ("reply", "known"),
    [
        (Reply(200, ORDER), True),
        (Reply(404, {"code": 40410000, "message": "not here"}), False),
        (Reply(404, {"message": "Order was not found"}), False),
        (Reply(404, {"message": "route not found"}), None),
        (Reply(403, SAYS_NO), None),
    ],
)
def test_only_a_404_about_an_order_says_that_there_is_none(reply: Reply, known: bool | None) -> None:
    found = looked_up(reply, ASKED)
    assert found.known is known
    assert (found.order is not None) is (known is True)


def test_what_is_found_under_a_taken_id_is_adopted() -> None:
    refused = Reply(422, {"message": "client_order_id must be unique"})
    adopted = found_after_duplicate(looked_up(Reply(200, ORDER), ASKED), refused)
    assert adopted.order is not None and adopted.order.venue_id == "v-1"
    assert (adopted.outcome, adopted.taken) == (Outcome.ACCEPTED, False)
    unread = found_after_duplicate(looked_up(Reply(200, {**ORDER, "status": "??"}), ASKED), refused)
    assert (unread.outcome, unread.order is not None) == (Outcome.UNRESOLVED, True)
    gone = found_after_duplicate(looked_up(Reply(504), ASKED), refused)
    assert (gone.outcome, gone.taken) == (Outcome.UNRESOLVED, True)
