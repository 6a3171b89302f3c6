"""Several scorers as one. A scorer that fails is left out of that reading, counted and shown."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from itertools import islice
from types import TracebackType
from typing import Any, Final

import msgspec

from engine.config import Config
from engine.errors import ConfigError
from engine.model import DisplayText, LateScorer, Post, Reading, Score, Scorer, SymbolScore, Value
from engine.offered import built, loaded, word_of
from engine.scoring.calibration import AS_IT_IS, Curve, shipped_curves
from engine.scoring.combine import Opinion, weigh
from engine.scoring.deadline import Overdue, deadline
from engine.scoring.late import LATE_BUILT_IN, late_names
from engine.scoring.usable import usable

NAME: Final = "ensemble"
GROUP: Final = "desk.scorers"
"""The entry point group of other packages' scorers."""
_BUILT_IN: Final = {"linear": "engine.scoring.linear:LinearScorer", "vader": "engine.scoring.vader:VaderScorer"}
_REMEMBERED: Final = 4096
"""Most texts whose scores are kept: about every seventh post repeats an earlier one."""
FOREIGN_LIMIT_S: Final = 0.5
"""Longest call of a scorer that is not ours. Ours take time in proportion to a text, which is cut short."""
FOREIGN_REST: Final = 1000
"""Texts that a scorer is not asked for after it took longer: it would hold up each of them as long."""
_NO_REASON: Final = DisplayText("")


Answers = tuple[Score | None, ...]
"""One per member; None where it had nothing to say or gave no usable score."""


class Scored(Value, frozen=True, gc=False):
    """One post's readings."""

    reading: Reading
    """What counts: the ensemble's, or the only member's own."""
    members: tuple[Reading, ...]
    """One per scorer that answered, in the order of the configuration."""


class ScorerHealth(Value, frozen=True, gc=False):
    """How a scorer does."""

    name: str
    version: str
    scored: int
    """Texts it was asked for."""
    failed: int
    """Texts it gave no usable score for."""
    working: bool
    """Whether its last answer was usable."""
    problem: str = ""
    """What was wrong with the last unusable answer."""


class Ensemble:
    """Scores posts with every member and combines them.

    Score, agreement and mean confidence as in `engine.scoring.combine`. Where a curve for these members is known
    (engine.scoring.calibration), the confidence is the share of calls that were right at that agreement × mean
    confidence; else it is that product itself. A symbol for which a member has a score of its own is combined the same
    way from what each member says of it. An ensemble of one passes its member's reading through, and the only member
    that answered keeps its confidence.

    Late members are not asked here: `join` takes in what they have said of a post, and what is still missing counts
    against the confidence.
    """

    def __init__(
        self,
        scorers: Sequence[Scorer],
        config: Config,
        late: Sequence[LateScorer] = (),
        curves: Mapping[str, Curve] | None = None,
    ) -> None:
        """`scorers` holds at least one; `curves` replaces the shipped calibration of ensembles.

        Raises ConfigError when a weight is not a number above 0 or names no scorer.
        """
        settings = config.scoring
        known = [*(scorer.name for scorer in scorers), *late_names(config)]
        names = list(dict.fromkeys([*known, *(scorer.name for scorer in late)]))
        for name, weight in settings.weights.items():
            if name not in names or not (math.isfinite(weight) and weight > 0):
                raise ConfigError(
                    f"expected a weight above 0 for one of {', '.join(names)}, found {name} = {weight}",
                    where="scoring.weights",
                    remedy="correct it, or leave it out: the weight is 1 then",
                )
        self._members = [_Member(scorer, settings.weights.get(scorer.name, 1.0)) for scorer in scorers]
        self._label = settings.label
        self._max_chars = settings.max_chars
        self._remembered: dict[str, Answers] = {}
        self._curves = shipped_curves() if curves is None else curves
        self._curves_by_names: dict[tuple[str, ...], Curve] = {}
        self._late = {scorer.name: settings.weights.get(scorer.name, 1.0) for scorer in late}
        self._weights = {member.name: member.weight for member in self._members} | self._late
        parts = [f"{member.name}={member.version}*{member.weight!r}" for member in self._members]
        parts += [f"{scorer.name}={scorer.version}*{self._late[scorer.name]!r}" for scorer in late]
        parts += [f"{members}={curve.version}" for members, curve in sorted(self._curves.items())]
        whole = "|".join((f"label={self._label!r}", f"max_chars={self._max_chars}", *parts))
        self.version = f"{NAME}-{hashlib.sha256(whole.encode()).hexdigest()[:12]}"

    @property
    def health(self) -> tuple[ScorerHealth, ...]:
        """One per member, in the order of the configuration."""
        return tuple(
            ScorerHealth(
                member.name, member.version, member.scored, member.failed, not member.problem_now, member.problem
            )
            for member in self._members
        )

    def score(self, posts: Sequence[Post], now_ns: int) -> list[Scored]:
        """One Scored per post, same order. Never raises for a scorer's fault; with none left the confidence is 0."""
        known = self._remembered
        if len(posts) == 1:
            text = posts[0].text[: self._max_chars]
            return [self._combine(posts[0].id, known.get(text) or self._ask([text])[0], now_ns)]
        texts: list[str] = [post.text[: self._max_chars] for post in posts]
        found = {text: known[text] for text in texts if text in known}
        new = list(dict.fromkeys(text for text in texts if text not in found))
        if new:
            found.update(zip(new, self._ask(new), strict=True))
        return [self._combine(post.id, found[text], now_ns) for post, text in zip(posts, texts, strict=True)]

    def read_ahead(self, posts: Sequence[Post]) -> None:
        """Have every member read the texts of posts that `score` will be asked for soon, one member after the other.

        A member that reads many texts in a row finds its words in the processor's caches. What it says is remembered,
        and the same. A member of another package is not asked ahead of its turn.
        """
        if any(member.foreign for member in self._members):
            return
        known = self._remembered
        texts = list(dict.fromkeys(text for post in posts if (text := post.text[: self._max_chars]) not in known))
        if texts:
            self._ask(texts)

    def _ask(self, texts: list[str]) -> list[Answers]:
        """Each text's score by each member. What every member answered is remembered."""
        asked = [member.ask(texts) for member in self._members]
        answers: list[Answers] = list(zip(*asked, strict=True)) if asked else [()] * len(texts)
        remembered = self._remembered
        for text, scores in zip(texts, answers, strict=True):
            if None not in scores:
                remembered[text] = scores
        if len(remembered) > _REMEMBERED:
            for text in list(islice(remembered, len(remembered) - _REMEMBERED + _REMEMBERED // 16)):
                del remembered[text]
        return answers

    def _combine(self, post_id: str, scores: Answers, now_ns: int) -> Scored:
        members = tuple(
            [
                member.reading(post_id, score, now_ns)
                for member, score in zip(self._members, scores, strict=True)
                if score is not None
            ]
        )
        if len(scores) == 1 and members:
            return Scored(members[0], members)
        return Scored(self._together(post_id, members, now_ns), members)

    def join(self, post_id: str, members: Sequence[Reading], missing: Collection[str], now_ns: int) -> Reading:
        """The reading of a post from what its members have said so far, late ones included.

        `missing` names the late members that were asked and have not answered, or will not: half of their share of the
        weights is taken off the confidence.
        """
        reading = self._together(post_id, members, now_ns)
        if not missing:
            return reading
        there = sum(self._weights[member.scorer] for member in members)
        absent = sum(self._weights[name] for name in missing)
        share = 1.0 - absent / (there + absent) / 2
        return msgspec.structs.replace(
            reading,
            confidence=round(reading.confidence * share, 6),
            symbols=tuple(
                msgspec.structs.replace(own, confidence=round(own.confidence * share, 6)) for own in reading.symbols
            ),
        )

    def _together(self, post_id: str, members: Sequence[Reading], now_ns: int) -> Reading:
        """What the members say as one."""
        names = tuple([member.scorer for member in members])
        weights = [self._weights[name] for name in names]
        value, confidence = self._weigh(
            names, [(weight, member.score, member.confidence) for weight, member in zip(weights, members, strict=True)]
        )
        symbols: tuple[SymbolScore, ...] = ()
        reason = _NO_REASON
        for member in members:
            if member.symbols and not symbols:
                symbols = self._per_symbol(names, members, weights)
            reason = reason or member.reason
        return Reading(post_id, NAME, self.version, value, confidence, now_ns, "", symbols, reason)

    def _weigh(self, names: tuple[str, ...], opinions: Sequence[Opinion]) -> tuple[float, float]:
        """Score and calibrated confidence of these members' opinions; zeros where none counts."""
        value, raw = weigh(opinions, self._label)
        if not raw:
            return value, 0.0
        curve = self._curves_by_names.get(names)
        if curve is None:
            together = "+".join(sorted(names)) if len(names) > 1 else ""  # what one says alone is calibrated already
            curve = self._curves_by_names[names] = self._curves.get(together, AS_IT_IS)
        return round(value, 6), curve.confidence(value, raw)

    def _per_symbol(
        self, names: tuple[str, ...], members: Sequence[Reading], weights: Sequence[float]
    ) -> tuple[SymbolScore, ...]:
        """Each symbol that a member singles out, from what every member says of it."""
        named = dict.fromkeys(own.symbol for reading in members for own in reading.symbols)
        return tuple(
            SymbolScore(
                symbol,
                *self._weigh(
                    names, [(weight, *reading.about(symbol)) for weight, reading in zip(weights, members, strict=True)]
                ),
            )
            for symbol in named
        )


def load(config: Config, late: Sequence[LateScorer] = ()) -> Ensemble:
    """The configured scorers, ours and those of other packages (entry point group `desk.scorers`).

    `late` holds those that answer late, where they take part. Raises ConfigError when none is named, one twice, one
    that is not there, or only late ones: a post is read at once, whatever they say of it afterwards.
    """
    names = config.scoring.scorers
    if not names or len(set(names)) != len(names):
        raise ConfigError(
            f"expected one or more scorers, each once, found {list(names)}",
            where="scoring.scorers",
            remedy='name at least one, for example ["vader"]',
        )
    answer_late = late_names(config)
    light = [name for name in names if name not in answer_late]
    if not light:
        raise ConfigError(
            f"expected a scorer that answers at once beside {', '.join(answer_late)}, found none",
            where="scoring.scorers",
            remedy='add one, for example "vader"',
        )
    return Ensemble([_built(name, config) for name in light], config, late)


def _built(name: str, config: Config) -> Scorer:
    """The scorer of this name. Raises ConfigError, also for another package's that cannot be made or has no name."""
    kind = _find(name)
    if name in _BUILT_IN:
        return kind(config)
    scorer: Scorer = built(GROUP, name, lambda: kind(config))
    for attribute in ("name", "version"):
        word_of(GROUP, name, scorer, attribute)
    return scorer


def _find(name: str) -> Callable[[Config], Scorer]:
    place = _BUILT_IN.get(name)
    if place is not None:
        module, _, attribute = place.partition(":")
        built_in: Callable[[Config], Scorer] = getattr(import_module(module), attribute)
        return built_in
    from importlib.metadata import entry_points

    points = {point.name: point for point in entry_points(group=GROUP)}
    if name in points:
        found: Callable[[Config], Scorer] = loaded(points[name])
        return found
    known = sorted({*_BUILT_IN, *LATE_BUILT_IN, *points})
    near = get_close_matches(name, known, 1)
    raise ConfigError(
        f"expected a scorer among {', '.join(known)}, found {name!r}",
        where="scoring.scorers",
        remedy=f"did you mean {near[0]!r}?"
        if near
        else f"install the package that offers it as a `{GROUP}` entry point",
    )


class _Member:
    """A scorer, its weight, and how it does."""

    def __init__(self, scorer: Scorer, weight: float) -> None:
        self.name = scorer.name
        self.version = scorer.version
        self.weight = weight
        self.scored = 0
        self.failed = 0
        self.problem = ""
        self.problem_now = False
        self._scorer = scorer
        self._attempt = _Attempt()
        self.foreign = scorer.name not in _BUILT_IN
        self._resting = 0
        """Texts it is not asked for any more, after it took too long."""

    def ask(self, texts: list[str]) -> list[Score | None]:
        """One score per text, None where there is none or no usable one."""
        self.scored += len(texts)
        attempt = self._attempt
        attempt.problem = ""
        answer: Any = None
        if self._resting > 0:
            self._resting -= len(texts)
            self.failed += len(texts)
            return [None] * len(texts)
        if self.foreign:
            with attempt, deadline(FOREIGN_LIMIT_S):
                answer = list(islice(self._scorer.score(texts), len(texts) + 1))  # it may give them without end
        else:
            with attempt:
                answer = list(self._scorer.score(texts))
        if attempt.overdue:
            self._resting = FOREIGN_REST
        if attempt.problem or len(answer) != len(texts):
            self._note(attempt.problem or f"expected {len(texts)} scores, found {len(answer)}", len(texts))
            return [None] * len(texts)
        checked = [None if score is None else usable(score) for score in answer]
        if None in checked and (
            unusable := [score for score, found in zip(answer, checked, strict=True) if found is None is not score]
        ):
            problem = f"expected a score in [−1, 1] and a confidence in [0, 1], found {unusable[0]!r:.200}"
            self._note(problem, len(unusable))
        else:
            self.problem_now = False
        return checked

    def reading(self, post_id: str, score: Score, now_ns: int) -> Reading:
        """What it said of a text, as said of a post."""
        value, confidence, symbols, reason = score.score, score.confidence, score.symbols, score.reason
        return Reading(post_id, self.name, self.version, value, confidence, now_ns, "", symbols, reason)

    def _note(self, problem: str, failed: int) -> None:
        self.failed += failed
        self.problem = problem
        self.problem_now = True


class _Attempt:
    """A call into a foreign package: whatever it raises becomes `problem`. Interrupts pass."""

    def __init__(self) -> None:
        self.problem = ""
        self.overdue = False

    def __enter__(self) -> _Attempt:
        self.overdue = False
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, Overdue):
            self.overdue = True
            self.problem = f"took longer than {FOREIGN_LIMIT_S:g} s; not asked for the next {FOREIGN_REST} texts"
            return True
        if not isinstance(error, Exception | SystemExit):
            return False
        self.problem = f"{type(error).__name__}: {error}"[:200]
        return True
