from tests.widgets.harness import painted, stage, until
from widgets.status_line import StatusLine


async def test_an_answer_carries_its_sign() -> None:
    line = StatusLine()
    async with stage(line, (60, 3)) as pilot:
        for say, sign in ((line.done, "✓"), (line.refused, "✗"), (line.say, "›")):
            say("BUY 26 TSLA: accepted")
            await until(pilot, lambda sign=sign: painted(line)[0].startswith(f" {sign} BUY 26 TSLA: accepted"))


async def test_nothing_to_say_has_no_sign() -> None:
    line = StatusLine()
    async with stage(line, (60, 3)) as pilot:
        line.say("This pane alone")
        await until(pilot, lambda: "This pane alone" in painted(line)[0])
        line.say("")
        await until(pilot, lambda: not painted(line)[0].strip())


async def test_an_answer_does_not_stay_for_ever() -> None:
    line = StatusLine()
    line.STAYS_S = 0.02  # type: ignore[misc]
    async with stage(line, (60, 3)) as pilot:
        line.done("done")
        await until(pilot, lambda: painted(line)[0].strip() == "")


async def test_an_answer_that_is_longer_than_the_line_is_read_to_its_end() -> None:
    line = StatusLine()
    remedy = "touch /home/someone/.local/state/paper/KILL: an engine that runs halts; `kill -USR1` its pid halts too"
    async with stage(line, (80, 6)) as pilot:
        line.refused(f"kill: no engine answers, nothing was sent → {remedy}")
        await until(pilot, lambda: line.size.height > 1)
        said = painted(line)
        assert said[0].startswith(" ✗ kill: no engine answers")
        assert " ".join(" ".join(said).split()).endswith(remedy)
        line.done("done")
        await until(pilot, lambda: line.size.height == 1)
        line.say("")
        await pilot.pause()
        assert line.size.height == 1


async def test_a_remedy_is_read_whole_under_an_answer_that_has_no_room() -> None:
    line = StatusLine()
    moved = " · ".join(f"limit 141.54 → 146.0{n}: moved 321.{n} bps, limit 100" for n in range(9))
    async with stage(line, (80, 6)) as pilot:
        line.refused(moved, "look at it as it is now, then confirm again or reject")
        await until(pilot, lambda: line.size.height == 4)
        said = [each.rstrip() for each in painted(line)]
        assert said[0].startswith(" ✗ limit 141.54 → 146.00")
        assert said[2].endswith("…")
        assert said[3] == "   → look at it as it is now, then confirm again or reject"
        line.refused("not now", "wait")
        await until(pilot, lambda: line.size.height == 1)
        assert painted(line)[0].rstrip() == " ✗ not now → wait"


async def test_an_answer_without_end_leaves_room_for_the_rest() -> None:
    line = StatusLine()
    async with stage(line, (40, 12)) as pilot:
        line.refused("word " * 200)
        await until(pilot, lambda: line.size.height == 4)
        assert painted(line)[-1].rstrip().endswith("…")
