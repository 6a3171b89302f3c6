import msgspec

from engine.model import DisplayText, Level
from tests.desk.made_up import alert
from tests.widgets.harness import painted, stage, until
from widgets.alert_bar import AlertBar


async def test_the_worst_alert_stands_with_its_remedy_and_the_number_of_others() -> None:
    bar = AlertBar()
    async with stage(bar, (120, 4)) as pilot:
        assert bar.size.height == 0
        bar.show([alert(1), alert(2, Level.CRITICAL), alert(3, Level.INFO)])
        await until(pilot, lambda: bar.size.height == 1)
        line = painted(bar)[0]
        assert line.startswith(" ✗ CRITICAL ")
        assert "→ check the network" in line
        assert "+2 more  a acknowledge" in line
        assert bar.top is not None
        assert bar.top.id == "alert-2"
        bar.show([])
        await until(pilot, lambda: bar.size.height == 0)


async def test_a_remedy_that_does_not_fit_gets_its_own_line() -> None:
    bar = AlertBar()
    told = msgspec.structs.replace(
        alert(1, Level.CRITICAL), text=DisplayText("trading is HALTED: kill switch at the desk"),
        remedy="`desk resume --reason …` once the cause is gone",
    )  # fmt: skip
    async with stage(bar, (80, 4)) as pilot:
        bar.show([told])
        await until(pilot, lambda: bar.size.height == 2)
        first, second = painted(bar)
        assert "kill switch at the desk" in first
        assert first.rstrip().endswith("a acknowledge")
        assert second.strip() == "→ `desk resume --reason …` once the cause is gone"
