"""What bad input gets: file, key, value and remedy in words, a documented exit code, no traceback, nothing lost."""

from __future__ import annotations

import asyncio
import errno
import os
import pty
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import (
    EXIT_ALREADY_RUNNING,
    EXIT_CREDENTIALS,
    EXIT_FAILED,
    EXIT_JOURNAL,
    EXIT_NO_ENGINE,
    EXIT_USAGE,
)
from engine.journal.reader import Reader
from tests.engine.kernel import made_up
from tests.engine.kernel.process import EngineProcess, ending, until
from tests.program import REPLAYING, call, clean, command, desk, environment
from tests.venues.alpaca import AlpacaSimulator
from tests.venues.x import XSimulator

pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("bad input")]


def message(found: subprocess.CompletedProcess[str], code: int) -> str:
    """What a refused command says, in the form that all of them have."""
    assert found.returncode == code, (found.returncode, found.stdout, found.stderr)
    assert "Traceback" not in found.stderr
    assert found.stderr.startswith("desk: ")
    assert "\n→ " in found.stderr, "no remedy"
    assert clean(found.stderr)
    return found.stderr


@pytest.fixture
def morning(home: Path) -> Path:
    return made_up.write(home / "morning.jsonl", made_up.rows(hours=0.3))


# the configuration ---------------------------------------------------------------------------------------------------

CONFIGS = {
    "[risk]\nopen_ordrs = 3\n": (":2: risk.open_ordrs:", "'open_ordrs'", "did you mean 'open_orders'?"),
    "[rsk]\n": (":1: rsk:", "'rsk'", "did you mean 'risk'?"),
    '[risk]\n\nopen_orders = "many"\n': (":3: risk.open_orders:", "'many'", "correct risk.open_orders"),
    "[risk]\nopen_orders = -3\n": (":2: risk.open_orders:", "-3", "correct it"),
    "[sizing]\nsizer = 'kely'\n": (":2: sizing.sizer:", "'kely'", "sizing.sizer"),
    "[x]\nbase_url = 'api.x.com'\n": (":2: x.base_url:", "'api.x.com'", "address"),
    "[x]\nbearer_token = 'AAAA'\n": (":2: x.bearer_token:", "secret", "desk keys set"),
    "[risk\n": (":1:", "TOML", "correct that line"),
    "[profile.papper]\n": (":1: profile.papper:", "'papper'", "did you mean 'paper'?"),
}


@pytest.mark.parametrize(("text", "says"), CONFIGS.items(), ids=[text.strip() for text in CONFIGS])
@pytest.mark.parametrize("verb", [("config", "check"), ("status",), ("autopilot",), ("replay",)], ids=" ".join)
def test_a_wrong_configuration(home: Path, text: str, says: tuple[str, ...], verb: tuple[str, ...]) -> None:
    path = home / "desk.toml"
    path.write_text(text, encoding="utf-8")
    said = message(call(home, *verb, "--config", str(path)), EXIT_USAGE)
    assert said.startswith(f"desk: {path}")
    for words in says:
        assert words in said
    assert not (home / "run").exists(), "something was started"
    assert "AAAA" not in said


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DESK_RISK__OPEN_ORDRS", "3", ("risk.open_ordrs", "open_orders")),
        ("DESK_RISK__OPEN_ORDERS", "many", ("'many'", "unset")),
        ("DESK_RISK__OPEN_ORDERS", "-3", ("risk.open_orders", "-3")),
    ],
)
def test_a_wrong_environment_names_its_variable(home: Path, name: str, value: str, says: tuple[str, ...]) -> None:
    said = message(call(home, "status", settings={name: value}), EXIT_USAGE)
    for words in (name, *says):
        assert words in said


def test_a_configuration_that_cannot_be_read(home: Path) -> None:
    assert "nowhere.toml" in message(call(home, "status", "--config", "nowhere.toml"), EXIT_USAGE)
    path = home / "latin.toml"
    path.write_bytes(b"[engine]\nprofile = '\xe9'\n")
    assert "UTF-8" in message(call(home, "status", "--config", str(path)), EXIT_USAGE)
    assert "did you mean 'paper'?" in message(call(home, "status", "--profile", "papper"), EXIT_USAGE)


def test_config_init_show_and_check(home: Path) -> None:
    path = home / "config" / "desk" / "config.toml"
    assert call(home, "config", "init").stdout == f"{path}\n"
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text(path.read_text().replace("\nopen_orders = 10 ", "\nopen_orders = 11 "))
    assert str(path) in message(call(home, "config", "init"), EXIT_FAILED)
    assert "open_orders = 11" in path.read_text(), "an edited file was overwritten"
    shown = call(home, "config", "show", settings={"DESK_RISK__OPEN_POSITIONS": "7"})
    assert '"open_orders": 11' in shown.stdout
    assert '"open_positions": 7' in shown.stdout
    checked = call(home, "config", "check", "--profile", "live")
    assert checked.returncode == 0, checked.stdout
    assert f"file: {path}" in checked.stdout
    assert "profile live" in checked.stdout
    assert call(home, "config", "init", "--force").returncode == 0
    assert call(home, "config", "show", "--defaults").stdout == path.read_text()


def test_a_file_name_that_is_no_text_is_shown_all_the_same(home: Path) -> None:
    found = call(home, "config", "show", settings={"DESK_REPLAY__PATH": "/tmp/\udcff"})
    assert found.returncode == 0 and '"path": "/tmp/?"' in found.stdout, found.stderr


def test_a_configuration_that_cannot_be_written_leaves_nothing(home: Path) -> None:
    (home / "file").write_text("")
    said = message(call(home, "config", "init", "--config", str(home / "file" / "config.toml")), EXIT_USAGE)
    assert str(home / "file" / "config.toml") in said
    (home / "folder").mkdir()
    message(call(home, "config", "init", "--force", "--config", str(home / "folder")), EXIT_USAGE)
    assert sorted(path.name for path in home.iterdir()) == ["file", "folder"]


# credentials and other engines ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["paper", "simulated"])
def test_missing_credentials_are_named_with_their_remedy(home: Path, profile: str) -> None:
    said = message(desk(home, "autopilot", "--profile", profile), EXIT_CREDENTIALS)
    assert "DESK_X_BEARER_TOKEN" in said
    assert not (home / "run" / f"{profile}.sock").exists()


def test_live_without_the_accounts_suffix(home: Path) -> None:
    assert "--arm" in message(call(home, "autopilot", "--profile", "live"), EXIT_USAGE)


def test_a_second_engine_is_told_the_first_ones_pid(home: Path, morning: Path) -> None:
    settings = {**REPLAYING, "DESK_REPLAY__PATH": str(morning), "DESK_REPLAY__SPEED": "1"}
    with ending(EngineProcess(home, env=settings)) as engine:
        engine.start()
        assert engine.process is not None
        for settled in (settings, {**settings, "DESK_REPLAY__PATH": ""}):
            said = message(desk(home, "autopilot", "--profile", "simulated", settings=settled), EXIT_ALREADY_RUNNING)
            assert f"pid {engine.process.pid}" in said
        assert engine.snapshot().pid == engine.process.pid


@pytest.mark.parametrize("kind", ["file", "directory", "foreign socket"])
def test_something_in_the_sockets_way(home: Path, morning: Path, kind: str) -> None:
    path = home / "run" / "simulated.sock"
    path.parent.mkdir(mode=0o700)
    listening = socket.socket(socket.AF_UNIX)
    if kind == "file":
        path.write_text("mine")
    elif kind == "directory":
        path.mkdir()
    else:
        listening.bind(str(path))
        listening.listen()
    settings = {**REPLAYING, "DESK_REPLAY__PATH": str(morning)}
    with listening:
        found = desk(home, "autopilot", "--profile", "simulated", settings=settings)
    said = message(found, EXIT_ALREADY_RUNNING if kind == "foreign socket" else EXIT_USAGE)
    assert str(path) in said
    assert path.exists(), "what was in the way is gone"
    assert kind != "file" or path.read_text() == "mine"


def test_a_socket_that_does_not_speak_is_no_engine(home: Path) -> None:
    path = home / "run" / "paper.sock"
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
    assert str(path) in message(call(home, "status"), EXIT_NO_ENGINE)


def test_directories_that_cannot_be_used(home: Path, morning: Path) -> None:
    (home / "file").write_text("")
    for wrong in (home / "file", home / "file" / "below"):
        settings = {**REPLAYING, "DESK_REPLAY__PATH": str(morning), "DESK_ENGINE__STATE_DIR": str(wrong)}
        said = message(call(home, "replay", str(morning), settings=settings), EXIT_USAGE)
        assert str(wrong) in said
        assert "engine.state_dir" in said


# journals and recordings ---------------------------------------------------------------------------------------------


def _halved(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _holed(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes(4096) + data[middle + 4096 :]


@pytest.mark.parametrize("harm", [_halved, _holed, lambda _: b"not a journal at all\n" * 300])
def test_a_damaged_journal_is_refused_and_kept(home: Path, morning: Path, harm: Callable[[bytes], bytes]) -> None:
    journal = home / "simulated.journal"
    assert call(home, "replay", str(morning), "--journal", str(journal)).returncode == 0
    journal.write_bytes(harm(journal.read_bytes()))
    damaged = journal.read_bytes()
    names = ("DESK_X_BEARER_TOKEN", "DESK_ALPACA_KEY_ID", "DESK_ALPACA_SECRET_KEY")
    settings = dict.fromkeys(names, "made-up")
    said = message(desk(home, "autopilot", "--profile", "simulated", settings=settings), EXIT_JOURNAL)
    assert str(journal) in said
    assert str(journal) in message(call(home, "journal", "verify", "--profile", "simulated"), EXIT_JOURNAL)
    assert journal.read_bytes() == damaged, "the evidence was changed"


def test_a_journal_is_never_overwritten(home: Path, morning: Path) -> None:
    journal = home / "kept.journal"
    assert call(home, "replay", str(morning), "--journal", str(journal)).returncode == 0
    before = journal.read_bytes()
    for recording in (str(morning), str(journal)):
        said = message(call(home, "replay", recording, "--journal", str(journal)), EXIT_USAGE)
        assert "never overwritten" in said
    assert journal.read_bytes() == before
    assert ".journal" in message(call(home, "replay", str(morning), "--journal", str(home / "a.db")), EXIT_USAGE)
    said = message(call(home, "replay", str(morning), "--journal", str(morning / "a.journal")), EXIT_USAGE)
    assert os.strerror(errno.ENOTDIR) in said or os.strerror(errno.EEXIST) in said


def test_a_journal_elsewhere_leaves_the_directorys_mode_alone(home: Path, morning: Path) -> None:
    folder = home / "shared"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    assert call(home, "replay", str(morning), "--journal", str(folder / "a.journal")).returncode == 0
    assert folder.stat().st_mode & 0o777 == 0o755
    assert (folder / "a.journal").stat().st_mode & 0o777 == 0o600
    with Reader(folder / "a.journal") as reader:
        assert reader.verify().ok


ROWS = {
    '{"id": "1", "created_at": "yesterday", "text": "x"}': 'created_at: Invalid RFC3339 encoded datetime, found "yes',
    '{"id": "1", "text": "x", "symbols": []}': "created_at",
    '{"kind": "quote", "at": "2026-03-11T14:00:00Z", "symbol": "TSLA"}': "bid",
    '{"kind": "rumour", "at": "2026-03-11T14:00:00Z"}': "rumour",
    '{"id": "1"': "JSON",
    "[1, 2]": "object",
}


@pytest.mark.parametrize(("row", "names"), ROWS.items(), ids=["time", "no time", "quote", "kind", "cut", "list"])
def test_a_malformed_recording_names_its_line(home: Path, morning: Path, row: str, names: str) -> None:
    lines = len(morning.read_text().splitlines())
    with morning.open("a") as file:
        file.write(row + "\n")
    journal = home / "out.journal"
    said = message(call(home, "replay", str(morning), "--journal", str(journal)), EXIT_USAGE)
    assert f"{morning}:{lines + 1}:" in said
    assert names in said
    assert "docs/recordings.md" in said


def test_recordings_that_are_none(home: Path) -> None:
    (home / "empty.jsonl").write_text("")
    (home / "folder").mkdir()
    for path in ("empty.jsonl", "folder", "nowhere.jsonl", "nowhere.journal", "x" * 300):
        assert str(home / path) in message(call(home, "replay", str(home / path)), EXIT_USAGE)


@pytest.mark.parametrize("start", ["yesterday", "25:99", "2026-03-11T10:00:00"])
def test_a_start_that_is_no_time(home: Path, morning: Path, start: str) -> None:
    said = message(call(home, "replay", str(morning), "--start", start), EXIT_USAGE)
    assert said.startswith("desk: --start: "), "the word that was typed"
    assert start in said


@pytest.mark.parametrize("speed", ["-1", "fast", "nan", "1e+300"])
def test_a_speed_that_is_none(home: Path, morning: Path, speed: str) -> None:
    found = call(home, "replay", str(morning), "--speed", speed)
    assert "--speed" in found.stderr
    assert found.returncode == EXIT_USAGE
    assert speed in found.stderr
    assert "number" in found.stderr or "not in the range" in found.stderr, "words of a programmer"


# the terminal --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", [(), ("open",), ("demo",)], ids=" ".join)
def test_a_pipe_is_no_terminal(home: Path, verb: tuple[str, ...]) -> None:
    said = message(desk(home, *verb), EXIT_USAGE)
    assert "desk autopilot" in said
    assert not (home / "run").exists(), "an engine was started"


def on_a_terminal(home: Path, *arguments: str, term: str) -> tuple[int, str]:
    """Exit code of `desk` on a terminal of this kind, and what it said."""
    controller, terminal = pty.openpty()
    env = environment(home, {"TERM": term})
    ended = subprocess.run(
        command(*arguments), env=env, stdin=terminal, stdout=terminal, stderr=terminal, timeout=60, check=False
    )
    os.close(terminal)
    said = os.read(controller, 65536).decode()
    os.close(controller)
    return ended.returncode, said


@pytest.mark.parametrize("opened", [(), ("demo",)], ids=["open", "demo"])
def test_a_desk_has_the_keys_of_its_own_profile(home: Path, opened: tuple[str, ...]) -> None:
    path = home / "desk.toml"
    path.write_text('[profile.simulated.keys]\nno_such_action = "x"\n')
    code, said = on_a_terminal(home, "--profile", "simulated", "--config", str(path), *opened, term="xterm-256color")
    assert code == EXIT_USAGE
    assert "no_such_action" in said
    assert str(path) in said
    assert not (home / "run" / "simulated.lock").exists(), "an engine was started"


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_be_drawn_on(home: Path, term: str) -> None:
    code, said = on_a_terminal(home, "demo", term=term)
    assert code == EXIT_USAGE
    assert f"TERM={term or '(not set)'}" in said
    assert "\x1b" not in said
    assert not (home / "run").exists(), "an engine was started"


# the venue -----------------------------------------------------------------------------------------------------------


async def test_a_symbol_that_does_not_exist_at_the_venue(home: Path) -> None:
    watchlist = '[[watchlist]]\nsymbol = "TSLA"\nname = "Tesla"\n[[watchlist]]\nsymbol = "ZZZQ"\nname = "Nothing"\n'
    config = home / "watchlist.toml"
    config.write_text(watchlist)
    async with XSimulator() as x, AlpacaSimulator() as venue:
        settings = {
            "DESK_X_BEARER_TOKEN": x.token,
            "DESK_ALPACA_KEY_ID": venue.key_id,
            "DESK_ALPACA_SECRET_KEY": venue.secret_key,
            "DESK_X__BASE_URL": x.url,
            "DESK_ALPACA__TRADING_URL": venue.trading_url,
            "DESK_ALPACA__DATA_URL": venue.data_url,
            "DESK_ALPACA__TRADING_STREAM_URL": venue.trading_stream_url,
            "DESK_ALPACA__DATA_STREAM_URL": venue.data_stream_url,
        }
        with ending(EngineProcess(home, profile="paper", env=settings)) as engine:
            await asyncio.to_thread(engine.start, "--config", str(config))
            told: list[str] = []

            def says() -> bool:
                found = desk(home, "status", "--config", str(config))
                told[:] = [line for line in found.stdout.splitlines() if "ZZZQ does not exist" in line]
                return bool(told)

            await asyncio.to_thread(until, says, f"the symbol to be named\n{engine.log}")
            assert "[[watchlist]]" in told[0]
            snapshot = await asyncio.to_thread(engine.snapshot)
            why = {row.symbol: row.why_not for row in snapshot.symbols}
            assert why["ZZZQ"]
            assert not [alert for alert in snapshot.alerts if alert.subject == "TSLA"]
            assert await asyncio.to_thread(engine.stop) == 0
            assert "Traceback" not in engine.log
