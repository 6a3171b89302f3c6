"""Figures and symbols set against each other, on made-up posts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.scoring.figures_said import in_words

money = st.decimals(min_value=1, max_value=900, places=2)


@pytest.mark.parametrize(
    "text, added",
    [
        ("EPS $1.20 vs $1.10 est", " beats estimates"),
        ("EPS $0.95 vs. $1.10 expected", " misses estimates"),
        ("EPS (0.05) versus estimates of (0.10)", " beats estimates"),
        ("Q3 EPS 35c, consensus 40c", " misses estimates"),
        ("revenue $5.2B vs $4,900M consensus", " beats estimates"),
        ("sees EPS $4.10-$4.20, consensus $3.95", " beats estimates"),
        ("guides revenue 1.10-1.15B vs 1.24B cons", " misses estimates"),
        ("Q3 EPS $0.95, est. $1.10", " misses estimates"),
        ("Q3 EPS $1.25 (est $1.10)", " beats estimates"),
        ("revenue 1.2B, estimate 900M", " beats estimates"),
        ("EPS of $.95 vs $1.10 est", " misses estimates"),
        ("EPS -$0.01 vs $2.10 est", " misses estimates"),
        ("EPS (.05) vs (.10) est", " beats estimates"),
    ],
)
def test_results_against_what_was_expected(text: str, added: str) -> None:
    assert in_words(text) == text + added


@pytest.mark.parametrize(
    "text, words",
    [
        ("price target to $150 from $200", "price target falls"),
        ("dividend raised to $.30 from $.25", "dividend raised rises"),
        ("target from $.80 to $1.20", "target rises"),
        ("Acme reiterates outperform, PT 90 from 120", "Acme , PT falls"),
        ("maintains its buy rating, target $90 from $70", ", target rises"),
        ("Acme reiterates outperform, PT 90", "Acme reiterates outperform, PT 90"),
        ("RSI 22 on $AB", "RSI 22 oversold on $AB"),
        ("RSI(14) is at 81.5", "RSI(14) is at 81.5 overbought"),
        ("RSI 70", "RSI 70 overbought"),
        ("RSI 30", "RSI 30 oversold"),
        ("RSI 69 and RSI 31", "RSI 69 and RSI 31"),
        ("RSI over 50", "RSI over 50"),
        ("RSI 14 day", "RSI 14 day"),
        ("$AB put/call ratio 1.4", "$AB put/call ratio 1.4; bought puts"),
        ("put/call ratio 1.01", "put/call ratio 1.01; bought puts"),
        ("put/call ratio 0.69", "put/call ratio 0.69; bought calls"),
        ("put/call ratio 0.7", "put/call ratio 0.7"),
        ("put/call ratio 1.0", "put/call ratio 1.0"),
        ("P/C ratio is at 0.45 on $AB", "P/C ratio is at 0.45; bought calls on $AB"),
        ("put-call volume ratio: 0.8", "put-call volume ratio: 0.8"),
        ("put/call ratio 14%", "put/call ratio 14%"),
        ("put/call ratio up 3.5 points", "put/call ratio up 3.5 points"),
        ("P/C: call, 300 of them", "P/C: call, 300 of them"),
        ("$AB looks great, $CD not so much", "$AB looks great; $CD not looks great"),
        ("went from 20 to 60 in a month", "went rises in a month"),
        ("margin to 36% from 31%", "margin rises"),
        ("prefer $AB over $CD", "buy $AB, avoid $CD"),
        ("out of $AB, into $CD", "dumped $AB, bought $CD"),
        ("sold $AB to buy $CD", "dumped $AB, bought $CD"),
        ("$AB > $CD", "long $AB, short $CD"),
        ("rather own $AB than $CD", "buy $AB, avoid $CD"),
        ("out of $AB; in $CD.", "dumped $AB, bought $CD."),
        ("switched my savings from $AB to $CD", "dumped $AB, bought $CD"),
        ("swapped my $AB for $CD", "dumped $AB, bought $CD"),
        ("$AB is taking share from $CD", "$AB strong, $CD weak"),
        ("Longs: $AB, $CD. Shorts: $EF and $GH", "; long $AB $CD; ; short $EF $GH;"),
        ("losers today: $AB", "losers today: $AB"),
        ("Puts today: $AB $CD, see you", "; today bought puts $AB $CD; see you"),
        ("gross margin 27% vs 22% a year ago", "gross margin rises"),
        ("revenue $4.1B versus $4.4B last year", "revenue falls"),
        ("price target from \u0663 to \u0664", "price target rises"),
        ("Longs: $AB, \u017fells: $CD", "; long $AB; ; short $CD;"),
    ],
)
def test_in_words(text: str, words: str) -> None:
    assert " ".join(in_words(text).split()) == words


@pytest.mark.parametrize(
    "text",
    ["", "vs", "Ohio vs Iowa 21-7", "sales from 2015 to 4", "open from 9 to 5", "EPS $1 vs $1 est", "rose from 5 to 5"],
)
def test_nothing_to_compare(text: str) -> None:
    assert in_words(text) == text


@pytest.mark.parametrize(
    "unit, size",
    [
        *(("", 1.0), ("c", 0.01), ("¢", 0.01), ("k", 1e3), ("m", 1e6), ("M", 1e6), ("mln", 1e6), (" million", 1e6)),
        *(("b", 1e9), ("bn", 1e9), (" billion", 1e9)),
    ],
)
def test_a_unit_is_what_it_says(unit: str, size: float) -> None:
    for share, verdict in ((1.05, "beats"), (0.95, "misses")):
        text = f"results ${size * share:.4f} vs 1{unit} est"
        assert in_words(text) == f"{text} {verdict} estimates"


@given(money, money)
def test_the_order_of_the_figures_decides(actual: object, expected: object) -> None:
    told = in_words(f"EPS ${actual} vs ${expected} est")
    told = told.partition(" est")[2]
    ratio = float(str(actual)) / float(str(expected))
    near = 1 / 20 < ratio < 20
    assert told == ("" if ratio == 1 or not near else " beats estimates" if ratio > 1 else " misses estimates")


@given(st.text(max_size=120), st.text(alphabet="0123456789\u0663.,-$()%cmb vs\u017ffromtoest", max_size=120))
def test_any_text_is_read(text: str, figures: str) -> None:
    assert isinstance(in_words(f"{text} from 1 to {figures} vs {figures} est"), str)


@pytest.mark.parametrize("figure", ["1" * 970, "1," * 480, "1.1-" * 240, "9 " * 480])
def test_a_figure_without_end_is_no_figure(figure: str) -> None:
    """Its length is bounded, so that a post of digits costs no more than another."""
    text = f"RSI {figure} vs 1.20 est"
    assert in_words(text).startswith("RSI ")
