"""The demo's records: homes, and the adverts that stand for them on the source sites.

They are the truth that tests compare a crawl with; what a page shows of it is up to the site.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scraping.demo.people import Agent, Person
from scraping.demo.places import Address, Metro


class Site(StrEnum):
    """The source sites, by slug."""

    EAST = "demo-classifieds-east"
    WEST = "demo-classifieds-west"
    FSBO = "demo-fsbo"
    MLS = "demo-mls"


class Nature(StrEnum):
    """What an advert really is."""

    GENUINE = "genuine"
    DOUBTFUL = "doubtful"
    SCAM = "scam"
    NEAR_EMPTY = "near empty"
    AGENT = "agent"
    SERVICE = "service"
    GOODS = "goods"


class Category(StrEnum):
    """The section an advert stands in."""

    SALES = "sales"
    RENTALS = "rentals"
    FURNITURE = "furniture"
    TOOLS = "tools"
    RECORDS = "records"


class Answer(StrEnum):
    """How the site answers a request for the advert's own page."""

    PAGE = "page"
    SLOW = "slow"
    BROKEN = "broken"
    NOT_FOUND = "not found"
    GONE = "gone"


class Relation(StrEnum):
    """Why a home that is easily taken for another one is not the same home."""

    TWIN = "twin house next door"
    UNIT = "unit of the same building"
    LOOKALIKE = "same number and name in another street"


@dataclass(frozen=True)
class Picture:
    """``name`` is the site's own file name, ``drawing`` what it shows."""

    name: str
    drawing: str


@dataclass(frozen=True)
class Facts:
    """What a home is; ``baths`` counts a half bath as 0.5."""

    kind: str
    beds: int
    baths: float
    area_sqft: int
    lot_sqft: int
    year_built: int
    value_usd: int
    rent_usd: int
    features: tuple[str, ...]


@dataclass(frozen=True)
class Advert:
    """One advert on one site.

    ``shown_address``, ``shown_phone`` and the optional facts are as the site writes them; empty or ``None`` where
    the writer kept them back. ``phone`` is the number in E.164 that a reader of the page can learn, in whatever
    notation it stands there.
    """

    site: Site
    key: str
    home_key: str | None
    nature: Nature
    category: Category
    metro: str
    city: str
    state: str
    zip_code: str
    title: str
    body: str
    price_usd: int
    posted_at: datetime
    updated_at: datetime
    phone: str = ""
    shown_address: str = ""
    shown_phone: str = ""
    shown_name: str = ""
    shown_email: str = ""
    beds: int | None = None
    baths: float | None = None
    area_sqft: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    pictures: tuple[Picture, ...] = ()
    is_legacy_layout: bool = False
    answer: Answer = Answer.PAGE
    is_listed: bool = True
    status: str = ""
    agent: Agent | None = None

    @property
    def is_readable(self) -> bool:
        """Return whether the advert is listed and its page can be read by whoever waits long enough."""
        return self.is_listed and self.answer in {Answer.PAGE, Answer.SLOW}


@dataclass(frozen=True)
class Home:
    """A home, who owns it, and every advert that stands for it.

    ``mistaken_for`` names the homes that it must not be merged with, and ``relation`` says why.
    """

    key: str
    metro: Metro
    address: Address
    facts: Facts
    owner: Person
    adverts: tuple[Advert, ...] = ()
    mistaken_for: tuple[str, ...] = ()
    relation: Relation | None = None
