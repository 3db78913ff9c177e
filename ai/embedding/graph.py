"""The embedded model's graph: drawn in memory over the published weights, in the form that onnxruntime reads.

The tensors stay where they were published: the graph names each by its place in the safetensors file, which is
mapped and not copied. So there is nothing to build at set-up, nothing to guard and nothing to go stale.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from onnx import NodeProto, TensorProto, helper
from onnx.external_data_helper import set_external_data

LAYERS: Final = 6
HEADS: Final = 12
EPSILON: Final = 1e-12
RUNTIME: Final = "com.microsoft"
"""The set of onnxruntime's own operators, some of which do several steps in one; "" is the standard's."""
OPERATORS: Final = {"": 17, RUNTIME: 1}
FORMAT_VERSION: Final = 8
WEIGHTS: Final = "weights"
"""The name under which the graph looks for the file of weights."""

TOKENS: Final = "tokens"
KINDS: Final = "kinds"
MASK: Final = "mask"
WORDS: Final = "words"
"""The graph's inputs, each ``int32 (texts, tokens)``: ids, which of two sentences (always 0), 1 where a token is.
Its output: ``float32 (texts, tokens, 384)``."""


def draw(weights: Path) -> bytes:
    """The model as an ONNX document over the file of ``weights``.

    :raises KeyError | ValueError: the file is not the one that this graph is drawn for
    """
    drawing = _Drawing(_read_index(weights))
    words = drawing.embed_words()
    for layer in range(LAYERS):
        words = drawing.attend(words, f"encoder.layer.{layer}.attention")
        words = drawing.think(words, f"encoder.layer.{layer}", is_last=layer == LAYERS - 1)
    drawn = helper.make_graph(
        drawing.nodes,
        "embedding",
        [
            helper.make_tensor_value_info(name, TensorProto.INT32, ["texts", "tokens"])
            for name in (TOKENS, KINDS, MASK)
        ],
        [helper.make_tensor_value_info(WORDS, TensorProto.FLOAT, ["texts", "tokens", "dimensions"])],
        initializer=[_tensor_elsewhere(name, *place) for name, place in drawing.used.items()],
    )
    operators = [helper.make_opsetid(domain, edition) for domain, edition in OPERATORS.items()]
    document: bytes = helper.make_model(
        drawn, opset_imports=operators, ir_version=FORMAT_VERSION
    ).SerializeToString()
    return document


def _tensor_elsewhere(name: str, shape: tuple[int, ...], offset_bytes: int, length_bytes: int) -> TensorProto:
    """A tensor that lies in the file of weights."""
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape, raw_data=b"")
    set_external_data(tensor, location=WEIGHTS, offset=offset_bytes, length=length_bytes)
    tensor.ClearField("raw_data")
    return tensor


Place = tuple[tuple[int, ...], int, int]
"""A tensor's shape, and its first byte and length in the file."""


def _read_index(weights: Path) -> dict[str, Place]:
    """Name → place of each tensor of 32-bit floats, as the head of a safetensors file tells them."""
    with weights.open("rb") as file:
        (head_bytes,) = struct.unpack("<Q", file.read(8))
        head: dict[str, Any] = json.loads(file.read(head_bytes))
    return dict(_places(head, first_byte=8 + head_bytes))


def _places(head: dict[str, Any], *, first_byte: int) -> Iterator[tuple[str, Place]]:
    for name, said in head.items():
        if said.get("dtype") == "F32":
            begin, end = said["data_offsets"]
            yield name, (tuple(said["shape"]), first_byte + begin, end - begin)


@dataclass(slots=True)
class _Drawing:
    """Nodes so far, and the tensors that they use."""

    index: dict[str, Place]
    nodes: list[NodeProto] = field(default_factory=list)
    used: dict[str, Place] = field(default_factory=dict)

    def embed_words(self) -> str:
        """Look tokens up by word, place and sentence, and level the sum."""
        tables = [self._use(f"embeddings.{name}_embeddings.weight") for name in ("word", "position", "token_type")]
        level = [self._use("embeddings.LayerNorm.weight"), self._use("embeddings.LayerNorm.bias")]
        inputs = [TOKENS, KINDS, *tables, *level, MASK]
        return self._add("EmbedLayerNormalization", inputs, "embedded", "lengths", epsilon=EPSILON)

    def attend(self, words: str, name: str) -> str:
        """Let each token gather from the others, and level what comes of it with what it was."""
        parts = ("query", "key", "value")
        asked = [self._multiply(words, f"{name}.self.{part}") for part in parts]
        biases = [self._use(f"{name}.self.{part}.bias") for part in parts]
        bias = self._add("Concat", biases, f"{name}.bias", domain="", axis=0)
        heard = self._add("MultiHeadAttention", [*asked, bias, "lengths"], f"{name}.heard", num_heads=HEADS)
        return self._level(self._multiply(heard, f"{name}.output.dense"), words, f"{name}.output")

    def think(self, words: str, name: str, *, is_last: bool) -> str:
        """Work on each token by itself, and level what comes of it with what it was."""
        wide = self._multiply(words, f"{name}.intermediate.dense")
        bent = self._add("BiasGelu", [wide, self._use(f"{name}.intermediate.dense.bias")], f"{name}.bent")
        narrow = self._multiply(bent, f"{name}.output.dense")
        return self._level(narrow, words, f"{name}.output", WORDS if is_last else "")

    def _multiply(self, words: str, name: str) -> str:
        return self._add("FusedMatMul", [words, self._use(f"{name}.weight")], f"{name}.multiplied", transB=1)

    def _level(self, words: str, before: str, name: str, result: str = "") -> str:
        values = [self._use(f"{name}.{part}") for part in ("LayerNorm.weight", "LayerNorm.bias", "dense.bias")]
        inputs = [words, before, *values]
        return self._add("SkipLayerNormalization", inputs, result or f"{name}.levelled", epsilon=EPSILON)

    def _use(self, name: str) -> str:
        self.used[name] = self.index[name]
        return name

    def _add(self, operator: str, inputs: list[str], *outputs: str, domain: str = RUNTIME, **said: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, list(outputs), domain=domain, **said))
        return outputs[0]
