"""What an advert's words tell where its fields are silent or contradict each other, and the rules for it.

Pure. A proposal is a field, a value and the words it stands in. It counts where those words stand in the advert and
our own readers find the same value in them; a place must be one that its ZIP or state knows.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator

from ai.questions import InvalidReply
from leads import usps
from leads.address import parse_address, zip5
from leads.normalise.price import parse_price, read_period
from leads.normalise.rooms import parse_area_sqft, parse_baths, parse_beds
from leads.reading.catalogue import Topic
from leads.reading.folding import find, fold
from leads.reading.masking import Masked, as_data
from leads.reading.passages import Passage, without_doubles
from leads.reading.replies import ASKED, LONGEST_QUOTE, AdvertReading, QuotedFact, passages_of
from leads.zip_directory import cities_of_state, find_zip, is_city_of_any_state, place_key

VERSION: Final = "1"
FieldName = Literal["address", "city", "state_code", "zip_code", "asking_price", "beds", "baths", "area_sqft"]
FIELDS: Final[tuple[str, ...]] = get_args(FieldName)
MOST_PROPOSALS: Final = 10
LEAST_DOLLARS: Final = 100
MOST_DOLLARS: Final = 100_000_000
_WORD: Final = re.compile(r"[^\W_]+")
RED_FLAGS: Final = tuple(key for key in ASKED if key.startswith(f"{Topic.RED_FLAG}:"))


class Proposal(BaseModel):
    """A value for a field, and the words of the advert that it stands in."""

    model_config = ConfigDict(extra="forbid")

    field: FieldName
    value: str = Field(max_length=120)
    quote: str = Field(max_length=LONGEST_QUOTE)


class QuotedFlag(BaseModel):
    """A red flag, and the words of the advert that raise it."""

    model_config = ConfigDict(extra="forbid")

    fact: str = Field(json_schema_extra={"enum": list(RED_FLAGS)})
    quote: str = Field(max_length=LONGEST_QUOTE)

    @field_validator("fact")
    @classmethod
    def _is_one(cls, key: str) -> str:
        if key not in RED_FLAGS:
            raise ValueError("no red flag of the catalogue")
        return key


class CleanedListing(BaseModel):
    """What an advert tells of fields, and what speaks against it."""

    model_config = ConfigDict(extra="forbid")

    proposals: list[Proposal] = Field(max_length=MOST_PROPOSALS)
    red_flags: list[QuotedFlag] = Field(max_length=len(RED_FLAGS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A value that the rules accept, and where its words stand."""

    field: str
    value: Any
    start: int
    end: int
    period: str = ""


def flags_of(reply: CleanedListing, *, text: str, masked: Masked) -> tuple[Passage, ...]:
    """Where the red flags stand.

    :raises InvalidReply: a quotation does not stand in what the model was given
    """
    facts = [QuotedFact(fact=flag.fact, quote=flag.quote) for flag in reply.red_flags]
    return without_doubles(passages_of(AdvertReading(facts=facts), text=text, masked=masked))


def accepted_of(
    reply: CleanedListing, *, text: str, masked: Masked, wanted: Collection[str], known: Mapping[str, str]
) -> list[Accepted]:
    """Which proposals count: of each wanted field the first that the rules accept.

    :param known: what is known of the place: city, state_code, zip_code; "" for nothing
    :raises InvalidReply: a quotation does not stand in what the model was given
    """
    given = fold(as_data(text, masked))
    place = dict(known)
    found: dict[str, Accepted] = {}
    for proposal in sorted(reply.proposals, key=lambda item: _ORDER[item.field]):
        span = find(proposal.quote, given)
        if span is None:
            raise InvalidReply(f"The words quoted for “{proposal.field}” do not stand in the advert.")
        value = _READERS[proposal.field](proposal.value, text[slice(*span)], place)
        if value is not None and proposal.field in wanted and proposal.field not in found:
            period = _period(text[slice(*span)]) if proposal.field == "asking_price" else ""
            found[proposal.field] = Accepted(
                field=proposal.field, value=value, start=span[0], end=span[1], period=period
            )
            place |= {proposal.field: str(value)}
    return list(found.values())


def _words(text: str) -> str:
    return " ".join(["", *_WORD.findall(fold(text).text), ""])


def _is_said(value: str, quote: str) -> bool:
    return bool(value.strip()) and _words(value) in _words(quote)


def _price(value: str, quote: str, _: Mapping[str, str]) -> int | None:
    proposed, said = parse_price(value), parse_price(quote)
    is_same = proposed.amount is not None and proposed.amount == said.amount and said.currency in {None, "USD"}
    if not is_same or proposed.amount is None or not LEAST_DOLLARS <= proposed.amount <= MOST_DOLLARS:
        return None
    return None if said.period in {"day", "year"} else int(proposed.amount * 100)


def _period(quote: str) -> str:
    period = read_period(quote)
    return period if period in {"month", "week"} else "once"


def _number(read: Callable[[str], float | None]) -> Callable[[str, str, Mapping[str, str]], float | None]:
    def reader(value: str, quote: str, _: Mapping[str, str]) -> float | None:
        said = read(quote)
        return said if said is not None and value.strip().replace(",", "") in {f"{said:g}", f"{said}"} else None

    return reader


def _zip(value: str, quote: str, place: Mapping[str, str]) -> str | None:
    code = zip5(value)
    area = find_zip(code) if code else None
    if area is None or code is None or not re.search(rf"(?<!\d){code}(?!\d)", quote):
        return None
    return code if place.get("state_code", "") in {"", area.state} else None


def _state(value: str, quote: str, _: Mapping[str, str]) -> str | None:
    code = usps.state_code(value)
    if code is None:
        return None
    is_named = bool(re.search(rf"\b{code}\b", quote)) or _is_said(usps.state_name(code), quote)
    return code if is_named else None


def _city(value: str, quote: str, place: Mapping[str, str]) -> str | None:
    key = place_key(value)
    area = find_zip(place.get("zip_code", ""))
    if area:
        is_known = key in area.city_keys
    elif place.get("state_code"):
        is_known = key in cities_of_state(place["state_code"])
    else:
        is_known = is_city_of_any_state(key)
    return " ".join(value.split()) if is_known and _is_said(value, quote) else None


def _address(value: str, quote: str, _: Mapping[str, str]) -> str | None:
    address = parse_address(value)
    is_whole = bool(address.number and address.street)
    return " ".join(value.split()) if is_whole and _is_said(value, quote) else None


_READERS: Final[dict[str, Callable[[str, str, Mapping[str, str]], Any]]] = {
    "zip_code": _zip,
    "state_code": _state,
    "city": _city,
    "address": _address,
    "asking_price": _price,
    "beds": _number(parse_beds),
    "baths": _number(parse_baths),
    "area_sqft": _number(parse_area_sqft),
}
_ORDER: Final = {name: position for position, name in enumerate(_READERS)}
"""A ZIP tells the state, and both tell which cities there are."""

_LOCAL: Final[tuple[tuple[tuple[FieldName, ...], re.Pattern[str]], ...]] = (
    (
        ("asking_price",),
        re.compile(r"(?:asking|priced at|price:?|listed at) ?\$? ?(\d[\d,.]*\d ?k?)\b", re.IGNORECASE),
    ),
    (("beds",), re.compile(r"\b(\d{1,2})[- ]?(?:bed(?:room)?s?|br)\b", re.IGNORECASE)),
    (("baths",), re.compile(r"\b(\d{1,2}(?:\.5)?)[- ]?(?:bath(?:room)?s?|ba)\b", re.IGNORECASE)),
    (("area_sqft",), re.compile(r"\b(\d{3,5}|\d,\d{3}) ?(?:sq\.? ?ft|sqft|square feet)\b", re.IGNORECASE)),
    (("city", "state_code", "zip_code"), re.compile(r"\b([A-Z][a-z]+(?: [A-Z][a-z]+)?),? ([A-Z]{2}),? (\d{5})\b")),
)


def clean_locally(text: str, masked: Masked) -> CleanedListing:
    """What the rules propose: values that stand in the words in their plainest form."""
    shown = as_data(text, masked)
    return CleanedListing(proposals=list(_proposed(shown))[:MOST_PROPOSALS], red_flags=[])


def _proposed(shown: str) -> Iterator[Proposal]:
    for names, pattern in _LOCAL:
        match = pattern.search(shown)
        if match:
            for name, value in zip(names, match.groups(), strict=True):
                yield Proposal(field=name, value=value, quote=match.group())
