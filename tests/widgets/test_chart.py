from __future__ import annotations

import pytest

from engine.model import Past
from tests.desk.made_up import NOW
from tests.desk.made_up_answers import symbol_detail
from tests.widgets.harness import painted, stage, until
from widgets.chart import Chart, Mark


@pytest.mark.parametrize("size", [(40, 8), (80, 14), (200, 40)])
async def test_price_mood_volume_and_time_fill_the_height(size: tuple[int, int]) -> None:
    chart, past = Chart(), symbol_detail().past
    async with stage(chart, size) as pilot:
        chart.show(past, [Mark(past.at_ns[60], "▲", past.price[60], True), Mark(past.at_ns[80], "●", None, None)])
        await pilot.pause(0.3)
        lines = painted(chart)
        assert len(lines) == size[1]
        assert "10:46" in lines[-1]
        assert "11:45" in lines[-1]
        assert "35 p" in lines[-2]
        body = "\n".join(lines[1:-2])
        assert "▲" in body
        assert "●" in body
        assert any("⠀" < character <= "⣿" for character in body)
        assert f"{max(value for value in past.price if value):.2f}"[:4] in body


async def test_what_lies_outside_of_the_samples_is_not_marked() -> None:
    chart, past = Chart(), symbol_detail().past
    async with stage(chart, (80, 14)) as pilot:
        outside = [Mark(past.at_ns[0] - 1, "▲", None, True), Mark(NOW + 1, "▼", None, False)]
        chart.show(past, [*outside, Mark(past.at_ns[60], "●", None, None)])
        await until(pilot, lambda: "●" in "".join(painted(chart)[1:]))
        assert not {"▲", "▼"} & set("".join(painted(chart)[1:]))


async def test_a_chart_without_samples_says_so() -> None:
    chart = Chart()
    async with stage(chart, (60, 8)) as pilot:
        assert "Asking the engine" in "\n".join(painted(chart))
        chart.stale = True
        assert "No engine answers" in "\n".join(painted(chart))
        chart.stale = False
        chart.show(Past())
        await pilot.pause(0.3)
        assert "No samples yet" in "\n".join(painted(chart))


async def test_the_same_samples_paint_nothing_again() -> None:
    chart = Chart()
    async with stage(chart, (60, 8)) as pilot:
        chart.show(symbol_detail().past)
        assert chart.repaint_pending
        await until(pilot, lambda: not chart.repaint_pending)
        assert "11:45" in painted(chart)[-1]
        chart.show(symbol_detail().past)
        assert not chart.repaint_pending


async def test_a_signal_and_its_fill_at_one_place_are_both_seen() -> None:
    chart, past = Chart(), symbol_detail().past
    at, price = past.at_ns[60], past.price[60]
    async with stage(chart, (80, 14)) as pilot:
        chart.show(past, [Mark(at, "▲", price, True), Mark(at + 1, "●", price, True)])
        await until(pilot, lambda: "●" in "".join(painted(chart)[1:]))
        assert "▲" in "".join(painted(chart)[1:])


@pytest.mark.parametrize(("price", "top"), [(104_250.5, "104,35"), (0.000012, "0.000012"), (12_345.67, "12,35")])
async def test_the_scale_has_whole_figures_of_any_size(price: float, top: str) -> None:
    past = symbol_detail().past
    prices = tuple(price * (1 + at / 120_000) for at in range(len(past.at_ns)))
    chart = Chart()
    async with stage(chart, (60, 14)) as pilot:
        chart.show(Past(past.at_ns, past.mood, past.raw, prices, past.volume))
        await until(pilot, lambda: "Asking" not in painted(chart)[1])
        assert painted(chart)[1][:9].strip().startswith(top)
        assert "…" not in painted(chart)[1][:9]
