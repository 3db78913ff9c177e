"""Purchases as a table: what each row says, and cells that no spreadsheet runs as a formula.

A phone number stands in it only where the passport allows calls or texts by now, an e-mail address only where it
allows e-mail: a table is what dialers and mailing programs are fed with, and it forgets the page that it came from.
"""

import io
from collections.abc import Iterable, Sequence
from typing import Any, Final
from unicodedata import normalize

from defusedcsv import csv

from marketplace.delivery import channels_now
from marketplace.messages import bought_lead
from marketplace.messages.bought_lead import BoughtLead
from marketplace.models import Purchase
from marketplace.templatetags.market import phone as national

CHANNELS: Final = ("call", "text", "email", "post")
COLUMNS: Final = (
    *("bought_at", "price_credits", "state", "bought_by", "kind", "tier", "quality_score", "summary"),
    *("address_line", "city", "state_code", "zip_code", "beds", "baths", "area_sqft", "asking_price"),
    *("contact_names", "phones", "emails", "post_address"),
    *(f"{channel}{part}" for channel in CHANNELS for part in ("_allowed", "_why")),
    *("consent", "passport_valid_until", "outcome", "page"),
)


def header() -> str:
    """The first line."""
    return _lines([COLUMNS])


def lines(purchases: Sequence[Purchase]) -> str:
    """A line for each purchase that a selector read just now."""
    given = bought_lead.of_purchases(purchases)
    rows = [_row(purchase, given.get(purchase.pk)) for purchase in purchases]
    return _lines([[row[column] for column in COLUMNS] for row in rows])


def _lines(rows: Iterable[Iterable[Any]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows([_plain(cell) for cell in row] for row in rows)
    return written.getvalue()


def _plain(cell: Any) -> Any:
    """Text of one line that begins with what it seems to: the writer marks what would be a formula."""
    return " ".join(normalize("NFKC", cell).split()) if isinstance(cell, str) else cell


def _row(purchase: Purchase, given: BoughtLead | None) -> dict[str, Any]:
    """The street without its number, and no contact, once the lead came back."""
    listing, lead = purchase.lead.listing, purchase.lead
    cents = lead.asking_price_cents
    return {
        "bought_at": purchase.bought_at.isoformat(timespec="seconds"),
        "price_credits": purchase.price_credits,
        "state": purchase.claim.state,
        "bought_by": purchase.membership.user.email,
        "kind": listing.get_kind_display(),
        "tier": listing.tier,
        "quality_score": listing.quality_score,
        "summary": listing.summary,
        "address_line": lead.address_line if given else listing.street,
        "city": lead.city,
        "state_code": lead.state_code,
        "zip_code": lead.zip_code,
        "beds": lead.beds,
        "baths": lead.baths,
        "area_sqft": lead.area_sqft,
        "asking_price": None if cents is None else cents // 100,
        "consent": purchase.passport.consent,
        "passport_valid_until": purchase.passport.valid_until.date().isoformat(),
        "outcome": purchase.outcome,
        **_reach(purchase, given),
    }


def _reach(purchase: Purchase, given: BoughtLead | None) -> dict[str, Any]:
    """Contact and channels; empty and closed once the lead came back."""
    contacts = given.contacts if given else []
    told: dict[str, Any] = {
        "contact_names": "; ".join(one.name for one in contacts if one.name),
        "phones": "; ".join(national(one.phone) for one in contacts if one.phone),
        "emails": "; ".join(one.email for one in contacts if one.email),
        "post_address": given.post_address if given else "",
        "page": bought_lead.page_url(purchase),
    }
    for channel, now in channels_now(purchase).items():
        told |= {f"{channel}_allowed": "yes" if now["is_allowed"] else "no", f"{channel}_why": now["why"]}
    return told
