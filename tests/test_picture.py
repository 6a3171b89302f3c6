"""The picture of the readme is taken, or it is said why not: nobody waits for a ticket that does not come."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import DeskError
from tests.desk.fake_engine import fake_engine
from tools.picture import SECOND, take


@pytest.mark.timeout(60)
async def test_a_ticket_that_does_not_come_is_told(tmp_path: Path) -> None:
    async with fake_engine(tmp_path / "e.sock"):
        with pytest.raises(DeskError, match=f"found none of {SECOND}"):
            await take(tmp_path / "e.sock", limit_s=1.0)
