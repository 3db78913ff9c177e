"""Frauds found and honest sellers let pass: real scam mails, and real rows of owners' adverts from three sites.

Each row is judged as the pipeline judges it, its price beside the others in the file. An honest row is flagged when
it would wait for review or be rejected as a fraud; at most three in a hundred may be. There is no peer beside us.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from django.conf import settings

from bench.measuring import Share
from leads import scoring, sightings, validation
from leads.comparables import Home, market_among
from leads.facts import LeadFacts
from leads.reading.local import read_locally
from leads.records import ListingRecord
from leads.scam_phrases import find_signals
from scraping.importing import open_file, read_record
from scraping.readers import guessing

FOLDER: Final[Path] = settings.BASE_DIR.parent / "shared" / "data"
HONEST_FILES: Final = (
    "fsbo/forsalebyowner_com_listings_2023-05_dev.csv",
    "fsbo/zillow_fsbo_listings_2026-02-19_dev.json",
    "craigslist_listings/chicago_apa_listings_2022_even.csv",
)
MOST_FLAGGED_RATIO: Final = 0.03

SHARES: Final = (
    "frauds: scam mails flagged",
    *(f"frauds: {Path(name).stem[:24]} passed" for name in HONEST_FILES),
)


def shares(folder: Path = FOLDER) -> Iterator[Share]:
    """How many scam mails are flagged (all must be), and how many honest rows are not."""
    if not folder.is_dir():
        sys.stdout.write("frauds: no real adverts beside the checkout, left out\n")
        return
    mails = [path.read_text(encoding="utf-8") for path in sorted((folder / "fraud").glob("*.txt"))]
    yield Share(
        name="frauds: scam mails flagged",
        beside="all but one",
        cases=len(mails),
        ours_right=sum(_is_flagged(_facts(ListingRecord(description=mail), [])) for mail in mails),
        other_right=len(mails) - 1,
        is_goal=True,
    )
    for name in HONEST_FILES:
        records = list(_records(folder / name))
        homes = [_home(record) for record in records]
        flagged = [record for record in records if _is_flagged(_facts(record, homes))]
        yield Share(
            name=f"frauds: {Path(name).stem[:24]} passed",
            beside="97 in 100",
            cases=len(records),
            ours_right=len(records) - len(flagged),
            other_right=int(len(records) * (1 - MOST_FLAGGED_RATIO)) - 1,
            is_goal=True,
        )


def _is_flagged(facts: LeadFacts) -> bool:
    score = validation.fraud_score(validation.fraud_evidence(facts))
    return score >= validation.SHIPPED.review_from


def _records(path: Path) -> Iterator[ListingRecord]:
    with path.open("rb") as file:
        table = open_file(file)
        mapping = guessing.guess(table.columns, table.sample)
        for _, row in table.rows:
            record = read_record(mapping, row, kind_hint="fsbo")
            if record:
                yield record


def _home(record: ListingRecord) -> Home:
    told = sightings.public_facts(record)
    cents = told["asking_price_cents"] or 0
    return Home(told["zip_code"], told["property_type"], record.beds, record.area_sqft, cents)


def _facts(record: ListingRecord, homes: list[Home]) -> LeadFacts:
    told = sightings.public_facts(record)
    words = f"{record.title or ''}\n{record.description or ''}"
    home = _home(record)
    reading = tuple(passage.fact for passage in read_locally(words))
    return LeadFacts(
        kind=record.kind or "fsbo",
        signals=find_signals(words),
        motivations=scoring.motivations_of(reading),
        reading=reading,
        is_owner=record.is_owner,
        has_phone=bool(record.phones),
        has_email=bool(record.emails),
        has_address=bool(told["address_line"]),
        city=told["city"],
        beds=record.beds,
        baths=record.baths,
        area_sqft=record.area_sqft,
        asking_price_cents=told["asking_price_cents"],
        price_period=told["price_period"],
        property_type=told["property_type"],
        image_count=len(record.image_urls),
        posted_at=None,
        last_seen_at=datetime(2026, 11, 21, tzinfo=UTC),
        price_cuts=0,
        sources=1,
        unlike_homes_with_contact=0,
        contact_regions=1,
        homes_with_same_images=0,
        market=market_among(home, (other for other in homes if other.cents and other is not home)),
        flags=record.flags,
    )
