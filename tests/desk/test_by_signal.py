"""`desk kill` where the control socket does not answer: engines hear it by signal, and what became of it is told."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk import by_signal
from desk.app import DeskApp
from desk.client import Client
from desk.screens.choice import Choice
from desk.screens.guarded import Guarded
from engine.config import ScreenConfig, load
from engine.errors import EXIT_FAILED, EXIT_NO_ENGINE, EXIT_OK
from engine.kernel.lock import EngineLock
from engine.model import TradingState
from engine.paths import Paths
from tests.engine.kernel import made_up
from tests.engine.kernel.process import EngineProcess, ending, replaying, until
from tests.program import call
from tests.widgets.harness import until as until_shown


@pytest.fixture
def engine(home: Path) -> Iterator[EngineProcess]:
    with ending(replaying(home, made_up.write(home / "morning.jsonl"), 1.0)) as process:
        yield process


def kill(engine: EngineProcess, *options: str) -> tuple[int, str]:
    found = call(engine.home, "kill", "--profile", engine.profile, *options, settings=engine.env)
    return found.returncode, found.stdout + found.stderr


def test_an_engine_whose_socket_is_gone_halts_by_signal(engine: EngineProcess) -> None:
    engine.start()
    engine.socket.unlink()
    engine.socket.write_text("in the way")
    code, said = kill(engine, "--flatten")
    assert code == EXIT_FAILED and "NOTHING is flattened" in said
    assert f"write the word flatten into {engine.kill_file}" in said
    code, said = kill(engine)
    assert code == EXIT_OK and said.startswith("HALTED: the kill switch was thrown by signal (pid "), said
    assert "found another kind of file" in said
    engine.socket.unlink()
    until(engine._answers, "the socket again")
    assert engine.snapshot().status.state is TradingState.HALTED


async def test_the_key_at_the_desk_halts_it_so_too(engine: EngineProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Guarded, "GUARD_S", 0.0)
    await asyncio.to_thread(engine.start)
    paths = Paths.of(load(profile=engine.profile, env=engine.env).config)
    app = DeskApp(lambda: Client(engine.socket), ScreenConfig(), paths=paths)
    async with app.run_test() as pilot:
        await until_shown(pilot, lambda: app.link.attached and app.main is not None)
        engine.socket.unlink()
        engine.socket.write_text("in the way")
        await pilot.press("K")
        await until_shown(pilot, lambda: isinstance(app.screen, Choice))
        await pilot.press("h")
        await until_shown(pilot, lambda: app.line.text.startswith("HALTED: the kill switch was thrown by signal (pid "))
        await until_shown(pilot, lambda: app.link.mirror.status and app.link.mirror.status.state is TradingState.HALTED)


def test_a_stopped_engine_halts_as_soon_as_it_goes_on(engine: EngineProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.client.KILL_ANSWER_S", 0.2)
    monkeypatch.setattr(by_signal, "KNOWN_S", 0.2)
    monkeypatch.setattr(by_signal, "ASK_S", 0.1)
    engine.start()
    engine.signal(signal.SIGSTOP)
    code, said = kill(engine)
    assert code == EXIT_FAILED and "did not answer POST /v1/command within 0.2 s; whether it halted" in said
    monkeypatch.setattr(by_signal, "_halted", lambda paths: asyncio.sleep(0, True))
    code, said = kill(engine, "--flatten")
    assert code == EXIT_FAILED and "whether it flattens is not known" in said, said
    engine.signal(signal.SIGCONT)
    until(lambda: engine.snapshot().status.state is TradingState.HALTED, "the kill switch")


def test_who_only_looks_throws_none(engine: EngineProcess) -> None:
    engine.start()
    view = engine.socket.with_name("simulated.view.sock")
    view.unlink()
    view.write_text("in the way")
    code, said = kill(engine, "--read-only")
    assert code != EXIT_OK and "signal (pid" not in said
    assert engine.snapshot().status.state is TradingState.ACTIVE


def test_a_number_in_somebody_elses_directory_is_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").mkdir(mode=0o700)
    lock, sent = EngineLock(tmp_path / "run" / "paper.lock"), list[int]()
    lock.acquire()
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append(pid))
    monkeypatch.setattr(by_signal, "KNOWN_S", 0.0)
    owner = os.getuid()
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(os, "getuid", lambda: owner + 1)
        assert call(tmp_path, "kill").returncode == EXIT_NO_ENGINE and not sent
    assert call(tmp_path, "kill").returncode == EXIT_FAILED and sent == [os.getpid()]
    lock.release()
