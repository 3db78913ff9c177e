"""Public writes of prices."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from uuid import UUID

from aiqleads.core import audit, clock, events, transactions
from leads.models import Lead, Score
from pricing import selectors
from pricing.errors import UnusablePolicy
from pricing.events import LeadQuoted
from pricing.models import Demand, PricePolicy, Quote
from pricing.quoting import MODEL_VERSION, MarketDemand, PricedLead, quote_credits


@transactions.write
def quote_lead(*, lead_id: UUID) -> Quote | None:
    """Price an active lead whose facts or score changed. Its offer is brought up to date, whatever its price.

    :return: the quote in force; None when the lead is not active or was never scored
    """
    priced = _price(lead_id)
    if priced is None:
        return None
    events.publish(LeadQuoted(lead_id=lead_id, quote_id=priced.quote.pk))
    return priced.quote


@transactions.write
def reprice_lead(*, lead_id: UUID) -> bool:
    """Price a lead again because its market moved; return whether that changed its price or the reasons for it."""
    priced = _price(lead_id)
    if priced is None or not priced.is_new:
        return False
    events.publish(LeadQuoted(lead_id=lead_id, quote_id=priced.quote.pk))
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Priced:
    quote: Quote
    is_new: bool


def _price(lead_id: UUID) -> _Priced | None:
    """A new quote is written only when the price or its reasons changed."""
    lead = Lead.objects.select_for_update().get(pk=lead_id)
    score = Score.objects.filter(lead=lead).order_by("-scored_at", "-pk").first()
    if lead.state != Lead.State.ACTIVE or score is None:
        return None
    parts = quote_credits(
        lead=PricedLead(
            kind=lead.kind, quality_score=score.quality_score, asking_price_cents=lead.asking_price_cents
        ),
        demand=_demand(lead),
        policy=selectors.policy_in_force(),
    )
    return _write_if_changed(lead, [asdict(part) for part in parts])


def _write_if_changed(lead: Lead, parts: list[dict[str, object]]) -> _Priced:
    current = selectors.current_quote(lead.pk)
    if current and current.parts == parts and current.model_version == MODEL_VERSION:
        return _Priced(quote=current, is_new=False)
    quote = Quote.objects.create(
        lead=lead,
        price_credits=sum(int(str(part["credits"])) for part in parts),
        parts=parts,
        model_version=MODEL_VERSION,
        quoted_at=clock.Now(),
    )
    return _Priced(quote=quote, is_new=True)


def _demand(lead: Lead) -> MarketDemand:
    row = Demand.objects.filter(zip3=lead.zip_code[:3], kind=lead.kind).first() or Demand()
    return MarketDemand(holds=row.holds, sales=row.sales, listed=row.listed)


@transactions.write
def set_price_policy(
    *,
    name: str,
    floor_credits: int,
    ceiling_credits: int,
    base_credits: Mapping[str, int],
    demand_weight_percent: int,
    actor_id: int,
) -> PricePolicy:
    """Put a new version of the price policy in force; prices follow with the next repricing.

    :param base_credits: kind of lead → what it starts at; "other" is for kinds not named
    :raises UnusablePolicy: its numbers contradict each other; nothing was changed
    """
    if not 1 <= floor_credits <= ceiling_credits:
        raise UnusablePolicy("The highest price is below the lowest.", field="ceiling_credits")
    before = asdict(selectors.policy_in_force())
    after = {
        "floor_credits": floor_credits,
        "ceiling_credits": ceiling_credits,
        "base_credits": dict(base_credits),
        "demand_weight_percent": demand_weight_percent,
    }
    policy = PricePolicy.objects.create(name=name, in_force_at=clock.Now(), **after)
    changes = audit.changes(before, after)
    audit.record(actor_id=actor_id, action="price_policy.set", subject=policy, **changes)
    return policy


@transactions.write
def note_demand(*, zip3: str, kind: str, holds: int, sales: int, listed: int) -> None:
    """Set one market's counts of the last fourteen days; the next repricing uses them."""
    Demand.objects.update_or_create(
        zip3=zip3,
        kind=kind,
        defaults={"holds": holds, "sales": sales, "listed": listed, "measured_at": clock.Now()},
    )


def reprice_all() -> int:
    """Price every active lead again, each in its own transaction; return how many prices or reasons changed."""
    ids = Lead.objects.filter(state=Lead.State.ACTIVE).order_by("pk").values_list("pk", flat=True)
    return sum(reprice_lead(lead_id=lead_id) for lead_id in ids.iterator())
