"""Writes what the documentation says about the code, from the code: `make docs`.

README.md holds the keys that act, docs/operations.md the exit codes, each between markers `<!-- name -->` and
`<!-- /name -->`; docs/controls.md, docs/configuration.md and docs/keys.md are made whole. `--check` writes nothing and
fails when a page is stale.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from desk.action import EVERYWHERE
from desk.actions import ACTIONS, Group, key_name
from engine import errors
from engine.config import schema, shipped_path
from engine.risk.table import table

ROOT = Path(__file__).resolve().parents[1]

CONFIGURATION = """# Configuration

Every setting with its default. `desk config init` writes them to your configuration file with their comments, `desk
config show` prints what is in force, `desk config check` finds what is wrong and which limits can never bite.

Four layers make the configuration, later ones over earlier ones: the defaults, your file (or `--config FILE`), its
`[profile.<name>]` for the profile that is started, and environment variables `DESK_SECTION__KEY`
(`DESK_RISK__ORDER_NOTIONAL=2500`, `DESK_STRATEGY__SHIFT__THRESHOLD=0.2`, lists as `DESK_FEEDS__POSTS=x,news`).
A `[[watchlist]]` replaces the one before it as a whole. Unknown keys are refused with file, line and the nearest name,
and so is every variable that begins with `DESK_` and sets nothing, such as `DESK_RISK_ORDER_NOTIONAL`: a limit that is
mistyped must not be believed to hold.
Secrets are no settings: `desk keys set`.

Units are in the names: `_s` seconds, `_ms` milliseconds, `_pct` percent, `_bps` basis points (1/100 %), `_usd` dollars.

This page is made from the code by `make docs`.
"""


KEYS = """# Keys

Every action of the desk with its keys. `?` shows those of the view you are in, `:` finds one by its words, `;` labels
every row and pane in view so that the next key goes there. The mouse is never needed.

Your own keys stand in the `[keys]` table of config.toml, by id; what it says replaces the keys of that action:

```toml
[keys]
ticket.confirm = "Y"
desk.zoom = ["z", "f11"]
order.cancel = []          # no key at all; the palette still finds it
```

A key is a character (`Y`, `?`), a name (`f5`, `space`, `pgup`) or one of those behind `ctrl+`, `alt+` or `shift+`. The
desk does not start with a table that names an unknown id or key, gives two actions of one view one key, takes a key
that terminals, tmux or flow control use (`ctrl+a b c h i j m o q s z [`, `alt+[`, `alt+O`) or that few terminals tell
from another (`shift+1`, `ctrl+shift+k`), confirms by Enter, or leaves quit, help, back or the kill switch without a
key; it says file, line and both ids. Whatever names a key on the screen names yours. Dialogs keep the keys they show,
and Esc always leaves one. Ctrl+C and Ctrl+Q leave nothing: the first says which key does. Ctrl+Z stops
the desk, and `fg` in the shell brings it back; the engine goes on meanwhile.

A key on a ticket is ignored for a quarter second after the ticket moved, changed or got the focus, and one that is held
down decides once: for a second after a confirmation the next one is not taken. With real money a second, different key
sends what the first one asked for.

This page is made from the code by `make docs`.
"""


ACTING = (Group.DECIDE, Group.ENGINE)
"""Groups of keys that do something to tickets, orders or the engine."""


class Setting(NamedTuple):
    """One key of a table of config.toml."""

    key: str
    default: str
    meaning: str


def pages() -> dict[Path, str]:
    """Every generated page and what it must say."""
    readme, operations = ROOT / "README.md", ROOT / "docs" / "operations.md"
    return {
        readme: between(readme.read_text(encoding="utf-8"), "keys", keys()),
        operations: between(operations.read_text(encoding="utf-8"), "exit codes", exit_codes()),
        ROOT / "docs" / "controls.md": table(),
        ROOT / "docs" / "configuration.md": configuration(),
        ROOT / "docs" / "keys.md": KEYS + key_pages(),
    }


def between(text: str, name: str, content: str) -> str:
    """`text` with what stands between the markers of `name` replaced. Raises ValueError when they are missing."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    head, found, rest = text.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"expected the markers {begin} and {end}")
    return f"{head}{begin}\n{content}{end}{tail}"


def keys() -> str:
    """The keys that decide and command as a table, in the order of help."""
    rows = ["| key | does |", "| --- | --- |"]
    for group in ACTING:
        for action in (each for each in ACTIONS if each.group is group):
            names = " ".join(f"`{key_name(key)}`" for key in action.keys)
            rows.append(f"| {names} | {action.tooltip} |")
    return "\n".join(rows) + "\n"


def key_pages() -> str:
    """Every action with id, keys and views, a table per group."""
    text = ""
    for group in Group:
        text += f"\n## {group.value}\n\n| key | id | in | does |\n| --- | --- | --- | --- |\n"
        for action in (each for each in ACTIONS if each.group is group):
            names = " ".join(f"`{key_name(key)}`" for key in action.keys)
            views = "every view" if action.views == EVERYWHERE else ", ".join(action.views)
            text += f"| {names} | `{action.id}` | {views} | {action.tooltip} |\n"
    return text


def exit_codes() -> str:
    """The exit codes as a table."""
    found = sorted((getattr(errors, name), text) for name, text in _documented(errors.__file__, "EXIT_"))
    return "| exit code | meaning |\n| --- | --- |\n" + "".join(f"| {code} | {text} |\n" for code, text in found)


def _documented(file: str, prefix: str) -> Iterator[tuple[str, str]]:
    """Names of a module that begin with `prefix`, with the docstrings below them."""
    yield from (
        (name, text) for name, text in _docstrings(ast.parse(Path(file).read_text()).body) if name.startswith(prefix)
    )


def _docstrings(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for at, statement in enumerate(body):
        if isinstance(statement, ast.Assign):
            target = statement.targets[0]
        elif isinstance(statement, ast.AnnAssign):
            target = statement.target
        else:
            continue
        below = body[at + 1] if at + 1 < len(body) else None
        text = ""
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str):
            text = " ".join(below.value.value.split())
        if isinstance(target, ast.Name):
            yield target.id, text


def configuration() -> str:
    """The whole page about settings."""
    return CONFIGURATION + "".join(_section(path, kind) for path, kind in sections(schema.Config, ()))


def sections(kind: type[schema.Section], at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], type[schema.Section]]]:
    """Every table of config.toml with its type, in order; the watchlist's rows last."""
    for name, hint in inspect.get_annotations(kind, eval_str=True).items():
        if isinstance(hint, type) and issubclass(hint, schema.Section):
            if settings((*at, name), hint):
                yield (*at, name), hint
            yield from sections(hint, (*at, name))
    if kind is schema.Config:
        yield ("watchlist",), schema.WatchRow


def settings(path: tuple[str, ...], kind: type[schema.Section]) -> list[Setting]:
    """The keys of a table with the defaults of config.toml and the docstrings of the schema."""
    values: object = tomllib.loads(shipped_path().read_text(encoding="utf-8"))
    for name in path:
        values = values.get(name, {}) if isinstance(values, dict) else {}
    described = dict(_docstrings(ast.parse(inspect.getsource(kind)).body[0].body))  # type: ignore[attr-defined]
    found = []
    for name, hint in inspect.get_annotations(kind, eval_str=True).items():
        if isinstance(hint, type) and issubclass(hint, schema.Section):
            continue
        if isinstance(values, dict) and name in values:
            default = _toml(values[name])
        else:
            default = _toml(getattr(kind(**_NEEDED.get(kind, {})), name))
        found.append(Setting(name, default, described[name]))
    return found


_NEEDED = {schema.WatchRow: {"symbol": ""}}


def _toml(value: object) -> str:
    """A value as config.toml writes it; a dash for what is empty or absent."""
    if value in (None, "", (), []):
        return "–"
    if isinstance(value, dict):
        return ", ".join(f"`{key} = {json.dumps(each)}`" for key, each in value.items())
    return f"`{value if isinstance(value, Decimal) else json.dumps(value)}`"


def _section(path: tuple[str, ...], kind: type[schema.Section]) -> str:
    title = ".".join(path)
    head = "[[watchlist]]" if kind is schema.WatchRow else f"[{title}]"
    words = (kind.__doc__ or "").partition(": ")[2].strip()
    rows = "".join(f"| `{key}` | {default} | {_cell(meaning)} |\n" for key, default, meaning in settings(path, kind))
    intro = f"{words[:1].upper()}{words[1:]}\n\n" if words else ""
    return f"\n## {head}\n\n{intro}| key | default | |\n| --- | --- | --- |\n{rows}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> int:
    """Write the pages, or with --check say which are stale."""
    check = "--check" in sys.argv[1:]
    stale = [(path, text) for path, text in pages().items() if not path.exists() or path.read_text("utf-8") != text]
    for path, text in stale:
        print(f"{path.relative_to(ROOT)} {'is stale: `make docs`' if check else 'written'}")
        if not check:
            path.write_text(text, encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
