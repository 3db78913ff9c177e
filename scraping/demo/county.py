"""The demo's county: the four tables that a recorder, a probate court and an assessor would publish.

Like the rest of the demo it is generated and pure: the same date gives the same tables. Its homes are its own, so
that a notice is a lead by itself; an absent owner's post goes to an invented street in another metro.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from scraping.demo.adverts import Home
from scraping.demo.chance import digits, stream
from scraping.demo.homes import HomeBuilder
from scraping.demo.people import Directory, Person
from scraping.demo.places import metros

SEED: Final = 71_404
LEADS_EACH: Final = 10
TRAPS_EACH: Final = 3
_LENDERS: Final = ("Grey Heron Savings", "Tern Lake Mortgage", "First Alder Bank")
_NOTICES: Final = ("NOTICE OF DEFAULT", "LIS PENDENS", "NOTICE OF TRUSTEE'S SALE")
_USES: Final = {"house": "Single Family", "townhouse": "Townhouse", "condo": "Condominium"}

Row = Mapping[str, object]


def county_files(today: date) -> dict[str, bytes]:
    """Every table by its file's name, as CSV in Windows-1252, which is what a county's computer writes."""
    tables = {
        "foreclosure-notices.csv": _notices,
        "probate-filings.csv": _filings,
        "assessment-roll.csv": _roll,
        "deeds.csv": _deeds,
    }
    builder = HomeBuilder(seed=SEED, directory=Directory(seed=SEED, metros=metros()), metros=metros())
    return {name: _as_csv(list(rows(_homes(builder), today))) for name, rows in tables.items()}


def _homes(builder: HomeBuilder) -> list[Home]:
    """Homes that no other table of the county has."""
    return [builder.build() for _ in range(LEADS_EACH + TRAPS_EACH)]


def _notices(homes: list[Home], today: date) -> Iterator[Row]:
    for number, home in enumerate(homes[:LEADS_EACH]):
        chance = stream(SEED, "notice", home.key)
        recorded = today - timedelta(days=chance.randrange(3, 40))
        notice = _NOTICES[number % len(_NOTICES)]
        yield {
            "Document No": digits(10, SEED, "document", home.key),
            "Notice Type": notice,
            "Recorded": _day(recorded),
            "Trustor": _last_first(home.owner),
            "TS Number": f"TS-{digits(6, SEED, 'ts', home.key)}",
            "Auction Date": _day(today + timedelta(days=chance.randrange(20, 90))) if "SALE" in notice else "",
            "Beneficiary": chance.choice(_LENDERS),
            "Default Amount Cents": chance.randrange(8_000_00, 60_000_00),
            **_situs(home),
        }


def _filings(homes: list[Home], today: date) -> Iterator[Row]:
    for home, heir in zip(homes[:LEADS_EACH], homes[1:] + homes[:1], strict=False):
        chance = stream(SEED, "filing", home.key)
        filed = today - timedelta(days=chance.randrange(4, 55))
        yield {
            "Case No": f"PR-{filed:%Y}-{digits(5, SEED, 'case', home.key)}",
            "Filed": _day(filed),
            "Decedent": _last_first(home.owner),
            "Date of Death": _day(filed - timedelta(days=chance.randrange(14, 90))),
            "Personal Representative": f"{home.owner.family_name.upper()}, {heir.owner.given_name.upper()}",
            **_situs(home),
        }


def _roll(homes: list[Home], today: date) -> Iterator[Row]:
    """The last rows are traps: owners who live in the home, or whose post box is around the corner."""
    for number, home in enumerate(homes):
        away = homes[(number + 1) % len(homes)]  # the next home lies in the next metro
        lives_there, has_box = number == LEADS_EACH, number > LEADS_EACH
        mail = home if lives_there or has_box else away
        street = f"PO Box {digits(3, SEED, 'box', home.key)}" if has_box else _line(mail)
        place = mail.address.place
        yield {
            "APN": digits(9, SEED, "apn", home.key),
            "Owner": _last_first(home.owner),
            "Roll Date": _day(today.replace(day=1)),
            "Mail Address": street,
            "Mail City St Zip": f"{place.city} {place.state} {place.zip_code}".upper(),
            "Assessed Value": f"{home.facts.value_usd:,}",
            **_situs(home),
        }


def _deeds(homes: list[Home], today: date) -> Iterator[Row]:
    """Sales of the last months; the last rows are gifts within a family, which are no sales."""
    for number, home in enumerate(homes):
        days_ago = stream(SEED, "deed", home.key).randrange(2, 120)
        yield {
            "Document No": digits(10, SEED, "deed", home.key),
            "Recorded": _day(today - timedelta(days=days_ago)),
            "Consideration Cents": home.facts.value_usd * 100 if number < LEADS_EACH else 0,
            **_situs(home),
        }


def _situs(home: Home) -> Row:
    address, facts = home.address, home.facts
    return {
        "Situs Number": address.number,
        "Situs Dir": address.street.direction.upper(),
        "Situs Street": address.street.name.upper(),
        "Situs Type": address.street.suffix.upper(),
        "Situs Unit": f"UNIT {address.unit}" if address.unit else "",
        "Situs City": address.place.city.upper(),
        "Situs State": address.place.state,
        "Situs ZIP": address.place.zip_code,
        "APN": digits(9, SEED, "apn", home.key),
        "Property Use": _USES[facts.kind],
        "Beds": facts.beds,
        "Baths": facts.baths,
        "Living Area SqFt": facts.area_sqft,
        "Year Built": facts.year_built,
    }


def _line(home: Home) -> str:
    address = home.address
    unit = f"UNIT {address.unit}" if address.unit else ""
    parts = (str(address.number), address.street.direction, address.street.name, address.street.suffix, unit)
    return " ".join(filter(None, parts)).upper()


def _last_first(person: Person) -> str:
    return f"{person.family_name}, {person.given_name}".upper()


def _day(day: date) -> str:
    return f"{day:%m/%d/%Y}"


def _as_csv(rows: list[Row]) -> bytes:
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, fieldnames=list(rows[0]))
    table.writeheader()
    table.writerows(rows)
    return text.getvalue().encode("cp1252")
