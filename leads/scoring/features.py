"""What a quality score looks at: each feature tells from the facts which of its bands a lead lies in, and says so.

Pure. A model gives each band its points, so any model explains itself in the same sentences. Place, ZIP, names and
everything in ``leads.fair_housing`` are no features, nor is whether a number stands on a do-not-call list, nor
demand, which belongs to the price.

``FEATURES`` is never edited in meaning: models that were fitted to it are kept. Another meaning is another version.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Final

from leads.evidence import Evidence
from leads.facts import LeadFacts, Told
from leads.models import Kind
from leads.reading.catalogue import CATALOGUE, Topic
from leads.reading.passages import ReadFact
from leads.scam_phrases import Signal

VERSION: Final = "features-1"
KINDS: Final = {
    "owner_submitted": "The owner asked to be found.",
    "buyer_enquiry": "Somebody looks for a home and asked for an agent.",
    "fsbo": "The owner sells without an agent.",
    "expired": "An earlier listing ended without a sale.",
    "preforeclosure": "The owner is under pressure to sell.",
    "probate": "A public record names the owner.",
    "absentee": "A public record names the owner.",
    "rental_owner": "The owner lets and may sell later.",
}

SAID: Final = {
    "moving": ("motivation: moving", 1),
    "in a hurry": ("motivation: in a hurry", 1),
    "willing to deal": ("motivation: willing to deal", 1),
    "open to agents": ("motivation: open to agents", 1),
    "estate": ("motivation: estate", 0),
    "wants no agents": ("motivation: wants no agents", -1),
    "wants less room": ("motivation: wants less room", 1),
    "has bought already": ("motivation: has bought already", 1),
    "tired of letting": ("motivation: tired of letting", 1),
    "wanted now": ("timeline: now", 1),
    "wanted within a month": ("timeline: within a month", 1),
    "no hurry": ("timeline: no hurry", -1),
    "needs work": ("condition: needs work", 0),
    "move-in ready": ("condition: move-in ready", 0),
    "updated": ("condition: updated", 0),
    "well kept": ("condition: well kept", 0),
    "vacant": ("occupancy: vacant", 0),
    "offered by an agent": ("seller: agent", -1),
    "offered by a manager": ("seller: manager", -1),
    "offered by an investor": ("seller: investor", -1),
    "offered by a builder": ("seller: builder", -1),
    "offered by a bank": ("seller: bank", -1),
}
"""Of what is read from adverts, what counts: part → key of the catalogue, and the direction of its feature."""


def _in_our_words(key: str) -> str:
    entry = CATALOGUE[key]
    return f"The advert describes it so: {entry.says}." if entry.topic == Topic.CONDITION else entry.says


IN_OUR_WORDS: Final = {part: _in_our_words(key) for part, (key, _) in SAID.items()}
"""What the public reads where the evidence quotes the advert."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a lead stands on a feature: its band, or None where that is unknown; "" says nothing on a page."""

    band: int | None
    says: str
    is_unknown: bool = False
    told: Told | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One thing that is looked at.

    :param direction: 1 where a higher band never speaks against a lead, -1 where it never speaks for it, else 0
    :param bands: how many there are, numbered from 0
    :param is_silent: whether band 0 is worth no word, and so no point
    :param band_names: what operators read of each band
    """

    part: str
    field: str
    bands: int
    read: Callable[[LeadFacts, datetime], Standing]
    direction: int = 0
    is_category: bool = False
    is_silent: bool = False
    band_names: tuple[str, ...] = ()

    def evidence(self, standing: Standing, points: int) -> Evidence:
        """What a score says of it."""
        observation_id, at = standing.told or ("", "")
        is_unknown = standing.is_unknown or standing.band is None
        return Evidence(
            part=self.part,
            points=points,
            field=self.field,
            says=standing.says or f"{self.part.capitalize()}.",
            observation_id=observation_id,
            at=at,
            is_unknown=is_unknown,
        )


def band_of(value: float, upper: Sequence[float]) -> int:
    """Which band a value lies in: the first whose upper bound it does not exceed, else the one above them all."""
    return next((number for number, bound in enumerate(upper) if value <= bound), len(upper))


def _kind(facts: LeadFacts, _now: datetime) -> Standing:
    known = list(KINDS)
    if facts.kind not in KINDS:
        return Standing(None, "What kind of lead it is: unknown.")
    return Standing(known.index(facts.kind), KINDS[facts.kind], told=facts.told_by.get("kind"))


def _phone(facts: LeadFacts, _now: datetime) -> Standing:
    if not facts.has_phone:
        return Standing(0, "Phone: unknown.", is_unknown=True)
    return Standing(1, "A phone number stands in the advert.", told=facts.told_by.get("phones"))


def _email(facts: LeadFacts, _now: datetime) -> Standing:
    if not facts.has_email:
        return Standing(0, "E-mail: unknown.", is_unknown=True)
    return Standing(1, "An e-mail address stands in the advert.", told=facts.told_by.get("emails"))


def _address(facts: LeadFacts, _now: datetime) -> Standing:
    if not facts.has_address:
        return Standing(0, "Full address: unknown.", is_unknown=True)
    return Standing(1, "The full address is known.", told=facts.told_by.get("address_line"))


def _completeness(facts: LeadFacts, _now: datetime) -> Standing:
    known = {
        "asking price": facts.asking_price_cents,
        "bedrooms": facts.beds,
        "bathrooms": facts.baths,
        "living area": facts.area_sqft,
        "photos": facts.image_count or None,
    }
    missing = [name for name, value in known.items() if value is None]
    says = "Price, rooms, area and photos are all known." if not missing else f"Unknown: {', '.join(missing)}."
    return Standing(len(known) - len(missing), says)


_FRESH_DAYS: Final = (3, 7, 21, 60)


def _freshness(facts: LeadFacts, now: datetime) -> Standing:
    if facts.posted_at is None:
        return Standing(None, "When it was posted: unknown.")
    days = max(0, (now - facts.posted_at).days)
    when = "today" if days == 0 else f"{_counted(days, 'day')} ago"
    return Standing(band_of(days, _FRESH_DAYS), f"Posted {when}.", told=facts.told_by.get("posted_at"))


_MARKET_DAYS: Final = (30, 90)


def _days_on_market(facts: LeadFacts, now: datetime) -> Standing:
    if facts.on_market_since is None:
        return Standing(None, "How long it has been offered: unknown.")
    days = max(0, (now - facts.on_market_since).days)
    band = band_of(days, _MARKET_DAYS)
    says = f"Offered for {days} days, all adverts together." if band else ""
    return Standing(band, says, told=facts.told_by.get("on_market_since"))


def _relistings(facts: LeadFacts, _now: datetime) -> Standing:
    if not facts.relistings:
        return Standing(0, "")
    return Standing(
        min(2, facts.relistings), f"Offered {_counted(facts.relistings, 'time')} before without a sale."
    )


def _price_cuts(facts: LeadFacts, _now: datetime) -> Standing:
    if not facts.price_cuts:
        return Standing(0, "")
    says = f"The price was cut {_counted(facts.price_cuts, 'time')}."
    return Standing(min(2, facts.price_cuts), says, told=facts.told_by.get("price_cuts"))


_CUT_RATIOS: Final = (0.03, 0.1)


def _cut_depth(facts: LeadFacts, _now: datetime) -> Standing:
    if not facts.price_cut_ratio or facts.price_cut_ratio <= _CUT_RATIOS[0]:
        return Standing(0, "")
    says = f"It asks {facts.price_cut_ratio:.0%} less than it first did."
    return Standing(band_of(facts.price_cut_ratio, _CUT_RATIOS), says, told=facts.told_by.get("price_cuts"))


_PRICE_RATIOS: Final = (0.8, 1.15, 1.4)


def _price(facts: LeadFacts, _now: datetime) -> Standing:
    ratio, market = facts.price_ratio, facts.market
    if ratio is None or market is None or market.measure != "square foot" or facts.price_period != "once":
        return Standing(None, "Its price beside homes nearby: unknown.")
    band = band_of(round(ratio, 6), _PRICE_RATIOS)
    told = facts.told_by.get("asking_price_cents")
    if band == 1:
        return Standing(band, "The price is in line with homes nearby.", told=told)
    more = ratio - 1
    says = f"It asks {abs(more):.0%} {'more' if more > 0 else 'less'} per square foot than homes nearby."
    return Standing(band, says, told=told)


_OWNED_YEARS: Final = (3, 10)


def _whole_years(since: datetime, until: datetime) -> int:
    """Anniversaries that have come, as people count them; that of a leap day comes on 1 March. Never below 0."""
    is_short = (until.month, until.day) < (since.month, since.day)
    return max(0, until.year - since.year - is_short)


def _years_owned(facts: LeadFacts, now: datetime) -> Standing:
    if facts.last_sold_at is None:
        return Standing(None, "When it was last sold: unknown.")
    years = _whole_years(facts.last_sold_at, now)
    says = f"Last sold {_counted(years, 'year')} ago, as recorded." if years else "Sold within a year, as recorded."
    return Standing(band_of(years, _OWNED_YEARS), says, told=facts.told_by.get("last_sold_at"))


_GAIN_RATIOS: Final = (1.0, 1.5)


def _gain(facts: LeadFacts, _now: datetime) -> Standing:
    if not facts.last_sold_cents or not facts.asking_price_cents or facts.price_period != "once":
        return Standing(None, "What the owner paid for it: unknown.")
    ratio = facts.asking_price_cents / facts.last_sold_cents
    more = f"{abs(ratio - 1):.0%} {'more' if ratio >= 1 else 'less'}"
    says = f"It asks {more} than it was last sold for."
    return Standing(band_of(round(ratio, 6), _GAIN_RATIOS), says, told=facts.told_by.get("last_sold_at"))


def _sightings(facts: LeadFacts, _now: datetime) -> Standing:
    if facts.sources <= 1:
        return Standing(0, "")
    return Standing(1, f"Seen on {facts.sources} sites, so the facts are confirmed.")


def _seller(facts: LeadFacts, _now: datetime) -> Standing:
    if facts.is_owner is None:
        return Standing(None, "Whether the owner or an agent advertises: unknown.")
    who = "by the owner" if facts.is_owner else "by an agent"
    return Standing(int(facts.is_owner), f"The advert says it is {who}.", told=facts.told_by.get("is_owner"))


_NOT_SAID: Final = Standing(0, "")


def _reads(key: str) -> Callable[[LeadFacts, datetime], Standing]:
    """The reader of what an advert says: band 1 where it tells the fact ``key`` of the catalogue."""
    topic, name = CATALOGUE[key].topic, CATALOGUE[key].name

    def read(facts: LeadFacts, _now: datetime) -> Standing:
        if not facts.reading and not facts.motivations:
            return _NOT_SAID
        quotes = (fact.quote for fact in facts.reading if fact.name == name and fact.topic == topic)
        quote = next(chain(quotes, _quoted_before_there_was_a_reading(facts, key)), None)
        if quote is None:
            return _NOT_SAID
        return Standing(1, f"The advert says “{quote}”.", told=facts.told_by.get(key))

    return read


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _said(part: str) -> Feature:
    key, direction = SAID[part]
    return Feature(part=part, field="description", bands=2, read=_reads(key), direction=direction, is_silent=True)


def _quoted_before_there_was_a_reading(facts: LeadFacts, key: str) -> Iterator[str]:
    return (item.quote for item in facts.motivations if f"{Topic.MOTIVATION}: {item.theme}" == key)


def motivations_of(reading: Iterable[ReadFact]) -> tuple[Signal, ...]:
    """Why the owner sells and how willingly, as far as it counts: what scores were made of before readings."""
    told = (fact for fact in reading if fact.topic == Topic.MOTIVATION and fact.name in SAID)
    return tuple(Signal(theme=fact.name, quote=fact.quote) for fact in told)


_KNOWN: Final = ("not known", "known")
_BAND_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "kind": tuple(str(Kind(kind).label) for kind in KINDS),
    "phone": _KNOWN,
    "e-mail": _KNOWN,
    "address": _KNOWN,
    "completeness": ("nothing", "1 of 5", "2 of 5", "3 of 5", "4 of 5", "all 5"),
    "freshness": ("up to 3 days", "up to 7 days", "up to 21 days", "up to 60 days", "older"),
    "time on the market": ("up to 30 days", "up to 90 days", "longer"),
    "offered before": ("never", "once", "more often"),
    "price cuts": ("none", "one", "several"),
    "depth of the cuts": ("up to 3 %", "up to 10 %", "more"),
    "price": ("up to 80 % of the market", "up to 115 %", "up to 140 %", "more"),
    "years owned": ("up to 3", "up to 10", "more"),
    "gain": ("none", "up to 50 %", "more"),
    "sightings": ("one site", "several"),
    "seller": ("an agent", "the owner"),
    **dict.fromkeys(SAID, ("not said", "said")),
}
_FEATURES: Final[tuple[Feature, ...]] = (
    Feature(part="kind", field="kind", bands=len(KINDS), read=_kind, is_category=True),
    Feature(part="phone", field="phones", bands=2, read=_phone, direction=1),
    Feature(part="e-mail", field="emails", bands=2, read=_email, direction=1),
    Feature(part="address", field="address", bands=2, read=_address, direction=1),
    Feature(part="completeness", field="", bands=6, read=_completeness, direction=1),
    Feature(part="freshness", field="posted_at", bands=5, read=_freshness, direction=-1),
    Feature(part="time on the market", field="first_seen_at", bands=3, read=_days_on_market, is_silent=True),
    Feature(part="offered before", field="", bands=3, read=_relistings, is_silent=True),
    *map(_said, SAID),
    Feature(part="price cuts", field="asking_price", bands=3, read=_price_cuts, direction=1, is_silent=True),
    Feature(part="depth of the cuts", field="asking_price", bands=3, read=_cut_depth, direction=1, is_silent=True),
    Feature(part="price", field="asking_price", bands=4, read=_price),
    Feature(part="years owned", field="records", bands=3, read=_years_owned, direction=1),
    Feature(part="gain", field="records", bands=3, read=_gain, direction=1),
    Feature(part="sightings", field="", bands=2, read=_sightings, direction=1, is_silent=True),
    Feature(part="seller", field="is_owner", bands=2, read=_seller, direction=1),
)
FEATURES: Final = tuple(replace(feature, band_names=_BAND_NAMES[feature.part]) for feature in _FEATURES)
