"""What is asked of a provider about a subscription: written down first, then asked, then answered.

Whatever dies in between, the sweep asks again with the same key, and the provider does it once.
"""

from django.conf import settings

from accounts.models import Membership
from aiqleads.core import transactions
from aiqleads.core.clock import Now
from billing.errors import PlanChangeUnusable
from billing.models import Plan, PlanAtProvider, PlanChange, Subscription
from billing.providers import choosing
from billing.providers.port import Money, Price, Provider, ProviderRefused, Returning, SubscriptionChange

Kind = PlanChange.Kind


def ask_for(row: Subscription, *, kind: str, member: Membership | None, plan: Plan | None = None) -> PlanChange:
    """Write down what is to be asked. Joins the transaction; the row is locked.

    :raises PlanChangeUnusable: something else was asked and is not answered yet
    """
    transactions.require_transaction()
    waiting = row.plan_changes.filter(status=PlanChange.Status.ASKED).first()
    if waiting:
        if waiting.kind == kind and waiting.plan == plan:
            return waiting
        raise PlanChangeUnusable("A change is under way. Wait a moment, and look again.")
    row.changes += 1
    row.save(update_fields=["changes"])
    return PlanChange.objects.create(subscription=row, number=row.changes, kind=kind, plan=plan, member=member)


def carry_out_asked(subscription: Subscription) -> bool:
    """Ask the provider what was written down and not answered; False where there is nothing.

    :raises ProviderUnreachable: it may have been done; the next time asks with the same key
    """
    transactions.refuse_transaction()
    asked = subscription.plan_changes.filter(status=PlanChange.Status.ASKED).select_related("plan").first()
    if asked is None:
        return False
    carry_out(subscription, asked)
    return True


def carry_out(subscription: Subscription, change: PlanChange) -> PlanChange:
    """Ask the provider for one change and write its answer down."""
    try:
        consent_url = _tell(choosing.provider(subscription.provider), subscription, change)
    except ProviderRefused as refusal:
        return _answer(change_id=change.pk, status=PlanChange.Status.REFUSED, says=refusal.says)
    return _answer(change_id=change.pk, status=PlanChange.Status.DONE, consent_url=consent_url)


def price_of(plan: Plan, provider: Provider) -> str:
    """What a provider calls a plan's version, which is made there when it is asked for first."""
    known = PlanAtProvider.objects.filter(plan=plan, provider=provider.name).first()
    if known:
        return known.price_id
    code = f"{plan.code}-{plan.version}"
    price_id = provider.ensure_price(Price(code=code, name=plan.name, monthly=Money(minor=plan.price_cents)))
    row = PlanAtProvider(plan=plan, provider=provider.name, price_id=price_id)
    PlanAtProvider.objects.bulk_create([row], ignore_conflicts=True)
    return PlanAtProvider.objects.get(plan=plan, provider=provider.name).price_id


def _tell(provider: Provider, subscription: Subscription, change: PlanChange) -> str:
    """Ask for it, and answer where the buyer has to agree to it; empty where they need not."""
    key, theirs = f"{subscription.pk}:{change.number}", subscription.subscription_id
    if change.plan:
        price_id = price_of(change.plan, provider)
        at_once = change.kind == Kind.UPGRADE
        url = f"{settings.SITE_URL}/credits/settings/"
        order = SubscriptionChange(
            key=key,
            subscription_id=theirs,
            price_id=price_id,
            at_once=at_once,
            returning=Returning(done_url=url, cancelled_url=url),
        )
        return provider.change_subscription(order).consent_url
    if change.kind == Kind.RESUME:
        provider.resume_subscription(theirs, key=key)
    elif change.kind == Kind.PAUSE:
        provider.pause_subscription(theirs, key=key)
    else:
        provider.cancel_subscription(theirs, key=key, at_once=change.kind == Kind.END)
    return ""


@transactions.write
def _answer(*, change_id: int, status: str, says: str = "", consent_url: str = "") -> PlanChange:
    """Write the first answer down; the same asked twice at once has one."""
    change = PlanChange.objects.select_for_update(of=("self",)).select_related("plan").get(pk=change_id)
    if change.status != PlanChange.Status.ASKED:
        return change
    change.status, change.says = PlanChange.Status(status), says[:300]
    PlanChange.objects.filter(pk=change_id).update(status=change.status, says=change.says, closed_at=Now())
    if change.kind == Kind.DOWNGRADE and status == PlanChange.Status.DONE:
        waits = {"next_plan": change.plan, "consent_url": consent_url}
        Subscription.objects.filter(pk=change.subscription_id).update(**waits)
    elif change.kind == Kind.UPGRADE and status == PlanChange.Status.DONE:
        # Paid or not, the larger plan that was asked for takes the smaller one back at the provider.
        Subscription.objects.filter(pk=change.subscription_id).update(next_plan=None, consent_url="")
    return change
