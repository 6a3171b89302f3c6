"""`python -m engine`: the engine process. `desk` starts it; a supervisor may too."""

import gc
import sys

gc.set_threshold(100_000)  # what is imported now stays; the kernel sets its own once it is up

from engine.kernel.process import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
