"""What `desk doctor` asks other machines: are they reachable, do they take our keys, what time do they have."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from desk.checks import FAIL, OK, WARN, Check, uses_alpaca, uses_news, uses_x
from engine import secrets
from engine.clock import SystemClock
from engine.config import Config
from engine.errors import CredentialsError, DeskError
from engine.model.base import Value
from engine.proxy import proxy_for
from engine.text import display_text

if TYPE_CHECKING:
    import aiohttp

    from engine.feeds.x_client import XClient

SKEW_WARN_S = 2.0
SKEW_FAIL_S = 10.0
"""Signals and quotes are judged by age in seconds; a Date header is exact to one."""
NETWORK_REMEDY = "check the network, a proxy or firewall, and the address in config.toml"


class Reached(Value, frozen=True, gc=False):
    """An endpoint answered, with any status: how long it took and what time it has."""

    check: Check
    skew_s: float | None = None


async def network_checks(config: Config, env: Mapping[str, str]) -> list[Check]:
    """Every endpoint and key that this configuration uses, asked at the same time, each within its time limit."""
    import aiohttp

    urls: dict[str, tuple[str, float]] = {}
    streams: dict[str, tuple[str, float]] = {}
    if uses_x(config):
        urls["x.base_url"] = (config.x.base_url, config.x.connect_timeout_s)
    if uses_alpaca(config):
        limit_s = config.alpaca.timeout_s
        urls["alpaca.data_url"] = (config.alpaca.data_url, limit_s)
        streams["alpaca.data_stream_url"] = (config.alpaca.data_stream_url, limit_s)
        if uses_news(config):
            streams["alpaca.news_stream_url"] = (config.alpaca.news_stream_url, limit_s)
        if config.broker.name == "alpaca":
            urls["alpaca.trading_url"] = (config.alpaca.trading_url, limit_s)
            streams["alpaca.trading_stream_url"] = (config.alpaca.trading_stream_url, limit_s)
    async with aiohttp.ClientSession() as session:
        reached, opened, heard, accepted = await asyncio.gather(
            asyncio.gather(*(reach(session, name, url, limit_s) for name, (url, limit_s) in urls.items())),
            asyncio.gather(*(open_stream(session, name, url, limit_s) for name, (url, limit_s) in streams.items())),
            _x_checks(config, env),
            asyncio.gather(*_credentials(session, config, env)),
        )
    checks = [each.check for each in reached] + list(opened)
    return [*checks, clock_check([each.skew_s for each in reached if each.skew_s is not None]), *heard, *accepted]


async def reach(session: aiohttp.ClientSession, name: str, url: str, limit_s: float) -> Reached:
    """Ask an address for anything. Any HTTP answer proves that it is there; its Date header tells the time."""
    import aiohttp

    sent_s, started = time.time(), time.monotonic()
    try:
        async with session.get(
            url, proxy=proxy_for(url), timeout=aiohttp.ClientTimeout(total=limit_s), allow_redirects=False
        ) as response:
            status, date = response.status, response.headers.get("Date", "")
    except TimeoutError:
        return Reached(Check(name, FAIL, f"{url}: no answer within {limit_s:g} s", NETWORK_REMEDY))
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return Reached(Check(name, FAIL, f"{url}: {type(error).__name__}: {error}"[:300], NETWORK_REMEDY))
    took_s = time.monotonic() - started
    found = f"{url} answered {status} in {took_s * 1000:.0f} ms"
    if status >= 500:
        return Reached(Check(name, WARN, found, "the venue has trouble; look at its status page"))
    return Reached(Check(name, OK, found), _skew_s(date, sent_s + took_s / 2))


async def open_stream(session: aiohttp.ClientSession, name: str, url: str, limit_s: float) -> Check:
    """Open the TCP (and TLS) connection of a WebSocket address, and close it; through a proxy, ask it for anything."""
    parts = urlsplit(url)
    secure = parts.scheme in ("wss", "https")
    host = parts.hostname or ""
    plain = parts._replace(scheme="https" if secure else "http").geturl()
    if proxy_for(plain) is not None:
        return (await reach(session, name, plain, limit_s)).check
    started = time.monotonic()
    try:
        async with asyncio.timeout(limit_s):
            _, writer = await asyncio.open_connection(
                host, parts.port or (443 if secure else 80), ssl=ssl.create_default_context() if secure else None
            )
            writer.close()
            await writer.wait_closed()
    except TimeoutError:
        return Check(name, FAIL, f"{url}: no connection within {limit_s:g} s", NETWORK_REMEDY)
    except (OSError, ValueError) as error:
        return Check(name, FAIL, f"{url}: {type(error).__name__}: {error}"[:300], NETWORK_REMEDY)
    return Check(name, OK, f"{url} connected in {(time.monotonic() - started) * 1000:.0f} ms")


def clock_check(skews_s: list[float]) -> Check:
    """This machine's clock against the endpoints'. The median, so that one wrong server does not matter."""
    if not skews_s:
        return Check("clock", WARN, "no endpoint told the time", "reach an endpoint, or check NTP: timedatectl")
    skew_s = sorted(skews_s)[len(skews_s) // 2]
    found = f"{skew_s:+.1f} s against {len(skews_s)} endpoint{'s' if len(skews_s) > 1 else ''}"
    remedy = "switch on NTP (timedatectl set-ntp true): stale prices and signals are told by the clock"
    if abs(skew_s) > SKEW_FAIL_S:
        return Check("clock", FAIL, found, remedy)
    return Check("clock", WARN, found, remedy) if abs(skew_s) > SKEW_WARN_S else Check("clock", OK, found)


async def check_x_token(config: Config, env: Mapping[str, str]) -> Check:
    """X takes the bearer token: the app's rules can be read. Costs nothing."""
    name = "x credentials"

    async def ask(client: XClient) -> Check:
        rules = await client.rules()
        ours = sum(rule.ours for rule in rules)
        return Check(name, OK, f"accepted; {len(rules)} rules at X, {ours} of them the desk's")

    return await _of_x(name, config, env, ask)


async def check_x_rules(config: Config, env: Mapping[str, str]) -> Check:
    """X listens for every symbol, or would: rules that it does not hold are tried out. Changes and costs nothing."""
    name = "x coverage"
    from engine.feeds.x_rules_at_x import RulesAtX

    async def ask(client: XClient) -> Check:
        rules = RulesAtX("x", config)
        await rules.try_out(client)
        lacking = rules.not_covered
        if not lacking:
            return Check(name, OK, f"X takes the rules of all {len(config.symbols)} symbols")
        told = [f"{', '.join(each.symbols)} by rule {each.rule}: {each.reason}" for each in lacking]
        return Check(name, WARN, f"not covered: {'; '.join(told)}", lacking[0].remedy)

    return await _of_x(name, config, env, ask)


async def _of_x(name: str, config: Config, env: Mapping[str, str], ask: Callable[[XClient], Awaitable[Check]]) -> Check:
    """What `ask` finds at X with the token; a failed check where there is no token, or X refuses."""
    try:
        token = secrets.read(secrets.X_BEARER_TOKEN, config.engine.profile, env)
    except CredentialsError as error:
        return Check(name, FAIL, "no token to try", error.remedy)
    from engine.feeds.x_client import XClient

    limit_s = config.x.connect_timeout_s
    async with XClient(token, base_url=config.x.base_url, timeout_s=limit_s, clock=SystemClock()) as client:
        try:
            return await ask(client)
        except DeskError as error:
            return Check(name, FAIL, error.message, error.remedy)


async def check_alpaca_keys(session: aiohttp.ClientSession, config: Config, env: Mapping[str, str]) -> Check:
    """Alpaca takes the keys for this profile's trading address, and the account may trade."""
    import aiohttp

    name = "alpaca credentials"
    profile = config.engine.profile
    try:
        key_id = secrets.read(secrets.ALPACA_KEY_ID, profile, env)
        secret_key = secrets.read(secrets.ALPACA_SECRET_KEY, profile, env)
    except CredentialsError as error:
        return Check(name, FAIL, "no keys to try", error.remedy)
    url = f"{config.alpaca.trading_url.rstrip('/')}/v2/account"
    limit_s = config.alpaca.timeout_s
    headers = {"APCA-API-KEY-ID": str(key_id), "APCA-API-SECRET-KEY": str(secret_key)}
    try:
        async with session.get(
            url,
            headers=headers,
            proxy=proxy_for(url),
            timeout=aiohttp.ClientTimeout(total=limit_s),
            allow_redirects=False,
        ) as response:
            status, body = response.status, await response.content.read(1 << 16)
    except TimeoutError:
        return Check(name, FAIL, f"{url}: no answer within {limit_s:g} s", NETWORK_REMEDY)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return Check(name, FAIL, f"{url}: {type(error).__name__}", NETWORK_REMEDY)
    return alpaca_account_check(name, profile, url, status, body)


def alpaca_account_check(name: str, profile: str, url: str, status: int, body: bytes) -> Check:
    """What an answer to the account request means."""
    import msgspec

    if status in (401, 403):
        remedy = f"make keys for this address and store them: desk keys set alpaca_key_id --profile {profile}"
        return Check(name, FAIL, f"{url} refused the keys ({status})", remedy)
    if status != 200:
        return Check(name, FAIL, f"{url} answered {status}", "look at Alpaca's status page, and check the address")
    try:
        account = msgspec.json.decode(body, type=dict[str, object])
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return Check(name, FAIL, f"{url} answered no JSON object", "check alpaca.trading_url")
    number = str(account.get("account_number") or "")
    told = display_text(f"account …{number[-4:]} is {account.get('status') or 'of unknown status'}", 100)
    blocks = [
        flag for flag in ("trading_blocked", "account_blocked", "trade_suspended_by_user") if account.get(flag) is True
    ]
    if blocks:
        return Check(name, FAIL, f"accepted; {told}, but {', '.join(blocks)}", "unblock it on Alpaca's dashboard")
    if account.get("status") not in (None, "ACTIVE"):
        return Check(name, WARN, f"accepted; {told}", "finish the account's set-up on Alpaca's dashboard")
    return Check(name, OK, f"accepted; {told}")


async def _x_checks(config: Config, env: Mapping[str, str]) -> list[Check]:
    """X's, one after the other: without a token that is taken there is nothing to ask of the rules."""
    if not uses_x(config):
        return []
    token = await check_x_token(config, env)
    return [token] if token.status == FAIL else [token, await check_x_rules(config, env)]


def _credentials(session: aiohttp.ClientSession, config: Config, env: Mapping[str, str]) -> list[asyncio.Task[Check]]:
    return [asyncio.create_task(check_alpaca_keys(session, config, env))] if uses_alpaca(config) else []


def _skew_s(date: str, local_s: float) -> float | None:
    """Ours minus theirs. A Date header is cut to whole seconds: half a second is added back."""
    try:
        theirs_s = parsedate_to_datetime(date).timestamp() + 0.5
    except (TypeError, ValueError, OverflowError):
        return None
    return local_s - theirs_s
