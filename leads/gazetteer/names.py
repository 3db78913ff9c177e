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


def key(name: str) -> str:
    """The canonical spelling of a place: "St. Paul" and "Saint Paul", "Cañon City" and "Canon City" are one."""
    letters = unicodedata.normalize("NFKD", name)
    return place_key("".join(letter for letter in letters if not unicodedata.combining(letter)).replace("/", " "))


def county_key(name: str) -> str:
    """The canonical spelling of a county, with or without its "County", "Parish" or "Borough"."""
    return _COUNTY_WORD.sub("", key(name))
