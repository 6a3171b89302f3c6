"""What the model is asked. The same post always makes the same question, to the last character."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import Any, Final

import msgspec

from engine.model import Asked, DisplayText
from engine.scoring.llm.answer import IMPACTS

TOOL: Final = "report"
"""The one tool that a model is offered; its input is the answer."""
SYSTEM: Final = files("engine.scoring.llm").joinpath("prompt.md").read_text(encoding="utf-8")
"""The prompt, as it stands in prompt.md."""
_CODE: Final = 16


def schema(symbols: tuple[str, ...]) -> dict[str, Any]:
    """The JSON schema of the answer about these symbols (draft 2020-12, within what endpoints enforce strictly)."""
    entry = {
        "type": "object",
        "properties": {
            "symbol": {"type": "string", "enum": list(symbols)},
            "score": {"type": "number", "description": "-1 to 1"},
            "confidence": {"type": "number", "description": "0 to 1"},
            "reason": {"type": "string", "description": "at most 25 words"},
        },
        "required": ["symbol", "score", "confidence", "reason"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            "scores": {"type": "array", "items": entry},
            "impact": {"type": "string", "enum": list(IMPACTS)},
        },
        "required": ["scores", "impact"],
        "additionalProperties": False,
    }


def question(asked: Asked) -> str:
    """What the model is asked about one post: the symbols, and the fenced text."""
    return f"Symbols: {', '.join(asked.symbols)}\n\n{fence(asked.text)}\n"


def fence(text: str) -> str:
    """The text as one JSON string between two marks with a code that does not occur in it.

    The code is a hash of the text, so nobody can write a text that holds its own; should one ever, the next hash is
    taken. `<` is escaped, so nothing inside looks like a mark either.
    """
    code = hashlib.sha256(text.encode()).hexdigest()[:_CODE]
    while code in text:
        code = hashlib.sha256(code.encode()).hexdigest()[:_CODE]
    inside = msgspec.json.encode(text).decode().replace("<", "\\u003c")
    return f"<post {code}>\n{inside}\n</post {code}>"


DIGEST: Final = hashlib.sha256(
    b"\n".join(
        (
            SYSTEM.encode(),
            msgspec.json.encode(schema(("SYMBOL",)), order="sorted"),
            question(Asked(DisplayText("text"), ("SYMBOL",))).encode(),
        )
    )
).hexdigest()
"""Of prompt, schema and the way a post is put; a Reading's version names its beginning."""
