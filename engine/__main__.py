"""`python -m engine`: the engine process. `desk` starts it; a supervisor may too."""

import sys

from engine.kernel.process import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
