import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import DisplayText
from tests.desk.made_up import post
from widgets.post_filter import PostFilter

TESLA = msgspec.structs.replace(
    post(0), author=DisplayText("Quiet_Tape"), text=DisplayText("Margin back over 20 %"), symbols=("TSLA",), score=0.4,
    verified=True, source="x",
)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "",
        "TSLA",
        "$TSLA",
        "@quiet",
        "@Quiet_Tape >0.3",
        "<0.5",
        "bull",
        "verified",
        "from:x",
        "margin",
        "MARGIN 20",
        "$tsla",
        "marg",
    ],
)
def test_passes(text: str) -> None:
    assert PostFilter(text).matches(TESLA)


@pytest.mark.parametrize(
    "text",
    [
        "NVDA",
        "@tape",
        ">0.4",
        "<0.4",
        "bear",
        "from:news",
        "margins",
        "TSLA bear",
        "$TSL",
        "TSL",
        "$M",
        "M",
        "MARG",
        "$20",
    ],
)
def test_holds_back(text: str) -> None:
    assert not PostFilter(text).matches(TESLA)


@pytest.mark.parametrize(
    ("said", "passes"),
    [
        ("F", True),
        ("why $F?", True),
        ("$F, $GM", True),
        ("$FOX", False),
        ("$F.B", False),
        ("US$F", False),
        ("f", False),
    ],
)
def test_a_cashtag_is_that_very_one(said: str, passes: bool) -> None:
    """By its match where it is watched, else by the text."""
    watched = ("F",) if said == "F" else ("FOX",)
    assert PostFilter("$F").matches(msgspec.structs.replace(TESLA, text=DisplayText(said), symbols=watched)) is passes


@given(st.text(max_size=60))
def test_any_text_is_a_filter(text: str) -> None:
    assert PostFilter(text).matches(TESLA) in (True, False)
    assert bool(PostFilter(text)) == bool(text.split())
