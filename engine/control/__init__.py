"""The control socket: how a desk, a verb or a second desk talks to the engine."""

from engine.control.server import ControlServer, Source
from engine.control.verbs import VERBS, Verb, check_command

__all__ = ["VERBS", "ControlServer", "Source", "Verb", "check_command"]
