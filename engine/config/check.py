"""What types cannot say about the configuration: ranges, names, addresses, duplicates."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from engine.config.schema import Config
from engine.config.section import Section

Problem = tuple[str, str, str]
"""Key, what is wrong with its value, remedy."""

SYMBOL = re.compile(r"[A-Z][A-Z0-9]{0,9}([./][A-Z0-9]{1,5})?")
"""What a row of the watchlist may be called: `TSLA`, `BRK.B`, `BTC/USD`."""

LONGEST_S = 366 * 86_400.0
"""Longest duration of any setting: a leap year."""
LARGEST = 10**15
"""Largest amount or count of any setting."""

_PLACES = ("engine.state_dir", "engine.runtime_dir", "replay.path", "scoring.linear_weights")
"""Settings that name a file or directory."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")

NOTICES = ("tickets", "fills", "alerts")
"""What the terminal can be told of."""

_CHOICES = {
    "engine.log_format": ("text", "json"),
    "engine.log_level": ("debug", "info", "warning", "error"),
    "scoring.finbert.device": ("auto", "cpu", "cuda", "mps"),
    "scoring.llm.api": ("anthropic", "openai", "bedrock"),
    "scoring.comprehend.language": ("en", "es", "fr", "de", "it", "pt", "ar", "hi", "ja", "ko", "zh", "zh-TW"),
    "sizing.sizer": ("fixed", "strength", "kelly"),
}

_ACCOUNT = ("alpaca.trading_url", "alpaca.trading_stream_url")
_REAL_MONEY = "api.alpaca.markets"
"""Alpaca's host of live accounts."""

_POSITIVE = (
    "feeds.queue",
    "x.silence_s",
    "x.connect_timeout_s",
    "alpaca.timeout_s",
    "alpaca.silence_s",
    "scoring.max_chars",
    "scoring.late.limit_s",
    "scoring.late.queue",
    "scoring.late.replay_s",
    "scoring.finbert.batch",
    "scoring.finbert.timeout_s",
    "scoring.llm.answer_length",
    "scoring.llm.timeout_s",
    "scoring.llm.concurrency",
    "scoring.comprehend.batch",
    "scoring.comprehend.timeout_s",
    "scoring.comprehend.concurrency",
    "sentiment.window_s",
    "sentiment.look_back_s",
    "strategy.shift.threshold",
    "strategy.shift.expires_s",
    "strategy.shift.full_strength",
    "sizing.fixed_notional",
    "sizing.stop_pct",
    "sizing.target_ratio",
    "tickets.ttl_s",
    "orders.entry_timeout_s",
    "orders.reconcile_s",
    "orders.exit_timeout_s",
    "orders.exit_attempts",
    "journal.commit_rows",
    "journal.quote_s",
    "watchdog.unscored_s",
    "watchdog.lag_ms",
    "watchdog.journal_lag_s",
    "watchdog.calm_s",
    "replay.quote_s",
    "screen.feed_rows",
    "simulated.cash",
)

_UNIT = (
    "sentiment.floor",
    "scoring.label",
    "scoring.finbert.gate",
    "scoring.llm.gate",
    "scoring.comprehend.gate",
    "strategy.shift.rearm",
    "strategy.shift.confidence_floor",
    "risk.confidence",
    "sizing.kelly_fraction",
    "sizing.kelly_win_rate",
    "simulated.partial_fill_chance",
    "simulated.reject_chance",
    "simulated.partial_fill_share",
)


_BETWEEN = {
    "engine.frame_hz": (0.1, 60),
    "engine.heartbeat_s": (0.1, 86_400),
    "x.rule_length": (128, 4096),
    "x.rule_limit": (1, 100_000),
    "journal.commit_ms": (0.1, 1000),
    "journal.log_limit_mib": (64, 1_000_000),
    "scoring.finbert.max_length": (8, 100_000),
    "guards.window_s": (60, 86_400),
    "guards.posts": (100, 1_000_000),
    "guards.similarity": (0.3, 1),
    "guards.ring_authors": (2, 10_000),
    "guards.suspicion": (0.1, 1),
    "guards.ring_weight": (0, 1),
    "guards.burst_authors": (0, 10_000),
    "guards.copy_weight": (0, 1),
    "guards.piggyback_cashtags": (2, 1000),
    "guards.piggyback_weight": (0, 1),
    "guards.author_posts": (1, 1_000_000),
    "guards.publisher_followers": (0, 10**12),
}


def check_values(config: Config) -> Iterator[Problem]:
    """Every value that is out of range or names something unknown, in file order of the sections."""
    for key, choices in _CHOICES.items():
        value = _get(config, key)
        if value not in choices:
            yield key, f"expected one of {', '.join(choices)}, found {value!r}", "choose one of them"
    for key in _POSITIVE:
        value = _get(config, key)
        if not _finite(value) or value <= 0:
            yield key, f"expected a number above 0, found {value}", "correct it"
    for key in _UNIT:
        value = _get(config, key)
        if not _finite(value) or not 0 <= value <= 1:
            yield key, f"expected a share between 0 and 1, found {value}", "correct it"
    for key, (least, most) in _BETWEEN.items():
        value = _get(config, key)
        if not _finite(value) or not least <= value <= most:
            yield key, f"expected a number from {least:g} to {most:g}, found {value}", "correct it"
    for number, name in enumerate(config.guards.publishers):
        if not name.strip() or len(name) > 64:
            yield (
                f"guards.publishers[{number}]",
                f"expected a screen name of 1 to 64 characters, found {name!r}",
                "remove it",
            )
    yield from _numbers(config)
    yield from _places(config)
    yield from _addresses(config)
    yield from _names(config)
    yield from _watchlist(config)
    yield from _reach(config)


def _reach(config: Config) -> Iterator[Problem]:
    """Ids that are forgotten before their posts have left the windows."""
    reach_hours = (config.sentiment.window_s + config.sentiment.look_back_s) / 3600
    if not config.journal.dedupe_hours >= reach_hours:
        yield (
            "journal.dedupe_hours",
            f"expected the {reach_hours:g} h that the windows reach back, or more, found {config.journal.dedupe_hours}",
            "a post that comes again within them would count twice: forget ids later, or shorten the windows",
        )


def _numbers(section: Section, prefix: str = "") -> Iterator[Problem]:
    """Every number of a section and those in it: finite, not negative, and no longer or larger than makes sense."""
    for name in section.__struct_fields__:
        found = getattr(section, name)
        key = f"{prefix}{name}"
        if isinstance(found, Section):
            yield from _numbers(found, f"{key}.")
            continue
        longest = _longest(name)
        for value in found if isinstance(found, tuple) else (found,):
            if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or key == "simulated.seed":
                continue
            if not _finite(value) or value < 0:
                yield key, f"expected a number of 0 or more, found {value}", "correct it"
            elif value > longest:
                yield key, f"expected a number of at most {longest:,.0f}, found {value}", "correct it"


def _longest(name: str) -> float:
    """The largest value of a setting with this name, in its unit."""
    units = {"_s": LONGEST_S, "_ms": LONGEST_S * 1000, "_hours": LONGEST_S / 3600}
    return next((most for ending, most in units.items() if name.endswith(ending)), LARGEST)


def _places(config: Config) -> Iterator[Problem]:
    """Paths that no system has, and those that begin in a home directory that nobody knows."""
    for key in _PLACES:
        value = _get(config, key)
        if any(character < " " or character == "\x7f" for character in value):
            yield key, f"expected a path without control characters, found {value!r}", "correct it"
            continue
        try:
            Path(value).expanduser()
        except RuntimeError:
            yield key, f"expected a home directory that is known, found {value!r}", "write the whole path"


def _addresses(config: Config) -> Iterator[Problem]:
    expected = {
        "x.base_url": ("http", "https"),
        "alpaca.trading_url": ("http", "https"),
        "alpaca.data_url": ("http", "https"),
        "alpaca.trading_stream_url": ("ws", "wss"),
        "alpaca.data_stream_url": ("ws", "wss"),
        "alpaca.news_stream_url": ("ws", "wss"),
    }
    for key in ("scoring.llm.base_url", "scoring.comprehend.endpoint_url"):
        if _get(config, key):
            expected[key] = ("http", "https")
    for key, schemes in expected.items():
        value = _get(config, key)
        try:
            parts = urlsplit(value)
            whole = parts.hostname and parts.port != 0
        except ValueError:  # brackets that do not close, or a port that is no number up to 65535
            yield key, f"expected an address like {schemes[-1]}://host, found {value!r}", "correct the address"
            continue
        if parts.scheme not in schemes or not whole:
            yield key, f"expected an address like {schemes[-1]}://host, found {value!r}", "correct the address"
        elif parts.scheme in ("http", "ws") and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            yield (
                key,
                f"expected {schemes[-1]} for a host that is not this machine, found {value!r}",
                "secrets are never sent unencrypted over a network",
            )
        elif key in _ACCOUNT and (parts.hostname or "").rstrip(".") == _REAL_MONEY and config.engine.profile != "live":
            yield (
                key,
                f"expected no real money in the profile {config.engine.profile}, found {value!r}",
                "it trades in the profile live alone, where it has to be armed",
            )
        elif parts.username or parts.password:
            yield key, "expected an address without a user name or password", "store secrets with `desk keys set`"


def _names(config: Config) -> Iterator[Problem]:
    if not config.scoring.scorers:
        yield "scoring.scorers", "expected at least one scorer, found none", 'use ["vader"]'
    for language in config.x.languages:
        if not _LANGUAGE.fullmatch(language):
            yield "x.languages", f"expected codes of languages such as en or zh-TW, found {language!r}", "correct it"
    if not config.orders.lookup_backoff_s or not all(config.orders.lookup_backoff_s):
        yield "orders.lookup_backoff_s", "expected pauses above 0, found none or 0", "use [0.5, 1, 2, 4, 8]"
    if not config.feeds.posts:
        yield "feeds.posts", "expected at least one feed of posts, found none", 'use ["x"], ["x", "news"] or ["replay"]'
    if "prices" in config.feeds.posts or len(set(config.feeds.posts)) < len(config.feeds.posts):
        problem = f"expected feeds of posts, each once, found {', '.join(config.feeds.posts)}"
        yield "feeds.posts", problem, 'use ["x"], ["x", "news"] or ["replay"]; prices have a setting of their own'
    if "replay" in config.feeds.posts and (len(config.feeds.posts) > 1 or config.feeds.prices != "replay"):
        yield (
            "feeds.posts",
            "expected a replay alone, with prices from the replay too",
            'use posts = ["replay"] and prices = "replay"; a recording and the live market share no clock',
        )
    if config.feeds.prices in ("", "prices", "x", "news", *config.feeds.posts) and "replay" not in config.feeds.posts:
        problem = f"expected a feed of prices, found {config.feeds.prices!r}"
        yield (
            "feeds.prices",
            problem,
            "use alpaca, or what another package offers besides its posts; or replay for both",
        )
    if config.feeds.prices == "replay" and "replay" not in config.feeds.posts:
        yield "feeds.prices", "expected posts from the replay too", 'use posts = ["replay"]'
    if "shift" in config.strategy.own or len(set(config.strategy.own)) < len(config.strategy.own):
        problem = f"expected strategies of other packages, each once, found {', '.join(config.strategy.own)}"
        yield "strategy.own", problem, "name each once; `shift` has strategy.shift.enabled"
    if config.engine.profile == "live" and config.broker.name == "simulated":
        yield "broker.name", "expected a real venue in the live profile, found 'simulated'", "use profile simulated"
    if config.engine.profile != "simulated" and "replay" in config.feeds.posts and config.broker.name != "simulated":
        yield "feeds.posts", "expected a live feed for a real venue, found a replay", "use profile simulated to replay"
    if config.engine.profile == "simulated" and config.broker.name != "simulated":
        yield "broker.name", f"expected 'simulated' in this profile, found {config.broker.name!r}", "use profile paper"
    for key in ("screen.notify", "screen.bell"):
        for kind in _get(config, key):
            if kind not in NOTICES:
                yield key, f"expected some of {', '.join(NOTICES)}, found {kind!r}", "name only these"
    fps = config.screen.fps
    if fps != "auto" and not re.fullmatch("[1-9]|[1-5][0-9]|60", fps):
        yield "screen.fps", f"expected auto or a whole number from 1 to 60, found {fps!r}", "use auto"


def _watchlist(config: Config) -> Iterator[Problem]:
    if not config.watchlist:
        yield "watchlist", "expected at least one [[watchlist]] row, found none", "add a symbol"
    seen: set[str] = set()
    for number, row in enumerate(config.watchlist):
        at = f"watchlist[{number}]"
        if not SYMBOL.fullmatch(row.symbol):
            yield (
                f"{at}.symbol",
                f"expected a symbol in capitals like TSLA or BRK.B, found {row.symbol!r}",
                "write it without $",
            )
        if row.symbol in seen:
            yield f"{at}.symbol", f"expected each symbol once, found {row.symbol} again", "remove one of the rows"
        seen.add(row.symbol)
        for key, words in (("keywords", row.keywords), ("ambiguous", row.ambiguous), ("influencers", row.influencers)):
            for word in words:
                if not any(map(_tells, word)) or len(word) > 100:
                    problem = f"expected words of 1 to 100 characters with a letter or digit, found {word!r}"
                    yield f"{at}.{key}", problem, "remove it"
        if not _finite(row.multiplier) or not 0 < row.multiplier <= 10:
            yield f"{at}.multiplier", f"expected a number above 0 and up to 10, found {row.multiplier}", "use 1.5"
        share = row.allocation_pct
        if share is not None and (not _finite(share) or not 0 <= share <= 100):
            yield f"{at}.allocation_pct", f"expected per cent of equity from 0 to 100, found {share}", "use 10"
        if row.threshold is not None and (not _finite(row.threshold) or not 0 < row.threshold <= 2):
            yield f"{at}.threshold", f"expected a change above 0 and up to 2, found {row.threshold}", "use 0.15"


def _get(config: Config, key: str) -> Any:
    value: Any = config
    for part in key.split("."):
        value = getattr(value, part)
    return value


def _tells(character: str) -> bool:
    """Whether a word can consist of it: a letter, digit or picture of any script, but no punctuation."""
    return character.isalnum() or unicodedata.category(character) == "So"


def _finite(value: object) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int | float) and value == value and abs(value) != float("inf")
