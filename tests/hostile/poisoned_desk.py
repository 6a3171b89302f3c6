"""A desk on which every text of the corpus stands in every field that holds text, for every view and dialog.

    python -m tests.hostile.poisoned_desk FOLDER [--plain]

shows it on this terminal; `--plain` shows the same desk with nothing hostile in it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from itertools import cycle
from pathlib import Path

import msgspec

from desk.app import DeskApp
from engine.config import ScreenConfig
from engine.journal.kinds import KINDS
from engine.model import SymbolDetail, Value
from engine.model.feeds import FeedsDetail
from engine.model.frames import Snapshot
from engine.paths import Paths
from tests.desk.journaled import write_day, written
from tests.desk.made_up import NOW
from tests.desk.made_up_answers import feeds_detail, symbol_detail
from tests.desk.still import StillClient
from tests.desk.tour import day
from tests.hostile.corpus import CORPUS
from tests.hostile.poison import made, poisoned

TEXTS = tuple(CORPUS.values())
ALL = "".join(text for text in TEXTS if len(text) < 1_000)
"""Every text at once, where there is only one place."""


def snapshot() -> Snapshot:
    """As many rows of each kind as there are texts."""
    base = day()
    rows: dict[str, object] = {
        name: tuple(poisoned(item, text) for text, item in zip(TEXTS, cycle(items), strict=False))
        for name in base.__struct_fields__
        if (items := getattr(base, name)) and isinstance(items, tuple)
    }
    alone = {name: poisoned(getattr(base, name), ALL) for name in ("status", "account", "version")}
    return msgspec.structs.replace(base, **rows, **alone)


class PoisonedClient(StillClient):
    """An engine all of whose answers are hostile."""

    def __init__(self) -> None:
        super().__init__(snapshot())

    async def symbol(self, name: str) -> SymbolDetail:
        return poisoned(symbol_detail(), ALL)

    async def feeds(self) -> FeedsDetail:
        return poisoned(feeds_detail(), ALL)


def carried(text: str) -> str:
    """As a journal can hold it: UTF-8 has no lone surrogates."""
    return text.encode(errors="replace").decode()


def write_poisoned_day(folder: Path) -> Paths:
    """The made-up day, and behind it a record of every kind with all texts, and one for each text."""
    paths = write_day(folder, text=carried(ALL), author=carried(ALL), reason=carried(ALL))
    with written(paths) as journal:
        told = [*((kind, ALL) for kind in KINDS), *zip(cycle(KINDS), TEXTS, strict=False)]
        for number, (kind, text) in enumerate(told):
            body: Value = made(KINDS[kind], carried(text))
            journal.append(kind, f"{carried(text)[:200]}{number}", body, NOW + number)
    return paths


def app(folder: Path, *, plain: bool = False, config: ScreenConfig | None = None) -> DeskApp:
    """The desk; its clock stands still."""
    client = StillClient(day()) if plain else PoisonedClient()
    paths = write_day(folder) if plain else write_poisoned_day(folder)
    return DeskApp(lambda: client, config or ScreenConfig(fps="60"), seconds=lambda: 0.0, paths=paths)


def main(arguments: Iterable[str] | None = None) -> None:
    """Show it until it is left."""
    parser = argparse.ArgumentParser(description="A desk full of hostile text")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--plain", action="store_true")
    given = parser.parse_args(None if arguments is None else list(arguments))
    app(given.folder, plain=given.plain).run()


if __name__ == "__main__":
    main()
