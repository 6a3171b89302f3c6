"""What scorers that ask somebody share."""

from __future__ import annotations

from pathlib import Path

import pytest


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
