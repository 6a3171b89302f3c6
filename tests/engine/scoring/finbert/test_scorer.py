"""finbert with a tiny model in a real worker process, and what happens to that process."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import sys
from pathlib import Path

import pytest

from engine.clock import SystemClock
from engine.config import Config, FinbertConfig, ScoringConfig
from engine.errors import ConfigError, DeskError
from engine.model import Asked, DisplayText, LateScorer, Score
from engine.scoring.finbert.scorer import FinbertScorer
from engine.scoring.finbert.store import Manifest, Model
from tests.engine.scoring.finbert.conftest import Scoring


def about(*texts: str) -> list[Asked]:
    return [Asked(DisplayText(text), ("TSLA",)) for text in texts]


async def sides(scorer: FinbertScorer, *texts: str) -> list[int]:
    """The sign of each text's score."""
    scores = await scorer.score(about(*texts))
    assert all(isinstance(score, Score) for score in scores)
    return [round(score.score * 1.2) for score in scores if score is not None]


async def test_texts_are_scored_in_the_order_of_the_models_classes(scoring: Scoring) -> None:
    texts = ("up up", "down", "who knows", "up down")
    async with scoring("own/tiny") as one, scoring("own/turned") as other:
        assert isinstance(one, LateScorer)
        assert await sides(one, *texts) == [1, -1, 0, 0]
        assert await sides(other, "up up", "down") == [0, 1], "the second class is the bullish one there"
        assert one.version != other.version and "own/tiny@" in one.version and "-int8-" in one.version
        assert one.version.endswith("-1/-1/0") and other.version.endswith("-0/1/-1")
        assert "onnxruntime" in one.detail


async def test_texts_of_a_batch_do_not_change_each_other(scoring: Scoring) -> None:
    async with scoring() as scorer:
        (alone,) = await scorer.score(about("up"))
        together = await scorer.score(about("down down down down", "up", "who"))
        assert alone == together[1]


async def test_a_killed_worker_is_started_again_and_the_batch_asked_once_more(scoring: Scoring) -> None:
    async with scoring() as scorer:
        first = scorer.worker.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert await sides(scorer, "up", "down") == [1, -1]
        assert scorer.worker.pid != first and scorer.worker.starts == 2


async def test_a_worker_that_hangs_is_killed_at_the_time_limit(scoring: Scoring) -> None:
    async with scoring(timeout_s=3.0) as scorer:
        first = scorer.worker.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        assert await sides(scorer, "up") == [1]
        assert scorer.worker.pid != first
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)


async def test_the_answer_of_a_question_that_was_broken_off_is_not_the_next_ones(scoring: Scoring) -> None:
    async with scoring() as scorer:
        first = scorer.worker.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        broken_off = asyncio.create_task(scorer.score(about("up up")))
        while not scorer.worker.waiting:
            await asyncio.sleep(0)
        broken_off.cancel()
        with pytest.raises(asyncio.CancelledError):
            await broken_off
        os.kill(first, signal.SIGCONT)
        assert await sides(scorer, "down down") == [-1]
        assert scorer.worker.pid != first


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits another process's memory with prlimit(2)")
async def test_a_worker_out_of_memory_is_replaced(scoring: Scoring) -> None:
    async with scoring() as scorer:
        first = scorer.worker.pid
        assert first is not None
        resource.prlimit(first, resource.RLIMIT_AS, (1 << 20, 1 << 20))
        texts = [f"up {number} " * 60_000 for number in range(4)]
        assert await sides(scorer, *texts) == [1] * 4
        assert scorer.worker.pid != first


async def test_logits_that_are_no_numbers_are_refused(scoring: Scoring) -> None:
    async with scoring("own/broken") as scorer:
        with pytest.raises(DeskError, match="expected 3 finite numbers per text"):
            await scorer.score(about("up", "nonsense"))
        assert await sides(scorer, "up") == [1]


async def test_a_text_is_cut_to_what_the_model_takes(scoring: Scoring) -> None:
    """`max_length` is 96, the model has learnt 12 positions: a longer text would end the worker, every time."""
    async with scoring("own/short") as scorer:
        assert await sides(scorer, "up " * 300, "down", "", "https://t.co/x " * 70) == [1, -1, 0, 0]
        assert scorer.worker.starts == 1
        assert "-11-" in scorer.version, "a Reading names how much of a text was read"


@pytest.mark.parametrize(
    ("config", "tokenizer", "pad_id", "most"),
    [
        ({"max_position_embeddings": 512}, {"model_max_length": 512}, 0, 511),
        ({"max_position_embeddings": 514}, {"model_max_length": 512}, 1, 512),
        ({"max_position_embeddings": 514}, {"model_max_length": 1e30}, 1, 512),
        ({"n_positions": 1024}, {}, 50_256, 1024),
        ({}, {"model_max_length": 128.0}, 0, 128),
        ({"max_position_embeddings": None}, {"model_max_length": -1}, 0, 5000),
        ({"max_position_embeddings": "many"}, [], 0, 5000),
    ],
)
def test_how_long_a_text_may_be_is_read_from_the_model(
    tmp_path: Path, config: object, tokenizer: object, pad_id: int, most: int
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    manifest = Manifest("own/x", "1", "local", "", "float32", "w", "0", ("input_ids",), pad_id, "[PAD]")
    assert Model(tmp_path, manifest).longest(5000) == most
    assert Model(tmp_path, manifest).longest(96) == 96
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ConfigError, match="expected JSON"):
        Model(tmp_path, manifest).longest(96)


async def test_nothing_runs_after_the_end(scoring: Scoring) -> None:
    async with scoring() as scorer:
        pid = scorer.worker.pid
        assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_weights_that_were_changed_are_refused(models: Path, tmp_path: Path) -> None:
    import shutil

    state = tmp_path / "state"
    shutil.copytree(models, state)
    config = Config(scoring=ScoringConfig(finbert=FinbertConfig(model="own/broken")))
    scorer = FinbertScorer(config, SystemClock(), state_dir=state)
    weights = state / "models" / "own--broken" / "onnx" / "model.onnx"
    weights.write_bytes(weights.read_bytes() + b" ")
    with pytest.raises(ConfigError, match="expected weights with the hash"):
        await scorer.start()


def test_a_model_that_was_never_pulled_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="found none") as refused:
        FinbertScorer(Config(), SystemClock(), state_dir=tmp_path)
    assert refused.value.remedy == "desk models pull ProsusAI/finbert"
