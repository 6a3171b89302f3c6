"""How HTTP endpoints are spoken to: Anthropic Messages, and chat completions as OpenAI and many servers have them.

Anthropic: https://docs.anthropic.com/en/api/messages. Chat completions:
https://platform.openai.com/docs/api-reference/chat.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec

from engine.scoring.llm.calls import Said
from engine.scoring.llm.prompt import SYSTEM, TOOL

ANTHROPIC_URL: Final = "https://api.anthropic.com"
OPENAI_URL: Final = "https://api.openai.com/v1"
_ANTHROPIC_VERSION: Final = "2023-06-01"


Count = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]


class _Block(msgspec.Struct, frozen=True):
    type: str
    name: str = ""
    input: msgspec.Raw = msgspec.Raw(b"null")


class _AnthropicUsage(msgspec.Struct, frozen=True):
    input_tokens: Count
    output_tokens: Count


class _AnthropicReply(msgspec.Struct, frozen=True):
    content: list[_Block]
    usage: _AnthropicUsage


class Anthropic:
    """The Messages API: the answer is the input of a tool that must be used."""

    path = "/v1/messages"

    def __init__(self, model: str, key: str, max_tokens: int, temperature: float | None) -> None:
        self.headers = {"x-api-key": key, "anthropic-version": _ANTHROPIC_VERSION}
        self._fixed: dict[str, Any] = {"model": model, "max_tokens": max_tokens, "system": SYSTEM}
        if temperature is not None:
            self._fixed["temperature"] = temperature

    def body(self, question: str, schema: dict[str, Any]) -> dict[str, Any]:
        """The request."""
        tool = {"name": TOOL, "description": "Report what the post means for each symbol.", "input_schema": schema}
        return {
            **self._fixed,
            "messages": [{"role": "user", "content": question}],
            "tools": [tool],
            "tool_choice": {"type": "tool", "name": TOOL},
        }

    def read(self, reply: bytes) -> Said:
        """The tool's input; no answer where it was not used once. Raises ValueError or RecursionError."""
        found = _anthropic.decode(reply)
        uses = [block for block in found.content if block.type == "tool_use" and block.name == TOOL]
        answer = bytes(uses[0].input) if len(uses) == 1 else b""
        return Said(answer, found.usage.input_tokens, found.usage.output_tokens)


class _Message(msgspec.Struct, frozen=True):
    content: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    message: _Message


class _ChatUsage(msgspec.Struct, frozen=True):
    prompt_tokens: Count = 0
    completion_tokens: Count = 0


class _ChatReply(msgspec.Struct, frozen=True):
    choices: list[_Choice]
    usage: _ChatUsage | None = None


class ChatCompletions:
    """Chat completions: the answer is the message, held to the schema where the server can."""

    path = "/chat/completions"

    def __init__(self, model: str, key: str, max_tokens: int, temperature: float | None, *, ours: bool) -> None:
        """`ours`: a server other than the vendor's, which may not know the newer name of the answer's length."""
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._fixed: dict[str, Any] = {"model": model, "max_tokens" if ours else "max_completion_tokens": max_tokens}
        if temperature is not None:
            self._fixed["temperature"] = temperature

    def body(self, question: str, schema: dict[str, Any]) -> dict[str, Any]:
        """The request."""
        return {
            **self._fixed,
            "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": TOOL, "strict": True, "schema": schema},
            },
        }

    def read(self, reply: bytes) -> Said:
        """The message; no answer where the model declined. Raises ValueError or RecursionError."""
        found = _chat.decode(reply)
        if len(found.choices) != 1:
            raise ValueError(f"expected one choice, found {len(found.choices)}")
        usage = found.usage or _ChatUsage()
        answer = found.choices[0].message.content or ""
        return Said(answer.encode(), usage.prompt_tokens, usage.completion_tokens)


_anthropic = msgspec.json.Decoder(_AnthropicReply)
_chat = msgspec.json.Decoder(_ChatReply)
