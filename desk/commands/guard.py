"""`desk guard why POST`: what the guards made of a post, from the journal."""

from __future__ import annotations

from pathlib import Path

import click

from desk.commands.journal import JOURNAL, NAME, terminal_width
from desk.commands.which_journal import journal_path
from desk.context import AS_JSON, say_json


@click.group()
def guard() -> None:
    """What the guards make of posts: rings, copies, stuffed cashtags, prolific authors."""


@guard.command(short_help="Why a post weighs what it weighs.")
@click.argument("post")
@AS_JSON
@JOURNAL
@NAME
@click.pass_context
def why(ctx: click.Context, post: str, as_json: bool, file: Path | None, name: str) -> None:
    """Why a post weighs what it weighs: its cluster, the similar posts, their authors, the verdicts; on one screen.

    The answer comes from the journal, so posts from before a restart are told like any other. Exit code 0 when the post
    is known, 1 when the journal holds none of that id, 6 when there is no journal or it cannot be read.
    """
    from desk.guard_report import weighing_lines
    from engine.journal import Reader
    from engine.journal.weighing import weigh

    with Reader(journal_path(ctx, file, name)) as reader:
        found = weigh(reader, post)
    if as_json:
        say_json(found)
    else:
        click.echo("\n".join(weighing_lines(found, terminal_width())))
