"""Records as a crawl brings them: homes that were not known, and other adverts of homes that are there."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any, Final, cast
from uuid import UUID, uuid4

from leads.address import parse_address
from leads.models import Lead
from leads.records import LeadKind, ListingRecord, PricePeriod
from marketplace.imagined import Home, Imagination, Owner, description

KNOWN_HOMES: Final = 0.25
"""Of the records so many are another advert of a home that is there, under a phone of its own."""
AT_ONCE: Final = 20
NUMBERS_OF_OWNERS: Final = 5_000_000
"""Owners from here on are nobody's that ``load_leads`` made up."""


def records(seed: int) -> Iterator[ListingRecord]:
    """Records without end, other ones for every seed. Homes that are there are looked up now and then."""
    chance = random.Random(f"arriving {seed}")  # noqa: S311  (plausible, not secret)
    imagination, known = Imagination(chance), _leads_there(chance)
    for number in count(NUMBERS_OF_OWNERS + seed * 100_000):
        owner = imagination.owner(number)
        is_known = chance.random() < KNOWN_HOMES
        yield _another_advert(next(known), owner) if is_known else _first_advert(imagination.home(), owner)


def _leads_there(chance: random.Random) -> Iterator[Lead]:
    """Leads from all over the table, by its index."""
    while True:
        start = UUID(int=chance.getrandbits(128))
        yield from Lead.objects.filter(pk__gte=start, state=Lead.State.ACTIVE).order_by("pk")[:AT_ONCE]


def _first_advert(home: Home, owner: Owner) -> ListingRecord:
    return ListingRecord(
        **_told(owner, home.text),
        asking_price=Decimal(home.asking_dollars),
        beds=home.beds,
        baths=home.baths,
        area_sqft=home.area_sqft,
        address=home.address.line,
        city=home.address.city,
        state=home.address.state,
        zip=home.address.zip,
        lat=home.latitude,
        lng=home.longitude,
        property_type=home.property_type,
        kind=cast("LeadKind", home.kind),
        price_period=cast("PricePeriod", home.price_period),
        parsed_address=home.address,
        image_urls=tuple(f"https://homes.example.com/{number}.jpg" for number in range(home.image_count)),
    )


def _another_advert(lead: Lead, owner: Owner) -> ListingRecord:
    city, state, zip_code = lead.city, lead.state_code, lead.zip_code
    return ListingRecord(
        **_told(owner, len(city)),
        asking_price=Decimal(lead.asking_price_cents or 0) / 100,
        beds=int(lead.beds or 0),
        baths=float(lead.baths or 0),
        area_sqft=lead.area_sqft,
        address=lead.address_line,
        city=city,
        state=state,
        zip=zip_code,
        lat=lead.latitude,
        lng=lead.longitude,
        property_type=lead.property_type,
        kind=cast("LeadKind", lead.kind),
        price_period=cast("PricePeriod", lead.price_period),
        parsed_address=parse_address(lead.address_line, city=city, state=state, zip_code=zip_code),
    )


def _told(owner: Owner, text: int) -> dict[str, Any]:
    """What an advert says beside the home."""
    external_id = uuid4().hex
    return {
        "external_id": external_id,
        "url": f"https://homes.example.com/{external_id}",
        "title": "Home by owner",
        "description": description(text),
        "posted_at": datetime.now(UTC),
        "phones": tuple(filter(None, [owner.phone])),
        "emails": tuple(filter(None, [owner.email])),
        "contact_name": owner.name,
        "is_owner": True,
    }
