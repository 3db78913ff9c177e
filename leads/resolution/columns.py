"""What each column of a table holds: told by its heading, else by its values, else by whoever runs the command."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from leads import usps
from leads.resolution.given_names import COMMON_GIVEN_NAMES
from leads.resolution.table import Table

SAMPLE_ROWS: Final = 400
ENOUGH: Final = 0.75
"""The share of a column's values that must have a role's form before a column without a telling name gets it."""


class Role(StrEnum):
    """What a column says about its row."""

    RECORD_ID = "id"
    IGNORED = "ignored"
    NAME = "name"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    TITLE = "title"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    HOUSE_NUMBER = "house_number"
    STREET = "street"
    UNIT = "unit"
    CITY = "city"
    STATE = "state"
    ZIP = "zip"
    LATITUDE = "latitude"
    LONGITUDE = "longitude"
    BEDS = "beds"
    BATHS = "baths"
    AREA = "area"
    YEAR = "year"
    PRICE = "price"
    NUMBER = "number"
    IDENTIFIER = "identifier"
    BIRTH_DATE = "birth_date"
    LISTED_ON = "listed_on"
    CATEGORY = "category"
    TEXT = "text"


REPEATABLE: Final = frozenset({Role.IGNORED, Role.NUMBER, Role.IDENTIFIER, Role.CATEGORY, Role.TEXT})

_HEADINGS: Final = {
    Role.RECORD_ID: "id record_id rec_id row_id recordid rowid record uuid uid key pk lead_id listing_id unique_id",
    Role.IGNORED: "source src feed entity entity_id cluster cluster_id truth label url link crawled_at imported_at "
    "created_at scraped_at fetched_at first_seen last_seen updated_at",
    Role.GIVEN_NAME: "given_name first_name firstname first fname forename given owner_first owner_first_name",
    Role.FAMILY_NAME: "family_name last_name lastname last lname surname family owner_last owner_last_name",
    Role.NAME: "owner_name owner full_name fullname contact contact_name seller seller_name person person_name "
    "customer customer_name client lead_name homeowner taxpayer taxpayer_name grantor agent agent_name",
    Role.PHONE: "phone telephone tel phone_number mobile cell cell_phone contact_phone owner_phone phone1 phone_1 "
    "phones telephone_number contact_number",
    Role.EMAIL: "email e_mail mail email_address emails contact_email owner_email",
    Role.ADDRESS: "address addr street_address full_address property_address site_address address_line address1 "
    "address_line_1 address_1 situs_address situs location line1 mailing_address property_location",
    Role.HOUSE_NUMBER: "house_number street_number number house_no houseno streetnumber st_num civic_number",
    Role.STREET: "street street_name streetname road",
    Role.UNIT: "unit apt apartment suite unit_number apt_number unit_no unitnumber",
    Role.CITY: "city town suburb place municipality locality property_city situs_city city_name",
    Role.STATE: "state st state_code province property_state region_code",
    Role.ZIP: "zip zipcode zip_code postcode postal_code postal zip5 property_zip situs_zip",
    Role.LATITUDE: "lat latitude y",
    Role.LONGITUDE: "lng lon long longitude x",
    Role.BEDS: "beds bedrooms bed br bedroom num_beds bedrooms_total",
    Role.BATHS: "baths bathrooms bath ba bathroom num_baths bathrooms_total",
    Role.AREA: "sqft area_sqft area square_feet living_area sq_ft size sqfeet squarefeet floor_area living_sqft",
    Role.YEAR: "year_built year built yr_built construction_year yearbuilt yr",
    Role.PRICE: "price asking_price list_price asking ask listprice amount rent price_usd",
    Role.BIRTH_DATE: "date_of_birth dob birth_date birthdate birthday",
    Role.LISTED_ON: "listed_on listed_at list_date posted_at posted_on date_listed date_posted listing_date",
    Role.IDENTIFIER: "soc_sec_id ssn social_security_number apn parcel parcel_id parcel_number mls mls_number "
    "mls_id tax_id license folio folio_number national_id",
    Role.TEXT: "description address_2 address2 address_line_2 line2 notes remarks comments body",
    Role.TITLE: "title business business_name company company_name restaurant headline",
    Role.CATEGORY: "cuisine category type property_type kind status",
}
_ROLE_OF_HEADING: Final = {heading: role for role, words in _HEADINGS.items() for heading in words.split()}
_AMBIGUOUS_NAMES: Final = frozenset({"name", "names"})
_PREFIXES: Final = re.compile(r"^(?:owner|contact|seller|property|site|situs|listing|lead|home|primary|raw|the)_")


class UnknownColumn(ValueError):
    """A role or a column was named that does not exist."""


def parse_assignments(text: str) -> dict[Role, str]:
    """Read ``role=column,role=column``.

    :raises UnknownColumn: a role that is none, or a part without "="
    """
    assigned: dict[Role, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        role, separator, column = (piece.strip() for piece in part.partition("="))
        if not separator or role not in set(Role):
            raise UnknownColumn(f"“{part}” is no role=column. Roles: {', '.join(Role)}")
        assigned[Role(role)] = column
    return assigned


def infer_roles(table: Table, assigned: Mapping[Role, str] | None = None) -> dict[str, Role]:
    """Give each column of the table one role; a role that a row has once goes to the first fitting column.

    :raises UnknownColumn: ``assigned`` names a column that the table lacks
    """
    roles = _checked(table, assigned or {})
    for name, values in table.columns.items():
        if name not in roles:
            _place(roles, name, _role_by_heading(name, values))
    for name, values in table.columns.items():
        if name not in roles:
            _place(roles, name, _role_by_content(values))
    for name, values in table.columns.items():
        if roles.get(name, Role.TEXT) is Role.TEXT and _holds_cities(values, roles):
            roles[name] = Role.CITY
    return {name: roles.get(name, Role.TEXT) for name in table.columns}


def heading_words(heading: str) -> str:
    """A heading in lower case, its words joined by "_": "YearBuilt", "year built" and "YEAR-BUILT" are one."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", heading.strip())
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")


def _checked(table: Table, assigned: Mapping[Role, str]) -> dict[str, Role]:
    for column in assigned.values():
        if column not in table.columns:
            raise UnknownColumn(f"There is no column “{column}”. Columns: {', '.join(table.columns)}")
    return {column: role for role, column in assigned.items()}


def _place(roles: dict[str, Role], name: str, role: Role | None) -> None:
    if role is None:
        return
    if role in REPEATABLE or role not in roles.values():
        roles[name] = role
    elif role is Role.RECORD_ID:
        roles[name] = Role.IGNORED
    else:
        roles[name] = Role.TEXT


def _role_by_heading(name: str, values: Sequence[str]) -> Role | None:
    words = heading_words(name)
    if words in _AMBIGUOUS_NAMES:
        return Role.NAME if _holds_persons(_sample(values)) else Role.TITLE
    role = _ROLE_OF_HEADING.get(words) or _ROLE_OF_HEADING.get(_PREFIXES.sub("", words))
    return None if role and not _has_form(values, role) else role


def _has_form(values: Sequence[str], role: Role) -> bool:
    """A heading may lie ("number", "st", "location"): its values must bear it out in half of the cases."""
    sample = _sample(values)
    return role not in _FORMS or not sample or _share(sample, _FORMS[role]) >= 0.5


def _role_by_content(values: Sequence[str]) -> Role | None:
    sample = _sample(values)
    if not sample:
        return Role.IGNORED
    if _share(sample, _IS_DATE) >= ENOUGH:
        return Role.BIRTH_DATE if _spans_generations(sample) else Role.IDENTIFIER
    for role, form in _TELLING_FORMS.items():
        if _share(sample, form) >= ENOUGH:
            return role
    if _share(sample, _is_number) >= 0.9:
        return _role_of_numbers(sample, values)
    if _holds_persons(sample):
        return Role.NAME
    return _role_of_words(sample, values)


def _role_of_numbers(sample: Sequence[str], values: Sequence[str]) -> Role:
    if _is_count_up(values):
        return Role.RECORD_ID
    if _is_numbering(sample):
        return Role.IDENTIFIER
    numbers = sorted(_to_number(value) for value in sample if _is_number(value))
    if numbers[0] >= 1750 and numbers[-1] <= 2040 and all(number == int(number) for number in numbers):
        return Role.YEAR
    median = numbers[len(numbers) // 2]
    if median >= 25_000:
        return Role.PRICE
    return Role.AREA if median >= 300 and len(set(numbers)) > 50 else Role.NUMBER


def _is_numbering(sample: Sequence[str]) -> bool:
    """Whether numbers are names of something: all of one length, and not rounded as amounts are."""
    has_one_length = len({len(value) for value in sample}) == 1 and len(sample[0]) >= 6
    return has_one_length and _share(sample, lambda value: value.isdigit() and not value.endswith("00")) > 0.9


def _holds_cities(values: Sequence[str], roles: Mapping[str, Role]) -> bool:
    """Whether words that often come again stand beside states or ZIPs, in a table that has no cities yet."""
    known = set(roles.values())
    if Role.CITY in known or known.isdisjoint({Role.STATE, Role.ZIP}):
        return False
    sample = _sample(values)
    is_repeated = len(sample) > 20 and len(set(sample)) < 0.7 * len(sample)
    return is_repeated and _share(sample, _matcher(r"^[^\W\d_][^\d@]{2,30}$")) >= 0.9


def _spans_generations(sample: Sequence[str]) -> bool:
    years = [int(found.group()) for value in sample if (found := re.search(r"(?:18|19|20)\d\d", value))]
    return bool(years) and max(years) - min(years) > 30


def _is_count_up(values: Sequence[str]) -> bool:
    """Whether a column merely numbers the rows."""
    return len(values) > 1 and len(set(values)) == len(values) and all(value.isdigit() for value in values)


def _role_of_words(sample: Sequence[str], values: Sequence[str]) -> Role:
    distinct = len(set(values)) - ("" in values)
    if distinct <= max(3, min(50, len(values) // 50)):
        return Role.CATEGORY
    is_numbering = distinct == len(values) and not any(" " in value for value in sample)
    return Role.RECORD_ID if is_numbering and any(c.isdigit() for c in sample[0]) else Role.TEXT


def _sample(values: Sequence[str]) -> list[str]:
    """Values from all over the column, the same ones whichever way the rows are sorted would not matter much."""
    step = max(1, len(values) // (4 * SAMPLE_ROWS))
    return [value for value in values[::step] if value][:SAMPLE_ROWS]


def _share(sample: Iterable[str], form: Callable[[str], bool]) -> float:
    verdicts = [form(value) for value in sample]
    return sum(verdicts) / max(1, len(verdicts))


def _matcher(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda value: compiled.search(value) is not None


def _is_number(value: str) -> bool:
    return re.fullmatch(r"\$?\s*-?\d[\d,]*(?:\.\d+)?", value) is not None


def _to_number(value: str) -> float:
    return float(re.sub(r"[^\d.\-]", "", value))


def _is_state(value: str) -> bool:
    return usps.state_code(value) is not None


def _is_phone(value: str) -> bool:
    digits = re.sub(r"\D", "", value)
    is_long_enough = len(digits) == 10 or (len(digits) == 11 and digits[0] == "1")
    return is_long_enough and re.fullmatch(r"[\d\s().+\-/]+", value) is not None


def _holds_persons(sample: Sequence[str]) -> bool:
    """Whether half of the values are two or three words, and a good part of them has a common given name."""
    if _share(sample, _matcher(r"^[^\W\d_][\w.'\-]*,?(?: [\w.'\-]+){1,2}$")) < 0.5:
        return False
    return _share(sample, lambda value: not COMMON_GIVEN_NAMES.isdisjoint(re.findall(r"\w+", value.lower()))) > 0.2


_IS_DATE = _matcher(r"^(?:\d{4}-\d\d-\d\d|\d{1,2}/\d{1,2}/\d{2,4}|(?:18|19|20)\d\d[01]\d[0-3]\d)")
_TELLING_FORMS: Final[dict[Role, Callable[[str], bool]]] = {
    Role.EMAIL: _matcher(r"^[^\s@]+@[^\s@]+\.\w+$"),
    Role.PHONE: _is_phone,
    Role.STATE: _is_state,
    Role.ZIP: _matcher(r"^\d{5}(?:-\d{4})?$"),
    Role.ADDRESS: _matcher(r"^\d+[\w/-]*\s+[\w#.'-]*[a-z]"),
}
_FORMS: Final[dict[Role, Callable[[str], bool]]] = {
    Role.EMAIL: _matcher(r"@"),
    Role.PHONE: _matcher(r"(?:\d\D*){7}"),
    Role.HOUSE_NUMBER: _matcher(r"^\W*\d|^[a-z]?\d"),
    Role.ADDRESS: _matcher(r"[a-z]"),
    Role.LATITUDE: _is_number,
    Role.LONGITUDE: _is_number,
    Role.YEAR: _matcher(r"^(?:17|18|19|20)\d\d"),
    Role.ZIP: _matcher(r"^\w?\d"),
}
