"""A control: named as its function, and its finding told with value, limit and unit."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import cast

import pytest

from engine.risk import CONTROLS
from engine.risk.check import Check
from engine.risk.control import Finding, control


@control("R99", rejects="always", default=lambda config: "–", reducing="applies", unit="USD", needs_draft=True)
def made_up_limit(check: Check) -> Finding:
    return False, Decimal(3), Decimal(2), "MADE_UP_OVER: value=3"


def test_a_function_becomes_a_control_that_says_what_it_found() -> None:
    assert (made_up_limit.id, made_up_limit.name, made_up_limit.needs_draft) == ("R99", "made_up_limit", True)
    result = made_up_limit(cast("Check", None))
    assert (result.id, result.control, result.passed) == ("R99", "made_up_limit", False)
    assert (result.value, result.limit, result.unit, result.reason) == (3, 2, "USD", "MADE_UP_OVER: value=3")


def test_no_two_controls_have_one_name_and_ids_have_no_gap() -> None:
    names = [each.name for each in CONTROLS]
    assert len(set(names)) == len(names)
    numbers = sorted({int(each.id.removeprefix("R")) for each in CONTROLS})
    assert numbers == list(range(1, len(numbers) + 1))
    assert all(each.rejects and each.reducing for each in CONTROLS), "each has its words for the page"


@control("R98", rejects="never", default=lambda config: "–", reducing="applies")
def broken(check: Check) -> Finding:
    raise ZeroDivisionError("a defect")


@pytest.mark.parametrize("reduces", [False, True])
def test_one_that_breaks_lets_only_through_what_reduces(reduces: bool, caplog: pytest.LogCaptureFixture) -> None:
    """It ended the engine; a verdict that cannot be had is no reason to hold on to what is at risk."""
    result = broken(cast("Check", SimpleNamespace(reduces=reduces)))
    assert result.passed is reduces and result.reason == "CONTROL_BROKE: error=ZeroDivisionError"
    assert "control R98 broken broke" in caplog.text
