"""API keys: from the environment, a service manager's credentials or the keyring. Never config.toml, never an error.

The keyring's service is `desk`. X's token is shared by all profiles, as the app and its bill are; Alpaca's keys are
kept per profile (`alpaca_key_id@paper`), so that a paper engine cannot hold live keys. keyring falls back to backends
that forget (null) or store in plain text (keyrings.alt) without a word; those are refused here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import CredentialsError
from engine.model.base import Value

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "desk"
X_BEARER_TOKEN = "x_bearer_token"
ALPACA_KEY_ID = "alpaca_key_id"
ALPACA_SECRET_KEY = "alpaca_secret_key"
ANTHROPIC_API_KEY = "anthropic_api_key"
OPENAI_API_KEY = "openai_api_key"
VARIABLES = {
    X_BEARER_TOKEN: "DESK_X_BEARER_TOKEN",
    ALPACA_KEY_ID: "DESK_ALPACA_KEY_ID",
    ALPACA_SECRET_KEY: "DESK_ALPACA_SECRET_KEY",
    ANTHROPIC_API_KEY: "DESK_ANTHROPIC_API_KEY",
    OPENAI_API_KEY: "DESK_OPENAI_API_KEY",
}
"""Each secret's name and the environment variable that overrides the keyring."""
SHARED = frozenset({X_BEARER_TOKEN, ANTHROPIC_API_KEY, OPENAI_API_KEY})
"""Secrets that every profile uses."""
LONGEST = 4096
CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""Where systemd puts the files of LoadCredential= (systemd.exec(5)): one per secret, named like it."""

_NOT_FOR_CHILDREN = re.compile(
    r"^(DESK|AWS)_|(^|_)(API_?KEY|ACCESS_KEY|PRIVATE_KEY|SECRETS?|TOKEN|PASSWORD|PASSWD|CREDENTIALS?|PROXY)(_|$)",
    re.IGNORECASE,
)
"""Names of variables that hold settings of ours, anybody's secrets, or addresses that carry one."""

_PLAIN_TEXT = "keyrings.alt"
_BUS = (("secretstorage.exceptions", "SecretStorageException"), ("jeepney.wrappers", "DBusErrorResponse"))
"""Errors of Linux's secret service that keyring lets through."""


class Secret(str):
    """A str whose repr does not show it: a traceback with values, `%r` and a debugger print `Secret(…)`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret(…)"


class Listed(Value, frozen=True, gc=False):
    """Where a secret comes from; never its value."""

    name: str
    source: str
    """`environment`, `credential`, `keyring`, `missing`, or `unavailable` when the keyring cannot be asked."""
    detail: str
    """The variable, the keyring's kind and account, or why it cannot be asked."""


def read(name: str, profile: str, env: Mapping[str, str]) -> Secret:
    """The secret for a profile. Raises CredentialsError with the remedy when there is none or it is unusable."""
    _known(name)
    given = env.get(VARIABLES[name], "").strip()
    if given and profile == "live" and name not in SHARED:
        raise CredentialsError(
            f"expected the live {name} in the keyring, found it in the environment",
            where=f"environment variable {VARIABLES[name]}",
            remedy=f"unset it, and {_command('set', name, profile)}",
        )
    if given:
        return _usable(name, given, f"environment variable {VARIABLES[name]}")
    file = _credential(name, env)
    if file is not None:
        with _reading(name, file):
            found = file.read_text(encoding="utf-8", errors="replace")
        return _usable(name, found.strip(), f"credential {file}")
    with _asking(name, profile) as backend:
        stored = backend.get_password(SERVICE, account(name, profile))
    if not stored:
        raise CredentialsError(
            f"expected {name} in the keyring or in {VARIABLES[name]}, found neither",
            where=f"keyring {SERVICE}/{account(name, profile)}",
            remedy=f"{_command('set', name, profile)}, or set {VARIABLES[name]}",
        )
    return _usable(name, stored.strip(), f"keyring {SERVICE}/{account(name, profile)}")


def take(env: MutableMapping[str, str]) -> dict[str, str]:
    """Move every secret out of this process's environment; returns variable → value.

    After it no child inherits one, and neither `ps` nor /proc/PID/environ shows one.
    """
    taken = {variable: env[variable] for variable in VARIABLES.values() if variable in env}
    for variable in taken:
        _wipe(variable)
        del env[variable]
    return taken


def child_environment(env: Mapping[str, str]) -> dict[str, str]:
    """The environment for a process that we start: without our settings and without what anybody signs in with.

    A worker reads a journal or computes a model, and a clipboard's program copies: none of them asks a network. The
    engine itself is no such child: `desk` hands it everything, for Amazon's credentials may stand there.
    """
    return {name: value for name, value in env.items() if not _NOT_FOR_CHILDREN.search(name)}


def store(name: str, profile: str, value: str) -> str:
    """Keep a secret in the keyring; returns the keyring's kind. Raises CredentialsError."""
    _known(name)
    secret = _usable(name, value.strip(), "the given value")
    with _asking(name, profile) as backend:
        backend.set_password(SERVICE, account(name, profile), str(secret))
        if backend.get_password(SERVICE, account(name, profile)) != secret:
            raise CredentialsError(
                "expected the keyring to give back what was stored, found something else",
                where=f"{_kind(backend)} {SERVICE}/{account(name, profile)}",
                remedy=f"check the keyring, or set {VARIABLES[name]} instead",
            )
        return _kind(backend)


def remove(name: str, profile: str) -> bool:
    """Take a secret out of the keyring; False when it was not there. Raises CredentialsError."""
    _known(name)
    with _asking(name, profile) as backend:
        if backend.get_password(SERVICE, account(name, profile)) is None:
            return False
        backend.delete_password(SERVICE, account(name, profile))
        return True


def listing(profile: str, env: Mapping[str, str]) -> tuple[Listed, ...]:
    """Where each secret of a profile comes from."""
    return tuple(_listed(name, profile, env) for name in VARIABLES)


def keyring_kind() -> str:
    """The keyring that would be used. Raises CredentialsError when none keeps secrets safe."""
    with _asking(X_BEARER_TOKEN, "paper") as backend:
        return _kind(backend)


def account(name: str, profile: str) -> str:
    """The keyring's user name for a secret: `x_bearer_token`, `alpaca_key_id@paper`."""
    return name if name in SHARED else f"{name}@{profile}"


def _listed(name: str, profile: str, env: Mapping[str, str]) -> Listed:
    if env.get(VARIABLES[name], "").strip():
        return Listed(name, "environment", VARIABLES[name])
    try:
        file = _credential(name, env)
        if file is not None:
            return Listed(name, "credential", str(file))
        with _asking(name, profile) as backend:
            stored = backend.get_password(SERVICE, account(name, profile))
            kind = _kind(backend)
    except CredentialsError as error:
        return Listed(name, "unavailable", error.message)
    return Listed(name, "keyring" if stored else "missing", f"{kind} {SERVICE}/{account(name, profile)}")


def _credential(name: str, env: Mapping[str, str]) -> Path | None:
    """The file in which a service manager handed us the secret, if it did."""
    folder = env.get(CREDENTIALS, "")
    file = Path(folder) / name
    with _reading(name, file):
        return file if folder and file.is_file() else None


@contextmanager
def _reading(name: str, file: Path) -> Iterator[None]:
    """Around a look at what a service manager handed us: what the system refuses becomes a CredentialsError."""
    try:
        yield
    except OSError as error:
        raise CredentialsError(
            f"expected {name} in a file that can be read, found: {error.strerror or error}",
            where=f"credential {file}",
            remedy=f"have the service manager hand it over again (LoadCredential=), or unset {CREDENTIALS}",
        ) from error


def _wipe(variable: str) -> None:
    """Overwrite a variable's value where the system keeps it: unsetting it leaves the bytes to /proc/PID/environ."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    entries = ctypes.POINTER(ctypes.c_void_p).in_dll(ctypes.CDLL(None), "environ")
    prefix = f"{variable}=".encode()
    for index in range(1 << 16):
        at = entries[index]
        if not at:
            return
        entry = ctypes.string_at(at)
        if entry.startswith(prefix):
            ctypes.memset(at + len(prefix), 0, len(entry) - len(prefix))


def _known(name: str) -> None:
    if name not in VARIABLES:
        raise CredentialsError(
            f"expected one of {', '.join(VARIABLES)}, found {name!r}",
            where="secret",
            remedy="correct the name",
        )


def _usable(name: str, value: str, where: str) -> Secret:
    """A header can carry it: one word of printable ASCII. The value itself is never told."""
    if not value:
        raise CredentialsError(f"expected {name}, found nothing", where=where, remedy="give the key itself")
    quoted = value[0] in "'\"" or value[-1] in "'\""
    if quoted or len(value) > LONGEST or not value.isascii() or not value.isprintable() or " " in value:
        raise CredentialsError(
            f"expected {name} to be one word of at most {LONGEST} printable ASCII characters without quotes, found "
            f"{len(value)} characters that are not",
            where=where,
            remedy="copy it again, without line breaks or quotes",
        )
    return Secret(value)


@contextmanager
def _asking(name: str, profile: str) -> Iterator[KeyringBackend]:
    """The keyring to use; every way it can fail becomes a CredentialsError without the secret in it."""
    try:
        yield _backend(name)
    except _failures() as error:
        raise CredentialsError(
            f"expected the system keyring to answer, found {type(error).__name__}",
            where=f"keyring {SERVICE}/{account(name, profile)}",
            remedy=f"unlock or install a keyring (GNOME Keyring, KWallet, macOS Keychain), or set {VARIABLES[name]}",
        ) from None


def _failures() -> tuple[type[BaseException], ...]:
    """What choosing a keyring by its name, its own code, or the bus behind it raises."""
    import keyring.errors

    known: list[type[BaseException]] = [keyring.errors.KeyringError, OSError, RuntimeError]
    known += [ImportError, AttributeError, LookupError, TypeError, ValueError]
    for module, name in _BUS:
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None:
            known.append(kind)
    return tuple(known)


def _backend(name: str) -> KeyringBackend:
    """The first keyring that keeps a secret safe. Of a chain, its members are looked at one by one."""
    import keyring
    from keyring.backends.chainer import ChainerBackend

    found = keyring.get_keyring()
    candidates = list(found.backends) if isinstance(found, ChainerBackend) else [found]
    for backend in candidates:
        if not _unsafe(backend):
            return backend
    kinds = ", ".join(f"{_kind(backend)} ({_unsafe(backend)})" for backend in candidates) or "none"
    raise CredentialsError(
        f"expected a system keyring that keeps secrets safe, found {kinds}",
        where="keyring",
        remedy=f"install a keyring (GNOME Keyring, KWallet, macOS Keychain), or set {VARIABLES[name]}",
    )


def _unsafe(backend: KeyringBackend) -> str:
    """Why a backend is refused; empty when it is not."""
    import keyring.backends.fail
    import keyring.backends.null

    if isinstance(backend, keyring.backends.null.Keyring):
        return "it forgets everything"
    if isinstance(backend, keyring.backends.fail.Keyring):
        return "there is no keyring on this system"
    if any(kind.__module__.startswith(_PLAIN_TEXT) for kind in type(backend).__mro__):
        return "it stores in files, in plain text or nearly so"
    return ""


def _kind(backend: KeyringBackend) -> str:
    return f"{type(backend).__module__}.{type(backend).__name__}"


def _command(verb: str, name: str, profile: str) -> str:
    return f"desk keys {verb} {name}" + ("" if name in SHARED else f" --profile {profile}")
