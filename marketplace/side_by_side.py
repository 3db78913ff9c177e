"""Two leads beside each other, for an operator who decides whether they are one home. Nobody's name or number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from leads.models import DoubtfulPair, Lead
from leads.sightings import is_sighting
from marketplace.dossier import SightingLine, sighting_line
from marketplace.models import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fact of both; "" where it is not known."""

    label: str
    first: str
    second: str

    @property
    def is_known(self) -> bool:
        return bool(self.first or self.second)

    @property
    def differs(self) -> bool:
        return bool(self.first and self.second and self.first.casefold() != self.second.casefold())


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two."""

    lead: Lead
    sightings: Sequence[SightingLine]
    is_sold: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """Both leads, the older first, what they say, and why they are doubted."""

    pair: DoubtfulPair
    older: Side
    newer: Side
    rows: Sequence[Row]


def side_by_side(pair: DoubtfulPair) -> SideBySide:
    """Gather what an operator looks at before they decide."""
    older, newer = by_age(pair)
    return SideBySide(pair=pair, older=_side(older), newer=_side(newer), rows=_rows(older, newer))


def by_age(pair: DoubtfulPair) -> tuple[Lead, Lead]:
    """The two leads, the one that was seen first in front: it is the one that stays."""
    older, newer = sorted((pair.first, pair.second), key=lambda lead: (lead.first_seen_at, lead.pk))
    return older, newer


def _side(lead: Lead) -> Side:
    seen = lead.observations.select_related("source").defer("raw").order_by("-last_seen_at", "pk")
    sold = Claim.objects.filter(Q(lead=lead) | Q(lead__merged_into=lead), state=Claim.State.SOLD)
    return Side(
        lead=lead,
        sightings=[sighting_line(item) for item in seen if is_sighting(item)],
        is_sold=sold.exists(),
    )


def _rows(one: Lead, other: Lead) -> list[Row]:
    told = zip(_told(one), _told(other), strict=True)
    return [Row(label=label, first=mine, second=theirs) for (label, mine), (_, theirs) in told]


def _told(lead: Lead) -> Iterator[tuple[str, str]]:
    facts: dict[str, Any] = next((item.facts for item in lead.observations.all() if item.facts.get("unit")), {})
    yield "State", lead.get_state_display()
    yield "Kind", lead.get_kind_display()
    yield "Street", lead.street
    yield "Unit", str(facts.get("unit", "")).upper()
    yield "City", ", ".join(filter(None, (lead.city, f"{lead.state_code} {lead.zip_code}".strip())))
    yield "Kind of home", lead.property_type.replace("_", " ").capitalize()
    yield "Bedrooms", _number(lead.beds)
    yield "Bathrooms", _number(lead.baths)
    yield "Living area", f"{lead.area_sqft:,} sq ft" if lead.area_sqft else ""
    yield "Asking price", _price(lead)
    yield "Photos", str(lead.image_count or "")
    yield "First seen", f"{lead.first_seen_at:%b %-d, %Y}"
    yield "Last seen", f"{lead.last_seen_at:%b %-d, %Y}"


def _number(value: Any) -> str:
    return "" if value is None else f"{float(value):g}"


def _price(lead: Lead) -> str:
    if not lead.asking_price_cents:
        return ""
    period = "" if lead.price_period == "once" else f" {lead.get_price_period_display()}"
    return f"${lead.asking_price_cents // 100:,}{period}"
