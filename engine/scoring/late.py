"""Late scorers by name: those whose answers come after the post has been read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from engine.clock import Clock
from engine.config import Config
from engine.errors import ConfigError
from engine.model import LateScorer
from engine.offered import built, loaded, word_of

GROUP: Final = "desk.late_scorers"
"""The entry point group of other packages' late scorers."""
LATE_BUILT_IN: Final = {
    "comprehend": "engine.scoring.comprehend:ComprehendScorer",
    "finbert": "engine.scoring.finbert.scorer:FinbertScorer",
    "llm": "engine.scoring.llm.scorer:LlmScorer",
}
_AT_ONCE: Final = frozenset({"linear", "vader"})
"""Built-in scorers that answer at once: for them alone no package has to be searched."""


def late_names(config: Config) -> tuple[str, ...]:
    """Those of the configured scorers that answer late, in the order of the configuration."""
    names = config.scoring.scorers
    known = set(LATE_BUILT_IN)
    if not known.issuperset(names) and not _AT_ONCE.issuperset(names):
        known.update(point.name for point in entry_points(group=GROUP))
    return tuple(name for name in names if name in known)


def late_keys(config: Config) -> tuple[str, ...]:
    """The secrets that the configured late scorers cannot do without; AWS has its own way to keep its keys."""
    settings = config.scoring.llm
    if "llm" not in late_names(config):
        return ()
    if settings.api == "anthropic":
        return ("anthropic_api_key",)
    return ("openai_api_key",) if settings.api == "openai" and not is_local(settings.base_url) else ()


def is_local(url: str) -> bool:
    """Whether an address is on this machine: a server there needs no key."""
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


def load_late(
    config: Config, clock: Clock, *, state_dir: Path, read_secret: Callable[[str], str], replaying: bool = False
) -> tuple[LateScorer, ...]:
    """The configured late scorers; in a replay only those whose answers are the same each time.

    Raises DeskError where one cannot work: a package, a model or a key is missing.
    """
    kinds = {name: _find(name) for name in late_names(config)}
    return tuple(
        _built(name, partial(kind, config, clock, state_dir=state_dir, read_secret=read_secret))
        for name, kind in kinds.items()
        if kind.repeatable or not replaying
    )


def _built(name: str, make: Callable[[], LateScorer]) -> LateScorer:
    if name in LATE_BUILT_IN:
        return make()
    scorer: LateScorer = built(GROUP, name, make)
    for attribute in ("name", "version"):
        word_of(GROUP, name, scorer, attribute)
    return scorer


def _find(name: str) -> Any:
    place = LATE_BUILT_IN.get(name)
    if place is not None:
        module, _, attribute = place.partition(":")
        return getattr(import_module(module), attribute)
    kind = loaded(next(point for point in entry_points(group=GROUP) if point.name == name))
    if not isinstance(getattr(kind, "repeatable", None), bool):
        raise ConfigError(
            f"expected {name} to say whether its answers are repeatable, found nothing",
            where=f"scoring.scorers: {name}",
            remedy="the package that offers it must set `repeatable` on the class (engine.model.LateScorer)",
        )
    return kind
