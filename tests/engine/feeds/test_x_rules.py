"""Rules made from the watchlist: X accepts them, every symbol is covered, ambiguous words never stand alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import WatchRow, XConfig
from engine.errors import ConfigError
from engine.feeds.x_rules import (
    QUERY_LENGTH,
    TAG_PREFIX,
    Existing,
    Rule,
    build_queries,
    build_rules,
    difference,
    keys,
    listened,
    terms,
    told_rules,
)
from engine.model.feeds import Standing
from tests.engine.feeds.x_harness import WATCHLIST
from tests.program import clean
from tests.venues.x.query import Subject, parse

WORDS = st.sampled_from(
    ["Tesla", "Cybertruck", "Tim Cook", "iPhone", "S&P 500", "AT&T", "O'Reilly", "OR", "and", "model", "AI", "GPU",
     "Müller", "特斯拉", "$TSLAQ", "#ev", "@jane_doe", "C++", "3M", 'the "real" thing', "-minus", "a:b", "(x)", "Apple"]
)  # fmt: skip
SYMBOLS = st.text("ABCDEFGH", min_size=1, max_size=5) | st.sampled_from(["BRK.B", "TSLA", "AAPL"])
ROWS = st.lists(
    st.builds(
        WatchRow,
        symbol=SYMBOLS,
        name=st.just("") | WORDS,
        keywords=st.lists(WORDS, max_size=6).map(tuple),
        ambiguous=st.lists(WORDS, max_size=3).map(tuple),
    ),
    min_size=1,
    max_size=10,
    unique_by=lambda row: row.symbol,
)
SETTINGS = st.builds(
    XConfig,
    rule_length=st.sampled_from([100, 200, 512, 1024]),
    languages=st.sampled_from([(), ("en",), ("en", "de", "ja")]),
    reposts=st.booleans(),
)


def test_the_shape() -> None:
    rules = build_rules(WATCHLIST, XConfig())
    assert [rule.value for rule in rules] == [
        '($TSLA OR Tesla OR "Gigafactory Berlin" OR Cybertruck OR $AAPL OR iPhone OR "Tim Cook") lang:en -is:retweet'
    ]
    assert rules[0].symbols == ("TSLA", "AAPL")
    assert rules[0].tag.startswith("desk:TSLA+1:")
    many = build_rules(WATCHLIST, XConfig(languages=("en", "de"), reposts=True))
    assert many[0].value.endswith(") (lang:en OR lang:de)")


@given(ROWS, SETTINGS)
@settings(max_examples=50)
def test_every_rule_is_valid_short_tagged_and_deterministic(rows: list[WatchRow], made: XConfig) -> None:
    rules = build_rules(rows, made)
    assert rules == build_rules(rows, made)
    for rule in rules:
        assert len(rule.value) <= made.rule_length
        parse(rule.value, made.rule_length)
        assert rule.tag.startswith(TAG_PREFIX)
    assert len({rule.tag for rule in rules}) == len(rules)
    assert len({rule.value for rule in rules}) == len(rules)
    for query in build_queries(rows, made):
        parse(query.value, QUERY_LENGTH)


@given(ROWS, SETTINGS)
@settings(max_examples=100)
def test_what_the_rules_listen_for_is_what_every_symbol_needs(rows: list[WatchRow], made: XConfig) -> None:
    """Else a symbol would never be covered. A rule names each symbol that has a term in it, shared ones too."""
    rules = build_rules(rows, made)
    heard = [listened(rule.value, made) for rule in rules]
    for row in rows:
        assert keys(row) <= frozenset[str]().union(*heard)
        named = {rule.value for rule in rules if row.symbol in rule.symbols}
        assert named == {rule.value for rule, has in zip(rules, heard, strict=True) if has & keys(row)}


@given(ROWS, SETTINGS, st.lists(WORDS, max_size=3))
@settings(max_examples=50)
def test_a_post_comes_in_exactly_when_it_holds_an_unambiguous_term(
    rows: list[WatchRow], made: XConfig, words: list[str]
) -> None:
    parsed = [parse(rule.value, made.rule_length) for rule in build_rules(rows, made)]
    own = [term for row in rows for term in terms(row)]
    language = made.languages[0] if made.languages else ""
    for text in (" ".join(words), *(term.strip('"') for term in own)):
        subject = Subject(text, lang=language)
        wanted = any(parse(term, 200).matches(subject) for term in own)
        assert any(query.matches(subject) for query in parsed) == wanted


@given(ROWS)
@settings(max_examples=50)
def test_no_term_is_ambiguous(rows: list[WatchRow]) -> None:
    for row in rows:
        ambiguous = {word.casefold() for word in row.ambiguous}
        assert not ambiguous & {term.strip('"').casefold() for term in terms(row)}


@given(st.lists(st.sampled_from(["tesla", "$TSLA", "model", "ai", "cybertruck", "other"]), max_size=4))
def test_a_group_around_an_ambiguous_word_would_change_nothing(words: list[str]) -> None:
    subject = Subject(" ".join(words))
    grouped = "($TSLA OR Tesla OR Cybertruck OR (Model ($TSLA OR Tesla OR Cybertruck)) OR (AI ($TSLA OR Tesla)))"
    assert parse(grouped, 500).matches(subject) == parse("($TSLA OR Tesla OR Cybertruck)", 500).matches(subject)


def test_a_symbol_that_fits_is_kept_together_and_a_large_one_is_split() -> None:
    rows = [WatchRow(symbol=f"S{chr(65 + n)}", keywords=(f"keyword{n}", f"other{n}")) for n in range(9)]
    rules = build_rules(rows, XConfig(rule_length=100))
    for row in rows:
        assert sum(row.symbol in rule.symbols for rule in rules) == 1
    large = WatchRow(symbol="BIG", keywords=tuple(f"keyword{n}" for n in range(60)))
    assert sum("BIG" in rule.symbols for rule in build_rules([large], XConfig(rule_length=200))) > 3


def test_a_term_of_two_symbols_is_searched_once() -> None:
    rows = [WatchRow(symbol="A", keywords=("EV",)), WatchRow(symbol="B", keywords=("ev",))]
    assert build_rules(rows, XConfig())[0].value == "($A OR EV OR $B) lang:en -is:retweet"


@pytest.mark.parametrize(
    ("symbol", "cashtag"), [("tsla", "$TSLA"), ("BRK.B", "$BRK.B"), ("BTC/USD", "$BTC"), ("0700", ""), ("TOOLONGX", "")]
)
def test_cashtags(symbol: str, cashtag: str) -> None:
    assert terms(WatchRow(symbol=symbol, keywords=("word",))) == (*filter(None, [cashtag]), "word")


def test_what_cannot_be_a_rule_is_refused_with_the_symbol() -> None:
    with pytest.raises(ConfigError, match="'0700'"):
        build_rules([WatchRow(symbol="0700")], XConfig())
    with pytest.raises(ConfigError, match="found none"):
        build_rules([], XConfig())
    with pytest.raises(ConfigError, match=r"\[\[watchlist\]\] A: .*at most"):
        build_rules([WatchRow(symbol="A", keywords=("x" * 2000,))], XConfig())
    rows = [WatchRow(symbol="A", keywords=tuple(f"keyword{n}" for n in range(100)))]
    with pytest.raises(ConfigError, match="at most 2 stream rules"):
        build_rules(rows, XConfig(rule_length=100, rule_limit=2))


def existing(rule: Rule, number: int) -> Existing:
    return Existing(str(number), rule.value, rule.tag)


@given(ROWS, ROWS, st.lists(st.text("abc ", min_size=1, max_size=9), max_size=4, unique=True))
@settings(max_examples=50)
def test_the_difference_leads_to_the_wanted_rules_and_spares_foreign_ones(
    before: list[WatchRow], after: list[WatchRow], foreign: list[str]
) -> None:
    wanted = build_rules(after, XConfig(rule_length=200))
    held = [existing(rule, n) for n, rule in enumerate(build_rules(before, XConfig(rule_length=200)))]
    held += [Existing(f"9{n}", value, "theirs") for n, value in enumerate(foreign)]
    change = difference(wanted, held)
    assert all(rule.ours for rule in change.delete)
    left = {rule.value for rule in held if rule not in change.delete} | {rule.value for rule in change.add}
    assert left == {rule.value for rule in wanted} | set(foreign)
    assert difference(wanted, [existing(rule, n) for n, rule in enumerate(wanted)]).add == ()


def test_a_wanted_rule_held_under_a_foreign_tag_is_kept() -> None:
    [wanted] = build_rules(WATCHLIST, XConfig())
    change = difference([wanted], [Existing("1", wanted.value, "theirs")])
    assert (change.add, change.delete, [rule.id for rule in change.keep]) == ((), (), ["1"])


def test_every_rule_is_told_as_it_stands_with_its_length() -> None:
    wanted = [Rule("($TSLA)", "desk:TSLA:1", ("TSLA",)), Rule("($AAPL)", "desk:AAPL:2", ("AAPL",))]
    assert {rule.standing for rule in told_rules("x", wanted, (), {}, 1024)} == {Standing.PENDING}
    held = [Existing("1", "($TSLA)", "somebody's"), Existing("2", "($OLD)", "desk:OLD:0"), Existing("3", "tea", "t")]
    told = told_rules("x", wanted, held, {"($AAPL)": "no"}, 1024)
    assert [(rule.text, rule.standing, rule.reason) for rule in told] == [
        ("($TSLA)", Standing.ACTIVE, ""),
        ("($AAPL)", Standing.REFUSED, "no"),
        ("tea", Standing.FOREIGN, ""),
    ]
    assert (told[0].length, told[0].limit, told[0].symbols) == (7, 1024, ("TSLA",))


@given(st.text(max_size=2_000), st.text(max_size=600))
def test_what_others_named_their_rules_reaches_no_terminal(text: str, tag: str) -> None:
    [told] = told_rules("x", [], [Existing("1", f"\x1b]0;{text}\x07", f"\x1b[2J{tag}")], {}, 1024)
    assert told.standing is Standing.FOREIGN
    assert clean(told.text)
    assert clean(told.tag)
    assert len(told.text) <= 1024
