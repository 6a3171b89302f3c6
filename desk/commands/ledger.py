"""`desk ledger`: what every decision was worth, read from the journal, also while an engine writes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from desk.commands.journal import JOURNAL, NAME, since_ns
from desk.commands.verbs import say, ticker
from desk.commands.which_journal import journal_path
from desk.context import AS_JSON, say_json
from engine.model import DecisionKind

if TYPE_CHECKING:
    from engine.model.ledger import Ledger


@click.command()
@click.option("--symbol", default="", callback=ticker, help="Only decisions on this symbol.")
@click.option(
    "--outcome", type=click.Choice([kind.value for kind in DecisionKind]), help="Only decisions that ended so."
)
@click.option("--since", help="Only decisions since then: 90s, 30m, 2h, 1d, or an ISO time with a zone.")
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True, help="At most this many, the newest.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV: one row per decision.")
@click.option(
    "--output", type=click.Path(path_type=Path), help="Write a new .csv, .json or .parquet file (mode 0600) instead."
)
@AS_JSON
@JOURNAL
@NAME
@click.pass_context
def ledger(
    ctx: click.Context,
    symbol: str,
    outcome: str | None,
    since: str | None,
    limit: int,
    as_csv: bool,
    output: Path | None,
    as_json: bool,
    file: Path | None,
    name: str,
) -> None:
    """What every decision was worth: each marked to the market 5 minutes, 1 hour and at the close after it.

    A move is in the signal's direction. Worth is what a sent order made by then, and what one that was not sent did
    not make: the value of the decision against its opposite. An unknown price is called unknown.
    """
    from desk.ledger_report import ledger_lines, ledger_table
    from desk.tables import csv_text, write_table

    found = _read(journal_path(ctx, file, name), symbol, outcome, since, limit)
    if output is not None:
        write_table(ledger_table(found), output)
        click.echo(f"{len(found.rows)} decisions written to {output}", err=True)
    elif as_json:
        say_json(found)
    elif as_csv:
        click.echo(csv_text(ledger_table(found)), nl=False)
    else:
        chosen = symbol or outcome or since
        none = "no decision matches; `desk ledger` alone lists them all" if chosen else "no decision has been recorded"
        say(ledger_lines(found) or [none])


def _read(path: Path, symbol: str, outcome: str | None, since: str | None, limit: int) -> Ledger:
    from engine.journal import Reader, read_ledger

    with Reader(path) as reader:
        return read_ledger(
            reader,
            symbol=symbol,
            outcome=None if outcome is None else DecisionKind(outcome),
            since_ns=None if since is None else since_ns(since),
            limit=limit,
        )
