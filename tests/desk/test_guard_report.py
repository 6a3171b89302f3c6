"""What the guards made of a post, as lines that fit, drive no terminal, and have the post asked about among them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from desk.guard_report import POSTS, weighing_lines
from engine.clock import DAY, SECOND, exchange_time
from engine.journal.weighing import ClusterPost, Weighing
from engine.model import Author, DisplayText, GuardMark, Match, Post
from engine.model.records import GuardRecord, PostRecord

T0 = 1_773_230_000 * SECOND


def cluster_post(number: int, text: str = "buy it", *, weight: float = 1.0, followers: int | None = 10) -> ClusterPost:
    author = Author(f"a{number}", DisplayText(f"a{number}"), followers, created_ns=T0 - 9 * DAY)
    at_ns = T0 + number * SECOND
    post = Post(f"p{number}", "x", at_ns, at_ns, author, text, DisplayText(text), client="Deckboard")
    return ClusterPost(PostRecord.of(post, (Match("GOOG", "$GOOG", "cashtag"),)), GuardMark(), weight)


def weighing(posts: list[ClusterPost], asked: int = 0, **more: object) -> Weighing:
    similar = tuple(posts) if len(posts) > 1 else ()
    return Weighing(posts[asked].record.post.id, T0, posts[asked], "p0", similar=similar, **more)  # type: ignore[arg-type]


@settings(max_examples=30)
@given(
    texts=st.lists(st.text(max_size=200) | st.just("\x1b[2J\u202e" + "x" * 300), min_size=1, max_size=4),
    width=st.integers(40, 200),
)
def test_every_line_fits_and_holds_nothing_that_a_terminal_obeys(texts: list[str], width: int) -> None:
    lines = weighing_lines(weighing([cluster_post(number, text) for number, text in enumerate(texts)]), width)
    assert all(len(line) <= width for line in lines)
    assert not any(ord(sign) < 32 or sign in "\x7f\u202e\u200b" for line in lines for sign in line)
    assert lines[0].startswith("POST p0 ") and any(line.startswith("WEIGHT 1 of 1") for line in lines)


def test_of_many_the_first_are_shown_and_the_one_asked_about() -> None:
    many = [cluster_post(number) for number in range(POSTS + 5)]
    lines = weighing_lines(weighing(many, asked=POSTS + 3, more=7))
    rows = [line for line in lines if line.startswith(("→ ", "  20"))]
    assert lines[lines.index("SIMILAR POSTS, times of New York") + 1].startswith(f"  {exchange_time(T0)[11:19]} ")
    marked = [line for line in lines if line.startswith("→")]
    assert len(marked) == 1 and f"@a{POSTS + 3}," in marked[0], rows
    assert lines[-1] == "  … and 12 more"
    (head,) = (line for line in lines if line.startswith("CLUSTER"))
    assert f"{POSTS + 12} posts of {POSTS + 5} authors in 14 s" in head
    assert "median followers 10 · median age 9 days · 1 program" in head
    assert "  no ring was found in it" in lines


def test_a_verdict_says_what_it_rests_on_and_a_lower_weight_what_it_was_before() -> None:
    verdict = GuardRecord("p0", T0 + SECOND, True, 0.91, "ring: 4 authors in 3 s", 4, 1, ("p0",), (0.2,))
    posts = [cluster_post(0, weight=0.2), cluster_post(1)]
    lines = weighing_lines(weighing(posts, verdicts=(verdict,), replaces="p9", replaced_by="p8"))
    assert "WEIGHT 0.2 of 1, 1 when it came" in lines
    assert any("ring: 4 authors in 3 s · suspicion 0.91, 1 earlier posts weighed again" in line for line in lines)
    assert "  an edit: it took the place of p9" in lines
    assert "  replaced by its edit p8: it does not count any more" in lines


def test_what_is_not_known_is_called_unknown() -> None:
    (line, *_) = weighing_lines(weighing([cluster_post(0, followers=None)]), 200)
    assert "followers unknown" in line
    assert weighing_lines(weighing([cluster_post(0)]))[-1] == "CLUSTER none: no other post says nearly the same"
