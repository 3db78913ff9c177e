"""One listing, whole: every field read by its own module, then held against its neighbours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlsplit

from leads import usps
from leads.address import NormalisedAddress, parse_address, split_place, street_line, zip5
from leads.normalise.email import MAX_EMAILS, find_emails
from leads.normalise.language import read_language
from leads.normalise.person import clean_name, read_bearer
from leads.normalise.phone import MAX_PHONES, Phone, find_phones, parse_phone
from leads.normalise.place import check_place, city_name, read_point, street_name
from leads.normalise.price import parse_price, read_period
from leads.normalise.property_type import read_property_type
from leads.normalise.rooms import parse_area_sqft, parse_baths, parse_beds, parse_lot_sqft
from leads.normalise.text import one_line, tidy_paragraphs
from leads.normalise.when import parse_when
from leads.records import LeadKind, ListingRecord, PointSource, PricePeriod, RawListing, RecordFlag
from leads.zip_directory import find_zip, place_key

MAX_IMAGES = 60
MAX_URL_CHARACTERS = 2000

_TO_LET = re.compile(r"^(?!.*\bsale\b).*(?:\bfor (?:rent|lease)\b(?! to own)|\bto let\b)", re.IGNORECASE)
_SALE_KINDS: frozenset[LeadKind] = frozenset({"fsbo", "expired", "owner_submitted"})


def normalise(raw: RawListing, *, kind_hint: LeadKind | None = None, now: datetime | None = None) -> ListingRecord:
    """Turn a raw listing into a record. Never raises; what cannot be read is absent or flagged.

    :param kind_hint: the kind of lead that the source usually holds, for pages that do not say it themselves
    :param now: when the page was seen, for "2 days ago"; without it such words tell nothing
    """
    flags: set[RecordFlag] = set(raw.flags)
    price = _price(raw, flags)
    place = _place(raw, flags)
    phones = _phones(raw, flags)
    description = tidy_paragraphs(raw.description)
    contact_name = clean_name(raw.contact_name)
    kind = _kind(raw, price.period, kind_hint)
    return ListingRecord(
        external_id=one_line(raw.external_id, max_characters=200),
        url=_web_address(raw.url),
        title=_title(raw.title),
        asking_price=price.amount,
        currency=one_line(raw.currency, max_characters=3) or price.currency,
        beds=_beds(raw),
        baths=_baths(raw),
        area_sqft=_area_sqft(raw, flags),
        address=place.street_line,
        city=place.city,
        state=place.state,
        zip=place.zip_code,
        lat=place.point[0] if place.point else None,
        lng=place.point[1] if place.point else None,
        posted_at=_when(raw.posted_text, now),
        updated_at=_when(raw.updated_text, now),
        phones=tuple(phone.e164 for phone in phones),
        emails=tuple(_emails(raw, description)),
        contact_name=contact_name,
        contact_kind=read_bearer(contact_name).kind if contact_name else None,
        language=read_language(f"{raw.title or ''}\n{description or ''}"),
        lot_sqft=_lot_sqft(raw),
        category=one_line(raw.category, max_characters=80),
        property_type=read_property_type(raw.property_type),
        is_owner=raw.is_owner,
        description=description,
        image_urls=_image_urls(raw.image_urls),
        rejected=one_line(raw.rejected),
        kind=kind,
        price_period=price.period or (_usual_period(kind) if price.amount else None),
        status=raw.status,
        fictitious_phones=frozenset(phone.e164 for phone in phones if phone.is_fictitious),
        parsed_address=place.address,
        neighborhood=one_line(raw.neighborhood),
        repost_of=one_line(raw.repost_of, max_characters=200),
        point_source=place.point_source,
        flags=frozenset(flags),
        field_sources=raw.field_sources,
        details=_details(raw.details),
        consent=raw.consent,
        lost_fields=raw.lost | set(_unreadable(raw, now)),
    )


def _unreadable(raw: RawListing, now: datetime | None) -> Iterator[str]:
    """Facts that the page gives, in a spelling that says nothing to us."""
    for name, text in (("posted_at", raw.posted_text), ("updated_at", raw.updated_text)):
        if text and _when(text, now) is None:
            yield name
    has_scheme = ":" in (raw.url or "").partition("/")[0]  # a relative one wants only to know where it stood
    if has_scheme and _web_address(raw.url) is None:
        yield "url"


def _details(details: Mapping[str, str]) -> dict[str, str]:
    lines = {name: one_line(text, max_characters=200) for name, text in details.items()}
    return {name: line for name, line in lines.items() if line}


@dataclass(frozen=True, slots=True)
class _Price:
    amount: Decimal | None
    currency: str | None
    period: PricePeriod | None


@dataclass(frozen=True, slots=True)
class _Place:
    address: NormalisedAddress | None
    street_line: str | None
    city: str | None
    state: str | None
    zip_code: str | None
    point: tuple[float, float] | None
    point_source: PointSource | None


def _price(raw: RawListing, flags: set[RecordFlag]) -> _Price:
    price = parse_price(raw.asking_price_text or "")
    stated_period = read_period(raw.price_period_text or "") or price.period
    price = replace(price, period=stated_period or ("once" if raw.price_period_text == "once" else None))
    if price.is_range:
        flags.add("price_is_range")
    if price.period == "day":
        flags.add("price_per_day")
    if price.period == "year":
        flags.add("price_per_year")
    return _Price(price.record_amount, price.currency, price.record_period)


def _place(raw: RawListing, flags: set[RecordFlag]) -> _Place:
    written = _written_address(raw)
    street, tail = split_place(written) if not (raw.city or raw.zip) else (written, "")
    from_tail = parse_address(f"1 Main St, {tail}") if tail else NormalisedAddress()
    city = city_name(one_line(raw.city, max_characters=80)) or from_tail.city
    state = _state(raw.state) or from_tail.state
    zip_code = zip5(raw.zip) or from_tail.zip
    line = street_name(one_line(street_line(street, city=city, state=state, zip_code=zip_code), max_characters=200))
    if place_key(line) == place_key(city):
        line = None  # "Location: Tampa, FL" names no street
    address = parse_address(line, city=city, state=state, zip_code=zip_code) if line else None
    if address and not (address.number and address.street):
        flags.add("address_unparsed")
    point, point_source = _point(raw, zip_code)
    flags |= check_place(city=city, state=state, zip_code=zip_code, point=point if point_source == "page" else None)
    return _Place(address, line, city, state, zip_code, point, point_source)


def _written_address(raw: RawListing) -> str:
    written = one_line(", ".join(line for line in raw.address_lines if line.strip()))
    if written:
        return written
    # Some advertisers put the whole address where the neighbourhood belongs.
    guess = parse_address(raw.neighborhood or "")
    return one_line(raw.neighborhood) or "" if guess.number and guess.suffix and guess.is_complete else ""


def _state(text: str | None) -> str | None:
    """Two letters; those of Canadian provinces pass, since some sites serve both countries."""
    code = usps.state_code(text)
    letters = (text or "").strip().upper()
    return code or (letters if len(letters) == 2 and letters.isascii() and letters.isalpha() else None)


def _point(raw: RawListing, zip_code: str | None) -> tuple[tuple[float, float] | None, PointSource | None]:
    if point := read_point(raw.latitude, raw.longitude):
        return point, "page"
    area = find_zip(zip_code) if zip_code else None
    return ((area.latitude, area.longitude), "zip") if area else (None, None)


def _beds(raw: RawListing) -> int | None:
    beds = parse_beds(raw.beds_text or "")
    return None if beds == 0 and raw.is_zero_unknown else beds


def _baths(raw: RawListing) -> float | None:
    baths = parse_baths(raw.baths_text or "")
    return None if baths == 0 and raw.is_zero_unknown else baths


def _area_sqft(raw: RawListing, flags: set[RecordFlag]) -> int | None:
    """The living area; that of land where land is offered. Acres around a house are its lot."""
    text = raw.area_text or ""
    area_sqft = parse_area_sqft(text)
    if area_sqft is None and read_property_type(raw.property_type) == "land":
        area_sqft = parse_lot_sqft(raw.lot_text or text)
    has_number = any(digit in "123456789" for digit in text)
    if area_sqft is None and has_number and parse_lot_sqft(text) is None:
        flags.add("area_implausible")
    return area_sqft


def _lot_sqft(raw: RawListing) -> int | None:
    return parse_lot_sqft(raw.lot_text or raw.details.get("land_area") or raw.area_text or "")


def _phones(raw: RawListing, flags: set[RecordFlag]) -> list[Phone]:
    stated = [(text, parse_phone(text)) for text in raw.phones if text.strip()]
    if any(phone is None for _, phone in stated):
        flags.add("phone_unreadable")
    found = [phone for _, phone in stated if phone]
    for text in (raw.title, raw.description):
        found += find_phones(text or "")
    return list(dict.fromkeys(found))[:MAX_PHONES]


def _emails(raw: RawListing, description: str | None) -> list[str]:
    found = [address for text in (*raw.emails, description or "") for address in find_emails(text)]
    return list(dict.fromkeys(found))[:MAX_EMAILS]


def _when(text: str | None, now: datetime | None) -> datetime | date | None:
    return parse_when(text, now=now) if text else None


def _usual_period(kind: LeadKind | None) -> PricePeriod | None:
    """What a bare number asks for: a price for a home that is sold, a month's rent for one that is let."""
    if kind in _SALE_KINDS:
        return "once"
    return "month" if kind == "rental_owner" else None


def _kind(raw: RawListing, period: PricePeriod | None, hint: LeadKind | None) -> LeadKind | None:
    if raw.kind or raw.is_kind_final or raw.is_owner is False:
        return raw.kind  # what an agent offers is no owner's, whatever the source usually holds
    is_to_let = period in {"month", "week"} or (period is None and _TO_LET.search(raw.title or ""))
    return "rental_owner" if is_to_let and hint in {None, "fsbo"} else hint


def _title(text: str | None) -> str | None:
    """The title if it says anything: some exports join two empty fields with a comma."""
    line = one_line(text)
    return line if line and any(letter.isalnum() for letter in line) else None


def _web_address(url: str | None) -> str | None:
    """An absolute http(s) address; anything else (javascript:, data:) is dropped."""
    text = (url or "").strip()
    try:
        parts = urlsplit(text)
    except ValueError:  # "http://[broken"
        return None
    is_web = parts.scheme in {"http", "https"} and bool(parts.netloc) and len(text) <= MAX_URL_CHARACTERS
    return one_line(text, max_characters=MAX_URL_CHARACTERS) if is_web else None


def _image_urls(urls: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(url for url in map(_web_address, urls) if url))[:MAX_IMAGES]
