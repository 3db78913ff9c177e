"""The language of an advert by its commonest words: English, Spanish, another, or too little to tell.

It decides how an owner is best written to, so a wrong answer costs a courtesy. Headlines of five words are told as
well as by statistical models, which need a hundred times as long (docs/decisions).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from leads.records import Language

MAX_CHARACTERS: Final = 4_000
_WORD: Final = re.compile(r"[^\W\d_]+")
_WORDS: Final[dict[Language, str]] = {
    "en": """
        the and of to in with for is on this are by you your from we at or our have be will all no not near new
        house home bedroom bath kitchen yard must see call owner rent sale
    """,
    "es": """
        el la los las del y en con por para un una se su mi que es no más muy este esta cerca casa cuarto cuartos
        renta venta vende vendo dueño baños recámaras habitaciones cocina llame llamar patio jardín
    """,
    "other": """
        und der die das mit zu ist ich eine für von im zum le les des et à une est pour avec chambres vendre o os
        com um uma não é dos quartos il di per gli een het van
    """,
}
_COMMON: Final = {language: frozenset(words.split()) for language, words in _WORDS.items()}


def read_language(text: str | None) -> Language | None:
    """The language of running text; ``None`` where no common word stands in it."""
    words = _WORD.findall((text or "")[:MAX_CHARACTERS].lower())
    counts = {language: sum(word in common for word in words) for language, common in _COMMON.items()}
    language = max(counts, key=lambda name: counts[name])
    if counts[language]:
        return language
    return "other" if any(_is_other_script(word) for word in words) else None


def _is_other_script(word: str) -> bool:
    return any(not unicodedata.name(letter, "").startswith("LATIN") for letter in word)
