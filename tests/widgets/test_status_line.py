from tests.widgets.harness import painted, stage, until
from widgets.status_line import StatusLine


async def test_an_answer_carries_its_sign() -> None:
    line = StatusLine()
    async with stage(line, (60, 3)) as pilot:
        for say, sign in ((line.done, "✓"), (line.refused, "✗"), (line.say, "›")):
            say("BUY 26 TSLA: accepted")
            await until(pilot, lambda sign=sign: painted(line)[0].startswith(f" {sign} BUY 26 TSLA: accepted"))


async def test_an_answer_does_not_stay_for_ever() -> None:
    line = StatusLine()
    line.STAYS_S = 0.02  # type: ignore[misc]
    async with stage(line, (60, 3)) as pilot:
        line.done("done")
        await until(pilot, lambda: painted(line)[0].strip() == "")
