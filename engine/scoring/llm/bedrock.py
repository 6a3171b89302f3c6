"""Models on AWS Bedrock, through its Converse operation.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from engine.errors import VenueUnavailable
from engine.scoring.aws import AwsBusy, AwsClient
from engine.scoring.llm.calls import Busy, Said, Unreadable
from engine.scoring.llm.prompt import SYSTEM, TOOL

Count = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]


class _ToolUse(msgspec.Struct, frozen=True):
    name: str
    input: Any


class _Block(msgspec.Struct, frozen=True):
    toolUse: _ToolUse | None = None


class _Message(msgspec.Struct, frozen=True):
    content: list[_Block]


class _Output(msgspec.Struct, frozen=True):
    message: _Message


class _Usage(msgspec.Struct, frozen=True):
    inputTokens: Count
    outputTokens: Count


class _Reply(msgspec.Struct, frozen=True):
    output: _Output
    usage: _Usage


class BedrockCaller:
    """Speaks `calls.Caller`."""

    def __init__(self, client: AwsClient, model: str, max_tokens: int, temperature: float | None) -> None:
        self._client = client
        settings: dict[str, Any] = {"maxTokens": max_tokens}
        if temperature is not None:
            settings["temperature"] = temperature
        self._fixed = {"modelId": model, "system": [{"text": SYSTEM}], "inferenceConfig": settings}

    async def ask(self, question: str, schema: dict[str, Any]) -> Said:
        """One Converse call."""
        tool = {"name": TOOL, "description": "Report what the post means.", "inputSchema": {"json": schema}}
        try:
            found = await self._client.call(
                "converse",
                **self._fixed,
                messages=[{"role": "user", "content": [{"text": question}]}],
                toolConfig={"tools": [{"toolSpec": tool}], "toolChoice": {"tool": {"name": TOOL}}},
            )
        except AwsBusy as error:
            raise Busy(error.message) from error
        except VenueUnavailable as error:
            raise Unreadable(error.message, where=error.where, remedy=error.remedy) from error
        try:
            reply = msgspec.convert(found, _Reply)
        except msgspec.ValidationError as error:
            raise Unreadable(f"expected a Converse response ({error})", where="bedrock") from error
        uses = [block.toolUse for block in reply.output.message.content if block.toolUse is not None]
        used = len(uses) == 1 and uses[0].name == TOOL
        answer = msgspec.json.encode(uses[0].input) if used else b""
        return Said(answer, reply.usage.inputTokens, reply.usage.outputTokens)

    async def close(self) -> None:
        """Let the threads end."""
        await self._client.close()
