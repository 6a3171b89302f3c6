"""Checking bodies against the venue's published OpenAPI documents, where they lie beside the repository."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator

SPECS = Path(__file__).resolve().parents[3] / "../shared/specs"
FILES = {"trading": "alpaca-trading-api.json", "data": "alpaca-market-data-api.json"}

Check = Callable[[Any], None]


@cache
def document(name: str) -> dict[str, Any]:
    """The OpenAPI document; skips the test when it is not there."""
    path = SPECS / FILES[name]
    if not path.is_file():
        pytest.skip(f"the specification {FILES[name]} is not beside this checkout")
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def schema_of(name: str, path: str, method: str, status: str = "200", *, request: bool = False) -> Check:
    """A check of a body against the schema of one operation's answer (or request); it raises ValidationError."""
    spec = document(name)
    operation = spec["paths"][path][method]
    holder = operation["requestBody"] if request else operation["responses"][status]
    schema = {**holder["content"]["application/json"]["schema"], "components": spec["components"]}
    return OAS30Validator(schema).validate


def component(name: str, schema: str) -> Check:
    """A check against a named schema of the document."""
    spec = document(name)
    return OAS30Validator({"$ref": f"#/components/schemas/{schema}", "components": spec["components"]}).validate
