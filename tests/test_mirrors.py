"""A test file mirrors each module: `engine/risk/check.py` has `tests/engine/risk/test_check.py`.

What has none of its own stands here, with the file that tests it or why there is nothing to test.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

TYPES = "types without arithmetic: they are tested where they are used"
GLUE = "a few lines that call others"
ELSEWHERE: dict[str, str] = {
    "desk/__main__.py": GLUE,
    "desk/action_table.py": "desk/test_actions.py",
    "desk/checks.py": "desk/commands/test_doctor.py",
    "desk/checks_network.py": "desk/commands/test_doctor.py",
    "desk/commands/config.py": "desk/test_bad_input.py",
    "desk/commands/engines.py": "desk/commands/test_no_engine.py",
    "desk/commands/guard.py": "engine/kernel/test_guarding.py",
    "desk/commands/protections.py": "desk/commands/test_verbs.py",
    "desk/commands/run.py": "desk/test_bad_input.py",
    "desk/commands/serve.py": "desk/test_serve.py",
    "desk/commands/why.py": "engine/kernel/test_why.py",
    "desk/other_ways.py": GLUE,
    "desk/screens/choice.py": "desk/screens/test_views.py",
    "desk/screens/feeds.py": "desk/screens/test_views.py",
    "desk/screens/help.py": "desk/test_every_key.py",
    "desk/screens/journal.py": "desk/screens/test_views.py",
    "desk/screens/main.py": "desk/test_app.py",
    "desk/screens/orders.py": "desk/screens/test_views.py",
    "desk/screens/picker.py": "desk/test_every_key.py",
    "desk/screens/prompt.py": "hostile/test_inputs.py",
    "desk/screens/reading.py": "desk/screens/test_views.py",
    "desk/screens/risk.py": "desk/screens/test_views.py",
    "desk/screens/status.py": "desk/test_app.py",
    "desk/screens/story.py": "desk/test_every_key.py",
    "desk/screens/told.py": "desk/test_every_key.py",
    "desk/screens/verbs.py": "desk/test_every_key.py",
    "desk/screens/view.py": "desk/screens/test_views.py",
    "desk/served.py": "desk/test_serve.py",
    "desk/setup_app.py": "desk/test_onboarding.py",
    "desk/share.py": "desk/screens/test_sharing.py",
    "desk/terminal_driver.py": "terminal/test_raw.py",
    "engine/__main__.py": GLUE,
    "engine/alpaca/stream.py": "engine/feeds/test_news.py",
    "engine/alpaca/transport.py": "engine/alpaca/test_rest.py",
    "engine/config/scores.py": TYPES,
    "engine/config/sources.py": TYPES,
    "engine/config/trading.py": TYPES,
    "engine/feeds/news_search.py": "engine/feeds/test_news.py",
    "engine/feeds/x_client.py": "engine/feeds/test_x.py",
    "engine/journal/kinds.py": TYPES,
    "engine/journal/parallel.py": "engine/journal/test_verify.py",
    "engine/journal/story_text.py": "engine/journal/test_story.py",
    "engine/kernel/restore.py": "engine/kernel/test_cut_short.py",
    "engine/kernel/resume.py": "engine/kernel/test_restart.py",
    "engine/kernel/show.py": "engine/kernel/test_process.py",
    "engine/kernel/stages.py": "engine/kernel/test_late_scores.py",
    "engine/model/feeds.py": TYPES,
    "engine/model/frames.py": TYPES,
    "engine/model/gate.py": TYPES,
    "engine/model/guard.py": TYPES,
    "engine/model/mood.py": TYPES,
    "engine/model/ports.py": TYPES,
    "engine/model/state.py": TYPES,
    "engine/orders/protect.py": "engine/orders/test_exits.py",
    "engine/orders/standing.py": "engine/orders/test_reconcile.py",
    "engine/risk/controls.py": "engine/risk/test_table.py",
    "engine/scoring/aws.py": "engine/scoring/test_comprehend.py",
    "engine/scoring/features.py": "engine/scoring/test_linear.py",
    "engine/scoring/finbert/model.py": "engine/scoring/finbert/test_process.py",
    "engine/scoring/finbert/store.py": "engine/scoring/finbert/test_pull.py",
    "engine/scoring/finbert/wire.py": "engine/scoring/finbert/test_process.py",
    "engine/scoring/finbert/worker.py": "engine/scoring/finbert/test_process.py",
    "engine/scoring/late.py": "engine/kernel/test_late_scores.py",
    "engine/scoring/llm/answer.py": "engine/scoring/llm/test_scorer.py",
    "engine/scoring/llm/bedrock.py": "engine/scoring/llm/test_scorer.py",
    "engine/scoring/llm/calls.py": "engine/scoring/llm/test_scorer.py",
    "engine/scoring/llm/dialects.py": "engine/scoring/llm/test_scorer.py",
    "engine/scoring/llm/prompt.py": "engine/scoring/llm/test_injection.py",
    "engine/sentiment/ranking.py": "engine/sentiment/test_shares.py",
}
"""Module → the test file that tests it, or one of the reasons above."""


def modules() -> Iterator[Path]:
    """Every module of the three rooms; a package's own file is a table of contents."""
    for room in ("desk", "engine", "widgets"):
        for path in (ROOT / room).rglob("*.py"):
            if path.name != "__init__.py":
                yield path.relative_to(ROOT)


def mirror(module: Path) -> Path:
    """The test file of a module."""
    return ROOT / "tests" / module.with_name(f"test_{module.name}")


def test_every_module_has_a_test_file_of_its_name_or_is_listed() -> None:
    missing = [module.as_posix() for module in modules() if not mirror(module).exists()]
    assert sorted(set(missing) - set(ELSEWHERE)) == [], (
        "write tests/…/test_NAME.py, or say in ELSEWHERE where it is tested"
    )


def test_nothing_is_listed_that_is_gone() -> None:
    assert [name for name in ELSEWHERE if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("name", sorted(set(ELSEWHERE.values()) - {TYPES, GLUE}))
def test_a_file_that_is_named_is_there(name: str) -> None:
    assert (ROOT / "tests" / name).is_file()
