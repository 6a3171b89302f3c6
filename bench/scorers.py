"""The light scorers against the package, in the same run, and posts made to be slow.

Process CPU time, one text at a time, each scorer starting without a memory. The texts are made-up posts, and real ones
where recordings lie beside the checkout; a round gives all of them the same hundred, and a ratio is the median round.

python -m bench.scorers
"""

from __future__ import annotations

import gc
import json
import random
from collections.abc import Callable, Sequence
from itertools import islice
from statistics import median
from typing import Final

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from bench.corpus import START_NS, lines, watchlist
from bench.identity import recorded
from bench.stages import best
from engine.config import Config, ScoringConfig
from engine.model import Author, DisplayText, Post
from engine.scoring import load
from engine.scoring.linear import LinearScorer
from engine.scoring.vader import VaderScorer
from engine.scoring.words import stock_words

POSTS: Final = 3_000
ROUND: Final = 100
LONGEST: Final = 25_000
"""Characters of X's longest post."""
_AUTHOR: Final = Author("1", DisplayText("made up"))


def run(posts: int = POSTS) -> dict[str, float]:
    """µs of CPU per post, ratios to the package's (`…_ratio`) and milliseconds for hostile texts."""
    gc.collect()
    gc.freeze()
    made = lines(posts, symbols=tuple(row.symbol for row in watchlist(100)))
    found = _against(list(dict.fromkeys(json.loads(line)["data"]["text"] for line in made)), "made")
    real = list(islice(recorded(20_000), 100_000))
    if real:
        random.Random(1).shuffle(real)
        found.update(_against(real[:posts], "real"))
    found.update(_hostile())
    gc.unfreeze()
    return found


def _against(texts: Sequence[str], name: str) -> dict[str, float]:
    package = SentimentIntensityAnalyzer()
    vader, linear = VaderScorer(Config()), LinearScorer(Config())
    stock = VaderScorer(Config(), stock_words())
    alone = load(Config(scoring=ScoringConfig(scorers=("vader",))))
    both = load(Config(scoring=ScoringConfig(scorers=("vader", "linear"))))
    posts = {text: _posted(text) for text in texts}
    ways: dict[str, Callable[[str], object]] = {
        "package": package.polarity_scores,
        "stock": lambda text: stock.score((text,)),
        "vader": lambda text: vader.score((text,)),
        "vader_in_ensemble": lambda text: alone.score((posts[text],), START_NS),
        "linear": lambda text: linear.score((text,)),
        "ensemble": lambda text: both.score((posts[text],), START_NS),
    }
    rounds: dict[str, list[float]] = {way: [] for way in ways}
    for start in range(0, len(texts), ROUND):
        for way, score in ways.items():
            rounds[way].append(best(score, texts[start : start + ROUND], 1))
    found = {f"{name}_{way}_us": median(values) for way, values in rounds.items()}
    for way, values in rounds.items():
        if way != "package":
            ratios = [theirs / ours for theirs, ours in zip(rounds["package"], values, strict=True)]
            found[f"{name}_{way}_ratio"] = median(ratios)
    return found


def _posted(text: str) -> Post:
    return Post("1", "x", START_NS, START_NS, _AUTHOR, text, DisplayText(text))


def hostile() -> dict[str, str]:
    """Posts of X's greatest length, made to be slow."""
    signs = sorted(stock_words().emoji)
    said = {
        "different_emoji": "".join(signs),
        "one_emoji": "😀",
        "no_entry": "⛔",
        "under_eighteen": "🔞",
        "speaker": "🔈",
        "exclamations": "good!",
        "marks": "!?",
        "negations": "not never no ",
        "praise_and_blame": "not very good but bad, ",
        "smileys": "so :) ",
        "capitals": "GOOD bad ",
        "accents": "e\u0301",
        "one_token": "good",
        "cashtags": "$A up, $B down; ",
        "puts": "$A puts ",
    }
    return {name: (text * (LONGEST // len(text) + 1))[:LONGEST] for name, text in said.items()}


def _hostile() -> dict[str, float]:
    """Milliseconds of each scorer for the whole text, and of the shipped ensemble, which cuts it (`read_…`)."""
    vader, linear, ensemble = VaderScorer(Config()), LinearScorer(Config()), load(Config())
    found: dict[str, float] = {}
    for name, text in hostile().items():
        # Another text each time: the last ones are remembered.
        texts = [text[:-1] + end for end in ("", "a", "b")]
        found[f"vader_{name}_ms"] = min(best(lambda each: vader.score((each,)), [each], 1) for each in texts) / 1000
        posts = [_posted(end + text[1:]) for end in ("f", "g", "h")]
        found[f"read_{name}_ms"] = (
            min(best(lambda each: ensemble.score((each,), 0), [each], 1) for each in posts) / 1000
        )
        texts = [text[:-1] + end for end in ("c", "d", "e")]
        found[f"linear_{name}_ms"] = min(best(lambda each: linear.score((each,)), [each], 1) for each in texts) / 1000
    for way in ("vader", "read"):
        found[f"{way}_worst_ms"] = max(value for name, value in found.items() if name.startswith(f"{way}_"))
    return found


def main() -> None:
    for name, value in run().items():
        print(f"{name:<36} {value:>12,.2f}")


if __name__ == "__main__":
    main()
