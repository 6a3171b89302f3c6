"""The rules against the package, where ours are silent to the last digit."""

from __future__ import annotations

import gzip
import html
import json
import os
import string
from collections.abc import Iterator
from itertools import islice, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from engine.scoring.rules import Rules, Tally, _join_phrases
from engine.scoring.tokens import NAMED, Token
from engine.scoring.words import finance_words, stock_words, term_key
from engine.text import display_text, unescape
from tests.program import SHARED

PACKAGE = SentimentIntensityAnalyzer()
STOCK = stock_words()
FINANCE = finance_words()
PLAIN = Rules(STOCK)
OURS = Rules(FINANCE)
LONGEST = max(map(len, FINANCE.phrases))
RECORDINGS = SHARED / "data"

named = [*NAMED, "the"]
lists = [
    sorted(STOCK.lexicon),
    sorted(word for booster in STOCK.boosters for word in booster.split()),
    sorted(STOCK.negations),
    sorted(word for idiom in STOCK.idioms for word in idiom.split()),
    sorted(STOCK.emoji),
    [*named, "stock", "a", "is", "N'T", "İt", "won’t", "$AAPL", "(", "12%"],
]
words = st.one_of(
    *(st.sampled_from(each) for each in lists), st.sampled_from(named), st.text(max_size=5), st.sampled_from(lists[0])
)
dressed = st.builds(
    lambda before, word, loud, after: before + (word.upper() if loud else word) + after,
    st.sampled_from(["", "", "", '"', "#", "("]),
    words,
    st.sampled_from([False, False, True]),
    st.sampled_from(["", "", "", "!", "?", ".", ",", "!!", "...", "???", "!!!!!"]),
)
texts = st.one_of(
    st.lists(dressed, max_size=14).map(" ".join),
    st.lists(st.tuples(dressed, st.sampled_from([" ", "", "  ", "\n"])), max_size=10).map(
        lambda rows: "".join(word + gap for word, gap in rows)
    ),
    st.lists(st.sampled_from(["good", "bad", "GREAT", "but", "ok", "sad", "x"]), max_size=14).map(" ".join),
    st.text(max_size=60),
)


def package(text: str) -> float:
    return float(PACKAGE.polarity_scores(text)["compound"])


@settings(max_examples=800)
@given(texts)
def test_identical_to_the_package(text: str) -> None:
    assert PLAIN.tally(text).compound == package(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "VADER is VERY SMART, uber handsome, and FRIGGIN FUNNY!!!",
        "At least it isn't a horrible book.",
        "The plot was good, but the characters are uncompelling and the dialog is not great.",
        "Today only kinda sux! But I'll get by, lol",
        "good good but good bad bad",
        "great but great great terrible great",
        "no good deed, NO GOOD DEED",
        "never so good, without a doubt excellent, without doubt excellent",
        "it is the bomb, a bad ass beating heart, the kiss of death",
        "I 💘 it and 😁😁 x💋y",
        "sort of good, just enough good, kind of kind",
        "least good, at least good, very least good",
        "İSTANBUL GOOD ﬁne",
        "What??? Good???? Fine??",
        "GOOD stuff https://t.co/abc HTTPS://X.COM/ABC http://n't.good/ good",
    ],
)
def test_known_corners(text: str) -> None:
    assert PLAIN.tally(text).compound == package(text)


def ours(text: str) -> bool:
    """Whether our list says anything about a token of the text."""
    spelt = PLAIN._spell_emoji(text) + " " + text
    keys = [term_key(token) for token in spelt.split()]
    words = {token.strip(string.punctuation).lower() for token in spelt.split()}
    phrases = {tuple(keys[at : at + length]) for at in range(len(keys)) for length in range(2, LONGEST + 1)}
    dropped = STOCK.lexicon.keys() - FINANCE.lexicon.keys()
    return bool(
        {*keys, *words} & {*FINANCE.terms, *FINANCE.nots, *FINANCE.masked, *dropped}
        or phrases & FINANCE.phrases.keys()
        or not FINANCE.signs.isdisjoint(text)
    )


@settings(max_examples=300)
@given(texts)
def test_identical_where_our_list_is_silent(text: str) -> None:
    if not ours(text):
        assert OURS.tally(text).compound == package(text)


def recorded(most: int | None) -> Iterator[str]:
    """Texts of the recordings beside this checkout, of each the first so many; all when None."""
    for path in sorted(RECORDINGS.glob("*/*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as rows:
            for row in map(json.loads, islice(rows, most)):
                if isinstance(row.get("text"), str):
                    yield display_text(html.unescape(row["text"]))


def test_identical_on_recorded_posts() -> None:
    """A sample; `DESK_ALL_TEXTS=1` takes all (some minutes)."""
    if not RECORDINGS.is_dir():
        pytest.skip("the recordings are not beside this checkout")
    silent = count = 0
    for text in recorded(None if os.environ.get("DESK_ALL_TEXTS") else 100):
        count += 1
        expected = package(text)
        assert PLAIN.tally(text).compound == expected, text
        if not ours(text):
            silent += 1
            assert OURS.tally(text).compound == expected, text
    print(f"{count:,} texts, our list silent in {silent:,}")
    assert silent > 100


def test_unescaping_is_the_feeds_business() -> None:
    assert OURS.tally(unescape("gains &amp; breakout")).compound == OURS.tally("gains & breakout").compound > 0


@pytest.mark.parametrize(
    "text",
    [
        "$TSLA calls printing, breakout confirmed 🚀🚀",
        "Short squeeze coming on $GME",
        "$AMD beats, raises guidance",
        "PT raised to $250",
        "upgraded to buy at Morgan",
        "$NVDA up 5% premarket",
        "$NVDA +5.2% 📈",
        "buying the dip, diamond hands 💎🙌",
        "new ATH incoming",
        "can’t go down",
        "rip bears",
        "not selling a single share",
        "long $TSLA",
        "Breaking out!",
        "LOADED THE BOAT",
    ],
)
def test_bullish(text: str) -> None:
    assert OURS.tally(text).compound > 0.2


@pytest.mark.parametrize(
    "text",
    [
        "Bought $AAPL puts, this is going to tank",
        "puts printing",
        "downgraded to sell",
        "PT cut to 90",
        "price target cut at Citi",
        "guidance cut, stock halted",
        "rug pull, total rug",
        "bagholders everywhere",
        "$F -4.5% 🔻",
        "no longer bullish",
        "not bullish here",
        "misses estimates",
        "short $TSLA",
        "DUMPING HARD",
        "📉📉",
        "dead cat bounce",
    ],
)
def test_bearish(text: str) -> None:
    assert OURS.tally(text).compound < -0.2


@pytest.mark.parametrize(
    "text", ["Apple opens a store in Ohio", "$GOOG annual meeting at 10am", "shares like these", "$MOON"]
)
def test_silent(text: str) -> None:
    tally = OURS.tally(text)
    assert (tally.compound, tally.bullish, tally.bearish) == (0.0, 0.0, 0.0)


def test_the_longest_phrase_wins() -> None:
    rules = Rules(finance_words("alpha beta\t1.0\tx\nalpha beta gamma\t-3.0\tx\n"))
    assert rules.tally("Alpha beta gamma").bearish == 3.0
    assert rules.tally("alpha beta, delta").bullish == 1.0
    assert rules.tally("alpha alpha beta").bullish == 1.0
    assert rules.tally("alpha gamma beta").bullish == 0.0


def test_a_phrase_is_negated_and_boosted_as_a_word_is() -> None:
    rules = Rules(finance_words("alpha beta\t2.0\tx\nno longer\tnot\tx\n"))
    assert rules.tally("not alpha beta").bearish == pytest.approx(1.48)
    assert rules.tally("very alpha beta").bullish == pytest.approx(2.293)
    assert rules.tally("no longer alpha beta").bearish == pytest.approx(1.48)
    assert rules.tally("it is ALPHA BETA").bullish == pytest.approx(2.733)
    assert rules.tally("it is ALPHA beta").bullish == pytest.approx(2.0)


def test_terms_that_stand_for_several() -> None:
    rules = Rules(finance_words("alpha|beta ~ gamma\t1.0\tx\nbeta gamma\t-2.0\tx\n"))
    for text in ("alpha gamma", "alpha my gamma", "beta all my $XY gamma", "beta 5 gamma"):
        assert rules.tally(text).bullish == 1.0
    assert rules.tally("beta gamma").bearish == 2.0
    assert rules.tally("alpha delta gamma").bullish == 0.0


def test_what_is_dropped_says_nothing() -> None:
    rules = Rules(finance_words("good grief\tdrop\tx\n$x\tdrop\tx\n"))
    assert rules.tally("GOOD GRIEF it is $GOOD") == Tally(0.0, 0.0, 0.0)
    assert rules.tally("good").bullish > 0


def test_dropped_words_are_no_words() -> None:
    text = "shares of good companies"
    assert PLAIN.tally(text).bullish > OURS.tally(text).bullish == pytest.approx(1.9)


@pytest.mark.parametrize(
    "text", ["🚀" * 25_000, "😀" * 25_000, "but good bad " * 2000, "(" * 25_000, "short $x " * 2700]
)
def test_work_grows_with_the_length_and_no_faster(text: str) -> None:
    """Counted in tokens looked at, not in seconds: the package is quadratic on each of these."""
    looked = 0

    class Counted(Rules):
        def _valence(self, tokens, index, shouted):  # type: ignore[no-untyped-def]
            nonlocal looked
            looked += 1
            return super()._valence(tokens, index, shouted)

    Counted(FINANCE).tally(text)
    assert looked <= 4 * len(text)


NEAR = (
    "x",
    "never",
    "so",
    "this",
    "not",
    "without",
    "doubt",
    "least",
    "at",
    "very",
    "no",
    "or",
    "nor",
    "isn't",
    "fine",
)


@pytest.mark.parametrize("word", ["good", "bad"])
def test_every_order_of_the_words_that_the_rules_name(word: str) -> None:
    for before in product(NEAR, repeat=3):
        text = " ".join((*before, word))
        assert PLAIN.tally(text).compound == package(text), text
    for first, second, after in product(NEAR, repeat=3):
        for text in (f"{first} {second} {word} {after}", f"{first} {second} {word.upper()} {after} kind of"):
            assert PLAIN.tally(text).compound == package(text), text
            assert PLAIN.tally(text.upper()).compound == package(text.upper()), text


@pytest.mark.parametrize("idiom", [*STOCK.idioms, *(phrase for phrase in STOCK.boosters if " " in phrase)])
def test_idioms_wherever_they_stand(idiom: str) -> None:
    around = ("", "x", "good", "x good", "good x", "not", "very x", "bad x x", "x x x", "x not x x")
    for before, after in product(around, repeat=2):
        text = f"{before} {idiom} {after}".strip()
        assert PLAIN.tally(text).compound == package(text), text


def test_many_different_emoji_are_spelt_as_few_are() -> None:
    signs = sorted(STOCK.emoji)
    for start in range(0, len(signs), 12):
        text = " so ".join(signs[start : start + 12])
        assert PLAIN.tally(text).compound == package(text)


def test_a_word_for_or_against_says_something() -> None:
    assert PLAIN.says_something("good") and PLAIN.says_something("bad") and not PLAIN.says_something("table")


@pytest.mark.parametrize("text", ["shorts are ", "$A puts ", "no one under ", "bears are all out of "])
def test_two_words_with_which_a_hundred_phrases_begin_cost_what_others_do(text: str) -> None:
    class Looked(list[Token]):
        times = 0

        def __getitem__(self, place):  # type: ignore[no-untyped-def]
            self.times += 1
            return super().__getitem__(place)

    tokens = Looked(map(OURS._token, (text * 500).split()))
    _join_phrases(tokens, bytes(tokens), OURS._tokens.joined)
    assert tokens.times <= 4 * len(tokens)


@settings(max_examples=30)
@given(st.lists(st.sampled_from(["no", "so", "good", "BAD", "very", "n't", "😀", "⛔", "x", "but"]), min_size=65))
def test_equal_surroundings_give_equal_valences(words: list[str]) -> None:
    text = " ".join(words)
    assert PLAIN.tally(text).compound == package(text)


def test_texts_remembered_are_few() -> None:
    rules = Rules(STOCK)
    for number in range(1000):
        assert rules.tally(f"good {number}") == rules.tally(f"good {number}")
    assert len(rules._recent) <= 64


phrases = sorted(FINANCE.phrases)[::40]
phrase_words = sorted({word for phrase in phrases for word in phrase})


@settings(max_examples=150)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(sorted(FINANCE.phrases)[::40]), st.sampled_from(phrase_words).map(lambda word: (word,))
        ),
        max_size=8,
    ),
    st.sampled_from(["", "$A $B ", "$A "]),
)
def test_phrases_are_joined_wherever_one_begins(said: list[tuple[str, ...]], tags: str) -> None:
    """Pairs of neighbours are looked for by their flags; the long way is to try every place."""
    tokens = OURS._tokens
    keys = {"$x": "$ABC", "#": "12", "#%": "12%", "$#": "$12"}
    read = [tokens[keys.get(word, word)] for word in [*tags.split(), *(word for phrase in said for word in phrase)]]
    expected: list[Token] = []
    at = 0
    while at < len(read):
        for end in range(min(len(read), at + LONGEST), at + 1, -1):
            phrase = tuple(token.key for token in read[at:end])
            if phrase in FINANCE.phrases:
                expected.append(tokens.joined(read[at:end], FINANCE.phrases[phrase]))
                at = end
                break
        else:
            expected.append(read[at])
            at += 1
    found = _join_phrases(list(read), bytes(read), tokens.joined) or read
    assert [(token, token.key, token.valence) for token in found] == [
        (token, token.key, token.valence) for token in expected
    ]
