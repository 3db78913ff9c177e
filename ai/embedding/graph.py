"""The embedded model's graph: drawn in memory over the published weights, in the form that OpenVINO compiles.

The tensors stay where they were published: each is a view of the safetensors file, which is mapped and not copied.
So there is nothing to build at set-up, nothing to guard and nothing to go stale.
"""

import json
import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import opset13 as operators

LAYERS: Final = 6
HEADS: Final = 12
EPSILON: Final = 1e-12

Node = Any
"""What OpenVINO's operators take and give; its types do not tell."""


def draw(weights: Path) -> openvino.Model:
    """The model over the file of ``weights``, which stays mapped as long as it is used.

    It takes the tokens' ids and a mask, each ``int32 (texts, tokens)``, the mask 1 where a token is, and gives
    ``float32 (texts, tokens, 384)``.

    :raises KeyError | ValueError: the file is not the one that this graph is drawn for
    """
    drawing = _Drawing(dict(_tensors(weights)))
    tokens, mask = (operators.parameter([-1, -1], np.int32, name) for name in ("tokens", "mask"))
    heard = operators.unsqueeze(operators.convert(mask, "boolean"), np.array([1, 2]))
    words = drawing.embed_words(tokens)
    for layer in range(LAYERS):
        words = drawing.attend(words, heard, f"encoder.layer.{layer}.attention")
        words = drawing.think(words, f"encoder.layer.{layer}")
    return openvino.Model([operators.result(words)], [tokens, mask], "embedding")


def _tensors(weights: Path) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Name and values of each tensor of 32-bit floats, as the head of a safetensors file tells their places."""
    with weights.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    (head_bytes,) = struct.unpack_from("<Q", mapped)
    head: dict[str, Any] = json.loads(mapped[8 : 8 + head_bytes])
    for name, said in head.items():
        if said.get("dtype") == "F32":
            begin, end = said["data_offsets"]
            flat = np.frombuffer(mapped, np.float32, count=(end - begin) // 4, offset=8 + head_bytes + begin)
            yield name, flat.reshape(said["shape"])


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What puts the tensors to use."""

    tensors: dict[str, NDArray[np.float32]]

    def embed_words(self, tokens: Node) -> Node:
        """Look tokens up by word, place and sentence (always the first), and level the sum."""
        words = operators.gather(self._use("embeddings.word_embeddings.weight"), tokens, np.array(0))
        length = operators.gather(operators.shape_of(tokens), np.array(1), np.array(0))
        places = operators.range(np.array(0), length, np.array(1), "i64")
        placed = operators.gather(self._use("embeddings.position_embeddings.weight"), places, np.array(0))
        sentence = operators.constant(self.tensors["embeddings.token_type_embeddings.weight"][:1].copy())
        return self._level(operators.add(operators.add(words, placed), sentence), "embeddings.LayerNorm")

    def attend(self, words: Node, heard: Node, name: str) -> Node:
        """Let each token gather from the others, and level what comes of it with what it was."""
        asked = [self._headed(self._multiply(words, f"{name}.self.{part}")) for part in ("query", "key", "value")]
        found = operators.scaled_dot_product_attention(*asked, heard)
        gathered = operators.reshape(operators.transpose(found, np.array([0, 2, 1, 3])), np.array([0, 0, -1]), True)
        said = self._multiply(gathered, f"{name}.output.dense")
        return self._level(operators.add(said, words), f"{name}.output.LayerNorm")

    def think(self, words: Node, name: str) -> Node:
        """Work on each token by itself, and level what comes of it with what it was."""
        bent = operators.gelu(self._multiply(words, f"{name}.intermediate.dense"), "erf")
        narrow = self._multiply(bent, f"{name}.output.dense")
        return self._level(operators.add(narrow, words), f"{name}.output.LayerNorm")

    def _headed(self, words: Node) -> Node:
        """``(texts, tokens, 384)`` as ``(texts, heads, tokens, 32)``."""
        parted = operators.reshape(words, np.array([0, 0, HEADS, -1]), True)
        return operators.transpose(parted, np.array([0, 2, 1, 3]))

    def _multiply(self, words: Node, name: str) -> Node:
        multiplied = operators.matmul(words, self._use(f"{name}.weight"), False, True)
        return operators.add(multiplied, self._use(f"{name}.bias"))

    def _level(self, words: Node, name: str) -> Node:
        level = operators.mvn(words, np.array([-1]), True, EPSILON, "inside_sqrt")
        return operators.add(operators.multiply(level, self._use(f"{name}.weight")), self._use(f"{name}.bias"))

    def _use(self, name: str) -> Node:
        return operators.constant(self.tensors[name], shared_memory=True)
