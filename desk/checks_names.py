"""Whether what the configuration names exists: feeds, scorers, strategies, a venue. Asked before an engine meets it.

The configuration's own types cannot know: other packages may offer more of each.
"""

from __future__ import annotations

import difflib
from importlib.metadata import entry_points
from typing import Final

from engine.config import Config, Loaded, shipped_path
from engine.errors import ConfigError
from engine.feeds.replay import start_ns
from engine.feeds.x_rules import build_rules

GROUPS: Final = {
    "feeds.posts": ("desk.feeds",),
    "feeds.prices": ("desk.feeds",),
    "scoring.scorers": ("desk.scorers", "desk.late_scorers"),
    "strategy.own": ("desk.strategies",),
    "broker.name": ("desk.brokers",),
}
"""Setting → the entry points that its names are looked for in."""

NO_PRICES: Final = frozenset({"x", "news", "prices"})
"""Feeds of ours that the setting `feeds.prices` does not name: those of posts, and what it calls `alpaca`."""

EVERYDAY: Final = frozenset(
    {"ai", "app", "apple", "block", "chip", "cloud", "data", "ev", "gap", "gpu", "meta", "model", "phone", "shell"}
    | {"square", "target", "visa"}
)
"""Names and products that are ordinary words too."""


def refuse_unknown_names(loaded: Loaded) -> None:
    """Return when everything that is named exists, and X can be asked for the watchlist.

    Raises ConfigError with the file, the key, what is named and what is known.
    """
    config = loaded.config
    named = {
        "feeds.posts": config.feeds.posts,
        "feeds.prices": (config.feeds.prices,),
        "scoring.scorers": config.scoring.scorers,
        "strategy.own": config.strategy.own,
        "broker.name": (config.broker.name,),
    }
    for key, groups in GROUPS.items():
        offered_names = {point.name for group in groups for point in entry_points(group=group)}
        known = sorted(offered_names - NO_PRICES | {"alpaca"} if key == "feeds.prices" else offered_names)
        for name in named[key]:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                offered = f"correct it, or install the package that offers it as an entry point of {groups[0]}"
                raise ConfigError(
                    f"expected a name among {', '.join(known)}, found {name!r}",
                    where=loaded.where(key),
                    remedy=f"did you mean {near[0]!r}?" if near else offered,
                )
    try:
        if config.replay.start:
            start_ns(config.replay.start, 0)
        if config.x.enabled and "x" in config.feeds.posts:
            build_rules(config.watchlist, config.x)
    except ConfigError as error:
        of_row = error.where.startswith("[")
        where = f"{loaded.path or shipped_path()}: {error.where}" if of_row else loaded.where(error.where)
        raise ConfigError(error.message, where=where, remedy=error.remedy) from error


def everyday_keywords(config: Config) -> list[str]:
    """Keywords that stand in posts about anything: each brings them in, is paid for, and moves the symbol's mood."""
    return [
        f"[[watchlist]] {row.symbol}: {word} by itself is in posts about anything; it belongs under ambiguous"
        for row in config.watchlist
        for word in row.keywords
        if word.strip().casefold() in EVERYDAY or len(word.strip()) == 1
    ]


def unknown_theme(config: Config) -> str:
    """What becomes of a theme that does not exist; empty when it does."""
    from textual.theme import BUILTIN_THEMES

    from desk.themes import THEMES

    known = {*BUILTIN_THEMES, *(theme.name for theme in THEMES)}
    if not config.screen.theme or config.screen.theme in known:
        return ""
    return f"screen.theme = {config.screen.theme}: there is no such theme, so the desk shows its own"
