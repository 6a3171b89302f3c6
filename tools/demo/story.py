"""What is said on the demo day, minute by minute: chatter under a dozen scenes."""

from __future__ import annotations

import json
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cast
from clockface import CLOSE, FIRST, LAST, OPEN, at, iso
from dice import Dice
from hostile import HOSTILE, HOSTILE_NAME
from prices import Prices

NAMES = {
    "TSLA": ("Tesla",),
    "GOOG": ("Google", "Google", "Alphabet Inc"),
    "NVDA": ("Nvidia",),
    "META": ("Meta Platforms", "Instagram", "Facebook"),
    "AAPL": ("iPhone maker Apple", "Apple Inc", "Apple with the iPhone"),
}
"""How people name the company."""
QUIET = (at("12:05:00"), at("13:05:00"))
DOWN, BACK, FILLED = at("14:05:00"), at("14:19:05"), at("14:20:40")
"""The stream is lost, is there again, and has caught up."""

Post = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """Many people say the same kind of thing about one symbol, most of them soon after it began."""

    texts: str
    symbol: str
    start: int
    minutes: float
    posts: int
    mood: str
    kind: str = "lines"
    heads: tuple[str, ...] = ()
    """Who breaks the news, one per headline."""
    haste: float = 1.7
    """1 spreads the posts evenly; more crowds them at the start."""


SCENES = (
    Scene("nvda_beat", "NVDA", at("09:33:00"), 55, 900, "happy", heads=("harbour_wire", "the_opening_tern")),
    Scene("aapl_cut", "AAPL", at("10:05:00"), 40, 240, "unhappy", heads=("ledgerlight_news",)),
    Scene("tsla_rumour", "TSLA", at("10:20:00"), 42, 620, "unhappy", heads=("auntie_basis", "gridlock_gazette")),
    Scene("tsla_denial", "TSLA", at("11:05:00"), 50, 660, "happy", heads=("harbour_wire", "floor_nine_desk")),
    Scene("meta_sarcasm", "META", at("13:12:00"), 38, 110, "unhappy"),
    Scene("meta_sarcasm", "META", at("13:11:40"), 38, 120, "unhappy", kind="literal"),
    Scene("meta_sarcasm", "META", at("13:52:00"), 20, 30, "plain", kind="after"),
    Scene("aapl_upgrade", "AAPL", at("14:32:00"), 45, 460, "happy", heads=("copper_gull_research", "harbour_wire")),
    Scene("goog_contract", "GOOG", at("15:05:00"), 45, 460, "happy", heads=("floor_nine_desk", "ledgerlight_news")),
    Scene("nvda_fade", "NVDA", at("15:30:00"), 40, 520, "unhappy", heads=("harbour_wire", "the_opening_tern")),
)
RING = (at("12:57:10"), 100, 38)
"""When the promoter's accounts begin, for how many seconds, and how many they are."""
LANGUAGES = {"es": 9, "de": 8, "fr": 7, "ja": 6, "ko": 3, "zh": 4, "pt": 3, "ar": 3}
DUPLICATES, EDITS = 45, 14


class Story:
    """Writes the day's rows."""

    def __init__(self, dice: Dice, prices: Prices) -> None:
        self._dice = dice
        self._prices = prices
        self._texts = tomllib.loads((Path(__file__).parent / "texts.toml").read_text(encoding="utf-8"))
        self._crowd = cast.crowd(dice, 1100)
        self._voices = cast.voices()
        self._posts: list[Post] = []

    def rows(self) -> list[dict[str, Any]]:
        """Every post and feed state, by received time."""
        self._chatter()
        for scene in SCENES:
            self._play(scene)
        self._promote()
        self._attack()
        self._abroad()
        posts = self._numbered()
        posts += self._edited(posts)
        self._lose_the_stream(posts)
        posts += self._repeated(posts)
        rows = [*posts, *_states()]
        rows.sort(key=lambda row: (row["received_at"].rstrip("Z"), json.dumps(row, sort_keys=True)))
        return rows

    # what people say -------------------------------------------------------------------------------------------------

    def _chatter(self) -> None:
        """The background: mostly without an opinion, else mild and in turns; nearly silent in the quiet hour."""
        chatter = self._texts["chatter"]
        swings: dict[str, str] = {}
        second = float(FIRST)
        while True:
            second += -60 * math.log(1 - self._dice.share()) / _per_minute(second)
            if second >= LAST:
                return
            draw = self._dice.share()
            if draw < 0.06:
                self._say(second, self._dice.one_of(chatter["other"]), "", "plain")
                continue
            symbol = self._dice.one_of(tuple(NAMES))
            if draw < 0.2:
                swings[symbol] = kind = "against_it" if swings.get(symbol) == "for_it" else "for_it"
            else:
                kind = "any" if draw < 0.75 else symbol
            self._say(second, self._dice.one_of(chatter[kind]), symbol, "plain")

    def _play(self, scene: Scene) -> None:
        texts = self._texts[scene.texts]
        breaking: list[Post] = []
        for number, voice in enumerate(scene.heads):
            post = self._say(
                scene.start + 12 + 45 * number, texts["head"][number], scene.symbol, "", self._voices[voice]
            )
            breaking.append(post)
        for _ in range(scene.posts):
            second = scene.start + scene.minutes * 60 * self._dice.share() ** scene.haste
            draw = self._dice.share()
            if breaking and draw < 0.09:
                self._repost(second, self._dice.one_of(breaking))
                continue
            post = self._say(second, self._dice.one_of(texts[scene.kind]), scene.symbol, scene.mood)
            if breaking and draw < 0.2 and second > breaking[-1]["second"]:
                post["reply_to"] = self._dice.one_of(breaking)

    def _promote(self) -> None:
        start, seconds, size = RING
        for person in cast.ring(self._dice, size):
            second = start + seconds * self._dice.share()
            self._say(second, self._dice.one_of(self._texts["ring"]["lines"]), "", "", person)

    def _attack(self) -> None:
        second = float(at("13:40:00"))
        for number, text in enumerate(HOSTILE):
            second += self._dice.between(4, 25)
            person = self._dice.one_of(self._crowd)
            if number == 0:
                person = person | {"author_id": "9700000", "author": person["author"] | {"screen_name": HOSTILE_NAME}}
            self._posts.append(self._post(second, text, person))

    def _abroad(self) -> None:
        for language, count in LANGUAGES.items():
            for _ in range(count):
                second = self._dice.between(at("09:45:00"), at("19:00:00"))
                post = self._post(second, self._dice.one_of(self._texts["languages"][language]), self._somebody())
                post["lang"] = language
                self._posts.append(post)

    def _say(self, second: float, text: str, symbol: str, mood: str, person: cast.Person | None = None) -> Post:
        filled = self._fill(text, symbol, int(second))
        if mood:
            filled = self._habit(filled, mood)
        post = self._post(second, filled, person or self._somebody())
        self._posts.append(post)
        return post

    def _repost(self, second: float, original: Post) -> None:
        name = original["author"]["screen_name"]
        post = self._post(max(second, original["second"] + 5), f"RT @{name}: {original['text']}", self._somebody())
        post["retweet_of"] = original
        self._posts.append(post)

    def _fill(self, text: str, symbol: str, second: int) -> str:
        dice = self._dice
        price = self._prices.at(symbol, second) if symbol else 0.0
        rough = round(price) if dice.happens(0.4) else round(price, 2)
        return (
            text.replace("{t}", f"${symbol}")
            .replace("{n}", dice.one_of(NAMES[symbol]) if symbol else "")
            .replace("{p}", str(rough))
            .replace("{k}", str(dice.whole(2, 9)))
            .replace("{m}", str(dice.whole(11, 96)))
            .replace("{w}", f"{dice.whole(8, 12)}:{dice.one_of(('00', '15', '30', '45'))}")
        )

    def _habit(self, text: str, mood: str) -> str:
        """The small things in which two people who say the same differ."""
        dice, habits = self._dice, self._texts["habits"]
        if dice.happens(0.14):
            first = text.split(" ", 1)[0]
            text = dice.one_of(habits["before"]) + (text[0].lower() + text[1:] if first.istitle() else text)
        if dice.happens(0.3):
            text = text.rstrip(".!")
        elif mood != "plain" and dice.happens(0.15):
            text = text.rstrip(".") + "!"
        if dice.happens(0.13):
            text += dice.one_of(habits["after"])
        if dice.happens(0.05 if mood == "plain" else 0.22):
            text += " " + dice.one_of(habits[mood])
        if dice.happens(0.2):
            text = " ".join(word if word.startswith("$") else word.lower() for word in text.split(" "))
        return text

    def _somebody(self) -> cast.Person:
        """Somebody of the crowd; a third of the crowd says most of it."""
        return self._crowd[int(len(self._crowd) * self._dice.share() ** 1.6)]

    def _post(self, second: float, text: str, person: cast.Person) -> Post:
        tags = [word.strip("!?.,:;()'") for word in text.split() if word.startswith("$")]
        symbols = list(dict.fromkeys(tag[1:].upper() for tag in tags if tag[1:].isalpha()))
        return {"second": second, "text": text, "lang": "en", "symbols": symbols[:8], **person}

    # how it reaches us -----------------------------------------------------------------------------------------------

    def _numbered(self) -> list[Post]:
        """Ids in order of publication, received a moment later."""
        self._posts.sort(key=lambda post: (post["second"], post["text"]))
        ids: dict[int, str] = {}
        for number, post in enumerate(self._posts):
            ids[id(post)] = str(2_603_110_000_000 + int(post["second"]) * 100_000 + number)
        posts = []
        for post in self._posts:
            row = {"id": ids[id(post)], "created_at": iso(post["second"]), **post}
            for link in ("retweet_of", "reply_to"):
                if link in row:
                    row[link] = ids[id(row[link])]
            row["received_at"] = iso(post["second"] + self._dice.between(0.25, 1.9))
            posts.append(row)
        return posts

    def _edited(self, posts: list[Post]) -> list[Post]:
        """Later versions of some posts, under new ids, the typo mended."""
        plain = [post for post in posts if "retweet_of" not in post and OPEN < post["second"] < DOWN - 900]
        edits = []
        for _ in range(EDITS):
            post = self._dice.one_of(plain)
            second = post["second"] + self._dice.between(40, 240)
            edits.append(
                post
                | {"id": str(int(post["id"]) + 7_000_000_000_000), "edits": [post["id"]], "second": second}
                | {
                    "created_at": iso(second),
                    "received_at": iso(second + 0.8),
                    "text": post["text"] + " (edited: typo)",
                }
            )
        return list({edit["id"]: edit for edit in edits}.values())

    def _lose_the_stream(self, posts: list[Post]) -> None:
        """What was posted while the stream was down comes afterwards, oldest first, marked as recovered."""
        missed = sorted((post for post in posts if DOWN <= post["second"] < BACK), key=lambda post: post["second"])
        for number, post in enumerate(missed):
            post["received_at"] = iso(BACK + 2 + number * (FILLED - BACK - 4) / max(1, len(missed)))
            post["recovered"] = True

    def _repeated(self, posts: list[Post]) -> list[Post]:
        """The stream says some posts twice."""
        again = []
        for _ in range(DUPLICATES):
            post = self._dice.one_of(posts)
            if not post.get("recovered"):
                again.append(post | {"received_at": iso(post["second"] + self._dice.between(2.5, 9.0))})
        return again


def _per_minute(second: float) -> float:
    """Chatter per minute, all symbols together."""
    if QUIET[0] <= second < QUIET[1]:
        return 0.3
    if second < OPEN:
        return 1.1
    return 1.05 if second < CLOSE else 0.8


def _states() -> list[dict[str, Any]]:
    """What the stream told of itself."""

    def state(second: float, light: str, detail: str, **spans: str) -> dict[str, Any]:
        moment = iso(second)
        return {
            "kind": "feed",
            "at": moment,
            "received_at": moment,
            "feed": "x",
            "state": light,
            "detail": detail,
            **spans,
        }

    gap = {"gap_from": iso(DOWN), "gap_to": iso(BACK)}
    filled = {"filled_from": iso(DOWN), "filled_to": iso(BACK)}
    return [
        state(FIRST, "up", "connected", covered_since=iso(FIRST)),
        state(DOWN + 20, "down", "the stream fell silent for 20 s; connecting again"),
        state(DOWN + 21, "connecting", "answered 503, next try in 10 s"),
        state(BACK, "recovering", "connected; reading what was missed", **gap),
        state(FILLED, "up", "the gap is filled", **filled),
    ]
