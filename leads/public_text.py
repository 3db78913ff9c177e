"""What the public may know of a lead, as a few sentences to be embedded. Pure.

Made of the kind, the facts and our own words for what the home offers and what moves the owner; never of an
advert's words, a name, a street or a ZIP code. A price is left out: it changes often, and an embedding does not
count.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Final

from leads import usps
from leads.models import Kind
from leads.reading.catalogue import labels
from leads.scoring import IN_OUR_WORDS
from leads.summary import summarise

VERSION: Final = 1
"""Raised when the same facts would be told otherwise, so that all vectors are made anew."""

WORDS_OF: Final = {**IN_OUR_WORDS, "price cuts": "The price was cut."}
"""Part of a score's evidence → what it says for good; what only tells of today, or of the advert, says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicHome:
    """The facts that the text is made of.

    :ivar features: names of the catalogue, the most telling first
    :ivar parts: those of the newest score's evidence, in any order
    """

    kind: str
    city: str
    state_code: str
    property_type: str
    beds: Decimal | None
    baths: Decimal | None
    features: Sequence[str] = ()
    parts: Collection[str] = ()


def text_of(home: PublicHome) -> str:
    """``3-bed, 2-bath house with quiet street, pool. For sale by owner. Austin, Texas. …``

    What a home offers comes first, and numbers are few: a vector says most of what its text begins with.
    """
    summary = summarise(
        property_type=home.property_type,
        beds=home.beds,
        baths=home.baths,
        area_sqft=None,
        asking_price_cents=None,
        price_period="once",
        kind=home.kind,
    )
    place = ", ".join(filter(None, [home.city, usps.state_name(home.state_code)]))
    offers = ", ".join(labels(list(home.features)))
    told = (f"{summary} with {offers}" if offers else summary, str(Kind(home.kind).label), place)
    says = [*(f"{part}." for part in told if part), *_reasons(home.parts)]
    return " ".join(says)


def hash_of(text: str) -> str:
    """32 characters that tell whether a text is still the same."""
    return sha256(text.encode()).hexdigest()[:32]


def _reasons(parts: Iterable[str]) -> list[str]:
    said = set(parts)
    return [words for part, words in WORDS_OF.items() if part in said]
