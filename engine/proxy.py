"""Which proxy an address is reached through, by the environment."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def proxy_for(url: str) -> str | None:
    """The environment's proxy for an address (`https_proxy`, `no_proxy`), None where it names none.

    aiohttp would look itself, and then put a netrc's password in place of our key.
    """
    parts = urlsplit(url)
    if not parts.hostname or proxy_bypass(parts.hostname):
        return None
    proxy = getproxies().get(parts.scheme)
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"
