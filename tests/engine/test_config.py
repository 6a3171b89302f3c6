"""The configuration: layers, refusals with file and line, ranges."""

from __future__ import annotations

import os
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Config, load
from engine.config.place import LARGEST
from engine.config.variables import SECRET_VARIABLES, TEST_VARIABLES
from engine.errors import ConfigError
from engine.model import Mode
from engine.secrets import VARIABLES


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


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("DESK_RISK__ORDER_NOTIONL", "1", "order_notionl"),
        ("DESK_RISK__ORDER_NOTIONAL", "abc", "decimal"),
        ("DESK_STRATEGY__SHIFT", "1", ""),
        ("DESK_STRATEGY__SHIFT__BUY", "perhaps", "bool"),
        ("DESK_SENTIMENT__WINDOW_S", "snan", "float"),
        ("DESK_RISK__ORDER_NOTIONAL__X", "1", "order_notional.x"),
        ("DESK_ENGINE__PROFILE", "papr", "found 'papr'"),
    ],
)
def test_environment_refusals(variable: str, value: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(env={variable: value})
    assert variable in caught.value.where
    assert says in caught.value.message


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("DESK_RISK_ORDER_NOTIONAL", "DESK_RISK__ORDER_NOTIONAL"),
        ("DESK_RISK_ORDER__NOTIONAL", "order"),
        ("DESK_RISK___ORDER_NOTIONAL", "order_notional"),
        ("desk_risk__order_notional", "DESK_RISK__ORDER_NOTIONAL"),
        ("DESK_risk__open_orders", "DESK_RISK__OPEN_ORDERS"),
        ("DESK_STRATEGY_SHIFT_THRESHOLD", "DESK_STRATEGY__SHIFT__THRESHOLD"),
        ("DESK_X_BEARER_TOKN", "DESK_X_BEARER_TOKEN"),
        ("DESK_X__BEARER_TOKEN", "DESK_X_BEARER_TOKEN"),
        ("DESK_RISK", "unset it"),
        ("DESK_", "unset it"),
        ("DESK_SOMETHING_ELSE", "unset it"),
    ],
)
def test_a_variable_that_sets_nothing_is_refused(variable: str, meant: str) -> None:
    """Who mistypes a limit must not believe that it holds. What it was set to, perhaps a secret, is not told."""
    with pytest.raises(ConfigError) as caught:
        load(env={variable: "4711"})
    assert variable in caught.value.where
    assert meant in caught.value.remedy
    assert "4711" not in str(caught.value)


def test_secrets_and_what_the_tests_are_told_are_no_settings() -> None:
    assert set(SECRET_VARIABLES) == set(VARIABLES.values())
    others = {"DESKTOP_SESSION": "x", "PATH": "/bin"}
    assert load(env={**dict.fromkeys((*SECRET_VARIABLES, *TEST_VARIABLES), "1"), **others}) == load(env={})


def test_every_variable_of_the_tests_is_known() -> None:
    """Whoever runs them with such a variable can start an engine in them."""
    root = Path(__file__).parents[2]
    texts = [
        path.read_text(encoding="utf-8")
        for room in ("tests", "bench", "tools")
        for path in root.glob(f"{room}/**/*.py")
    ]
    read = set(re.findall(r"environ(?:\.get\(|\[)\"(DESK_[A-Z_]+)\"", "\n".join(texts)))
    assert {name for name in read if "__" not in name} - set(SECRET_VARIABLES) == set(TEST_VARIABLES)


@pytest.mark.parametrize(
    ("env", "key"),
    [
        ({"DESK_FEEDS__POSTS": "replay"}, "feeds.posts"),
        ({"DESK_FEEDS__PRICES": "replay"}, "feeds.prices"),
        ({"DESK_FEEDS__POSTS": "x,x"}, "feeds.posts"),
        ({"DESK_FEEDS__POSTS": "news,news"}, "feeds.posts"),
        ({"DESK_FEEDS__POSTS": "news,replay", "DESK_FEEDS__PRICES": "replay"}, "feeds.posts"),
        ({"DESK_ALPACA__NEWS_STREAM_URL": "https://stream.data.alpaca.markets/v1beta1/news"}, "alpaca.news_stream_url"),
        ({"DESK_FEEDS__POSTS": "prices"}, "feeds.posts"),
        ({"DESK_FEEDS__POSTS": "replay", "DESK_FEEDS__PRICES": "replay"}, "feeds.posts"),
        ({"DESK_SCREEN__FPS": "fast"}, "screen.fps"),
        ({"DESK_REPLAY__SPEED": "-1"}, "replay.speed"),
    ],
)
def test_combinations_that_cannot_work(env: dict[str, str], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(env=env)
    assert key in caught.value.where


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


@pytest.mark.parametrize("key", ["trading_url", "trading_stream_url"])
@pytest.mark.parametrize("profile", ["paper", "simulated"])
def test_real_money_is_reached_through_the_live_profile_alone(tmp_path: Path, key: str, profile: str) -> None:
    """Elsewhere nobody would be asked to arm it."""
    address = {
        "trading_url": "https://API.alpaca.markets:443/v2",
        "trading_stream_url": "wss://api.alpaca.markets/stream",
    }
    path = write(tmp_path, f'[alpaca]\n{key} = "{address[key]}"\n')
    broker = "simulated" if profile == "simulated" else "alpaca"
    with pytest.raises(ConfigError, match="no real money in the profile"):
        load(path, profile=profile, env={"DESK_BROKER__NAME": broker})
    assert load(path, profile="live", env={}).config.engine.profile == "live"
