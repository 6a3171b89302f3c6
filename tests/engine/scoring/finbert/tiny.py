"""A transformer's stand-in, made in the test: a word's row of weights is its say in each class.

The ONNX graph sums the rows of a text's words, so every logit is known beforehand.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

CLASSES = ("positive", "negative", "neutral")
"""ProsusAI/finbert's order; other models have another."""
NONSENSE = "nonsense"
"""A word that makes a text's logits no numbers, in a model that was written so."""
WORDS = {
    "[PAD]": (0.0, 0.0, 0.0),
    "[UNK]": (0.0, 0.0, 0.5),
    "up": (3.0, 0.0, 0.0),
    "down": (0.0, 3.0, 0.0),
    "zug": (3.0, 0.0, 0.0),
    "bab": (0.0, 3.0, 0.0),
    "great": (2.0, 0.0, 0.0),
    "terrible": (0.0, 2.0, 0.0),
    NONSENSE: (0.0, 0.0, 0.0),
}


def write(
    directory: Path,
    classes: tuple[str, ...] = CLASSES,
    *,
    onnx_file: str = "onnx/model.onnx",
    broken: bool = False,
    positions: int = 0,
) -> Path:
    """A model's directory as the hub has it; returns it. `classes` are the names of the outputs, in their order.

    One with `positions` has learnt that many, and fails on a longer text, as transformers do.
    """
    directory.mkdir(parents=True, exist_ok=True)
    vocabulary = {word: index for index, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(str(directory))
    config = {"model_type": "bert", "id2label": {str(index): name for index, name in enumerate(classes)}}
    if positions:
        config["max_position_embeddings"] = positions
    (directory / "config.json").write_text(json.dumps(config))
    if onnx_file:
        (directory / onnx_file).parent.mkdir(parents=True, exist_ok=True)
        onnx.save(_graph(broken, positions), directory / onnx_file)
    return directory


def _graph(broken: bool, positions: int) -> onnx.ModelProto:
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"])
    mask = helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["batch", "length"])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 3])
    say = np.array(list(WORDS.values()), dtype=np.float32)
    if broken:
        say[list(WORDS).index(NONSENSE)] = np.nan
    constants = [
        numpy_helper.from_array(say, "say"),
        numpy_helper.from_array(np.array([1], dtype=np.int64), "along"),
        numpy_helper.from_array(np.eye(3, dtype=np.float32), "same"),
    ]
    nodes = [
        helper.make_node("Gather", ["say", "input_ids"], ["rows"]),
        helper.make_node("ReduceSum", ["rows", "along"], ["sums"], keepdims=0),
        helper.make_node("MatMul", ["sums", "same"], ["logits"]),
        helper.make_node("Identity", ["attention_mask"], ["seen"]),
    ]
    if positions:
        constants += [
            numpy_helper.from_array(np.zeros((positions, 3), dtype=np.float32), "learnt"),
            numpy_helper.from_array(np.array(1, dtype=np.int64), "across"),
        ]
        nodes = [
            helper.make_node("CumSum", ["attention_mask", "across"], ["places"]),
            helper.make_node("Gather", ["learnt", "places"], ["where"]),
            helper.make_node("Gather", ["say", "input_ids"], ["words"]),
            helper.make_node("Add", ["words", "where"], ["rows"]),
            *nodes[1:],
        ]
    graph = helper.make_graph(nodes, "tiny", [ids, mask], [logits], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model
