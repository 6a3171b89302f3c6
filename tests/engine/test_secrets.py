"""Secrets: environment first, then a keyring that keeps them; nothing plain, nothing shown."""

from __future__ import annotations

import errno
import os
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import keyring.core
import keyring.errors
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend

from engine import secrets
from engine.errors import EXIT_CREDENTIALS, CredentialsError
from tests.keyrings import Memory, remembering

VALUE = "AAAA-not-a-real-key-0123456789"


class Locked(Memory):
    """A keyring the person did not unlock."""

    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked(f"locked, was asked for {VALUE}")


class Forgetful(Memory):
    """A keyring that says yes and keeps nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        return None


@pytest.fixture
def memory() -> Iterator[Memory]:
    with remembering() as memory:
        yield memory


@pytest.fixture
def use() -> Iterator[types.FunctionType]:
    before = keyring.get_keyring()
    yield keyring.set_keyring  # type: ignore[misc]
    keyring.set_keyring(before)


def plain_text() -> KeyringBackend:
    """What keyrings.alt offers, by its module's name."""
    module = types.ModuleType("keyrings.alt.file")
    kind = type("PlaintextKeyring", (Memory,), {"__module__": module.__name__})
    made = kind()
    assert isinstance(made, KeyringBackend)
    return made


def test_a_stored_secret_comes_back_and_goes(memory: Memory) -> None:
    assert secrets.store("x_bearer_token", "paper", f" {VALUE}\n").endswith("Memory")
    assert secrets.read("x_bearer_token", "live", {}) == VALUE, "X's token is shared"
    assert memory.held == {("desk", "x_bearer_token"): VALUE}
    assert secrets.remove("x_bearer_token", "paper")
    assert not secrets.remove("x_bearer_token", "paper")


def test_alpaca_keys_are_kept_per_profile(memory: Memory) -> None:
    secrets.store("alpaca_key_id", "paper", "PKPAPER")
    secrets.store("alpaca_key_id", "live", "AKLIVE")
    assert secrets.read("alpaca_key_id", "paper", {}) == "PKPAPER"
    assert secrets.read("alpaca_key_id", "live", {}) == "AKLIVE"
    with pytest.raises(CredentialsError, match="desk keys set alpaca_key_id --profile simulated"):
        secrets.read("alpaca_key_id", "simulated", {})


def test_the_environment_wins_and_empty_is_unset(memory: Memory) -> None:
    secrets.store("alpaca_secret_key", "paper", "stored")
    assert secrets.read("alpaca_secret_key", "paper", {"DESK_ALPACA_SECRET_KEY": " given "}) == "given"
    assert secrets.read("alpaca_secret_key", "paper", {"DESK_ALPACA_SECRET_KEY": "  "}) == "stored"


def test_the_environment_needs_no_keyring(use: types.FunctionType) -> None:
    use(keyring.backends.fail.Keyring())
    assert secrets.read("x_bearer_token", "paper", {"DESK_X_BEARER_TOKEN": VALUE}) == VALUE


@pytest.mark.parametrize(
    ("backend", "why"),
    [
        (keyring.backends.null.Keyring, "forgets everything"),
        (keyring.backends.fail.Keyring, "no keyring on this system"),
        (plain_text, "plain text"),
    ],
)
def test_backends_that_do_not_keep_secrets_are_refused(
    use: types.FunctionType, backend: type[KeyringBackend], why: str
) -> None:
    use(backend())
    for attempt in (
        lambda: secrets.read("x_bearer_token", "paper", {}),
        lambda: secrets.store("x_bearer_token", "paper", VALUE),
        lambda: secrets.remove("x_bearer_token", "paper"),
    ):
        with pytest.raises(CredentialsError, match=why) as raised:
            attempt()
        assert "DESK_X_BEARER_TOKEN" in raised.value.remedy
        assert raised.value.exit_code == EXIT_CREDENTIALS
        assert VALUE not in str(raised.value)
    assert {listed.source for listed in secrets.listing("paper", {})} == {"unavailable"}


def test_of_a_chain_the_first_safe_member_is_used(use: types.FunctionType, monkeypatch: pytest.MonkeyPatch) -> None:
    safe, plain = Memory(), plain_text()
    members: list[KeyringBackend] = [plain, safe]
    monkeypatch.setattr(keyring.backends.chainer.ChainerBackend, "backends", members)
    use(keyring.backends.chainer.ChainerBackend())
    secrets.store("x_bearer_token", "paper", VALUE)
    assert safe.held and isinstance(plain, Memory) and not plain.held
    members.remove(safe)
    with pytest.raises(CredentialsError, match="plain text"):
        secrets.read("x_bearer_token", "paper", {})


class Gone(Memory):
    """A keyring whose secret service has gone, as secretstorage tells it."""

    def get_password(self, service: str, username: str) -> str | None:
        exceptions = pytest.importorskip("secretstorage.exceptions", reason="only Linux has a secret service")
        raise exceptions.SecretServiceNotAvailableException(f"was asked for {VALUE}")


class Refusing(Memory):
    """A keyring whose bus refuses, as jeepney tells it."""

    def get_password(self, service: str, username: str) -> str | None:
        jeepney = pytest.importorskip("jeepney", reason="only Linux has a bus")
        question = jeepney.new_method_call(jeepney.DBusAddress("/", "made.up"), "Ask")
        raise jeepney.DBusErrorResponse(jeepney.new_error(question, "made.up.Error", "s", (VALUE,)))


@pytest.mark.parametrize("name", ["no.such.module.Keyring", "garbage", "", "keyring.backends.null.Nothing", "os.path"])
def test_a_keyring_that_does_not_exist_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", name)
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    with pytest.raises(CredentialsError, match="expected the system keyring to answer, found") as raised:
        secrets.keyring_kind()
    assert "DESK_X_BEARER_TOKEN" in raised.value.remedy
    assert {listed.source for listed in secrets.listing("paper", {})} == {"unavailable"}


@pytest.mark.parametrize("backend", [Locked, Forgetful, Gone, Refusing])
def test_a_keyring_that_fails_is_told_without_the_secret(use: types.FunctionType, backend: type[Memory]) -> None:
    use(backend())
    with pytest.raises(CredentialsError) as raised:
        secrets.store("x_bearer_token", "paper", VALUE)
    assert VALUE not in str(raised.value) and VALUE not in repr(raised.value)
    assert raised.value.__cause__ is None and raised.value.remedy


def test_the_listing_says_where_from_and_never_what(memory: Memory) -> None:
    secrets.store("alpaca_key_id", "paper", VALUE)
    found = secrets.listing("paper", {"DESK_X_BEARER_TOKEN": VALUE})
    assert [(each.name, each.source) for each in found] == [
        ("x_bearer_token", "environment"),
        ("alpaca_key_id", "keyring"),
        ("alpaca_secret_key", "missing"),
        ("anthropic_api_key", "missing"),
        ("openai_api_key", "missing"),
    ]
    assert VALUE not in repr(found)


@pytest.mark.parametrize("profile", ["paper", "live"])
def test_a_service_managers_credential_goes_before_the_keyring(memory: Memory, tmp_path: Path, profile: str) -> None:
    """The live keys too: what stands in the environment is refused there, what is handed over in a file is not."""
    secrets.store("alpaca_key_id", profile, "from-the-keyring")
    env = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert secrets.read("alpaca_key_id", profile, env) == "from-the-keyring"
    (tmp_path / "alpaca_key_id").write_text(f"{VALUE}\n")
    assert secrets.read("alpaca_key_id", profile, env) == VALUE
    listed = {each.name: each for each in secrets.listing(profile, env)}
    assert (listed["alpaca_key_id"].source, listed["alpaca_secret_key"].source) == ("credential", "missing")
    assert listed["alpaca_key_id"].detail == str(tmp_path / "alpaca_key_id")
    given = {**env, "DESK_X_BEARER_TOKEN": "from-the-environment"}
    (tmp_path / "x_bearer_token").write_text("from-the-file")
    assert secrets.read("x_bearer_token", profile, given) == "from-the-environment"
    (tmp_path / "alpaca_key_id").write_text("two words")
    with pytest.raises(CredentialsError) as raised:
        secrets.read("alpaca_key_id", profile, env)
    assert raised.value.where == f"credential {tmp_path / 'alpaca_key_id'}" and "two words" not in str(raised.value)


@pytest.mark.parametrize("refuses", ["read_text", "is_file"])
def test_a_credential_that_cannot_be_read_is_told(
    memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refuses: str
) -> None:
    """The keyring's is not taken in its place: a service manager was to hand one over."""
    secrets.store("x_bearer_token", "paper", VALUE)
    (tmp_path / "x_bearer_token").touch()

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, refuses, refuse)
    env = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    with pytest.raises(CredentialsError, match="Permission denied") as raised:
        secrets.read("x_bearer_token", "paper", env)
    assert str(tmp_path / "x_bearer_token") in raised.value.where and "LoadCredential" in raised.value.remedy
    sources = {each.source for each in secrets.listing("paper", env)}
    assert sources == ({"unavailable"} if refuses == "is_file" else {"credential", "missing"})


@given(st.text(min_size=1).filter(lambda text: text.strip()))
def test_a_value_no_header_can_carry_is_refused_without_telling_it(value: str) -> None:
    word = value.strip()
    fine = word.isascii() and word.isprintable() and " " not in word and not {word[0], word[-1]} & {"'", '"'}
    try:
        found = secrets.read("x_bearer_token", "paper", {"DESK_X_BEARER_TOKEN": value})
    except CredentialsError as error:
        assert not fine or len(value) > secrets.LONGEST
        if len(value) > 8:
            assert value not in str(error)
    else:
        assert fine and found == word


def test_a_secret_does_not_show_itself() -> None:
    secret = secrets.read("x_bearer_token", "paper", {"DESK_X_BEARER_TOKEN": VALUE})
    assert VALUE not in repr(secret) and VALUE not in repr({"token": secret}) and VALUE not in f"{secret!r}"
    assert f"Bearer {secret}" == f"Bearer {VALUE}"


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(CredentialsError, match="x_bearer_token, alpaca_key_id, alpaca_secret_key"):
        secrets.read("aws_key", "paper", {})


SIGNS_IN = (
    *secrets.VARIABLES.values(),
    "DESK_RISK__OPEN_ORDERS",
    "ANTHROPIC_API_KEY",
    "OPENAI_API_KEY",
    "OPENAI_APIKEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_PROFILE",
    "GITHUB_TOKEN",
    "HF_TOKEN",
    "MYSQL_PASSWORD",
    "CREDENTIALS_DIRECTORY",
    "https_proxy",
    "HTTP_PROXY",
)
NEEDED = (
    "PATH",
    "HOME",
    "LANG",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "XDG_CACHE_HOME",
    "HF_HOME",
    "TOKENIZERS_PARALLELISM",
    "CUDA_VISIBLE_DEVICES",
    "OMP_NUM_THREADS",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "DESKTOP_SESSION",
)


def test_a_child_signs_in_nowhere() -> None:
    env = dict.fromkeys((*SIGNS_IN, *NEEDED), VALUE)
    assert set(secrets.child_environment(env)) == set(NEEDED)


def test_every_process_of_a_room_has_a_childs_environment() -> None:
    """Whoever starts a process says what it gets; only an engine gets all that we have."""
    root = Path(__file__).parents[2]
    starts = re.compile(r"(create_subprocess_\w+|subprocess\.(run|Popen|check_\w+)|ProcessPoolExecutor|\.Process)\(")
    found = {
        str(path.relative_to(root)): "child_environment(" in text
        for room in ("engine", "desk", "widgets")
        for path in (root / room).rglob("*.py")
        if starts.search(text := path.read_text(encoding="utf-8"))
    }
    assert {name for name, clean in found.items() if not clean} == {"desk/launch.py"}
    assert found


def test_keyring_is_imported_only_when_asked() -> None:
    import subprocess

    code = "import engine.secrets, sys; engine.secrets.read('x_bearer_token', 'paper', {'DESK_X_BEARER_TOKEN': 'a'})"
    subprocess.run([sys.executable, "-c", code + "; assert 'keyring' not in sys.modules"], check=True)
