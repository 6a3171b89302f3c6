"""The linear scorer: its file, its arithmetic, what it reads of a text, and its figures on real sets."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.config import Config, ScoringConfig
from engine.errors import DeskError
from engine.evaluate import figures, read_set
from engine.model import Scorer
from engine.scoring import load
from engine.scoring.features import features, tokens
from engine.scoring.linear import NOTHING, WEIGHTS, LinearScorer, gated, logistic, parse_model
from tests.program import SHARED

SHIPPED = Path(__file__).resolve().parents[3] / "engine" / "scoring" / WEIGHTS
SETS = SHARED / "data" / "sentiment"
SCORER = LinearScorer(Config())
KNOWN = parse_model(SHIPPED.read_text(encoding="utf-8")).weights
TABLE = """// made up
SCALE\t0.05
BIAS\t-1\t-1
SUM compound\t0\t0
SUM bullish\t0\t1
SUM bearish\t1\t0
SUM silent\t0\t0
KNOT\t0\t0.4
KNOT\t1\t0.9
zorp\t40\t-10
blip\t-10\t40
blip #%\t0\t60
"""


def test_it_speaks_the_protocol() -> None:
    assert isinstance(SCORER, Scorer)
    assert re.fullmatch("linear-[0-9a-f]{12}", SCORER.version)
    assert load(Config(scoring=ScoringConfig(scorers=("linear",)))).health[0].version == SCORER.version


def test_the_arithmetic_is_the_documented_one() -> None:
    (found,) = LinearScorer(Config(), TABLE).score(["$ABC blip 12%"])
    up, down = -1 + 0.05 * 100 / math.sqrt(2), -1 + 0.05 * -10 / math.sqrt(2)
    total = math.exp(up) + math.exp(down) + 1
    score, _ = gated(math.exp(down) / total, 1 / total, math.exp(up) / total)
    assert score > 0.5 and found.score == pytest.approx(score, abs=1e-6)


def test_repeating_a_word_adds_nothing() -> None:
    scorer = LinearScorer(Config(), TABLE)
    assert scorer.score(["blip blip blip"]) == scorer.score(["blip"])


def test_the_version_follows_the_table() -> None:
    assert LinearScorer(Config(), TABLE).version != LinearScorer(Config(), TABLE + "fine\t1\t2\n").version


@pytest.mark.parametrize(
    "table, problem, line",
    [
        (TABLE + "zorp\t1\t1\n", "once", 13),
        (TABLE + "more\t128\t0\n", "127", 13),
        (TABLE + "more\t1\n", "two steps", 13),
        (TABLE + "more\t1\tx\n", "two steps", 13),
        (TABLE + "BIAS\tnan\t0\n", "parameter", 13),
        (TABLE + "KNOT\t0.5\t1.5\n", "parameter", 13),
        (TABLE.replace("SUM silent\t0\t0\n", ""), "found no SUM silent", 1),
        (TABLE.replace("KNOT\t0\t0.4\nKNOT\t1\t0.9\n", ""), "found no KNOT", 1),
    ],
)
def test_a_damaged_table_is_refused(table: str, problem: str, line: int) -> None:
    with pytest.raises(DeskError, match=problem) as caught:
        parse_model(table)
    assert caught.value.where == f"{WEIGHTS}:{line}"


@pytest.mark.parametrize(
    "text, expected",
    [
        ("$ABC rose 12% to $34.50", {"$x", "rose", "#%", "to", "$#", "$x rose", "rose #%", "#% to", "to $#"}),
        ("@ann https://t.co/x www.a.b a.co/xyz up", {"up"}),
        ("-3.5% +2% 1,000 50k", {"-#%", "+#%", "#", "-#% +#%", "+#% #", "# #"}),
        ("Don’t!!! 🚀", {"don't", "!!", "🚀", "don't !!", "!! 🚀"}),
        ("", set()),
    ],
)
def test_names_and_numbers_are_masked(text: str, expected: set[str]) -> None:
    assert features(text) == expected


@given(st.lists(st.sampled_from(("⛔", "🚀", "up", "$ABC", "12%", "!!", ",", "/", "@ann", "http")), max_size=60))
def test_a_long_piece_is_masked_like_a_short_one(parts: list[str]) -> None:
    piece = "".join(parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.scoring.features._MANY", 1_000)
        one_by_one = tokens(piece)
    assert tokens(piece) == one_by_one


@pytest.mark.parametrize(
    "text, sign",
    [
        ("$ABC upgraded to buy, price target raised, breakout confirmed", 1),
        ("long calls here, this is going to rip 🚀", 1),
        ("$ABC downgraded to sell, guidance cut, shares plunge", -1),
        ("bought puts, this is going to crash", -1),
    ],
)
def test_plain_opinions(text: str, sign: int) -> None:
    (score,) = SCORER.score([text])
    assert score.score * sign > 0.2
    assert score.confidence > 0.6


@pytest.mark.parametrize("text", ["", "@ann @bob", "https://example.com/abc", "東京"])
def test_nothing_known_says_nothing(text: str) -> None:
    assert SCORER.score([text]) == [NOTHING]


@given(st.lists(st.text(max_size=120), max_size=4))
def test_any_text_gets_a_score_in_range(texts: list[str]) -> None:
    scores = SCORER.score(texts)
    assert scores == [score for text in texts for score in SCORER.score([text])]
    for score in scores:
        assert -1 <= score.score <= 1
        assert 0 <= score.confidence <= 1
        assert (round(score.score, 6), round(score.confidence, 6)) == (score.score, score.confidence)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.001, 1))
def test_the_gate_keeps_the_side_and_quiets_neutral_texts(bearish: float, bullish: float, neutral: float) -> None:
    total = bearish + bullish + neutral
    score, margin = gated(bearish / total, neutral / total, bullish / total)
    assert abs(score) <= margin <= 1
    assert score * (bullish - bearish) >= 0
    if neutral > 2 * max(bearish, bullish):
        assert abs(score) <= 0.05


@given(st.floats(allow_nan=False))
def test_the_logistic_is_bounded_and_its_sides_add_up(value: float) -> None:
    assert 0 <= logistic(value) <= 1
    assert logistic(value) + logistic(-value) == pytest.approx(1)


@given(st.text(max_size=200) | st.lists(st.sampled_from(sorted(KNOWN)), max_size=30).map(" ".join))
def test_the_quick_reader_finds_what_the_features_say(text: str) -> None:
    known = features(text) & KNOWN.keys()
    expected = len(known), sum(KNOWN[name][0] for name in known), sum(KNOWN[name][1] for name in known)
    assert SCORER._reader.steps(text.split()) == expected


@example("www.")
@given(st.text("abehtpsw019!?@$#%&'()*+,-./:;<=>[]^_`{|}~\"\\", max_size=12))
def test_the_short_way_for_plain_words_reads_the_same(chunk: str) -> None:
    assert tokens(chunk) == tokens("’" + chunk)  # a sign that stands for nothing, and no plain word


def test_memory_of_pieces_is_bounded() -> None:
    scorer = LinearScorer(Config(), TABLE)
    for start in range(0, 120_000, 10_000):
        scorer.score([" ".join(f"t{number}" for number in range(start, start + 10_000))])
    assert len(scorer._reader) <= 50_000


def test_the_shipped_weights_hold_words_and_no_names() -> None:
    assert SHIPPED.stat().st_size < 1_000_000
    for feature in KNOWN:
        words = feature.split(" ")
        assert len(words) <= 2
        assert features(feature).issuperset(word for word in words if word.isalpha())
        assert not re.search(r"https?|www|@|[./]|\d", feature), feature


@pytest.mark.skipif(not SETS.is_dir(), reason="the labelled sets are not here")
def test_sets_it_never_saw() -> None:
    """Sources that it was not trained on; bars are those of docs/sentiment.md less the sampling error."""
    for name, macro_f1, bull_bear in (("fiqa2018", 0.54, 0.78), ("otc_pump_2021", 0.61, 0.85)):
        labelled = read_set(SETS / f"{name}.jsonl.gz")
        found = figures(labelled, SCORER.score([row.text for row in labelled.rows]), 1.0)
        assert found.macro_f1.value > macro_f1
        assert found.bull_bear.value > bull_bear
