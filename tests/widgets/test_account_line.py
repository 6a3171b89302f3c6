"""The status bar's second line: the limit used most, colours that warn, and what is left out whole where there is no
room.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from rich.style import Style

from engine.model import Account, LimitUse
from engine.model.frames import Status
from tests.desk import made_up
from tests.widgets.harness import COLORS, text
from widgets.account_line import account_line

D = Decimal
replace = msgspec.structs.replace
ACCOUNT = Account(D(101_000), D(50_000), D(50_000), D(100_000), D(101_000))


def said(account: Account = ACCOUNT, width: int = 200, *, wide: bool = True, **status: object) -> str:
    return text(account_line(replace(made_up.status(), **status), account, width, COLORS, wide=wide))


def style_of(words: str, account: Account = ACCOUNT, **status: object) -> Style | None:
    found: Status = replace(made_up.status(), **status)
    line = account_line(found, account, 200, COLORS, wide=True)
    return next(segment.style for segment in line.segments if words in segment.text)


def use(control: str, share: str) -> LimitUse:
    return LimitUse(control, D(share) * 1000, D(1000), "USD")


def test_the_day_is_told_in_money_and_in_percent_of_its_start() -> None:
    assert "▲ +1,000.00 (+1.00%)" in said()
    assert "▼ -1,000.00 (-1.00%)" in said(replace(ACCOUNT, equity=D(99_000)))
    assert "(" not in said(replace(ACCOUNT, day_start_equity=D(0)))
    withdrawn = replace(ACCOUNT, equity=D(51_000), day_start_equity=D(50_000), day_base=D(50_495))
    assert "▲ +1,000.00 (+1.00%)" in said(withdrawn), "of what the day began with, as before the withdrawal"


@pytest.mark.parametrize(("share", "told", "style"), [
    ("0.74", "74%", COLORS.text), ("0.75", "75%!", COLORS.warn), ("0.996", "99%!", COLORS.warn),
    ("1.00", "100%!", COLORS.down), ("1.004", "101%!", COLORS.down),
])  # fmt: skip
def test_the_limit_used_most_warns_when_it_is_close(share: str, told: str, style: Style) -> None:
    limits = (use("position", "0.1"), use("gross_exposure", share), use("drawdown", "0.2"))
    assert f"Limits {told} gross_exposure" in said(limits=limits)
    assert style_of(told, limits=limits) == style
    assert "Limits –" in said(limits=())


@pytest.mark.parametrize(("equity", "style"), [(D(96), COLORS.text), (D(95), COLORS.warn), (D(50), COLORS.warn)])
def test_a_deep_drawdown_warns(equity: Decimal, style: Style) -> None:
    account = replace(ACCOUNT, equity=equity, peak_equity=D(100))
    assert style_of(f"{100 - equity}.0%", account) == style


@pytest.mark.parametrize(("p99", "lag", "warns"), [(20.0, 100.0, False), (20.1, 0.0, True), (1.0, 100.1, True)])
def test_a_slow_engine_warns(p99: float, lag: float, warns: bool) -> None:
    style = style_of(" ms", latency_p50_ms=0.4, latency_p99_ms=p99, lag_ms=lag)
    assert style == (COLORS.warn if warns else COLORS.text)


def test_posts_are_told_with_the_digits_that_count() -> None:
    assert "9.9 posts/s" in said(posts_per_s=9.94)
    assert "1,234 posts/s" in said(posts_per_s=1234.4)
    assert "✗ 3 dropped" in said(dropped=3) and "dropped" not in said(dropped=0)


def test_a_blocked_account_says_why_and_equity_always_stands() -> None:
    blocked = replace(ACCOUNT, blocked="account closed by the broker")
    assert "BLOCKED account closed by the broker" in said(blocked)
    for width in range(30, 120, 7):
        line = said(blocked, width, wide=False)
        assert "101,000.00" in line
        assert len(line.rstrip()) <= width
