"""The network and its tokenizer, as the worker process holds them. Everything heavy is imported here."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from engine.errors import ConfigError
from engine.scoring.finbert.wire import Setup

Rows = list[list[float]]


class Network(Protocol):
    """Tokens in, logits out."""

    backend: str
    """What computes, in words."""

    def logits(self, tokens: Any) -> Rows:
        """One row per text. `tokens` is what the tokenizer gave, as numpy arrays."""


class Classifier:
    """A sequence-classification model of Hugging Face from a directory on this machine; nothing is downloaded."""

    def __init__(self, setup: Setup) -> None:
        """Raises ConfigError when a package is missing or the directory holds no such model."""
        directory = Path(setup.directory)
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        try:
            from transformers import AutoTokenizer
        except ImportError as error:
            raise missing("transformers", "finbert") from error
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(str(directory), local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise ConfigError(
                f"expected a model's tokenizer, found {type(error).__name__}: {error}",
                where=str(directory),
                remedy="pull the model again: `desk models pull`",
            ) from error
        self._tokens = setup.tokens
        self._network: Network = _OnnxNetwork(setup) if setup.file else _TorchNetwork(setup)
        self.backend = self._network.backend

    def logits(self, texts: Sequence[str]) -> Rows:
        """One row of logits per text; longer texts count with their first tokens."""
        if not texts:
            return []
        tokens = self._tokenizer(
            list(texts), padding=True, truncation=True, max_length=self._tokens, return_tensors="np"
        )
        return self._network.logits(tokens)


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
        self._session = onnxruntime.InferenceSession(file, options, providers=providers)
        self._inputs = tuple(given.name for given in self._session.get_inputs())
        where = "cuda" if cuda else f"cpu, {options.intra_op_num_threads} threads"
        self.backend = f"onnxruntime {onnxruntime.__version__} on {where}, {file.name}"

    def logits(self, tokens: Any) -> Rows:
        found = self._session.run(None, {name: tokens[name] for name in self._inputs})[0]
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

    def logits(self, tokens: Any) -> Rows:
        torch = self._torch
        given = {name: torch.from_numpy(values).to(self._device) for name, values in tokens.items()}
        with torch.inference_mode():
            rows: Rows = self._model(**given).logits.float().cpu().tolist()
        return rows


def missing(package: str, extra: str) -> ConfigError:
    """A package of an extra that is not installed."""
    return ConfigError(
        f"expected the package {package}, found none",
        where="scoring.finbert",
        remedy=f"pip install 'desk[{extra}]'",
    )
