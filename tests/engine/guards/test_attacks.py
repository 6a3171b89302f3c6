"""Attacks on a mood, and news that only looks like one: the raw mood moves, the cleaned one does what it should."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from zlib import crc32

import pytest

from engine.config import Config, SentimentConfig, WatchRow
from engine.guards import Guards
from engine.guards.similar import jaccard, sketch
from engine.model import GuardMark, Match, Mood, Post, Reading, ScoredPost
from engine.sentiment import Sentiment
from engine.text import display_text
from tests.engine.guards.made_up import NEWS, crowd, post

PITCH = (
    "this small company is the next big winner huge gains are coming so join our free group today before it is too late"
)
CALM, LOUD = -0.2, 0.9
"""What ordinary posts say, and what the promoter's say."""
LOOKALIKES = str.maketrans("aeopcxyi", "аеорсхуі")
ACCENTS = str.maketrans("aeiou", "áèîöū")
FULLWIDTH = {code: chr(code + 0xFEE0) for code in range(ord("a"), ord("z") + 1)}
FIGURES = str.maketrans("aeiost", "431057")
SMALL_CAPITALS = str.maketrans("abcdefghijklmnoprstuvwz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡᴢ")
RAISED = str.maketrans("abcdefghijklmnoprstuvwxyz", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ")
SQUARED = {code: chr(0x1F170 + code - ord("a")) for code in range(ord("a"), ord("z") + 1)}
ARMENIAN = str.maketrans("ouhngqsl", "օսհոցզѕӏ")
TURNED = str.maketrans("aehmrtvwy", "ɐǝɥɯɹʇʌʍʎ")
BOLD = {code: chr(0x1D41A + code - ord("a")) for code in range(ord("a"), ord("z") + 1)}


@dataclass
class Desk:
    """Guards and one symbol's mood, as the pipeline joins them."""

    guards: Guards = field(default_factory=lambda: Guards(Config(watchlist=(WatchRow(symbol="GOOG"),))))
    sentiment: Sentiment = field(default_factory=lambda: Sentiment(SentimentConfig(window_s=1800.0), ("GOOG",)))
    marks: dict[str, GuardMark] = field(default_factory=dict)
    now_ns: int = 0

    def take(self, posts: Iterable[Post], score: float, *more: str) -> None:
        matches = tuple(Match(symbol, "$" + symbol, "cashtag") for symbol in ("GOOG", *more))
        for made in posts:
            weighed = self.guards.check(made, matches)
            self.marks[made.id] = weighed.mark
            if weighed.verdict is not None:
                for post_id, weight in zip(weighed.verdict.posts, weighed.verdict.weights, strict=True):
                    self.sentiment.weigh(post_id, weight)
            self.now_ns = max(self.now_ns, made.received_ns)
            reading = Reading(made.id, "made up", "1", score, 0.8, made.received_ns)
            self.sentiment.add(ScoredPost(made, matches, reading, mark=weighed.mark), self.now_ns)

    def mood(self) -> Mood:
        return self.sentiment.mood("GOOG", self.now_ns)

    def kinds(self, post_id: str) -> set[str]:
        return {reason.partition(":")[0] for reason in self.marks[post_id].reasons}


def calm() -> Desk:
    """A quarter of an hour of ordinary posts: thirty people, thirty opinions."""
    desk = Desk()
    desk.take((post(number, after_s=30.0 * number - 900) for number in range(30)), CALM)
    return desk


def promoted(count: int, say: Callable[[int], str], every_s: float = 10.0) -> list[Post]:
    """Accounts a week old, one program."""
    return [
        post(1000 + n, display_text(say(n)), after_s=n * every_s, followers=7, age_days=9, client="BulkPilot")
        for n in range(count)
    ]


def some(draw: random.Random, table: Mapping[int, int | str]) -> str:
    """The pitch with a third of its letters swapped, others in every copy."""
    return "".join(letter.translate(table) if draw.random() < 0.33 else letter for letter in PITCH)


DISGUISES: dict[str, Callable[[random.Random], str]] = {
    "none": lambda draw: PITCH,
    "case": lambda draw: "".join(draw.choice((letter.upper(), letter)) for letter in PITCH),
    "emoji": lambda draw: " ".join(word + draw.choice(("", "🚀", "💎", " 🔥")) for word in PITCH.split()),
    "zero width": lambda draw: "".join(letter + draw.choice(("", "", "\u200b", "\u2060")) for letter in PITCH),
    "marks inside words": lambda draw: "".join(
        letter + ("." if letter != " " and draw.random() < 0.2 else "") for letter in PITCH
    ),
    "Cyrillic": lambda draw: some(draw, LOOKALIKES),
    "accents": lambda draw: some(draw, ACCENTS),
    "fullwidth": lambda draw: some(draw, FULLWIDTH),
    "mathematical": lambda draw: some(draw, BOLD),
    "small capitals": lambda draw: some(draw, SMALL_CAPITALS),
    "raised": lambda draw: some(draw, RAISED),
    "squared": lambda draw: some(draw, SQUARED),
    "Armenian": lambda draw: some(draw, ARMENIAN),
    "turned": lambda draw: some(draw, TURNED),
    "figures": lambda draw: some(draw, FIGURES),
    "links and mentions": lambda draw: f"@u{draw.random()} {PITCH} https://t.co/{draw.random()} @v{draw.random()} $ABC",
    "a synonym": lambda draw: PITCH.replace("huge", draw.choice(("large", "massive", "giant", "crazy"))),
    "every fifth word": lambda draw: " ".join(
        f"w{draw.randrange(9999)}" if number % 5 == 4 else word for number, word in enumerate(PITCH.split())
    ),
    "blanks inside words": lambda draw: "".join(letter + draw.choice(("", "", "", " ")) for letter in PITCH),
    "blanks left out": lambda draw: "".join(
        draw.choice(("", " ", "-", ".")) if letter == " " else letter for letter in PITCH
    ),
    "more emoji than letters": lambda draw: "".join(
        letter + (draw.choice(("", "🚀🚀", "🔥💎", "🚀🚀🚀", "🔥🔥")) if letter != " " else "") for letter in PITCH
    ),
    "random words": lambda draw: PITCH + " " + " ".join(f"w{draw.randrange(9999)}" for _ in range(5)),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_disguised_copy_is_a_copy(disguise: str) -> None:
    desk, draw = calm(), random.Random(4)
    before = desk.mood()
    desk.take(promoted(40, lambda _: DISGUISES[disguise](draw)), LOUD)
    after = desk.mood()
    assert before.value is not None and after.value is not None and after.raw is not None
    assert after.raw > 0.3
    assert after.value == pytest.approx(CALM)
    assert "ring" in desk.kinds("p1039")
    assert after.raw_volume - after.volume == 40


def test_two_texts_with_a_phrase_in_common_do_not_hide_each_others_copies() -> None:
    """Who knows the hash finds a phrase with the smallest ones, and by that phrase texts are looked for."""
    phrase = ["rep", "fug", "zev", "nof", "rom"]
    smallest = sorted(crc32(after.encode(), crc32(word.encode())) for word, after in pairwise(phrase))
    syllables = [one + vowel + other for one in "bdfgkmnprtvz" for vowel in "aeou" for other in "bdfgkmnprtvz"]
    draw, texts = random.Random(1), list[str]()
    while len(texts) < 5:
        text = " ".join([*phrase, *draw.sample(syllables, 14)])
        if list(sketch(text)[: len(smallest)]) == smallest:
            texts.append(text)
    one, other = sketch(texts[0]), sketch(texts[1])
    assert jaccard(set(one).intersection(other), one, other) < 0.2
    for number in (2, 5):
        desk = calm()
        bought = [
            post(1000 + n, texts[n % number], after_s=5.0 * n, followers=60, age_days=1500, client="BulkPilot")
            for n in range(60)
        ]
        desk.take(bought, LOUD)
        mood = desk.mood()
        assert mood.raw is not None and mood.raw > 0.4
        assert mood.value == pytest.approx(CALM)
        assert sum("ring" in desk.kinds(each.id) for each in bought) >= 60 - 5 * number


def test_a_disguised_copy_in_a_script_without_blanks_is_a_copy() -> None:
    desk, draw = calm(), random.Random(4)
    pitch = (
        "この小さな会社は次の大きな勝者です今すぐ無料グループに参加して大きな利益を手に入れよう株価は明日から上昇します"
    )

    def changed(_: int) -> str:
        letters = list(pitch)
        for place in draw.sample(range(len(letters)), 3):
            letters[place] = draw.choice("あいうえおかきくけこ")
        return "".join(letters)

    desk.take(promoted(40, changed), LOUD)
    mood = desk.mood()
    assert mood.raw is not None and mood.raw > 0.3
    assert mood.value == pytest.approx(CALM)


def test_emoji_alone_from_small_accounts_of_many_years_are_a_ring() -> None:
    """No words to compare, and no fresh accounts: without the emoji each would weigh as much as anybody's post."""
    desk, draw = calm(), random.Random(4)
    bought = [
        post(
            1000 + n,
            "$GOOG " + "".join(draw.choice("🚀💎🌕") for _ in range(draw.randint(3, 6))),
            after_s=10.0 * n,
            followers=30,
            age_days=1500,
            client="BulkPilot",
        )
        for n in range(60)
    ]
    desk.take(bought, LOUD)
    mood = desk.mood()
    assert mood.raw is not None and mood.raw > 0.4
    assert mood.value is not None and mood.value < 0 and mood.volume <= 30 + 4
    assert "ring" in desk.kinds("p1059")


def test_one_author_is_worth_no_more_than_the_cap() -> None:
    desk = calm()
    desk.take((post(1000 + n, author="loud", after_s=0.5 * n) for n in range(1000)), LOUD)
    mood = desk.mood()
    assert mood.raw is not None and mood.value is not None
    assert mood.raw > 0.8
    assert mood.value < 0.1
    assert mood.volume == 30 + 6
    assert desk.kinds("p1006") == {"cap"}


def test_three_hundred_fresh_accounts_in_ten_seconds_whatever_they_say() -> None:
    desk = calm()
    desk.take(promoted(300, lambda n: f"opinion{n} of{n} its{n} own{n}", every_s=1 / 30), LOUD)
    mood = desk.mood()
    assert mood.raw is not None and mood.value is not None
    assert mood.raw > 0.7
    assert mood.volume <= 30 + 12
    assert mood.value < 0.2
    assert desk.kinds("p1299") == {"burst"}


def test_fresh_accounts_that_take_their_time_on_a_quiet_symbol() -> None:
    """A machine's texts, a minute apart: no copy, no burst of a minute, but hardly anybody else has posted."""
    desk = Desk()
    desk.take((post(number, after_s=150.0 * number - 1500) for number in range(10)), CALM)
    desk.take(promoted(60, lambda n: f"opinion{n} of{n} its{n} own{n}", every_s=55.0), LOUD)
    assert desk.kinds("p1059") == {"burst"}
    assert "within 30 minutes" in desk.marks["p1059"].reasons[0]
    mood = desk.mood()
    assert mood.raw is not None and mood.raw > 0.7
    assert mood.volume <= 10
    assert desk.guards.check(post(2000, after_s=3400.0), (Match("GOOG", "$GOOG", "cashtag"),)).mark.weight == 1.0


def test_one_old_account_that_posts_all_the_time_hides_no_burst() -> None:
    """What it says past its cap counts for nothing in the mood; nor is it a crowd."""
    desk = calm()
    fresh = promoted(100, lambda n: f"opinion{n} of{n} its{n} own{n}", every_s=0.5)
    loud = [post(2000 + n, after_s=0.25 * n, author="loud", followers=400) for n in range(200)]
    desk.take(sorted([*fresh, *loud], key=lambda each: each.published_ns), LOUD)
    mood = desk.mood()
    assert mood.raw is not None and mood.raw > 0.6
    assert mood.volume <= 30 + 6 + 12
    assert desk.kinds("p1099") == {"burst"}


def test_fresh_accounts_among_many_others_are_no_burst() -> None:
    desk = Desk()
    ages = (3.0, 2000.0)
    desk.take((post(n, after_s=0.2 * n, followers=60, age_days=ages[n % 2]) for n in range(200)), LOUD)
    assert desk.mood().volume == 200


def test_a_slow_drip_of_one_text_is_a_ring() -> None:
    desk = calm()
    desk.take(promoted(60, lambda _: PITCH, every_s=60.0), LOUD)
    mood = desk.mood()
    assert mood.raw is not None and mood.raw > 0.8
    assert mood.volume == 0
    assert "ring" in desk.kinds("p1059")


def test_whoever_a_ring_copies_is_heard() -> None:
    """An established account's own words, said again by twenty throw-away accounts within seconds."""
    desk = calm()
    honest = post(900, PITCH, followers=300)
    desk.take([honest], LOUD)
    desk.take(promoted(20, lambda _: PITCH, every_s=2.0), LOUD)
    mood = desk.mood()
    assert mood.volume == 31
    assert "ring" in desk.kinds("p1019")


def test_news_that_many_little_followed_people_pass_on_at_once_is_no_ring() -> None:
    """Half of the crowd has hardly a follower, and everybody comes within two minutes."""
    desk, draw = calm(), random.Random(5)
    desk.take([post(900, NEWS, author="paper", verified=True, followers=2_000_000)], LOUD)
    people = [
        post(
            1000 + n,
            f"{NEWS} https://t.co/{n}",
            after_s=1 + 0.6 * n,
            followers=draw.choice((8, 60, 300, 2000)),
            client=draw.choice(("Deckboard", "Pocket", "Web", "Birdsong")),
        )
        for n in range(200)
    ]
    desk.take(people, LOUD)
    assert desk.mood().volume == 231
    assert {desk.marks[each.id].weight for each in people[100:]} == {0.5}


def test_a_stuffed_post_weighs_a_share_and_one_that_rides_still_less() -> None:
    desk = calm()
    others = tuple(f"T{n}" for n in range(9))
    stuffed = [post(1000 + n, after_s=n, cashtags=("GOOG", *others)) for n in range(10)]
    desk.take(stuffed, LOUD)
    mood = desk.mood()
    assert desk.marks["p1000"].weight == pytest.approx(0.1 * 0.2)
    assert desk.kinds("p1000") == {"cashtags", "piggyback"}
    assert desk.marks["p1009"].weight == 0.1
    assert mood.raw is not None and mood.value is not None
    assert mood.raw > 0.05
    assert mood.value < CALM + 0.05


def test_a_headline_that_two_hundred_people_pass_on_counts() -> None:
    """Each copy weighs half, so the news moves the mood nearly as far as it would raw."""
    desk = calm()
    desk.take([post(900, NEWS, author="paper", verified=True, followers=2_000_000)], LOUD)
    desk.take(crowd(200, begin_s=2, every_s=3), LOUD)
    mood = desk.mood()
    assert mood.raw is not None and mood.value is not None
    assert mood.value > 0.5
    assert mood.raw - mood.value < 0.25
    assert mood.volume == 231
    assert {weight.weight for name, weight in desk.marks.items() if int(name[1:]) in range(500, 700)} == {0.5}
    assert desk.kinds("p600") == {"copy"}


def test_everybody_says_beat() -> None:
    """Short texts that many people come to by themselves."""
    desk, draw = calm(), random.Random(9)
    said = (
        "beat",
        "earnings beat!",
        "great quarter, beat",
        "earnings beat again!",
        "what a beat",
        "huge beat",
    )
    people = [
        post(
            1000 + n,
            draw.choice(said),
            after_s=n,
            followers=draw.choice((30, 200, 800, 5000)),
            age_days=draw.choice((100.0, 900.0, 3000.0)),
            client=draw.choice(("Deckboard", "Pocket", "Web", "Birdsong")),
        )
        for n in range(200)
    ]
    desk.take(people, LOUD)
    mood = desk.mood()
    assert mood.value is not None
    assert mood.value > 0.5
    assert not any(kinds & {"ring", "burst"} for kinds in map(desk.kinds, desk.marks))


def test_what_an_attacker_can_still_do() -> None:
    """Stated in docs/guards.md: aged accounts with texts of their own are people as far as the stream tells."""
    desk = calm()
    desk.take((post(1000 + n, after_s=n, followers=400, age_days=900) for n in range(300)), LOUD)
    mood = desk.mood()
    assert mood.value == mood.raw
    assert mood.value is not None and mood.value > 0.5
