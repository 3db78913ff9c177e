"""Words by which people ask in a letter what the form at ``/privacy/`` offers, in English and Spanish.

Pure. What is found opens a request, which by itself discloses and erases nothing: whoever asked still proves who
they are. So that in doubt it is one.
"""

import re
import unicodedata
from typing import Final

from accounts.models import PrivacyRequest

Kind = PrivacyRequest.Kind

_DATA: Final = r"(?:personal )?(?:data|info|information|details|records?|file)"
_DATOS: Final = r"(?:mis )?(?:datos|informacion)(?: personal(?:es)?)?"
_ASKS: Final = (
    (
        Kind.ERASE,
        rf"(?:delete|erase|remove|destroy|purge) (?:all )?(?:of )?(?:my|any|the) (?:\w+ ){{0,2}}{_DATA}",
        r"(?:delete|erase|destroy|purge) (?:everything|all) (?:that )?you (?:have|hold|know|keep)",
        r"right to (?:be forgotten|erasure|delet(?:e|ion))",
        rf"(?:borr|elimin|suprim)(?:e|en|a|an|ar|ir|an)? (?:todos )?{_DATOS}",
        r"derecho al olvido",
    ),
    (
        Kind.KNOW,
        rf"(?:what|which) (?:\w+ )?{_DATA} (?:do|does|have) (?:you|your \w+)",
        r"what (?:do you|you) (?:have|hold|know|keep) (?:about|on) me",
        rf"(?:copy|copies|report) of (?:all )?(?:of )?(?:my|the) (?:\w+ )?{_DATA}",
        r"(?:where|how) did you (?:get|find|obtain) my",
        r"(?:data |subject )?access request",
        r"right (?:to know|of access)",
        rf"(?:que|cuales) {_DATOS} (?:tiene|guarda|conserva)n?",
        r"de donde (?:saco|sacaron|tiene|tienen|obtuvo|obtuvieron) mi",
    ),
    (
        Kind.OPT_OUT,
        r"(?:do not|dont|don t|stop|never) (?:sell|selling|share|sharing)(?: or (?:sell|share))? (?:my|our|any)",
        r"opt (?:me )?out of (?:the )?sale",
        rf"no (?:venda|vendan|comparta|compartan) {_DATOS}",
    ),
)  # fmt: skip
_PATTERNS: Final = [(kind, re.compile("|".join(rf"\b(?:{one})\b" for one in said))) for kind, *said in _ASKS]
_SPANISH: Final = re.compile(
    r"\b(?:mis|datos|informacion|tienen|tiene|derecho|por|favor|gracias|no me|venda|borr\w+)\b"
)
MOST_CHARACTERS: Final = 5_000


def asked_for(text: str) -> list[Kind]:
    """What a letter asks for, what cannot be taken back last; nothing where it asks for none of it."""
    plain = _plain(text[:MOST_CHARACTERS])
    found = [kind for kind, pattern in _PATTERNS if pattern.search(plain)]
    return sorted(found, key=[Kind.KNOW, Kind.OPT_OUT, Kind.ERASE].index)


def language_of(text: str) -> str:
    """ "es" or "en"."""
    return "es" if len(_SPANISH.findall(_plain(text[:MOST_CHARACTERS]))) >= 2 else "en"


def _plain(text: str) -> str:
    split = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in split if not unicodedata.combining(letter)).replace("'", "")
    return " ".join(re.sub(r"[^a-z0-9]+", " ", letters.replace("’", "")).split())
