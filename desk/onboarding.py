"""The first start: what it asks, what it writes. `desk.setup_app` asks the questions; nothing here has a screen.

A key goes from the question into the keyring and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from engine import secrets
from engine.config import PROFILES as EVERY_PROFILE
from engine.config import load, shipped_path, user_path
from engine.config.check import SYMBOL
from engine.errors import EXIT_USAGE, DeskError
from engine.paths import Paths

SYMBOLS_MOST: Final = 50
"""Most symbols taken in the guided setup; a file may hold more."""
PROFILES: Final = ("simulated", "paper")
"""Profiles that the guided setup offers. Live is never one question away."""
_BLOCK: Final = "[[watchlist]]"
_AFTER: Final = "# Profiles lie over everything above."


def first_start(env: Mapping[str, str], config: str | None) -> bool:
    """Whether nobody has set anything up: no file, no setting and no key in the environment, none in the keyring.

    The keyring may ask a person to unlock it: it is left alone where an engine has already kept a journal.
    """
    own = user_path()
    if config is not None or own.exists() or own.is_symlink() or any(name.startswith("DESK_") for name in env):
        return False
    state = Paths.of(load(shipped_path(), env={}).config).state_dir
    if any((state / f"{name}.journal").exists() for name in EVERY_PROFILE):
        return False
    return all(listed.source in ("missing", "unavailable") for listed in secrets.listing("paper", env))


def watchlist(text: str) -> tuple[str, ...]:
    """Symbols out of words separated by blanks or commas, each once. Raises DeskError for what is none."""
    words = [word.lstrip("$").upper() for word in re.split(r"[\s,;]+", text) if word.strip("$")]
    wrong = next((word for word in words if not SYMBOL.fullmatch(word)), None)
    if wrong is not None or not words or len(set(words)) > SYMBOLS_MOST:
        found = repr(wrong) if wrong is not None else f"{len(set(words))} symbols"
        raise DeskError(
            f"expected 1 to {SYMBOLS_MOST} symbols such as TSLA, BRK.B or BTC/USD, found {found}",
            remedy="separate them by blanks",
            exit_code=EXIT_USAGE,
        )
    return tuple(dict.fromkeys(words))


def shipped_symbols() -> tuple[str, ...]:
    """The watchlist of the documented defaults."""
    return tuple(re.findall(r'^symbol = "([^"]+)"', shipped_path().read_text(encoding="utf-8"), re.MULTILINE))


def config_text(shipped: str, profile: str, symbols: Sequence[str]) -> str:
    """The documented defaults with this profile and watchlist. Rows that the defaults know keep their words."""
    head, *rest = shipped.split(_BLOCK)
    blocks = {}
    for part in rest:
        body = part.partition(_AFTER)[0]
        named = re.search(r'^symbol = "([^"]+)"', body, re.MULTILINE)
        if named is not None:
            blocks[named[1]] = body.strip()
    tail = _AFTER + shipped.partition(_AFTER)[2]
    head = re.sub(r'^profile = "[a-z]+"', f'profile = "{profile}"', head, count=1, flags=re.MULTILINE)
    rows = [f"{_BLOCK}\n{blocks.get(symbol) or _row(symbol)}\n" for symbol in symbols]
    return head + "\n".join(rows) + "\n" + tail


def write_config(profile: str, symbols: Sequence[str], target: Path | None = None) -> Path:
    """Write the configuration file, checked before it takes its place; where it is.

    Raises DeskError when there is one already, what is written is no configuration, or it cannot be written.
    """
    target = target or user_path()
    if target.exists():
        raise DeskError("expected no configuration yet, found one", where=str(target), remedy="edit it")
    draft = target.with_suffix(".new")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            text = config_text(shipped_path().read_text(encoding="utf-8"), profile, symbols)
            draft.write_text(text, encoding="utf-8")
            draft.chmod(0o600)
            load(draft, env={})
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise DeskError(
            f"could not write the configuration: {error.strerror or error}",
            where=str(target),
            remedy="make that directory writable, or give a file with --config",
        ) from error
    return target


def needed_keys(profile: str) -> tuple[str, ...]:
    """Names of the keys that a profile asks for: posts from X, prices and orders from Alpaca."""
    assert profile in PROFILES
    return (secrets.X_BEARER_TOKEN, secrets.ALPACA_KEY_ID, secrets.ALPACA_SECRET_KEY)


def _row(symbol: str) -> str:
    return (
        f'symbol = "{symbol}"\n'
        'name = ""                    # the company: it matches like a keyword\n'
        "keywords = []                # words that mean the company by themselves\n"
        "ambiguous = []               # words that count only beside one of them"
    )
