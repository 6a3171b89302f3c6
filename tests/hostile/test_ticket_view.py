"""A ticket of every text of the corpus, over the socket, in its view, its form and under jump labels."""

from __future__ import annotations

from desk.screens.edit import Edit
from desk.screens.jump import Jump
from desk.screens.ticket import TicketView
from engine.model.frames import Push
from tests.desk import made_up
from tests.desk.conftest import Opener, open_desk, socket
from tests.hostile.corpus import CORPUS
from tests.hostile.poison import driving, poisoned
from tests.widgets.harness import until

__all__ = ["open_desk", "socket"]


async def test_hostile_tickets_in_their_view_their_form_and_under_labels(open_desk: Opener) -> None:
    async with open_desk(size=(100, 30)) as (pilot, app, engine):
        texts = [text for name, text in CORPUS.items() if name != "surrogate"]
        sent = [poisoned(made_up.ticket(number, failed=("R17",)), text) for number, text in enumerate(texts, 10)]
        for ticket in sent:
            await engine.send(Push(rev=0, ticket=ticket))
        await until(pilot, lambda: sent[-1].id in app.link.mirror.tickets)
        app.link.time.tell(made_up.NOW, 0.0)

        def check() -> None:
            for strip in app.screen._compositor.render_strips():
                assert not list(driving("".join(segment.text for segment in strip if not segment.control)))

        for ticket in sent:
            app.open_view("ticket", ticket.id)
            await until(pilot, lambda: isinstance(app.screen, TicketView) and app.screen.ticket)
            await pilot.pause()
            check()
        app.push_screen(Edit(sent[-1]))
        await pilot.pause()
        check()
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.screen is app.main)
        await pilot.press("semicolon")
        await until(pilot, lambda: isinstance(app.screen, Jump))
        check()
        assert engine.commands == []
