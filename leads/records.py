"""The two shapes of a listing on its way in: as a page says it, and as the product understands it.

Readers of pages and feeds fill a :class:`RawListing` with what stands there, verbatim; ``leads.normalise``
turns it into a :class:`ListingRecord`, the only thing that ingest accepts. Neither shape infers: a fact
that the page does not hold stays ``None``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from leads.address import NormalisedAddress

LeadKind = Literal[
    "fsbo",
    "expired",
    "preforeclosure",
    "probate",
    "absentee",
    "rental_owner",
    "buyer_enquiry",
    "owner_submitted",
]
PricePeriod = Literal["once", "month", "week"]
ListingStatus = Literal["active", "pending", "closed", "expired", "withdrawn", "canceled"]
PointSource = Literal["page", "zip"]
ContactKind = Literal["person", "household", "company", "trust", "estate"]
Language = Literal["en", "es", "other"]
RecordFlag = Literal[
    "city_in_another_state",  # no place of that name has mail in the state named, but another state has one
    "address_unparsed",  # there is an address, but no house number and street could be told apart
    "agent_among_owners",  # in a section for owners, and the words name an agent or broker
    "area_implausible",  # a number stood where the living area belongs, but no home has that size
    "phone_unreadable",  # text in a phone field that is no dialable number
    "point_far_from_city",  # the coordinates lie more than 60 miles from every ZIP of the city, and no ZIP is named
    "point_far_from_zip",  # the coordinates of the page lie more than 60 miles from its own ZIP
    "price_is_range",  # "from $300k to $350k": the low end is kept
    "price_per_day",  # a nightly or daily price, which says nothing about the home's value
    "price_per_year",  # a yearly rent, kept as a twelfth per month
    "zip_contradicts_city",  # the ZIP exists, but not for that city
    "zip_contradicts_state",  # the ZIP exists, but in another state
    "zip_unknown",  # five digits that are no ZIP code
]


ConsentChannel = Literal["call", "text", "email"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenConsent:
    """That somebody agreed to be contacted: to which words, when, how, and by how many agents at most."""

    text_version: str
    given_at: datetime
    channels: tuple[ConsentChannel, ...]
    agents: int = 1
    language: str = ""
    proof: Mapping[str, str] = field(default_factory=dict)
    """Where and how it was given ("ip_address", "url", "user_agent"); kept encrypted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawListing:
    """What one reader found for one listing; strings as the page writes them.

    A ``*_text`` field holds the page's words for it ("$1,295/mo", "3br / 2ba", "1,100 ft²"); a field without
    that ending holds a value that stood alone in the page (a coordinate, an identifier).
    """

    external_id: str | None = None
    url: str | None = None
    title: str | None = None
    asking_price_text: str | None = None
    price_period_text: str | None = None
    currency: str | None = None
    beds_text: str | None = None
    baths_text: str | None = None
    area_text: str | None = None
    lot_text: str | None = None
    address_lines: tuple[str, ...] = ()
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    neighborhood: str | None = None
    latitude: str | float | None = None
    longitude: str | float | None = None
    posted_text: str | None = None
    updated_text: str | None = None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    contact_name: str | None = None
    category: str | None = None
    property_type: str | None = None
    is_owner: bool | None = None
    status: ListingStatus | None = None
    kind: LeadKind | None = None
    is_kind_final: bool = False
    """The reader knows who offers: where it gives no kind there is none, though the price be a month's rent."""
    description: str | None = None
    """Plain text: readers turn markup into text before they put it here."""
    image_urls: tuple[str, ...] = ()
    repost_of: str | None = None
    is_zero_unknown: bool = False
    """The source writes 0 where it does not know: 0 beds and 0 square feet are then absent facts."""
    field_sources: Mapping[str, str] = field(default_factory=dict)
    """Where the reader found a field ("json-ld", "label: Year built"), for readers that guess."""
    flags: frozenset[RecordFlag] = frozenset()
    """Doubts that only the page raises; normalising adds those that the values raise."""
    details: Mapping[str, str] = field(default_factory=dict)
    """What only some sources tell: "case_number", "auction_on", "mailing_address" (of the owner)."""
    consent: GivenConsent | None = None
    lost: frozenset[str] = frozenset()
    """Fields of the record ("title", "asking_price") that this layout always shows and this page does not.

    Their node is missing, or holds nothing that could be read; a fact that an advertiser may leave out is not lost.
    """
    rejected: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingRecord:
    """One listing, normalised: typed, canonical, and silent about what the page did not say."""

    external_id: str | None = None
    url: str | None = None
    title: str | None = None
    asking_price: Decimal | None = None
    """In whole units of ``currency`` (dollars, not cents), per ``price_period``."""
    currency: str | None = None
    """ISO 4217; ``None`` where the page shows a bare "$"."""
    beds: int | None = None
    """0 is a studio."""
    baths: float | None = None
    area_sqft: int | None = None
    address: str | None = None
    """Street line with unit, in the page's own spelling, without city, state and ZIP."""
    city: str | None = None
    state: str | None = None
    """Two letters."""
    zip: str | None = None
    """Five digits."""
    lat: float | None = None
    lng: float | None = None
    posted_at: datetime | date | None = None
    """UTC where the page names a zone; naive, in the page's local time, where it names none; a date if no time."""
    updated_at: datetime | date | None = None
    phones: tuple[str, ...] = ()
    """E.164, with ";ext=" where an extension stands."""
    emails: tuple[str, ...] = ()
    contact_name: str | None = None
    category: str | None = None
    """The source's own code for the section the ad stands in."""
    property_type: str | None = None
    """single_family, condo, townhouse, multi_family, apartment, manufactured, land, room, commercial or other."""
    is_owner: bool | None = None
    description: str | None = None
    """Plain text, paragraphs separated by an empty line."""
    image_urls: tuple[str, ...] = ()
    rejected: str | None = None
    """Why this can never be a lead (not a property, already sold); ``None`` for the rest."""

    kind: LeadKind | None = None
    """``None`` where the record is no lead in itself: an MLS row used for suppression or valuation."""
    price_period: PricePeriod | None = None
    status: ListingStatus | None = None
    fictitious_phones: frozenset[str] = frozenset()
    """Members of ``phones`` from the 555-01xx block, which reach nobody."""
    contact_kind: ContactKind | None = None
    language: Language | None = None
    """Of title and description; ``None`` where too little is said."""
    lot_sqft: int | None = None
    """The land's size, where the page gives it apart from the living area."""
    parsed_address: NormalisedAddress | None = None
    neighborhood: str | None = None
    repost_of: str | None = None
    point_source: PointSource | None = None
    """"zip" where ``lat`` and ``lng`` are the ZIP's centre, because the page had no point."""
    flags: frozenset[RecordFlag] = frozenset()
    field_sources: Mapping[str, str] = field(default_factory=dict)
    lost_fields: frozenset[str] = frozenset()
    """Fields that the page's layout always shows and this page does not, or not readably; their value is absent."""
    details: Mapping[str, str] = field(default_factory=dict)
    """As in :class:`RawListing`; some are personal, so only the encrypted column keeps them."""
    consent: GivenConsent | None = None

    @property
    def address_key(self) -> str | None:
        """The canonical spelling of the home's address; equal for two spellings of one home."""
        return self.parsed_address.key if self.parsed_address else None


PUBLISHED_FIELDS: tuple[str, ...] = (
    "external_id",
    "url",
    "title",
    "asking_price",
    "currency",
    "beds",
    "baths",
    "area_sqft",
    "address",
    "city",
    "state",
    "zip",
    "lat",
    "lng",
    "posted_at",
    "updated_at",
    "phones",
    "emails",
    "contact_name",
    "category",
    "property_type",
    "is_owner",
    "description",
    "image_urls",
    "rejected",
)
"""The keys of a record in ``parse_page --json``, in order."""
