"""How alike two spellings of a street and two descriptions are. Pure; what likeness is worth, identity decides."""

import hashlib
import re
import struct
from enum import Enum
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import DamerauLevenshtein

from leads import usps

SKETCH_SIZE: Final = 16
_NUMBERS: Final = struct.Struct(f">{SKETCH_SIZE}I")
NEAR_BITS: Final = 3
"""Scaled and compressed again, a picture changes fewer bits; two that differ in so few share a band."""
_SHORTEST_MISSPELT: Final = 4
_LONG_NAME: Final = 8
_WORDS: Final = re.compile(r"[^\W_]+")


class Street(Enum):
    """What two spellings of a street's name say about each other."""

    SAME = "same"
    NEAR = "near"
    """A letter or two differ, or one leaves out the direction or the kind of street."""
    OTHER = "other"


@lru_cache(maxsize=4096)
def streets(one: str, other: str) -> Street:
    """Compare two canonical spellings (``leads.address.street_key``). Symmetric.

    Numbers, directions and kinds of street that differ are other streets, never misspellings: 116th is not 117th,
    North is not South, Avenue is not Street.
    """
    if one == other:
        return Street.SAME
    if _leaves_out_kind(one, other) or _leaves_out_kind(other, one):
        return Street.NEAR
    mine, theirs = _Parts(one), _Parts(other)
    if mine.numbers != theirs.numbers or _differ(mine.directions, theirs.directions):
        return Street.OTHER
    if _differ(mine.kinds, theirs.kinds):
        return Street.OTHER
    return Street.NEAR if _is_misspelt(mine.name, theirs.name) else Street.OTHER


class _Parts:
    """A street's name taken apart: "n 116th st" is a direction, a number and a kind."""

    __slots__ = ("directions", "kinds", "name", "numbers")

    def __init__(self, key: str) -> None:
        words = key.split()
        self.kinds = frozenset(words[-1:] if len(words) > 1 and usps.suffix(words[-1]) else ())
        rest = words[:-1] if self.kinds else words
        self.directions = frozenset(word for word in rest if usps.directional(word) and len(rest) > 1)
        self.numbers = frozenset(word for word in rest if any(sign.isdigit() for sign in word))
        self.name = " ".join(word for word in rest if word not in self.directions | self.numbers)


def _leaves_out_kind(one: str, other: str) -> bool:
    """ "hidden crk" for "hidden crk rd": many a street's name ends in a word that is a kind of street elsewhere."""
    longer, _, kind = other.rpartition(" ")
    return longer == one and usps.suffix(kind) is not None


def _differ(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one and other and one != other)


def _is_misspelt(one: str, other: str) -> bool:
    shorter = min(len(one), len(other))
    if one == other:
        return True
    if shorter < _SHORTEST_MISSPELT:
        return False
    return DamerauLevenshtein.distance(one, other) <= (2 if shorter >= _LONG_NAME else 1)


def sketch(text: str, *, key: bytes) -> list[int]:
    """A description in ``SKETCH_SIZE`` numbers (MinHash of its runs of three words); [] for a short one.

    The numbers tell how much two descriptions share and, made with a secret ``key``, nothing else.
    """
    words = _WORDS.findall(text.lower())
    runs = {" ".join(words[start : start + 3]) for start in range(len(words) - 2)}
    if len(runs) < SKETCH_SIZE // 2:
        return []
    keyed = hashlib.blake2b(digest_size=_NUMBERS.size, key=key)
    drawn = (_numbers_of(run, keyed.copy()) for run in runs)
    return [min(column) for column in zip(*drawn, strict=True)]


def _numbers_of(run: str, keyed: "hashlib.blake2b") -> tuple[int, ...]:
    keyed.update(run.encode())
    return _NUMBERS.unpack(keyed.digest())


def shared_ratio(one: list[int], other: list[int]) -> float | None:
    """About how much two descriptions have in common, 0 to 1, from their sketches; None where one is missing."""
    if not (one and other):
        return None
    return sum(mine == theirs for mine, theirs in zip(one, other, strict=True)) / SKETCH_SIZE


def looks_alike(one: int, other: int) -> bool:
    """Whether two looks (``leads.images``) are of one picture: at most ``NEAR_BITS`` of 64 bits differ."""
    return ((one ^ other) & (1 << 64) - 1).bit_count() <= NEAR_BITS
