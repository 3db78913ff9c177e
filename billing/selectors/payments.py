"""Reads of what is on offer and of payments."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import DurationField, ExpressionWrapper, F, Q, QuerySet

from aiqleads.core.clock import Now
from billing.models import AutoRecharge, Customer, Pack, Payment
from billing.selectors.ledger import balance_credits

_SOONEST: Final = timedelta(minutes=1)
_LATEST: Final = timedelta(hours=1)


def packs_on_offer() -> QuerySet[Pack]:
    """The packs that can be bought now, the smallest first."""
    return Pack.objects.filter(offered_until=None, offered_from__lte=Now()).order_by("amount_credits", "code")


def find_pack(code: str) -> Pack | None:
    """The version of a pack that can be bought now."""
    return packs_on_offer().filter(code=code).first()


def access_payment(*, organisation_id: UUID, payment_id: UUID) -> Payment:
    """One of the organisation's payments.

    :raises Payment.DoesNotExist: it has none of that id
    """
    return Payment.objects.select_related("pack").get(organisation=organisation_id, pk=payment_id)


def payments_of(organisation_id: UUID) -> QuerySet[Payment]:
    """All of an organisation's payments, the newest first."""
    return Payment.objects.filter(organisation=organisation_id).order_by("-created_at")


def unfinished_payments() -> QuerySet[Payment]:
    """Those for credits that are not final and due for a look: after as long as they were old at the last one."""
    since = ExpressionWrapper(Now() - F("looked_at"), output_field=DurationField())
    age = ExpressionWrapper(F("looked_at") - F("created_at"), output_field=DurationField())
    return (
        Payment.objects.filter(status__in=[Payment.Status.CREATED, Payment.Status.PENDING])
        .filter(purpose__in=[Payment.Purpose.PACK, Payment.Purpose.RECHARGE])
        .annotate(since=since, age=age)
        .filter(
            Q(looked_at=None, created_at__lte=Now() - _SOONEST)
            | Q(since__gte=_SOONEST) & (Q(since__gte=F("age")) | Q(since__gte=_LATEST))
        )
        .order_by("created_at", "pk")
    )


def kept_method(*, organisation_id: UUID, provider: str) -> Customer | None:
    """The way of paying that a provider keeps for an organisation."""
    return Customer.objects.filter(organisation=organisation_id, provider=provider).exclude(method_id="").first()


def find_recharge(organisation_id: UUID) -> AutoRecharge | None:
    """What the organisation agreed to last, on or off."""
    return AutoRecharge.objects.select_related("consented_by__user").filter(organisation=organisation_id).first()


def organisations_to_recharge() -> list[UUID]:
    """Those whose balance is below what they agreed to."""
    wanted = AutoRecharge.objects.filter(is_on=True).order_by("pk").values_list("organisation_id", "below_credits")
    return [pk for pk, below_credits in wanted if balance_credits(pk) < below_credits]


def find_low_recharge(organisation_id: UUID) -> AutoRecharge | None:
    """What the organisation agreed to, where it is on and the balance is below it."""
    recharge = AutoRecharge.objects.filter(organisation=organisation_id, is_on=True).first()
    if recharge is None or balance_credits(organisation_id) >= recharge.below_credits:
        return None
    return recharge
