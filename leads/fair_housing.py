"""The only list of protected terms and their proxies. No feature, prompt, facet, filter or signal may use them.

Source: 42 U.S.C. § 3604 (race, color, religion, sex, familial status, national origin, disability), 15 U.S.C.
§ 1691 (marital status) and the words that stand for them in adverts and in what is asked of agents.
"""

import re
from collections.abc import Iterator
from typing import Final

_TERMS: Final = (
    "adult adults african american arab asian bachelor black catholic child children christian church "
    "couple couples crippled deaf disabled disability divorce divorced divorcee divorcing ethnic families family "
    "female gay gender handicap "
    "handicapped hispanic immigrant immigrants indian integrated jewish kids latino latina lesbian male "
    "married men mentally mexican minority mosque muslim nationality native oriental parish pregnant race "
    "racial religion religious retired retiree retirees section8 senior seniors sex single singles "
    "synagogue temple traditional voucher vouchers white widow widowed widower women "
)
PROTECTED_TERMS: Final = frozenset(_TERMS.split())
_WORD: Final = re.compile(r"[a-z0-9]+")

_STANDING_FOR_THEM: Final = (
    "accent accents ancestry birthplace census church churches citizenship crime crimes demographic demographics "
    "disabilities dnc ethnicity foreigner foreigners income incomes language languages marital mosques neighbour "
    "neighbours neighbor neighbors parents parental poverty pregnancy school schools speaking surname surnames "
    "temples tract welfare youth"
)
_PROXIES: Final = frozenset(_STANDING_FOR_THEM.split())
"""What stands for who lives somewhere, as a name of something that is counted or chosen by."""

_PEOPLE: Final = (
    r"african[- ]americans?|arabs?|asians?|atheists?|buddhists?|caucasians?|catholics?|child(?:ren)?|chinese|"
    r"christians?|cripples?|deaf|disabled|divorc(?:e|ed|ees?|ing)|elderly|evangelicals?|"
    r"(?<!multi )(?<!multi-)(?<!single )families|filipinos?|foreigners?|gays?|handicapped|hindus?|hispanics?|"
    r"immigrants?|islamic|jew(?:s|ish)?|kids?|koreans?|latin[oax]s?|lesbians?|lgbtq?|mexicans?(?! tiles?)|"
    r"minorit(?:y|ies)|mormons?|muslims?|newlyweds?|pregnant|refugees?|retirees?|section[- ]?8|seniors|"
    r"single (?:dads?|fathers?|men|moms?|mothers?|parents?|women)|teen(?:ager)?s?|toddlers?|transgender|"
    r"vietnamese|vouchers?|welfare|widow(?:s|ed|ers?)?"
)
"""People and never a home: asked for on their own they are asked for because of what they are."""
_ALSO_THINGS: Final = (
    r"adults?|black|blacks|couples|female|(?<!single )(?<!single-)(?<!multi )(?<!multi-)family|indian|male|men|"
    r"married|native|oriental|religious|retired|senior|singles|white|whites|women"
)
"""People where people or a neighbourhood are spoken of, and else a colour, a room or a name."""
_WHERE_PEOPLE_ARE: Final = (
    r"(?:areas?|buyers?|communit(?:y|ies)|districts?|folks?|home ?owners?|households?|neighbou?rhoods?|only|"
    r"owners?|parts? of town|people|populations?|renters?|residents?|sellers?|suburbs?|tenants?)"
)
_EITHER: Final = rf"(?:{_PEOPLE}|{_ALSO_THINGS})"
_ASKS: Final = re.compile(
    "|".join(
        rf"\b(?:{asked})\b"
        for asked in (
            rf"(?:no|non|not|without|zero|minus)[\s-]+(?:any\s+|more\s+)?{_EITHER}(?:\s+{_WHERE_PEOPLE_ARE})?",
            rf"(?:(?:all|mostly|predominantly)[\s-]+)?{_EITHER}(?:[\s-]+(?:friendly|oriented))?\s+{_WHERE_PEOPLE_ARE}",
            rf"(?:for|only)\s+(?:young\s+)?(?:{_PEOPLE}|adults|couples|men|singles|women)(?:\s+only)?",
            r"(?:adults?|seniors?|55 ?(?:\+|plus)|over 55|retirement)\s*(?:only|living|housing|communit(?:y|ies))",
            r"(?:family|kid|child)[\s-]+(?:friendly|oriented|free)",
            (
                r"(?:safe|safer|safest|bad|rough|dangerous|ghetto|sketchy)\s+(?:(?:and|quiet|good|nice)\s+)*"
                r"(?:areas?|blocks?|communit(?:y|ies)|neighbou?rhoods?|parts? of town|places?|streets?|suburbs?)"
            ),
            r"(?:low|no|little|high)[\s-]+crime(?:\s+(?:area|neighbou?rhood|rate)s?)?|crime[\s-]+free",
            (
                r"(?:near|by|close to|next to|walking distance (?:to|of))\s+(?:an?|our|my)\s+(?:[a-z]+\s+)?"
                r"(?:church|mosque|synagogue|temple|cathedral)"
            ),
            r"(?:near\s+)?(?:churches|mosques?|synagogues?|temples)",
            r"[a-z]+[\s-]speaking(?:\s+(?:areas?|owners?|sellers?|people|neighbou?rhoods?))?",
            r"young (?:professionals?|couples?|families)|empty nesters?|traditional (?:famil(?:y|ies)|values)",
        )
    )
)
_NAMES_PEOPLE: Final = re.compile(rf"\b(?:{_PEOPLE})\b")


_SAID_OF_PEOPLE: Final = (
    r"(?:kids?|children|teen(?:ager)?s|toddlers|families|section[- ]?8|vouchers?|immigrants?|foreigners?|"
    r"african[- ]americans?|blacks|hispanics?|latin[oax]s?|mexicans?|asians?|arabs?|jews|muslims?|christians?|"
    r"catholics?|hindus?|mormons?|gays?|lesbians?|disabled|handicapped|wheelchairs?|single (?:mothers?|moms?)|"
    r"unmarried couples|welfare)"
)
_ONLY_THESE: Final = (
    r"(?:adults?|singles|couples|men|women|males?|females?|whites?|christians?|catholics?|muslims?|jews|mormons?|"
    r"americans?|citizens)"
)
_WANTED: Final = r"(?:christian|catholic|white|jewish|muslim|american|english[- ]speaking|single|married|childless)"
_LIMITS: Final = re.compile(
    "|".join(
        rf"\b(?:{said})\b"
        for said in (
            (
                rf"(?:no|not for|not suitable for|without|(?:do not|don.?t|won.?t) (?:take|accept|sell to))"
                rf"\s+(?:any\s+)?{_SAID_OF_PEOPLE}"
            ),
            rf"{_ONLY_THESE} only",
            rf"only (?:for )?{_ONLY_THESE}",
            rf"{_WANTED} (?:buyers?|tenants?|renters?|family) (?:only|preferred|wanted)",
            rf"prefer(?:red|s)? (?:an? )?{_WANTED} (?:buyers?|tenants?|renters?|famil(?:y|ies)|couples?|persons?)",
            r"must (?:be|speak) (?:christian|catholic|american|english|white|married|single)",
            r"sin (?:ni[nñ]os|hijos)|no (?:se aceptan )?ni[nñ]os|solo adultos",
        )
    )
)
"""Words that say who may not buy or rent: 42 U.S.C. § 3604(c). Housing for people of 55 or over is let pass
(42 U.S.C. § 3607(b)), and so are words that praise a home ("great for families"). English and Spanish."""


def limits_in(text: str) -> list[str]:
    """What an advert says to keep people out for what they are, in small letters; nothing where it does not."""
    return [" ".join(match.group().split()) for match in _LIMITS.finditer(text.lower().replace("’", "'"))]


def without_steering(text: str, *, instead: str = " ") -> str:
    """What is asked for without phrases that choose people: "2 bed, no kids" is "2 bed,  ". In small letters.

    :param instead: what stands where a phrase stood
    """
    return _ASKS.sub(instead, text.lower())


def without_people(text: str, *, instead: str = " ") -> str:
    """The same for single words that name people, once names of places ("Christian County") were read."""
    return _NAMES_PEOPLE.sub(instead, text.lower())


def steering_spans(lowered: str) -> Iterator[tuple[int, int]]:
    """Where in a text in small letters phrases that choose people, and words that name them, begin and end."""
    for pattern in (_ASKS, _NAMES_PEOPLE):
        yield from (match.span() for match in pattern.finditer(lowered))


def searchable(text: str) -> str:
    """``text`` as it may be searched for in offers: nobody finds homes by who lives there."""
    allowed = " ".join(without_people(without_steering(text)).split())
    return allowed if _WORD.search(allowed) or not _WORD.search(text) else ""


def barred_words(name: str, *, with_zip: bool = False) -> list[str]:
    """The words of a name in our code that no feature, facet, filter or signal may be called by.

    :param with_zip: whether a ZIP code is one: it is where leads are scored or recommended
    """
    barred = (
        PROTECTED_TERMS | _PROXIES | (frozenset({"zip", "zip3", "zip5", "postcode"}) if with_zip else frozenset())
    )
    return [word for word in _WORD.findall(name.lower().replace("_", " ")) if word in barred]
