"""What is known of a bought lead for those who speak to its owner, and the kit that was written from it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import Any, Final

from accounts.models import Membership
from aiqleads.core import clock
from leads.comparables import Market
from leads.models import Kind, Lead, Observation, Score, Source
from leads.summary import HOME_WORDS
from leads.time_zones import find_time_zone
from leads.validation import NAMED_BY_RECORDS
from marketplace import delivery
from marketplace.engagement import Brief, Channel, Fact, Limit, telling
from marketplace.models import Engagement, EngagementText, FollowUp, Purchase

LEAST_DAYS_LEFT: Final = 2
"""How long before its passport's end a plan ends: a step that falls on a Sunday moves to Monday."""
NOT_WRITTEN: Final = "Too little is known of this lead for a text that holds to its facts."
WANTS_NO_AGENTS: Final = "wants no agents"
_FIELDS: Final = {"source": "kind", "asking_price": "asking_price_cents", "price_cut": "asking_price_cents"}
"""Facts that a lead's column of another name holds."""
_RECORD_DATES: Final = {
    "filed_on": (delivery.FILED_ON, "Recorded"),
    "auction_on": (delivery.AUCTION_ON, "Auction, says the record"),
}


def brief_of(purchase: Purchase) -> Brief:
    """All that a writer may know: what the passport allows now, and facts from sources whose right allows listing.

    ``purchase`` comes from ``get_purchase``, which adds what became of it.
    """
    lead, told = purchase.lead, _Told.of(purchase)
    days = (purchase.passport.valid_until - clock.now()).days
    return Brief(
        kind=lead.kind,
        home=HOME_WORDS.get(lead.property_type, "home"),
        facts=list(told.facts()),
        limits={
            Channel(name): Limit(is_allowed=bool(limit["is_allowed"]), why=str(limit["why"]))
            for name, limit in delivery.channels_now(purchase).items()
        },
        last_day=max(0, days - LEAST_DAYS_LEFT),
        knows_time_zone=find_time_zone(zip_code=lead.zip_code, state_code=lead.state_code) is not None,
        wants_no_agents=told.wants_no_agents,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A lead, its sightings that may be listed, newest first, its public record, and what was judged of it."""

    lead: Lead
    sightings: Sequence[Observation]
    record: Mapping[str, str]
    judged: Mapping[str, Any]

    @classmethod
    def of(cls, purchase: Purchase) -> "_Told":
        lead = purchase.lead
        seen = delivery.listable_sightings(purchase).select_related("source").defer("raw")
        judged = Score.objects.filter(lead=lead.pk).order_by("-scored_at", "-pk").values_list("facts", flat=True)
        is_of_record = lead.kind in NAMED_BY_RECORDS
        return cls(
            lead=lead,
            sightings=list(seen.order_by("-first_seen_at", "pk")),
            record=dict(delivery.public_record(purchase)) if is_of_record else {},
            judged=judged.first() or {},
        )

    @property
    def wants_no_agents(self) -> bool:
        return any(item["theme"] == WANTS_NO_AGENTS for item in self.judged.get("motivations", []))

    def facts(self) -> Iterator[Fact]:
        """Everything that may be told, what a buyer's texts need first."""
        lead = self.lead
        yield from self._fact("street", "Street", (lead.street,) if lead.street else ())
        yield from self._fact("city", "City", (lead.city,) if lead.city else ())
        yield from self._fact("zip_code", "ZIP code", (lead.zip_code,) if lead.zip_code else ())
        yield from self._found_at()
        yield from self._fact("beds", "Rooms", () if lead.beds is None else telling.rooms(lead.beds, "bed"))
        yield from self._fact("baths", "Rooms", () if lead.baths is None else telling.rooms(lead.baths, "bath"))
        yield from self._fact("area_sqft", "Living area", telling.square_feet(lead.area_sqft))
        if lead.kind in NAMED_BY_RECORDS:
            yield from self._recorded()
        elif lead.kind == Kind.BUYER_ENQUIRY:
            yield from self._fact("asking_price", "Up to", telling.dollars(lead.asking_price_cents))
        else:
            yield from self._advertised()

    def _recorded(self) -> Iterator[Fact]:
        """Dates of a public record: nobody advertises such a home, so no price is asked."""
        for key, (name, label) in _RECORD_DATES.items():
            if told := self.record.get(name):
                yield Fact(key=key, label=label, phrases=(told,), source="Public record")

    def _advertised(self) -> Iterator[Fact]:
        """The price, since when it is asked, and what it is beside others."""
        lead, cents = self.lead, self.lead.asking_price_cents
        yield from self._fact("asking_price", "Asking price", telling.dollars(cents, lead.price_period))
        yield from self._fact("price_cut", "The price fell", self._cut())
        yield from self._fact("posted_at", "Advertised since", telling.on_date(lead.posted_at))
        if lead.price_period != "once":
            return
        if cents and lead.area_sqft:
            yield telling.rate_fact(cents, lead.area_sqft, self._told_by("asking_price_cents"))
        if market := self.judged.get("market"):
            yield telling.market_fact(Market(**market))

    def _found_at(self) -> Iterator[Fact]:
        """The kind of place that tells what kind of lead it is: of an expired listing, its listing service."""
        if found := self._sighting("kind"):
            spoken = telling.SPOKEN_SOURCES[Source.Family(found.source.family)]
            yield from self._fact("source", "Known from", (spoken,))

    def _fact(self, key: str, label: str, phrases: tuple[str, ...]) -> Iterator[Fact]:
        if phrases:
            yield Fact(key=key, label=label, phrases=phrases, source=self._told_by(key))

    def _told_by(self, key: str) -> str:
        """Whose advert tells a fact, and since when."""
        found = self._sighting(_FIELDS.get(key, key))
        return f"{found.source.name}, seen {found.first_seen_at:%B %-d, %Y}" if found else ""

    def _sighting(self, field: str) -> Observation | None:
        """The sighting that a field was taken from, or else the first there was."""
        by_id = {str(sighting.pk): sighting for sighting in self.sightings}
        return by_id.get(self.lead.provenance.get(field, "")) or next(reversed(self.sightings), None)

    def _cut(self) -> tuple[str, ...]:
        """The newest fall of the price that is asked now, as one advert showed it."""
        series: dict[tuple[str, str], list[int]] = {}
        for sighting in sorted(self.sightings, key=attrgetter("first_seen_at")):
            if cents := sighting.facts.get("asking_price_cents"):
                series.setdefault((sighting.source_id, sighting.external_id_hash), []).append(cents)
        for prices in series.values():
            falls = [(before, after) for before, after in pairwise(prices) if after < before]
            if falls and falls[-1][1] == prices[-1] == self.lead.asking_price_cents:
                return telling.cut(*falls[-1])
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelText:
    """What is said by one channel, or why nothing is: exactly one of ``body`` and ``why_not`` is filled."""

    channel: Channel
    why_not: str = ""
    subject: str = ""
    body: str = ""
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """A purchase's kit as one member reads it: their own name and organisation are filled in."""

    engagement: Engagement
    texts: Sequence[ChannelText]
    steps: Sequence[FollowUp]

    @property
    def written(self) -> list[ChannelText]:
        return [text for text in self.texts if text.body]

    @property
    def closed(self) -> list[ChannelText]:
        """Channels by which nothing is said, with the reason."""
        return [text for text in self.texts if not text.body]

    def find(self, channel: str) -> ChannelText | None:
        """The text of that channel, or None where there is none."""
        return next((text for text in self.texts if text.channel == channel and text.body), None)


def kit_of(engagement: Engagement, *, purchase: Purchase, reader: Membership) -> Kit:
    """The kit as ``reader`` sees it; a channel that the passport closed meanwhile shows its reason alone."""
    written = {text.channel: text for text in engagement.texts.all()}
    limits = delivery.channels_now(purchase)
    return Kit(
        engagement=engagement,
        texts=[_shown(channel, limits[channel], written.get(channel), reader) for channel in Channel],
        steps=sorted(engagement.steps.all(), key=attrgetter("due_at", "number")),
    )


def _shown(
    channel: Channel, limit: Mapping[str, object], text: EngagementText | None, reader: Membership
) -> ChannelText:
    if not limit["is_allowed"]:
        return ChannelText(channel=channel, why_not=str(limit["why"]))
    if text is None:
        return ChannelText(channel=channel, why_not=NOT_WRITTEN)
    return ChannelText(
        channel=channel,
        subject=_filled(text.subject, reader),
        body=_filled(text.body, reader),
        cites=tuple(text.cites),
    )


def _filled(text: str, reader: Membership) -> str:
    """``text`` with what is known of its sender; the rest stays in brackets for them to fill in."""
    name = reader.user.get_full_name()
    known = {"[your brokerage]": reader.organisation.name, "[your name]": name or "[your name]"}
    for placeholder, value in known.items():
        text = text.replace(placeholder, value)
    return text
