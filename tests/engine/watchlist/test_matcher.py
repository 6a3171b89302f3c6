"""Matching: cashtags, words in any script, ambiguous words; against a naive oracle; the weight of authors."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import WatchRow
from engine.model import Author, DisplayText
from engine.text import display_text
from engine.watchlist import Matcher

ROWS = (
    WatchRow(
        symbol="TSLA",
        name="Tesla",
        keywords=("Tesla", "Cybertruck"),
        ambiguous=("Model 3",),
        influencers=("@Ann_Tesla",),
    ),
    WatchRow(symbol="AAPL", name="Apple Inc", keywords=("iPhone", "苹果"), ambiguous=("Apple",)),
    WatchRow(
        symbol="NVDA", name="Nvidia", keywords=("Nvidia", "Jensen Huang"), ambiguous=("GPU", "AI"), multiplier=2.0
    ),
    WatchRow(symbol="BRK.B", keywords=("Berkshire Hathaway",)),
    WatchRow(symbol="BTC/USD", keywords=("bitcoin",)),
)
MATCHER = Matcher(ROWS)


def found(text: str, *cashtags: str) -> dict[str, tuple[str, str]]:
    return {match.symbol: (match.term, match.kind) for match in MATCHER.match(text, cashtags)}


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("$TSLA", ["TSLA"]),
        ("buy $tsla!", ["TSLA"]),
        ("($TSLA)", ["TSLA"]),
        ("$TSLA.", ["TSLA"]),
        ("$TSLA's", ["TSLA"]),
        ("$TSLA.com is not a class", ["TSLA"]),
        ("涨$TSLA涨", ["TSLA"]),
        ("＄ＴＳＬＡ", ["TSLA"]),
        ("$TSLAQ", []),
        ("$TSLA_", []),
        ("$TSLA9", []),
        ("$TSLA.B", []),
        ("US$TSLA", []),
        ("$$TSLA", []),
        ("$BRK.B up", ["BRK.B"]),
        ("$brk_b up", ["BRK.B"]),
        ("$BRK-B up", ["BRK.B"]),
        ("$brk-b's", ["BRK.B"]),
        ("$BRK up", []),
        ("$TSLA-b", []),
        ("$TSLA-back", ["TSLA"]),
        ("$TSLA-$BRK-B", ["TSLA", "BRK.B"]),
        ("\u202b$TSLA\u202c", ["TSLA"]),
        ("سهم $TSLA\u200f صاعد", ["TSLA"]),
        ("🇺🇸$TSLA🇺🇸", ["TSLA"]),
        ("$TSLA는", ["TSLA"]),
        ("$TSLA\u0301", []),
        ("$1,000", []),
        ("#TSLA", []),
        ("$BTC", ["BTC/USD"]),
        ("$BTCUSD", ["BTC/USD"]),
        ("$BTC-USD", ["BTC/USD"]),
        ("$BTC/USD", ["BTC/USD"]),
        ("$BTC.X", ["BTC/USD"]),
        ("$BTCUSDT", []),
        ("TSLA without a sign", []),
        ("Tesla", ["TSLA"]),
        ("TESLA’S plant", ["TSLA"]),
        ("#Tesla", ["TSLA"]),
        ("Tesla-owner", ["TSLA"]),
        ("Tesla™", ["TSLA"]),
        ("Tesla®", ["TSLA"]),
        ("𝐓𝐞𝐬𝐥𝐚 styled", ["TSLA"]),
        ("特斯拉Tesla股票", ["TSLA"]),
        ("买苹果吧", ["AAPL"]),
        ("teslas", []),
        ("ateslab", []),
        ("tesla_fan", []),
        ("teslá", []),
        ("jensen huang spoke", ["NVDA"]),
        ("jensen  huang", ["NVDA"]),
        ("Jensen\u00a0\u2003 Huang", ["NVDA"]),
        ("ajensen  huang", []),
        ("jensen  huangs", []),
        ("jensenhuang", []),
        ("Jensen  Hu", []),
        ("", []),
    ],
)
def test_what_is_the_symbol_and_what_is_not(text: str, symbols: list[str]) -> None:
    assert list(found(text)) == symbols


def test_a_phrase_may_be_torn_apart_by_any_blanks() -> None:
    matcher = Matcher(
        [WatchRow(symbol="T", name="Tesla  Motors", keywords=("New  Model Y ",), ambiguous=("big plant",))]
    )
    for blanks in ("  ", "\n", "\r\n\t", "\u00a0", " \u2028 ", "\u3000\u3000"):
        text = display_text(f"the new model{blanks}y, new{blanks}model{blanks}y")
        assert [match.term for match in matcher.match(text)] == ["New  Model Y "]
        assert matcher.match(text, ["T"]) == matcher.match("$T")
        assert [match.term for match in matcher.match(display_text(f"Tesla{blanks}Motors: a big{blanks}plant"))] == [
            "big plant"
        ]
        assert matcher.match(display_text(f"Tesla{blanks}cars: a big{blanks}plant, a new{blanks}model")) == ()


def test_ambiguous_words_need_company() -> None:
    assert found("AI and GPU and an apple, and my Model 3") == {}
    assert found("Nvidia sells AI") == {"NVDA": ("Nvidia", "keyword")}
    assert found("AI, says Nvidia") == {"NVDA": ("AI", "keyword")}
    assert found("GPU shortage $NVDA") == {"NVDA": ("$NVDA", "cashtag")}
    assert found("Apple Inc. grows") == {"AAPL": ("Apple", "keyword")}
    assert found("Nvidia ate an apple") == {"NVDA": ("Nvidia", "keyword")}
    assert found("Apple ships the iPhone") == {"AAPL": ("Apple", "keyword")}


def test_the_name_alone_is_company_only() -> None:
    matcher = Matcher([WatchRow(symbol="F", name="Ford", ambiguous=("truck",))])
    assert matcher.match("Ford") == ()
    assert [match.term for match in matcher.match("a truck by Ford")] == ["truck"]


def test_one_match_per_symbol_in_watchlist_order_and_as_configured() -> None:
    assert found("iphone or CYBERTRUCK or tesla") == {"TSLA": ("Cybertruck", "keyword"), "AAPL": ("iPhone", "keyword")}
    assert found("Tesla, yes, $TSLA") == {"TSLA": ("$TSLA", "cashtag")}


def test_the_first_keyword_counts_and_at_one_place_the_longest() -> None:
    matcher = Matcher([WatchRow(symbol="T", keywords=("truck", "Semi", "Semi truck"), ambiguous=("semi truck day",))])
    assert [match.term for match in matcher.match("the semi truck")] == ["Semi truck"]
    assert [match.term for match in matcher.match("a semi-truck; truck")] == ["Semi"]
    assert [match.term for match in matcher.match("semi truck day")] == ["semi truck day"]
    assert [match.term for match in matcher.match("a truck, a semi truck")] == ["truck"]


def test_cashtags_the_source_listed() -> None:
    assert found("no word of it", "TSLA", "tslaq", "$brk_b") == {
        "TSLA": ("$TSLA", "cashtag"),
        "BRK.B": ("$BRK.B", "cashtag"),
    }


def test_a_pair_that_the_source_listed() -> None:
    assert found("no word of it", "BTCUSD") == found("no word of it", "BTC.X") == {"BTC/USD": ("$BTC/USD", "cashtag")}


@pytest.mark.parametrize("order", [1, -1])
def test_anothers_cashtag_may_be_a_keyword(order: int) -> None:
    """In whatever order the rows stand, each symbol is matched by what is its own."""
    rows = [
        WatchRow(symbol="TSLL", keywords=("$TSLA", "$BRK", "geared")),
        WatchRow(symbol="TSLA"),
        WatchRow(symbol="BRK.B"),
    ]
    matcher = Matcher(rows[::order])

    def terms(text: str, *cashtags: str) -> dict[str, tuple[str, str]]:
        return {match.symbol: (match.term, match.kind) for match in matcher.match(display_text(text), cashtags)}

    both = {"TSLA": ("$TSLA", "cashtag"), "TSLL": ("$TSLA", "keyword")}
    assert terms("buy $TSLA!") == terms("buy $tsla", "TSLA") == both
    assert terms("buy $TSLAQ") == {}
    assert terms("$TSLA, geared") == both
    assert terms("geared $TSLA") == both | {"TSLL": ("geared", "keyword")}
    assert terms("$TSLL beats $TSLA") == both | {"TSLL": ("$TSLL", "cashtag")}
    assert terms("$BRK, not $BRK.B") == {"TSLL": ("$BRK", "keyword"), "BRK.B": ("$BRK.B", "cashtag")}
    assert terms("$BRK-B") == {"BRK.B": ("$BRK.B", "cashtag")}


def test_rows_stand_in_the_watchlists_order_however_many_there_are() -> None:
    rows = [WatchRow(symbol=f"S{chr(65 + number)}", keywords=(f"word{number}",)) for number in range(40)]
    symbols = [row.symbol for row in rows]
    matcher = Matcher(rows)
    for text in (
        " ".join(f"${symbol}" for symbol in reversed(symbols)),
        " ".join(f"word{n}" for n in range(39, -1, -1)),
    ):
        assert [match.symbol for match in matcher.match(text)] == symbols
    assert [match.symbol for match in matcher.match("", [symbols[33], symbols[8], symbols[1]])] == [
        symbols[1],
        symbols[8],
        symbols[33],
    ]


def test_a_vowel_sign_belongs_to_its_word() -> None:
    matcher = Matcher([WatchRow(symbol="T", keywords=("कर",))])
    assert matcher.match("कर") != ()
    assert matcher.match("करा") == ()


def test_a_watchlist_without_rows_or_words() -> None:
    assert Matcher([]).match("$TSLA Tesla", ["TSLA"]) == ()
    assert [match.symbol for match in Matcher([WatchRow(symbol="X")]).match("$x")] == ["X"]


def test_a_word_of_two_rows_matches_both() -> None:
    matcher = Matcher([WatchRow(symbol="GOOG", keywords=("Google",)), WatchRow(symbol="GOOGL", keywords=("google",))])
    assert [(match.symbol, match.term) for match in matcher.match("GOOGLE")] == [
        ("GOOG", "Google"),
        ("GOOGL", "google"),
    ]


WORDS = ("ab", "a", "b c", " ab  b c", "AI", "苹", "é", "a.b", "Cab")
PIECES = st.lists(st.sampled_from([*WORDS, " ", "$", "_", ".", "-", "x", "9", "果", "É", "ＡＢ"]), max_size=12).map(
    "".join
)
TABLE = st.lists(
    st.builds(
        WatchRow,
        symbol=st.sampled_from(["AB", "A", "A.B", "CAB", "X"]),
        name=st.sampled_from(["", "ab", "Cab"]),
        keywords=st.lists(st.sampled_from(WORDS), max_size=3).map(tuple),
        ambiguous=st.lists(st.sampled_from(WORDS), max_size=3).map(tuple),
    ),
    max_size=5,
    unique_by=lambda row: row.symbol,
)


def plain(text: str) -> str:
    return re.sub(" +", " ", text.lower().replace("ａｂ", "ab")).strip()


def naive(rows: list[WatchRow], text: str) -> list[tuple[str, str]]:
    """Row by row, term by term, with regular expressions."""
    text = plain(text)

    def first(terms: list[str]) -> list[tuple[int, int, str]]:
        places = []
        for term in terms:
            glue = "[0-9a-zé_]"
            left = rf"(?<!{glue})" if re.match(glue, term) else ""
            right = rf"(?!{glue})" if re.match(glue, term[-1:]) else ""
            if term and (hit := re.search(left + re.escape(term) + right, text)):
                places.append((hit.start(), -len(term), term))
        return places

    answers = []
    for row in rows:
        stem = re.escape(row.symbol.lower()).replace(r"\.", "[._-]")
        if re.search(rf"(?<![0-9a-zé_$])\${stem}(?![0-9a-zé_])(?!(?:[._][a-z]{{1,2}}|-[a-z])(?![0-9a-z_]))", text):
            answers.append((row.symbol, f"${row.symbol}"))
            continue
        ambiguous = [plain(word) for word in row.ambiguous]
        places = first([plain(word) for word in row.keywords if plain(word) not in ambiguous])
        if places or (plain(row.name) not in ambiguous and first([plain(row.name)])):
            places += first(ambiguous)
        if places:
            answers.append((row.symbol, min(places)[2]))
    return answers


@given(TABLE, PIECES)
def test_agrees_with_a_naive_search(rows: list[WatchRow], text: str) -> None:
    ours = [(m.symbol, m.term if m.kind == "cashtag" else plain(m.term)) for m in Matcher(rows).match(text)]
    assert ours == naive(rows, text)


@given(st.text(max_size=100))
def test_any_text_can_be_matched(text: str) -> None:
    assert len(MATCHER.match(text)) <= len(ROWS)


def author(name: str = "nobody", followers: int | None = None, verified: bool = False) -> Author:
    return Author(id="1", name=DisplayText(name), followers=followers, verified=verified)


@pytest.mark.parametrize(
    ("who", "influence"),
    [
        (author(), 0.5),
        (author(followers=10_000), 0.5),
        (author(followers=10_001), 0.6),
        (author(followers=100_000), 0.6),
        (author(followers=100_001), 0.7),
        (author(followers=1_000_000), 0.7),
        (author(followers=1_000_001), 0.8),
        (author(verified=True), 0.6),
        (author(followers=5_000_000, verified=True), 0.9),
        (author("ann_tesla"), 1.2),
        (author("ann_tesla", verified=True), 1.35),
        (author("Ann_Tesla", 5_000_000, True), 1.5),
    ],
)
def test_influence(who: Author, influence: float) -> None:
    (match,) = MATCHER.weigh(who, MATCHER.match("Tesla"))
    assert match.influence == influence
    assert (match.symbol, match.term, match.kind) == ("TSLA", "Tesla", "keyword")


def test_a_key_influencer_counts_for_their_own_row_only() -> None:
    weighed = MATCHER.weigh(author("ann_tesla"), MATCHER.match("$TSLA $NVDA"))
    assert [match.influence for match in weighed] == [1.2, 0.5]


@given(st.none() | st.integers(0, 10**9), st.booleans(), st.sampled_from(["x", "ann_tesla"]))
def test_influence_stays_in_range_and_grows_with_followers(followers: int | None, verified: bool, name: str) -> None:
    (match,) = MATCHER.weigh(author(name, followers, verified), MATCHER.match("Tesla"))
    (plain,) = MATCHER.weigh(author(name), MATCHER.match("Tesla"))
    assert plain.influence <= match.influence <= 1.5
