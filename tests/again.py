"""Ask once more, one after another, the few tests that failed while the whole ran in parallel.

Tests here run real processes, sockets and terminals in real time. Beside others on a busy machine one may be starved;
by itself it must pass. A test that fails twice fails the run, more than LIMIT failures fail it at once, and what failed
the first time stays printed above.

python -m tests.again
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

LIMIT: Final = 5
_FAILED: Final = Path(".pytest_cache/v/cache/lastfailed")
_GROUP: Final = re.compile(r"@[^\]\[]*$")
"""What the parallel run appends to the name of a test that shares a worker with others."""


def main() -> int:
    """Exit code 0 when every failed test passes by itself."""
    told = sorted(json.loads(_FAILED.read_text())) if _FAILED.exists() else []
    failed = [_GROUP.sub("", name) for name in told]
    if not 0 < len(failed) <= LIMIT:
        return 1
    print(f"\nfailed beside others; asked again by themselves ({len(failed)}):", *failed, sep="\n  ", flush=True)
    return subprocess.run([sys.executable, "-m", "pytest", "-n", "0", *failed], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
