"""Checks the records that a start passed over, in a process of its own that takes only what time is left.

python -m engine.journal.earlier JOURNAL LAST
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import closing
from pathlib import Path

import msgspec

from engine.errors import JournalError
from engine.journal.indexes import surplus, unfound
from engine.journal.parallel import check_part
from engine.journal.schema import connect_readonly
from engine.journal.walk import Flaw
from engine.secrets import child_environment

_NICE = 19


async def check_earlier(path: Path, last: int) -> Flaw | None:
    """The first flaw among records 1 to `last`; None when all are as they were written.

    Takes about a second for 100,000 records. The process ends with this call, also when it is cancelled. Raises
    JournalError when they could not be checked.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "engine.journal.earlier",
        str(path),
        str(last),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        env=child_environment(os.environ),
        start_new_session=True,
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        return msgspec.json.decode(said, type=Flaw | None)
    except msgspec.DecodeError as error:
        raise JournalError(
            f"records 1 to {last} could not be checked: the process ended with {process.returncode}",
            where=str(path),
            remedy="`desk journal verify` checks every record",
        ) from error


def main() -> None:
    path, last = Path(sys.argv[1]), int(sys.argv[2])
    os.nice(_NICE)
    _, _, flaw = check_part(path, 0, last)
    if flaw is None:
        with closing(connect_readonly(path)) as connection:
            wrong = unfound(connection, 0, last) or surplus(connection)
        flaw = None if wrong is None else Flaw(*wrong)
    sys.stdout.buffer.write(msgspec.json.encode(flaw))


if __name__ == "__main__":
    main()
