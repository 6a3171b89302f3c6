"""What the status bar of every view shows, out of the mirror."""

from __future__ import annotations

import time
from functools import cache

from desk.link import Link
from widgets.status_bar import StatusView


@cache
def own_version() -> str:
    """This desk's version."""
    from importlib.metadata import version

    return version("desk")


def local_offset_s() -> int:
    """This machine's seconds ahead of UTC now, summer time counted."""
    return time.localtime().tm_gmtoff


def status_view(link: Link, lost_remedy: str) -> StatusView:
    """The picture now, and whether an engine is attached, else what to do about it."""
    mirror = link.mirror
    return StatusView(
        status=mirror.status,
        account=mirror.account,
        feeds=tuple(mirror.feeds.values()),
        protections=len(mirror.protections),
        attached=link.attached,
        lost_s=link.lost_s,
        lost_why=link.lost_why,
        lost_remedy=lost_remedy,
        stopped=link.stopped,
        versions=(mirror.version, own_version()) if mirror.version else ("", ""),
        read_only=link.read_only,
    )
