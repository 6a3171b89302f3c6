"""The event loop of an engine ends, whatever still runs on it; with what does not end, its process does."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from engine.kernel.leaving import run_loop
from tests.engine.kernel.process import ROOT


async def returns(code: int) -> int:
    return code


def test_it_returns_the_code_and_raises_the_error() -> None:
    assert run_loop(returns(3)) == 3

    async def breaks() -> int:
        raise ZeroDivisionError("a defect")

    with pytest.raises(ZeroDivisionError, match="a defect"):
        run_loop(breaks())


LEFT = """
import asyncio, sys, threading, time
from engine.errors import DeskError
from engine.kernel.leaving import run_loop

async def deaf():
    while True:
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            pass

async def main():
    {body}

try:
    code = run_loop(main())
except DeskError as error:
    code = error.exit_code
print("last words", flush=False)
sys.exit(code)
"""


@pytest.mark.parametrize(
    "body",
    [
        "keep = asyncio.create_task(deaf()); await asyncio.sleep(0.05)",
        "keep = asyncio.create_task(asyncio.to_thread(time.sleep, 1000)); await asyncio.sleep(0.05)",
        "threading.Thread(target=time.sleep, args=(1000,)).start()",
        "pass",
    ],
)
@pytest.mark.parametrize("end", ["return 7", "raise DeskError('no', exit_code=7)"])
def test_the_process_ends_with_its_code_and_its_last_words(body: str, end: str) -> None:
    began = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", LEFT.format(body=f"{body}; {end}")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (7, "last words\n"), ended.stderr
    assert time.monotonic() - began < 30
    assert ("left behind" in ended.stderr) == (body != "pass")
