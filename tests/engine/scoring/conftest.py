"""What scorers that ask somebody share."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.scoring import lane as lanes
from engine.scoring import own_loop


@pytest.fixture
def made_up_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An account of AWS that is made up, and no other in reach; no proxy."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lane that waits for nothing after a failure."""
    monkeypatch.setattr(lanes, "BACK_OFF_S", (0.001,))
    monkeypatch.setattr(lanes, "_BLOCKED_S", 0.001)
    monkeypatch.setattr(own_loop, "GRACE_S", 0.2)
