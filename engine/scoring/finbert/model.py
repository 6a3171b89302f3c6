"""The network and its tokenizer, as the worker process holds them. Everything heavy is imported here.

Transformers itself is not: importing it takes seconds, and a worker that was killed should be back at once. It turned
every kind of tokenizer into one file when the model was pulled.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from engine.errors import ConfigError, installing
from engine.scoring.finbert.wire import Setup

Rows = list[list[float]]

TOKENIZER_FILE: Final = "tokenizer.json"
"""What `desk models pull` leaves of a tokenizer of any kind."""


class Network(Protocol):
    """Tokens in, logits out."""

    backend: str
    """What computes, in words."""

    def logits(self, given: Mapping[str, Any]) -> Rows:
        """One row per text. `given` maps a model's inputs to arrays, one row per text."""


class Classifier:
    """A sequence-classification model from a directory on this machine; nothing is downloaded."""

    def __init__(self, setup: Setup) -> None:
        """Raises ConfigError when a package is missing or the directory holds no such model."""
        try:
            import numpy
            from tokenizers import Tokenizer
        except ImportError as error:
            raise missing("tokenizers", "finbert") from error
        file = Path(setup.directory) / TOKENIZER_FILE
        if not file.is_file():
            raise ConfigError(
                "expected a model's tokenizer, found none", where=str(file), remedy="pull the model again"
            )
        self._tokenizer = Tokenizer.from_file(str(file))
        self._tokenizer.enable_truncation(setup.max_length)
        self._tokenizer.enable_padding(pad_id=setup.pad_id, pad_token=setup.pad_token)
        self._inputs = setup.inputs
        self._alone = setup.alone
        self._numpy = numpy
        self._network: Network = _OnnxNetwork(setup) if setup.file else _TorchNetwork(setup)
        self.backend = self._network.backend

    def logits(self, texts: Sequence[str]) -> Rows:
        """One row of logits per text; longer texts count with their first word pieces."""
        if self._alone:
            return [row for text in texts for row in self._batch([text])]
        return self._batch(texts) if texts else []

    def _batch(self, texts: Sequence[str]) -> Rows:
        encoded = self._tokenizer.encode_batch(list(texts))
        columns = {
            "input_ids": [each.ids for each in encoded],
            "attention_mask": [each.attention_mask for each in encoded],
            "token_type_ids": [each.type_ids for each in encoded],
        }
        array = self._numpy.array
        return self._network.logits({name: array(columns[name], dtype="int64") for name in self._inputs})


class _OnnxNetwork:
    """onnxruntime, on the CPU or, where onnxruntime-gpu is installed, on CUDA."""

    def __init__(self, setup: Setup) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise missing("onnxruntime", "finbert") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = setup.threads or max(1, (os.cpu_count() or 2) - 1)
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        offered = onnxruntime.get_available_providers()
        cuda = setup.device in ("cuda", "auto") and "CUDAExecutionProvider" in offered
        if setup.device in ("cuda", "mps") and not cuda:
            raise ConfigError(
                f"expected onnxruntime to compute on {setup.device}, found only {', '.join(offered)}",
                where="scoring.finbert.device",
                remedy='use device = "auto", or install onnxruntime-gpu',
            )
        providers = ["CUDAExecutionProvider", "CPUExecutionProvider"] if cuda else ["CPUExecutionProvider"]
        file = Path(setup.directory) / setup.file
        onnxruntime.set_default_logger_severity(3)
        self._session = onnxruntime.InferenceSession(file, options, providers=providers)
        self._inputs = tuple(given.name for given in self._session.get_inputs())
        where = "cuda" if cuda else f"cpu, {options.intra_op_num_threads} threads"
        self.backend = f"onnxruntime {onnxruntime.__version__} on {where}, {file.name}"

    def logits(self, given: Mapping[str, Any]) -> Rows:
        found = self._session.run(None, {name: given[name] for name in self._inputs if name in given})[0]
        rows: Rows = found.tolist()
        return rows


class _TorchNetwork:
    """torch, on CUDA, on Apple's MPS, or on the CPU."""

    def __init__(self, setup: Setup) -> None:
        try:
            import torch
            from transformers import AutoModelForSequenceClassification
        except ImportError as error:
            raise missing("torch", "torch") from error
        device = setup.device
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
        if setup.threads and device == "cpu":
            torch.set_num_threads(setup.threads)
        model = AutoModelForSequenceClassification.from_pretrained(setup.directory, local_files_only=True)
        self._model = model.eval().to(device)
        self._torch = torch
        self._device = device
        self.backend = f"torch {torch.__version__} on {device}"

    def logits(self, given: Mapping[str, Any]) -> Rows:
        torch = self._torch
        tensors = {name: torch.from_numpy(values).to(self._device) for name, values in given.items()}
        with torch.inference_mode():
            rows: Rows = self._model(**tensors).logits.float().cpu().tolist()
        return rows


def missing(package: str, extra: str) -> ConfigError:
    """A package of an extra that is not installed."""
    return ConfigError(
        f"expected the package {package}, found none",
        where="scoring.finbert",
        remedy=installing(extra),
    )
