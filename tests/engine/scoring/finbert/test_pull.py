"""Bringing models here: from a hub over HTTP, from a directory, and every way in which that is refused."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engine.errors import EXIT_VENUE, ConfigError, DeskError, installing
from engine.scoring.finbert import pull, store
from tests.engine.scoring.finbert import tiny
from tests.engine.scoring.finbert.conftest import quiet

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextlib.contextmanager
def hub(files: Path, name: str = "own/tiny", *, down: bool = False) -> Iterator[str]:
    """What of the hub's HTTP interface a pull needs: a model's commit and files, and each file at that commit."""
    content = {str(path.relative_to(files)): path.read_bytes() for path in files.rglob("*") if path.is_file()}

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            path = self.path.partition("?")[0]
            if down:
                self._send(503, b"busy", body)
            elif path.startswith(f"/api/models/{name}/revision/"):
                siblings = [{"rfilename": file} for file in content]
                self._send(200, json.dumps({"id": name, "sha": COMMIT, "siblings": siblings}).encode(), body)
            elif path.startswith(f"/{name}/resolve/{COMMIT}/"):
                found = content[path.removeprefix(f"/{name}/resolve/{COMMIT}/")]
                self._send(200, found, body)
            else:
                self._send(404, b"{}", body, {"X-Error-Code": "RepoNotFound"})

        def _send(self, status: int, found: bytes, body: bool, more: dict[str, str] | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(found)))
            self.send_header("ETag", f'"{hashlib.sha256(found).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            for header, value in (more or {}).items():
                self.send_header(header, value)
            self.end_headers()
            if body:
                self.wfile.write(found)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))


def test_a_model_comes_from_the_hub_at_a_pinned_commit(tmp_path: Path) -> None:
    files = tiny.write(tmp_path / "files")
    (files / "README.md").write_text("not needed")
    state = tmp_path / "state"
    with hub(files) as address:
        source = pull.Hub("own/tiny", "main", address)
        model = pull.pull(source, "own/tiny", state, labels={}, torch=False, progress=quiet)
    assert (model.manifest.revision, model.manifest.precision, model.manifest.source) == (COMMIT, "int8", address)
    assert model.manifest.version.startswith(f"own/tiny@{COMMIT[:12]}-int8-")
    assert {path.name for path in model.directory.iterdir() if path.is_file()} >= {"config.json", "model-int8.onnx"}
    assert not (model.directory / "README.md").exists() and not (model.directory / "onnx" / "model.onnx").exists()
    assert store.find(state, "own/tiny") == model and store.listing(state) == (model,)
    model.check()


def test_a_hub_that_does_not_answer_leaves_the_old_model(tmp_path: Path) -> None:
    files = tiny.write(tmp_path / "files")
    state = tmp_path / "state"
    old = pull.pull(pull.Directory(files), "own/tiny", state, labels={}, torch=False, progress=quiet)
    with hub(files, down=True) as address, pytest.raises(DeskError, match="expected an answer of the hub"):
        pull.Hub("own/tiny", "main", address)
    with hub(files) as address, pytest.raises(DeskError, match="expected a model that anybody may read"):
        pull.Hub("own/other", "main", address)
    assert store.find(state, "own/tiny") == old


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "no address", "http://[", "http://made-up.invalid"])
def test_a_hub_that_cannot_be_reached_is_told(address: str) -> None:
    with pytest.raises(DeskError, match="expected an answer of the hub, found") as caught:
        pull.Hub("own/tiny", "main", address)
    assert caught.value.exit_code == EXIT_VENUE and "HF_ENDPOINT" in caught.value.remedy


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b/c", "", "-x-"])
def test_a_name_that_the_hub_cannot_have_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="expected a model's name"):
        pull.Hub(name, "main", "http://127.0.0.1:9")


def test_a_version_of_ones_own_changes_with_all_that_a_score_depends_on(tmp_path: Path) -> None:
    state, files = tmp_path / "state", tiny.write(tmp_path / "files")
    versions = []
    for classes, word in (
        (tiny.CLASSES, "up"),
        (("negative", "positive", "neutral"), "up"),
        (("negative", "positive", "neutral"), "high"),
    ):
        tiny.write(files, classes)
        tokenizer = files / "tokenizer.json"
        tokenizer.write_text(tokenizer.read_text().replace('"up"', f'"{word}"'))
        model = pull.pull(pull.Directory(files), "own/tiny", state, labels={}, torch=False, progress=quiet)
        versions.append(model.manifest.version)
    assert len(set(versions)) == 3


@pytest.mark.parametrize("keep", [0, 8, -60])
def test_weights_that_are_no_onnx_are_refused(tmp_path: Path, keep: int) -> None:
    files = tiny.write(tmp_path / "files")
    weights = files / "onnx" / "model.onnx"
    weights.write_bytes(b"no weights" if not keep else weights.read_bytes()[:keep])
    with pytest.raises(ConfigError, match="expected ONNX weights that can be quantised") as refused:
        pull.pull(pull.Directory(files), "own/t", tmp_path / "state", labels={}, torch=False, progress=quiet)
    assert refused.value.where == "own/t: model.onnx"
    assert list(store.models_dir(tmp_path / "state").iterdir()) == []


@pytest.mark.parametrize("kind", ["multi_label_classification", "regression"])
def test_a_model_that_does_not_choose_one_class_is_refused(tmp_path: Path, kind: str) -> None:
    files = tiny.write(tmp_path / "files")
    config = json.loads((files / "config.json").read_text())
    (files / "config.json").write_text(json.dumps({**config, "problem_type": kind}))
    with pytest.raises(ConfigError, match="puts a text into one class"):
        pull.pull(pull.Directory(files), "own/t", tmp_path / "state", labels={}, torch=False, progress=quiet)


def test_a_manifest_that_cannot_be_read_hides_no_other_model(tmp_path: Path) -> None:
    state, files = tmp_path / "state", tiny.write(tmp_path / "files")
    for name in ("own/a", "own/b"):
        pull.pull(pull.Directory(files), name, state, labels={}, torch=False, progress=quiet)
    (store.place(state, "own/a") / store.MANIFEST).write_text('{"name":')
    damaged, whole = store.listing(state)
    assert isinstance(damaged, ConfigError) and damaged.remedy == "desk models pull own/a"
    assert isinstance(whole, store.Model) and whole.manifest.name == "own/b"
    with pytest.raises(ConfigError, match="expected a model's manifest"):
        store.find(state, "own/a")


def test_pulling_again_replaces_it_and_a_failure_does_not(tmp_path: Path) -> None:
    state = tmp_path / "state"
    files = tiny.write(tmp_path / "files")
    first = pull.pull(pull.Directory(files), "own/tiny", state, labels={}, torch=False, progress=quiet)
    tiny.write(files, ("A", "B", "C"))
    with pytest.raises(ConfigError, match="found A, B, C"):
        pull.pull(pull.Directory(files), "own/tiny", state, labels={}, torch=False, progress=quiet)
    assert store.find(state, "own/tiny") == first
    tiny.write(files, broken=True)
    again = pull.pull(pull.Directory(files), "own/tiny", state, labels={}, torch=False, quantise=False, progress=quiet)
    assert again.manifest.precision == "float32" and again.manifest.sha256 != first.manifest.sha256
    assert [path.name for path in store.models_dir(state).iterdir()] == ["own--tiny"]


def test_weights_for_torch_need_torch(tmp_path: Path) -> None:
    files = tiny.write(tmp_path / "files", onnx_file="")
    (files / "model.safetensors").write_bytes(b"weights")
    with pytest.raises(ConfigError, match="expected ONNX weights") as refused:
        pull.pull(pull.Directory(files), "own/t", tmp_path / "state", labels={}, torch=False, progress=quiet)
    assert refused.value.remedy.startswith(installing("torch")) and "Xenova/finbert" in refused.value.remedy
    model = pull.pull(pull.Directory(files), "own/t", tmp_path / "state", labels={}, torch=True, progress=quiet)
    assert (model.manifest.file, model.manifest.weights) == ("", "model.safetensors")


def test_a_file_that_is_quantised_already_is_taken_as_it_is(tmp_path: Path) -> None:
    files = tiny.write(tmp_path / "files", onnx_file="onnx/model_quantized.onnx")
    model = pull.pull(pull.Directory(files), "own/q", tmp_path / "state", labels={}, torch=False, progress=quiet)
    assert (model.manifest.file, model.manifest.precision) == ("onnx/model_quantized.onnx", "int8")


@pytest.mark.parametrize("name", ["", "../up", "a/b/c", "a//b", "-x", "a b", "a/" + "b" * 200])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="expected a model's name"):
        store.place(tmp_path, name)


def test_a_directory_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected a model with config\.json, found nothing"):
        pull.pull(pull.Directory(tmp_path), "own/x", tmp_path / "state", labels={}, torch=False, progress=quiet)
    assert not (tmp_path / "state").exists()
