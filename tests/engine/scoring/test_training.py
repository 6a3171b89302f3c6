"""Training: the same weights from the same texts, close to the optimum, and no names kept."""

from __future__ import annotations

import math

import pytest

from engine.config import Config
from engine.errors import DeskError
from engine.scoring.calibration import AS_IT_IS, fit
from engine.scoring.linear import LinearScorer, parse_model
from engine.scoring.rules import finance_rules
from engine.scoring.training import Example, Trained, calls_of, softmax, table, take_apart, train, unseen
from tests.engine.scoring.labelled import SIGNS, made_up


def examples(rows: list[tuple[str, int]]) -> list[Example]:
    return [take_apart(text, sign, finance_rules()) for text, sign in rows]


def loss(trained: Trained, rows: list[Example], penalty: float) -> float:
    """What training makes small, without the lift of rare features."""
    total = 0.0
    for example in rows:
        known = [trained.weights[name] for name in example.features & trained.weights.keys()]
        scale = 1 / math.sqrt(max(1, len(known)))
        down, up = (
            trained.bias[side]
            + scale * sum(weight[side] for weight in known)
            + sum(value * slope[side] for value, slope in zip(example.sums, trained.slopes, strict=True))
            for side in (0, 1)
        )
        total -= math.log(softmax(down, up)[example.sign + 1])
    return total + penalty / 2 * sum(down * down + up * up for down, up in trained.weights.values())


def test_it_learns_what_the_words_mean() -> None:
    trained = train(examples(made_up(300)))
    for sign, words in SIGNS.items():
        for word in words:
            down, up = trained.weights[word]
            assert (up - down) * sign >= 0
            assert sign or max(down, up) < 0
    unseen_rows = examples(made_up(200, seed=1))
    calls = [call for call in calls_of([(trained, example) for example in unseen_rows], 0.05)]
    assert sum(call.right for call in calls) / len(calls) > 0.8


def test_the_same_texts_give_the_same_weights() -> None:
    rows = examples(made_up(120))
    assert table(train(rows), AS_IT_IS) == table(train(rows), AS_IT_IS)


def test_it_comes_near_the_optimum() -> None:
    rows = examples(made_up(150))
    usual, long = loss(train(rows), rows, 1.0), loss(train(rows, passes=100), rows, 1.0)
    assert usual < 1.03 * long


def test_a_stronger_penalty_makes_smaller_weights() -> None:
    rows = examples(made_up(150))
    sizes = [
        sum(down * down + up * up for down, up in train(rows, penalty=penalty).weights.values())
        for penalty in (0.1, 1.0, 10.0)
    ]
    assert sizes == sorted(sizes, reverse=True)


def test_the_table_is_the_model() -> None:
    rows = examples(made_up(200))
    models = unseen(rows)
    trained = train(rows)
    text = table(trained, fit(calls_of(zip(models, rows, strict=True), 0.05)), ["made up"])
    scorer = LinearScorer(Config(), text)
    for line, example in list(zip(made_up(200), rows, strict=True))[:50]:
        score, _ = trained.margin(example)
        assert scorer.score([line[0]])[0].score == pytest.approx(score, abs=0.05)
    assert parse_model(text).curve.knots


def test_names_are_not_kept() -> None:
    rows = [(f"{text} @zed says zed MoneyBlog moneyblog #gurutip", sign) for text, sign in made_up(19)]
    rows += [(f"{text} #gurutip #stocks", sign) for text, sign in made_up(40, seed=2)]
    rows += [(f"{text} stocks", sign) for text, sign in made_up(41, seed=3)]
    words = {word for feature in train(examples(rows)).weights for word in feature.split(" ")}
    assert {"zorp", "glim", "stocks", "says"} <= words
    assert words.isdisjoint({"zed", "moneyblog", "gurutip"})


def test_each_example_is_measured_by_a_model_without_it() -> None:
    rows = examples(made_up(100))
    models = unseen(rows)
    for fold in {example.fold for example in rows}:
        used = {id(model) for model, example in zip(models, rows, strict=True) if example.fold == fold}
        assert len(used) == 1


@pytest.mark.parametrize("rows", [made_up(49), [("zorp", 1)] * 80])
def test_too_little_is_refused(rows: list[tuple[str, int]]) -> None:
    with pytest.raises(DeskError, match="at least 50 labelled texts of two labels"):
        train(examples(rows))
