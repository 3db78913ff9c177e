"""What frauds write, in English, Spanish and German: the themes of ``scam_phrases.toml``, found in adverts.

Pure: words in, signals out. A theme counts once, however often it is said. A phrase that its own sentence denies or
warns of ("no wire transfers", "never pay a deposit before viewing") is no signal.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

from leads.phrases import Phrase

MAX_TEXT_CHARACTERS: Final = 20_000
MAX_QUOTED_WORDS: Final = 5

_Patterns = dict[str, tuple[Phrase, ...]]

_TABLE: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
POINTS: Final[dict[str, int]] = {theme["name"]: theme["points"] for theme in _TABLE["theme"]}

_DENIALS: Final = re.compile(
    r"\b(?:no|not|never|without|avoid|beware|scams?|don't|won't|kein\w*|nicht|niemals|ohne|sin|nunca|jam[aá]s|evite)\b"
    r"[^.!?\n]{0,40}$"
)
_IN_ITSELF_A_DENIAL: Final = re.compile(
    r"^(?:no|not|can ?not|can't|unable|sin|s[oó]lo|nur|only|kann|können|keine|besichtigung|nach|nicht|free|clear)\b"
)
_AT_CLOSING: Final = re.compile(r"\b(?:at closing|escrow|title company|earnest money|attorney)\b")
_SENTENCE_END: Final = re.compile(r"[.!?\n]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A theme that a text touches, and the words that do."""

    theme: str
    quote: str


def find_signals(text: str) -> tuple[Signal, ...]:
    """The themes of frauds that a text touches, in the order of the table, each with the first words that do."""
    lowered = _plain(text)
    languages = _languages(lowered)
    found = ((theme, next(_said(lowered, patterns, languages), "")) for theme, patterns in _PATTERNS)
    return tuple(Signal(theme=theme, quote=quote) for theme, quote in found if quote)


def expressions() -> frozenset[str]:
    """Every expression that is looked for, in all languages."""
    return frozenset(
        phrase.pattern.pattern for _, patterns in _PATTERNS for phrases in patterns.values() for phrase in phrases
    )


def _languages(lowered: str) -> list[str]:
    words = frozenset(lowered.split())
    return ["english", *(language for language, common in _COMMON.items() if len(words & common) > 1)]


def _said(lowered: str, patterns: _Patterns, languages: list[str]) -> Iterator[str]:
    for phrase in chain.from_iterable(patterns[language] for language in languages):
        for match in phrase.found_in(lowered):
            if not _is_denied(lowered, match):
                yield _quoted(match.group())


def _quoted(said: str) -> str:
    """The words at both ends, without any that holds a digit: what lies between may name somebody."""
    words = [word for word in said.split() if not any(sign.isdigit() for sign in word)]
    if len(words) > MAX_QUOTED_WORDS:
        words = [*words[:2], "…", *words[-2:]]
    return " ".join(words) or "…"


def _is_denied(lowered: str, match: re.Match[str]) -> bool:
    """Whether the sentence before the phrase turns it round, or it speaks of an ordinary closing."""
    before = _SENTENCE_END.split(lowered[max(0, match.start() - 120) : match.start()])[-1]
    behind = _SENTENCE_END.split(lowered[match.start() : match.end() + 60])[0]
    is_ordinary = "wire" in match.group() and bool(_AT_CLOSING.search(before + behind))
    return is_ordinary or (not _IN_ITSELF_A_DENIAL.match(match.group()) and bool(_DENIALS.search(before)))


def _plain(text: str) -> str:
    return re.sub(r"[^\S\n]+", " ", text[:MAX_TEXT_CHARACTERS].lower().replace("’", "'"))


def _compiled(theme: dict[str, Any]) -> _Patterns:
    return {
        language: tuple(Phrase(_whole(phrase)) for phrase in theme[language]) for language in ("english", *_COMMON)
    }


def _whole(phrase: str) -> str:
    return re.sub(r"<(\w+)>", lambda word: str(_TABLE["words"][word[1]]), phrase)


_COMMON: Final = {language: frozenset(words.split()) for language, words in _TABLE["common"].items()}
_PATTERNS: Final = tuple((theme["name"], _compiled(theme)) for theme in _TABLE["theme"])
