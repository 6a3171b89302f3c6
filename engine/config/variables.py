"""Settings in the environment: `DESK_SECTION__KEY`.

Whatever else begins with `DESK_` is refused: a limit that is mistyped must not be believed to hold.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin

from engine.config.place import nearest, number
from engine.config.schema import UNTRADED_SECTIONS, Config
from engine.config.section import Section, hints_of
from engine.errors import ConfigError

SECRET_VARIABLES: Final = (
    "DESK_X_BEARER_TOKEN",
    "DESK_ALPACA_KEY_ID",
    "DESK_ALPACA_SECRET_KEY",
    "DESK_ANTHROPIC_API_KEY",
    "DESK_OPENAI_API_KEY",
)
"""Environment variables that are secrets, not settings."""

TEST_VARIABLES: Final = (
    "DESK_ACCEPT_LOOKS",
    "DESK_ALL_TEXTS",
    "DESK_EVERY_KEY",
    "DESK_FAULTS",
    "DESK_FAULTS_KILLS",
    "DESK_FAULTS_LATER",
    "DESK_FAULTS_LEDGERS",
    "DESK_FUZZ_SECONDS",
    "DESK_INTERLEAVINGS",
)
"""Environment variables that tell the project's own tests how much to do; nothing that trades reads them."""

_PREFIX = "DESK_"


def environment(overrides: Iterable[str]) -> dict[str, str]:
    """The environment with `section.key=value` settings laid over it, as the variables they stand for.

    Raises ConfigError for one that is not of that form.
    """
    variables = dict(os.environ)
    for override in overrides:
        key, sign, value = override.partition("=")
        if not sign:
            raise ConfigError(f"expected section.key=value, found {override!r}", where="--set")
        variables[variable_of(key)] = value
    return variables


def variable_of(key: str) -> str:
    """The variable of a setting: `DESK_RISK__OPEN_ORDERS` of `risk.open_orders`."""
    return _PREFIX + key.replace(".", "__").upper()


def settings_in(env: Mapping[str, str]) -> dict[str, Any]:
    """`DESK_RISK__ORDER_NOTIONAL=2500` becomes {"risk": {"order_notional": Decimal(2500)}}.

    Raises ConfigError for every other variable that begins with `DESK_` and is neither a secret nor one of the tests',
    and for a value that is no text, but for the names of files.
    """
    overrides: dict[str, Any] = {}
    for variable in sorted(env):
        if not variable.upper().startswith(_PREFIX) or variable in (*SECRET_VARIABLES, *TEST_VARIABLES):
            continue
        if "__" not in variable or not variable.isupper() or _plain(variable) in SECRET_VARIABLES:
            raise _refused(variable)
        parts = variable.removeprefix(_PREFIX).lower().split("__")
        hint: Any = Config
        for depth, part in enumerate(parts):
            hints = hints_of(hint) if isinstance(hint, type) and issubclass(hint, Section) else {}
            if part not in hints:
                raise ConfigError(
                    f"expected a known key, found {'.'.join(parts[: depth + 1])!r}",
                    where=f"environment variable {variable}",
                    remedy=nearest(part, tuple(hints)),
                )
            hint = hints[part]
        if parts[0] not in UNTRADED_SECTIONS and not _is_text(env[variable]):
            raise ConfigError(
                f"expected text in UTF-8, found {env[variable]!r}",
                where=f"environment variable {variable}",
                remedy="correct or unset it",
            )
        target = overrides
        for part in parts[:-1]:
            target = target.setdefault(part, {})
        target[parts[-1]] = _from_text(env[variable], hint, variable)
    return overrides


def _from_text(text: str, hint: Any, variable: str) -> object:
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    if NoneType in kinds and text == "":
        return None
    kind = next((found for found in kinds if found is not NoneType), str)
    try:
        if kind is bool:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
        if kind is int:
            return int(text)
        if kind in (float, Decimal):
            return number(text)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return text
        if get_origin(kind) is tuple:
            return [_from_text(part.strip(), get_args(kind)[0], variable) for part in text.split(",") if part.strip()]
        if kind is str:
            return text
    except (KeyError, ValueError) as error:
        name = getattr(kind, "__name__", str(kind)).lower()
        raise ConfigError(
            f"expected a value of type {name}, found {text!r}",
            where=f"environment variable {variable}",
            remedy="correct or unset it",
        ) from error
    raise ConfigError(
        "expected a single setting, found a table",
        where=f"environment variable {variable}",
        remedy="set it in the file",
    )


def _refused(variable: str) -> ConfigError:
    """A variable that sets nothing, with the one that was meant."""
    settable = (name for name in map(variable_of, _keys(Config)) if "__" in name)
    meant = {_plain(name): name for name in (*settable, *SECRET_VARIABLES)}
    close = difflib.get_close_matches(_plain(variable), meant, n=1, cutoff=0.8)
    remedy = f"did you mean {meant[close[0]]}? Unset it if not" if close else "unset it"
    if variable.removeprefix(_PREFIX).lower() in hints_of(Config):
        remedy = "unset it: a table is set in the file"
    return ConfigError(
        f"expected a variable that sets something ({variable_of('section.key')}, in capitals), found {variable}",
        where=f"environment variable {variable}",
        remedy=remedy,
    )


def _is_text(value: str) -> bool:
    """Whether it came as UTF-8: other bytes stand in it as half surrogates, which nothing can write."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _keys(kind: type[Section]) -> Iterator[str]:
    """Every setting of a table and of those in it, dotted."""
    for name, hint in hints_of(kind).items():
        if isinstance(hint, type) and issubclass(hint, Section):
            yield from (f"{name}.{key}" for key in _keys(hint))
        else:
            yield name


def _plain(variable: str) -> str:
    """What is left of a name when capitals and the number of underscores do not count."""
    return re.sub("_+", "_", variable.upper())
