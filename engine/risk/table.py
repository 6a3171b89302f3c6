"""docs/controls.md, made from the code: `python -m engine.risk.table` prints it."""

from __future__ import annotations

import sys

from engine.config import Config
from engine.risk.controls import CONTROLS

_HEAD = """# The controls

Every signal meets every control: in replay, paper, live, by hand and on autopilot, and again after the key. Each gives
its id, name, value, limit, unit and a reason `CATEGORY_CONDITION: key=value, key=value`; a verdict holds all of them.
What cannot be known (no price, no equity, not a number) rejects; it is never read as 0.

An order *reduces* when the book says so: a sell of at most what is held. Limits are set in `[risk]`, `[sizing]` and
`[tickets]` of config.toml; `desk config check` names limits that cannot bite.

This page is made from the code by `python -m engine.risk.table > docs/controls.md`.

| id | control | rejects when | default | unit | an order that reduces |
| --- | --- | --- | --- | --- | --- |
"""


def table(config: Config | None = None) -> str:
    """The page as Markdown, with the limits of `config` (the defaults when None)."""
    limits = Config() if config is None else config
    rows = (
        f"| {control.id} | {control.name} | {_cell(control.rejects)} | {_cell(control.default(limits))} "
        f"| {control.unit or '–'} | {_cell(control.reducing)} |\n"
        for control in CONTROLS
    )
    return _HEAD + "".join(rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(table())
