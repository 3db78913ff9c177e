"""Writes the adverts: the same home reads differently on each site and in each hand."""

from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

from scraping.demo import prose
from scraping.demo.adverts import Advert, Answer, Category, Home, Nature, Picture, Site
from scraping.demo.chance import digits, hexadecimal, stream
from scraping.demo.notation import AddressHand, spell_phone, write_address, write_name, write_phone, write_price
from scraping.demo.people import Agent
from scraping.demo.places import Address
from scraping.demo.prose import Care, HomeWords, Signature
from scraping.demo.rounding import round_to

_HANDS = {
    Site.EAST: (AddressHand.ABBREVIATED, AddressHand.CARELESS, AddressHand.FULL),
    Site.WEST: (AddressHand.FULL, AddressHand.ORDINAL_WORDS, AddressHand.POSTAL),
    Site.FSBO: (AddressHand.FULL, AddressHand.ABBREVIATED),
    Site.MLS: (AddressHand.POSTAL, AddressHand.ABBREVIATED),
}
_SCAM_PRICE_RATIOS = (0.24, 0.45)


@dataclass(frozen=True)
class Slip:
    """What is asked of the writer: where the advert is to stand, when, and what it really is."""

    site: Site
    posted_at: datetime
    is_rental: bool = False
    nature: Nature = Nature.GENUINE
    care: Care = Care.GOOD
    answer: Answer = Answer.PAGE
    is_legacy_layout: bool = False
    status: str = ""
    agent: Agent | None = None
    borrowed_pictures: str = ""


def draw_care(chance: Random) -> Care:
    """Return how much care an honest advertiser takes: 86 of 100 take plenty."""
    return chance.choices((Care.GREAT, Care.GOOD, Care.FAIR, Care.POOR), weights=(38, 48, 10, 4))[0]


def write_advert(home: Home, slip: Slip, *, seed: int) -> Advert:
    """Write the advert that ``slip`` asks for."""
    match slip.nature:
        case Nature.SCAM:
            return _write_scam(home, slip, seed)
        case Nature.NEAR_EMPTY:
            return _write_near_empty(home, slip, seed)
        case Nature.DOUBTFUL:
            return _write_doubtful(home, slip, seed)
        case _ if slip.site is Site.MLS:
            return _write_listing(home, slip, seed)
        case _:
            return _write_genuine(home, slip, seed)


def _write_genuine(home: Home, slip: Slip, seed: int) -> Advert:
    chance = stream(seed, slip.site, home.key)
    is_careful = slip.care in {Care.GREAT, Care.GOOD}
    has_phone = (is_careful or chance.random() < 0.3) and bool(home.owner.phone)
    name = write_name(home.owner, chance)
    phone = (spell_phone if slip.site is Site.EAST else write_phone)(home.owner.phone, chance) if has_phone else ""
    # The first classified site hides numbers in the text; the others have a field of their own for them.
    signature = Signature(name, phone if slip.site is Site.EAST else "", _spoken_email(home.owner.email, chance))
    words = _words(home.address, home)
    return _advert(
        home,
        slip,
        seed,
        title=prose.title(words, is_rental=slip.is_rental, chance=chance),
        body=prose.describe(
            words,
            is_rental=slip.is_rental,
            care=slip.care,
            signature=signature if has_phone else None,
            chance=chance,
        ),
        price_usd=_asking_price(home, slip, chance),
        shown_address=_shown_address(home, slip, chance, is_complete=is_careful),
        phone=home.owner.phone if has_phone else "",
        shown_phone="" if slip.site is Site.EAST else phone,
        shown_name=name if is_careful else "",
        shown_email=home.owner.email if chance.random() < 0.4 else "",
        beds=home.facts.beds,
        baths=home.facts.baths if slip.care is not Care.POOR else None,
        area_sqft=home.facts.area_sqft if is_careful or chance.random() < 0.5 else None,
        has_position=is_careful,
        picture_count=chance.randrange(2, 5) if is_careful else chance.randrange(0, 2),
    )


def _write_scam(home: Home, slip: Slip, seed: int) -> Advert:
    chance = stream(seed, slip.site, home.key)
    honest_price = home.facts.rent_usd if slip.is_rental else home.facts.value_usd
    words = _words(home.address, home)
    price_usd = round_to(honest_price * chance.uniform(*_SCAM_PRICE_RATIOS), step=10 if slip.is_rental else 1000)
    title = prose.title(words, is_rental=slip.is_rental, chance=chance)
    praise = prose.describe(words, is_rental=slip.is_rental, care=Care.FAIR, signature=None, chance=chance)
    return _advert(
        home,
        slip,
        seed,
        title=f"{title} only {write_price(price_usd, chance)}",
        body=f"{praise}\n\n{prose.scam(home.owner.email, chance=chance)}",
        price_usd=price_usd,
        shown_address=_shown_address(home, slip, chance, is_complete=True),
        shown_email=home.owner.email,
        beds=home.facts.beds,
        baths=home.facts.baths,
        area_sqft=home.facts.area_sqft,
        has_position=True,
        picture_count=3,
    )


def _write_doubtful(home: Home, slip: Slip, seed: int) -> Advert:
    honest = _write_genuine(home, slip, seed)
    return replace(
        honest, body=f"{honest.body}\n\n{prose.absence(chance=stream(seed, slip.site, home.key, 'away'))}"
    )


def _write_near_empty(home: Home, slip: Slip, seed: int) -> Advert:
    chance = stream(seed, slip.site, home.key)
    title, body = prose.near_empty(chance=chance)
    price_usd = chance.choice((0, 1, _asking_price(home, slip, chance)))
    return _advert(home, slip, seed, title=title, body=body, price_usd=price_usd)


def _write_listing(home: Home, slip: Slip, seed: int) -> Advert:
    chance = stream(seed, slip.site, home.key)
    words = _words(home.address, home)
    return _advert(
        home,
        slip,
        seed,
        title="",
        body=prose.remarks(words, chance=chance),
        price_usd=_asking_price(home, slip, chance),
        shown_address=_shown_address(home, slip, chance, is_complete=True),
        beds=home.facts.beds,
        baths=home.facts.baths,
        area_sqft=home.facts.area_sqft,
        has_position=True,
        picture_count=3,
    )


def _advert(
    home: Home,
    slip: Slip,
    seed: int,
    *,
    title: str,
    body: str,
    price_usd: int,
    phone: str = "",
    shown_address: str = "",
    shown_phone: str = "",
    shown_name: str = "",
    shown_email: str = "",
    beds: int | None = None,
    baths: float | None = None,
    area_sqft: int | None = None,
    has_position: bool = False,
    picture_count: int = 0,
) -> Advert:
    latitude, longitude = home.address.coordinates if has_position else (None, None)
    place = home.address.place
    return Advert(
        site=slip.site,
        key=site_key(slip.site, seed, home.key),
        home_key=home.key,
        nature=slip.nature,
        category=Category.RENTALS if slip.is_rental else Category.SALES,
        metro=home.metro.slug,
        city=place.city,
        state=place.state,
        zip_code=place.zip_code,
        title=title,
        body=body,
        price_usd=price_usd,
        posted_at=slip.posted_at,
        updated_at=slip.posted_at,
        phone=phone,
        shown_address=shown_address,
        shown_phone=shown_phone,
        shown_name=shown_name,
        shown_email=shown_email,
        beds=beds,
        baths=baths,
        area_sqft=area_sqft,
        latitude=latitude,
        longitude=longitude,
        pictures=_pictures(slip.borrowed_pictures or home.key, slip.site, seed, home.key, picture_count),
        is_legacy_layout=slip.is_legacy_layout,
        answer=slip.answer,
        status=slip.status,
        agent=slip.agent,
    )


def site_key(site: Site, seed: int, subject: str) -> str:
    """Return the identifier of an advert in the manner of its site."""
    match site:
        case Site.EAST:
            return digits(10, seed, site, subject)
        case Site.WEST:
            return "W" + digits(7, seed, site, subject)
        case Site.FSBO:
            return hexadecimal(12, seed, site, subject)
        case Site.MLS:
            return digits(8, seed, site, subject)


def _pictures(drawing: str, site: Site, seed: int, subject: str, count: int) -> tuple[Picture, ...]:
    return tuple(
        Picture(name=hexadecimal(16, seed, site, subject, number), drawing=f"{drawing}/{number}")
        for number in range(count)
    )


def _words(address: Address, home: Home) -> HomeWords:
    facts = home.facts
    return HomeWords(
        beds=facts.beds,
        baths=f"{facts.baths:g}",
        area=facts.area_sqft,
        year=facts.year_built,
        lot=facts.lot_sqft or facts.area_sqft,
        kind=facts.kind,
        city=address.place.city,
        zip_code=address.place.zip_code,
        street=f"{address.street.name} {address.street.suffix}",
        features=facts.features,
    )


def _shown_address(home: Home, slip: Slip, chance: Random, *, is_complete: bool) -> str:
    hand = chance.choice(_HANDS[slip.site])
    if is_complete:
        return write_address(home.address, hand)
    return f"{home.address.street.name} {home.address.street.suffix}" if chance.random() < 0.5 else ""


def _asking_price(home: Home, slip: Slip, chance: Random) -> int:
    if slip.is_rental:
        return home.facts.rent_usd + chance.choice((0, 0, 0, 25, 50))
    value = home.facts.value_usd
    return chance.choice(
        (value, value, value - 100, round_to(value * 1.008, step=100), round_to(value, step=10_000) - 100)
    )


def _spoken_email(email: str, chance: Random) -> str:
    return chance.choice((email, email.replace("@", " at "), email.replace("@", " (at) ")))
