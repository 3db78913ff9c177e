"""What an offer looks like to one visitor: free, held, theirs, sold or gone, and at what price."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from accounts import plans
from accounts import selectors as accounts
from accounts.models import Membership
from aiqleads.core import clock
from leads.models import SourceRight
from leads.scoring.claims import Claim as TrackRecord
from leads.scoring.claims import claim_of
from leads.selectors import ScoredBy, scored_by
from marketplace import selectors
from marketplace.access import Opening
from marketplace.models import Claim, Listing, Purchase
from marketplace.prices import own_price_credits
from marketplace.selectors import NO_MATCH, NOBODY_WAITS, FoundPage, Match, Queue, Recommendation

RIGHTS_IN_WORDS: Final = {
    SourceRight.Basis.LICENSED: "Listed under a licence of its source.",
    SourceRight.Basis.PERMISSION: "Listed with the written permission of its source.",
    SourceRight.Basis.PUBLIC_RECORD: "Taken from a public record, which may be listed.",
    SourceRight.Basis.OWNER_SUBMITTED: "Sent in by the owner, who agreed to be contacted.",
}
COMMON_PARTS: Final = frozenset({"kind", "completeness", "phone", "e-mail", "address"})
"""Parts of the score that most leads share, so that they tell an agent little on a card."""


class Offer(StrEnum):
    """What a visitor can do with an offer at this moment."""

    FREE = "free"
    NOT_YET = "not_yet"
    HELD = "held"
    QUEUED = "queued"
    YOURS = "yours"
    BOUGHT = "bought"
    GIVEN_BACK = "given_back"
    SOLD = "sold"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who looks, what their organisation's plan grants, and which of the leads it bought or has in its CRM already.

    ``membership`` is None for the public.
    """

    membership: Membership | None
    holds: Mapping[UUID, datetime] = field(default_factory=dict)
    known_leads: Set[UUID] = frozenset()
    purchases: Mapping[UUID, Purchase] = field(default_factory=dict)
    discount_percent: int = 0
    hold_minutes: int = plans.STARTER["hold_minutes"]

    @property
    def may_hold(self) -> bool:
        return self.membership is None or self.membership.is_buyer


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadCard:
    """One offer as ``visitor`` sees it at ``now``.

    ``until`` is when the hold or the window in the way, or their own, ends. ``opening`` is there while the lead is
    not open to everybody. ``reason`` says why it
    was recommended, ``match`` why it is among the best matches of a search in words. ``track_record`` and
    ``scored_by`` are there on a lead's own page alone.
    """

    listing: Listing
    visitor: Visitor
    offer: Offer
    now: datetime
    until: datetime | None = None
    purchase: Purchase | None = None
    reason: str = ""
    match: Match = NO_MATCH
    queue: Queue = NOBODY_WAITS
    opening: Opening | None = None
    track_record: TrackRecord | None = None
    scored_by: ScoredBy | None = None

    @property
    def is_early(self) -> bool:
        """Whether the lead is open to the visitor and not to everybody yet."""
        return bool(self.opening and self.opening.is_early(self.now))

    @property
    def shown_because(self) -> str:
        """Why it was recommended, or answers a search: "Matched: pool, near a lake; meaning: quiet street"."""
        if self.reason:
            return self.reason
        told = {"matched": self.match.said, "meaning": self.match.meaning}
        says = "; ".join(f"{how}: {', '.join(what)}" for how, what in told.items() if what)
        return says[:1].upper() + says[1:]

    @property
    def opens_at(self) -> datetime | None:
        """When it opens to the visitor; None where it is open to them."""
        return self.opening.opens_at if self.opening and self.opening.is_ahead(self.now) else None

    @property
    def opens_in_words(self) -> str:
        """When it opens to the visitor and who is first, or why it is open to them before others; "" otherwise."""
        if self.opening is None or self.now >= self.opening.everyone_from:
            return ""
        if self.opens_at:
            return self.opening.in_words(self.now)
        return f"{self.opening.privilege}; it opens to everybody at {self.opening.everyone_from:%H:%M} UTC"

    @property
    def lead_id(self) -> str:
        return str(self.listing.pk)

    @property
    def place(self) -> int | None:
        """Where the visitor stands on the waitlist, from 1; None when not on it."""
        return self.queue.place_of(self.visitor.membership)

    @property
    def turn_until(self) -> datetime | None:
        """Until when the visitor alone may hold the lead, after having waited for it."""
        return self.queue.turn_ends_at if self.queue.is_turn_of(self.visitor.membership) else None

    @property
    def price_credits(self) -> int:
        """The visitor's own price: the list price less the plan's discount, at least 1."""
        return own_price_credits(
            list_price_credits=self.listing.price_credits, discount_percent=self.visitor.discount_percent
        )

    @property
    def copies_free(self) -> int:
        """How many copies can be held now: neither sold nor held."""
        return max(0, self.listing.copies_left - self.listing.live_holds)

    @property
    def price_of_all_credits(self) -> int | None:
        """What every copy that is left costs together; None unless there are several and all are free."""
        if self.copies_free < max(2, self.listing.copies_left):
            return None
        return self.price_credits * self.copies_free

    @property
    def is_discounted(self) -> bool:
        return self.price_credits < self.listing.price_credits

    @property
    def best_reasons(self) -> list[str]:
        """What speaks most for this lead rather than another, at most two sentences; empty when nothing does."""
        good = [reason for reason in self.listing.reasons if reason["points"] > 0 and reason["part"] != "start"]
        good.sort(key=lambda reason: (reason["part"] in COMMON_PARTS, -int(reason["points"])))
        return [str(reason["says"]) for reason in good[:2]]

    @property
    def has_known_contact(self) -> bool:
        """Whether the score already says that a phone number or an e-mail address stands in the advert."""
        return any(
            reason["part"] in {"phone", "e-mail"} and reason["points"] > 0 for reason in self.listing.reasons
        )

    @property
    def fresh_since(self) -> datetime:
        """When the owner posted it, or else when it was first seen."""
        return self.listing.posted_at or self.listing.first_seen_at

    @property
    def right_in_words(self) -> str:
        """On what basis the lead may be listed."""
        return RIGHTS_IN_WORDS.get(SourceRight.Basis(self.listing.right_basis), "")

    @property
    def is_known(self) -> bool:
        """Whether the visitor's organisation has the owner in its own CRM already."""
        return self.listing.pk in self.visitor.known_leads

    @property
    def is_over(self) -> bool:
        """Whether nobody can buy it any more."""
        return self.offer in {Offer.SOLD, Offer.WITHDRAWN, Offer.GIVEN_BACK}

    @property
    def is_away(self) -> bool:
        """Whether somebody else has it or it is gone."""
        return self.offer in {Offer.HELD, Offer.QUEUED, Offer.SOLD, Offer.WITHDRAWN, Offer.GIVEN_BACK}


def see(membership: Membership | None, lead_ids: Iterable[UUID] = (), *, sold_ids: Iterable[UUID] = ()) -> Visitor:
    """Gather what decides how offers look to ``membership``; ``sold_ids`` are leads of which anything was sold."""
    if membership is None:
        return Visitor(membership=None)
    granted = accounts.entitlements(membership.organisation_id)
    return Visitor(
        membership=membership,
        holds=selectors.live_holds(membership),
        known_leads=selectors.known_leads(membership.organisation_id, lead_ids),
        purchases=selectors.own_purchases(membership, sold_ids),
        discount_percent=granted["discount_percent"],
        hold_minutes=granted["hold_minutes"],
    )


def cards(listings: Iterable[Listing], *, membership: Membership | None) -> list[LeadCard]:
    """The offers as cards for ``membership``, in the same order."""
    shown = list(listings)
    if not shown:
        return []
    lead_ids = [listing.pk for listing in shown]
    sold_ids = [listing.pk for listing in shown if listing.copies_left < listing.copies or listing.returned_copies]
    visitor = see(membership, lead_ids, sold_ids=sold_ids)
    now, queues = clock.now(), selectors.queues(lead_ids)
    organisation_id = membership.organisation_id if membership else None
    openings = selectors.openings(shown, organisation_id=organisation_id, now=now)
    return [
        _card(listing, visitor, now, queues.get(listing.pk, NOBODY_WAITS), openings.get(listing.pk))
        for listing in shown
    ]


def in_detail(listing: Listing, *, membership: Membership | None) -> LeadCard:
    """One offer with what became of leads like it, where enough is told of them, and who scored it."""
    [card] = cards([listing], membership=membership)
    return replace(card, track_record=claim_of(listing.tier), scored_by=scored_by(listing.pk))


def matched(found: FoundPage, *, membership: Membership | None) -> list[LeadCard]:
    """A page of a search as cards, each with why it is there where words were matched."""
    shown = cards(found.results, membership=membership)
    return [replace(card, match=found.matches.get(card.listing.pk, NO_MATCH)) for card in shown]


def recommended(found: Sequence[Recommendation], *, membership: Membership | None) -> list[LeadCard]:
    """What is recommended, as cards that say why."""
    shown = cards([one.listing for one in found], membership=membership)
    return [replace(card, reason=one.reason) for card, one in zip(shown, found, strict=True)]


def _card(listing: Listing, visitor: Visitor, now: datetime, queue: Queue, opening: Opening | None) -> LeadCard:
    offer, until = _offer(listing, visitor, now, queue, opening)
    purchase = visitor.purchases.get(listing.pk)
    if purchase:
        offer = Offer.BOUGHT if purchase.claim.state == Claim.State.SOLD else Offer.GIVEN_BACK
    return LeadCard(
        listing=listing,
        visitor=visitor,
        offer=offer,
        now=now,
        until=until,
        purchase=purchase,
        queue=queue,
        opening=opening,
    )


def _offer(
    listing: Listing, visitor: Visitor, now: datetime, queue: Queue, opening: Opening | None
) -> tuple[Offer, datetime | None]:
    if listing.pk in visitor.holds:
        return Offer.YOURS, visitor.holds[listing.pk]
    if listing.copies_left == 0:
        return Offer.SOLD, None
    if listing.delisted_at or (listing.right_until and listing.right_until <= now):
        return Offer.WITHDRAWN, None
    if opening and opening.is_ahead(now):
        return Offer.NOT_YET, opening.opens_at
    return _to_be_had(listing, visitor, queue)


def _to_be_had(listing: Listing, visitor: Visitor, queue: Queue) -> tuple[Offer, datetime | None]:
    """Whether an offer that is open to the visitor is held, kept for who waited, or free."""
    if listing.live_holds >= listing.copies_left:
        return Offer.HELD, listing.first_hold_ends_at
    if queue.turn_ends_at and not queue.is_turn_of(visitor.membership):
        return Offer.QUEUED, queue.turn_ends_at
    return Offer.FREE, queue.turn_ends_at
