"""`desk keys`: set, list and remove on a keyring; a value is never shown."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backends.null
import pytest
from click.testing import CliRunner, Result

from desk.command_line import main_group
from engine.errors import EXIT_CREDENTIALS, EXIT_USAGE, CredentialsError
from tests.keyrings import Memory, remembering
from tests.program import command, environment

VALUE = "AAAA-not-a-real-key-0123456789"


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Memory]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for variable in ("DESK_X_BEARER_TOKEN", "DESK_ALPACA_KEY_ID", "DESK_ALPACA_SECRET_KEY"):
        monkeypatch.delenv(variable, raising=False)
    with remembering() as memory:
        yield memory


def desk(*args: str, typed: str | bytes = "") -> Result:
    return CliRunner().invoke(main_group, ["keys", *args], input=typed)


def test_set_asks_hidden_and_stores_per_profile(memory: Memory) -> None:
    result = desk("set", "alpaca_key_id", "--profile", "paper", typed=VALUE + "\n")
    assert result.exit_code == 0, result.output
    assert VALUE not in result.output
    assert "stored desk/alpaca_key_id@paper in" in result.output
    assert memory.held == {("desk", "alpaca_key_id@paper"): VALUE}


def test_set_reads_standard_input_when_asked(memory: Memory) -> None:
    result = desk("set", "x_bearer_token", "--stdin", typed=VALUE + "\n")
    assert result.exit_code == 0 and VALUE not in result.output
    assert memory.held == {("desk", "x_bearer_token"): VALUE}


def test_set_says_when_the_environment_wins(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_X_BEARER_TOKEN", "other")
    assert "wins over the keyring" in desk("set", "x_bearer_token", "--stdin", typed=VALUE).output


@pytest.mark.parametrize("typed", ["", "\n", "two words\n", "naïve\n", b"\xff\xfe\n", b"k" * 1_000_000])
def test_set_refuses_what_is_no_key(memory: Memory, typed: str | bytes) -> None:
    result = desk("set", "x_bearer_token", "--stdin", typed=typed)
    assert isinstance(result.exception, CredentialsError)
    assert result.exception.exit_code == EXIT_CREDENTIALS
    assert memory.held == {}


def test_list_says_where_from(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_X_BEARER_TOKEN", VALUE)
    memory.held["desk", "alpaca_key_id@live"] = VALUE
    result = desk("list", "--json", "--profile", "live")
    assert VALUE not in result.output
    found = json.loads(result.output)
    assert found["profile"] == "live"
    assert {each["name"]: each["source"] for each in found["keys"]} == {
        "x_bearer_token": "environment",
        "alpaca_key_id": "keyring",
        "alpaca_secret_key": "missing",
        "anthropic_api_key": "missing",
        "openai_api_key": "missing",
    }
    plain = desk("list", "--profile", "live").output
    assert "DESK_X_BEARER_TOKEN" in plain and VALUE not in plain


def test_remove(memory: Memory) -> None:
    memory.held["desk", "x_bearer_token"] = VALUE
    assert desk("remove", "x_bearer_token").exit_code == 0
    assert memory.held == {}
    again = desk("remove", "x_bearer_token")
    assert again.exit_code == 1 and "not in the keyring" in again.output


def test_an_unknown_name_is_a_usage_error_with_the_names(memory: Memory) -> None:
    result = desk("set", "aws_key")
    assert result.exit_code == 2 and "alpaca_secret_key" in result.output


def test_a_keyring_that_forgets_is_refused(memory: Memory) -> None:
    keyring.set_keyring(keyring.backends.null.Keyring())
    result = desk("set", "x_bearer_token", "--stdin", typed=VALUE)
    assert isinstance(result.exception, CredentialsError) and "forgets" in str(result.exception)


def test_a_key_is_not_asked_for_where_it_cannot_be_kept(memory: Memory) -> None:
    keyring.set_keyring(keyring.backends.null.Keyring())
    result = desk("set", "x_bearer_token", typed=f"{VALUE}\n")
    assert isinstance(result.exception, CredentialsError)
    assert "hidden" not in result.output, "it was asked for all the same"


def test_a_key_is_not_asked_for_where_it_would_be_seen(home: Path) -> None:
    """Without a terminal getpass would read on with a warning, and show on some systems what is typed."""
    keeping = home / "keeping.py"
    keeping.write_text(
        "from keyring.backend import KeyringBackend\n"
        "class Keeping(KeyringBackend):\n    priority = 1\n"
        "    def get_password(self, service, username): return None\n"
        "    def set_password(self, service, username, password): pass\n"
    )
    env = environment(home, {"PYTHON_KEYRING_BACKEND": "keeping.Keeping"})
    env["PYTHONPATH"] = f"{home}{os.pathsep}{env['PYTHONPATH']}"
    found = subprocess.run(
        command("keys", "set", "x_bearer_token"),
        env=env,
        input=f"{VALUE}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        start_new_session=True,
    )
    assert found.returncode == EXIT_USAGE, found.stderr
    assert "desk keys set x_bearer_token --stdin" in found.stderr
    assert VALUE not in found.stdout + found.stderr
