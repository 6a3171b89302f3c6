"""Amazon Comprehend through the real boto3: moto knows single texts, a pretend endpoint knows batches."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from moto import mock_aws

from engine.clock import SECOND, VirtualClock
from engine.config import ComprehendConfig, Config, ScoringConfig
from engine.errors import CredentialsError, DeskError, VenueUnavailable
from engine.model import Asked, DisplayText, LateScorer, Score
from engine.scoring.comprehend import LONGEST, ComprehendScorer

pytestmark = pytest.mark.usefixtures("made_up_account")

NOW = 1_773_235_800 * SECOND


def scorer(tmp_path: Path, **settings: Any) -> ComprehendScorer:
    config = Config(scoring=ScoringConfig(comprehend=ComprehendConfig(**settings)))
    return ComprehendScorer(config, VirtualClock(NOW), state_dir=tmp_path, read_secret=str)


def about(*texts: str) -> list[Asked]:
    return [Asked(DisplayText(text), ("TSLA",)) for text in texts]


def shares(positive: float, negative: float, neutral: float, mixed: float = 0.0) -> dict[str, float]:
    return {"Positive": positive, "Negative": negative, "Neutral": neutral, "Mixed": mixed}


class Pretend:
    """AWS's JSON protocol: the operation is in a header, the request is signed."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.faults: list[web.Response] = []

    async def answer(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"].startswith("AWS4-HMAC-SHA256 ")
        operation = request.headers["X-Amz-Target"].partition(".")[2]
        body = json.loads(await request.read())
        self.asked.append((operation, body))
        if self.faults:
            return self.faults.pop(0)
        results = []
        errors = []
        for index, text in enumerate(body["TextList"]):
            if "unreadable" in text:
                errors.append({"Index": index, "ErrorCode": "INTERNAL", "ErrorMessage": "no"})
                continue
            good = "up" in text
            score = shares(0.9, 0.05, 0.05) if good else shares(0.1, 0.7, 0.2)
            results.append({"Index": index, "Sentiment": "POSITIVE" if good else "NEGATIVE", "SentimentScore": score})
        return web.json_response({"ResultList": results[::-1], "ErrorList": errors})


@contextlib.asynccontextmanager
async def pretend() -> AsyncIterator[Pretend]:
    made = Pretend()
    app = web.Application()
    app.router.add_post("/", made.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    made.url = f"http://{host}:{port}"
    try:
        yield made
    finally:
        await runner.cleanup()


async def test_a_single_text_is_read_by_moto(tmp_path: Path) -> None:
    comprehend = scorer(tmp_path)
    assert isinstance(comprehend, LateScorer) and not comprehend.repeatable
    with mock_aws():
        await comprehend.start()
        (score,) = await comprehend.score(about("$TSLA neither this nor that"))
        await comprehend.close()
    assert score is not None and -1 <= score.score <= 1 and score.confidence > 0.3
    assert comprehend.spent_usd == pytest.approx(0.0003)


async def test_a_batch_comes_back_in_its_own_order_and_leaves_out_what_aws_could_not_read(tmp_path: Path) -> None:
    async with pretend() as aws:
        comprehend = scorer(tmp_path, endpoint_url=aws.url)
        scores = await comprehend.score(about("goes up", "unreadable", "goes down"))
        await comprehend.close()
    assert scores == [Score(0.85, 0.9), None, Score(-0.6, 0.7)]
    ((operation, body),) = aws.asked
    assert operation == "BatchDetectSentiment" and body["LanguageCode"] == "en"


def refusal(kind: str, status: int) -> web.Response:
    return web.json_response({"__type": kind, "message": "no"}, status=status)


def results(*places: int) -> web.Response:
    """Sentiments of texts at these places."""
    rows = [{"Index": place, "SentimentScore": shares(1, 0, 0)} for place in places]
    return web.json_response({"ResultList": rows, "ErrorList": []})


@pytest.mark.parametrize(
    ("fault", "kind", "charged"),
    [
        (refusal("ThrottlingException", 400), DeskError, False),
        (refusal("InternalServerException", 500), DeskError, False),
        (web.Response(text="<html>", status=503), DeskError, False),
        (refusal("AccessDeniedException", 400), CredentialsError, False),
        (refusal("UnrecognizedClientException", 400), CredentialsError, False),
        (refusal("TextSizeLimitExceededException", 400), DeskError, False),
        (web.json_response({"ResultList": [{"Index": 0, "SentimentScore": shares(7, 0, 0)}]}), VenueUnavailable, True),
        (web.json_response({}), VenueUnavailable, True),
        (results(0, 0), VenueUnavailable, True),
        (results(0, 2), VenueUnavailable, True),
        (results(-1), VenueUnavailable, True),
        (web.json_response({"ResultList": [{"SentimentScore": shares(1, 0, 0)}]}), VenueUnavailable, True),
        (web.Response(text="<html>", status=504), VenueUnavailable, True),
        (web.Response(text="<html>", status=502), VenueUnavailable, True),
    ],
)
async def test_a_fault_is_one_error_asked_once_and_costs_only_what_may_have_been_computed(
    tmp_path: Path, fault: web.Response, kind: type[DeskError], charged: bool
) -> None:
    async with pretend() as aws:
        aws.faults = [fault]
        comprehend = scorer(tmp_path, endpoint_url=aws.url)
        with pytest.raises(kind):
            await comprehend.score(about("up", "down"))
        assert len(aws.asked) == 1 and (comprehend.spent_usd > 0) is charged
        assert (await comprehend.score(about("up", "down")))[0] is not None
        await comprehend.close()


@pytest.mark.parametrize("text", ["up " * 4000, "🚀up" * 2000, "é" * 3000], ids=["ascii", "emoji", "accents"])
async def test_a_text_is_cut_to_the_bytes_that_aws_takes(tmp_path: Path, text: str) -> None:
    async with pretend() as aws:
        comprehend = scorer(tmp_path, endpoint_url=aws.url)
        assert None not in await comprehend.score(about(text, "up"))
        await comprehend.close()
    sent = aws.asked[0][1]["TextList"][0]
    assert LONGEST - 4 < len(sent.encode()) <= LONGEST and text.startswith(sent)


async def test_a_blank_text_is_not_sent(tmp_path: Path) -> None:
    async with pretend() as aws:
        comprehend = scorer(tmp_path, endpoint_url=aws.url)
        assert await comprehend.score(about(" ", "goes up", "", "goes down")) == [
            None,
            Score(0.85, 0.9),
            None,
            Score(-0.6, 0.7),
        ]
        assert await comprehend.score(about("", " ")) == [None, None] and len(aws.asked) == 1
        await comprehend.close()


async def test_long_texts_cost_more_and_the_cap_holds(tmp_path: Path) -> None:
    async with pretend() as aws:
        comprehend = scorer(tmp_path, endpoint_url=aws.url, daily_cap_usd=0.002)
        assert None not in await comprehend.score(about("up " * 200, "up"))
        assert comprehend.spent_usd == pytest.approx(0.0006 + 0.0003)
        assert await comprehend.score(about("up " * 400, "up")) == [None, None]
        assert len(aws.asked) == 1 and comprehend.blocked(NOW) == "", "there is enough for shorter ones"
        assert None not in await comprehend.score(about("up", "down"))
        assert await comprehend.score(about("up", "down")) == [None, None]
        assert "spent today" in comprehend.blocked(NOW) and len(aws.asked) == 2
        await comprehend.close()


async def test_without_credentials_it_says_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    comprehend = scorer(tmp_path)
    with pytest.raises(CredentialsError, match="expected AWS credentials") as missing:
        await comprehend.start()
    await comprehend.close()
    assert "AWS_PROFILE" in missing.value.remedy


async def test_an_answer_that_drips_is_given_up_and_holds_up_no_end(tmp_path: Path) -> None:
    """Each byte comes within boto3's own limit; the threads that wait for the rest must not outlive the process."""
    over = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        while not over.is_set():
            writer.write(b" ")
            await writer.drain()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), 0.05)
        writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    comprehend = scorer(tmp_path, endpoint_url=f"http://127.0.0.1:{port}", timeout_s=0.5, concurrency=2)
    await comprehend.start()
    for number in (1, 2):
        with pytest.raises(VenueUnavailable, match=r"expected an answer within 0\.5 s"):
            await comprehend.score(about(f"up {number}"))
        assert comprehend.spent_usd == pytest.approx(0.0003 * number), "it may have been computed"
    with pytest.raises(DeskError, match="expected a free connection"):
        await comprehend.score(about("up 3"))
    assert comprehend.spent_usd == pytest.approx(0.0006), "it was not sent"
    waiting = [thread for thread in threading.enumerate() if thread.name == "comprehend"]
    assert len(waiting) == 2 and all(thread.daemon for thread in waiting)
    over.set()
    for thread in waiting:
        await asyncio.to_thread(thread.join, 30.0)
    with pytest.raises(VenueUnavailable):
        await comprehend.score(about("up 4"))
    await comprehend.close()
    server.close()
    await server.wait_closed()
