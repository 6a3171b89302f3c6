"""Brings a model to this machine: from the hub at a pinned commit, or from a directory of your own."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, Protocol

import msgspec

from engine.errors import ConfigError, DeskError, VenueError, VenueUnavailable, installing
from engine.paths import private_dir
from engine.scoring.finbert.labels import classes, signs
from engine.scoring.finbert.model import TOKENIZER_FILE, missing
from engine.scoring.finbert.store import CONFIG, MANIFEST, Manifest, Model, models_dir, place, sha256_of
from engine.text import some

TOKENIZER: Final = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "bpe.codes",
    "sentencepiece.bpe.model",
    "spiece.model",
)
"""Files that a tokenizer may consist of; a model has some of them."""
FULL: Final = ("onnx/model.onnx", "model.onnx")
"""ONNX files in full precision, which are quantised here."""
QUANTISED: Final = ("onnx/model_int8.onnx", "onnx/model_quantized.onnx", "model_quantized.onnx", "model_int8.onnx")
TORCH: Final = ("model.safetensors", "pytorch_model.bin")
"""Weights that only torch computes with."""

INPUTS: Final = ("input_ids", "attention_mask", "token_type_ids")
"""Inputs that a model may have."""

Progress = Callable[[str], None]
"""Told, in words, what is being done."""


class Source(Protocol):
    """Where a model comes from."""

    revision: str
    address: str
    files: frozenset[str]

    def fetch(self, file: str, into: Path) -> None:
        """Put a file of the model under a directory, by the same name. Raises DeskError."""


class Hub:
    """A model on the Hugging Face hub, at one commit."""

    def __init__(self, name: str, revision: str, address: str) -> None:
        """Asks the hub which commit that is. Raises DeskError."""
        try:
            from huggingface_hub import HfApi
        except ImportError as error:
            raise missing("huggingface_hub", "finbert") from error
        self._name = name
        self.address = address
        with _asking(f"{address}/{name}"):
            found = HfApi(endpoint=address).model_info(name, revision=revision)
        self.revision = str(found.sha)
        self.files = frozenset(sibling.rfilename for sibling in found.siblings or ())

    def fetch(self, file: str, into: Path) -> None:
        """Download one file at the pinned commit."""
        from huggingface_hub import hf_hub_download

        with _asking(f"{self.address}/{self._name}/{file}"):
            hf_hub_download(self._name, file, revision=self.revision, local_dir=into, endpoint=self.address)


class Directory:
    """A model of your own, in a directory as transformers or optimum write it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.address = "local"
        self.revision = "local"
        self.files = frozenset(
            str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file() and path.stat().st_size
        )

    def fetch(self, file: str, into: Path) -> None:
        """Copy one file."""
        (into / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._directory / file, into / file)


def pull(
    source: Source,
    name: str,
    state_dir: Path,
    *,
    labels: Mapping[str, float],
    torch: bool,
    quantise: bool = True,
    progress: Progress,
    trial: Callable[[Model], None] = lambda model: None,
) -> Model:
    """Bring a model here, in place of an earlier one of that name. Raises DeskError with the remedy.

    `trial` may try the model where it lies meanwhile, under a state directory of its own; what it raises leaves the
    earlier model in its place. `labels` is `scoring.finbert.labels`, `torch` whether torch may compute. ONNX weights in
    full precision become int8 where `quantise`: about a quarter of the size and five times the speed on a CPU.
    """
    target = place(state_dir, name)
    weights = _weights(source, name, torch, quantise)
    private_dir(state_dir)
    models_dir(state_dir).mkdir(mode=0o700, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".pull-", dir=models_dir(state_dir)))
    directory = place(scratch, name)
    try:
        directory.mkdir(parents=True)
        source.fetch(CONFIG, directory)
        signs(classes((directory / CONFIG).read_bytes(), f"{name}: {CONFIG}"), labels, f"{name}: {CONFIG}: id2label")
        for file in (*(each for each in TOKENIZER if each in source.files), weights):
            progress(f"fetching {file}")
            source.fetch(file, directory)
        manifest = _prepared(directory, name, source, weights, quantise, progress)
        (directory / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        shutil.rmtree(directory / ".cache", ignore_errors=True)
        progress("trying it")
        trial(Model(directory, manifest))
        if target.exists():
            shutil.rmtree(target)
        directory.rename(target)
    except OSError as error:
        raise DeskError(
            f"expected to write a model, found {error.strerror or error}",
            where=str(target),
            remedy="free disk space or make the state directory writable",
        ) from error
    finally:
        if scratch.exists():
            shutil.rmtree(scratch)
    return Model(target, manifest)


def _weights(source: Source, name: str, torch: bool, quantise: bool) -> str:
    """The file to compute with. Raises ConfigError when there is none that this machine can use."""
    files = source.files
    if CONFIG not in files:
        raise ConfigError(
            f"expected a model with {CONFIG}, found {_some(files)}", where=name, remedy="name a transformers model"
        )
    preferred = (*FULL, *QUANTISED) if quantise else (*FULL, *TORCH)
    found = next((file for file in preferred if file in files), "")
    if found and (found not in TORCH or torch):
        return found
    weights = next((file for file in TORCH if file in files), "")
    if weights and torch:
        return weights
    if weights:
        raise ConfigError(
            f"expected ONNX weights, found only {weights}",
            where=name,
            remedy=f"{installing('torch')} computes with these; or pull a copy with ONNX weights, for "
            "ProsusAI/finbert that is Xenova/finbert; or export your own with optimum (optimum-cli export onnx)",
        )
    raise ConfigError(
        f"expected weights as ONNX, safetensors or PyTorch, found {_some(files)}",
        where=name,
        remedy="name a sequence-classification model",
    )


def _prepared(directory: Path, name: str, source: Source, weights: str, quantise: bool, progress: Progress) -> Manifest:
    """Quantise where asked, and say what the directory holds."""
    precision = "float32"
    file = weights if weights.endswith(".onnx") else ""
    if weights in QUANTISED:
        precision = "int8"
    elif file and quantise:
        progress("quantising to int8")
        precision, file = "int8", "model-int8.onnx"
        _quantise(directory / weights, directory / file, name)
        (directory / weights).unlink()
        weights = file
    digest = sha256_of(directory / weights)
    inputs, pad_id, pad_token = _one_tokenizer(directory, name)
    return Manifest(
        name=name,
        revision=_own_revision(directory, digest) if source.revision == "local" else source.revision,
        source=source.address,
        file=file,
        precision=precision,
        weights=weights,
        sha256=digest,
        inputs=inputs,
        pad_id=pad_id,
        pad_token=pad_token,
    )


def _own_revision(directory: Path, weights: str) -> str:
    """What stands for the commit of a model of your own: changes with its weights, configuration or tokenizer."""
    parts = (weights, *(sha256_of(directory / file) for file in (CONFIG, TOKENIZER_FILE)))
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:40]


def _one_tokenizer(directory: Path, name: str) -> tuple[tuple[str, ...], int, str]:
    """Make whatever tokenizer there is one file; returns the model's inputs and the padding's id and token."""
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise missing("transformers", "finbert") from error
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(directory), local_files_only=True)
        tokenizer.save_pretrained(str(directory))
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise ConfigError(
            f"expected a tokenizer, found {type(error).__name__}: {str(error)[:200]}",
            where=name,
            remedy="name a transformers model with its tokenizer's files",
        ) from error
    if not (directory / TOKENIZER_FILE).is_file() or tokenizer.pad_token_id is None:
        raise ConfigError(
            f"expected a fast tokenizer with padding, found {type(tokenizer).__name__}",
            where=name,
            remedy="use a model whose tokenizer the package tokenizers knows",
        )
    inputs = tuple(each for each in INPUTS if each in tokenizer.model_input_names)
    return inputs, int(tokenizer.pad_token_id), str(tokenizer.pad_token)


def _quantise(whole: Path, small: Path, name: str) -> None:
    """Dynamic quantisation: weights in int8, activations as they come. Raises ConfigError for what is no ONNX."""
    try:
        from onnx.checker import ValidationError
        from onnx.shape_inference import InferenceError
        from onnxruntime.quantization import QuantType, quantize_dynamic
    except ImportError as error:
        raise missing("onnx", "finbert") from error
    try:
        quantize_dynamic(whole, small, weight_type=QuantType.QInt8)
    except (InferenceError, ValidationError, ValueError, RuntimeError) as error:
        raise ConfigError(
            f"expected ONNX weights that can be quantised, found {type(error).__name__}: {str(error)[:160]}",
            where=f"{name}: {whole.name}",
            remedy="pull it again, or export it again; --float32 takes weights as they are",
        ) from error


class _asking:
    """What the hub's client raises becomes a DeskError that says what to do."""

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None:
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from httpx import HTTPError, InvalidURL
        from huggingface_hub.errors import (
            EntryNotFoundError,
            GatedRepoError,
            HfHubHTTPError,
            HFValidationError,
            RepositoryNotFoundError,
        )

        if isinstance(error, HFValidationError):
            raise ConfigError(
                f"expected a model's name like ProsusAI/finbert, found {str(error).splitlines()[0][:200]}",
                where=self._where,
                remedy="copy it from the model's page",
            ) from error
        if isinstance(error, GatedRepoError | RepositoryNotFoundError | EntryNotFoundError):
            raise VenueError(
                f"expected a model that anybody may read, found {type(error).__name__}",
                where=self._where,
                remedy="correct the name; for a gated model accept its terms and set HF_TOKEN",
            ) from error
        if isinstance(error, HfHubHTTPError | HTTPError | InvalidURL | OSError):
            said = str(error).partition("\n")[0][:200]
            raise VenueUnavailable(
                f"expected an answer of the hub, found {type(error).__name__}: {said}",
                where=self._where,
                remedy="try again later; HF_ENDPOINT names another hub",
            ) from error


def _some(files: Iterable[str]) -> str:
    return some(sorted(files)) or "nothing"
