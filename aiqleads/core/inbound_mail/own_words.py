"""What somebody wrote themselves in an answer: without the letter that they answer, and without their signature.

Pure. Our own letters say how to have data deleted: what they say, quoted below an answer, is nobody's wish.
"""

import re
from collections.abc import Sequence
from typing import Final

_QUOTES: Final = re.compile(r"\s*(?:[>|]|&gt;)")
_INTRODUCES: Final = re.compile(
    r"(?:on|am|el|le|en)\b.{4,250}\b(?:wrote|schrieb|escribi[oó]|a écrit)\s*:\s*$", re.IGNORECASE
)
_ENDS: Final = re.compile(
    r"-- ?$"
    r"|_{10,}\s*$"
    r"|-{2,}\s*(?:original message|forwarded message|mensaje original|mensaje reenviado)"
    r"|begin forwarded message\s*:"
    r"|(?:from|de)\s*:\s.{1,200}@"
    r"|\*(?:from|de)\s*:\*"
    r"|(?:sent from my|enviado desde mi)\b",
    re.IGNORECASE,
)
_MOST_LINES: Final = 2_000


def own_words(text: str) -> str:
    """The lines that nobody else wrote."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:_MOST_LINES]
    own: list[str] = []
    number = 0
    while number < len(lines):
        if _ENDS.match(lines[number].strip()):
            break
        if _QUOTES.match(lines[number]):
            number += 1
            continue
        if taken := _introduction(lines, number):
            number += taken
            if not _quote_follows(lines, number):
                break
            continue
        own.append(lines[number])
        number += 1
    return "\n".join(own).strip()


def _introduction(lines: Sequence[str], number: int) -> int:
    """How many lines say that somebody wrote what follows: 0, 1, or 2 where the first was too long."""
    for taken in (1, 2):
        told = " ".join(line.strip() for line in lines[number : number + taken])
        if len(told) < 400 and _INTRODUCES.match(told):
            return taken
    return 0


def _quote_follows(lines: Sequence[str], number: int) -> bool:
    return any(_QUOTES.match(line) for line in lines[number : number + 3])
