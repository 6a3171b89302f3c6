"""What `desk doctor` looks at on this machine: configuration, keys, files, disk, sockets, calendar, spend.

Each check takes what it needs and returns what it found with a remedy; none raises for what it finds. The checks that
ask other machines are in `desk.checks_network`.
"""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from desk.checks_names import refuse_unknown_names
from engine import secrets
from engine.calendar import Calendar
from engine.clock import utc
from engine.config import Config, Loaded
from engine.errors import EXIT_NO_ENGINE, ConfigError, CredentialsError, DeskError
from engine.model.base import Value
from engine.paths import Paths, free_bytes
from engine.scoring.late import late_keys
from engine.syncs import syncs

OK, WARN, FAIL = "ok", "warn", "fail"

DISK_FAIL_BYTES = 200 << 20
DISK_WARN_BYTES = 2 << 30
"""A busy day's journal is some hundred megabytes."""
SYNCS = 50
SYNCS_S = 1.0
"""The look at the disk's syncs ends after as many, or this long."""
SYNC_WARN_MS = 10.0
LONGEST_WARN_MS = 100.0
CALENDAR_WARN_DAYS = 60
ANOTHER = "set engine.state_dir / engine.runtime_dir to a directory of yours"
ANSWER_S = 5.0
"""How long the engine may take to answer."""


class Check(Value, frozen=True, gc=False):
    """One thing that was looked at."""

    name: str
    status: str
    """`ok`, `warn` or `fail`."""
    found: str
    remedy: str = ""


def local_checks(loaded: Loaded, paths: Paths, env: Mapping[str, str], now_ns: int) -> list[Check]:
    """Everything that needs no network."""
    config = loaded.config
    return [
        check_config(loaded),
        check_rules(config),
        check_keyring(config, env),
        *check_secrets(config, env),
        *check_files(paths),
        check_disk(paths),
        check_sync(paths),
        *check_engine(paths),
        check_spend(config, paths, now_ns),
        check_calendar(now_ns),
    ]


def uses_x(config: Config) -> bool:
    """True when the configuration streams posts from X."""
    return config.x.enabled and "x" in config.feeds.posts


def uses_news(config: Config) -> bool:
    """True when the configuration reads Alpaca's news."""
    return "news" in config.feeds.posts


def uses_alpaca(config: Config) -> bool:
    """True when orders, prices or news go through Alpaca."""
    return config.broker.name == "alpaca" or config.feeds.prices == "alpaca" or uses_news(config)


def check_config(loaded: Loaded) -> Check:
    """The configuration was read, and everything that it names exists; which one, and for whom."""
    config = loaded.config
    where = str(loaded.path) if loaded.path else "the shipped defaults"
    symbols = ", ".join(config.symbols[:8]) + ("…" if len(config.symbols) > 8 else "")
    found = f"{where}, profile {config.engine.profile}, broker {config.broker.name}, watching {symbols or 'nothing'}"
    try:
        refuse_unknown_names(loaded)
    except ConfigError as error:
        return Check("config", FAIL, f"{error.where}: {error.message}", error.remedy)
    return Check("config", OK, found)


def check_rules(config: Config) -> Check:
    """The watchlist fits X's rules."""
    if not uses_x(config):
        return Check("x rules", OK, "not used")
    from engine.feeds.x_rules import build_rules

    try:
        rules = build_rules(config.watchlist, config.x)
    except DeskError as error:
        return Check("x rules", FAIL, error.message, error.remedy)
    longest = max(len(rule.value) for rule in rules)
    return Check(
        "x rules",
        OK,
        f"{len(rules)} of {config.x.rule_limit} rules, the longest {longest} of {config.x.rule_length} characters",
    )


def needed_secrets(config: Config) -> tuple[str, ...]:
    """The secrets that this profile cannot do without."""
    x = (secrets.X_BEARER_TOKEN,) if uses_x(config) else ()
    alpaca = (secrets.ALPACA_KEY_ID, secrets.ALPACA_SECRET_KEY) if uses_alpaca(config) else ()
    return (*x, *alpaca, *late_keys(config))


def check_keyring(config: Config, env: Mapping[str, str]) -> Check:
    """There is a keyring that keeps secrets safe, unless the environment has every one that is needed."""
    try:
        return Check("keyring", OK, secrets.keyring_kind())
    except CredentialsError as error:
        if all(env.get(secrets.VARIABLES[name], "").strip() for name in needed_secrets(config)):
            return Check("keyring", OK, "none that keeps secrets safe, and none needed: the environment has the keys")
        return Check("keyring", FAIL, error.message, error.remedy)


def check_secrets(config: Config, env: Mapping[str, str]) -> list[Check]:
    """Every secret this profile needs is there."""
    needed = needed_secrets(config)
    checks = []
    for listed in secrets.listing(config.engine.profile, env):
        name = f"key {listed.name}"
        if listed.source in ("environment", "credential", "keyring"):
            checks.append(Check(name, OK, f"from {listed.source}: {listed.detail}"))
        elif listed.name not in needed:
            checks.append(Check(name, OK, "not needed by this profile"))
        else:
            found = "missing" if listed.source == "missing" else "missing, and the keyring cannot be asked"
            profile = "" if listed.name in secrets.SHARED else f" --profile {config.engine.profile}"
            variable = secrets.VARIABLES[listed.name]
            checks.append(Check(name, FAIL, found, f"desk keys set {listed.name}{profile}, or set {variable}"))
    return checks


def check_files(paths: Paths) -> list[Check]:
    """Directories and files are this user's and closed to others."""
    checks = []
    for name, directory in (("state directory", paths.state_dir), ("runtime directory", paths.runtime_dir)):
        checks.append(_private(name, directory, 0o700))
    for path in (paths.journal, paths.spend, paths.log, paths.socket):
        if _there(path):
            checks.append(_private(path.name, path, 0o600))
    return checks


def check_disk(paths: Paths) -> Check:
    """There is room for the journal."""
    place = _nearest(paths.state_dir)
    free = free_bytes(place)
    if free is None:
        return Check("disk", OK, f"the file system of {place} does not say what is free")
    found = f"{free / (1 << 30):.1f} GiB free at {place}"
    remedy = "free some space: the engine refuses to trade when it cannot write its journal"
    if free < DISK_FAIL_BYTES:
        return Check("disk", FAIL, found, remedy)
    return Check("disk", WARN, found, remedy) if free < DISK_WARN_BYTES else Check("disk", OK, found)


def check_sync(paths: Paths) -> Check:
    """How long the disk takes to make a commit durable, which every order waits for."""
    place = _nearest(paths.state_dir)
    try:
        lasted = sorted(_syncs_ms(place))
    except OSError as error:
        return Check("disk sync", FAIL, f"{place}: {error.strerror}", "make the state directory writable for you")
    median, longest = lasted[len(lasted) // 2], lasted[-1]
    found = f"{median:.1f} ms in the median, {longest:.0f} ms the longest of {len(lasted)}, at {place}"
    if median <= SYNC_WARN_MS and longest <= LONGEST_WARN_MS:
        return Check("disk sync", OK, found)
    remedy = "set engine.state_dir to a directory on a faster disk: no order leaves before the disk has its intent"
    return Check("disk sync", WARN, found, remedy)


def check_engine(paths: Paths) -> list[Check]:
    """Lock, socket and KILL file say the same."""
    from engine.control.socket_file import socket_answers
    from engine.kernel.lock import holder

    try:
        pid = holder(paths.lock)
    except OSError as error:
        return [Check("engine", FAIL, f"{paths.lock}: {error.strerror}", "make the runtime directory yours")]
    except DeskError as error:
        return [Check("engine", FAIL, error.told, error.remedy)]
    checks = [Check("engine", OK, f"running, pid {pid}" if pid is not None else "not running")]
    there = _there(paths.socket)
    if there and not stat.S_ISSOCK(paths.socket.lstat().st_mode):
        checks.append(Check("socket", FAIL, f"{paths.socket} is no socket", "move this file away"))
    elif pid is not None and not there:
        checks.append(Check("socket", FAIL, f"{paths.socket} is missing", "stop the engine with SIGTERM, start again"))
    elif pid is None and there and socket_answers(paths.socket):
        remedy = "end the program that listens there, or set engine.runtime_dir to another directory"
        checks.append(Check("socket", FAIL, f"{paths.socket} is listened to by what is no engine of ours", remedy))
    elif pid is None and there:
        checks.append(Check("socket", WARN, f"{paths.socket} is left over", "nothing: the next engine replaces it"))
    else:
        checks.append(Check("socket", OK, str(paths.socket) if there else "none, as no engine runs"))
    if _there(paths.kill_file):
        checks.append(Check("kill file", WARN, f"{paths.kill_file} exists: trading is halted", f"rm {paths.kill_file}"))
    return checks


async def check_answer(paths: Paths) -> list[Check]:
    """Whether the engine that runs answers: one that was stopped or hangs still holds lock and socket."""
    from desk.client import Client, NoEngine

    if not _there(paths.socket):
        return []
    try:
        async with Client(paths.socket, timeout_s=ANSWER_S) as client:
            seen = await client.snapshot()
    except NoEngine as error:
        found = Check("engine answers", FAIL, error.message, error.remedy)
        return [] if error.exit_code == EXIT_NO_ENGINE else [found]
    except DeskError as error:
        remedy = "if it was stopped (Ctrl-Z), `kill -CONT` its pid; else end it: SIGABRT tells where it stood"
        return [Check("engine answers", FAIL, error.message, remedy)]
    return [Check("engine answers", OK, f"it does, version {seen.version}")]


def check_spend(config: Config, paths: Paths, now_ns: int) -> Check:
    """What posts have cost today."""
    if not uses_x(config):
        return Check("x spend", OK, "not used")
    from engine.feeds.spend import SpendMeter

    cap = config.x.daily_cap_usd
    if not _there(paths.spend):
        return Check("x spend", OK, f"nothing spent yet, cap ${cap:.2f} a day")
    meter = SpendMeter(paths.spend, post_cost_usd=config.x.post_cost_usd, daily_cap_usd=cap)
    try:
        meter.open(now_ns)
    except DeskError as error:
        return Check("x spend", FAIL, f"{error.where}: {error.message}", error.remedy)
    found = f"${meter.spent_usd(now_ns):.2f} of ${cap:.2f} today ({meter.posts(now_ns)} posts)"
    if meter.capped(now_ns):
        return Check("x spend", WARN, found, "raise x.daily_cap_usd, or wait for 00:00 UTC")
    return Check("x spend", OK, found)


def check_calendar(now_ns: int) -> Check:
    """The exchange's sessions are known for some time to come."""
    until: date = Calendar.known_until
    left = (until - utc(now_ns).date()).days
    found = f"sessions known until {until.isoformat()}"
    remedy = "install a newer desk: unknown days count as closed"
    if left < 0:
        return Check("calendar", FAIL, found, remedy)
    return Check("calendar", WARN, found, remedy) if left < CALENDAR_WARN_DAYS else Check("calendar", OK, found)


def lines(checks: list[Check]) -> list[str]:
    """One line per check, the remedy under what needs one."""
    width = max(len(check.name) for check in checks)
    told = []
    for check in checks:
        told.append(f"{check.status:<4}  {check.name:<{width}}  {check.found}")
        if check.remedy and check.status != OK:
            told.append(f"{'':<4}  {'':<{width}}  → {check.remedy}")
    return told


def as_json(checks: list[Check]) -> str:
    """`{"ok": bool, "checks": [{name, status, found, remedy}]}`."""
    rows = [
        {"name": check.name, "status": check.status, "found": check.found, "remedy": check.remedy} for check in checks
    ]
    return json.dumps({"ok": all(check.status != FAIL for check in checks), "checks": rows}, ensure_ascii=False)


def _private(name: str, path: Path, mode: int) -> Check:
    """The path is ours, with this mode or a stricter one."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return Check(name, OK, f"{path} will be made")
    except OSError as error:
        remedy = "make it accessible to you" if isinstance(error, PermissionError) else ANOTHER
        return Check(name, FAIL, f"{path}: {error.strerror}", remedy)
    told = f"{path} has mode {stat.S_IMODE(found.st_mode):04o}"
    if found.st_uid != os.getuid():
        return Check(name, FAIL, f"{path} belongs to user {found.st_uid}", ANOTHER)
    if stat.S_IMODE(found.st_mode) & 0o777 & ~mode:
        return Check(name, FAIL, told, f"chmod {mode:o} {path}")
    if mode == 0o700 and not os.access(path, os.W_OK | os.X_OK):
        return Check(name, FAIL, f"{told}, not writable", f"chmod 700 {path}")
    return Check(name, OK, told)


def _there(path: Path) -> bool:
    """Whether something is there; what cannot be looked at is told of its directory."""
    try:
        return path.exists()
    except OSError:
        return False


def _nearest(path: Path) -> Path:
    """The path, or the nearest parent that exists."""
    while not _there(path) and path != path.parent:
        path = path.parent
    return path


def _syncs_ms(place: Path) -> list[float]:
    """How long each of some syncs took, in milliseconds."""
    lasted: list[float] = []
    deadline = time.monotonic() + SYNCS_S
    for _, duration in syncs(place):
        lasted.append(duration * 1000)
        if len(lasted) == SYNCS or time.monotonic() >= deadline:
            break
    return lasted
