"""Where posts, news and prices come from, as types: [x], [alpaca], [replay], [feeds]."""

from __future__ import annotations

from engine.config.section import Section


class XConfig(Section, frozen=True, kw_only=True):
    """[x]: the filtered stream."""

    enabled: bool = True
    """Whether posts are read from X at all."""
    base_url: str = "https://api.x.com"
    """Where X answers: the address of the API."""
    languages: tuple[str, ...] = ("en",)
    """Posts in these languages, as X detects them; in any where none is named. The lexicon reads English."""
    reposts: bool = False
    """Whether reposts count. They cost like posts and say nothing new."""
    rule_length: int = 1024
    """Characters a rule may have on your plan."""
    rule_limit: int = 1000
    """Rules your plan allows."""
    post_cost_usd: float = 0.005
    """What X charges per post read."""
    daily_cap_usd: float = 20.0
    """The stream stops here and says so; 0 buys nothing."""
    recover: bool = True
    """Fill gaps by recent search after a reconnect."""
    warm_start: bool = True
    """Fill the windows by recent search at start, within the cap."""
    warm_start_posts: int = 2000
    """Most posts a warm start may buy; half of what the cap leaves ends it too."""
    search_lag_s: float = 30.0
    """How far behind now recent search stands: a gap's newest posts are bought this much later."""
    silence_s: float = 20.0
    """Reconnect after this long without a byte (X sends a keep-alive at least every 20 s)."""
    connect_timeout_s: float = 10.0
    """Longest a connect may take."""


class AlpacaConfig(Section, frozen=True, kw_only=True):
    """[alpaca]: trading and market data."""

    trading_url: str = "https://paper-api.alpaca.markets"
    """REST address of the account: paper or live."""
    data_url: str = "https://data.alpaca.markets"
    """REST address of market data."""
    trading_stream_url: str = "wss://paper-api.alpaca.markets/stream"
    """Websocket of order updates."""
    data_stream_url: str = "wss://stream.data.alpaca.markets/v2/iex"
    """Websocket of quotes and trades; its path names the feed."""
    news_stream_url: str = "wss://stream.data.alpaca.markets/v1beta1/news"
    """Websocket of news, for `feeds.posts` with `news`."""
    feed: str = "iex"
    """`iex`, or `sip` with a paid plan."""
    timeout_s: float = 8.0
    """Limit for every REST call."""
    silence_s: float = 60.0
    """Reconnect a data stream that says nothing for this long while the market is open."""


class ReplayConfig(Section, frozen=True, kw_only=True):
    """[replay]: posts and prices from a recording."""

    path: str = ""
    """A recording file or directory; empty means the shipped demo day."""
    speed: float = 1.0
    """1 = as it happened, 60 = a minute a second, 0 = as fast as possible."""
    deciding_speed: float = 0.0
    """No faster than this while a ticket waits for a decision; 0 = as fast as ever."""
    start: str = ""
    """Until then as fast as possible, from then on at `speed`: `09:25` New York on the recording's first day, or
    ISO 8601 with a zone. Empty: at `speed` from the beginning."""
    quote_s: float = 10.0
    """Where only daily prices are recorded: a modelled quote per symbol this often, in regular hours."""


class FeedsConfig(Section, frozen=True, kw_only=True):
    """[feeds]: which sources run."""

    posts: tuple[str, ...] = ("x",)
    """`x`, `news` (Alpaca's) or both; or `["replay"]` alone."""
    prices: str = "alpaca"
    """`alpaca`, `replay`, or what another package offers as an entry point of `desk.feeds`."""
    queue: int = 10_000
    """Most events waiting for the engine."""
