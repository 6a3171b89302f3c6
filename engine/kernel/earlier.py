"""After a start: the records that it passed over are checked while the engine runs already."""

from __future__ import annotations

import logging

from engine.errors import JournalError
from engine.journal import Journal
from engine.journal.earlier import check_earlier
from engine.journal.opening import not_as_written
from engine.kernel.inbox import Inbox, Unrecorded

log = logging.getLogger(__name__)


async def watch_earlier(journal: Journal, inbox: Inbox) -> None:
    """Nothing is sent any more once one of them is found not to be what was written; it is named."""
    if not journal.unchecked:
        return
    try:
        flaw = await check_earlier(journal.path, journal.unchecked)
    except (JournalError, OSError) as error:
        log.warning("what a start passed over was not checked: %s", error)
        return
    if flaw is None:
        log.info("all %d earlier records are as they were written", journal.unchecked)
        return
    inbox.urgent(Unrecorded(not_as_written(journal.path, flaw)))
