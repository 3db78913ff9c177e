"""What a table's columns probably mean, from their names and, where those say nothing, from what stands in them.

Only a guess: an operator sees it beside the first rows and corrects it. A county's own table is told by the columns
that only such a table has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from leads import usps
from leads.records import LeadKind
from scraping.readers.mapping import DETAIL, MANY, ColumnRule, TableMapping
from scraping.readers.tables import Row, text_of_cell

_NAMES: Final[Mapping[str, str]] = {
    "external_id": "id externalid listingid postid zpid listingkey adid recordid itemid documentnumber "
    "instrumentnumber",
    "url": "url link href listingurl detailurl zillowurl redfinurl permalink",
    "title": "title name headline subject",
    "asking_price_text": "price askingprice listprice listingprice rent amount unformattedprice saleprice "
    "soldprice salesprice saleamount consideration closeprice",
    "price_period_text": "rentperiod priceperiod period",
    "currency": "currency pricecurrency currencycode",
    "beds_text": "bed beds bedrooms bedroom br bedscount numberofbedrooms bedroomstotal nobeds",
    "baths_text": "bath baths bathrooms bathroom ba bathscount numberofbathrooms bathroomstotal nobaths",
    "area_text": "sqft squareft squarefeet livingarea area areasqft size squarefootage floorarea space sqftliving "
    "grosssquarefeet bldgsqft buildingarea buildingsqft totalsqft finishedsqft",
    "address": "address streetaddress street addressline addressline1 fulladdress fullstreetaddress address1",
    "city": "city town locality addresslocality municipality",
    "state": "state stateorprovince region province stateabbreviation st",
    "zip": "zip zipcode postalcode postcode",
    "country": "country countrycode",
    "neighborhood": "neighborhood neighbourhood hood areaname subdivision",
    "latitude": "latitude lat",
    "longitude": "longitude lng lon long",
    "posted_text": "posted dateposted postedat listeddate datelisted listdate publishedat datetime filingdate "
    "datefiled fileddate filedon recordingdate recordeddate daterecorded recdate saledate datesold solddate "
    "closingdate closedate",
    "updated_text": "updated updatedat lastupdated modified dateupdated",
    "phones": "phone phones telephone phonenumber contactphone sellerphone ownerphone tel mobile cell phone1 "
    "phone2 phone3 homephone workphone mobilephone cellphone repphone executorphone",
    "emails": "email emails contactemail selleremail owneremail emailaddress email1 email2",
    "contact_name": "contact contactname seller sellername owner ownername agentname owner1 ownername1 "
    "ownerfullname grantor borrower borrowername mortgagor trustor executor executorname administrator "
    "personalrepresentative representative petitioner petitionername applicant defendant",
    "category": "category section",
    "property_type": "propertytype hometype housingtype type style propertyuse landuse usecode buildingclass "
    "buildingclasscategory",
    "listing_type": "listingtype listingsubtype saletype",
    "description": "description remarks body postingbody publicremarks notes text details comments",
    "image_urls": "images photos photourls imageurls pics imageurl photo",
    "repost_of": "repostof",
    f"{DETAIL}case_number": "case caseno casenumber casenum docket docketnumber tsnumber trusteesaleno "
    "trusteesalenumber filenumber",
    f"{DETAIL}document_type": "documenttype doctype noticetype instrumenttype filingtype",
    f"{DETAIL}auction_on": "auctiondate saledateandtime trusteesaledate auction auctionon foreclosuredate "
    "dateofauction dateofsale",
    f"{DETAIL}lender": "lender beneficiary mortgagee plaintiff lendername",
    f"{DETAIL}trustee": "trustee trusteename",
    f"{DETAIL}amount_owed": "amountowed defaultamount unpaidbalance judgmentamount amountindefault arrears",
    f"{DETAIL}decedent": "decedent decedentname deceased deceasedname estateof estate",
    f"{DETAIL}died_on": "dateofdeath deathdate died dod",
    f"{DETAIL}parcel_number": "parcel parcelnumber parcelid apn pin folio folionumber taxid",
    f"{DETAIL}assessed_value": "assessedvalue totalassessedvalue appraisedvalue marketvalue",
    f"{DETAIL}year_built": "yearbuilt yrbuilt built",
    f"{DETAIL}land_area": "sqftlot landsquarefeet lotsize lotsqft landarea acreage acres",
}
_FIELD_OF_NAME: Final = {name: field for field, names in _NAMES.items() for name in names.split()}
_OF_THE_HOME: Final = re.compile(r"^(?:property|prop|situs|site|subject|premises?|location|loc)(?=.)")
_OF_THE_OWNER: Final = re.compile(r"^(?:mailing|mail|owners?mailing|ownersmail|owner|taxpayer|billing)(?=.)")
_PLACE_FIELDS: Final = ("address", "city", "state", "zip")
_WHOLE_PLACE: Final = frozenset({"citystatezip", "citystzip", "csz", "citystate"})
_NUMBERS: Final = frozenset(
    {"streetnumber", "housenumber", "streetno", "houseno", "number", "strno", "addressnumber"}
)
_STREET_PARTS: Final = (
    _NUMBERS,
    frozenset({"streetdirection", "predirection", "predir", "direction", "streetdir", "dir"}),
    frozenset({"streetname", "road", "roadname", "stname"}),
    frozenset({"streetsuffix", "streettype", "suffix", "sttype", "posttype"}),
)
_UNITS: Final = frozenset(
    {"unit", "unitnumber", "apt", "aptnumber", "apartment", "apartmentnumber", "suite", "unitno"}
)
_SALE_DAYS: Final = frozenset({"saledate", "datesold", "solddate", "closingdate", "closedate"})
_SALE_PRICES: Final = frozenset(
    {"price", "saleprice", "soldprice", "salesprice", "saleamount", "consideration", "closeprice"}
)
_OFFERED: Final = frozenset({"listprice", "askingprice", "listingprice", "listingtype", "auctiondate"})
_FORECLOSING: Final = frozenset({f"{DETAIL}{name}" for name in ("auction_on", "lender", "trustee", "amount_owed")})
_ESTATE: Final = frozenset({f"{DETAIL}decedent", f"{DETAIL}died_on"})
_REPRESENTATIVES: Final = frozenset(
    {
        "executor",
        "executorname",
        "administrator",
        "personalrepresentative",
        "representative",
        "petitioner",
        "petitionername",
    }
)
_CONTENTS: Final = (
    ("emails", re.compile(r"[^@\s]+@[^@\s]+\.\w{2,}")),
    ("url", re.compile(r"https?://\S+")),
    ("phones", re.compile(r"\+?1?[\s.-]*\(?\d{3}\)?[\s.-]*\d{3}[\s.-]*\d{4}(?:\s*(?:x|ext)\.?\s*\d+)?")),
    ("asking_price_text", re.compile(r"\$\s*\d[\d,]{3,}(?:\.\d\d)?k?")),
    ("zip", re.compile(r"\d{5}(?:-\d{4})?")),
    (
        "address",
        re.compile(r"\d+[A-Za-z]?\s+(?:[NSEW]\.?\s+)?[A-Za-z0-9' ]+\s([A-Za-z]+)\.?(?:\s*(?:#|[Aa]pt|[Uu]nit).*)?"),
    ),
    ("state", re.compile(r"[A-Z]{2}")),
)


def count_known(cells: Sequence[str]) -> int:
    """How many of these cells name a column that a listing, record or notice has."""
    return sum(1 for cell in cells if _is_known(_plain(cell)))


def _is_known(name: str) -> bool:
    return (
        name in _FIELD_OF_NAME
        or name in _UNITS
        or any(name in part for part in _STREET_PARTS)
        or bool(_OF_THE_HOME.sub("", name) != name and _OF_THE_HOME.sub("", name) in _FIELD_OF_NAME)
    )


def guess(columns: Sequence[str], sample: Sequence[Row]) -> TableMapping:
    """A mapping for a table with these columns; without rules where none of them is known."""
    plain = {column: _plain(column.rsplit(".", 1)[-1]) for column in columns}
    grouped: dict[str, list[str]] = {}
    for column in sorted(columns, key=lambda column: (not _is_of_the_home(plain[column]), "." in column)):
        if field := _field_of(plain[column]):
            grouped.setdefault(field, []).append(column)
    owner = [column for column in columns if _is_of_the_owner(plain[column])]
    rules = [*_street_rules(grouped, plain), *_place_rules(grouped, plain)]
    rules += [ColumnRule(field=field, columns=tuple(names)) for field, names in grouped.items() if names]
    if owner:
        rules.append(ColumnRule(field=f"{DETAIL}mailing_address", columns=tuple(owner), transform="join_comma"))
    used = {column for rule in rules for column in rule.columns}
    known = {rule.field for rule in rules}
    rules += _by_content([column for column in columns if column not in used], known, sample)
    return _with_nature(rules, plain)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _is_of_the_home(name: str) -> bool:
    bare = _OF_THE_HOME.sub("", name)
    return bare != name and (_FIELD_OF_NAME.get(bare) in _PLACE_FIELDS or bare in _WHOLE_PLACE)


def _is_of_the_owner(name: str) -> bool:
    bare = _OF_THE_OWNER.sub("", name)
    return bare != name and (_FIELD_OF_NAME.get(bare) in _PLACE_FIELDS or bare in _WHOLE_PLACE)


def _field_of(name: str) -> str | None:
    if _is_of_the_home(name):
        return _FIELD_OF_NAME.get(_OF_THE_HOME.sub("", name))
    return None if _is_of_the_owner(name) else _FIELD_OF_NAME.get(name)


def _street_rules(grouped: dict[str, list[str]], plain: Mapping[str, str]) -> Iterator[ColumnRule]:
    """A street in several columns, or a line whose unit stands apart; takes the columns that it uses."""
    parts = [
        next((column for column, name in plain.items() if _bare(name) in names), None) for names in _STREET_PARTS
    ]
    unit = next((column for column, name in plain.items() if _bare(name) in _UNITS), None)
    whole = grouped.get("address", [])
    street = parts[2] or (whole[0] if whole else None)
    if parts[0] and street:
        columns = [parts[0], parts[1], street, parts[3], unit]
        grouped.pop("address", None)
        yield ColumnRule(field="address", columns=tuple(filter(None, columns)), transform="join")
    elif whole and unit:
        grouped["address"] = whole[1:]
        yield ColumnRule(field="address", columns=(whole[0], unit), transform="with_unit")


def _bare(name: str) -> str:
    return _OF_THE_HOME.sub("", name)


def _place_rules(grouped: Mapping[str, list[str]], plain: Mapping[str, str]) -> Iterator[ColumnRule]:
    together = [column for column, name in plain.items() if _bare(name) in _WHOLE_PLACE]
    for field in ("city", "state", "zip"):
        if together and field not in grouped:
            yield ColumnRule(field=field, columns=(together[0],), transform=field)


def _by_content(unused: Sequence[str], known: set[str], sample: Sequence[Row]) -> Iterator[ColumnRule]:
    """Rules for columns whose names say nothing, where four of five of their cells look like one thing."""
    for column in unused:
        cells = [text for row in sample if (text := text_of_cell(row.get(column)))]
        field = next((field for field, shape in _CONTENTS if cells and _most_are(field, shape, cells)), None)
        if field and (field in MANY or field not in known):
            known.add(field)
            yield ColumnRule(field=field, columns=(column,))


def _most_are(field: str, shape: re.Pattern[str], cells: Sequence[str]) -> bool:
    return sum(1 for cell in cells if _is_like(field, shape, cell)) * 5 >= len(cells) * 4


def _is_like(field: str, shape: re.Pattern[str], cell: str) -> bool:
    found = shape.fullmatch(cell)
    if found and field == "state":
        return usps.state_code(cell) is not None
    return bool(found and (field != "address" or usps.suffix(found.group(1))))


def _with_nature(rules: Sequence[ColumnRule], plain: Mapping[str, str]) -> TableMapping:
    names, fields = set(plain.values()), {rule.field for rule in rules}
    if names & _SALE_DAYS and names & _SALE_PRICES and not names & _OFFERED:
        sold = ColumnRule(field="status", transform="constant", argument="closed")
        return TableMapping(rules=(*rules, sold), keep="money_paid")
    kind = _kind_of(fields, names)
    if kind == "probate":
        rules = _representative_first(rules, plain)
    return TableMapping(rules=tuple(rules), kind=kind, keep="absent_owner" if kind == "absentee" else "")


def _kind_of(fields: set[str], names: set[str]) -> LeadKind | None:
    if fields & _ESTATE or names & _REPRESENTATIVES:
        return "probate"
    if len(fields & _FORECLOSING) >= 2 or (fields & _FORECLOSING and f"{DETAIL}case_number" in fields):
        return "preforeclosure"
    return "absentee" if f"{DETAIL}mailing_address" in fields and "address" in fields else None


def _representative_first(rules: Sequence[ColumnRule], plain: Mapping[str, str]) -> list[ColumnRule]:
    """In an estate the one to reach is its representative, never its owner."""
    named = [column for rule in rules if rule.field == "contact_name" for column in rule.columns]
    living = tuple(column for column in named if plain[column] in _REPRESENTATIVES)
    others = [rule for rule in rules if rule.field != "contact_name"]
    return [*others, ColumnRule(field="contact_name", columns=living)] if living else others
