"""`desk doctor`: every check finds what is there, and says what to do."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import keyring
import keyring.backends.fail
import pytest
from click.testing import CliRunner

from desk import checks
from desk.checks import FAIL, OK, WARN, Check
from desk.checks_network import alpaca_account_check, check_x_rules, clock_check, network_checks, open_stream
from desk.command_line import main_group
from engine.clock import SECOND, SystemClock, VirtualClock, parse_iso
from engine.config import AlpacaConfig, BrokerConfig, Config, EngineConfig, FeedsConfig, Loaded, WatchRow, XConfig
from engine.feeds.spend import SpendMeter
from engine.feeds.x_rules import build_rules
from engine.kernel.lock import EngineLock
from engine.paths import Paths
from tests.desk.fake_engine import fake_engine
from tests.program import REPLAYING, desk
from tests.venues.alpaca import AlpacaSimulator
from tests.venues.x import RULES, XSimulator, faults

NOW = parse_iso("2026-11-20T12:00:00Z")
DEAD = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    yield
    keyring.set_keyring(before)


def config(tmp_path: Path, x_url: str = DEAD, alpaca_url: str = DEAD, **more: Any) -> Config:
    stream = alpaca_url.replace("http", "ws")
    settings: dict[str, Any] = {
        "engine": EngineConfig(state_dir=str(tmp_path / "state"), runtime_dir=str(tmp_path / "run")),
        "x": XConfig(base_url=x_url, connect_timeout_s=5),
        "alpaca": AlpacaConfig(
            trading_url=alpaca_url,
            data_url=alpaca_url,
            trading_stream_url=f"{stream}/stream",
            data_stream_url=f"{stream}/v2/iex",
            news_stream_url=f"{stream}/v1beta1/news",
            timeout_s=5,
        ),
        "watchlist": (WatchRow(symbol="TSLA", name="Tesla"),),
    }
    return Config(**settings | more)


def loaded(made: Config) -> Loaded:
    return Loaded(made, None, "0" * 16)


def statuses(found: list[Check]) -> dict[str, str]:
    return {check.name: check.status for check in found}


ENV = {"DESK_X_BEARER_TOKEN": "t", "DESK_ALPACA_KEY_ID": "k", "DESK_ALPACA_SECRET_KEY": "s"}


def test_a_fresh_machine_with_keys_is_fine(tmp_path: Path) -> None:
    made = config(tmp_path)
    found = checks.local_checks(loaded(made), Paths.of(made), ENV, NOW)
    assert {check.status for check in found} <= {OK, WARN}, found
    assert not (tmp_path / "state").exists(), "looking changes nothing"


def test_missing_keys_fail_with_the_command(tmp_path: Path) -> None:
    made = config(tmp_path)
    found = checks.check_secrets(made, {"DESK_X_BEARER_TOKEN": "t"})
    assert statuses(found[:3]) == {"key x_bearer_token": OK, "key alpaca_key_id": FAIL, "key alpaca_secret_key": FAIL}
    assert {check.found for check in found[3:]} == {"not needed by this profile"}
    assert "desk keys set alpaca_key_id --profile paper" in found[1].remedy
    assert checks.check_keyring(made, {}).status == FAIL
    assert checks.check_keyring(made, ENV).status == OK


def test_what_a_profile_does_not_use_is_not_asked_for(tmp_path: Path) -> None:
    made = config(
        tmp_path, broker=BrokerConfig(name="simulated"), feeds=FeedsConfig(posts=("replay",), prices="replay")
    )
    assert set(statuses(checks.check_secrets(made, {})).values()) == {OK}
    assert checks.check_rules(made).found == "not used"


def test_a_watchlist_that_makes_no_rule_fails(tmp_path: Path) -> None:
    made = config(tmp_path, watchlist=(WatchRow(symbol="A", keywords=("x" * 3000,)),))
    assert checks.check_rules(made).status == FAIL
    empty = config(tmp_path, watchlist=())
    assert checks.check_config(loaded(empty)).status == FAIL


def test_open_directories_and_files_fail_with_chmod(tmp_path: Path) -> None:
    paths = Paths.of(config(tmp_path))
    paths.create()
    paths.journal.write_text("")
    paths.journal.chmod(0o644)
    paths.state_dir.chmod(0o755)
    found = {check.name: check for check in checks.check_files(paths)}
    assert found["state directory"].remedy == f"chmod 700 {paths.state_dir}"
    assert found["runtime directory"].status == OK
    assert found["paper.journal"].remedy == f"chmod 600 {paths.journal}"


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = Paths.of(config(tmp_path))
    assert checks.check_disk(paths).status in (OK, WARN)
    monkeypatch.setattr(checks, "DISK_FAIL_BYTES", 1 << 62)
    assert checks.check_disk(paths).status == FAIL


def test_a_disk_that_syncs_slowly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = Paths.of(config(tmp_path))
    monkeypatch.setattr(checks, "SYNC_WARN_MS", 1e6)
    monkeypatch.setattr(checks, "LONGEST_WARN_MS", 1e6)
    found = checks.check_sync(paths)
    assert found.status == OK
    assert re.fullmatch(rf"\d+\.\d ms in the median, \d+ ms the longest of \d+, at {tmp_path}", found.found)
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(checks, "LONGEST_WARN_MS", 0.0)
    assert checks.check_sync(paths).status == WARN
    monkeypatch.setattr(checks, "LONGEST_WARN_MS", 1e6)
    monkeypatch.setattr(checks, "SYNC_WARN_MS", 0.0)
    found = checks.check_sync(paths)
    assert found.status == WARN
    assert "no order leaves before the disk has its intent" in found.remedy
    monkeypatch.setattr(checks, "SYNCS_S", 0.0)
    assert "the longest of 1," in checks.check_sync(paths).found, "a disk that stands still is not asked fifty times"


def test_a_disk_that_cannot_be_written(tmp_path: Path) -> None:
    paths = Paths.of(config(tmp_path))
    paths.state_dir.parent.mkdir(parents=True, exist_ok=True)
    paths.state_dir.write_text("")
    found = checks.check_sync(paths)
    assert found.status == FAIL
    assert str(paths.state_dir) in found.found


def test_lock_and_socket(tmp_path: Path) -> None:
    paths = Paths.of(config(tmp_path))
    paths.create()
    assert statuses(checks.check_engine(paths)) == {"engine": OK, "socket": OK}
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(paths.socket))
    assert statuses(checks.check_engine(paths)) == {"engine": OK, "socket": WARN}
    left.listen()
    found = checks.check_engine(paths)[1]
    assert found.status == FAIL and "no engine of ours" in found.found and found.remedy
    lock = EngineLock(paths.lock)
    lock.acquire()
    assert "running, pid" in checks.check_engine(paths)[0].found
    assert checks.check_engine(paths)[1].status == OK
    left.close()
    paths.socket.unlink()
    assert checks.check_engine(paths)[1].status == FAIL
    lock.release()
    paths.socket.write_text("in the way")
    assert checks.check_engine(paths)[1].status == FAIL
    paths.kill_file.write_text("")
    assert checks.check_engine(paths)[2].status == WARN


async def test_an_engine_that_was_stopped_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = Paths.of(config(tmp_path))
    paths.create()
    assert await checks.check_answer(paths) == []
    async with fake_engine(paths.socket):
        assert statuses(await checks.check_answer(paths)) == {"engine answers": OK}
    monkeypatch.setattr(checks, "ANSWER_S", 0.05)
    with closing(socket.socket(socket.AF_UNIX)) as stopped:
        paths.socket.unlink(missing_ok=True)
        stopped.bind(str(paths.socket))
        assert await checks.check_answer(paths) == []
        stopped.listen()
        (found,) = await checks.check_answer(paths)
    assert found.status == FAIL and "did not answer" in found.found and "kill -CONT" in found.remedy


def test_spend(tmp_path: Path) -> None:
    made = config(tmp_path, x=XConfig(daily_cap_usd=0.05))
    paths = Paths.of(made)
    assert "nothing spent yet" in checks.check_spend(made, paths, NOW).found
    meter = SpendMeter(paths.spend, post_cost_usd=0.005, daily_cap_usd=0.05)
    meter.open(NOW)
    lease = meter.next_lease(NOW)
    meter.take(lease, meter.record(lease))
    meter.count(map(str, range(10)), NOW)
    meter.close(NOW)
    assert checks.check_spend(made, paths, NOW).status == WARN
    paths.spend.write_text("{")
    assert checks.check_spend(made, paths, NOW).status == FAIL


@pytest.mark.parametrize(("day", "status"), [("2026-11-20", OK), ("2029-12-01", WARN), ("2030-02-01", FAIL)])
def test_calendar(day: str, status: str) -> None:
    assert checks.check_calendar(parse_iso(f"{day}T12:00:00Z")).status == status


@pytest.mark.parametrize(
    ("skews", "status"),
    [([0.3, -0.2], OK), ([3.0], WARN), ([-40.0, -40.5, 0.1], FAIL), ([0.1, 0.2, 900.0], OK), ([], WARN)],
)
def test_clock(skews: list[float], status: str) -> None:
    assert clock_check(skews).status == status


async def test_venues_that_take_our_keys(tmp_path: Path) -> None:
    async with XSimulator() as x, AlpacaSimulator() as alpaca:
        x.add_rule("tea", "desk:TEA:1")
        made = config(tmp_path, x.url, alpaca.trading_url)
        env = {
            "DESK_X_BEARER_TOKEN": x.token,
            "DESK_ALPACA_KEY_ID": alpaca.key_id,
            "DESK_ALPACA_SECRET_KEY": alpaca.secret_key,
        }
        found = await network_checks(made, env)
    assert set(statuses(found).values()) == {OK}, checks.lines(found)
    told = {check.name: check.found for check in found}
    assert told["x credentials"] == "accepted; 1 rules at X, 1 of them the desk's"
    assert told["x coverage"] == f"X takes the rules of all {len(made.symbols)} symbols"
    assert [rule.tag for rule in x.rules.values()] == ["desk:TEA:1"], "nothing is changed at X"
    assert "account …" in told["alpaca credentials"]
    assert "against" in told["clock"]


async def test_a_rule_that_x_refuses_is_named_with_its_symbols_and_the_remedy(tmp_path: Path) -> None:
    async with XSimulator() as x:
        made = config(tmp_path, x.url)
        [rule] = build_rules(made.watchlist, made.x)
        x.rest.refused_rules.add(rule.value)
        found = await check_x_rules(made, {"DESK_X_BEARER_TOKEN": x.token})
        assert (found.status, x.rules) == (WARN, {})
        assert found.found == (f"not covered: {', '.join(rule.symbols)} by rule {rule.tag}: refused by X: refused here")
        assert found.remedy.startswith(f"correct the names and keywords of {', '.join(rule.symbols)}")
        x.refuse(RULES, faults.bad_gateway())
        assert (await check_x_rules(made, {"DESK_X_BEARER_TOKEN": x.token})).status == FAIL


async def test_venues_that_refuse_and_endpoints_that_are_not_there(tmp_path: Path) -> None:
    async with XSimulator() as x:
        found = await network_checks(config(tmp_path, x.url), ENV)
        told = {check.name: check for check in found}
        assert told["x.base_url"].status == OK
        assert told["x credentials"].status == FAIL and "desk keys set" in told["x credentials"].remedy
        for name in ("alpaca.trading_url", "alpaca.data_url", "alpaca.trading_stream_url", "alpaca credentials"):
            assert told[name].status == FAIL and told[name].remedy
        x.refuse(RULES, faults.bad_gateway())
        again = await network_checks(config(tmp_path, x.url), ENV | {"DESK_X_BEARER_TOKEN": x.token})
        assert statuses(again)["x credentials"] == FAIL


async def test_the_news_are_reached_where_they_are_read_and_ask_for_no_x(tmp_path: Path) -> None:
    keys = {name: value for name, value in ENV.items() if name != "DESK_X_BEARER_TOKEN"}
    made = config(tmp_path, feeds=FeedsConfig(posts=("news",)))
    assert checks.needed_secrets(made) == ("alpaca_key_id", "alpaca_secret_key")
    async with AlpacaSimulator() as alpaca:
        reached = config(tmp_path, alpaca_url=alpaca.data_url, feeds=FeedsConfig(posts=("news",)))
        found = statuses(await network_checks(reached, keys))
        assert found["alpaca.news_stream_url"] == OK and "x.base_url" not in found
        assert "alpaca.news_stream_url" not in statuses(await network_checks(config(tmp_path), keys))
    assert statuses(await network_checks(made, keys))["alpaca.news_stream_url"] == FAIL


async def test_a_clock_that_is_wrong_is_found_by_the_date_header(tmp_path: Path) -> None:
    wrong = VirtualClock(SystemClock().now_ns() - 60 * SECOND)
    async with XSimulator(clock=wrong) as x:
        found = await network_checks(config(tmp_path, x.url), ENV)
    clock = next(check for check in found if check.name == "clock")
    assert clock.status == FAIL and clock.found.startswith(("+60", "+59", "+61"))


async def test_no_key_is_ever_told(tmp_path: Path) -> None:
    env = {"DESK_X_BEARER_TOKEN": "xxtokenxx", "DESK_ALPACA_KEY_ID": "xxkeyxx", "DESK_ALPACA_SECRET_KEY": "xxsecretxx"}
    async with XSimulator() as x, AlpacaSimulator() as alpaca:
        made = config(tmp_path, x.url, alpaca.trading_url)
        found = await network_checks(made, env) + checks.local_checks(loaded(made), Paths.of(made), env, NOW)
    shown = "\n".join(checks.lines(found)) + checks.as_json(found) + repr(found)
    assert not any(value in shown for value in env.values())


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b'{"account_number":"PA123456","status":"ACTIVE"}', OK),
        (200, b'{"status":"ONBOARDING"}', WARN),
        (200, b'{"status":"ACTIVE","trading_blocked":true}', FAIL),
        (200, b"<html>", FAIL),
        (401, b"", FAIL),
        (403, b"{}", FAIL),
        (503, b"", FAIL),
        (200, b'{"more":' + b"[" * 100_000, FAIL),
    ],
)
def test_what_alpaca_answers(status: int, body: bytes, expected: str) -> None:
    check = alpaca_account_check("alpaca credentials", "paper", "https://x/v2/account", status, body)
    assert check.status == expected
    assert bool(check.remedy) == (expected != OK)
    assert "PA12" not in check.found


async def test_a_stream_that_does_not_accept() -> None:
    async with aiohttp.ClientSession() as session:
        assert (await open_stream(session, "s", "ws://127.0.0.1:9/x", 2)).status == FAIL


async def test_what_is_reached_through_a_proxy_is_asked_through_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the engine does: where there is no other way out, every address and key had failed."""
    async with AlpacaSimulator() as venue:
        monkeypatch.setenv("http_proxy", venue.trading_url)
        monkeypatch.setenv("no_proxy", "")
        keys = {"DESK_ALPACA_KEY_ID": venue.key_id, "DESK_ALPACA_SECRET_KEY": venue.secret_key}
        made = config(tmp_path, alpaca_url="http://venue.invalid", feeds=FeedsConfig(posts=("news",)))
        found = await network_checks(made, ENV | keys)
    assert set(statuses(found).values()) == {OK}, checks.lines(found)
    reached = {check.name for check in found if "http://venue.invalid" in check.found and "answered" in check.found}
    assert {"alpaca.data_url", "alpaca.trading_url", "alpaca.data_stream_url", "alpaca.trading_stream_url"} < reached


@pytest.mark.parametrize("directory", ["DESK_ENGINE__STATE_DIR", "DESK_ENGINE__RUNTIME_DIR"])
@pytest.mark.parametrize("kind", ["too long", "somebody else's", "a file", "a circle"])
def test_a_directory_that_cannot_be_looked_at_is_one_line_of_the_table(
    tmp_path: Path, directory: str, kind: str
) -> None:
    """The rest of the table is what one asks for."""
    places = {"too long": "a" * 300, "somebody else's": "closed", "a file": "file", "a circle": "circle"}
    (tmp_path / "file").touch()
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (tmp_path / "closed").mkdir(mode=0)
    settings = {directory: str(tmp_path / places[kind] / "inner")}
    told = desk(tmp_path, "doctor", "--offline", "--profile", "simulated", settings={**REPLAYING, **settings}).stdout
    name = "state directory" if "STATE" in directory else "runtime directory"
    assert re.search(rf"^fail  {name} ", told, re.MULTILINE) or (kind == "somebody else's" and os.getuid() == 0), told
    for check in ("config", "disk", "engine", "calendar"):
        assert re.search(rf"^(ok|warn|fail)  +{check} ", told, re.MULTILINE), told


@pytest.mark.parametrize("kind", ["a directory", "a link"])
def test_what_stands_in_the_locks_way_is_one_line_of_the_table(tmp_path: Path, kind: str) -> None:
    lock = tmp_path / "run" / "simulated.lock"
    lock.parent.mkdir(mode=0o700)
    if kind == "a link":
        (tmp_path / "precious").touch()
        lock.symlink_to(tmp_path / "precious")
    else:
        lock.mkdir()
    told = desk(tmp_path, "doctor", "--offline", "--profile", "simulated", settings=REPLAYING).stdout
    assert re.search(r"^fail  engine +.*expected a lock file", told, re.MULTILINE), told
    assert re.search(r"^ok    calendar", told, re.MULTILINE), told


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[engine]\nstate_dir = "{tmp_path / "state"}"\nruntime_dir = "{tmp_path / "run"}"\n')
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    runner = CliRunner()
    fine = runner.invoke(main_group, ["doctor", "--offline", "--json", "--config", str(file)], standalone_mode=False)
    assert fine.return_value == 0 or fine.exit_code == 0
    answer = json.loads(fine.output)
    assert answer["ok"] and {"config", "disk", "calendar"} <= {check["name"] for check in answer["checks"]}
    monkeypatch.delenv("DESK_X_BEARER_TOKEN")
    failing = runner.invoke(main_group, ["doctor", "--offline", "--config", str(file)])
    assert failing.exit_code == 1
    assert "→ desk keys set x_bearer_token" in failing.output
    file.write_text("[engine]\nstat_dir = 1\n")
    broken = runner.invoke(main_group, ["doctor", "--offline", "--config", str(file)])
    assert broken.exit_code == 1 and "state_dir" in broken.output
