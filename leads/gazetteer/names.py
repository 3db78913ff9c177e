"""How names of places are compared: in small letters, short and without accents, and counties without "County"."""

import re
import unicodedata
from typing import Final

from leads.zip_directory import place_key

COUNTY_WORDS: Final = (
    "county",
    "parish",
    "borough",
    "census area",
    "municipality",
    "city and borough",
    "municipio",
)
_WORDS: Final = "|".join(sorted(COUNTY_WORDS, key=len, reverse=True))
_COUNTY_WORD: Final = re.compile(rf"^(?:{_WORDS}) of\s|\s(?:{_WORDS})$")

_LONG: Final = {"st": "Saint", "ste": "Sainte", "mt": "Mount", "ft": "Fort"}
_SHORT: Final = {long.lower(): short.capitalize() for short, long in _LONG.items()}


def key(name: str) -> str:
    """The canonical spelling of a place: "St. Paul" and "Saint Paul", "Cañon City" and "Canon City" are one."""
    letters = unicodedata.normalize("NFKD", name)
    return place_key("".join(letter for letter in letters if not unicodedata.combining(letter)).replace("/", " "))


def county_key(name: str) -> str:
    """The canonical spelling of a county, with or without its "County", "Parish" or "Borough"."""
    return _COUNTY_WORD.sub("", key(name))


def spellings(name: str) -> tuple[str, ...]:
    """A name as it is written, and with its "Saint", "Fort" or "Mount" written otherwise: "Saint Louis"."""
    first, _, rest = name.partition(" ")
    short = _SHORT.get(first.lower(), first).removesuffix(".")
    if not rest or short.lower() not in _LONG:
        return (name,)
    return tuple(dict.fromkeys((name, f"{_LONG[short.lower()]} {rest}", f"{short} {rest}", f"{short}. {rest}")))
