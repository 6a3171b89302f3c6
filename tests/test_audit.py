"""The audit of what we depend on: against made-up locks, and a pretend database on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tools.audit import ROOT, main, read_lock

HASH = "0123456789abcdef" * 4
NOWHERE = "http://127.0.0.1:9/nobody-listens"


@pytest.fixture
def database() -> Iterator[str]:
    """Knows one vulnerability: of every package called `bad`."""

    class Database(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
            vulnerable = {"vulns": [{"id": "MADE-UP-1"}]}
            results = [vulnerable if query["package"]["name"] == "bad" else {} for query in asked]
            body = json.dumps({"results": results} if self.path == "/good" else results).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Database) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def lock(folder: Path, *names: str) -> Path:
    path = folder / "made-up.lock"
    lines = [
        f"{name}==1.0 ; python_version >= '3.11' \\\n    --hash=sha256:{HASH} \\\n    --hash=sha256:{HASH}"
        for name in names
    ]
    path.write_text("# a comment\n\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_our_own_locks_are_pinned_by_hash(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--database", NOWHERE]) == 0
    said = capsys.readouterr().out
    assert "all have hashes" in said
    assert "only the pins were checked" in said
    pins, problems = read_lock(ROOT / "requirements" / "base.lock")
    assert not problems
    assert {"aiohttp", "msgspec", "textual"} <= {pin.name for pin in pins}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("good==1.0", "expected a SHA-256"),
        (f"good==1.0 --hash=sha256:{HASH[:-1]}", "expected a SHA-256"),
        (f"good>=1.0 --hash=sha256:{HASH}", "expected name==version"),
        ("git+https://example.com/good.git", "expected name==version"),
        (f"good==1.0 \\\n    --hash=md5:{HASH}", "expected a SHA-256"),
    ],
)
def test_a_pin_without_a_hash_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, expected: str
) -> None:
    path = tmp_path / "loose.lock"
    path.write_text(f"fine==2.0 --hash=sha256:{HASH}\n{line}\n", encoding="utf-8")
    assert main(["--database", NOWHERE, str(path)]) == 1
    said = capsys.readouterr().out
    assert f"loose.lock:2: {expected}" in said


def test_a_known_vulnerability_is_named_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], database: str
) -> None:
    path = lock(tmp_path, "fine", "bad")
    assert main(["--database", f"{database}/good", str(path)]) == 1
    said = capsys.readouterr().out
    assert "made-up.lock:6: bad 1.0: MADE-UP-1" in said
    assert "1 of 2 pins" in said
    assert main(["--tell", "--database", f"{database}/good", str(path)]) == 0
    assert "MADE-UP-1" in capsys.readouterr().out
    assert main(["--database", f"{database}/good", str(lock(tmp_path, "fine"))]) == 0


def test_a_database_that_talks_nonsense_is_out_of_reach(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], database: str
) -> None:
    assert main(["--database", f"{database}/bad", str(lock(tmp_path, "fine"))]) == 0
    assert "only the pins were checked" in capsys.readouterr().out
