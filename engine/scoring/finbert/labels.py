"""What a model's classes mean, read from its own configuration, and the score that follows from its logits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from engine.errors import ConfigError
from engine.model import Score

_ONE_CLASS: Final = "single_label_classification"
_KNOWN: Final = {
    "positive": 1.0,
    "pos": 1.0,
    "bullish": 1.0,
    "neutral": 0.0,
    "neu": 0.0,
    "negative": -1.0,
    "neg": -1.0,
    "bearish": -1.0,
}
"""Class names that say by themselves what they mean, lower case."""


def classes(config: bytes, where: str) -> Mapping[Any, Any]:
    """A model's id2label from its config.json, from index to name.

    Raises ConfigError when it does not name classes, or names such as hold independently of each other: shares of one
    whole are what `score` makes of its outputs.
    """
    try:
        found = msgspec.json.decode(config)
    except msgspec.DecodeError as error:
        raise ConfigError(
            f"expected a model's configuration, found {error}", where=where, remedy="name a transformers model"
        ) from error
    labels = found.get("id2label") if isinstance(found, dict) else None
    if not isinstance(labels, dict):
        raise ConfigError(
            "expected id2label to name the classes, found nothing of the kind",
            where=where,
            remedy="use a sequence-classification model whose config.json names its classes",
        )
    kind = found.get("problem_type")
    if kind not in (None, _ONE_CLASS):
        raise ConfigError(
            f"expected a model that puts a text into one class, found problem_type {kind!r:.60}",
            where=where,
            remedy="use a sequence-classification model with the classes positive, neutral and negative",
        )
    return labels


def signs(id2label: Mapping[Any, Any], own: Mapping[str, float], where: str) -> tuple[float, ...]:
    """What each class is worth in [−1, 1], in the order of the model's outputs.

    `id2label` is the model's own mapping (config.json), from index to name; `own` says what further names mean. The
    order is never assumed: two well-known FinBERT models have opposite ones. Raises ConfigError for a name whose
    meaning is not known, for indices that are not 0 … n−1, and where no class is bullish or none is bearish.
    """
    names = {_index(index): str(name) for index, name in id2label.items()}
    if sorted(names) != list(range(len(names))) or not names:
        raise ConfigError(
            f"expected id2label with the classes 0 … n−1, found {dict(id2label)!r:.200}",
            where=where,
            remedy="use a sequence-classification model whose config.json names its classes",
        )
    meanings = {**_KNOWN, **{name.lower(): value for name, value in own.items()}}
    unknown = [name for name in names.values() if name.lower() not in meanings]
    if unknown:
        raise ConfigError(
            f"expected classes called positive, neutral and negative, or the like, found {', '.join(unknown)}",
            where=where,
            remedy=f"say what they mean, as the model card does: scoring.finbert.labels = {{ {unknown[0]} = -1.0, … }}",
        )
    found = tuple(meanings[names[index].lower()] for index in range(len(names)))
    if not (min(found) < 0 < max(found) and all(-1 <= value <= 1 for value in found)):
        worth = ", ".join(f"{names[index]} = {value:g}" for index, value in enumerate(found))
        raise ConfigError(
            f"expected a bullish and a bearish class, with values in [−1, 1], found {worth}",
            where=where,
            remedy="use a sentiment model, or correct scoring.finbert.labels",
        )
    return found


def score(logits: Sequence[float | None], meanings: Sequence[float]) -> Score | None:
    """Score Σ p·meaning and confidence max p, with p the softmax of the logits; None where they are no numbers.

    Both have six decimals.
    """
    numbers = [logit for logit in logits if logit is not None and math.isfinite(logit)]
    if len(numbers) != len(meanings) or len(logits) != len(meanings):
        return None
    top = max(numbers)
    powers = [math.exp(logit - top) for logit in numbers]
    total = sum(powers)
    value = sum(power * meaning for power, meaning in zip(powers, meanings, strict=True)) / total
    return Score(round(max(-1.0, min(1.0, value)), 6), round(1.0 / total, 6))


def _index(index: Any) -> int:
    """JSON writes the indices as text."""
    text = str(index)
    return int(text) if text.isdecimal() and len(text) <= 4 else -1
