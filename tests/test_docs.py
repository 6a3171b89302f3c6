"""The documentation says what the code does: generated parts are fresh, links lead somewhere, commands parse."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import reduce
from pathlib import Path

import click
import msgspec
import pytest

from desk.actions import ACTIONS
from desk.command_line import COMMANDS, global_first, main_group
from desk.keymap import Keymap
from engine import secrets
from engine.config import load, schema, shipped_path
from tools.docs import ACTING, pages, sections, settings

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
IDS = [str(path.relative_to(ROOT)) for path in PAGES]
GUIDES = [path for path in PAGES if path.name != "CHANGELOG.md" and path.parent.name != "decisions"]
"""Pages that say what is. The others say what was."""
WRITTEN = [path for path in GUIDES if path.name not in ("controls.md", "faults.md", "sentiment.md")]
"""Guides that people write; what programs print into the others repeats itself rightly."""
GUIDE_IDS = [str(path.relative_to(ROOT)) for path in GUIDES]
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`(desk(?: [^`\n]*)?)`")
_QUOTED = re.compile(r"`([^`\n]+)`")
_MACHINE = re.compile(r"(?<![\w.~])/(?:work|home/\w|root|Users|tmp|mnt|data)(?:/[\w.-]+)+")
"""Absolute paths of somebody's machine. A path under /run or /etc is a system's own."""
ELSEWHERE: frozenset[str] = frozenset()
"""Files that are shown and are not the project's."""
NO_SETTING = frozenset({"DESK_SECTION__KEY", "DESK_RISK_ORDER_NOTIONAL", "DESK_FAULTS", "DESK_ACCEPT_LOOKS"})
"""Names that look like settings: placeholders, a mistyped one, and what only tests read."""


def tracked() -> list[Path]:
    """The project's own text files."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a checkout")
    text = {".py", ".md", ".toml", ".tcss", ".tsv", ".sh", ".yml", ".yaml", ".cfg", ".sql", ".lock", ""}
    found = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in found if path.is_file() and path.suffix in text]


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_generated_parts_are_fresh(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == pages()[path], "stale: `make docs`"


def test_every_setting_says_what_it_means() -> None:
    for path, kind in sections(schema.Config, ()):
        for setting in settings(path, kind):
            assert setting.meaning.endswith((".", ")")), f"{'.'.join(path)}.{setting.key} says nothing"


def test_the_shipped_configuration_is_the_documented_one() -> None:
    """It says what holds without it, section by section; weights of scorers it shows by an example."""
    assert (ROOT / "config.toml").read_bytes() == shipped_path().read_bytes()
    shipped = load(shipped_path(), env={}).config
    assert shipped.symbols
    for path, kind in sections(schema.Config, ()):
        if kind is schema.WatchRow:
            continue
        found = reduce(getattr, path, shipped)
        if kind is schema.ScoringConfig:
            found = msgspec.structs.replace(found, weights={})
        assert found == kind(), f"[{'.'.join(path)}] says something else than the defaults"


def test_every_setting_has_its_line_in_the_shipped_configuration() -> None:
    """One that has no default stands there as a comment, with a figure that somebody could want."""
    shipped = shipped_path().read_text(encoding="utf-8")
    uncommented = re.sub(r"^# (\w+ = )", r"\1", shipped, flags=re.MULTILINE)
    said = tomllib.loads(uncommented)
    for path, kind in sections(schema.Config, ()):
        if kind is schema.WatchRow:
            continue
        table = reduce(lambda found, name: found[name], path, said)
        assert {setting.key for setting in settings(path, kind)} <= set(table), ".".join(path)


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_links_lead_somewhere(path: Path) -> None:
    for target in _LINK.findall(path.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://", "#", "mailto:")):
            continue
        there = (path.parent / target.partition("#")[0]).resolve()
        assert there.exists(), f"{path.name}: {target}"
        assert there.is_relative_to(ROOT), f"{path.name}: {target} leads out of the project"


def commands(path: Path) -> Iterator[str]:
    """Every `desk …` of a page: in backquotes, and lines of code blocks."""
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    for line in "".join(blocks).splitlines():
        if re.match(r"desk( |$)", line.strip()):
            yield line.partition("#")[0].strip()
    yield from _CODE.findall(re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


def shown(line: str) -> Iterator[list[str]]:
    """The command lines that a line of a page stands for: `a | b` and `[--x]` are spelled out, … is some word."""
    words = line.replace("`", "").split()[1:]
    alternatives: list[list[str]] = [[]]
    at = 0
    while at < len(words):
        options = [words[at]]
        while at + 2 < len(words) and words[at + 1] == "|":
            options.append(words[at + 2])
            at += 2
        alternatives = [[*start, option] for start in alternatives for option in options]
        at += 1
    for each in alternatives:
        yield [word.strip("[]").replace("…", "something") for word in each]


def parse(words: list[str]) -> None:
    """Parse a command line and run nothing. Raises click.UsageError."""
    command: click.Command = main_group
    arguments = global_first(words)
    name = "desk"
    while True:
        context = command.make_context(name, list(arguments), resilient_parsing=False)
        if not isinstance(command, click.Group):
            return
        rest = [*context._protected_args, *context.args]
        if not rest:
            return
        name, found, arguments = command.resolve_command(context, rest)
        assert found is not None
        command = found


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_commands_that_are_shown_exist(path: Path) -> None:
    for line in commands(path):
        for words in shown(line):
            try:
                parse(words)
            except click.exceptions.Exit:
                continue
            except click.UsageError as error:
                if not isinstance(error, click.exceptions.NoArgsIsHelpError | click.MissingParameter):
                    raise AssertionError(f"{path.name}: {line}: {error.format_message()}") from error


def blocks(path: Path, kind: str) -> list[str]:
    """A page's code blocks of this kind; of none where it is empty."""
    found = re.findall(r"^```(\w*)\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [text for named, text in found if named == kind]


def code(path: Path) -> str:
    """What a page shows as code, one piece a line: in backquotes, and the lines of its blocks."""
    text = path.read_text(encoding="utf-8")
    quoted = _QUOTED.findall(re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))
    return "\n".join([*quoted, *re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)])


@pytest.mark.parametrize("path", GUIDES, ids=GUIDE_IDS)
def test_programs_that_are_shown_exist(path: Path) -> None:
    """`make TARGET`, `python -m MODULE`, `python FILE`, and what else is run from the environment."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for line in code(path).splitlines():
        for named in re.findall(r"(?:^|`)make ((?:[a-z-]+ ?)+)", line):
            assert set(named.split()) <= targets, f"{path.name}: {line}"
        for module in re.findall(r"python3? -m ([\w.]+)", line):
            assert importlib.util.find_spec(module), f"{path.name}: {line}"
        for file in re.findall(r"python3? ([\w/]+\.py)", line):
            assert (ROOT / file).is_file(), f"{path.name}: {line}"
        for program in re.findall(r"\.venv/bin/([\w-]+)", line):
            assert (Path(sys.executable).parent / program).exists(), f"{path.name}: {line}"


@pytest.mark.parametrize("path", GUIDES, ids=GUIDE_IDS)
def test_files_that_are_shown_exist(path: Path) -> None:
    for file in re.findall(r"(?<![\w./~-])((?:engine|desk|widgets|tests|tools|docs|deploy)/[\w./@-]*\w)", code(path)):
        assert (ROOT / file).exists() or file in ELSEWHERE, f"{path.name}: {file}"


@pytest.mark.parametrize("path", GUIDES, ids=GUIDE_IDS)
def test_settings_that_are_shown_exist(path: Path) -> None:
    """`risk.min_authors` in backquotes, `DESK_RISK__MIN_AUTHORS` anywhere."""
    known = {
        ".".join((*place, each.key)) for place, kind in sections(schema.Config, ()) for each in settings(place, kind)
    }
    parts = {key.partition(".")[0] for key in known}
    others = NO_SETTING | {action.id for action in ACTIONS}
    for quoted in _QUOTED.findall(path.read_text(encoding="utf-8")):
        found = quoted.partition(" = ")[0]
        if re.fullmatch(r"[a-z]+(\.[a-z_]+)+", found) and found.partition(".")[0] in parts and found not in others:
            section = any(key.startswith(f"{found}.") for key in known)
            module = ROOT / "/".join(found.split(".")[:2])
            named = module.exists() or module.with_suffix(".py").exists() or found.endswith((".journal", ".json"))
            assert found in known or section or named, f"{path.name}: {found}"
    variables = {f"DESK_{key.upper().replace('.', '__')}" for key in known} | set(secrets.VARIABLES.values())
    for found in re.findall(r"DESK_[A-Z_]*[A-Z]", path.read_text(encoding="utf-8")):
        assert found in variables or found in NO_SETTING, f"{path.name}: {found}"


@pytest.mark.parametrize("path", GUIDES, ids=GUIDE_IDS)
def test_configuration_that_is_shown_loads(path: Path, tmp_path: Path) -> None:
    for number, text in enumerate(blocks(path, "toml")):
        if "[build-system]" in text:
            continue
        file = tmp_path / f"{number}.toml"
        file.write_text(text, encoding="utf-8")
        found = load(file, profile="simulated", env={})
        Keymap(found.config.keys, file)


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_no_guide_says_a_thing_twice(path: Path) -> None:
    """A row with the same first cell in one table, a paragraph that begins like another, a call in a list twice."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for block in re.split(r"\n{2,}", text):
        rows = [line.split(" | ")[0] for line in block.splitlines() if line.startswith("| ") and " | " in line]
        for place in (rows, [call for call in _QUOTED.findall(block) if re.fullmatch(r"\w+\(\w+\)", call)]):
            again = {each for each in place if place.count(each) > 1 and each != "|"}
            assert not again, f"{path.name}: {again}"
    begins = [block[:60] for block in re.split(r"\n{2,}", text) if len(block) > 60 and not block.startswith("|")]
    assert len(begins) == len(set(begins)), f"{path.name}: {[each for each in begins if begins.count(each) > 1]}"


def test_whoever_tells_of_pip_tells_whose() -> None:
    """The registry has another package `desk`, with another command `desk`: a bare pip would bring that one."""
    for path in tracked():
        if path.relative_to(ROOT).parts[0] in ("tests", ".ci", "Makefile"):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            bare = re.search(r"(?<!\.venv/bin/)(?<!-m )pip install", line)
            assert bare is None, f"{path.relative_to(ROOT)}:{number}: {line.strip()}"


def test_the_readme_knows_every_key_that_acts_and_the_page_of_keys_every_one() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    keys = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
    for action in ACTIONS:
        assert action.tooltip in keys
        assert action.tooltip in readme or action.group not in ACTING
    verbs = {action.verb for action in ACTIONS if action.group in ACTING}
    assert verbs - {"lift", "faster", "slower"} | {"protections", "speed"} <= set(COMMANDS), "a key without a command"


def test_no_page_and_no_source_names_a_machine() -> None:
    for path in tracked():
        if path.name.endswith(".lock"):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            found = _MACHINE.search(line)
            assert found is None, f"{path.relative_to(ROOT)}:{number}: {found[0] if found else ''}"
