"""What a search wishes a home to have, by the closed catalogue: the phrases of ``wishes.toml``.

Pure. A wish narrows nothing, it puts in order. What is not wanted ("no pool") is told apart from it.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from typing import Any, Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from ai.embedding.words import common_words
from leads.reading.catalogue import FEATURES

REMEMBERED: Final = 1_024
SHORTEST_SLIP: Final = 4
SHORTEST_TWICE_WRONG: Final = 9
MOST_SPELLINGS: Final = 3
_SMALL_WORDS: Final = """
a an and any are as at be for from have having i in is it its lots many me my nice of on or our plenty really so
some that the their them this to very want wants we with your
"""
_SMALL: Final = frozenset(_SMALL_WORDS.split())
"""Words that change nothing in a phrase."""
_NOT: Final = frozenset({"no", "not", "non", "without", "except", "minus"})
_WORD: Final = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")

Answers = Mapping[str, float]
"""How well labels of the catalogue answer a wish: 1 is the very thing, less only alike. The best first."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is hoped for: in which words, and what answers it."""

    words: str
    answers: Answers = field(hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """A text read for wishes: ``unwanted`` are labels, ``rest`` the words that nothing is known of."""

    wanted: tuple[Wish, ...] = ()
    unwanted: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of several words in a text: where, rightly spelt, and the kind of home that it tells of or ""."""

    begin: int
    end: int
    words: str
    type: str


@dataclass(frozen=True, slots=True)
class _Entry:
    answers: Answers
    type: str


@dataclass(frozen=True, slots=True)
class _Token:
    word: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class _Found:
    """An entry whose phrase stands at the tokens from ``first`` up to ``after``, spelt as ``words``."""

    first: int
    after: int
    words: tuple[str, ...]
    entry: _Entry
    is_unwanted: bool


@lru_cache(REMEMBERED)
def read_wishes(text: str) -> Wishes:
    """What a text in small letters wishes for, each thing once."""
    tokens = _tokens(text)
    found = list(_found(tokens, may_be_misspelt=False))
    read = {at for one in found for at in range(one.first - one.is_unwanted, one.after)}
    wanted = [
        Wish(text[tokens[one.first].begin : tokens[one.after - 1].end], one.entry.answers)
        for one in found
        if not one.is_unwanted
    ]
    wanted += [wish for places, wish in _as_adverts_say(text, tokens, read) if not read.update(places)]  # type: ignore[func-returns-value]
    refused = (one.entry.answers for one in found if one.is_unwanted)
    rest = (one.word for at, one in enumerate(tokens) if at not in read and one.word not in _NOT)
    return Wishes(
        wanted=tuple({tuple(wish.answers.items()): wish for wish in reversed(wanted)}.values())[::-1],
        unwanted=tuple(dict.fromkeys(label for answers in refused for label, how in answers.items() if how == 1)),
        rest=tuple(dict.fromkeys(word for word in rest if len(word) > 1)),
    )


def phrases(text: str) -> Iterator[Phrase]:
    """The phrases of several words that a text in small letters holds, whether rightly spelt or not."""
    tokens = _tokens(text)
    for one in _found(tokens, may_be_misspelt=True):
        if one.after - one.first > 1:
            said = tokens[one.first : one.after]
            spelt = {token.word: word for token, word in zip(said, one.words, strict=True)}
            typed = re.split(r"([^a-z0-9']+)", text[said[0].begin : said[-1].end])
            words = "".join(spelt.get(word, word) for word in typed)
            yield Phrase(said[0].begin, said[-1].end, words, one.entry.type)


def spellings() -> frozenset[str]:
    """The words that phrases are made of."""
    return _words()


def is_common(word: str) -> bool:
    """Whether a word is a right one as it stands; where nothing is known of words, each is."""
    return not common_words() or word in common_words() or word.removesuffix("s") in common_words()


def _found(tokens: Sequence[_Token], *, may_be_misspelt: bool) -> Iterator[_Found]:
    """The phrases among some tokens from left to right, at each place the longest."""
    book, longest = _book()
    at = 0
    while at < len(tokens):
        lengths = range(min(longest, len(tokens) - at), 0, -1)
        spelt = [
            _spellings_of(token.word) if may_be_misspelt else (token.word,) for token in tokens[at : at + longest]
        ]
        known = ((length, words) for length in lengths for words in product(*spelt[:length]))
        hit = next((one for one in known if tuple(map(_stem, one[1])) in book), None)
        if hit is None:
            at += 1
            continue
        is_unwanted = at > 0 and tokens[at - 1].word in _NOT
        yield _Found(at, at + hit[0], hit[1], book[tuple(map(_stem, hit[1]))], is_unwanted)
        at += hit[0]


def _as_adverts_say(text: str, tokens: Sequence[_Token], read: set[int]) -> Iterator[tuple[list[int], Wish]]:
    """Wishes in words by which adverts tell of a feature, among the tokens that were not read."""
    for feature in FEATURES.values() if len(read) < len(tokens) else ():
        for match in (match for phrase in feature.local for match in phrase.found_in(text)):
            places = [at for at, one in enumerate(tokens) if one.begin < match.end() and one.end > match.start()]
            is_refused = places and places[0] > 0 and tokens[places[0] - 1].word in _NOT
            if places and read.isdisjoint(places) and not is_refused:
                yield places, Wish(match.group(), {feature.says: 1.0})


def _tokens(text: str) -> list[_Token]:
    found = (_Token(word.group(), *word.span()) for word in _WORD.finditer(text))
    return [token for token in found if token.word not in _SMALL]


def _stem(word: str) -> str:
    return word.removesuffix("'s").removesuffix("s").replace("'", "")


@lru_cache(4_096)
def _spellings_of(word: str) -> tuple[str, ...]:
    """A word, and where it is none, those of phrases that a slip of the fingers makes it of."""
    if len(word) < SHORTEST_SLIP or word in _words() or is_common(word):
        return (word,)
    slips = 2 if len(word) >= SHORTEST_TWICE_WRONG else 1
    begins = {word[0], word[1]}
    known = [one for one in sorted(_words()) if one[0] in begins and len(one) >= SHORTEST_SLIP]
    near = process.extract(word, known, scorer=OSA.distance, score_cutoff=slips, limit=MOST_SPELLINGS)
    return (word, *(one for one, _, _ in near))


@cache
def _words() -> frozenset[str]:
    return frozenset(word for phrase in _table() for word in phrase if word.isalpha())


@cache
def _book() -> tuple[Mapping[tuple[str, ...], _Entry], int]:
    """Entries by the stems of their phrases, and how many words the longest has."""
    book: dict[tuple[str, ...], _Entry] = {}
    for phrase, entry in _table().items():
        book.setdefault(tuple(map(_stem, phrase)), entry)
    return book, max(map(len, book))


@cache
def _table() -> Mapping[tuple[str, ...], _Entry]:
    """Every phrase as it is spelt, without small words: those of the file, and the labels of the catalogue."""
    rows = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["wish"]
    table: dict[tuple[str, ...], _Entry] = {}
    for row in rows:
        entry = _entry(row)
        for phrase in row["words"].split(","):
            for words in product(*(token.split("/") for token in phrase.split())):
                table.setdefault(tuple(one.word for one in _tokens(" ".join(words))), entry)
    for feature in FEATURES.values():
        table.setdefault(tuple(one.word for one in _tokens(feature.says)), _Entry({feature.says: 1.0}, ""))
    table.pop((), None)
    return table


def _entry(row: Mapping[str, Any]) -> _Entry:
    best_first = sorted(row["means"].items(), key=lambda item: -item[1])
    return _Entry({FEATURES[name].says: float(how) for name, how in best_first}, row.get("type", ""))
