"""The worker process: whatever it answers or does, the engine goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import ConfigError, DeskError
from engine.scoring.finbert import wire
from engine.scoring.finbert.process import WorkerProcess
from engine.scoring.finbert.store import find


def setup(models: Path, **changes: object) -> wire.Setup:
    model = find(models, "own/tiny")
    given = {
        "directory": str(model.directory),
        "file": model.manifest.file,
        "device": "cpu",
        "max_length": 32,
        "inputs": model.manifest.inputs,
        "pad_id": 0,
        "pad_token": "[PAD]",
        "alone": True,
        "threads": 1,
    }
    return wire.Setup(**{**given, **changes})  # type: ignore[arg-type]


async def test_a_device_that_is_not_there_is_refused_with_the_remedy(models: Path) -> None:
    worker = WorkerProcess(setup(models, device="mps"), start_s=60)
    with pytest.raises(ConfigError, match="compute on mps") as refused:
        await worker.start()
    assert "auto" in refused.value.remedy and not worker.running


async def test_a_model_without_its_tokenizer_is_refused(models: Path, tmp_path: Path) -> None:
    worker = WorkerProcess(setup(models, directory=str(tmp_path)), start_s=60)
    with pytest.raises(ConfigError, match="expected a model's tokenizer"):
        await worker.start()


async def test_a_worker_that_breaks_tells_its_last_words(models: Path) -> None:
    worker = WorkerProcess(setup(models, inputs=("input_ids",)), start_s=60)
    try:
        with pytest.raises(DeskError, match="found that it ended") as failed:
            await worker.logits(["up"], 30)
        assert "attention_mask" in failed.value.message or "exit code" in failed.value.message
        assert not worker.running
    finally:
        await worker.stop()


async def test_a_start_that_takes_too_long_is_given_up(models: Path) -> None:
    worker = WorkerProcess(setup(models), start_s=0.01)
    with pytest.raises(DeskError, match=r"within 0\.01 s"):
        await worker.start()
    assert not worker.running


def test_messages_come_back_as_they_were() -> None:
    for message in (
        wire.Setup("d", "f", "cpu", 9, ("input_ids",), 0, "[PAD]", True, 0),
        wire.Ask(("a", "b 🚀")),
        wire.Ready("x"),
        wire.Refused("m", "r"),
        wire.Logits(((1.0, None), (0.5, -2.0))),
    ):
        packed = wire.packed(message)
        head, body = packed[: wire.LENGTH], packed[wire.LENGTH :]
        assert wire.length(head) == len(body)
        assert message in (_try(wire.asked, body), _try(wire.answered, body))


def test_a_length_that_nobody_sends_is_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        wire.length(b"\xff\xff\xff\xff")


def _try(read: object, body: bytes) -> object:
    try:
        return read(body)  # type: ignore[operator]
    except ValueError:
        return None
