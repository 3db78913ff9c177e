"""Adverts that stand among homes and offer none: services, wanted notes, furniture, cars.

A section of a site says where an advertiser put an advert, not what it is. Titles decide, and the weaker their
words the less else may speak of a home: a wrong refusal loses a lead, a wrong pass costs a buyer.
"""

from __future__ import annotations

import re

from leads.normalise.price import parse_price

_LEAST_RENT, _LEAST_PRICE = 400, 5_000
"""Dollars: what no home asks for when nothing but its section calls it one."""


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_BUYS_HOMES = _any(
    r"\b(?:we|i|who|company|investors?)\s+(?:will\s+)?buys?\s+(?:\w+\s+){0,3}(?:house|home|propert|land|lot|condo)",
    r"\bcash\s+(?:offer\s+)?for\s+(?:your\s+|ugly\s+)?(?:house|home|propert|land|condo)",
    r"\bsell\s+(?:your|my)\s+(?:house|home|property|land)\b",
    r"\b(?:stop|avoid|facing)\s+foreclosure\b",
)
_WORDS_OF_BUYERS = ("buy", "cash", "sell", "foreclosure")
_WORDS_OF_SEEKERS = ("iso", "search of", "want", "wtb", "wtr", "looking", "seeking")
"""One of them is in every match of such patterns, which are slow to look through titles without any."""
_OFFERS = r"(?!.*\b(?:tenants?|room-?mates?|housemates?|renters?|buyers?|someone|somebody|lodgers?)\b)"
_DWELLING = (
    r".*\b(?:apartments?|apt|house|home|housing|room|place|studio|rental|condo|land|property|bedrooms?|sublet"
    r"|lease)\b"
)
_SEEKS_BY_NAME = _any(
    rf"^\W*(?:iso|in search of|wanted|wt[br]|want(?:ing)? to (?:rent|buy))\b{_OFFERS}{_DWELLING}",
    r"\b(?:apartment|house|home|room|rental|housing|land|property)s? wanted\b",
)
_SEEKS_A_HOME = _any(rf"^\W*(?:looking (?:for|to (?:rent|buy))|seeking)\b{_OFFERS}{_DWELLING}")
_SERVICE = _any(
    r"\b(?:movers\b(?!\W+special)|moving (?:help|services?|company|labor|crew)|junk (?:removal|hauling)|hauling\b)",
    r"\b(?:maid|cleaning|housekeeping|janitorial|landscap\w+|lawn|painting|plumbing|electrical|roofing|handyman"
    r"|hvac|pest control|remodel\w*|flooring|drywall|concrete|tree|notary|locksmith|inspection|staging|appraisal"
    r"|property management|photography) (?:services?|company|contractors?|crew|lady|specialists?|experts?|pros?)\b",
    r"\b(?:house|home|carpet|deep|window|office|move[- ]?(?:in|out)) clean(?:ing|ers?)\b",
    r"\b(?:handyman(?!\W?s?\W+special)|plumber|electrician|roofer|landscaper|locksmith|house cleaner|free estimates"
    r"|licensed (?:and|&|\+) insured|credit repair|hard money|refinanc\w+|get pre-?approved|mortgages?\b.*\brates?"
    r"|mortgage (?:lender|loans?|broker)|home loans?|real estate (?:licen[sc]e|school|classes?|course|seminar))\b",
)
_SERVICE_BY_ITSELF = _any(
    r"\b(?:lawn care|gutters?|home (?:inspections?|valuation|value|improvement|repairs?)|notary public|landscaping"
    r"|pressure washing|tree removal|solar (?:panels?|installation)|repairs|office space|retail space|warehouse)\b"
)
"""Words that homes boast of as well: they decide where no other word speaks of a home."""
_GOODS = _any(
    r"\b(?:sofa|couch|loveseat|mattress|dresser|recliner|futon|bunk bed|bed frame|headboard|dining (?:set|table)"
    r"|coffee table|desk|armchair|ottoman|bookshelf|refrigerator|fridge|freezer|microwave|dishwasher|washer|dryer"
    r"|i?phone|galaxy|pixel \d|airpods|ipad|laptop|macbook|tv|television|xbox|playstation|ps[45]|nintendo|drone"
    r"|camera|bike|stroller|crib|treadmill|tires|rims|mower|chainsaw|generator|smoke alarm|smoke detector"
    r"|pupp(?:y|ies)|kittens?)\b",
    r"\b(?:19|20)\d\d\W+(?:ford|chev\w*|toyota|honda|nissan|dodge|jeep|gmc|ram|bmw|mercedes\S*|hyundai|kia|subaru"
    r"|mazda|volkswagen|vw|audi|lexus|acura|chrysler|tesla|harley\S*|yamaha|kawasaki|cadillac|buick|lincoln)\b",
    r"\b(?:parking (?:spot|space|place)|storage (?:unit|space)|garage (?:spot|space))\b",
)
_HOME = _any(
    r"\b(?:\d+\s?-?(?:br|bd|bdrms?|beds?|bedrooms?|ba|baths?)|bedrooms?|bath(?:room)?s?|studio|apartments?|apts?|house"
    r"|homes?|condo|townho\w+|duplex|triplex|loft|cottage|cabin|bungalow|rooms?\b|suite|basement|flat|unit|acres?"
    r"|lot|land|manufactured|mobile home|sublet)\b"
)
_IS_OFFERED = _any(
    r"\b(?:house|home|condo|townho\w+|apartment|duplex|cabin|property|land) for (?:sale|rent|lease)\b",
    r"\bfor (?:sale|rent|lease) by (?:the )?owner\b",
)
_AGENT = _any(
    r"\b(?:dre|bre|calbre|mls)\s*(?:lic(?:ense)?\.?\s*)?#?\s*:?\s*\d{5,}",
    r"\b(?:licensed (?:agent|broker|salesperson)|listing agent|real estate (?:agent|broker|salesperson)"
    r"|broker\s*/\s*owner|courtesy of|listed by)\b",
    r"\b(?:keller williams|re/?max|century 21|coldwell banker|berkshire hathaway|sotheby'?s|exp realty"
    r"|compass real estate|better homes and gardens|[A-Z]\w+ realty)\b",
    r"\b(?:i am|i'm|i’m) (?:a |your )?(?:realtor|broker)\b",
)
_NO_AGENT = re.compile(
    r"\b(?:no|not|without|sorry|never)(?: an?| any| use| with)?\W+(?:\w+\W+){0,2}"
    r"(?:realtors?|agents?|brokers?|salesperson|mls|listing agent)\b[^.!\n]{0,30}",
    re.IGNORECASE,
)


def refusal_of(title: str | None, *, has_rooms: bool) -> str | None:
    """Why an advert with such a title can be no home on offer; ``None`` for the rest.

    :param has_rooms: whether the page gives beds or an area for it, apart from its words
    """
    words = title or ""
    small = words.lower()
    if any(word in small for word in _WORDS_OF_BUYERS) and _BUYS_HOMES.search(words):
        return "A service: somebody buys homes."
    if any(word in small for word in _WORDS_OF_SEEKERS) and _seeks_a_home(words, has_rooms=has_rooms):
        return "Somebody looks for a home; nobody offers one."
    if has_rooms or _IS_OFFERED.search(words):
        return None
    if _SERVICE.search(words) or _speaks_only_of(_SERVICE_BY_ITSELF, words):
        return "A service, not a home."
    if _speaks_only_of(_GOODS, words):
        return "Not a home: the title names other goods."
    return None


def _seeks_a_home(words: str, *, has_rooms: bool) -> bool:
    return bool(_SEEKS_BY_NAME.search(words) or (not has_rooms and _SEEKS_A_HOME.search(words)))


def _speaks_only_of(pattern: re.Pattern[str], words: str) -> bool:
    return bool(pattern.search(words)) and not _HOME.search(pattern.sub("", words))


def misfiled(title: str | None, *, price_text: str | None, is_let: bool, has_home_facts: bool) -> str | None:
    """Why an item that was filed under homes is none; ``None`` for the rest.

    :param has_home_facts: whether rooms, an area or a street are told of it
    """
    if refusal := refusal_of(title, has_rooms=has_home_facts):
        return refusal
    if has_home_facts or _HOME.search(title or ""):
        return None
    amount = parse_price(price_text or "").amount
    if amount is None or amount < (_LEAST_RENT if is_let else _LEAST_PRICE):
        return "Not a home: it is filed under homes, and nothing else says so."
    return None


def speaks_as_agent(text: str | None) -> bool:
    """Whether an advert names the broker or agent behind it; "no realtors please" names none."""
    return bool(_AGENT.search(_NO_AGENT.sub(" ", text or "")))
