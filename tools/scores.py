"""Writes the tables of docs/sentiment.md by running the commands that stand above them: `make scores DATA=DIRECTORY`.

    python -m tools.scores DIRECTORY

A table stands between `<!-- desk evaluate … -->` and `<!-- end -->`; its command is run with SETS for the labelled sets
about stocks, OTHERS for the other labelled sets, PRICES for the recordings with daily prices, and CASES for the made-up
hard cases of the tests. `linear` is measured
with weights that were trained on the chosen part only, so that the part kept back is new to it. Takes some minutes;
where the data is not there it says so and writes nothing.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

from click.testing import CliRunner

from desk.command_line import main_group
from engine.evaluate import Part
from engine.scoring.linear import WEIGHTS
from tools.train_linear import write_models

PAGE = Path(__file__).resolve().parents[1] / "docs" / "sentiment.md"
CASES = PAGE.parents[1] / "tests" / "engine" / "scoring" / "hard_cases"
OTHERS = ("financial_phrasebank_50", "sanders_brands")
"""Wire sentences, and posts about products."""
PRICED = ("replay-stocknet", "replay-stocknet-rest")
_TABLE = re.compile(r"(<!-- desk (evaluate [^\n]*) -->\n).*?(<!-- end -->)", re.DOTALL)
_SPEED = re.compile(r"^(\|.*)\|[^|]*\|$", re.MULTILINE)


def main() -> int:
    """Run every command of the page, or one whose text contains --only."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="directory with sentiment/ and the recordings")
    parser.add_argument("--only", default="", help="run only commands that contain this")
    parser.add_argument("--weights", type=Path, help="weights trained on the chosen part; made when not given")
    arguments = parser.parse_args()
    if not (arguments.data / "sentiment").is_dir():
        print(f"expected labelled sets in {arguments.data / 'sentiment'}, found none: nothing written", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory() as made:
        weights = arguments.weights
        if weights is None:
            write_models(arguments.data / "sentiment", Part.CHOSEN, Path(made))
            weights = Path(made) / WEIGHTS
        page = PAGE.read_text(encoding="utf-8")
        page = _TABLE.sub(
            lambda found: (
                f"{found[1]}\n{run(found[2], arguments.data, weights)}\n\n{found[3]}"
                if arguments.only in found[2]
                else found[0]
            ),
            page,
        )
        PAGE.write_text(page, encoding="utf-8")
    return 0


def run(command: str, data: Path, weights: Path) -> str:
    """What the command prints. The speed is left out: this machine's, under whatever else it did."""
    found = CliRunner(catch_exceptions=False).invoke(
        main_group, arguments_of(command, data), env={"DESK_SCORING__LINEAR_WEIGHTS": str(weights)}
    )
    if found.exit_code:
        raise RuntimeError(f"expected `desk {command}` to work, found: {found.output}")
    text = found.output.rstrip()
    return _SPEED.sub(r"\1|", text) if "posts/s" in text else text


def arguments_of(command: str, data: Path) -> list[str]:
    """The command's arguments with files in place of SETS, OTHERS, CASES and PRICES."""
    files = sorted((data / "sentiment").glob("*.jsonl.gz"))
    others = [file for file in files if file.name.removesuffix(".jsonl.gz") in OTHERS]
    named = {
        "SETS": [file for file in files if file not in others],
        "OTHERS": others,
        "CASES": [CASES],
        "PRICES": [data / name for name in PRICED],
    }
    return [argument for word in command.split() for argument in map(str, named.get(word, [word]))]


if __name__ == "__main__":
    sys.exit(main())
