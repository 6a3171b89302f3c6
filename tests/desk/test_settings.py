from __future__ import annotations

from pathlib import Path

import pytest

from desk.settings import Settings
from engine.config import ScreenConfig


def test_what_is_chosen_is_kept_until_the_configuration_says_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "screen.json"
    settings = Settings(ScreenConfig(theme="nord"), path)
    assert (settings.theme, settings.compact) == ("nord", False)
    assert settings.choose_theme("gruvbox") == ""
    assert settings.choose_compact(True) == ""
    again = Settings(ScreenConfig(theme="nord"), path)
    assert (again.theme, again.compact) == ("gruvbox", True)
    changed = Settings(ScreenConfig(theme="dracula", compact=True), path)
    assert (changed.theme, changed.compact) == ("dracula", True)


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b'{"theme": 3}', b"\x00", b'{"theme": "\xff"}', b'{"more": ' + b"[" * 100_000], ids=len
)
def test_a_file_that_cannot_be_read_is_no_reason_not_to_start(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "screen.json"
    path.write_bytes(text)
    assert Settings(ScreenConfig(theme="nord"), path).theme == "nord"


def test_a_choice_that_cannot_be_kept_holds_for_now_and_says_why(tmp_path: Path) -> None:
    settings = Settings(ScreenConfig(), tmp_path / "no" / "such" / "screen.json")
    assert "could not be kept" in settings.choose_theme("nord")
    assert settings.theme == "nord"
