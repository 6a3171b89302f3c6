from tests.widgets.harness import painted, stage
from widgets.key_table import KeyTable

GROUPS = {"Decide": [("y", "confirm", "Send the selected ticket, as it is shown, and nothing else.")]}


async def test_a_long_sentence_hangs_under_its_column() -> None:
    table = KeyTable(GROUPS, "Enter never confirms.")
    async with stage(table, (44, 12)):
        lines = painted(table)
        assert "Enter never confirms." in lines[0]
        assert "DECIDE" in lines[2]
        assert lines[3].startswith(" y confirm Send the")
        assert lines[4].startswith("           ")
