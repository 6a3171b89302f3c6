from __future__ import annotations

import re

import msgspec

from desk.mirror import Mirror, Part
from desk.notices import Notices
from engine.model.frames import Push
from tests.desk import made_up
from tests.hostile.corpus import CORPUS


def told(notify: tuple[str, ...], bell: tuple[str, ...], *pushes: Push) -> list[str]:
    mirror, said = Mirror(), []
    notices = Notices(notify, bell, said.append)
    notices.tell(mirror.apply(made_up.snapshot()), mirror)
    for push in pushes:
        notices.tell(mirror.apply(msgspec.structs.replace(push, rev=mirror.rev + 1)), mirror)
    return said


def test_nothing_is_told_unless_it_is_asked_for() -> None:
    assert told((), (), Push(rev=0, ticket=made_up.ticket(9))) == []


def test_what_stood_there_is_no_news_and_what_comes_is_told_once() -> None:
    ticket = Push(rev=0, ticket=made_up.ticket(9, "NVDA"))
    assert told(("tickets",), ("tickets",), ticket, ticket) == ["\x1b]9;desk: BUY NVDA to decide\a", "\a"]
    alert = Push(rev=0, alert=made_up.alert(7))
    assert told(("tickets",), (), alert) == []
    assert len(told(("alerts",), (), alert)) == 1


def test_no_foreign_text_reaches_the_terminal_by_this_way() -> None:
    for text in CORPUS.values():
        ticket = made_up.ticket(9)
        hostile = msgspec.structs.replace(ticket, signal=msgspec.structs.replace(ticket.signal, symbol=text))
        for line in told(("tickets",), (), Push(rev=0, ticket=hostile)):
            assert re.fullmatch(r"\x1b\]9;[A-Za-z0-9 .,:/+%@-]*\a", line)


def test_in_tmux_a_notification_is_handed_through_and_the_bell_is_not() -> None:
    mirror, said = Mirror(), []
    notices = Notices(("tickets",), ("tickets",), said.append, in_tmux=True)
    notices.tell(mirror.apply(made_up.snapshot()), mirror)
    notices.tell(mirror.apply(Push(rev=mirror.rev + 1, ticket=made_up.ticket(9, "NVDA"))), mirror)
    assert said == ["\x1bPtmux;\x1b\x1b]9;desk: BUY NVDA to decide\a\x1b\\", "\a"]


def test_a_fresh_snapshot_is_no_news() -> None:
    mirror, said = Mirror(), []
    notices = Notices(("tickets",), (), said.append)
    notices.tell(mirror.apply(made_up.snapshot(tickets=1)), mirror)
    notices.tell(mirror.apply(made_up.snapshot(tickets=3)), mirror)
    assert said == []


def test_what_comes_while_everything_changes_is_told() -> None:
    mirror, said = Mirror(), []
    notices = Notices(("alerts",), (), said.append)
    notices.tell(mirror.apply(made_up.snapshot()), mirror)
    parts = Part.NOTHING
    for message in made_up.busy_moment():
        parts |= mirror.apply(msgspec.structs.replace(message, rev=mirror.rev + 1))
    notices.tell(parts, mirror)
    assert len(said) == 1
