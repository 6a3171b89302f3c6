"""The verbs a client may send, and which fields of a Command each one needs.

Keys on the desk, `desk <verb>` in a shell and a second desk all send these same commands; there is no other way in.
"""

from __future__ import annotations

import re

import msgspec

from engine.model import Mode, Value
from engine.model.frames import Command
from engine.text import one_line


class Verb(Value, frozen=True, gc=False):
    """One verb of the control socket."""

    name: str
    description: str
    needs: tuple[str, ...] = ()
    """Fields of Command that must not be empty."""


VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb("confirm", "Send a ticket's order, if it still is what was seen", ("ticket", "fingerprint")),
        Verb("reject", "Reject a ticket, with a reason", ("ticket", "reason")),
        Verb("edit", "Change size, limit, stop or target of a ticket within the controls", ("ticket", "fingerprint")),
        Verb("mode", "Set who decides for a symbol (or * for all): confirm, auto, off", ("symbol", "mode")),
        Verb("pause", "Take no new risk until resumed", ("reason",)),
        Verb("resume", "Trade again; leaving HALTED needs a typed reason", ("reason",)),
        Verb("kill", "Halt: cancel entries, keep protective exits, or flatten when asked", ("reason",)),
        Verb("flatten", "Close a symbol's position (or * for all)", ("symbol", "reason")),
        Verb("cancel", "Cancel one of our working orders", ("order",)),
        Verb("reconcile", "Compare orders, fills and positions with the venue now"),
        Verb("acknowledge", "Acknowledge an alert", ("alert",)),
        Verb("lift", "Lift a protection, with a reason", ("protection", "reason")),
        Verb("arm", "Arm live trading by the account number's last four characters", ("reason",)),
        Verb("apply", "Apply changes of the configuration file that allow more, as they were shown", ("fingerprint",)),
        Verb("speed", "Play a recording faster or slower while it runs", ("speed",)),
        Verb("stop", "Stop the engine; positions and protective exits stay at the venue"),
    )
}

EDITABLE = {"quantity": "size", "limit_price": "limit", "stop_price": "stop", "target_price": "target"}
"""Fields of Command that `edit` changes of a ticket's order, each with the word that people know it by."""

FASTER, SLOWER = SPEEDS = ("faster", "slower")
"""What `speed` takes beside a number: the next step from the speed that holds."""

_NUMBER = re.compile(r"\d{1,12}(\.\d{1,9})?", re.ASCII)

_COMMAND = msgspec.json.Decoder(Command)

TEXT_LIMIT = 500
"""Longest text a command may carry in one field, in characters."""


def read_command(body: bytes) -> Command:
    """A command as it came, cleaned. Raises ValueError for anything that is none.

    Whoever sends it is a person to the engine: nobody speaks for a control, the watchdog or the engine itself.
    """
    try:
        return msgspec.structs.replace(clean_command(_COMMAND.decode(body)), by="person")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"expected a command, found something else: {one_line(str(error), 200)}") from error


def clean_command(command: Command) -> Command:
    """The command with every text in it fit to be shown: a reason is read on other screens and in the log."""
    texts = {
        field: one_line(value, TEXT_LIMIT + 1)
        for field in command.__struct_fields__
        if isinstance(value := getattr(command, field), str)
    }
    return msgspec.structs.replace(command, **texts)


def check_command(command: Command) -> str:
    """What is wrong with a command, in words with the remedy; empty when nothing is."""
    verb = VERBS.get(command.verb)
    if verb is None:
        return f"expected a verb among {', '.join(VERBS)}, found {command.verb[:40]!r}"
    for field in verb.needs:
        if not getattr(command, field).strip():
            return f"{command.verb} needs {field}: it was empty"
    for field in command.__struct_fields__:
        value = getattr(command, field)
        if isinstance(value, str) and len(value) > TEXT_LIMIT:
            return f"{field} may have {TEXT_LIMIT} characters, found {len(value)}"
    if command.verb == "edit" and not any(getattr(command, field) for field in EDITABLE):
        return f"edit needs one of {', '.join(EDITABLE.values())}: all were empty"
    for field, word in EDITABLE.items():
        if (text := getattr(command, field)) and not _NUMBER.fullmatch(text):
            return f"expected a number of at most 12 digits and 9 decimals for {word}, found {text[:40]!r}"
    if command.verb == "speed" and command.speed not in SPEEDS and not _NUMBER.fullmatch(command.speed):
        most = "a number above 0 of at most 12 digits and 9 decimals"
        return f"expected {', '.join(SPEEDS)} or {most} for speed, found {command.speed[:40]!r}"
    if command.verb == "mode" and command.mode not in {mode.value for mode in Mode}:
        return f"expected a mode among {', '.join(mode.value for mode in Mode)}, found {command.mode!r}"
    return ""
