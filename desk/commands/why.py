"""`desk why SYMBOL`: every gate between what is said and an order, as it stands now, the first that fails on top."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from desk.commands.engines import asking
from desk.commands.verbs import AS_JSON, NAME, SYMBOL, client_of, paths_of, say
from desk.context import say_json

if TYPE_CHECKING:
    from desk.client import Client
    from engine.model import Gate, SymbolDetail


@click.pass_context
def _why(ctx: click.Context, /, symbol: str, every: bool, as_json: bool, name: str) -> None:
    with asking(paths_of(ctx, name)):
        detail = asyncio.run(_ask(client_of(ctx, name), symbol))
    if as_json:
        say_json(detail)
    else:
        say(lines(detail, every=every))


def lines(detail: SymbolDetail, *, every: bool) -> list[str]:
    """The gates that fail, in the order in which a signal meets them; with `every` those that are open after them."""
    failing = [gate for gate in detail.gates if not gate.passed]
    words = f"{len(failing)} of {len(detail.gates)} gates fail" if failing else "every gate is open"
    told = [f"{detail.symbol}: {words}"]
    told += [f"  ✗ {_words(gate)}" for gate in failing]
    if every:
        told += [f"  ✓ {_words(gate)}" for gate in detail.gates if gate.passed]
    return told


def _words(gate: Gate) -> str:
    name = gate.name if gate.stage == "risk" else f"{gate.stage} {gate.name}"
    return f"{name}: {gate.text}" if gate.text else name


async def _ask(client: Client, symbol: str) -> SymbolDetail:
    async with client:
        return await client.symbol(symbol)


why = click.Command(
    "why",
    callback=_why,
    params=[
        SYMBOL,
        click.Option(["--all", "every"], is_flag=True, help="Tell the gates that are open too."),
        AS_JSON,
        NAME,
    ],
    help="Why SYMBOL does not trade: every gate that fails, the first one on top.",
)
