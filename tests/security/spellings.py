"""Finds a hidden value in a text, however it is spelled: split, in words, escaped, encoded or backwards."""

import base64
import re
from collections.abc import Iterator, Mapping
from functools import cache
from html import unescape
from urllib.parse import unquote

DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_DIGIT_WORD = re.compile("|".join(DIGIT_WORDS))
_SPLITTING = bytes(set(range(128)) - set(b"abcdefghijklmnopqrstuvwxyz0123456789"))


def traces(text: str, hidden: Mapping[str, str]) -> set[str]:
    """The names of the ``hidden`` values (of eight characters or more) that ``text`` holds in any spelling."""
    readings = [_compact(reading) for reading in _readings(text)]
    lowered = text.lower()
    return {
        name
        for name, value in hidden.items()
        if any(needle in reading for needle in _plain_needles(value) for reading in readings)
        or value.encode().hex() in lowered
        or any(needle in text for needle in _base64_needles(value))
    }


def _readings(text: str) -> Iterator[str]:
    """The text as a browser, a JSON parser or a person would read it."""
    decoded = re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), unescape(unquote(text)))
    without_tags = re.sub(r"<[^>]*>", "", decoded)
    for reading in (text, decoded, without_tags):
        yield reading
        yield _DIGIT_WORD.sub(lambda word: str(DIGIT_WORDS.index(word[0])), reading.lower())


def _compact(text: str) -> str:
    return text.lower().encode("ascii", "ignore").translate(None, _SPLITTING).decode()


@cache
def _plain_needles(value: str) -> tuple[str, str]:
    compact = _compact(value)
    return compact, compact[::-1]


@cache
def _base64_needles(value: str) -> frozenset[str]:
    """The part of the encoding that does not depend on what stands around it, for each of the three alignments."""
    encoded = [base64.b64encode(b"\0" * offset + value.encode()).decode().rstrip("=") for offset in range(3)]
    stable = {text[begins : len(text) - 1] for text, begins in zip(encoded, (0, 2, 3), strict=True)}
    return frozenset(stable | {text.translate(str.maketrans("+/", "-_")) for text in stable})
