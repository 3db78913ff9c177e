"""The links that narrow a search, each with how many offers it would leave. Nothing here asks the database."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import QueryDict

from leads.models import Kind, Tier
from marketplace.facets import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class NarrowingLink:
    """One choice: following it makes it, or takes it back."""

    label: str
    count: int
    query: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NarrowingGroup:
    """The choices of one facet."""

    label: str
    links: list[NarrowingLink]


Offers = Iterator[tuple[str, int, dict[str, str]]]
"""Label, count, and the filters that a choice sets."""


def narrowing_groups(choices: dict[str, list[Choice]], query: QueryDict) -> list[NarrowingGroup]:
    """What the facets' choices would change in an address; facets with nothing to choose are left out.

    :param query: the search as it is
    """
    groups = [
        NarrowingGroup(label=label, links=[_link(*offer, query) for offer in offers(choices[name])])
        for name, (label, offers) in FACETS_IN_WORDS.items()
    ]
    return [group for group in groups if group.links]


def _link(label: str, count: int, chosen: dict[str, str], query: QueryDict) -> NarrowingLink:
    is_chosen = all(value in query.getlist(name) for name, value in chosen.items() if value)
    changed = query.copy()
    changed.pop("cursor", None)
    for name, value in chosen.items():
        kept = [other for other in query.getlist(name) if name in SEVERAL and other != value]
        changed.setlist(name, kept if is_chosen or not value else [*kept, value])
    return NarrowingLink(label=label, count=count, query=changed.urlencode(), is_chosen=is_chosen)


def _kinds(choices: list[Choice]) -> Offers:
    return ((str(Kind(choice.value).label), choice.count, {"kind": choice.value}) for choice in choices)


def _tiers(choices: list[Choice]) -> Offers:
    return ((str(Tier(choice.value).label), choice.count, {"tier": choice.value}) for choice in choices)


def _cities(choices: list[Choice]) -> Offers:
    for choice in choices:
        city, _, state = choice.value.rpartition(", ")
        yield choice.value, choice.count, {"city": city, "state": state}


def _beds(choices: list[Choice]) -> Offers:
    """So many beds or more."""
    counts = list(accumulate(reversed([choice.count for choice in choices])))[::-1]
    for choice, count in zip(choices, counts, strict=True):
        if int(choice.value) and count:
            yield f"{choice.value}+", count, {"beds_min": choice.value}


def _prices(choices: list[Choice]) -> Offers:
    """At most so many credits."""
    for choice, count in zip(choices, accumulate(choice.count for choice in choices), strict=True):
        if choice.below and choice.count:
            most = str(choice.below - 1)
            yield f"up to {most} credits", count, {"price_max": most}


def _asking(choices: list[Choice]) -> Offers:
    for choice in choices:
        low, high = f"${intcomma(choice.value)}", f"${intcomma(choice.below)}"
        label = f"{low} or more" if choice.below is None else f"{low}–{high}"
        if choice.count:
            least = choice.value if int(choice.value) else ""
            most = str(choice.below - 1) if choice.below else ""
            yield label, choice.count, {"asking_min": least, "asking_max": most}


def _ages(choices: list[Choice]) -> Offers:
    """Listed within so many days."""
    for choice, count in zip(choices, accumulate(choice.count for choice in choices), strict=True):
        if choice.below and count:
            label = "today" if choice.below == 1 else f"within {choice.below} days"
            yield label, count, {"listed_within_days": str(choice.below)}


SEVERAL: Final = frozenset({"kind", "tier"})
"""The filters that take several values."""
FACETS_IN_WORDS: Final[dict[str, tuple[str, Callable[[list[Choice]], Offers]]]] = {
    "kind": ("Kind", _kinds),
    "tier": ("Tier", _tiers),
    "city": ("City", _cities),
    "beds": ("Beds", _beds),
    "price": ("Price", _prices),
    "asking": ("Asking", _asking),
    "freshness": ("Listed", _ages),
}
