"""Words by which people ask to be left alone, in English and Spanish, as they answer a text or speak to a buyer.

Pure. A single opt-out word counts when it is the whole answer, as carriers read it; a phrase counts anywhere. When
in doubt it is one: who asked must not be asked again (47 C.F.R. § 64.1200(a)(10)).
"""

import re
import unicodedata
from typing import Final

WORDS: Final = frozenset(
    {
        "stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out",
        "remove", "remove me", "no mas", "alto", "parar", "pare", "baja", "cancelar", "detener", "salir", "basta",
    }
)  # fmt: skip
PHRASES: Final = (
    r"take (?:me|my (?:number|name|phone|e ?mail)) off",
    r"(?:remove|delete) (?:me|my (?:number|name|phone|e ?mail|info(?:rmation)?))",
    r"(?:do not|dont|don t|never|stop|quit) (?:call|text|contact|e ?mail|messag|writ|bother|harass)e?(?:ing)?",
    r"(?:leave) me alone",
    r"lose (?:my|this) number",
    r"opt(?:ing)? (?:me )?out",
    r"unsubscribe",
    r"no (?:more|further) (?:calls|texts|messages|e ?mails|letters|contact)",
    r"put me on (?:your|the) do not call",
    r"no (?:me )?(?:llame|escriba|contacte|moleste|mande)[ns]?",
    r"(?:quite|quiten|saque|saquen|borre|borren|elimine|eliminen) (?:me|mi (?:numero|nombre|correo|telefono))",
    r"(?:quiteme|saqueme|borreme|eliminenme|eliminame|borrenme|quitenme) (?:de|por favor)",
    r"dejen? de (?:llamar|escribir|molestar|mandar)",
    r"(?:dejeme|dejenme) en paz",
    r"dar(?:me)? de baja",
    r"ya no (?:me )?(?:llame|llamen|escriba|escriban)",
)
_MEANS_THE_OPPOSITE: Final = re.compile(
    r"(?<!you )(?<!they )\b(?:do not|dont|don t|never|please no|will not|wont|won t|did not|didnt) "
    r"(?:stop|quit|cancel|unsubscribe|opt out|remove me|take me off|want you to stop|want to (?:stop|opt out))\b"
    r"|\bno (?:pare|deje|cancele|quite|borre|dar)[ns]?\b(?: de)?"
)
"""What is said against an opt-out ("please don't stop calling") is none, and taken out before the rest is read."""
_PHRASE: Final = re.compile("|".join(rf"\b(?:{phrase})\b" for phrase in PHRASES))
_POLITE: Final = re.compile(
    r"^(?:please|por favor|pls) | (?:please|por favor|pls|thanks|thank you|gracias|now|ya)$"
)
MOST_CHARACTERS: Final = 2_000


def asks_to_be_left_alone(text: str) -> bool:
    """Whether an answer asks for no more contact."""
    plain = " ".join(_MEANS_THE_OPPOSITE.sub(" ¦ ", _plain(text[:MOST_CHARACTERS])).split())
    words = _POLITE.sub("", plain)
    return plain in WORDS or words in WORDS or bool(_PHRASE.search(plain))


def _plain(text: str) -> str:
    """Small letters without accents and signs, one space between two words."""
    split = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in split if not unicodedata.combining(letter)).replace("'", "")
    return " ".join(re.sub(r"[^a-z0-9]+", " ", letters).split())
