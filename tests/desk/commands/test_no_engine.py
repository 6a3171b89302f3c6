"""Every verb where no engine answers: it says so, and what takes risk away names the other ways."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from engine.errors import EXIT_NO_ENGINE, EXIT_USAGE
from engine.kernel.lock import EngineLock
from tests.program import call

WITHOUT = (
    ("status",),
    ("tickets", "--json"),
    ("confirm", "t", "--fingerprint", "f"),
    ("approve", "t", "--fingerprint", "f"),
    ("reject", "t", "--reason", "r"),
    ("mode", "*", "off"),
    ("pause", "--reason", "r"),
    ("resume", "--reason", "r"),
    ("kill",),
    ("flatten", "*", "--reason", "r"),
    ("cancel", "o"),
    ("reconcile",),
    ("acknowledge", "a"),
    ("protections", "list"),
    ("protections", "lift", "p", "--reason", "r"),
    ("arm", "1234"),
    ("stop",),
)


@pytest.mark.parametrize("arguments", WITHOUT, ids=" ".join)
def test_without_an_engine_every_verb_says_so(home: Path, arguments: tuple[str, ...]) -> None:
    found = call(home, *arguments)
    assert found.returncode == EXIT_NO_ENGINE
    assert not found.stdout
    assert found.stderr.startswith(f"desk: {home / 'run' / 'paper.sock'}: no engine answers\n→ ")


def test_a_ticket_without_what_was_seen_says_where_it_is_shown(home: Path) -> None:
    for verb in ("confirm", "edit"):
        found = call(home, verb, "t-1", "--name", "demo")
        assert found.returncode == EXIT_USAGE
        assert "expected --fingerprint, found none: `desk tickets --name demo` shows it" in found.stderr


@pytest.mark.parametrize("start", ["25:00", "now", "2026-03-11T09:25"])
def test_a_time_that_is_none_is_refused_before_anything_starts(home: Path, start: str) -> None:
    found = call(home, "replay", "--start", start)
    assert found.returncode == EXIT_USAGE
    assert "--start: expected a New York time (09:25) or ISO 8601 with a zone, found" in found.stderr
    assert not (home / "run").exists()


def test_a_recording_that_is_not_there_is_called_by_the_commands_own_word(home: Path) -> None:
    found = call(home, "replay", str(home / "none.jsonl"))
    assert found.returncode == EXIT_USAGE
    assert "name one that is there (`desk replay RECORDING`, replay.path), or none for the demo day" in found.stderr


def test_a_kill_that_nobody_hears_names_the_other_ways(home: Path) -> None:
    kill_file = home / "run" / "KILL"
    assert f"touch {kill_file}: an engine that runs halts" in call(home, "kill").stderr
    path = home / "run" / "paper.sock"
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(path))
        deaf.listen()

        def hang_up() -> None:
            deaf.accept()[0].close()

        hanging_up = threading.Thread(target=hang_up)
        hanging_up.start()
        found = call(home, "kill", "--reason", "r")
        hanging_up.join()
    assert found.returncode == EXIT_NO_ENGINE
    assert f"touch {kill_file}" in found.stderr
    assert not kill_file.exists()


@pytest.mark.parametrize("verb", ["stop", "status"])
def test_an_engine_that_starts_is_named(home: Path, verb: str) -> None:
    """It holds its lock before its socket answers, and must not be taken for none."""
    (home / "run").mkdir(mode=0o700)
    lock = EngineLock(home / "run" / "paper.lock")
    lock.acquire()
    found = call(home, verb)
    lock.release()
    assert found.returncode == EXIT_NO_ENGINE
    assert f"no engine answers, but one (pid {os.getpid()}) starts, stops or hangs" in found.stderr
    assert f"`kill {os.getpid()}` ends it in order" in found.stderr


@pytest.mark.parametrize("verb", [("status",), ("stop",), ("kill",), ("why", "TSLA"), ("follow",), ("serve",)])
def test_engines_that_run_beside_are_named_and_how_they_are_reached(home: Path, verb: tuple[str, ...]) -> None:
    """Whoever plays with `desk demo` and asks `desk status` asks another engine: the profile's."""
    (home / "run").mkdir(mode=0o700)
    (home / "run" / "gone.lock").write_text("1\n")
    (home / "run" / "odd.lock").mkdir()
    demo, simulated = (EngineLock(home / "run" / f"{name}.lock") for name in ("demo", "simulated"))
    demo.acquire()
    found = call(home, *verb)
    assert found.returncode == EXIT_NO_ENGINE
    assert "no engine answers\n→ demo runs here: add --name demo; or" in found.stderr.replace("; touch", "; or touch")
    simulated.acquire()
    assert "→ demo and simulated run here: add --name demo or --profile simulated; " in call(home, *verb).stderr
    demo.release()
    simulated.release()
    assert "run here" not in call(home, *verb).stderr


def test_the_name_of_an_engine_is_no_secret(home: Path) -> None:
    for verb in (("status",), ("kill",), ("why",), ("follow",), ("journal", "show"), ("guard", "why"), ("ledger",)):
        assert "--name" in call(home, *verb, "--help").stdout


WRONG = {
    "a limit": "[risk]\nopen_orders = -1\n",
    "no TOML": "[engine]\n# as it is\nlog_level = 'info'\n\n[risk\n",
    "an unknown key": "[engine]\n[rsk]\n",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_what_takes_risk_away_needs_no_right_configuration(home: Path, text: str) -> None:
    """An engine goes on with what it read before: who halts it must not be sent to mend a file first."""
    config = home / "config.toml"
    config.write_text(text)
    path = home / "run" / "paper.sock"
    for verb in (("kill",), ("pause", "--reason", "r"), ("flatten", "*", "--reason", "r"), ("cancel", "x"), ("stop",)):
        found = call(home, *verb, "--config", str(config))
        assert found.returncode == EXIT_NO_ENGINE, "the engine was not looked for"
        assert f"desk: {config}:" in found.stderr
        assert f"asking the engine at {path} all the same" in found.stderr
    for verb in (("resume", "--reason", "r"), ("confirm", "t", "--fingerprint", "f"), ("status",)):
        assert call(home, *verb, "--config", str(config)).returncode == EXIT_USAGE


def test_a_file_in_the_place_of_the_runtime_directory_is_named_to_who_must_halt(home: Path) -> None:
    (home / "run").write_text("")
    for verb in ("status", "kill"):
        found = call(home, verb)
        assert found.returncode == EXIT_USAGE
        assert found.stderr.startswith(
            f"desk: {home / 'run'}: expected a directory, found another kind of file\n→ move it"
        )
    assert f"; touch {home / 'run' / 'KILL'}" in found.stderr


def test_a_byte_that_is_no_text_keeps_nobody_from_an_engine(home: Path) -> None:
    config = home / "config.toml"
    config.write_bytes(b"[engine]\nprofile = 'simulated'\n\n[risk] # \xff\n")
    found = call(home, "kill", "--config", str(config))
    assert found.returncode == EXIT_NO_ENGINE, "the engine was not looked for"
    assert f"asking the engine at {home / 'run' / 'simulated.sock'} all the same" in found.stderr
    assert "found byte 0xff at offset" in found.stderr


def test_a_kill_that_cannot_know_its_engine_names_the_other_ways(home: Path) -> None:
    config = home / "config.toml"
    config.write_text("[engine]\nlog_level = 3\n")
    found = call(home, "kill", "--config", str(config))
    assert found.returncode == EXIT_USAGE
    assert f"desk: {config}:2: engine.log_level" in found.stderr
    assert "touch KILL in the engine's runtime directory" in found.stderr
