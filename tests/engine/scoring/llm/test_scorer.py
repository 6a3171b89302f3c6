"""The scorer `llm` against pretend endpoints of each kind: answers, faults, money."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from engine.clock import DAY, VirtualClock
from engine.config import Config, LlmConfig, ScoringConfig
from engine.errors import ConfigError, CredentialsError, DeskError
from engine.model import DisplayText, LateScorer, Score, SymbolScore
from engine.scoring.llm.calls import Unreadable
from engine.scoring.llm.scorer import LlmScorer
from tests.engine.scoring.llm.before_endpoint import NOW, put
from tests.engine.scoring.llm.endpoint import KEY

APIS = ("anthropic", "openai", "bedrock")


pytestmark = pytest.mark.usefixtures("made_up_account")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.scoring.llm.calls.PAUSES_S", (0.01,))


@pytest.mark.parametrize("api", APIS)
async def test_each_kind_of_endpoint_gives_a_score_and_its_reason(tmp_path: Path, api: str) -> None:
    async with put(tmp_path, api, temperature=0.0) as asked:
        assert isinstance(asked.scorer, LateScorer) and not asked.scorer.repeatable
        assert await asked.ask("$TSLA sold more") == Score(0.5, 0.9, (), DisplayText("impact medium: sales rose"))
        assert asked.scorer.version.startswith(f"{api}:made-up-1+prompt-")
        assert asked.scorer.spent_usd == pytest.approx((700 * 1.0 + 60 * 5.0) / 1e6)


async def test_symbols_have_scores_of_their_own(tmp_path: Path) -> None:
    order = (
        '{"scores": [{"symbol": "F", "score": -0.5, "confidence": 0.3, "reason": "it loses"},'
        ' {"symbol": "TSLA", "score": 1, "confidence": 0.9, "reason": "it wins"}], "impact": "high"}'
    )
    async with put(tmp_path) as asked:
        score = await asked.ask(f"ANSWER {order}", "TSLA", "F")
    assert score is not None
    assert score.symbols == (SymbolScore("TSLA", 1.0, 0.9), SymbolScore("F", -0.5, 0.3))
    assert (score.score, score.confidence) == (0.625, 0.6)
    assert score.reason == "impact high: TSLA: it wins; F: it loses"


@pytest.mark.parametrize("api", APIS)
async def test_an_endpoint_that_is_busy_is_asked_again_within_the_limit(tmp_path: Path, api: str) -> None:
    async with put(tmp_path, api) as asked:
        asked.endpoint.faults = [
            web.json_response(
                {"message": "slow down"}, status=429, headers={"x-amzn-ErrorType": "ThrottlingException"}
            ),
            web.json_response({"message": "oops"}, status=500),
            web.Response(text="<html>busy</html>", status=503),
        ]
        assert (await asked.ask("$TSLA up")) is not None
        assert len(asked.endpoint.bodies) == 4
        assert asked.scorer.spent_usd == pytest.approx(0.001)


async def test_an_endpoint_that_stays_busy_is_given_up_and_costs_nothing(tmp_path: Path) -> None:
    async with put(tmp_path, timeout_s=10.0) as asked:
        asked.endpoint.faults = [web.Response(status=529) for _ in range(3)]
        asked.endpoint.faults.append(web.Response(status=529, headers={"Retry-After": "60"}))
        with pytest.raises(DeskError, match="found status 529"):
            await asked.ask("$TSLA up")
        assert len(asked.endpoint.bodies) == 4 and asked.scorer.spent_usd == 0
        asked.endpoint.faults = [web.Response(status=429, headers={"Retry-After": "60"})]
        before = len(asked.endpoint.bodies)
        with pytest.raises(DeskError, match="found status 429"):
            await asked.ask("$TSLA up")
        assert len(asked.endpoint.bodies) == before + 1, "a minute does not fit in the limit"


async def test_an_endpoint_that_says_at_once_is_not_asked_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limiter that answers `Retry-After: 0` would get hundreds of requests a second."""
    monkeypatch.setattr("engine.scoring.llm.calls.PAUSES_S", (0.1, 0.4))
    async with put(tmp_path, timeout_s=0.5) as asked:
        asked.endpoint.faults = [web.Response(status=429, headers={"Retry-After": "0"}) for _ in range(1000)]
        with pytest.raises(DeskError, match="found status 429"):
            await asked.ask("$TSLA up")
        assert len(asked.endpoint.bodies) == 2 and asked.scorer.spent_usd == 0


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("status", [408, 502, 504])
async def test_a_gateway_that_did_not_wait_leaves_open_what_it_cost(tmp_path: Path, api: str, status: int) -> None:
    """The model behind it may have answered: asked again it would be paid twice, and what was set aside stays."""
    async with put(tmp_path, api) as asked:
        asked.endpoint.faults = [web.Response(text="<html>time-out</html>", status=status)]
        with pytest.raises(Unreadable):
            await asked.ask("$TSLA up")
        assert len(asked.endpoint.bodies) == 1 and asked.scorer.spent_usd > 0.001


async def test_a_post_with_more_symbols_than_an_answer_holds_is_not_paid_for(tmp_path: Path) -> None:
    """The answer would break off in the middle, and be refused; anybody can write such a post."""
    names = tuple(f"T{number}" for number in range(9))
    async with put(tmp_path, answer_length=500) as asked:
        assert await asked.ask("all of them up", *names) is None
        assert asked.scorer.spent_usd == 0 and not asked.endpoint.bodies
        assert "1 posts of more than 8 symbols left out" in asked.scorer.detail
        score = await asked.ask("all of them up", *names[:8])
        assert score is not None and len(score.symbols) == 8
        assert await asked.ask(" ") is None and len(asked.endpoint.bodies) == 1


HTML = "<html>Please log in</html>"


@pytest.mark.parametrize("api", ["anthropic", "openai"])
@pytest.mark.parametrize(
    "body",
    [HTML, "", '{"content": [', "[]", '{"content": [], "choices": [], "usage": {}}', '{"usage": {"input_tokens": -5}}'],
)
async def test_a_reply_that_is_none_keeps_its_reservation(tmp_path: Path, api: str, body: str) -> None:
    async with put(tmp_path, api) as asked:
        asked.endpoint.faults = [web.Response(text=body)]
        with pytest.raises(Unreadable, match="expected a reply of this kind"):
            await asked.ask("$TSLA up")
        assert len(asked.endpoint.bodies) == 1, "asking again would cost it twice"
        assert asked.scorer.spent_usd > 0.001


DECLINED = {
    "anthropic": {
        "content": [{"type": "text", "text": "I would rather not."}],
        "usage": {"input_tokens": 700, "output_tokens": 60},
    },
    "openai": {
        "choices": [{"message": {"content": None, "refusal": "I would rather not."}}],
        "usage": {"prompt_tokens": 700, "completion_tokens": 60},
    },
    "bedrock": {
        "output": {"message": {"role": "assistant", "content": [{"text": "I would rather not."}]}},
        "usage": {"inputTokens": 700, "outputTokens": 60, "totalTokens": 760},
        "stopReason": "end_turn",
        "metrics": {"latencyMs": 1},
    },
}


@pytest.mark.parametrize("api", APIS)
async def test_a_model_that_declines_has_answered_and_is_paid(tmp_path: Path, api: str) -> None:
    """It is the post's doing, and anybody can write such a post: the endpoint is well."""
    async with put(tmp_path, api) as asked:
        asked.endpoint.faults = [web.json_response(DECLINED[api])]
        assert await asked.ask("$TSLA up") is None
        assert asked.scorer.refused == 1 and "the model gave none" in asked.scorer.detail
        assert asked.scorer.spent_usd == pytest.approx(0.001)


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": 0, "completion_tokens": 0}])
async def test_an_endpoint_that_does_not_tell_what_it_used_has_used_what_was_set_aside(
    tmp_path: Path, usage: dict[str, int] | None
) -> None:
    order = '{"scores": [{"symbol": "TSLA", "score": 1, "confidence": 1, "reason": "x"}], "impact": "low"}'
    async with put(tmp_path, "openai") as asked:
        asked.endpoint.faults = [web.json_response({"choices": [{"message": {"content": order}}], "usage": usage})]
        assert await asked.ask("$TSLA up") is not None
        assert asked.scorer.spent_usd > 0.001


async def test_an_endpoint_that_streams_though_nobody_asked_is_not_read(tmp_path: Path) -> None:
    async with put(tmp_path) as asked:
        stream = 'event: message_start\ndata: {"type": "message_start"}\n\n'
        asked.endpoint.faults = [web.Response(text=stream, content_type="text/event-stream")]
        with pytest.raises(Unreadable):
            await asked.ask("$TSLA up")
        assert asked.scorer.spent_usd > 0.001


async def test_an_envelope_nested_without_end_is_no_reply(tmp_path: Path) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    async with put(tmp_path) as asked:
        asked.endpoint.faults = [web.Response(text=f'{{"content": {deep}}}', content_type="application/json")]
        with pytest.raises(Unreadable):
            await asked.ask("$TSLA up")


@pytest.mark.parametrize("api", APIS)
async def test_an_endpoint_that_hangs_is_given_up_at_the_limit(tmp_path: Path, api: str) -> None:
    async with put(tmp_path, api, timeout_s=0.3) as asked:
        asked.endpoint.hold = asyncio.Event()
        with pytest.raises(Unreadable):
            await asked.ask("$TSLA up")
        assert asked.scorer.spent_usd > 0.001, "it may have answered"
        asked.endpoint.hold.set()


async def test_a_reply_without_end_is_cut_off(tmp_path: Path) -> None:
    async with put(tmp_path) as asked:
        asked.endpoint.faults = [web.Response(body=b"x" * (2 << 20))]
        with pytest.raises(Unreadable):
            await asked.ask("$TSLA up")


@pytest.mark.parametrize(("status", "kind"), [(401, CredentialsError), (403, CredentialsError), (404, ConfigError)])
async def test_what_a_person_must_mend_says_so(tmp_path: Path, status: int, kind: type[DeskError]) -> None:
    async with put(tmp_path) as asked:
        asked.endpoint.faults = [web.json_response({"error": "no"}, status=status)]
        with pytest.raises(kind) as refused:
            await asked.ask("$TSLA up")
        assert KEY not in str(refused.value) and asked.scorer.spent_usd == 0


async def test_an_endpoint_that_is_not_there_is_named(tmp_path: Path) -> None:
    async with put(tmp_path, base_url="http://127.0.0.1:9") as asked:
        with pytest.raises(DeskError, match="expected an endpoint") as down:
            await asked.ask("$TSLA up")
        assert "127.0.0.1:9" in down.value.where


async def test_the_days_money_is_a_limit_over_engines_and_ends_at_midnight(tmp_path: Path) -> None:
    async with put(tmp_path, daily_cap_usd=0.02) as asked:
        asked.endpoint.tokens = (1500, 500)
        scores = [await asked.ask(f"$TSLA up {number}") for number in range(6)]
        assert scores[0] is not None and scores[-1] is None
        assert 0 < asked.scorer.spent_usd <= 0.02
        assert "spent today" in asked.scorer.blocked(asked.clock.now_ns())
        async with put(tmp_path, daily_cap_usd=0.02) as other:
            assert other.scorer.spent_usd == asked.scorer.spent_usd
            assert await other.ask("$TSLA up") is None and not other.endpoint.bodies
        asked.clock.advance(NOW + DAY)
        assert asked.scorer.blocked(asked.clock.now_ns()) == "" and asked.scorer.spent_usd == 0
        assert await asked.ask("$TSLA up") is not None


async def test_another_cap_holds_from_the_next_question_on(tmp_path: Path) -> None:
    async with put(tmp_path, daily_cap_usd=0.0) as asked:
        assert await asked.ask("one") is None
        asked.scorer.reconfigure(Config(scoring=ScoringConfig(llm=LlmConfig(daily_cap_usd=1.0))))
        assert await asked.ask("two") is not None
        assert asked.scorer.cap_usd == 1.0
        asked.scorer.reconfigure(Config(scoring=ScoringConfig(llm=LlmConfig(daily_cap_usd=0.0))))
        assert await asked.ask("three") is None


async def test_a_cap_of_nothing_asks_nothing(tmp_path: Path) -> None:
    async with put(tmp_path, daily_cap_usd=0.0, input_usd=0.0, output_usd=0.0) as asked:
        assert asked.scorer.blocked(NOW) and await asked.ask("$TSLA up") is None
        assert not asked.endpoint.bodies


async def test_questions_that_are_under_way_together_cannot_overspend(tmp_path: Path) -> None:
    async with put(tmp_path, daily_cap_usd=0.02) as asked:
        asked.endpoint.tokens = (1500, 500)
        asked.endpoint.hold = asyncio.Event()
        questions = [asyncio.create_task(asked.ask(f"$TSLA up {number}")) for number in range(20)]
        async with asyncio.timeout(10):
            while asked.endpoint.open < 2:
                await asyncio.sleep(0.005)
        asked.endpoint.hold.set()
        scores = await asyncio.gather(*questions)
        assert 2 <= len(asked.endpoint.bodies) == 20 - scores.count(None) < 6
        assert asked.scorer.spent_usd <= 0.02


async def test_an_engine_that_dies_in_a_question_has_spent_its_reservation(tmp_path: Path) -> None:
    async with put(tmp_path) as asked:
        asked.endpoint.hold = asyncio.Event()
        question = asyncio.create_task(asked.ask("$TSLA up"))
        async with asyncio.timeout(10):
            while not asked.endpoint.bodies:
                await asyncio.sleep(0.005)
        async with put(tmp_path) as next_engine:
            assert next_engine.scorer.spent_usd > 0.001
        asked.endpoint.hold.set()
        await question


def test_without_a_model_or_a_key_it_is_refused(tmp_path: Path) -> None:
    def missing(name: str) -> str:
        raise CredentialsError(f"expected {name}", remedy="desk keys set")

    def make(**settings: Any) -> LlmScorer:
        config = Config(scoring=ScoringConfig(llm=LlmConfig(**settings)))
        return LlmScorer(config, VirtualClock(NOW), state_dir=tmp_path, read_secret=missing)

    with pytest.raises(ConfigError, match="expected the name of a model"):
        make()
    with pytest.raises(CredentialsError, match="anthropic_api_key"):
        make(model="made-up-1")
    with pytest.raises(CredentialsError, match="openai_api_key"):
        make(model="made-up-1", api="openai")
    assert make(model="made-up-1", api="openai", base_url="http://127.0.0.1:11434/v1").version.startswith("openai:")
