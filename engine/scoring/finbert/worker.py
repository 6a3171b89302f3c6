"""What runs in the scorer's process: `python -m engine.scoring.finbert.worker`, spoken to over its pipes.

It dies with the engine (its input ends), it is the first that the system kills when memory runs out, and it gives way
to the engine on the processor.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from pathlib import Path
from typing import BinaryIO, Final

from engine.errors import DeskError
from engine.scoring.finbert import wire

_WAITING: Final = 2
"""Messages read ahead. The engine sends one at a time, so more means that something is wrong."""
_NICE: Final = 5


def main() -> int:
    """Serve until the input ends; returns the exit code."""
    answers = _own_output()
    _stand_back()
    messages: queue.Queue[wire.ToWorker] = queue.Queue(_WAITING)
    threading.Thread(target=_read, args=(sys.stdin.buffer, messages), daemon=True).start()
    setup = messages.get()
    if not isinstance(setup, wire.Setup):
        raise ValueError(f"expected a Setup first, found {type(setup).__name__}")
    try:
        from engine.scoring.finbert.model import Classifier

        classifier = Classifier(setup)
    except DeskError as error:
        _say(answers, wire.Refused(str(error.message), error.remedy))
        return error.exit_code
    _say(answers, wire.Ready(classifier.backend))
    while True:
        message = messages.get()
        if isinstance(message, wire.Ask):
            _say(answers, wire.Logits(tuple(tuple(row) for row in classifier.logits(message.texts))))


def _own_output() -> BinaryIO:
    """A stream for the answers; what packages print goes to the error output, which the engine keeps the end of."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _stand_back() -> None:
    """Let the engine have the processor first, and be what the system ends when memory is short (Linux)."""
    os.nice(_NICE)
    score = Path("/proc/self/oom_score_adj")
    if score.exists() and os.access(score, os.W_OK):
        score.write_text("1000", encoding="ascii")


def _read(pipe: BinaryIO, messages: queue.Queue[wire.ToWorker]) -> None:
    """Read messages until the engine is gone; then end at once, also in the middle of a batch."""
    while True:
        head = pipe.read(wire.LENGTH)
        body = pipe.read(wire.length(head)) if len(head) == wire.LENGTH else b""
        if not body:
            os._exit(0)
        messages.put(wire.asked(body))


def _say(answers: BinaryIO, message: wire.FromWorker) -> None:
    answers.write(wire.packed(message))
    answers.flush()


if __name__ == "__main__":
    sys.exit(main())
