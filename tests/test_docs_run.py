"""Every command line in a page's code blocks is run as it stands there, or says here why not.

One home directory, in which a person would have come this far: a journal of paper trading, a demo that runs, labelled
sets, a recording with prices, and the scorer that docs/contributing.md writes, offered by a package of its own.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.errors import EXIT_CREDENTIALS, EXIT_USAGE
from engine.journal.reader import Reader
from tests.engine.kernel import made_up
from tests.engine.kernel.process import EngineProcess, ending
from tests.program import REPLAYING, clean, environment
from tests.test_docs import PAGES, ROOT, blocks

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("the commands of the pages")]

CONTRIBUTING = ROOT / "docs" / "contributing.md"


class Shown(NamedTuple):
    """What a command line of a page comes to."""

    code: int
    says: str


NO_KEYRING = Shown(EXIT_CREDENTIALS, "expected a system keyring")
RUN = {
    "desk config init": Shown(0, "config.toml"),
    "desk keys set x_bearer_token": NO_KEYRING,
    "desk keys set alpaca_key_id": NO_KEYRING,
    "desk keys set alpaca_secret_key": NO_KEYRING,
    "desk keys set anthropic_api_key": NO_KEYRING,
    "desk": Shown(EXIT_USAGE, "expected a terminal"),
    "desk status --name demo": Shown(0, "SIMULATED on simulated"),
    "desk why NVDA --name demo": Shown(0, "NVDA: "),
    "desk config check": Shown(0, "ok: profile paper"),
    "desk replay": Shown(0, "posts 5031, duplicates 42"),
    "desk evaluate tests/engine/scoring/hard_cases --compare vader loud": Shown(0, "loud less vader"),
    "desk journal backup ~/backup/": Shown(0, "unbroken from the first to the last"),
    "desk journal backup COPY": Shown(0, "unbroken from the first to the last"),
    "desk journal verify --journal ~/backup/paper.journal": Shown(0, "unbroken from the first to the last"),
    "desk journal verify": Shown(0, "unbroken from the first to the last"),
    "desk journal show --kind decision": Shown(0, '"kind":"auto"'),
    "desk journal why ID": Shown(0, "SIGNAL"),
    "desk journal export --format csv": Shown(0, "seq,at,kind,key,body,hash"),
    "desk replay ~/.local/state/desk/paper.journal": Shown(0, "signals "),
    "desk evaluate sets/": Shown(0, "macro-F1"),
    "desk evaluate sets/ --scorer vader": Shown(0, "macro-F1"),
    "desk evaluate sets/ --part kept": Shown(0, "macro-F1"),
    "desk evaluate sets/ --compare plain-vader vader": Shown(0, "vader less plain-vader"),
    "desk evaluate recording/ --rank-ic": Shown(0, "next day"),
}
"""In an order in which they work. The words are the first that tell that it did."""
COPY, COPIES = Path("backup", "paper.journal"), "desk journal backup ~/backup/"
"""What a line of the pages reads, and the line before it that writes it."""
LEFT_OUT = {
    "desk doctor": "asks X and Alpaca: desk/commands/test_doctor.py asks simulators",
    "desk models pull Xenova/finbert": "downloads: desk/commands/test_models.py pulls a tiny model",
    "desk models bench Xenova/finbert": "needs what was downloaded: desk/commands/test_models.py",
}


def shown_lines() -> set[str]:
    """What the blocks of all pages run of the desk, and of cp, without the comments."""
    found = set()
    for path in PAGES:
        for line in "".join(blocks(path, "")).splitlines():
            if re.match(r"(desk|cp)( |$)", line):
                found.add(line.partition(" #")[0].strip())
    return found


class Demo(EngineProcess):
    """An engine that runs as `desk demo` starts it, with its files where a person has them."""

    @property
    def socket(self) -> Path:
        return self.home / "run" / "demo.sock"


def shell(home: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line in a shell, as somebody whose home this is."""
    env = environment(home)
    for name in ("DESK_ENGINE__STATE_DIR", "DESK_ENGINE__RUNTIME_DIR", "XDG_CONFIG_HOME"):
        del env[name]
    for name in ("XDG_RUNTIME_DIR", "XDG_STATE_HOME"):
        env.pop(name, None)
    env["PATH"] = f"{home / 'bin'}:{env['PATH']}"
    env["PYTHONPATH"] = f"{home / 'mine'}:{ROOT}"
    return subprocess.run(
        ["bash", "-c", line],
        env=env,
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def lived_in() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        home = Path(folder)
        for place in (".local/state/desk", "backup", "bin", "mine", "recording"):
            (home / place).mkdir(parents=True)
        (home / "bin" / "desk").write_text(f'#!/bin/sh\nexec {sys.executable} -m desk "$@"\n')
        (home / "bin" / "desk").chmod(0o700)
        (home / "tests").symlink_to(ROOT / "tests")
        (home / "sets").symlink_to(ROOT / "tests" / "engine" / "scoring" / "hard_cases")
        _offer_the_scorer(home / "mine")
        morning = made_up.write(home / "recording" / "posts.jsonl", made_up.rows())
        prices = "".join(f"TSLA,2026-03-{day},100,102,99,101\n" for day in (10, 11, 12))
        (home / "recording" / "prices_daily.csv").write_text(f"symbol,date,open,high,low,close\n{prices}")
        state = home / ".local" / "state" / "desk"
        made = shell(home, f"desk replay {morning} --journal {state / 'paper.journal'}")
        assert made.returncode == 0, made.stderr
        settings = {**REPLAYING, "DESK_REPLAY__PATH": str(morning), "DESK_REPLAY__SPEED": "1"}
        with ending(Demo(state, env=settings)) as demo:
            demo.start("--name", "demo")
            yield home


def _offer_the_scorer(package: Path) -> None:
    """The package of docs/contributing.md, as pip would have installed it."""
    (module,) = (text for text in blocks(CONTRIBUTING, "python") if "class Loud" in text)
    (package / "mine.py").write_text(module, encoding="utf-8")
    (project,) = (text for text in blocks(CONTRIBUTING, "toml") if "[build-system]" in text)
    written = tomllib.loads(project)["project"]
    info = package / f"{written['name']}-{written['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {written['name']}\nVersion: {written['version']}\n")
    groups = written["entry-points"].items()
    points = "".join(
        f"[{group}]\n" + "".join(f"{name} = {at}\n" for name, at in each.items()) for group, each in groups
    )
    (info / "entry_points.txt").write_text(points)


def test_every_line_is_run_or_left_out_for_a_reason() -> None:
    assert shown_lines() == RUN.keys() | LEFT_OUT.keys()


@pytest.mark.parametrize("line", RUN)
def test_a_line_does_what_its_page_says(lived_in: Path, line: str) -> None:
    with Reader(lived_in / ".local" / "state" / "desk" / "paper.journal") as reader:
        (signal,) = reader.records(kinds=("signal",), limit=1)
    if str(COPY) in line and not (lived_in / COPY).exists():
        assert shell(lived_in, COPIES).returncode == 0
    found = shell(lived_in, line.replace(" ID", f" {signal.key}"))
    assert found.returncode == RUN[line].code, found.stdout + found.stderr
    assert RUN[line].says in found.stdout + found.stderr
    assert clean(found.stdout) and clean(found.stderr)
    assert "Traceback" not in found.stderr


def test_the_scorer_of_the_page_scores(lived_in: Path) -> None:
    config = lived_in / "loud.toml"
    config.write_text('[scoring]\nscorers = ["vader", "loud"]\n')
    assert shell(lived_in, f"desk config check --config {config}").returncode == 0
    replayed = shell(lived_in, f"desk replay --config {config} --journal loud.journal")
    assert replayed.returncode == 0, replayed.stderr
    with Reader(lived_in / "loud.journal") as reader:
        assert any(b'"scorer":"loud"' in record.body for record in reader.records(kinds=("reading",)))
