"""Questions and marked sarcasm, and other turns of phrase, on made-up posts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import Config
from engine.model import Author, DisplayText, Post, Reading, Score, SymbolScore
from engine.scoring import load
from engine.scoring.asides import LONGEST, QUIET, Said, as_meant, said
from engine.scoring.linear import LinearScorer
from engine.scoring.rules import finance_rules

DEFAULT = load(Config())
LINEAR = LinearScorer(Config())


def reading(text: str) -> Reading:
    (scored,) = DEFAULT.score([Post("1", "test", 0, 0, Author("", DisplayText("")), text, DisplayText(text))], 0)
    return scored.reading


@pytest.mark.parametrize(
    "text",
    [
        "is $ABC going to crash?",
        "Should I buy $ABC?",
        "$ABC $XYZ: will it go up or down tomorrow?",
        "who is long $ABC?",
        "Why is $ABC down 5% today? https://example.com/x",
        "What are your moves tomorrow?",
        "Anyone buying the dip here??",
        "Should You Buy Acme Mining Co. (NYSE:ABC)?",
        "Is Acme, Inc.'s (NASDAQ:ABC) 6.1% dividend a buy?",
        "is $ABC cheap at 1.50?",
        "Can the rally in U.S. stocks last?",
        "if the fed cuts $ABC rips, if not it dumps",
    ],
)
def test_a_question_is_no_opinion(text: str) -> None:
    assert said(text).turn == QUIET
    assert abs(reading(text).score) <= 0.05
    assert reading(text).confidence <= 0.5


@pytest.mark.parametrize(
    "text, sign",
    [
        ("Who cares? $ABC breakout confirmed", 1),
        ("why would anyone sell. $ABC breaking out, new highs!", 1),
        ("$ABC breakout! See it?", 1),
        ("Upgraded by Acme Inc. Is this the top? Buying more", 1),
        ("This is a breakout, isn't it", 1),
    ],
)
def test_an_opinion_with_a_question_in_it_stays_one(text: str, sign: int) -> None:
    assert said(text).turn == 1.0
    assert reading(text).score * sign > 0.05


def test_marked_sarcasm_means_the_opposite() -> None:
    plain, marked = reading("down 20%, love it, great company"), reading("down 20%, love it, great company /s")
    assert plain.score * marked.score < 0
    assert said("see path/s and 10/share").turn == 1.0


@pytest.mark.parametrize(
    "text, stated",
    [
        ("thought it was dead, I was wrong, $ABC is flying", "$ABC is flying"),
        ("I was wrong about $ABC, it is a buy", "I was wrong about $ABC, it is a buy"),
        ("even if $ABC misses I'm adding", "I'm adding"),
        ("adding even if the chart is ugly. Earnings soon", "adding . Earnings soon"),
        ("$ABC is a steal. I would buy more under 40", "$ABC is a steal."),
        ("$ABC looks great. Only long above 50 though", "$ABC looks great."),
        ("I was short $ABC, no longer. Breakout confirmed", "I . Breakout confirmed"),
        ("unless they raise cash $ABC is toast", "$ABC is toast"),
        ("unless they raise cash, $ABC is toast", "$ABC is toast"),
        ("no, $ABC is not bankrupt, fake news", "no, $ABC is not bankrupt,"),
    ],
)
def test_what_is_conceded_or_taken_back_or_supposed_is_left_out(text: str, stated: str) -> None:
    assert " ".join(said(text).text.split()) == stated
    assert said(text).turn == 1.0


def test_what_stands_before_oh_wait_means_the_opposite() -> None:
    assert said("$ABC to the moon! oh wait it's 2022").turn == -1.0
    assert said("$ABC is finished. I was wrong").turn == -1.0


def test_what_is_turned_is_so_for_each_symbol_and_no_less_sure() -> None:
    blame = Score(-0.5, 0.8, (SymbolScore("ABC", -0.5, 0.8), SymbolScore("XYZ", 0.3, 0.6)))
    praise = Score(0.5, 0.8, (SymbolScore("ABC", 0.5, 0.8), SymbolScore("XYZ", -0.3, 0.6)))
    assert as_meant("$ABC is finished. I was wrong", lambda words: blame) == praise


def test_an_article_is_read_as_it_stands() -> None:
    question = "is $ABC going to crash?".rjust(LONGEST)
    assert said(question).turn == QUIET
    assert said(" " + question) == Said(" " + question)


def test_what_one_was_and_is_no_longer_means_the_opposite_where_nothing_else_is_said() -> None:
    assert said("was long $ABC, not anymore")[:2] == ("was long $ABC", -1.0)
    assert said("was long $ABC for years, not any more")[:2] == ("was long $ABC for years", -1.0)
    assert said("not any more dips like the one that was bought")[1] == 1.0
    assert reading("was long $ABC, not anymore").score < -0.05
    assert said("the longer it was halted the better")[:2] == ("the longer it was halted the better", 1.0)


def test_what_denies_and_is_said_to_be_untrue_is_denied_once() -> None:
    assert said("rumours that $ABC can't pay are false").turn == -1.0
    assert said("$ABC isn't being bought out, that report is false").turn == 1.0
    assert said("the report that $ABC might default is false").turn == -1.0


@pytest.mark.parametrize(
    "text, sign",
    [
        ("$ABC beat by 12 %", 1),
        ("$ABC PT cut to 90", -1),
        ("PT raised to $250 from $200 at Citi", 1),
        ("missed by 8 cents, revenue down 5%", -1),
        ("guidance lowered to $3.10-$3.20", -1),
        ("$ABC +7% after hours", 1),
        ("$ABC -7% after hours", -1),
        ("bought calls", 1),
        ("bought puts", -1),
        ("selling puts here, happy to own it lower", 1),
        ("sold my calls, taking the loss", -1),
        ("buying puts into earnings", -1),
        ("don't sell $ABC", 1),
        ("don't buy $ABC", -1),
        ("can't see it going up", -1),
        ("it won't go down", 1),
        ("not a buy here", -1),
        ("holding, not selling", 1),
        ("no bottom in sight", -1),
        ("upgraded from hold to buy", 1),
        ("downgraded from buy to hold", -1),
        ("chapter 11 filing by $ABC", -1),
        ("golden cross on the daily", 1),
        ("costs ticked up at $ABC", -1),
        ("outflows easing at $ABC", 1),
        ("was bearish on $ABC, flipping long here", 1),
        ("used to love $ABC, what a shame", -1),
        ("we think the worst is behind $ABC", 1),
        ("It is what it is, $IT at noon", 0),
        ("ALL of you read the $ALL filing", 0),
        ("$OPEN opens its new office", 0),
        ("$ABC earnings are due tomorrow", 0),
        ("reiterates hold, PT unchanged at $50", 0),
        ("if $ABC breaks 100 it could rip", 0),
    ],
)
def test_numbers_options_negations_and_tickers_as_words(text: str, sign: int) -> None:
    score = reading(text).score
    assert (score > 0.1) - (score < -0.1) == sign


@pytest.mark.parametrize(
    "text, stated, turn",
    [
        ("Total garbage. Why would anyone buy $ABC?", "Total garbage. ", 1.0),
        ("lower unless they beat, I fear", "lower  I fear", 1.0),
        ("if it breaks 200 I'd sell. Bought more.", "Bought more.", 1.0),
        ("the story of a recall is false", "the story of a recall  ", -1.0),
        ("a plain statement", "a plain statement", 1.0),
        ("https://example.com/?a=b down", "https://example.com/?a=b down", 1.0),
    ],
)
def test_what_is_stated(text: str, stated: str, turn: float) -> None:
    assert said(text)[:2] == (stated, turn)


def test_where_nothing_is_left_the_side_is_kept_quietly() -> None:
    def bullish_word(text: str) -> Score:
        return Score(0.5, 0.8) if "breakout" in text else Score(0.0, 0.1)

    assert as_meant("see the lunch. is it a breakout?", bullish_word) == Score(0.025, 0.4)


phrases = st.lists(
    st.sampled_from(
        ["if", "would", "$A", "$B", "over", "from 5 to 6", "?", ".", "unless", "is", "false", "vs", "1", "or"]
    )
).map(" ".join)


@given(st.one_of(st.text(max_size=200), phrases), st.floats(-1, 1), st.floats(0, 1))
def test_the_score_stays_in_range(text: str, score: float, confidence: float) -> None:
    found = as_meant(text, lambda _: Score(score, confidence))
    assert abs(found.score) <= abs(score) + 1e-6
    assert 0 <= found.confidence <= confidence + 1e-6


def test_the_same_words_score_the_same_though_they_are_another_object() -> None:
    first, second = "".join(["the plant ", "opens if so"]), "".join(["the plant ", "opens if ", "so"])
    plain = "".join(["officials say ", "so"])
    again = "".join(["officials ", "say so"])
    silent = Score(0.0, 0.1)
    assert as_meant(plain, lambda _: silent) == as_meant(again, lambda _: silent) == silent
    assert as_meant(first, lambda _: silent) == as_meant(second, lambda _: silent)


def test_what_stands_between_nobody_and_what_they_think_does_not_hide_the_denial() -> None:
    assert said("No one I know in the trade believes that it will last").text == "nobody believes that it will last"
    assert reading("nobody I talk to on the desk thinks the $ABC rally will last").score < -0.05
    assert reading("noone in this chat believes the breakout").score < -0.05
    assert reading("everybody I talk to on the desk thinks the $ABC rally will last").score > 0.05
    alone = "nobody at the firm said a word, he thinks the rally will last"
    assert said(alone).text == alone, "another clause"


turned = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *("if", "IF", "nless", "until", "would", "might", "depends", "false,", "fake", "untrue", "no", "sense"),
                *("debunked", "needs", "to", "only", "long", "short", "bulls", "waiting", "for", "was", "wrong", "oh"),
                *("nobody", "one", "thinks", "I", "know", "said", "everyone", "not", "any", "more"),
                *("put/call", "p/c", "ratio", "1.4", "was", "it"),
                *("wait", "in", "case", "vs", "versus", "consensus", "from", "$A", "$5", "over", ">", "lunch", "than"),
                *("😀if", "if😀", "vs😀", "/s", "?", "http://a/?if", "up", "down", "breakout", "Buy", "I", "the"),
            ]
        ),
        st.text(max_size=4),
    ),
    max_size=14,
).flatmap(lambda words: st.sampled_from([" ", "  ", "\n", ". ", ""]).map(lambda gap: gap.join(words)))


@settings(max_examples=150)
@given(turned)
def test_what_may_turn_is_seen_by_its_words(text: str) -> None:
    """Only such texts are taken apart; the long way is to take every text apart."""
    if said(text) != Said(text):
        assert finance_rules().read(text)[1]
    assert LINEAR.score([text]) == [as_meant(text, LINEAR._words)]
