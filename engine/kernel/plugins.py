"""Finds feeds, scorers, strategies and brokers by name, ours and those of other packages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint, distribution, entry_points
from typing import Any, Final, cast

from engine.clock import Clock
from engine.config import Config
from engine.errors import ConfigError
from engine.feeds.replay import ReplayFeed
from engine.kernel.guest_broker import GuestBroker
from engine.kernel.guest_strategy import GuestStrategy
from engine.kernel.guest_values import Misfit, checked_name
from engine.kernel.guests import guest_feed
from engine.kernel.known import Known
from engine.model import Broker, Feed, Strategy
from engine.offered import built, loaded

PRICES: Final = "prices"
"""Our feed of prices, and the name of the light of whichever brings them: trading leans on it."""

ReadSecret = Callable[[str], str]
"""Reads a secret by name; raises CredentialsError with the remedy."""


def find(group: str, name: str) -> Any:
    """The class that the entry point `name` of `desk.<group>` names.

    Raises ConfigError when there is none, naming those there are, and for one that cannot be loaded.
    """
    for point in _points(group):
        if point.name == name:
            return loaded(point)
    known = ", ".join(sorted({point.name for point in _points(group)})) or "none"
    raise ConfigError(
        f"expected a known name among {known}, found {name!r}",
        where=group,
        remedy=f"correct the name, or install the package that offers it as an entry point of desk.{group}",
    )


def _built(group: str, name: str, *given: object) -> Any:
    """One of what `find` finds. Raises ConfigError where it cannot be made of what it is given."""
    kind = find(group, name)
    return built(f"desk.{group}", name, lambda: kind(*given))


def _points(group: str) -> Iterator[EntryPoint]:
    """Ours first: to look through every package that is installed takes twenty times as long."""
    yield from distribution("desk").entry_points.select(group=f"desk.{group}")
    yield from entry_points(group=f"desk.{group}")


def build_feeds(
    config: Config, clock: Clock, read_secret: ReadSecret, known: Mapping[str, Known]
) -> tuple[tuple[Feed, ...], ReplayFeed | None]:
    """The configured feeds; and the replay feed by itself when it is the one, because it moves the clock.

    `known`: by feed of posts, what the journal holds already; nothing where one is missing.
    """
    if "replay" in config.feeds.posts:
        replay = ReplayFeed(config, clock)
        return (replay,), replay
    feeds: list[Feed] = []
    for name in config.feeds.posts:
        if name == "news":
            keys = _alpaca_keys(read_secret)
            until_ns = known.get(name, Known()).until_ns
            feeds.append(find("feeds", name)(config, clock, **keys, known_until_ns=until_ns))
        elif name != "x":
            feeds.append(_feed(name, name, config, clock))
        elif config.x.enabled:
            token = read_secret("x_bearer_token")
            held = known.get(name, Known())
            told = {"known_until_ns": held.until_ns, "known_whole": held.whole}
            feeds.append(find("feeds", name)(config, clock, token=token, **told))
    if config.feeds.prices == "alpaca":
        feeds.append(find("feeds", PRICES)(config, clock, **_alpaca_keys(read_secret)))
    else:
        feeds.append(_feed(config.feeds.prices, PRICES, config, clock))
    return tuple(feeds), None


def _feed(name: str, light: str, config: Config, clock: Clock) -> Feed:
    """The feed that another package offers by this name, its light under the name `light`. Raises ConfigError."""
    feed = _built("feeds", name, config, clock)
    return guest_feed(feed, light, clock) if _is_foreign(feed) else cast(Feed, feed)


def _strategy(name: str, config: Config) -> Strategy:
    """The strategy of this name. Raises ConfigError, also for one whose own name can stand in no record."""
    strategy = _built("strategies", name, config)
    if not _is_foreign(strategy):
        return cast(Strategy, strategy)
    try:
        return GuestStrategy(strategy, checked_name(getattr(strategy, "name", None)), config)
    except Misfit as misfit:
        raise ConfigError(
            f"{misfit}, in strategies {name!r}",
            where="desk.strategies",
            remedy="mend or remove the package that offers it, or take it out of the configuration",
        ) from misfit


def _is_foreign(built: object) -> bool:
    return type(built).__module__.partition(".")[0] != "engine"


def build_broker(config: Config, clock: Clock, read_secret: ReadSecret) -> Broker:
    """The configured venue."""
    name = config.broker.name
    broker: Broker = (
        find("brokers", name)(config, clock, **_alpaca_keys(read_secret))
        if name == "alpaca"
        else _built("brokers", name, config, clock)
    )
    if not _is_foreign(broker):
        return broker
    try:
        return GuestBroker(broker, clock)
    except Misfit as misfit:
        raise ConfigError(
            f"{misfit}, in brokers {name!r}",
            where="desk.brokers",
            remedy="mend or remove the package that offers it, or take it out of the configuration",
        ) from misfit


def build_strategies(config: Config) -> tuple[Strategy, ...]:
    """The strategies that are switched on, in the order in which they are asked.

    Raises ConfigError for one that nobody offers, or that cannot be made.
    """
    shift = ("shift",) if config.strategy.shift.enabled else ()
    return tuple(_strategy(name, config) for name in (*shift, *config.strategy.own))


def _alpaca_keys(read_secret: ReadSecret) -> dict[str, str]:
    return {"key_id": read_secret("alpaca_key_id"), "secret_key": read_secret("alpaca_secret_key")}
