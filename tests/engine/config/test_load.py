"""The configuration: layers, refusals with file and line, ranges."""

from __future__ import annotations

import pwd
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Config, load, user_path
from engine.errors import EXIT_USAGE, ConfigError, DeskError
from engine.model import Mode
from engine.paths import Paths


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_shipped_defaults_are_the_documented_ones() -> None:
    """config.toml and the defaults in the code say the same, so the file's comments can be trusted."""
    config = load(env={}).config
    plain = Config(watchlist=config.watchlist, scoring=config.scoring)
    assert config == plain
    assert config.symbols == ("TSLA", "GOOG", "NVDA", "META", "AAPL")
    assert config.engine.profile == "paper"
    assert config.scoring.weights == {"vader": 1.0}


def test_layers_file_profile_environment(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "[risk]\norder_notional = 1000\nopen_orders = 3\n[profile.simulated.risk]\norder_notional = 2000\n",
    )
    assert load(path, env={}).config.risk.order_notional == Decimal(1000)
    simulated = load(path, profile="simulated", env={}).config
    assert simulated.risk.order_notional == Decimal(2000)
    assert simulated.risk.open_orders == 3
    assert simulated.broker.name == "simulated"
    env = {"DESK_RISK__ORDER_NOTIONAL": "2500.50", "DESK_TICKETS__MODE": "auto", "DESK_X__LANGUAGES": "en, de"}
    overridden = load(path, profile="simulated", env=env).config
    assert overridden.risk.order_notional == Decimal("2500.50")
    assert overridden.tickets.mode is Mode.AUTO
    assert overridden.x.languages == ("en", "de")


def test_hash_ignores_where_files_lie_and_sees_every_limit(tmp_path: Path) -> None:
    base = load(env={}).hash
    assert load(env={"DESK_ENGINE__STATE_DIR": str(tmp_path)}).hash == base
    assert load(env={"DESK_RISK__SPREAD_BPS": "49"}).hash != base
    assert load(env={}, profile="live").hash != base


@pytest.mark.parametrize(
    ("text", "line", "says", "remedy"),
    [
        ("[rsk]\nx = 1", 1, "found 'rsk'", "did you mean 'risk'"),
        ("\n[risk]\norder_notinal = 3", 3, "found 'order_notinal'", "did you mean 'order_notional'"),
        ('[risk]\norder_notional = "x"', 2, "decimal", "correct risk.order_notional"),
        ("[risk]\n\n\norder_notional = -1", 4, "found -1", "correct"),
        ("[risk]\nconfidence = nan", 2, "found nan", "correct"),
        ('[tickets]\nmode = "yolo"', 2, "'yolo'", "correct tickets.mode"),
        ('[x]\nbearer_token = "abc"', 2, "no secret", "desk keys set"),
        ('[x]\nbase_url = "http://example.com"', 2, "https", "unencrypted"),
        ("a = = 3", 1, "TOML", "correct that line"),
        ("[profile.papr]\n", 1, "'papr'", "did you mean 'paper'"),
        ("[profile.live.rsk]\n", 1, "'rsk'", "did you mean 'risk'"),
        ('[[watchlist]]\nsymbol = "A"\n[[watchlist]]\nsymbol = "A"', 4, "found A again", "remove one"),
        ('[[watchlist]]\nsymbol = "A"\nthreshhold = 1', 3, "'threshhold'", "did you mean 'threshold'"),
        ('[[watchlist]]\nsymbol = "tsla"', 2, "'tsla'", "without $"),
        ('[[watchlist]]\nsymbol = "A"\nallocation_pct = -5', 3, "from 0 to 100, found -5", "use 10"),
        ('[[watchlist]]\nsymbol = "A"\nkeywords = ["..."]', 3, "letter or digit, found '...'", "remove it"),
        ('profile = "paper"', 1, "tables such as [profile.paper], found 'paper'", "under [engine]"),
        ('[engine]\nprofile = "papr"', 2, "'papr'", "did you mean 'paper'"),
        ('[x]\nbase_url = "https://[::1"', 2, "address like https://host", "correct"),
        ('[x]\nbase_url = "http://127.0.0.1:99999"', 2, "address like https://host", "correct"),
        ('[x]\nlanguages = ["en", "e n) OR (a"]', 2, "found 'e n) OR (a'", "correct"),
        ("[x]\nrule_length = 5", 2, "from 128 to 4096, found 5", "correct"),
        ("[engine]\nheartbeat_s = 1e-300", 2, "found 1e-300", "correct"),
        ("[sentiment]\nwindow_s = 1e300", 2, "at most 31,622,400, found 1e+300", "correct"),
        ("[risk]\norder_quantity = 1e999999", 2, "at most 1,000,000,000,000,000", "correct"),
        ("[simulated]\nspread_bps = -3", 2, "found -3", "correct"),
        ("[orders]\nlookup_backoff_s = []", 2, "pauses above 0", "use [0.5"),
        ('[screen]\nfps = "²"', 2, "found '²'", "use auto"),
        ("[journal]\ncommit_ms = 60000", 2, "from 0.1 to 1000, found 60000", "correct"),
        ('[alpaca]\ntrading_url = "https://API.alpaca.markets./"', 2, "no real money in the profile paper", "armed"),
        ("risk = 5", 1, "a table, found 5", "under [risk]"),
        ("watchlist = [5]", 1, "a table, found 5", "under [[watchlist]]"),
    ],
)
def test_refusals_name_file_line_value_and_remedy(tmp_path: Path, text: str, line: int, says: str, remedy: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(path, env={})
    assert caught.value.where.startswith(f"{path}:{line}")
    assert says in caught.value.message
    assert remedy in caught.value.remedy
    assert caught.value.exit_code == 2


@given(st.text(max_size=300))
def test_any_text_gives_a_config_or_a_config_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("any") / "config.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        loaded = load(path, env={})
    except ConfigError as error:
        assert error.where
    else:
        assert isinstance(loaded.config, Config)


def test_a_profile_that_is_asked_for_is_named_by_its_option() -> None:
    with pytest.raises(ConfigError) as caught:
        load(profile="papr", env={})
    assert caught.value.where == "--profile"
    assert "'paper'" in caught.value.remedy


@pytest.mark.parametrize("target", ["nowhere.toml", "config.toml"])
def test_a_link_that_leads_to_no_file_is_not_taken_for_no_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    """The limits that somebody set must not become the shipped ones because a disk is not mounted yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    own = user_path()
    own.parent.mkdir(parents=True)
    assert load(env={}).path is None
    own.symlink_to(target)
    with pytest.raises(ConfigError, match=f"a link to {target}") as caught:
        load(env={})
    assert caught.value.where == str(own)


def test_a_user_without_a_home_is_told_so_and_may_name_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container the user id may have no entry, and HOME may not be set."""

    def nobody(uid: int) -> object:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="expected a home directory") as caught:
        load(env={})
    assert "set HOME" in caught.value.remedy
    path = tmp_path / "config.toml"
    path.write_text(f'[engine]\nstate_dir = "{tmp_path}"\n')
    assert Paths.of(load(path, env={}).config).state_dir == tmp_path
    path.write_text("")
    with pytest.raises(DeskError, match="expected a home directory") as unknown:
        Paths.of(load(path, env={}).config)
    assert unknown.value.exit_code == EXIT_USAGE
