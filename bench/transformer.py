"""Posts per second of a transformer in the scorer's own worker process: BERT-base's shape with random weights.

What it answers is meaningless, what it costs is not: 12 layers of 768 units, 12 heads, 109 million weights, built with
onnx.helper and brought in like any model of one's own (`engine.scoring.finbert.pull`). Texts are 32 word pieces long,
an ordinary post. python -m bench transformer; needs the extra finbert and some 2 GB of disk.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from pathlib import Path
from typing import Any, Final

LAYERS: Final = 12
UNITS: Final = 768
HEADS: Final = 12
INNER: Final = 3072
WORDS: Final = 30_522
POSITIONS: Final = 512
LENGTH: Final = 32
"""Word pieces per post."""
POSTS: Final = 64


def run() -> dict[str, float]:
    """Posts per second in int8 (one at a time) and float32 (in batches), CPU per post, time of a lone post, start in s.

    On a machine that has other work the CPU per post is the figure to compare: the worker gives way to everything.
    """
    with tempfile.TemporaryDirectory(prefix="desk-bench-") as folder:
        root = Path(folder)
        source = write(root / "model")
        return {
            **_measured(root, source, "int8", quantise=True),
            **_measured(root, source, "float32", quantise=False),
        }


def write(directory: Path) -> Path:
    """A model's directory as the hub has it; returns it."""
    import onnx
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    directory.mkdir(parents=True)
    words = {"[PAD]": 0, "[UNK]": 1, **{f"w{number}": number for number in range(2, WORDS)}}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(str(directory))
    labels = {"0": "positive", "1": "negative", "2": "neutral"}
    (directory / "config.json").write_text(json.dumps({"model_type": "bert", "id2label": labels}))
    onnx.save(_Graph().model(), directory / "model.onnx")
    return directory


def _measured(root: Path, source: Path, name: str, *, quantise: bool) -> dict[str, float]:
    import psutil
    from msgspec.structs import replace

    from engine.clock import SystemClock
    from engine.config import Config, FinbertConfig, ScoringConfig
    from engine.model import Asked, DisplayText
    from engine.scoring.finbert import pull
    from engine.scoring.finbert.scorer import FinbertScorer

    pull.pull(
        pull.Directory(source),
        f"bench/{name}",
        root,
        labels={},
        torch=False,
        quantise=quantise,
        progress=lambda said: None,
    )
    settings = replace(FinbertConfig(model=f"bench/{name}", timeout_s=120.0), batch=16)
    posts = [
        Asked(DisplayText(" ".join(f"w{(post * 97 + at * 31) % (WORDS - 2) + 2}" for at in range(LENGTH))), ("TSLA",))
        for post in range(POSTS)
    ]

    async def ask() -> dict[str, float]:
        scorer = FinbertScorer(Config(scoring=ScoringConfig(finbert=settings)), SystemClock(), state_dir=root)
        try:
            began = time.perf_counter()
            await scorer.start()
            start_s = time.perf_counter() - began
            await scorer.score(posts[:2])
            alone = []
            for post in posts[:8]:
                began = time.perf_counter()
                await scorer.score([post])
                alone.append(time.perf_counter() - began)
            worker = psutil.Process(scorer.worker.pid)
            before = worker.cpu_times()
            began = time.perf_counter()
            for at in range(0, POSTS, scorer.batch):
                await scorer.score(posts[at : at + scorer.batch])
            per_second = POSTS / (time.perf_counter() - began)
            after = worker.cpu_times()
            cpu_s = after.user + after.system - before.user - before.system
        finally:
            await scorer.close()
        return {
            f"{name}_posts_per_s": round(per_second, 1),
            f"{name}_cpu_ms": round(cpu_s / POSTS * 1000, 1),
            f"{name}_alone_ms": round(sorted(alone)[len(alone) // 2] * 1000, 1),
            f"{name}_start_s": round(start_s, 2),
        }

    return asyncio.run(ask())


class _Graph:
    """BERT's encoder and a classifier, op by op (Devlin et al. 2019, arXiv 1810.04805)."""

    def __init__(self) -> None:
        import numpy

        self._draw = numpy.random.default_rng(1)
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def model(self) -> Any:
        from onnx import TensorProto, helper

        self._constant("axes", [1, 2], "int64")
        self._constant("one", 1.0)
        self._constant("low", -1e4)
        self._constant("root2", 2.0**0.5)
        self._constant("half", 0.5)
        self._constant("scale", (UNITS // HEADS) ** -0.5)
        self._constant("split", [0, 0, HEADS, UNITS // HEADS], "int64")
        self._constant("join", [0, 0, UNITS], "int64")
        self._constant("first", 0, "int64")
        self._constant("zero", [0], "int64")
        self._constant("last", [1], "int64")
        self._matrix("words", WORDS, UNITS)
        self._matrix("positions", POSITIONS, UNITS)
        self._op("Gather", ["words", "input_ids"], "embedded")
        self._op("Shape", ["input_ids"], "shape")
        self._op("Gather", ["shape", "last"], "length")
        self._op("Slice", ["positions", "zero", "length", "zero"], "placed")
        self._op("Add", ["embedded", "placed"], "summed")
        self._op("Cast", ["attention_mask"], "seen", to=TensorProto.FLOAT)
        self._op("Unsqueeze", ["seen", "axes"], "wide")
        self._op("Sub", ["one", "wide"], "unseen")
        self._op("Mul", ["unseen", "low"], "mask")
        here = self._norm("summed", "norm")
        for layer in range(LAYERS):
            here = self._layer(here, f"l{layer}")
        self._op("Gather", [here, "first"], "head", axis=1)
        self._op("Tanh", [self._dense("head", "pool", UNITS, UNITS)], "pooled")
        self._nodes.append(helper.make_node("Identity", [self._dense("pooled", "classes", UNITS, 3)], ["logits"]))
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
            for name in ("input_ids", "attention_mask")
        ]
        outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 3])]
        graph = helper.make_graph(self._nodes, "bert", inputs, outputs, self._weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    def _layer(self, here: str, name: str) -> str:
        parts = {}
        for part in ("q", "k", "v"):
            dense = self._dense(here, f"{name}{part}", UNITS, UNITS)
            self._op("Reshape", [dense, "split"], f"{dense}s")
            parts[part] = self._op(
                "Transpose", [f"{dense}s"], f"{dense}t", perm=[0, 2, 3, 1] if part == "k" else [0, 2, 1, 3]
            )
        self._op("MatMul", [parts["q"], parts["k"]], f"{name}a")
        self._op("Mul", [f"{name}a", "scale"], f"{name}b")
        self._op("Add", [f"{name}b", "mask"], f"{name}c")
        self._op("Softmax", [f"{name}c"], f"{name}d", axis=-1)
        self._op("MatMul", [f"{name}d", parts["v"]], f"{name}e")
        self._op("Transpose", [f"{name}e"], f"{name}f", perm=[0, 2, 1, 3])
        self._op("Reshape", [f"{name}f", "join"], f"{name}g")
        self._op("Add", [here, self._dense(f"{name}g", f"{name}o", UNITS, UNITS)], f"{name}h")
        middle = self._norm(f"{name}h", f"{name}n")
        inner = self._dense(middle, f"{name}i", UNITS, INNER)
        self._op("Div", [inner, "root2"], f"{name}x")
        self._op("Erf", [f"{name}x"], f"{name}y")
        self._op("Add", [f"{name}y", "one"], f"{name}z")
        self._op("Mul", [inner, f"{name}z"], f"{name}u")
        self._op("Mul", [f"{name}u", "half"], f"{name}w")
        self._op("Add", [middle, self._dense(f"{name}w", f"{name}p", INNER, UNITS)], f"{name}r")
        return self._norm(f"{name}r", f"{name}m")

    def _dense(self, given: str, name: str, rows: int, columns: int) -> str:
        self._matrix(f"{name}_w", rows, columns)
        self._constant(f"{name}_b", [0.0] * columns)
        self._op("MatMul", [given, f"{name}_w"], f"{name}_mm")
        return self._op("Add", [f"{name}_mm", f"{name}_b"], f"{name}_out")

    def _norm(self, given: str, name: str) -> str:
        self._constant(f"{name}_g", [1.0] * UNITS)
        self._constant(f"{name}_o", [0.0] * UNITS)
        return self._op("LayerNormalization", [given, f"{name}_g", f"{name}_o"], f"{name}_out", axis=-1)

    def _op(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        from onnx import helper

        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def _matrix(self, name: str, rows: int, columns: int) -> None:
        from onnx import numpy_helper

        drawn = self._draw.standard_normal((rows, columns), dtype="float32") * 0.02
        self._weights.append(numpy_helper.from_array(drawn, name))

    def _constant(self, name: str, value: Any, kind: str = "float32") -> None:
        import numpy
        from onnx import numpy_helper

        self._weights.append(numpy_helper.from_array(numpy.array(value, dtype=kind), name))
