"""Tiny models on a machine of the test's own, and scorers that use them in real worker processes."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from engine.clock import SystemClock
from engine.config import Config, FinbertConfig, ScoringConfig
from engine.scoring.finbert import pull
from engine.scoring.finbert.scorer import FinbertScorer
from tests.engine.scoring.finbert import tiny

Scoring = Callable[..., AbstractAsyncContextManager[FinbertScorer]]


def quiet(said: str) -> None:
    """Progress that nobody reads."""


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state directory with the models `own/tiny`, `own/turned` (another order), `own/broken` and `own/short`."""
    root = tmp_path_factory.mktemp("finbert")
    state = root / "state"
    for name, made in (
        ("own/tiny", {}),
        ("own/turned", {"classes": ("neutral", "positive", "negative")}),
        ("own/broken", {"broken": True}),
        ("own/short", {"positions": 12}),
    ):
        source = pull.Directory(tiny.write(root / name, **made))
        pull.pull(source, name, state, labels={}, torch=False, quantise=name == "own/tiny", progress=quiet)
    return state


@pytest.fixture
def scoring(models: Path) -> Scoring:
    """Makes scorers that are started, and ended after."""

    @contextlib.asynccontextmanager
    async def make(name: str = "own/tiny", **settings: Any) -> AsyncIterator[FinbertScorer]:
        finbert = replace(FinbertConfig(model=name, threads=1), **settings)
        scorer = FinbertScorer(Config(scoring=ScoringConfig(finbert=finbert)), SystemClock(), state_dir=models)
        await scorer.start()
        try:
            yield scorer
        finally:
            await scorer.close()

    return make
