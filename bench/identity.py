"""Whether the rules give what the package gives: every text that can be had, and texts made of those.

Real texts are those of the recordings and labelled sets beside the checkout. From them come sentences, halves, the
first half of one with the second half of another, and what is left when every word is taken out of which our own list
says something. Made-up texts are drawn from the package's lists with a fixed seed. No text counts twice.

python -m bench.identity
"""

from __future__ import annotations

import gzip
import html
import json
import random
import re
import string
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Final

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from engine.scoring.leanings import shipped_leanings
from engine.scoring.rules import Rules
from engine.scoring.tokens import NAMED
from engine.scoring.words import finance_words, stock_words, term_key
from engine.text import display_text

DATA: Final = Path(__file__).resolve().parents[1].parent / "shared" / "data"
MADE: Final = 60_000
"""Made-up texts."""
MOST: Final = 120_000
"""Texts of each derived kind at most."""
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n")
_MARKS: Final = ("", "", "", "", "!", "?", ".", ",", "!!", "...", "???", "!!!!!", '"', ")")


def recorded(most: int | None = None) -> Iterator[str]:
    """Texts of the recordings and sets beside this checkout as the engine scores them, of each the first so many."""
    for path in sorted(DATA.glob("*/*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as rows:
            for row in map(json.loads, islice(rows, most)):
                if isinstance(row.get("text"), str):
                    yield display_text(html.unescape(row["text"]))


class Silence:
    """Tells where our lists say nothing: no word, pattern, emoji, phrase's beginning, dropped word or leaning."""

    def __init__(self) -> None:
        stock, ours = stock_words(), finance_words()
        self._listed = {*ours.terms, *ours.nots, *(stock.lexicon.keys() - ours.lexicon.keys())}
        self._listed.update(shipped_leanings().words)
        self._masked, self._lexicon = ours.masked, stock.lexicon
        self._heads = {keys[:2] for keys in ours.phrases}
        self._signs = ours.signs
        self._spelt = {ord(sign): f" {words}" for sign, words in stock.emoji.items()}
        self._spelt.update((ord(sign), f" {sign} ") for sign in ours.signs)
        self._known: dict[str, tuple[str, bool]] = {}

    def __call__(self, text: str) -> bool:
        """Whether our list says nothing of the text."""
        if not self._signs.isdisjoint(text):
            return False
        read = [self._read(token) for token in f"{text.translate(self._spelt)} {text}".split()]
        if any(listed for _, listed in read):
            return False
        return self._heads.isdisjoint(pairwise(key for key, _ in read))

    def left(self, text: str) -> str:
        """The text without the words of which our list says something."""
        kept: list[str] = []
        before = ""
        for token in "".join(letter for letter in text if letter not in self._signs).split():
            key, listed = self._read(token)
            if not listed and (before, key) not in self._heads:
                kept.append(token)
                before = key
        return " ".join(kept)

    def _read(self, token: str) -> tuple[str, bool]:
        found = self._known.get(token)
        if found is None:
            key, word = term_key(token), token.strip(string.punctuation).lower()
            ours = key in self._listed or word in self._listed or token.lower() in self._listed
            found = key, ours or (key in self._masked and word in self._lexicon)
            self._known[token] = found
        return found


def texts(silence: Silence) -> Iterator[tuple[str, str]]:
    """Kind and text, each text once."""
    chance = random.Random(1)
    real = list(dict.fromkeys(recorded()))
    chance.shuffle(real)
    seen: set[str] = set()
    kinds = (
        ("real", real),
        ("ours taken out", map(silence.left, real)),
        ("sentence", (part for text in real for part in _SENTENCE.split(text))),
        ("half", (part for text in real for part in _halves(text))),
        ("spliced", (f"{_halves(one)[0]} {_halves(two)[1]}" for one, two in pairwise(real))),
        ("made up", _made(chance)),
    )
    for kind, found in kinds:
        count = 0
        for text in found:
            if text not in seen and len(text.split()) > (kind != "real"):
                seen.add(text)
                count += 1
                yield kind, text
            if count >= MOST and kind != "real":
                break


def run() -> dict[str, float]:
    """How many texts were compared, by kind, and how many scores differ."""
    package = SentimentIntensityAnalyzer()
    plain, ours, silence = Rules(stock_words()), Rules(finance_words()), Silence()
    counts: Counter[str] = Counter(
        {"texts": 0, "different": 0, "silent_texts": 0, "silent_real_texts": 0, "silent_different": 0}
    )
    for kind, text in texts(silence):
        expected = package.polarity_scores(text)["compound"]
        counts["texts"] += 1
        counts[f"{kind.replace(' ', '_')}_texts"] += 1
        counts["different"] += plain.tally(text).compound != expected
        if silence(text):
            counts["silent_texts"] += 1
            counts["silent_real_texts"] += kind == "real"
            counts["silent_different"] += ours.tally(text).compound != expected
    return {name: float(count) for name, count in counts.items()}


def _halves(text: str) -> tuple[str, str]:
    words = text.split()
    return " ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])


def _made(chance: random.Random) -> Iterator[str]:
    stock = stock_words()
    lists: Sequence[Sequence[str]] = (
        sorted(stock.lexicon),
        sorted(word for booster in stock.boosters for word in booster.split()),
        sorted(stock.negations),
        sorted(word for idiom in stock.idioms for word in idiom.split()),
        sorted(stock.emoji),
        NAMED,
        ("the", "stock", "a", "is", "N'T", "İt", "won’t", "$AAPL", "(", "12%", "x", "today"),
    )
    for _ in range(MADE):
        words = []
        for _ in range(chance.randint(2, 16)):
            word = chance.choice(chance.choice(lists))
            word = word.upper() if chance.random() < 0.15 else word
            words.append(word + chance.choice(_MARKS) + ("" if chance.random() < 0.05 else " "))
        yield "".join(words)


def main() -> None:
    for name, value in run().items():
        print(f"{name:<24} {value:>12,.0f}")


if __name__ == "__main__":
    main()
