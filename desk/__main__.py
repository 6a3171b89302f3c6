"""The command `desk`. Ctrl-C may come before anything is loaded: what is imported here is what Python has anyway."""

import sys


def main() -> None:
    """The console script. What it prints and the codes it exits with: `desk.command_line`."""
    try:
        import signal

        # Until the command is known, they wait: an engine takes them when it can (`HELD` in engine.kernel.process).
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1})
        from desk.command_line import run

        run()
    except KeyboardInterrupt:
        import signal

        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a second one ends what is being cleared up, without a word
        sys.exit(130)  # engine.errors.EXIT_INTERRUPTED


if __name__ == "__main__":
    main()
