"""The keys in force: the defaults of the table of actions, with the `[keys]` table of config.toml laid over them.

A table that names an unknown action or key, takes a key that another action of the same view has, or leaves no key
to quit, help or the kill switch is refused as a whole, with file, line, key and both ids.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from textual.keys import KEY_NAME_REPLACEMENTS, Keys

from desk.action import EVERYWHERE, Action
from desk.actions import ACTIONS, BY_ID, NAMES, RESERVED, key_name
from desk.views import VIEWS
from engine.config import where_in
from engine.errors import ConfigError

Setting = str | tuple[str, ...]
"""One key, or several."""
KeyTable = Mapping[str, Setting | Mapping[str, Setting]]
"""`[keys]`: `ticket.confirm = "Y"`, or an id in quotes; an empty list takes an action's keys away."""

_NEEDED = ("desk.quit", "desk.help", "engine.kill", "view.leave")
"""Actions that always have a key: nobody must be locked in, and the kill switch is one key."""
_SPELLED = {name.lower(): key for key, name in NAMES.items()} | {"esc": "escape", "del": "delete", "return": "enter"}
_KNOWN = {key.value for key in Keys if not key.value.startswith("<")} | set(NAMES)
_MODIFIERS = frozenset({"ctrl", "alt", "shift", "super"})
_SHIFTED = {key.removeprefix("shift+") for key in _KNOWN if key.startswith("shift+")} | {f"f{n}" for n in range(1, 25)}
"""Keys that terminals tell with shift from those without."""
_SENT = {"ctrl+at": "ctrl+@", "ctrl+space": "ctrl+@"}
"""Keys that terminals send as another one."""
_NO_KEY = "no-key"
"""What no terminal sends. Textual keeps an action's default key where a keymap says nothing for it."""


class Keymap:
    """Every action's keys. Built from `[keys]`; raises ConfigError when that cannot be."""

    def __init__(self, table: KeyTable | None = None, source: Path | None = None) -> None:
        """`source` is the file that errors name; None stands for the shipped defaults."""
        self._source = source
        self.keys: dict[str, tuple[str, ...]] = {action.id: action.keys for action in ACTIONS}
        """The keys in force by action id, as Textual names them; the first one is shown."""
        self._own = {id: self._chosen(id, value) for id, value in _flat(table or {})}
        self.keys |= self._own
        self._refuse_conflicts()

    def textual(self) -> dict[str, str]:
        """The keys that differ from the defaults, as `App.set_keymap` takes them."""
        return {id: ",".join(keys) or _NO_KEY for id, keys in self._own.items()}

    def written(self, id: str) -> str:
        """An action's keys as people write them: `d Enter`; empty when it has none."""
        return " ".join(key_name(key) for key in self.keys[id])

    def first(self, id: str) -> str:
        """The key to name where one is shown: `y`; empty when it has none."""
        return key_name(self.keys[id][0]) if self.keys[id] else ""

    def said(self, id: str) -> str:
        """The key as a sentence names it: `t`; of an action without one, how the palette finds it: `: tickets`."""
        return self.first(id) or f"{self.first('desk.palette') or 'palette'} {BY_ID[id].label}"

    def _chosen(self, id: str, value: Setting) -> tuple[str, ...]:
        action = BY_ID.get(id)
        if action is None:
            raise self._error(id, f"expected the id of an action, found {id!r}", _nearest(id, BY_ID))
        keys = tuple(self._key(id, word) for word in ((value,) if isinstance(value, str) else value))
        if not keys and id in _NEEDED:
            raise self._error(id, f"expected a key for {id}, found none", "give it one: it must always be reachable")
        if action.by_key_only and "enter" in keys:
            raise self._error(id, f"expected a key that is not Enter for {id}, found Enter", "Enter never confirms")
        return keys

    def _key(self, id: str, word: str) -> str:
        """A key as Textual names it. Raises ConfigError for one that is not a key, or that terminals take."""
        *before, last = word.strip().split("+") if len(word.strip()) > 1 else [word.strip()]
        modifiers = {each.lower() for each in before}
        base = _base(last, bool(modifiers))
        known = base in _KNOWN or len(base) == 1 or unicodedata.name(_letter(base), "") != ""
        if not base or not known or not modifiers <= _MODIFIERS:
            said = f"expected a key such as Y, f5, ctrl+e or PgUp, found {word!r}"
            raise self._error(id, said, _nearest(base, _KNOWN))
        letter = len(base) == 1 and len(base.upper()) == 1 and base.upper() != base
        if "shift" in modifiers and base not in _SHIFTED and not (letter and modifiers <= {"shift", "alt"}):
            said = f"expected a key that every terminal tells from others, found {word!r}"
            raise self._error(id, said, "write the character that shift gives, or leave shift away")
        if modifiers == {"shift"} and letter:
            return base.upper()
        if modifiers == {"alt"} and len(last) == 1 and last.isupper():
            modifiers = {"alt", "shift"}
        key = "+".join((*sorted(modifiers), base))
        key = _SENT.get(key, key)
        if key in RESERVED:
            said = f"expected a key that is free, found {key}"
            raise self._error(id, said, "terminals, tmux or flow control take it")
        return key

    def _refuse_conflicts(self) -> None:
        """Two actions of one view must not share a key."""
        taken: dict[tuple[str, str], Action] = {}
        for action in sorted(ACTIONS, key=lambda action: action.id in self._own):
            for view in [view.id for view in VIEWS] if action.views == EVERYWHERE else action.views:
                for key in self.keys[action.id]:
                    other = taken.setdefault((view, key), action)
                    if other is not action:
                        raise self._error(
                            action.id,
                            f"expected a key of its own for {action.id}, found {key_name(key)}, "
                            f"which {other.id} has in the {view} view",
                            f"choose another, or give {other.id} another one too",
                        )

    def _error(self, id: str, message: str, remedy: str) -> ConfigError:
        where = f"[keys] {id}" if self._source is None else where_in(self._source, f"keys.{id}")
        return ConfigError(message, where=where, remedy=remedy)


def _flat(table: KeyTable) -> list[tuple[str, Setting]]:
    """(action id, its keys): `ticket.confirm` stands as a table in a table, or as a quoted name."""
    found: list[tuple[str, Setting]] = []
    for name, value in table.items():
        if isinstance(value, Mapping):
            found += [(f"{name}.{verb}", keys) for verb, keys in value.items()]
        else:
            found.append((name, value))
    return found


def _base(word: str, modified: bool) -> str:
    """A key without modifiers, as Textual names it: `?` → `question_mark`, `PgUp` → `pageup`, `Y` → `Y`."""
    if len(word) == 1:
        if word.isalnum():
            return word.lower() if modified else word
        name = unicodedata.name(word, "").lower().replace("-", "_").replace(" ", "_")
        return KEY_NAME_REPLACEMENTS.get(name, name)
    return _SPELLED.get(word.lower(), word.lower())


def _letter(name: str) -> str:
    """The character that Textual's name of it stands for; NUL when there is none."""
    back = {short: long for long, short in KEY_NAME_REPLACEMENTS.items()}
    try:
        return unicodedata.lookup(back.get(name, name).replace("_", " "))
    except KeyError:
        return "\0"


def _nearest(word: str, known: Mapping[str, object] | set[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else "docs/keys.md lists every id and key"
