"""An expression that is looked for in many texts, tried only where it can match at all."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from leads.needed_words import Words, may_match, needed_words


@dataclass(frozen=True, slots=True)
class Phrase:
    """An expression, and the words that a text must hold before it is worth trying."""

    pattern: re.Pattern[str]
    needed: tuple[tuple[Words, ...], ...]

    @classmethod
    def of(cls, expression: str) -> "Phrase":
        return cls(re.compile(expression), needed_words(expression))

    def found_in(self, lowered: str) -> Iterator[re.Match[str]]:
        return self.pattern.finditer(lowered) if may_match(self.needed, lowered) else iter(())
