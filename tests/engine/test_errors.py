"""An error as a person reads it, and the exit code that a shell reads."""

from __future__ import annotations

import pickle

import pytest

from engine import errors
from engine.errors import DeskError

KINDS = [
    (errors.ConfigError, errors.EXIT_USAGE),
    (errors.CredentialsError, errors.EXIT_CREDENTIALS),
    (errors.JournalError, errors.EXIT_JOURNAL),
    (errors.RecordingError, errors.EXIT_USAGE),
    (errors.VenueError, errors.EXIT_VENUE),
    (errors.VenueUnavailable, errors.EXIT_VENUE),
]


@pytest.mark.parametrize(
    ("where", "remedy", "told"),
    [
        ("", "", "expected a, found b"),
        ("config.toml:7", "", "config.toml:7: expected a, found b"),
        ("", "write a", "expected a, found b\n→ write a"),
        ("config.toml:7", "write a", "config.toml:7: expected a, found b\n→ write a"),
    ],
)
def test_it_says_where_what_and_what_to_do(where: str, remedy: str, told: str) -> None:
    assert str(DeskError("expected a, found b", where=where, remedy=remedy)) == told


@pytest.mark.parametrize(("kind", "code"), KINDS)
def test_each_kind_has_its_exit_code_and_keeps_its_parts(kind: type[DeskError], code: int) -> None:
    error = kind("expected a", where="here", remedy="do it")
    assert (error.exit_code, error.message, error.where, error.remedy) == (code, "expected a", "here", "do it")
    assert isinstance(error, DeskError)


def test_every_kind_of_error_is_among_them_and_codes_do_not_mean_two_things() -> None:
    assert {kind for kind, _ in KINDS} == {
        kind for kind in DeskError.__subclasses__() if kind.__module__ == errors.__name__
    }
    codes = [value for name, value in vars(errors).items() if name.startswith("EXIT_")]
    assert len(set(codes)) == len(codes)


def test_a_refusal_of_a_worker_process_arrives_with_its_words() -> None:
    arrived = pickle.loads(pickle.dumps(DeskError("expected a")))
    assert isinstance(arrived, DeskError) and arrived.message == "expected a"


def test_an_extra_is_brought_by_the_pip_of_this_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/a clone/.venv/bin/python")
    assert errors.installing("aws") == "'/a clone/.venv/bin/python' -m pip install 'desk[aws]'"
