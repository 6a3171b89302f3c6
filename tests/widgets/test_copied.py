from tests.widgets.harness import COLORS
from widgets.copied import copied
from widgets.line import Line


def test_the_mark_and_the_room_between_columns_stay_behind() -> None:
    first = Line().add("▌", COLORS.accent).field("NVDA", 12, COLORS.strong).right("10", 8, COLORS.text)
    second = Line().add("▌", COLORS.accent).field("a  b", 40, COLORS.text)
    assert copied([first, second]) == "NVDA  10\na  b"
    assert copied([]) == ""
