"""What clients are told of the settings that they show."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec

from engine.clock import VirtualClock
from engine.kernel.meters import LoopLag
from tests.engine.kernel import bare


def test_a_desk_is_told_how_far_a_price_may_move_and_when_that_changes(tmp_path: Path) -> None:
    config = bare.config(tmp_path)
    with bare.opened(config, VirtualClock(bare.NOW)) as stages:
        show = stages.show(LoopLag())
        assert show.snapshot(1).status.drift_bps == config.tickets.drift_bps
        tickets = msgspec.structs.replace(config.tickets, drift_bps=Decimal(7))
        stages._reconfigure(msgspec.structs.replace(config, tickets=tickets))
        told = show.frame(2).status
        assert told is not None and told.drift_bps == Decimal(7)
