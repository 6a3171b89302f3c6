"""What a service manager is told: over a real datagram socket, by a real engine."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from engine.kernel.notify import Notifier
from tests.engine.kernel.process import EngineProcess, ending, replaying, until


class Manager:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self._socket.settimeout(20.0)

    def next(self) -> dict[str, str]:
        words = self._socket.recv(65536).decode()
        return dict(line.partition("=")[::2] for line in words.splitlines())

    def until(self, name: str) -> dict[str, str]:
        """The next message that holds this assignment."""
        while name not in (words := self.next()):
            pass
        return words

    def silent(self, for_s: float) -> list[dict[str, str]]:
        """What came within so many seconds with a sign of life."""
        self._socket.settimeout(for_s)
        told = []
        try:
            while True:
                told.append(self.next())
        except TimeoutError:
            return [words for words in told if "WATCHDOG" in words]

    def close(self) -> None:
        self._socket.close()


def managed(home: Path, recording: Path, *, usec: int) -> EngineProcess:
    """An engine that plays a recording under a manager, and owes it a sign of life this often."""
    engine = replaying(home / "home", recording, 30.0)
    engine.env |= {"NOTIFY_SOCKET": str(home / "notify"), "WATCHDOG_USEC": str(usec)}
    return engine


def test_an_engine_tells_ready_status_life_and_end(home: Path, recording: Path) -> None:
    manager = Manager(str(home / "notify"))
    with ending(managed(home, recording, usec=900000)) as engine:
        engine.start()
        ready = manager.next()
        assert ready["READY"] == "1"
        assert ready["STATUS"].startswith("alive: active")
        assert manager.until("WATCHDOG")["WATCHDOG"] == "1"
        assert manager.until("WATCHDOG")["STATUS"]
        assert engine.process is not None
        os.kill(engine.process.pid, signal.SIGTERM)
        assert manager.until("STOPPING")["STATUS"] == "stopping"
        assert engine.process.wait(15) == 0
    manager.close()


def test_a_hanging_engine_gives_no_sign_of_life_and_says_where_it_hangs(home: Path, recording: Path) -> None:
    """Stopped by the kernel of the system, it cannot lie; a manager would end it now."""
    manager = Manager(str(home / "notify"))
    with ending(managed(home, recording, usec=300000)) as engine:
        engine.start()
        manager.until("WATCHDOG")
        engine.signal(signal.SIGSTOP)
        manager.silent(0.5)
        assert not manager.silent(1.0)
        engine.signal(signal.SIGABRT)
        engine.signal(signal.SIGCONT)
        assert engine.process is not None
        assert engine.process.wait(15) == -signal.SIGABRT
        until(lambda: "Fatal Python error: Aborted" in engine.log, "where it was")
    manager.close()


def test_children_cannot_speak_for_the_engine() -> None:
    env = {"NOTIFY_SOCKET": "/nowhere/notify", "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": str(os.getpid()), "A": "b"}
    notifier = Notifier(env)
    assert env == {"A": "b"}
    assert notifier.watchdog_s == 1.0


@pytest.mark.parametrize("pid", ["1", "x"])
def test_the_watchdog_of_another_process_is_not_ours(pid: str) -> None:
    assert not Notifier({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": pid}).watchdog_s


def test_an_abstract_address() -> None:
    address = f"@desk-test-{os.getpid()}"
    manager = Manager(address)
    Notifier({"NOTIFY_SOCKET": address}).tell(READY="1", STATUS="x" * 10_000)
    told = manager.next()
    assert told["READY"] == "1"
    assert len(told["STATUS"]) == 500
    manager.close()


def test_nobody_listens(caplog: pytest.LogCaptureFixture, home: Path) -> None:
    """No service manager, or one that is gone: the engine goes on."""
    Notifier({}).tell(READY="1")
    assert not caplog.records
    Notifier({"NOTIFY_SOCKET": str(home / "gone")}).tell(READY="1")
    assert "was not told (READY)" in caplog.text
