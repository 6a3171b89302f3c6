"""The configuration file is watched: what allows less is applied at once, what allows more waits for a person.

A file that cannot be read or is wrong changes nothing, and is told with its line. What can only change at a restart is
told too. Every application is journaled with the hashes before and after. In the live profile any that
decides what is traded disarms.
A restart that no person asked for is no confirmation: what the journal says held stays where the file allows more, and
where that cannot be told (a new symbol, another guard) trading is REDUCING until a person resumes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from engine.clock import Clock
from engine.config import Config, Loaded, Version, config_hash, version
from engine.config.live import (
    Change,
    Effect,
    changed_settings,
    compare,
    fixed_settings,
    live_settings,
    take_over,
    with_settings,
)
from engine.errors import ConfigError
from engine.journal import Journal
from engine.kernel.alarms import Alarms
from engine.kernel.arming import Arming
from engine.kernel.inbox import Inbox, Reread
from engine.model import Alert, Level
from engine.model.frames import Reply
from engine.model.records import ConfigRecord

POLL_S = 1.0
TOLD = 6
"""Most changes that an alert names."""


class Reloading:
    """Keeps the configuration that holds now, and what waits for a person."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        *,
        journal: Journal,
        alarms: Alarms,
        arming: Arming,
        apply: Callable[[Config], None],
    ) -> None:
        """`apply` hands a new configuration to the stages."""
        self.config = config
        self._clock = clock
        self._journal = journal
        self._alarms = alarms
        self._arming = arming
        self._apply = apply
        self._wanted: Config | None = None
        """The file's configuration, while it would allow more than what holds."""

    async def watch(self, path: Path, seen: Version | None, again: Callable[[], Loaded], inbox: Inbox) -> None:
        """Look at the file once a second; read it again when it is another one than `seen`, which was read last.

        It is read once two looks have found the same: half of a file that is being written may be a whole
        configuration with other limits. A file that was there and is gone is not taken for the defaults.
        """
        looked, was_there = seen, seen is not None
        while True:
            await asyncio.sleep(POLL_S)
            found = await asyncio.to_thread(version, path)
            if found == looked != seen:
                seen, was_there = found, was_there or found is not None
                gone = found is None and was_there
                inbox.urgent(_gone(path) if gone else await asyncio.to_thread(reread, again))
            looked = found

    def hold(self, settings: Mapping[str, str], said: tuple[str, ...] = ()) -> None:
        """At the start after a crash or a signal: where the file allows more than what held, what held goes on.

        `settings` are those that the last engine ended with; `said` are keys that the command line has set, which are
        no file's word. `ask` then tells and records it.
        """
        held = with_settings(self.config, {key: text for key, text in settings.items() if key not in said})
        looser = [change for change in compare(held, self.config) if change.effect is Effect.LOOSER]
        if looser:
            self._wanted = self.config
            self.config = take_over(self.config, held, [change.key for change in looser])
            self._apply(self.config)

    def changed(self, held: Mapping[str, str], said: tuple[str, ...] = ()) -> str:
        """At the start after a crash or a signal: what only a restart takes over and was changed since, in words.

        `held` is what the last engine began with; empty where none did, or a person stopped it, and nothing was changed
        over a crash. Which way such a setting allows more cannot be told.
        """
        if not held:
            return ""
        now = {key: text for key, text in fixed_settings(self.config).items() if key not in said}
        changes = changed_settings(held, now)
        if not changes:
            return ""
        more = f" and {len(changes) - TOLD} more" if len(changes) > TOLD else ""
        told = "; ".join(changes[:TOLD]) + more
        return f"the configuration was changed before a restart that nobody asked for: {told}"

    def ask(self) -> None:
        """Tell and record what `hold` did not take over; nothing when that is nothing."""
        wanted = self._wanted
        if wanted is None:
            return
        looser = [change for change in compare(self.config, wanted) if change.effect is Effect.LOOSER]
        now_ns, after = self._clock.now_ns(), config_hash(self.config)
        record = ConfigRecord(
            "restart", tuple(map(str, looser)), config_hash(wanted), after, now_ns, live_settings(self.config)
        )
        self._journal.append("config", "restart", record, now_ns)
        self._ask(looser, "the configuration file allows more than what held before the restart, which goes on to hold")

    def _ask(self, looser: list[Change], what: str) -> None:
        remedy = f"`desk config apply {self.fingerprint}`, or change the file back"
        self._tell("confirm", Level.WARNING, f"{what}: {_named(looser)}", remedy)

    def take(self, item: Reread) -> None:
        """The file was read again."""
        if item.config is None:
            self._tell("kept", Level.WARNING, f"the configuration file is not used: {item.problem}", item.remedy)
            self._arming.disarm("the configuration file is wrong")
            return
        self._alarms.clear("config:kept")
        changes = compare(self.config, item.config)
        tighter = [change for change in changes if change.effect is Effect.TIGHTER]
        looser = [change for change in changes if change.effect is Effect.LOOSER]
        later = [change for change in changes if change.effect is Effect.RESTART]
        desks = [change for change in changes if change.effect is Effect.DESK]
        if tighter:
            self._change(tighter, item.config, "file")
        self._wanted = item.config if looser else None
        if looser:
            self._ask(looser, "the configuration file would allow more")
        else:
            self._alarms.clear("config:confirm")
        if later:
            text = f"{Effect.RESTART.value}: {_named(later)}"
            self._tell("restart", Level.INFO, text, "`desk stop`, start again")
        else:
            self._alarms.clear("config:restart")
        if desks:
            self._tell("desks", Level.INFO, f"{Effect.DESK.value}: {_named(desks)}", "open the desk again")
        else:
            self._alarms.clear("config:desks")
        if deciding := [change for change in (*tighter, *looser, *later) if change.decides]:
            self._arming.disarm(f"the configuration changed ({_named(deciding)})")

    @property
    def fingerprint(self) -> str:
        """Names what waits for a person; empty when nothing does."""
        if self._wanted is None:
            return ""
        looser = [change.key for change in compare(self.config, self._wanted) if change.effect is Effect.LOOSER]
        return config_hash(take_over(self.config, self._wanted, looser))[:8]

    def confirm(self, fingerprint: str, by: str) -> Reply:
        """A person applies what allows more, as it was shown."""
        wanted = self._wanted
        if wanted is None:
            return Reply(ok=False, text="no change of the configuration waits", remedy="edit the file first")
        if fingerprint != self.fingerprint:
            return Reply(
                ok=False,
                text=f"the waiting changes are not {fingerprint} any more",
                remedy=f"look at the alert again: they are {self.fingerprint} now",
            )
        changes = [change for change in compare(self.config, wanted) if change.effect is Effect.LOOSER]
        self._change(changes, wanted, by)
        self._wanted = None
        self._alarms.clear("config:confirm")
        self._arming.disarm(f"the configuration changed ({_named(changes)})")
        return Reply(ok=True, text=f"applied: {_named(changes)}")

    def _change(self, changes: list[Change], source: Config, by: str) -> None:
        before = config_hash(self.config)
        self.config = take_over(self.config, source, [change.key for change in changes])
        self._apply(self.config)
        now_ns = self._clock.now_ns()
        after, settings = config_hash(self.config), live_settings(self.config)
        record = ConfigRecord(by, tuple(map(str, changes)), before, after, now_ns, settings)
        self._journal.append("config", by, record, now_ns)

    def _tell(self, name: str, level: Level, text: str, remedy: str) -> None:
        self._alarms.alert(Alert(f"config:{name}", level, "config", name, text, remedy, self._clock.now_ns()))


def reread(again: Callable[[], Loaded]) -> Reread:
    """Read the configuration; a wrong one is a Reread with the problem."""
    try:
        return Reread(again().config)
    except ConfigError as error:
        return Reread(None, f"{error.where}: {error.message}" if error.where else error.message, error.remedy)


def _gone(path: Path) -> Reread:
    return Reread(None, f"{path}: expected the configuration file, found none: No such file", "put it back")


def _named(changes: list[Change]) -> str:
    more = f" and {len(changes) - TOLD} more" if len(changes) > TOLD else ""
    return "; ".join(map(str, changes[:TOLD])) + more
