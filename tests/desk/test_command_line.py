"""The command line itself: its help, arguments that are none, and output that cannot be written."""

from __future__ import annotations

import subprocess
from pathlib import Path

import click
import pytest

from desk.command_line import COMMANDS, main_group
from engine.errors import EXIT_FAILED, EXIT_USAGE
from tests.program import call, clean, command, desk, environment


def test_help_lists_exactly_the_commands(home: Path) -> None:
    for flag in ("--help", "-h"):
        shown = desk(home, flag)
        assert shown.returncode == 0
        _, _, listed = shown.stdout.partition("Commands:\n")
        assert [line.split()[0] for line in listed.splitlines() if line.startswith("  ") and line[2] != " "] == list(
            COMMANDS
        )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_own_help(name: str) -> None:
    with click.Context(main_group) as context:
        command = main_group.get_command(context, name)
        assert command is not None
        assert command.help
        nested = command.commands.values() if isinstance(command, click.Group) else ()
        for each in (command, *nested):
            with click.Context(each, info_name=name, terminal_width=300, max_content_width=300) as inner:
                text = each.get_help(inner)
            assert each.help
            assert each.help.splitlines()[0] in text
            for parameter in each.params:
                if isinstance(parameter, click.Option) and not parameter.hidden:
                    assert parameter.help, f"desk {name} {each.name}: {parameter.name} says nothing"


def test_an_unknown_verb_and_a_missing_argument(home: Path) -> None:
    for arguments in (["stats"], ["confirm"], ["pause"], ["mode", "TSLA", "sometimes"], ["status", "--jsn"]):
        found = desk(home, *arguments)
        assert found.returncode == EXIT_USAGE
        assert "Traceback" not in found.stderr
        assert "Usage: desk" in found.stderr
    assert "Did you mean 'status'?" in desk(home, "stats").stderr


def test_arguments_that_are_no_text(home: Path) -> None:
    """What is not UTF-8 comes as lone surrogates, which neither the socket nor the journal can carry."""
    for arguments in (["mode", "TS\udcffLA", "off"], ["journal", "why", "\udcff"], ["--profile", "\udcff", "status"]):
        found = desk(home, *arguments)
        assert found.returncode == EXIT_USAGE
        assert "Expected arguments in UTF-8" in found.stderr
        assert "Traceback" not in found.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("arguments", [("--help",), ("config", "show"), ("keys", "list")])
def test_output_that_cannot_be_written(home: Path, arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        found = subprocess.run(
            command(*arguments),
            env=environment(home),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert found.returncode == EXIT_FAILED
    assert "No space left on device" in found.stderr
    assert "→ look at the disk" in found.stderr
    assert "Traceback" not in found.stderr and "Exception ignored" not in found.stderr


def test_an_encoding_that_lacks_a_character(home: Path) -> None:
    """A line with ? in it still tells. `config show --defaults` has an ellipsis, which Latin-1 has not."""
    shown = subprocess.run(
        command("config", "show", "--defaults"),
        env=environment(home, {"PYTHONIOENCODING": "latin-1"}),
        capture_output=True,
        encoding="latin-1",
        timeout=60,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    assert "[risk]" in shown.stdout
    assert "\n# " in shown.stdout and "?" in shown.stdout


@pytest.mark.parametrize("verb", [("status",), ("config", "init"), ("config", "show")], ids=" ".join)
def test_a_configuration_file_without_a_name(home: Path, verb: tuple[str, ...]) -> None:
    """`--config "$FILE"` where the variable is empty means no other file, least of all one that is written."""
    found = call(home, "--config", "", *verb)
    assert found.returncode == EXIT_USAGE
    assert "--config: expected the name of a file, found nothing" in found.stderr
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("name", ["../elsewhere", "a/b", "live", "\x1b[2Jx", "x" * 41])
@pytest.mark.parametrize(
    "verb",
    [
        ("status",),
        ("follow",),
        ("serve",),
        ("ledger",),
        ("journal", "show"),
        ("journal", "verify"),
        ("guard", "why", "1"),
    ],
    ids=" ".join,
)
def test_a_name_that_is_none(home: Path, verb: tuple[str, ...], name: str) -> None:
    found = call(home, *verb, "--name", name)
    assert found.returncode == EXIT_USAGE, found.stderr
    assert found.stderr.startswith("desk: --name: expected a word of at most 40 letters")
    assert clean(found.stderr)


def test_a_recording_with_control_characters_is_named_as_it_was_given(home: Path) -> None:
    found = call(home, "replay", "a\nb")
    assert found.returncode == EXIT_USAGE
    assert "expected a path without control characters, found 'a\\nb'" in found.stderr
    assert "DESK_REPLAY__PATH" not in found.stderr
