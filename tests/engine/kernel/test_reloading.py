"""The configuration file as editors, deploy scripts and disks treat it, and what becomes of each change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import msgspec
import pytest

from engine.clock import SystemClock
from engine.config import Config, Version, load, user_path, version
from engine.config.live import fixed_settings, live_settings
from engine.errors import ConfigError
from engine.kernel import reloading
from engine.kernel.inbox import Inbox, Reread
from engine.kernel.process import reader_of
from engine.kernel.stages import Stages
from engine.model import Mode, TradingState
from tests.engine.kernel import bare

pytestmark = pytest.mark.timeout(60)

RISK = "[risk]\norder_notional = {}\n"


class Watched:
    """A file that is watched, and what was read of it."""

    def __init__(self, path: Path, read: list[Reread]) -> None:
        self.path = path
        self.read = read

    async def next(self) -> Reread:
        """What is read next."""
        count = len(self.read)
        async with asyncio.timeout(20):
            while len(self.read) == count:
                await asyncio.sleep(0.005)
        return self.read[-1]


@asynccontextmanager
async def watching(made: Stages, path: Path) -> AsyncIterator[Watched]:
    """The file as it is now, watched by a real Reloading; nothing is applied."""
    read: list[Reread] = []
    inbox = Inbox(100)
    inbox.urgent = read.append  # type: ignore[method-assign,assignment]
    again = partial(load, path, profile="paper", env={})
    task = asyncio.create_task(made.reloading.watch(path, again().version, again, inbox))
    try:
        yield Watched(path, read)
    finally:
        task.cancel()
        await asyncio.wait((task,))


def notional(item: Reread) -> int:
    assert item.config is not None
    return int(item.config.risk.order_notional)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stages:
    monkeypatch.setattr(reloading, "POLL_S", 0.02)
    return bare.stages(bare.config(tmp_path), SystemClock())


async def test_a_file_is_replaced_linked_and_given_back_its_rights(made: Stages, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(RISK.format(1000))
    async with watching(made, path) as watched:
        draft = tmp_path / "draft"
        draft.write_text(RISK.format(2000))
        draft.replace(path)
        assert notional(await watched.next()) == 2000
        for number in (3000, 4000):
            target = tmp_path / f"release-{number}.toml"
            target.write_text(RISK.format(number))
            link = tmp_path / "link"
            link.symlink_to(target)
            link.replace(path)
            assert notional(await watched.next()) == number
        target.write_text(RISK.format(5000))
        assert notional(await watched.next()) == 5000, "what it points to was written"
        target.chmod(0o640)
        assert notional(await watched.next()) == 5000, "other rights: whether it can be read is found out now"
        path.unlink()
        path.mkdir()
        assert "Is a directory" in (await watched.next()).problem
        path.rmdir()
        assert "No such file" in (await watched.next()).problem
        path.write_text(RISK.format(6000))
        assert notional(await watched.next()) == 6000


async def test_half_of_a_file_that_is_being_written_is_not_read(
    made: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The half is a whole configuration too: with other limits."""
    path = tmp_path / "config.toml"
    path.write_text(RISK.format(9000))
    looked = 0

    def written_on(path: Path) -> Version:
        nonlocal looked
        looked += 1
        return (0, 0, min(looked, 5), 0)

    async with watching(made, path) as watched:
        monkeypatch.setattr(reloading, "version", written_on)
        await watched.next()
        assert looked >= 6, "read while it was still growing"
        assert len(watched.read) == 1


async def test_the_users_own_file_that_is_gone_is_not_the_defaults(
    made: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    own = user_path()
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(RISK.format(1000))
    read: list[Reread] = []
    inbox = Inbox(100)
    inbox.urgent = read.append  # type: ignore[method-assign,assignment]
    again = reader_of(None, "paper", ())
    task = asyncio.create_task(made.reloading.watch(own, again().version, again, inbox))
    watched = Watched(own, read)
    try:
        own.unlink()
        assert (await watched.next()).config is None
        own.write_text(RISK.format(2000))
        assert notional(await watched.next()) == 2000
    finally:
        task.cancel()
        await asyncio.wait((task,))


def test_a_directory_that_nobody_may_look_into_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(self: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", closed)
    with pytest.raises(ConfigError, match="Permission denied"):
        load(profile="paper", env={})
    assert reloading.reread(partial(load, profile="paper", env={})).config is None


def test_what_was_changed_between_reading_and_watching_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(RISK.format(1000))
    loaded = load(path, profile="paper", env={})
    assert loaded.version == version(path)
    path.write_text(RISK.format(20000))
    assert loaded.version != version(path)


def test_what_was_typed_is_known_apart() -> None:
    assert reader_of(None, "paper", ("tickets.mode=auto", "engine.log_format=json"))().said == (
        "tickets.mode",
        "engine.log_format",
    )


def automatic(config: Config) -> Config:
    return msgspec.structs.replace(config, tickets=msgspec.structs.replace(config.tickets, mode=Mode.AUTO))


def test_the_autopilot_by_the_file_waits_for_a_person_and_off_does_not(tmp_path: Path) -> None:
    asked = bare.config(tmp_path)
    with bare.opened(asked, SystemClock()) as made:
        take, tickets = made.reloading.take, made.dealing.tickets
        take(Reread(automatic(asked)))
        assert tickets.mode("TSLA") is Mode.CONFIRM
        assert "tickets.mode: confirm → auto" in alert(made, "config:confirm")
        assert made.reloading.confirm(made.reloading.fingerprint, "person").ok
        assert tickets.mode("TSLA") is Mode.AUTO
        take(Reread(asked))
        assert tickets.mode("TSLA") is Mode.CONFIRM, "at once"


def test_the_autopilot_by_the_file_is_not_confirmed_by_a_crash(tmp_path: Path) -> None:
    asked = bare.config(tmp_path)
    with bare.opened(automatic(asked), SystemClock()) as made:
        assert made.dealing.tickets.mode("TSLA") is Mode.AUTO
        made.reloading.hold(live_settings(asked), ("tickets.mode",))
        assert made.dealing.tickets.mode("TSLA") is Mode.AUTO, "somebody has typed it"
        made.reloading.hold(live_settings(asked))
        made.reloading.ask()
        assert made.dealing.tickets.mode("TSLA") is Mode.CONFIRM
        assert "tickets.mode: confirm → auto" in alert(made, "config:confirm")


def test_a_first_start_has_changed_nothing(made: Stages) -> None:
    assert made.reloading.changed({}) == ""
    assert made.reloading.changed(fixed_settings(made.reloading.config)) == ""
    made.journal.open()
    try:
        made.resume()
    finally:
        made.journal.close()
    assert made.dealing.risk.state is TradingState.ACTIVE


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda config: replaced(config, "screen", theme="desk-light"), "config:desks"),
        (lambda config: msgspec.structs.replace(config, keys={"confirm": "ctrl+y"}), "config:desks"),
        (lambda config: replaced(config, "engine", log_level="debug"), "config:restart"),
        (lambda config: replaced(config, "sentiment", window_s=60.0), "config:restart"),
    ],
    ids=["looks", "keys", "log", "window"],
)
def test_no_change_is_passed_over_in_silence_and_looks_disarm_nothing(
    tmp_path: Path, change: Callable[[Config], Config], told: str
) -> None:
    config = bare.config(tmp_path)
    with bare.opened(config, SystemClock()) as made:
        disarmed: list[str] = []
        made.arming.disarm = disarmed.append  # type: ignore[method-assign,assignment]
        made.reloading.take(Reread(change(config)))
        assert "→" in alert(made, told)
        assert bool(disarmed) is (change(config).sentiment != config.sentiment)
        made.reloading.take(Reread(config))
        assert not alert(made, told)


def replaced(config: Config, section: str, **values: object) -> Config:
    changed = msgspec.structs.replace(getattr(config, section), **values)
    return msgspec.structs.replace(config, **{section: changed})


def alert(made: Stages, id: str) -> str:
    found = made.view.alerts.get(id)
    return "" if found is None else found.text
