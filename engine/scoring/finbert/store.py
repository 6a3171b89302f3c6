"""Models on this machine: one directory each under the state directory, with a manifest that pins what it holds."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from engine.errors import ConfigError
from engine.scoring.finbert.labels import classes, signs

MANIFEST: Final = "desk-model.json"
CONFIG: Final = "config.json"
TOKENIZER_CONFIG: Final = "tokenizer_config.json"
_POSITIONS: Final = ("max_position_embeddings", "n_positions")
"""Names under which a model's configuration tells how many positions it has learnt."""
_LENGTH: Final = "model_max_length"
"""The name under which a tokenizer's tells the longest text; far beyond any text where it does not know."""
_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?")
"""A model's name on the hub: `organisation/model`."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model's directory holds."""

    name: str
    """Its name on the hub, or the name given to one of your own."""
    revision: str
    """The commit it was pulled at; of your own ones the hash of weights, configuration and tokenizer."""
    source: str
    """The hub's address, or `local`."""
    file: str
    """The ONNX file to compute with; empty: the weights as transformers reads them (torch)."""
    precision: str
    """`int8`, `float32` or as the file says."""
    weights: str
    """The file with the weights."""
    sha256: str
    """Of the weights."""
    inputs: tuple[str, ...]
    """What the model takes: `input_ids`, `attention_mask`, perhaps `token_type_ids`."""
    pad_id: int
    """What shorter texts of a batch are filled up with."""
    pad_token: str

    @property
    def version(self) -> str:
        """What a Reading names: changes whenever any text could score differently."""
        return f"{self.name}@{self.revision[:12]}-{self.precision}-{self.sha256[:8]}"


class Model(msgspec.Struct, frozen=True):
    """A model on this machine."""

    directory: Path
    manifest: Manifest

    def labels(self) -> Mapping[Any, Any]:
        """The model's own id2label. Raises ConfigError when its config.json does not tell."""
        return classes(self._file(CONFIG), str(self.directory / CONFIG))

    def meanings(self, own: Mapping[str, float]) -> tuple[float, ...]:
        """What each output is worth. Raises ConfigError when a class's name does not tell."""
        return signs(self.labels(), own, f"{self.directory / CONFIG}: id2label")

    def longest(self, wanted: int) -> int:
        """Most word pieces of a text: `wanted`, or as many as the model takes where those are fewer.

        More would end the worker, and anybody can write a long post. The positions of RoBERTa and its kin begin after
        the id of their padding, so that many are left free in any model. Raises ConfigError for what is no JSON.
        """
        taken = [_number(self._json(TOKENIZER_CONFIG), _LENGTH)]
        for name in _POSITIONS:
            positions = _number(self._json(CONFIG), name)
            taken.append(positions - 1 - self.manifest.pad_id if positions > self.manifest.pad_id + 1 else positions)
        return min([wanted, *(most for most in taken if most)])

    def _json(self, name: str) -> Any:
        try:
            return msgspec.json.decode(self._file(name))
        except msgspec.DecodeError as error:
            raise ConfigError(
                f"expected JSON, found {error}",
                where=str(self.directory / name),
                remedy=f"desk models pull {self.manifest.name}",
            ) from error

    def _file(self, name: str) -> bytes:
        file = self.directory / name
        try:
            return file.read_bytes()
        except OSError as error:
            raise ConfigError(
                f"expected a model's configuration, found {error.strerror or error}",
                where=str(file),
                remedy=f"desk models pull {self.manifest.name}",
            ) from error

    def check(self) -> None:
        """The weights are those of the manifest. Reads the whole file; raises ConfigError when they are not."""
        file = self.directory / self.manifest.weights
        found = sha256_of(file) if file.is_file() else "no file"
        if found != self.manifest.sha256:
            raise ConfigError(
                f"expected weights with the hash {self.manifest.sha256[:12]}, found {found[:12]}",
                where=str(file),
                remedy=f"desk models pull {self.manifest.name}",
            )


def _number(found: Any, name: str) -> int:
    """A count under a name; 0 where there is none that could be one."""
    value = found.get(name) if isinstance(found, dict) else None
    return int(value) if isinstance(value, int | float) and 1 <= value <= 1 << 40 else 0


def models_dir(state_dir: Path) -> Path:
    """Where models lie."""
    return state_dir / "models"


def place(state_dir: Path, name: str) -> Path:
    """The directory of a model. Raises ConfigError for what cannot be a model's name."""
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"expected a model's name like ProsusAI/finbert, found {name!r:.100}",
            where="scoring.finbert.model",
            remedy="copy it from the model's page",
        )
    return models_dir(state_dir) / name.replace("/", "--")


def find(state_dir: Path, name: str) -> Model:
    """The model of this name. Raises ConfigError with the remedy when it was never pulled."""
    directory = place(state_dir, name)
    if not (directory / MANIFEST).is_file():
        raise ConfigError(
            f"expected the model {name} on this machine, found none",
            where=str(directory),
            remedy=f"desk models pull {name}",
        )
    return _read(directory, name)


def listing(state_dir: Path) -> tuple[Model | ConfigError, ...]:
    """Every model on this machine, by name; of one whose manifest cannot be read what is wrong with it."""
    found: list[Model | ConfigError] = []
    for file in sorted(models_dir(state_dir).glob(f"[!.]*/{MANIFEST}")):  # what is still being pulled begins with a dot
        try:
            found.append(_read(file.parent, file.parent.name.replace("--", "/", 1)))
        except ConfigError as error:
            found.append(error)
    return tuple(found)


def _read(directory: Path, name: str) -> Model:
    file = directory / MANIFEST
    try:
        return Model(directory, msgspec.json.decode(file.read_bytes(), type=Manifest))
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(
            f"expected a model's manifest, found {error}", where=str(file), remedy=f"desk models pull {name}"
        ) from error


def sha256_of(file: Path) -> str:
    """Hex digest of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
