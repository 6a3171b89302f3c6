"""The scorer `comprehend`: sentiment by Amazon Comprehend.

https://docs.aws.amazon.com/comprehend/latest/APIReference/API_BatchDetectSentiment.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final

import msgspec

from engine.clock import Clock
from engine.config import Config
from engine.errors import DeskError, VenueUnavailable
from engine.model import Asked, Score
from engine.scoring.aws import AwsClient
from engine.scoring.budget import Budget

MOST: Final = 25
"""Texts that AWS takes at a time."""
LONGEST: Final = 4_999
"""Bytes of UTF-8 that a text may have for AWS ("fewer than 5,000"); one that has more costs its batch the answer."""
_UNIT: Final = 100
"""Characters of a unit that is charged."""
_LEAST_UNITS: Final = 3

_Share = Annotated[float, msgspec.Meta(ge=0, le=1.0001)]


class _Shares(msgspec.Struct, frozen=True):
    Positive: _Share
    Negative: _Share
    Neutral: _Share
    Mixed: _Share


class _Result(msgspec.Struct, frozen=True):
    SentimentScore: _Shares


class _Row(msgspec.Struct, frozen=True):
    SentimentScore: _Shares
    Index: Annotated[int, msgspec.Meta(ge=0, lt=MOST)]


class _Batch(msgspec.Struct, frozen=True):
    ResultList: list[_Row]


class ComprehendScorer:
    """Speaks `model.LateScorer`. score = Positive − Negative, confidence = the largest of the four shares.

    Its model is a general one, not made for markets, and AWS changes it without telling a version.
    """

    name = "comprehend"
    repeatable: ClassVar[bool] = False

    def __init__(self, config: Config, clock: Clock, *, state_dir: Path, read_secret: Callable[[str], str]) -> None:
        """Raises ConfigError when boto3 is not installed. AWS credentials are found as AWS's own tools find them."""
        del read_secret
        settings = config.scoring.comprehend
        self._clock = clock
        self._settings = settings
        self._budget = Budget(state_dir, self.name, settings.daily_cap_usd)
        self._client = AwsClient(
            "comprehend", settings.region, settings.endpoint_url, settings.timeout_s, settings.concurrency
        )
        self.version = f"comprehend-2017-11-27-{settings.language}"
        self.batch = min(MOST, settings.batch)
        self.wait_s = settings.wait_ms / 1000
        self.concurrency = settings.concurrency
        self.gate = settings.gate
        self.cap_usd = settings.daily_cap_usd

    def reconfigure(self, config: Config) -> None:
        """Spend up to another sum a day from the next question on."""
        self.cap_usd = self._budget.cap_usd = config.scoring.comprehend.daily_cap_usd

    @property
    def spent_usd(self) -> float:
        """What it cost today, by every engine of this user."""
        return self._budget.spent_usd

    @property
    def detail(self) -> str:
        """Where it is asked."""
        return self._settings.endpoint_url or self._settings.region

    def blocked(self, now_ns: int) -> str:
        """Why it may not be asked: the day's money is spent."""
        return self._budget.blocked(now_ns)

    async def start(self) -> None:
        """Look for credentials, and read what was spent today. Raises DeskError."""
        self._budget.blocked(self._clock.now_ns())
        await self._client.start()

    async def score(self, asked: Sequence[Asked]) -> Sequence[Score | None]:
        """One Score per text, None where AWS could not read it or the cap was reached. Raises DeskError.

        A text counts with its first LONGEST bytes; a blank one is not sent.
        """
        texts = [_shortened(each.text) for each in asked]
        places = [place for place, text in enumerate(texts) if text.strip()]
        scores: list[Score | None] = [None] * len(texts)
        if places:
            found = await self._paid([texts[place] for place in places])
            for place, score in zip(places, found, strict=True):
                scores[place] = score
        return scores

    async def close(self) -> None:
        """Let the threads end."""
        await self._client.close()

    async def _paid(self, texts: Sequence[str]) -> list[Score | None]:
        """The scores, with the money set aside before they are asked for."""
        reserved = self._budget.reserve(self._price(texts), self._clock.now_ns())
        if reserved is None:
            return [None] * len(texts)
        try:
            return await self._ask(texts)
        except VenueUnavailable:
            raise  # AWS may have computed it, and charges for it
        except DeskError:
            self._budget.settle(reserved, 0.0, self._clock.now_ns())
            raise

    async def _ask(self, texts: Sequence[str]) -> list[Score | None]:
        language = self._settings.language
        if len(texts) == 1:
            found = await self._client.call("detect_sentiment", Text=texts[0], LanguageCode=language)
            return [_score(_converted(found, _Result).SentimentScore)]
        found = await self._client.call("batch_detect_sentiment", TextList=list(texts), LanguageCode=language)
        said: list[_Row] = _converted(found, _Batch).ResultList
        rows = {row.Index: _score(row.SentimentScore) for row in said}
        if len(rows) < len(said) or any(place >= len(texts) for place in rows):
            places = [row.Index for row in said]
            raise VenueUnavailable(f"expected each of {len(texts)} texts once, found {places}", where="comprehend")
        return [rows.get(place) for place in range(len(texts))]

    def _price(self, texts: Sequence[str]) -> float:
        units = sum(max(_LEAST_UNITS, -(-len(text) // _UNIT)) for text in texts)
        return units * self._settings.unit_usd


def _shortened(text: str) -> str:
    """The text's beginning that AWS takes, cut between two characters."""
    return text if 4 * len(text) <= LONGEST else text.encode()[:LONGEST].decode("utf-8", "ignore")


def _score(shares: _Shares) -> Score:
    most = max(shares.Positive, shares.Negative, shares.Neutral, shares.Mixed)
    value = shares.Positive - shares.Negative
    return Score(round(max(-1.0, min(1.0, value)), 6), round(min(1.0, most), 6))


def _converted(found: dict[str, Any], kind: type[Any]) -> Any:
    try:
        return msgspec.convert(found, kind)
    except msgspec.ValidationError as error:
        raise VenueUnavailable(f"expected sentiments, found {error}", where="comprehend") from error
