"""Where a value stands in its file, and files that cannot be read."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from engine.config import load
from engine.config.place import LARGEST
from engine.errors import ConfigError


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[risk]\nopen_orders = 4\n[profile.paper.risk]\nopen_orders = -1", ":4: profile.paper.risk.open_orders"),
        ("[profile.paper]\n\nrisk = { open_orders = -1 }", ":3: profile.paper.risk.open_orders"),
        ('[profile.paper]\nrisk.open_orders = "x"', ":2: profile.paper.risk.open_orders"),
        ("\nrisk = { open_orders = -1 }", ":2: risk.open_orders"),
        ("risk.open_orders = -1", ":1: risk.open_orders"),
        ("[profile.live.risk]\nopen_orders = 1\n[risk]\nopen_orders = -1", ":4: risk.open_orders"),
        (
            '[[watchlist]]\nsymbol = "A"\n'
            '[[profile.paper.watchlist]]\nsymbol = "B"\n[[profile.paper.watchlist]]\nsymbol = "c"',
            ":6: profile.paper.watchlist[1].symbol",
        ),
        ('[[watchlist]]\nsymbol = "A"\n[[watchlist]]\nname = "B"', ":3: watchlist[1]"),
        ('[feeds]\nprices = "replay"', ":2: feeds.prices"),
        ('[engine]\nprofile = "live"\n[broker]\nname = "simulated"', ":4: broker.name"),
    ],
)
def test_a_profiles_own_value_is_found_where_it_stands(tmp_path: Path, text: str, where: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(path, env={})
    assert caught.value.where == f"{path}{where}"


def test_missing_and_binary_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="readable configuration"):
        load(tmp_path / "absent.toml", env={})
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        load(binary, env={})
    endless = tmp_path / "endless.toml"
    endless.write_bytes(b"#" * (LARGEST + 1))
    with pytest.raises(ConfigError, match="at most 1,048,576 bytes"):
        load(endless, env={})


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """An engine that looks at its file again would wait for ever, and could not be stopped."""
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    with pytest.raises(ConfigError, match="found a pipe"):
        load(pipe, env={})
    with pytest.raises(ConfigError, match="Is a directory"):
        load(tmp_path, env={})
    assert load(Path(os.devnull), env={}).config == load(env={}).config
    with pytest.raises(ConfigError, match="at most 1,048,576 bytes"):
        load(Path("/dev/zero"), env={})


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_what_an_editor_adds_changes_nothing(tmp_path: Path, mark: str, line_end: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(f"{mark}[risk]{line_end}order_notional = 2500{line_end}".encode())
    assert load(path, env={}).config.risk.order_notional == Decimal(2500)
    path.write_bytes(f"{mark}[risk]{line_end}order_notional = 2500{line_end}open_orders = -1".encode())
    with pytest.raises(ConfigError) as caught:
        load(path, env={})
    assert caught.value.where == f"{path}:3: risk.open_orders"
