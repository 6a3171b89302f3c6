"""`python -m engine`: the engine process. `desk` starts it; a supervisor may too."""

import gc
import signal
import sys

gc.set_threshold(100_000)  # what is imported now stays; the kernel sets its own once it is up
signal.pthread_sigmask(  # see `HELD` there
    signal.SIG_BLOCK, {signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1}
)

from engine.core_dumps import forbid_core_dumps  # noqa: E402
from engine.streams import open_closed_streams  # noqa: E402

open_closed_streams()
forbid_core_dumps()

from engine.kernel.process import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
