"""The scorer `llm`: questions, budget, answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, Final

from engine.clock import Clock
from engine.config import Config, LlmConfig
from engine.errors import ConfigError, CredentialsError, DeskError
from engine.model import Asked, Score
from engine.scoring.aws import AwsClient
from engine.scoring.budget import Budget
from engine.scoring.late import is_local
from engine.scoring.llm.answer import read
from engine.scoring.llm.bedrock import BedrockCaller
from engine.scoring.llm.calls import Caller, HttpCaller, Unreadable, patiently
from engine.scoring.llm.dialects import ANTHROPIC_URL, OPENAI_URL, Anthropic, ChatCompletions
from engine.scoring.llm.prompt import DIGEST, SYSTEM, question, schema

ReadSecret = Callable[[str], str]

_MILLION: Final = 1_000_000
_BYTES_PER_TOKEN: Final = 2
"""Fewer than any tokenizer needs on average for English, JSON and emoji: reservations are too high, never too low."""
_PIECES_PER_SYMBOL: Final = 60
"""Of an answer, in the model's word pieces: 25 words of reason, two numbers and the names of the fields."""


class LlmScorer:
    """Speaks `model.LateScorer`: one question per post, several under way at once.

    An answer that is not what was asked for (another symbol, a number out of range, a field too many) is refused and
    counted, and its post keeps the light reading; it is not asked again.
    """

    name = "llm"
    repeatable: ClassVar[bool] = False
    batch = 1
    wait_s = 0.0

    def __init__(self, config: Config, clock: Clock, *, state_dir: Path, read_secret: ReadSecret) -> None:
        """Raises ConfigError without a model or an AWS package, CredentialsError without a key."""
        settings = config.scoring.llm
        if not settings.model:
            raise ConfigError(
                "expected the name of a model, found none",
                where="scoring.llm.model",
                remedy="name one that your endpoint offers",
            )
        self._clock = clock
        self._settings = settings
        self._budget = Budget(state_dir, self.name, settings.daily_cap_usd)
        self._caller = caller(settings, read_secret)
        self.gate = settings.gate
        self.concurrency = settings.concurrency
        self.cap_usd = settings.daily_cap_usd
        self.version = f"{settings.api}:{settings.model}+prompt-{DIGEST[:12]}"
        self._room = max(1, settings.answer_length // _PIECES_PER_SYMBOL)
        """Most symbols that the longest answer can hold."""
        self.refused = 0
        """Answers that were not what was asked for, since start."""
        self.crowded = 0
        """Posts with more symbols than an answer holds, since start."""
        self._refusal = ""

    def reconfigure(self, config: Config) -> None:
        """Spend up to another sum a day from the next question on."""
        self.cap_usd = self._budget.cap_usd = config.scoring.llm.daily_cap_usd

    @property
    def spent_usd(self) -> float:
        """What it cost today, by every engine of this user."""
        return self._budget.spent_usd

    @property
    def detail(self) -> str:
        """The model, what was wrong with the last answer that was refused, and what was not asked about."""
        refused = f"; {self.refused} answers refused, the last: {self._refusal}" if self.refused else ""
        crowded = f"; {self.crowded} posts of more than {self._room} symbols left out" if self.crowded else ""
        return f"{self._settings.model}{refused}{crowded}"

    def blocked(self, now_ns: int) -> str:
        """Why it may not be asked: the day's money is spent."""
        return self._budget.blocked(now_ns)

    async def start(self) -> None:
        """Read what was spent today. Raises DeskError."""
        self._budget.blocked(self._clock.now_ns())

    async def score(self, asked: Sequence[Asked]) -> Sequence[Score | None]:
        """One Score per post, None where the answer was refused or the cap reached. Raises DeskError.

        A blank post is not asked about, nor one with more symbols than an answer has room for: it would break off.
        """
        return [await self._one(each) for each in asked]

    async def close(self) -> None:
        """Close the connections."""
        await self._caller.close()

    async def _one(self, asked: Asked) -> Score | None:
        if len(asked.symbols) > self._room:
            self.crowded += 1
            return None
        if not asked.text.strip():
            return None
        text, form = question(asked), schema(asked.symbols)
        reserved = self._budget.reserve(self._most(text), self._clock.now_ns())
        if reserved is None:
            return None
        cost = self._most(text)  # also where nobody tells what it came to
        try:
            said = await patiently(lambda: self._caller.ask(text, form), self._settings.timeout_s, self.version)
            if said.input_tokens:
                cost = self._price(said.input_tokens, said.output_tokens)
        except Unreadable:
            raise
        except DeskError:
            cost = 0.0
            raise
        finally:
            self._budget.settle(reserved, cost, self._clock.now_ns())
        try:
            return read(said.answer, asked.symbols)
        except (ValueError, RecursionError) as error:
            self.refused += 1
            self._refusal = str(error)[:160]
            return None

    def _price(self, input_tokens: int, output_tokens: int) -> float:
        settings = self._settings
        return (input_tokens * settings.input_usd + output_tokens * settings.output_usd) / _MILLION

    def _most(self, text: str) -> float:
        """More than the question can cost."""
        length = len(SYSTEM.encode()) + len(text.encode()) + 2000
        return self._price(length // _BYTES_PER_TOKEN, self._settings.answer_length)


def caller(settings: LlmConfig, read_secret: ReadSecret) -> Caller:
    """The configured endpoint. A server on this machine needs no key. Raises CredentialsError or ConfigError."""
    if settings.api == "bedrock":
        client = AwsClient(
            "bedrock-runtime", settings.region, settings.base_url, settings.timeout_s, settings.concurrency
        )
        return BedrockCaller(client, settings.model, settings.answer_length, settings.temperature)
    if settings.api == "anthropic":
        key = read_secret("anthropic_api_key")
        anthropic = Anthropic(settings.model, key, settings.answer_length, settings.temperature)
        return HttpCaller(settings.base_url or ANTHROPIC_URL, anthropic, settings.timeout_s)
    url = settings.base_url or OPENAI_URL
    try:
        key = read_secret("openai_api_key")
    except CredentialsError:
        if not is_local(url):
            raise
        key = ""
    chat = ChatCompletions(settings.model, key, settings.answer_length, settings.temperature, ours=url != OPENAI_URL)
    return HttpCaller(url, chat, settings.timeout_s)
