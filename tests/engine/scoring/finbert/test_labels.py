"""What a model's classes mean is read from the model, and logits that are no numbers are no score."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ConfigError
from engine.scoring.finbert.labels import classes, score, signs

finite = st.floats(-50, 50)


@pytest.mark.parametrize(
    ("id2label", "expected"),
    [
        ({"0": "positive", "1": "negative", "2": "neutral"}, (1.0, -1.0, 0.0)),
        ({"0": "Neutral", "1": "Positive", "2": "Negative"}, (0.0, 1.0, -1.0)),
        ({1: "BULLISH", 0: "BEARISH"}, (-1.0, 1.0)),
    ],
)
def test_the_order_is_the_models_own(id2label: dict[object, str], expected: tuple[float, ...]) -> None:
    assert signs(id2label, {}, "config.json") == expected


@pytest.mark.parametrize(
    "config", [b"", b"[]", b"{}", b'{"id2label": ["positive", "negative"]}', b'{"id2label": null}', b"\xff"]
)
def test_a_configuration_without_named_classes_is_refused(config: bytes) -> None:
    with pytest.raises(ConfigError, match=r"expected (id2label|a model's configuration)"):
        classes(config, "config.json")


def test_names_that_tell_nothing_need_a_meaning() -> None:
    labels = {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}
    with pytest.raises(ConfigError, match="found LABEL_0, LABEL_1, LABEL_2") as refused:
        signs(labels, {}, "config.json")
    assert "scoring.finbert.labels" in refused.value.remedy
    assert signs(labels, {"LABEL_0": -1.0, "label_1": 0.0, "LABEL_2": 0.8}, "config.json") == (-1.0, 0.0, 0.8)


@pytest.mark.parametrize(
    "id2label",
    [
        {},
        {"0": "positive", "2": "negative"},
        {"zero": "positive", "one": "negative"},
        {"0": "positive", "1": "neutral"},
        {"0": "negative"},
    ],
)
def test_classes_that_cannot_say_both_are_refused(id2label: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        signs(id2label, {}, "config.json")


def test_a_meaning_out_of_range_is_refused() -> None:
    with pytest.raises(ConfigError, match="values in"):
        signs({"0": "A", "1": "negative"}, {"A": 3.0}, "config.json")


@given(st.lists(finite, min_size=3, max_size=3))
def test_a_score_is_the_softmax_weighed(logits: list[float]) -> None:
    found = score(logits, (1.0, -1.0, 0.0))
    powers = [math.exp(logit - max(logits)) for logit in logits]
    assert found is not None
    assert found.score == pytest.approx((powers[0] - powers[1]) / sum(powers), abs=1e-6)
    assert found.confidence == pytest.approx(max(powers) / sum(powers), abs=1e-6)
    assert -1 <= found.score <= 1 and 1 / 3 - 1e-6 <= found.confidence <= 1


@pytest.mark.parametrize(
    "logits", [(None, 1.0, 0.0), (float("nan"), 1.0, 0.0), (float("inf"), 1.0, 0.0), (1.0, 0.0), (1.0, 0.0, 0.0, 0.0)]
)
def test_what_is_no_number_is_no_score(logits: tuple[float | None, ...]) -> None:
    assert score(logits, (1.0, -1.0, 0.0)) is None
