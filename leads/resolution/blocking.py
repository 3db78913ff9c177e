"""Which pairs are worth a look: near-linear in the number of rows, whatever the table holds.

Each row gets *marks*: whole values, their sounds, beginnings and rare words. A rule is one mark or two marks
together; rows that agree in a rule form a block. A rule costs the pairs in its blocks, and rules are taken from the
cheapest on until the budget per row is spent; so a table itself says what tells its rows apart. A block above the
cap is no evidence (an agency's telephone, a city); its rows are paired with their next neighbours only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from doublemetaphone import doublemetaphone
from numpy.typing import NDArray

from leads.resolution.features import ABSENT, Coded, Features, encode
from leads.resolution.values import with_figures

MAX_BLOCK_ROWS: Final = 40
PAIRS_PER_ROW: Final = 12
RULE_PAIRS_PER_ROW: Final = 4
BATCH_PAIRS_PER_ROW: Final = 3
NEIGHBOURS: Final = 3

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]
Marks = dict[str, NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    keys: NDArray[np.int64]
    cost: int
    crowded: int


def candidate_pairs(features: Features) -> Pairs:
    """Pairs of different rows, each once, the smaller row number first, in order."""
    rows = features.row_count
    marked = marks(features)
    found = _neighbours(marked, rows)
    rules = sorted(_rules(marked, rows), key=lambda rule: rule.cost)
    for batch in _batches(rules, limit=BATCH_PAIRS_PER_ROW * rows):
        wider = sorted_distinct(np.concatenate((found, *(pairs_in_blocks(rule.keys, rows) for rule in batch))))
        if len(wider) > PAIRS_PER_ROW * rows + 1000:
            break
        found = wider
    return found // max(1, rows), found % max(1, rows)


def sorted_distinct(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """What ``np.unique`` gives, by sorting: on tens of millions of numbers several times as fast as its hashing."""
    ordered = np.sort(numbers)
    is_first = np.ones(len(ordered), np.bool_)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_first]


def _batches(rules: Sequence[_Rule], *, limit: int) -> Iterator[list[_Rule]]:
    """Consecutive rules that propose ``limit`` pairs together, or one that proposes more alone."""
    batch: list[_Rule] = []
    for rule in rules:
        if batch and rule.cost + sum(other.cost for other in batch) > limit:
            yield batch
            batch = []
        batch.append(rule)
    if batch:
        yield batch


def _neighbours(marked: Marks, row_count: int) -> NDArray[np.int64]:
    """Each row with the next ones in one sorting of all: a floor under tables in which every block is too large."""
    if not marked:
        return np.empty(0, np.int64)
    everyone = np.zeros(row_count, np.int64)
    return pairs_in_blocks(everyone, row_count, order=np.lexsort(tuple(marked.values())))


def marks(features: Features) -> Marks:
    """One array per mark, ``ABSENT`` where a row does not have it. Marks of one feature begin with its name."""
    made: dict[str, NDArray[np.int64]] = {}
    for name, coded in features.words.items():
        for mark, read in _WORD_MARKS.get(name.partition(":")[0], ()):
            made[f"{name}.{mark}"] = _marked(coded, read)
    for name, coded in features.words.items():
        if name.startswith(("title", "text")):
            made |= {f"{name}.{mark}": codes for mark, codes in _rare_words(coded)}
    for name, numbers in features.numbers.items():
        made |= {f"{name}.{mark}": codes for mark, codes in _number_marks(name, numbers)}
    return {name: codes for name, codes in made.items() if (codes >= 0).any()}


def _marked(coded: Coded, read: Callable[[str], str]) -> NDArray[np.int64]:
    marked = encode(read(word) for word in coded.words)
    return np.where(coded.codes >= 0, marked.codes[coded.codes] if len(marked.codes) else ABSENT, ABSENT).astype(
        np.int64
    )


def _whole(word: str) -> str:
    return word


def _sound(word: str) -> str:
    return str(doublemetaphone(word)[0]) or word[:4]


def _last_seven(word: str) -> str:
    return word[-7:] if word.isdigit() else ""


def _but_last(word: str) -> str:
    return word[:-1]


def _first_letter(word: str) -> str:
    return word[:1]


def _beginning(word: str) -> str:
    return word[:4]


def _ending(word: str) -> str:
    return word[-4:]


def _before_at(word: str) -> str:
    return word.partition("@")[0]


_WORD_MARKS: Final[dict[str, tuple[tuple[str, Callable[[str], str]], ...]]] = {
    "phone": (("seven", _last_seven), ("beginning", _but_last)),
    "email": (("whole", _whole), ("box", _before_at)),
    "family_name": (("whole", _whole), ("sound", _sound)),
    "given_name": (("whole", _whole), ("letter", _first_letter)),
    "house_number": (("whole", _whole), ("beginning", _but_last)),
    "street": (("whole", with_figures), ("sound", _sound), ("beginning", _beginning), ("ending", _ending)),
    "city": (("whole", _whole), ("sound", _sound)),
    "state": (("whole", _whole),),
    "zip": (("whole", _whole), ("beginning", _but_last)),
    "unit": (("whole", _whole),),
    "title": (("whole", _whole), ("beginning", _beginning)),
    "birth_date": (("whole", _whole), ("beginning", _beginning), ("ending", _ending)),
    "identifier": (("whole", _whole), ("beginning", _beginning), ("ending", _ending)),
    "text": (("whole", _whole),),
}


def _rare_words(coded: Coded) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """The two rarest words of a text that another text has too."""
    sets = [set(text.split()) for text in coded.words]
    uses = Counter(word for words in sets for word in words)
    rarest = [sorted((word for word in words if uses[word] > 1), key=lambda w: (uses[w], w))[:2] for words in sets]
    for position in (0, 1):
        yield f"rare{position}", _marked_by([w[position] if len(w) > position else "" for w in rarest], coded)


def _marked_by(marks_of_words: list[str], coded: Coded) -> NDArray[np.int64]:
    numbered = encode(marks_of_words).codes
    return np.where(coded.codes >= 0, numbered[coded.codes], ABSENT).astype(np.int64)


def _number_marks(name: str, numbers: NDArray[np.float64]) -> Iterator[tuple[str, NDArray[np.int64]]]:
    if name in {"latitude", "longitude"}:
        yield "near", _whole_numbers(numbers * 1000)
    elif name == "price":
        with np.errstate(divide="ignore", invalid="ignore"):
            steps = np.log(np.maximum(numbers, 1.0)) / np.log(1.1)
        yield "step", _whole_numbers(steps)
        yield "halfstep", _whole_numbers(steps + 0.5)
    elif name != "listed_on":
        yield "whole", _whole_numbers(numbers * 2)


def _whole_numbers(numbers: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rounded down and numbered from 0."""
    present = np.isfinite(numbers)
    codes = np.full(len(numbers), ABSENT, np.int64)
    codes[present] = np.unique(np.floor(numbers[present]), return_inverse=True)[1]
    return codes


def _rules(marked: Marks, row_count: int) -> Iterator[_Rule]:
    """Single marks that are affordable, and pairs of those that are not."""
    coarse = {}
    for name, keys in marked.items():
        rule = _Rule(name, keys, *_cost(keys))
        if rule.cost <= RULE_PAIRS_PER_ROW * row_count + 1000 and rule.crowded < 0.1 * row_count:
            yield rule
        if rule.cost > RULE_PAIRS_PER_ROW * row_count + 1000 or rule.crowded > 0.01 * row_count:
            coarse[name] = keys
    for (one, first), (other, second) in combinations(coarse.items(), 2):
        if one.partition(".")[0] != other.partition(".")[0]:
            together = np.where((first >= 0) & (second >= 0), first * (second.max() + 1) + second, ABSENT)
            rule = _Rule(f"{one}+{other}", together, *_cost(together))
            if 0 < rule.cost <= RULE_PAIRS_PER_ROW * row_count + 1000 and rule.crowded < 0.1 * row_count:
                yield rule


def _cost(keys: NDArray[np.int64]) -> tuple[int, int]:
    """How many pairs a rule proposes, and how many rows are in blocks above the cap."""
    sizes = np.unique(keys[keys >= 0], return_counts=True)[1]
    is_block = sizes <= MAX_BLOCK_ROWS
    crowded = int(sizes[~is_block].sum())
    return int((sizes * (sizes - 1) // 2)[is_block].sum()) + NEIGHBOURS * crowded, crowded


def pairs_in_blocks(
    keys: NDArray[np.int64],
    row_count: int,
    *,
    order: NDArray[np.intp] | None = None,
    largest: int = MAX_BLOCK_ROWS,
    reach: int = NEIGHBOURS,
) -> NDArray[np.int64]:
    """All pairs of blocks of at most ``largest`` rows, and in larger ones each row with its next ``reach`` rows.

    :return: ``left * row_count + right``, the smaller row first
    """
    rows = order if order is not None else np.argsort(keys, kind="stable")
    rows = rows[keys[rows] >= 0]
    ordered = keys[rows]
    sizes = np.unique(ordered, return_counts=True)[1]
    reaches = np.repeat(np.where(sizes <= largest, largest, reach), sizes)
    found = [np.empty(0, np.int64)]
    for distance in range(1, min(largest, int(sizes.max(initial=1)))):
        is_pair = (ordered[distance:] == ordered[:-distance]) & (distance <= reaches[distance:])
        if not is_pair.any():
            break
        left, right = rows[:-distance][is_pair], rows[distance:][is_pair]
        found.append(np.minimum(left, right) * row_count + np.maximum(left, right))
    return np.concatenate(found)
