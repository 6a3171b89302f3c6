"""`desk protections list | lift`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from desk.commands.verbs import REASON, command_verb, view_verb
from engine.model.frames import Command

if TYPE_CHECKING:
    from desk.address import Address
    from engine.model.frames import Snapshot


@click.group()
def protections() -> None:
    """Temporary locks: what is locked, why, until when."""


def _lines(snapshot: Snapshot, _: Address) -> list[str]:
    from desk.report import protection_lines

    return protection_lines(snapshot)


protections.add_command(
    view_verb(
        "list",
        "Protections in force.",
        lines=_lines,
        part=lambda snapshot: snapshot.protections,
        none="no protection is in force",
    )
)
protections.add_command(
    command_verb(
        "lift",
        "Lift a protection before its end, with a reason that is journaled.",
        click.Argument(["protection"]),
        REASON,
        send=lambda protection, reason: Command("lift", protection=protection, reason=reason),
    )
)
