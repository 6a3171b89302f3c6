"""Near-duplicates: the sketch against the sets it stands for, and the index over it."""

from __future__ import annotations

import random
from array import array
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.guards.similar import DEEP, SKETCH, SLOTS, Index, Sketch, jaccard, read, sketch
from engine.text import text_key

WORD = st.text("abcdefghij", min_size=1, max_size=6)
SENTENCE = st.lists(WORD, min_size=4, max_size=60).map(" ".join)


class Item:
    def __init__(self, name: str, words: Sketch, letters: int = 0) -> None:
        self.name = name
        self.sketch = words
        self.letters = letters


def alike(one: Sketch, other: Sketch) -> float:
    return jaccard(set(one).intersection(other), one, other)


def pairs(text: str) -> set[tuple[str, str]]:
    words = text_key(text).split()
    return set(pairwise(words))


@given(st.text(max_size=300), st.lists(st.sampled_from(["AB", "CD", "EF"]), max_size=3))
def test_a_sketch_is_small_ascending_and_each_hash_once(text: str, tags: list[str]) -> None:
    found = list(sketch(text, tags))
    assert len(found) <= SKETCH
    assert found == sorted(set(found))
    assert alike(sketch(text, tags), sketch(text, reversed(tags))) in (0.0, 1.0)


@given(SENTENCE, SENTENCE)
def test_short_texts_are_compared_exactly(one: str, other: str) -> None:
    first, second = pairs(one), pairs(other)
    if max(len(first), len(second)) < SKETCH:
        exact = len(first & second) / len(first | second)
        # "a bc" and "ab c" are one pair to the hash: words run together.
        assert alike(sketch(one), sketch(other)) == pytest.approx(exact, abs=0.15)


def test_long_texts_are_estimated() -> None:
    draw = random.Random(4)
    errors = []
    for _ in range(200):
        words = [f"w{draw.randrange(10**6)}" for _ in range(120)]
        other = list(words)
        for place in draw.sample(range(120), 12):
            other[place] = f"v{place}"
        one, two = " ".join(words), " ".join(other)
        exact = len(pairs(one) & pairs(two)) / len(pairs(one) | pairs(two))
        errors.append(alike(sketch(one), sketch(two)) - exact)
    assert abs(sum(errors) / len(errors)) < 0.02
    assert max(map(abs, errors)) < 0.3


@pytest.mark.parametrize(
    "other",
    [
        "RT @ann: The plant in the north opens a quarter early, officials say",
        "the PLANT in the north opens a quarter early — officials say!!! 🚀 https://t.co/abc",
        "$GOOG the plant in the north opens a quarter early. Officials say $XYZ",
    ],
)
def test_what_does_not_count(other: str) -> None:
    assert alike(sketch("The plant in the north opens a quarter early, officials say"), sketch(other)) == 1.0


def test_one_changed_word_is_nearly_the_same_and_another_sentence_is_not() -> None:
    one = sketch("huge gains are coming for this small company so join our free group today")
    assert alike(one, sketch("huge gains are coming for this tiny company so join our free group today")) > 0.6
    assert alike(one, sketch("this company opens a plant in the north a quarter early officials say")) < 0.1


def test_a_short_text_counts_with_its_cashtags() -> None:
    assert alike(sketch("buy now", ("AB", "CD")), sketch("Buy NOW!", ("CD", "AB"))) == 1.0
    assert alike(sketch("buy now", ("AB",)), sketch("buy now", ("XY", "Z"))) < 0.6
    assert not sketch("https://t.co/x", ("AB",))
    assert not sketch("")
    assert len(sketch("https://t.co/x", ("AB", "CD", "EF"))) == 2


def test_a_post_of_emoji_alone_is_what_they_are() -> None:
    """In whatever order and number; a picture says nothing here, for nobody reads it."""
    rockets = sketch("$AB 🚀🚀💎 https://t.co/x", ("AB",))
    assert alike(rockets, sketch("💎🚀 $AB", ("AB",))) == 1.0
    assert alike(rockets, sketch("💎🚀🔥 $AB", ("AB",))) == pytest.approx(2 / 3)
    assert alike(rockets, sketch("💎🚀 $XY", ("XY",))) == 0.0
    assert alike(rockets, sketch("📉 $AB", ("AB",))) == 0.0
    assert not sketch("🚀🚀") and not sketch("$AB — … https://t.co/x", ("AB",))


def test_another_script_beside_latin_words_is_what_is_said() -> None:
    """Under the same hashtags, two opinions."""
    tags = "#stocks #investing #trading #nasdaq"
    rises, falls = f"$TSLA 今日は上がったので売った {tags}", f"$TSLA 決算が悪い、もう買わない {tags}"
    assert alike(sketch(rises, ("TSLA",)), sketch(falls, ("TSLA",))) < 0.3
    assert alike(sketch(rises, ("TSLA",)), sketch(rises.upper(), ("TSLA",))) == 1.0
    assert alike(sketch("爆上げ $TSLA", ("TSLA",)), sketch("爆上げ 🚀🚀🚀 $TSLA", ("TSLA",))) == 1.0


@pytest.mark.parametrize(
    "other",
    [
        "The plant in the no rth op ens a quar ter early offi cials say",
        "The.plant-in the_northopens a quarter early, officials say",
        "TheplantinthenorthopensaquarterearlyofficialsSay",
        "T🚀he plant🚀🚀 in🔥🔥🔥 the no🚀🚀rth 💎💎💎o💎pens a qua🔥🔥rter ea💎💎rly of💎💎ficials💎 s💎💎ay🔥",
    ],
)
def test_the_letters_are_the_same_wherever_the_blanks_are(other: str) -> None:
    wanted = read("The plant in the north opens a quarter early, officials say")[1]
    assert wanted
    assert read(f"RT @ann: {other} https://t.co/x $GOOG")[1] == wanted
    assert read("the plant in the south opens a quarter early, officials say")[1] != wanted


def test_few_letters_tell_nothing_and_many_are_enough() -> None:
    assert read("great quarter, beat", ("AB",))[1] == 0
    long = "letters of a long article " * 40
    assert read(long)[1] == read(long.replace("e", "e "))[1] != 0


def test_the_index_finds_the_same_letters_until_they_are_dropped() -> None:
    index: Index[Item] = Index(0.6)
    one = Item("one", *read("huge gains are coming for this small company"))
    glued = read("hugegainsarecomingforthissmallcompany")
    index.put(one)
    assert index.find(*glued) is one
    assert index.find(glued[0]) is None
    index.drop(one)
    assert index.find(*glued) is None


@given(st.lists(st.tuples(st.sampled_from(["put", "put", "drop", "find"]), st.integers(0, 15)), max_size=80))
def test_a_slot_leads_to_the_newest_things(moves: list[tuple[str, int]]) -> None:
    """Against a list of what was put; all have the same four smallest hashes, and little else in common."""
    index: Index[Item] = Index(0.9)
    sketches = [array("I", [1, 2, 3, 4, *range(10 * n + 10, 10 * n + 18)]) for n in range(16)]
    items, newest = [Item(str(n), words) for n, words in enumerate(sketches)], list[Item]()
    for what, number in moves:
        item = items[number]
        if what == "find":
            assert index.find(item.sketch) is (item if item in newest else None)
            continue
        if item in newest:
            newest.remove(item)
        if what == "put":
            index.put(item)
            newest = [item, *newest][:DEEP]
        else:
            index.drop(item)
    assert len(index) <= 4
    for item in items:
        index.drop(item)
    assert (len(index), index._older) == (0, {})


def test_the_hashes_are_the_same_everywhere() -> None:
    assert list(sketch("made up words that stay")) == [1171686641, 1508865738, 2671887522, 2767674468]


def test_the_index_finds_what_is_alike_until_it_is_dropped() -> None:
    index: Index[Item] = Index(0.6)
    one = Item("one", sketch("huge gains are coming for this small company so join our free group today"))
    near = sketch("huge gains are coming for this tiny company so join our free group today")
    index.put(one)
    assert index.find(near) is one
    assert index.find(sketch("a quite different text about a plant in the north that opens early")) is None
    index.drop(one)
    assert index.find(near) is None
    assert len(index) == 0


def test_a_common_phrase_costs_no_more_than_a_rare_one() -> None:
    index: Index[Item] = Index(0.6)
    items = [Item(str(n), sketch(f"good morning all traders x{n} y{n} z{n} q{n} r{n} s{n}")) for n in range(3000)]
    for item in items:
        index.put(item)
    assert len(index) <= len(items) * SLOTS
    assert sum(index.find(item.sketch) is item for item in items) > 2990
    for item in items:
        index.drop(item)
    assert len(index) == 0


def test_near_duplicates_are_found_nearly_always() -> None:
    draw = random.Random(7)
    vocabulary = [f"word{n}" for n in range(400)]
    index: Index[Item] = Index(0.6)
    hits = tries = 0
    for number in range(2000):
        words = draw.choices(vocabulary, k=draw.randint(10, 30))
        index.put(Item(str(number), sketch(" ".join(words))))
        other = list(words)
        other[draw.randrange(len(other))] = "changed"
        near = sketch(" ".join(other))
        if alike(sketch(" ".join(words)), near) >= 0.6:
            tries += 1
            found = index.find(near)
            hits += found is not None and found.name == str(number)
    assert tries > 1500
    assert hits / tries > 0.97
