"""Packages of somebody's, as they are installed: entry points and a module, written where a test wants them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


def install(home: Path, module: str, body: str, **groups: dict[str, str]) -> None:
    """Write the package `module` under `home`, with `groups` of entry points: `feeds={"theirs": "Theirs"}`."""
    package = home / f"{module}-1.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1\n")
    lines = []
    for group, names in groups.items():
        lines += [f"[desk.{group}]", *(f"{name} = {module}:{what}" for name, what in names.items())]
    (package / "entry_points.txt").write_text("\n".join(lines) + "\n")
    (home / f"{module}.py").write_text(body)


def at_hand(home: Path, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process find what was installed under `home`."""
    monkeypatch.syspath_prepend(str(home))
    monkeypatch.delitem(sys.modules, module, raising=False)
