"""An expression that is looked for in many texts, tried only where it can match at all."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from leads.needed_words import Words, may_match, needed_words


@dataclass(frozen=True)
class Phrase:
    """An expression, and the words that a text must hold before it is worth trying.

    There are hundreds, and most processes read no text: each is compiled when it is first looked for.
    """

    expression: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.expression)

    @cached_property
    def needed(self) -> tuple[tuple[Words, ...], ...]:
        return needed_words(self.expression)

    def found_in(self, lowered: str) -> Iterator[re.Match[str]]:
        return self.pattern.finditer(lowered) if may_match(self.needed, lowered) else iter(())
