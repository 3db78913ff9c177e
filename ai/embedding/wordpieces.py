"""Cutting a text into the word pieces that the embedded model was trained on (BERT's, lower case).

The library that does the same brings a hub client and its network along for one function; this one keeps the pieces
of each word that it has met, since lead texts say the same few thousand words. ``tests/ai`` compares its ids with
what the published tokenizer gave.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Final

UNKNOWN: Final = "[UNK]"
START: Final = "[CLS]"
END: Final = "[SEP]"
LONGEST_WORD_CHARACTERS: Final = 100
WORDS_KEPT: Final = 20_000
CHARACTERS_KEPT: Final = 4_096

IDEOGRAPHS: Final = (
    range(0x4E00, 0xA000),
    range(0x3400, 0x4DC0),
    range(0x20000, 0x2A6E0),
    range(0x2A700, 0x2B740),
    range(0x2B740, 0x2B820),
    range(0x2B920, 0x2CEB0),
    range(0xF900, 0xFB00),
    range(0x2F800, 0x2FA20),
)
"""Characters that are words of their own."""


class WordPieces:
    """A vocabulary, and texts as ids of it."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._ids = {piece: number for number, piece in enumerate(vocabulary)}
        self._unknown = [self._ids[UNKNOWN]]
        self._cut = lru_cache(maxsize=WORDS_KEPT)(self._cut_word)

    @classmethod
    def read(cls, path: Path) -> "WordPieces":
        """The vocabulary of a file of one piece a line."""
        return cls(path.read_text(encoding="utf-8").split("\n"))

    def ids(self, text: str, *, most: int) -> list[int]:
        """A text's pieces between its two marks, cut off after ``most`` ids in all."""
        pieces = chain.from_iterable(map(self._cut, words_of(text)))
        return [self._ids[START], *islice(pieces, most - 2), self._ids[END]]

    def _cut_word(self, word: str) -> list[int]:
        """The longest known beginning, again and again; a word that does not end this way is unknown."""
        if len(word) > LONGEST_WORD_CHARACTERS:
            return self._unknown
        found: list[int] = []
        while word:
            end = next((end for end in range(len(word), 2 * bool(found), -1) if word[:end] in self._ids), 0)
            if not end:
                return self._unknown
            found.append(self._ids[word[:end]])
            word = word[end:] and f"##{word[end:]}"
        return found


def words_of(text: str) -> list[str]:
    """Words and single marks, in lower case and without accents."""
    spaced = "".join(map(_cleaned, text))
    plain = unicodedata.normalize("NFD", spaced)
    return "".join(map(_parted, plain)).split(" ")


@lru_cache(maxsize=CHARACTERS_KEPT)
def _cleaned(character: str) -> str:
    """A character with space around it where it is a word of its own; what is not to be seen goes."""
    if character in "\t\n\r" or unicodedata.category(character) == "Zs":
        return " "
    if character in "\0\ufffd" or unicodedata.category(character) in {"Cc", "Cf", "Co"}:
        return ""
    return f" {character} " if any(ord(character) in some for some in IDEOGRAPHS) else character


@lru_cache(maxsize=CHARACTERS_KEPT)
def _parted(character: str) -> str:
    """A mark of punctuation stands alone; an accent goes; a letter is made small by itself, whatever its word."""
    category = unicodedata.category(character)
    if category == "Mn":
        return ""
    is_mark = category.startswith("P") or (character.isascii() and category.startswith("S"))
    return f" {character} " if is_mark else character.lower()
