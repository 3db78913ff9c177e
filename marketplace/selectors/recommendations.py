"""What a member may want to look at next, each with its reason.

Offers are proposed by rules that the member set (saved searches, territories) and by what they bought, held,
watched and looked at: in the same market, or alike in what the homes have. They are put in order by how well they
fit the member's taste (``marketplace.taste``), no two too much alike. Who left no trace yet sees the best of their
territories, then the best on offer. Nothing here speaks of people, and no signal is a place so small that it stands
for who lives there; ZIP codes count where a member drew a territory by them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

from accounts.models import Membership
from aiqleads.core import clock
from aiqleads.core.geo import read_area
from leads.models import Kind
from marketplace import search_text, taste
from marketplace.filters import ListingFilters
from marketplace.models import Claim, CrmMatch, Listing, SavedSearch, Territory
from marketplace.querysets import ListingQuerySet
from marketplace.selectors import meaning
from marketplace.selectors.tastes import Remembered, remembered_signals
from marketplace.taste import Taste

MOST: Final = 12
SEARCHES_ASKED: Final = 4
TERRITORIES_ASKED: Final = 3
MARKETS_ASKED: Final = 3
OF_EACH: Final = 24
ALIKE_PROPOSED: Final = 60
WISHED_FOR: Final = 0.4
"""How much more an offer fits that a rule of the member's own asks for."""
CHANCE: Final = 0.04
"""So far equal offers are told apart by who looks: not everybody is shown the same dozen."""
SEEN_ALREADY: Final = 0.2
"""How much less what was looked at before has to offer."""
FEATURES_TOLD: Final = 2
BEST: Final = "Among the best on offer now."
SAID: Final[Mapping[str, str]] = {
    "bought": "Like what you bought",
    "held": "Like what you held",
    "watched": "Like what you watch",
    "looked at": "Like what you looked at",
}

Market = tuple[str, str, str]
"""City, state and kind of lead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """An offer and why it is shown, in a sentence."""

    listing: Listing
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    filters: ListingFilters
    reason: str
    is_rule: bool = True


@dataclass(frozen=True, slots=True)
class _Proposed:
    listing: Listing
    reason: str
    is_rule: bool


def recommendations(member: Membership | None, *, limit: int = MOST) -> list[Recommendation]:
    """At most ``limit`` free offers, the best fitting and unlike each other; for the public the best on offer."""
    free = Listing.objects.offered().with_holds().exclude(pk__in=Claim.objects.live().values("lead"))
    signals: list[Remembered] = []
    wishes = [_Wish(filters=ListingFilters(), reason=BEST, is_rule=False)]
    if member is not None:
        free = free.exclude(pk__in=_known_already(member))
        signals = remembered_signals(member)
        wishes = [*_rules(member), *_markets(signals), *wishes]
    vectors = meaning.vectors_of([signal.home.pk for signal in signals])
    liked = taste.taste_of(signals, vectors, now=clock.now())
    proposed = _proposed(free, wishes)
    for offer in meaning.nearest_to_taste(liked.vector, free, cities=_cities(liked), limit=ALIKE_PROPOSED):
        proposed.setdefault(offer.pk, _Proposed(offer, "", is_rule=False))
    vectors = {**vectors, **meaning.vectors_of(list(proposed))}
    seen = {signal.home.pk for signal in signals}
    fits = {pk: _fit(one, liked, vectors, member) - SEEN_ALREADY * (pk in seen) for pk, one in proposed.items()}
    homes = {pk: one.listing for pk, one in proposed.items()}
    return [
        Recommendation(listing=homes[pk], reason=_reason(proposed[pk], signals, vectors))
        for pk in taste.varied(fits, homes, vectors, limit=limit)
    ]


def _proposed(free: ListingQuerySet, wishes: Iterable[_Wish]) -> dict[UUID, _Proposed]:
    """The best offers of each wish, under the first that they fit."""
    found: dict[UUID, _Proposed] = {}
    for wish in wishes:
        for offer in free.matching(wish.filters).order_by("-quality_score", "-pk")[:OF_EACH]:
            found.setdefault(offer.pk, _Proposed(offer, wish.reason, wish.is_rule))
    return found


def _fit(
    proposed: _Proposed, liked: Taste, vectors: "Mapping[UUID, taste.Vector]", member: Membership | None
) -> float:
    fit = liked.fit(proposed.listing, vectors.get(proposed.listing.pk))
    chance = CHANCE * _chance(member, proposed.listing) if member else 0.0
    return fit + (WISHED_FOR if proposed.is_rule else 0.0) + chance


def _chance(member: Membership, listing: Listing) -> float:
    """A number from 0 to 1 that is always the same for a member and an offer."""
    return int.from_bytes(sha256(f"{member.pk}:{listing.pk}".encode()).digest()[:4]) / 2**32


def _rules(member: Membership) -> Iterator[_Wish]:
    """What the member asks for in so many words."""
    searches = SavedSearch.objects.filter(membership=member).order_by("-created_at")
    for search in searches[:SEARCHES_ASKED]:
        if filters := search_text.read_filters(search.query):
            yield _Wish(filters=filters, reason=f"Fits your search “{search.name}”.")
    owned = Territory.objects.filter(organisation=member.organisation_id, membership__in=[member.pk])
    shared = Territory.objects.filter(organisation=member.organisation_id, membership=None)
    for territory in (owned | shared).order_by("name", "pk")[:TERRITORIES_ASKED]:
        reason = f"In your territory “{territory.name}”."
        if territory.covered_zips:
            yield _Wish(filters=ListingFilters(zip=tuple(territory.covered_zips)), reason=reason)
        if territory.area:
            yield _Wish(filters=ListingFilters(polygon=read_area(territory.area)), reason=reason)


def _markets(signals: Sequence[Remembered]) -> Iterator[_Wish]:
    """Where what the member did weighs most, each with what they did there that weighs most."""
    weights: defaultdict[Market, float] = defaultdict(float)
    did: dict[Market, Remembered] = {}
    for signal in signals:
        market = signal.home.city, signal.home.state_code, signal.home.kind
        weights[market] += signal.weight
        did[market] = max(did.get(market, signal), signal, key=lambda one: one.weight)
    for market in sorted(weights, key=lambda market: (-weights[market], market))[:MARKETS_ASKED]:
        city, state, kind = market
        yield _Wish(
            filters=ListingFilters(city=city, state=state, kind=(kind,)),
            reason=f"{SAID[did[market].did]}: {Kind(kind).label.lower()} in {city}, {state}.",
            is_rule=False,
        )


def _cities(liked: Taste) -> list[taste.City]:
    """The cities that weigh most."""
    return sorted(liked.cities, key=lambda city: (-liked.cities[city], city))[:MARKETS_ASKED]


def _reason(proposed: _Proposed, signals: Sequence[Remembered], vectors: "Mapping[UUID, taste.Vector]") -> str:
    """Why an offer is shown: a rule, or what it has in common with what it is most like, or its market."""
    if proposed.is_rule or not signals or proposed.reason == BEST:
        return proposed.reason
    offer = proposed.listing
    most = max(signals, key=lambda one: (taste.alikeness(offer, one.home, vectors), one.weight, one.home.pk))
    shared = [feature for feature in offer.features if feature in most.home.features]
    if len(shared) < FEATURES_TOLD and proposed.reason:
        return proposed.reason
    told = ", ".join(shared[:FEATURES_TOLD]) or offer.home_words or "home"
    return f"{SAID[most.did]}: {told} in {offer.city}, {offer.state_code}."


def _known_already(member: Membership) -> set[UUID]:
    """What the organisation bought, holds or has in its own CRM."""
    organisation = member.organisation_id
    taken = Claim.objects.filter(organisation=organisation, during__contains=clock.Now())
    matches = CrmMatch.objects.filter(upload__organisation=organisation)
    return {*taken.values_list("lead_id", flat=True), *matches.values_list("listing_id", flat=True)}
