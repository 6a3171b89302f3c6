"""Which query parameters each address of the venue takes; one that it does not know is refused.

Names from the venue's own descriptions (trading 2.0.1, market data 1.1). The market data API answers 400 "unexpected
parameter(s)"; the trading API passes over what it does not know, and would answer another question than was asked.
"""

from __future__ import annotations

from aiohttp import web

from tests.venues.alpaca.wire import Refusal

_LATEST = frozenset({"symbols", "feed", "currency"})
TRADING = {
    "/v2/account": frozenset[str](),
    "/v2/account/activities": frozenset({"activity_types", "category", "date", "until", "after", "direction",
                                         "page_size", "page_token"}),
    "/v2/clock": frozenset[str](),
    "/v2/calendar": frozenset({"start", "end", "date_type"}),
    "/v2/assets": frozenset({"status", "asset_class", "exchange", "attributes"}),
    "/v2/assets/{symbol_or_asset_id}": frozenset[str](),
    "/v2/orders": frozenset({"status", "limit", "after", "until", "direction", "nested", "symbols", "side",
                             "asset_class", "before_order_id", "after_order_id"}),
    "/v2/orders:by_client_order_id": frozenset({"client_order_id"}),
    "/v2/orders/{order_id}": frozenset({"nested"}),
    "/v2/positions": frozenset[str](),
    "/v2/positions/{symbol_or_asset_id}": frozenset[str](),
}  # fmt: skip
"""Of GET."""
DATA = {
    "/v2/stocks/snapshots": _LATEST,
    "/v2/stocks/quotes/latest": _LATEST,
    "/v2/stocks/trades/latest": _LATEST,
    "/v2/stocks/bars/latest": _LATEST,
    "/v2/stocks/bars": _LATEST | {"timeframe", "start", "end", "limit", "adjustment", "asof", "page_token", "sort"},
    "/v1beta1/news": frozenset({"start", "end", "sort", "symbols", "limit", "include_content", "exclude_contentless",
                                "page_token"}),
}  # fmt: skip
"""Of GET."""


def check_parameters(request: web.Request) -> None:
    """Raises Refusal for a GET with a parameter that its address does not take."""
    resource = request.match_info.route.resource
    known = (TRADING | DATA).get(resource.canonical) if resource is not None and request.method == "GET" else None
    unknown = set(request.query) - known if known is not None else set()
    if unknown:
        raise Refusal(400, None, f"unexpected parameter(s): {', '.join(sorted(unknown))}")
