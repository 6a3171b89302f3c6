"""Reads config.toml, lays the profile and `DESK_SECTION__KEY` variables over it, and refuses what it does not know.

Every refusal names file, line, key, value and, for an unknown key, the nearest known one.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from engine.config.check import check_values
from engine.config.place import nearest, number, read_text, where_in
from engine.config.schema import UNTRADED_SECTIONS, Config
from engine.config.section import Section, hints_of, section_of
from engine.config.variables import settings_in, variable_of
from engine.errors import ConfigError
from engine.model.base import Value

PROFILES = ("simulated", "paper", "live")

_SECRET_KEYS = re.compile(r"(secret|token|password|api_?key|key_id|bearer)", re.IGNORECASE)

_ENGINE_LINES = re.compile(r"^\[engine\].*\n(?:[^\[\n].*\n|\n)*", re.MULTILINE)

Table = dict[str, Any]


Version = tuple[int, int, int, int]
"""What tells one version of a file from another: when it was written, when its rights changed, size, inode."""


def version(path: Path) -> Version | None:
    """Which version of which file this is; None when there is none to be seen."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


class Loaded(Value, frozen=True, gc=False):
    """A configuration and where it came from."""

    config: Config
    path: Path | None
    """None for the shipped defaults."""
    hash: str
    """Sixteen hex digits of SHA-256 over the effective configuration."""
    version: Version | None = None
    """Of the file, as it stood when it began to be read; None where there was none."""
    said: tuple[str, ...] = ()
    """Keys that the command line set: what a person has typed needs no other confirmation."""
    variables: tuple[str, ...] = ()
    """Keys that environment variables set."""

    def where(self, key: str) -> str:
        """Where the value of a setting was given: file and line, or the environment variable."""
        if key in self.variables:
            return _by_variable(key)
        return where_in(self.path or shipped_path(), key, self.config.engine.profile)


def shipped_path() -> Path:
    """The documented default configuration inside the installed package."""
    return Path(__file__).with_name("config.toml")


def user_path() -> Path:
    """Where `desk config init` writes and `desk` looks when no --config is given. Raises ConfigError."""
    import platformdirs

    try:
        return Path(platformdirs.user_config_dir("desk", appauthor=False)) / "config.toml"
    except RuntimeError as error:  # no HOME, and a user id without an entry: a container's
        raise ConfigError(
            "expected a home directory, found none for this user",
            where="HOME",
            remedy="set HOME, or XDG_CONFIG_HOME and XDG_STATE_HOME, to a directory of yours",
        ) from error


def load(path: Path | None = None, *, profile: str | None = None, env: Mapping[str, str]) -> Loaded:
    """The effective configuration: shipped defaults ← file ← profile ← environment.

    Without `path` the user's own file is used if there is one. Raises ConfigError.
    """
    source = _source(path)
    seen = None if source is None else version(source)
    loaded = _effective({} if source is None else _read(source), source, profile, settings_in(env))
    return msgspec.structs.replace(loaded, version=seen)


def load_engine(path: Path | None = None, *, profile: str | None = None, env: Mapping[str, str]) -> Loaded:
    """The same with nothing of file and environment but [engine]: the way to a running engine, whatever else is wrong.

    Raises ConfigError where [engine] is wrong too.
    """
    source = _source(path)
    table = {} if source is None else _readable_part(source)
    profiles = table.get("profile")
    named = profiles.items() if isinstance(profiles, dict) else ()
    alone = {**_engine_of(table), "profile": {name: _engine_of(overlay) for name, overlay in named if name in PROFILES}}
    settings = {name: value for name, value in env.items() if name.startswith(variable_of("engine."))}
    return _effective(alone, source, profile, settings_in(settings))


def _source(path: Path | None) -> Path | None:
    """The file that is asked for, else the user's own where there is one. Raises ConfigError when that is not known."""
    if path is not None:
        return path
    own = user_path()
    try:
        return own if own.exists() or own.is_symlink() else None
    except OSError as error:
        raise ConfigError(
            f"expected a directory that can be looked into, found {error.strerror}",
            where=str(own),
            remedy="give its rights back, or name a file with --config",
        ) from error


def _readable_part(source: Path) -> Table:
    """The whole table, or of a file that is no TOML the lines under [engine] if these are."""
    try:
        return _read(source)
    except ConfigError as error:
        try:
            found = _ENGINE_LINES.search(read_text(source, errors="replace"))
            return {} if found is None else tomllib.loads(found[0])
        except (OSError, ConfigError, ValueError):
            raise error from None


def _engine_of(table: object) -> Table:
    return {"engine": table["engine"]} if isinstance(table, dict) and "engine" in table else {}


def _effective(table: Table, source: Path | None, profile: str | None, overrides: Table) -> Loaded:
    shipped = shipped_path()
    base = _read(shipped)
    if source is not None:
        base = _overlay(base, _checked(table, source), replace=("watchlist",))
    profiles = base.pop("profile", {})
    name = overrides.get("engine", {}).get("profile", base.get("engine", {}).get("profile", "paper"))
    if profile is not None:
        name = profile
    if name not in PROFILES:
        raise ConfigError(
            f"expected a profile among {', '.join(PROFILES)}, found {name!r}",
            where="--profile" if profile is not None else _whence(source or shipped, "engine.profile", overrides),
            remedy=nearest(str(name), PROFILES),
        )
    merged = _overlay(base, profiles.get(name, {}), replace=("watchlist",))
    merged = _overlay(merged, overrides, replace=())
    merged.setdefault("engine", {})["profile"] = name
    config = build(merged, source or shipped, overrides)
    return Loaded(config, source, config_hash(config), variables=tuple(_flat_keys(overrides)))


def build(table: Table, source: Path, overrides: Table | None = None) -> Config:
    """A Config from a plain table. Raises ConfigError naming key, value and line in `source`.

    A value that `overrides` holds came from the environment: then its variable is named.
    """
    try:
        config = msgspec.convert(table, Config, strict=True, dec_hook=_decode)
    except msgspec.ValidationError as error:
        _refuse_unknown(table, Config, (), source)  # msgspec does so too, and does not say which key was meant
        message, _, at = str(error).partition(" - at `$")
        key = at.rstrip("`").lstrip(".") or "the file"
        raise ConfigError(
            f"{_plain(message)}, found {_lookup(table, key)!r}",
            where=_whence(source, key, overrides, _profile_of(table)),
            remedy=f"correct {key}; its meaning and default are in `desk config show --defaults`",
        ) from error
    for key, problem, remedy in check_values(config):
        raise ConfigError(problem, where=_whence(source, key, overrides, _profile_of(table)), remedy=remedy)
    return config


def _profile_of(table: Table) -> str:
    """The profile that a table names; empty where it names none."""
    return str(table["engine"].get("profile", "")) if "engine" in table else ""


def config_hash(config: Config) -> str:
    """Sixteen hex digits of SHA-256 over the canonical JSON of everything that can change what is traded.

    Where files lie and how the screen looks are left out, so that the same trading set-up has the same hash anywhere.
    """
    trading = {name: getattr(config, name) for name in Config.__struct_fields__ if name not in UNTRADED_SECTIONS}
    trading["profile"] = config.engine.profile
    return hashlib.sha256(msgspec.json.encode(trading, order="sorted")).hexdigest()[:16]


def _read(path: Path) -> Table:
    try:
        text = read_text(path)
    except OSError as error:
        if path.is_symlink():
            raise ConfigError(
                f"expected a configuration file, found a link to {path.readlink()}: {error.strerror}",
                where=str(path),
                remedy="put the file there, or remove the link: without one the documented defaults hold",
            ) from error
        raise ConfigError(
            f"expected a readable configuration file, found {error.strerror}",
            where=str(path),
            remedy="name a file of yours; `desk config init` writes one with every default explained",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"expected UTF-8 text, found byte 0x{error.object[error.start]:02x} at offset {error.start}",
            where=str(path),
            remedy="save the file as UTF-8",
        ) from error
    try:
        return tomllib.loads(text, parse_float=number)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = f":{found.group(1)}" if found else ""
        raise ConfigError(f"expected TOML, found {error}", where=f"{path}{line}", remedy="correct that line") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            f"expected TOML, found a number too long or a value nested too deeply ({type(error).__name__})",
            where=str(path),
            remedy="undo the last change of the file",
        ) from error


def _decode(kind: type, value: object) -> object:
    raise NotImplementedError(f"no configuration value has the type {kind}")  # pragma: no cover


def _checked(table: Table, source: Path) -> Table:
    """The user's table, with unknown keys, unknown profiles and secrets refused before anything is merged."""
    for key in _flat_keys(table):
        if _SECRET_KEYS.search(key.rsplit(".", 1)[-1]):
            raise ConfigError(
                "expected no secret in the configuration file",
                where=where_in(source, key),
                remedy="remove it and store it with `desk keys set` (or an environment variable)",
            )
    body = {key: value for key, value in table.items() if key != "profile"}
    _refuse_unknown(body, Config, (), source)
    profiles = table.get("profile", {})
    if not isinstance(profiles, dict):
        raise ConfigError(
            f"expected tables such as [profile.paper], found {profiles!r}",
            where=where_in(source, "profile"),
            remedy='to choose the profile that is started: profile = "…" under [engine]',
        )
    for name, overlay in profiles.items():
        if name not in PROFILES:
            raise ConfigError(
                f"expected a profile among {', '.join(PROFILES)}, found {name!r}",
                where=where_in(source, f"profile.{name}"),
                remedy=nearest(name, PROFILES),
            )
        _refuse_unknown(overlay, Config, ("profile", name), source)
    return table


def _refuse_unknown(table: object, kind: type[Section], at: tuple[str, ...], source: Path) -> None:
    if not isinstance(table, dict):
        name = ".".join(at)
        row, _, index = name.partition("[")
        raise ConfigError(
            f"expected a table, found {table!r}",
            where=where_in(source, name),
            remedy=f"write its settings under {f'[[{row}]]' if index else f'[{row}]'}",
        )
    hints = hints_of(kind)
    for key, value in table.items():
        if key not in hints:
            dotted = ".".join((*at, key))
            raise ConfigError(
                f"expected a known key, found {key!r}",
                where=where_in(source, dotted),
                remedy=nearest(key, tuple(hints)),
            )
        inner = section_of(hints[key])
        if inner is None:
            continue
        for place, item in enumerate(value if isinstance(value, list) else [value]):
            part = f"{key}[{place}]" if isinstance(value, list) else key
            _refuse_unknown(item, inner, (*at, part), source)


def _overlay(base: Table, over: Table, *, replace: tuple[str, ...]) -> Table:
    """`over` laid on `base`: tables merge key by key, everything else (and the keys in `replace`) is replaced."""
    merged = dict(base)
    for key, value in over.items():
        if key not in replace and isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = _overlay(merged[key], value, replace=replace)
        else:
            merged[key] = value
    return merged


def _flat_keys(table: Table, prefix: str = "") -> list[str]:
    keys: list[str] = []
    for key, value in table.items():
        dotted = f"{prefix}{key}"
        if isinstance(value, dict):
            keys.extend(_flat_keys(value, f"{dotted}."))
        else:
            keys.append(dotted)
    return keys


def _lookup(table: object, key: str) -> object:
    for part in re.findall(r"[^.\[\]]+", key):
        if isinstance(table, dict) and part in table:
            table = table[part]
        elif isinstance(table, list) and part.isdigit() and int(part) < len(table):
            table = table[int(part)]
        else:
            return table if not isinstance(table, dict | list) else "a table"
    return str(table) if isinstance(table, Decimal) else table


def _plain(message: str) -> str:
    return message[:1].lower() + message[1:].replace("`", "")


def _whence(source: Path, key: str, overrides: Table | None, profile: str = "") -> str:
    at: Any = overrides
    for part in key.split("."):
        at = at.get(part) if isinstance(at, dict) else None
    if at is None:
        return where_in(source, key, profile)
    return _by_variable(key)


def _by_variable(key: str) -> str:
    return f"{key}, set by environment variable {variable_of(key)}"
