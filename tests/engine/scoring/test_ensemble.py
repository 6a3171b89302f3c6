"""How scorers are combined, and what happens to one that fails."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Config, ScoringConfig
from engine.errors import ConfigError
from engine.model import Author, DisplayText, Post, Reading, Score, SymbolScore
from engine.scoring import Ensemble, load
from engine.scoring.calibration import Curve
from engine.scoring.ensemble import FOREIGN_REST
from engine.scoring.vader import VaderScorer

NOW = 1_700_000_000_000_000_000


def post(text: str, post_id: str = "1") -> Post:
    return Post(post_id, "test", NOW, NOW, Author("a", DisplayText("ann")), text, DisplayText(text))


class Made:
    """A scorer that answers what it is told to."""

    def __init__(self, name: str, answer: Callable[[Sequence[str]], Any], version: str = "1") -> None:
        self.name = name
        self.version = version
        self.answer = answer
        self.asked: list[str] = []

    def score(self, texts: Sequence[str]) -> Any:
        self.asked += texts
        return self.answer(texts)


def always(name: str, score: float, confidence: float) -> Made:
    return Made(name, lambda texts: [Score(score, confidence)] * len(texts))


def ensemble(*scorers: Made, **settings: Any) -> Ensemble:
    return Ensemble(scorers, Config(scoring=ScoringConfig(**settings)))


def raising(error: BaseException) -> Callable[[Sequence[str]], Any]:
    def answer(texts: Sequence[str]) -> Any:
        raise error

    return answer


class OwnError(Exception):
    """An error of somebody's package."""


def test_one_member_passes_through() -> None:
    (scored,) = load(Config(scoring=ScoringConfig(scorers=("vader",)))).score([post("breakout confirmed")], NOW)
    assert scored.reading.scorer == "vader"
    assert scored.members == (scored.reading,)
    assert (scored.reading.post_id, scored.reading.scored_ns) == ("1", NOW)
    assert scored.reading.version.startswith("vaderSentiment-")


def test_by_default_both_light_scorers_have_their_say() -> None:
    (scored,) = load(Config()).score([post("breakout confirmed")], NOW)
    assert scored.reading.scorer == "ensemble"
    assert [reading.scorer for reading in scored.members] == ["vader", "linear"]


def test_members_are_weighted_by_weight_and_confidence() -> None:
    whole = ensemble(always("a", 0.8, 0.9), always("b", 0.5, 0.5), always("c", -0.6, 0.4), weights={"b": 2.0})
    (scored,) = whole.score([post("x")], NOW)
    weights = 0.9 + 2 * 0.5 + 0.4
    assert scored.reading.scorer == "ensemble"
    assert scored.reading.score == round((0.9 * 0.8 + 1.0 * 0.5 - 0.4 * 0.6) / weights, 6)
    agreement, mean = (0.9 + 2 * 0.5) / weights, (0.9**2 + 2 * 0.5**2 + 0.4**2) / weights
    assert scored.reading.confidence == round(agreement * mean, 6)
    assert [reading.scorer for reading in scored.members] == ["a", "b", "c"]


def test_a_curve_says_how_often_these_members_are_right() -> None:
    curve = Curve(((0.0, 0.4), (1.0, 0.9)))
    pair = [always("b", 0.5, 0.6), always("a", 0.5, 0.6)]
    plain, curved = Ensemble(pair, Config(), curves={}), Ensemble(pair, Config(), curves={"a+b": curve})
    assert plain.version != curved.version
    assert plain.score([post("x")], NOW)[0].reading.confidence == 0.6
    assert curved.score([post("x")], NOW)[0].reading.confidence == 0.7
    silent = Made("b", lambda texts: [None] * len(texts))
    alone = Ensemble([silent, always("a", 0.5, 0.6)], Config(), curves={"a+b": curve})
    assert alone.score([post("x")], NOW)[0].reading.confidence == 0.6


@pytest.mark.parametrize(
    "text", ["$TSLA beats, raises guidance", "bought puts, this is going to tank", "long $TSLA, short $F"]
)
def test_the_only_member_that_answered_is_as_sure_as_it_was(text: str) -> None:
    """Its own curve is in its confidence already: a second time would make it another one."""
    vader = VaderScorer(Config())
    (scored,) = Ensemble([vader, Made("linear", raising(OwnError("gone")))], Config()).score([post(text)], NOW)
    (said,) = vader.score([text])
    assert (scored.reading.score, scored.reading.confidence) == (said.score, said.confidence)
    assert scored.reading.symbols == said.symbols


def test_the_version_follows_members_weights_and_what_is_read_of_a_text() -> None:
    one = ensemble(always("a", 0, 1), always("b", 0, 1))
    assert one.version == ensemble(always("a", 0, 1), always("b", 0, 1)).version
    assert one.version != ensemble(always("a", 0, 1), always("b", 0, 1), weights={"a": 2.0}).version
    assert one.version != ensemble(always("a", 0, 1), Made("b", list, version="2")).version
    assert one.version != ensemble(always("a", 0, 1), always("b", 0, 1), max_chars=500).version


@pytest.mark.parametrize(
    "answer, problem",
    [
        (raising(OwnError("no model")), "OwnError: no model"),
        (raising(ValueError("bad")), "ValueError: bad"),
        (lambda texts: [Score(float("nan"), 0.5)] * len(texts), "expected a score in"),
        (lambda texts: [Score(0.5, float("inf"))] * len(texts), "expected a score in"),
        (lambda texts: [Score(1.01, 0.5)] * len(texts), "expected a score in"),
        (lambda texts: [Score(0.5, -0.01)] * len(texts), "expected a score in"),
        (lambda texts: [0.5] * len(texts), "expected a score in"),
        (lambda texts: [Score(0.5, 0.5, (SymbolScore("ABC", 2.0, 0.5),))] * len(texts), "expected a score in"),
        (lambda texts: [], "expected 1 scores, found 0"),
        (lambda texts: None, "TypeError"),
    ],
)
def test_a_failing_member_is_left_out_counted_and_shown(answer: Callable[[Sequence[str]], Any], problem: str) -> None:
    whole = ensemble(always("good", 0.5, 0.8), Made("bad", answer))
    (scored,) = whole.score([post("x")], NOW)
    assert [reading.scorer for reading in scored.members] == ["good"]
    assert (scored.reading.score, scored.reading.confidence) == (0.5, 0.8)
    good, bad = whole.health
    assert (good.working, good.scored, good.failed) == (True, 1, 0)
    assert (bad.working, bad.scored, bad.failed) == (False, 1, 1)
    assert problem in bad.problem


def test_with_no_member_left_nothing_is_claimed() -> None:
    for whole in (ensemble(Made("bad", raising(OwnError()))), ensemble(*[Made(n, lambda texts: None) for n in "ab"])):
        (scored,) = whole.score([post("x")], NOW)
        assert scored.members == ()
        assert (scored.reading.scorer, scored.reading.score, scored.reading.confidence) == ("ensemble", 0.0, 0.0)


def test_a_failure_is_not_remembered_and_a_recovery_shows() -> None:
    shaky = Made("shaky", raising(OwnError("down")))
    whole = ensemble(always("good", 0.5, 0.8), shaky)
    whole.score([post("x")], NOW)
    shaky.answer = lambda texts: [Score(-0.5, 0.8)] * len(texts)
    (scored,) = whole.score([post("x")], NOW)
    assert len(scored.members) == 2
    assert whole.health[1].working
    assert (whole.health[1].failed, whole.health[1].problem) == (1, "OwnError: down")


def test_a_member_that_does_not_come_back_is_broken_off_and_rests() -> None:
    def hangs(texts: Sequence[str]) -> Any:
        while True:
            with contextlib.suppress(Exception):
                time.sleep(600)

    stuck = Made("stuck", hangs)
    whole = ensemble(always("good", 0.5, 0.8), stuck)
    (scored,) = whole.score([post("x")], NOW)
    assert [reading.scorer for reading in scored.members] == ["good"]
    health = whole.health[1]
    assert (health.working, health.scored, health.failed) == (False, 1, 1)
    assert "took longer than" in health.problem
    stuck.answer = lambda texts: [Score(-0.5, 0.8)] * len(texts)
    for number in range(FOREIGN_REST):
        whole.score([post(f"text {number}")], NOW)
    assert len(stuck.asked) == 1, "it rests"
    assert not whole.health[1].working
    assert whole.health[1].failed == whole.health[1].scored == 1 + FOREIGN_REST
    (scored,) = whole.score([post("x")], NOW)
    assert len(scored.members) == 2
    assert whole.health[1].working


def test_an_interrupt_is_no_scorers_fault() -> None:
    with pytest.raises(KeyboardInterrupt):
        ensemble(Made("a", raising(KeyboardInterrupt()))).score([post("x")], NOW)


def test_one_that_leaves_the_process_or_answers_without_end_is_left_out() -> None:
    """A package's `sys.exit` is no person's wish, and scores without end are as many as fit in memory."""
    given = 0

    def endless(texts: Sequence[str]) -> Any:
        nonlocal given
        while True:
            given += 1
            yield Score(0.5, 0.5)

    for answer, problem in ((raising(SystemExit()), "SystemExit"), (endless, "expected 1 scores, found 2")):
        members = ensemble(always("good", 0.5, 0.5), Made("bad", answer))
        scored = members.score((post("great"),), 1)[0]
        assert [member.scorer for member in scored.members] == ["good"]
        assert problem in members.health[1].problem
    assert given == 2


def test_a_member_with_nothing_to_say_is_left_out_and_has_not_failed() -> None:
    choosy = Made("choosy", lambda texts: [None if "x" in text else Score(-0.5, 0.8) for text in texts])
    whole = ensemble(always("good", 0.5, 0.8), choosy)
    silent, spoken = whole.score([post("x", "1"), post("y", "2")], NOW)
    assert [reading.scorer for reading in silent.members] == ["good"]
    assert (silent.reading.score, silent.reading.confidence) == (0.5, 0.8)
    assert len(spoken.members) == 2
    assert (whole.health[1].working, whole.health[1].failed) == (True, 0)
    whole.score([post("x", "3")], NOW)
    assert choosy.asked == ["x", "y", "x"]


def test_a_symbol_singled_out_is_combined_from_what_each_member_says_of_it() -> None:
    own = (SymbolScore("ABC", 0.6, 0.8), SymbolScore("XYZ", -0.6, 0.8))
    whole = ensemble(
        Made("a", lambda texts: [Score(0.0, 0.2, own, DisplayText("both sides"))] * len(texts)), always("b", 0.3, 0.4)
    )
    (scored,) = whole.score([post("long $ABC, short $XYZ")], NOW)
    assert scored.reading.about("ABC") == (round((0.8 * 0.6 + 0.4 * 0.3) / 1.2, 6), 0.666667)
    assert scored.reading.about("XYZ") == (round((0.4 * 0.3 - 0.8 * 0.6) / 1.2, 6), 0.444444)
    assert scored.reading.about("OTHER") == (scored.reading.score, scored.reading.confidence)
    assert scored.members[0].symbols == own
    assert scored.reading.reason == "both sides"


def test_a_lone_members_own_scores_pass_through_and_are_bounded() -> None:
    own = tuple(SymbolScore(f"S{number}", 1 / 3, 0.5) for number in range(100))
    (scored,) = ensemble(Made("a", lambda texts: [Score(0.1, 0.5, own)] * len(texts))).score([post("x")], NOW)
    assert len(scored.reading.symbols) == 32
    assert scored.reading.about("S0") == (0.333333, 0.5)


def test_one_bad_score_does_not_cost_the_other_posts_theirs() -> None:
    odd = Made("odd", lambda texts: [Score(2.0 if text == "bad" else 0.5, 0.5) for text in texts])
    scored = ensemble(odd).score([post("ok", "1"), post("bad", "2"), post("fine", "3")], NOW)
    assert [len(each.members) for each in scored] == [1, 0, 1]
    assert [each.reading.post_id for each in scored] == ["1", "2", "3"]


def test_a_text_is_scored_once() -> None:
    counted = always("a", 0.5, 0.5)
    whole = ensemble(counted)
    scored = whole.score([post("x", "1"), post("y", "2"), post("x", "3")], NOW)
    scored += whole.score([post("y", "4")], NOW + 1)
    assert counted.asked == ["x", "y"]
    assert [each.reading.post_id for each in scored] == ["1", "2", "3", "4"]
    assert scored[3].reading.scored_ns == NOW + 1


def test_what_is_read_ahead_scores_as_it_would_have_and_is_read_once() -> None:
    texts = ["$TSLA great quarter", "weak guidance for $TSLA", "$TSLA great quarter", ""]
    posts = [post(text, str(number)) for number, text in enumerate(texts)]
    expected = load(Config()).score(posts, NOW)
    whole = load(Config())
    whole.read_ahead(posts)
    asked = [member.scored for member in whole.health]
    assert asked == [3, 3], "each text once"
    assert [whole.score([each], NOW)[0] for each in posts] == expected
    assert [member.scored for member in whole.health] == asked


def test_a_scorer_of_another_package_is_not_asked_ahead_of_its_turn() -> None:
    foreign = always("a", 0.5, 0.5)
    whole = ensemble(foreign)
    whole.read_ahead([post("x")])
    assert foreign.asked == []


def test_memory_of_texts_is_bounded() -> None:
    whole = ensemble(always("a", 0.5, 0.5))
    for start in range(0, 10_000, 2500):
        whole.score([post(str(number)) for number in range(start, start + 2500)], NOW)
    assert 3500 < len(whole._remembered) <= 4096


def test_texts_are_capped() -> None:
    counted = always("a", 0.5, 0.5)
    ensemble(counted, max_chars=10).score([post("x" * 25_000)], NOW)
    assert counted.asked == ["x" * 10]


def test_scores_have_six_decimals() -> None:
    (scored,) = ensemble(always("a", 1 / 3, 2 / 3)).score([post("x")], NOW)
    assert (scored.reading.score, scored.reading.confidence) == (0.333333, 0.666667)


@given(
    st.lists(st.tuples(st.floats(-1, 1), st.floats(0, 1), st.floats(0.01, 100)), min_size=2, max_size=5),
)
def test_the_combination_stays_in_range(rows: list[tuple[float, float, float]]) -> None:
    scorers = [always(f"s{index}", score, confidence) for index, (score, confidence, _) in enumerate(rows)]
    whole = ensemble(*scorers, weights={f"s{index}": weight for index, (_, _, weight) in enumerate(rows)})
    (scored,) = whole.score([post("x")], NOW)
    assert min(score for score, _, _ in rows) - 1e-6 <= scored.reading.score <= max(s for s, _, _ in rows) + 1e-6 or (
        scored.reading.score == 0.0
    )
    assert 0.0 <= scored.reading.confidence <= 1.0


@pytest.mark.parametrize(
    "names, problem",
    [((), "one or more scorers"), (("vader", "vader"), "each once"), (("vadre",), "found 'vadre'")],
)
def test_wrong_names_are_refused(names: tuple[str, ...], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        load(Config(scoring=ScoringConfig(scorers=names)))


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(ConfigError) as caught:
        load(Config(scoring=ScoringConfig(scorers=("vadr",))))
    assert caught.value.remedy == "did you mean 'vader'?"


@pytest.mark.parametrize("weights", [{"a": 0.0}, {"a": -1.0}, {"a": float("nan")}, {"a": float("inf")}, {"other": 1.0}])
def test_wrong_weights_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="a weight above 0"):
        ensemble(always("a", 0, 1), weights=weights)


class LateMade:
    """A late scorer as far as the ensemble looks at it."""

    def __init__(self, name: str, version: str = "1") -> None:
        self.name = name
        self.version = version


def with_late(*late: LateMade, **settings: Any) -> Ensemble:
    return Ensemble([always("a", 0.6, 0.8)], Config(scoring=ScoringConfig(**settings)), late)  # type: ignore[arg-type]


def test_a_late_member_is_joined_with_its_weight_and_what_is_missing_costs_confidence() -> None:
    whole = with_late(LateMade("b"), LateMade("c"), weights={"b": 2.0})
    (scored,) = whole.score([post("x")], NOW)
    late = Reading("1", "b", "1", 0.3, 0.5, NOW, reason=DisplayText("it sold more"))
    both = whole.join("1", (*scored.members, late), (), NOW)
    assert both.score == round((0.8 * 0.6 + 2 * 0.5 * 0.3) / 1.8, 6)
    assert (both.scorer, both.version, both.reason) == ("ensemble", whole.version, "it sold more")
    waiting = whole.join("1", scored.members, ("b", "c"), NOW)
    alone = whole.join("1", scored.members, (), NOW)
    assert waiting.score == alone.score
    assert waiting.confidence == pytest.approx(alone.confidence * (1 - 3 / 4 / 2), abs=1e-6)


def test_the_version_follows_late_members() -> None:
    assert with_late(LateMade("b")).version == with_late(LateMade("b")).version
    assert with_late(LateMade("b")).version != with_late().version
    assert with_late(LateMade("b")).version != with_late(LateMade("b", "2")).version


def test_only_late_members_are_refused() -> None:
    with pytest.raises(ConfigError, match="expected a scorer that answers at once beside finbert"):
        load(Config(scoring=ScoringConfig(scorers=("finbert",))))
