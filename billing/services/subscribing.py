"""Plans in their owners' hands: begun, changed, cancelled, resumed, paused.

Each writes down what is wanted, commits, asks the provider, and looks at what it says. The plan is what was paid
for, never what was asked for.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings

from accounts import permissions
from accounts.models import Membership
from accounts.permissions import Action
from aiqleads.core import clock, transactions
from billing import selectors
from billing.errors import (
    AlreadySubscribed,
    BillingAddressNeeded,
    NotSubscribed,
    OrderChanged,
    PaymentRefused,
    PlanChangeRefused,
    PlanChangeUnusable,
    PlanNotOffered,
    ProviderAway,
)
from billing.models import Customer, Plan, PlanChange, Subscription
from billing.providers import choosing
from billing.providers.port import (
    Buyer,
    KeyConflict,
    Provider,
    ProviderRefused,
    ProviderUnreachable,
    Returning,
    Started,
    SubscriptionOrder,
    TaxAnswer,
)
from billing.providers.tax_offices import reckons_itself
from billing.services import following, plan_changes
from billing.services.reckoning import ADDRESS, ask_tax, tax_of

PAGE_AGAIN: Final = timedelta(hours=1)
"""How long the same wish leads to the same page, where its provider does not say when it ends."""
Kind = PlanChange.Kind
Status = Subscription.Status


def start_subscription(*, member: Membership, plan_code: str, provider: str) -> Subscription:
    """Open the provider's page for a plan; the buyer goes on at ``checkout_url``. The same again is the same page.

    :raises NotYourRole | PlanNotOffered | ProviderNotOffered | BillingAddressNeeded: as they say
    :raises AlreadySubscribed: there is a plan, which can be changed
    :raises OrderChanged: the page was asked for before, for an order that was another; the next time begins anew
    :raises PaymentRefused: the provider opens no page for it, and nothing is paid
    :raises ProviderAway: it did not answer; the same again goes on where this stopped
    """
    transactions.refuse_transaction()
    adapter = choosing.provider(provider)
    answer = _ask_tax(member, plan_code, provider)
    subscription = _begin(member=member, plan_code=plan_code, provider=provider, answer=answer)
    if subscription.checkout_id:
        return subscription
    try:
        started = adapter.start_subscription(_order(subscription, adapter))
    except ProviderUnreachable as error:
        raise ProviderAway("We cannot reach the payment page. Nothing was paid; try again.") from error
    except KeyConflict as conflict:
        _begin_anew(subscription_id=subscription.pk)
        says = "Your order changed since its page was first asked for. Nothing was paid; try again."
        raise OrderChanged(says) from conflict
    except ProviderRefused as refusal:
        raise PaymentRefused(refusal.says, provider_code=refusal.code) from refusal
    return _note_page(subscription_id=subscription.pk, started=started)


def change_plan(*, member: Membership, plan_code: str) -> Subscription:
    """Change to another plan: to a larger one now, when the difference is paid; else with the next period.

    What the provider could not collect stays an open bill (``find_unpaid_upgrade``), and the plan as it was.
    The plan there is, asked for again, takes a change back that waits for the next period.

    :raises NotYourRole | PlanNotOffered | NotSubscribed | PlanChangeUnusable | PlanChangeRefused | ProviderAway:
        as they say
    """
    transactions.refuse_transaction()
    plan = selectors.get_plan(plan_code)
    return _ask(member=member, kind="", plan=plan)


def cancel_plan(*, member: Membership) -> Subscription:
    """End the plan with the period that is paid for. Credits stay, and the plan's rights until then.

    :raises NotYourRole | NotSubscribed | PlanChangeUnusable | PlanChangeRefused | ProviderAway: as they say
    """
    return _ask(member=member, kind=Kind.CANCEL)


def resume_plan(*, member: Membership) -> Subscription:
    """Take a cancellation or a pause back.

    :raises NotYourRole | NotSubscribed | PlanChangeUnusable | PlanChangeRefused | ProviderAway: as they say
    """
    return _ask(member=member, kind=Kind.RESUME)


def pause_plan(*, member: Membership) -> Subscription:
    """Bill no further period until it is resumed; what is paid for goes on to its end.

    :raises NotYourRole | NotSubscribed | PlanChangeUnusable | PlanChangeRefused | ProviderAway: as they say
    """
    return _ask(member=member, kind=Kind.PAUSE)


def _ask_tax(member: Membership, plan_code: str, provider: str) -> TaxAnswer | None:
    """What the office says of a month; None where the provider or the table of rates says it."""
    permissions.require(member, Action.PAY)
    plan = selectors.get_plan(plan_code)
    if not plan.price_cents:
        return None
    if reckons_itself(provider):
        if selectors.find_billing_profile(member.organisation_id) is None:
            raise BillingAddressNeeded(ADDRESS)
        return None
    return ask_tax(organisation_id=member.organisation_id, net_cents=plan.price_cents, reference=plan.code)


@transactions.write
def _begin(*, member: Membership, plan_code: str, provider: str, answer: TaxAnswer | None) -> Subscription:
    permissions.require(member, Action.PAY)
    plan = selectors.get_plan(plan_code)
    if not plan.price_cents:
        raise PlanNotOffered(f"{plan.name} is free: cancel the plan you have to return to it.", field="plan")
    theirs = Subscription.objects.select_for_update().filter(organisation=member.organisation_id).order_by("pk")
    rows = list(theirs)
    if any(row.status in Subscription.LIVE for row in rows):
        raise AlreadySubscribed("You have a plan. Change it instead of beginning another.")
    if selectors.is_disputed(member.organisation_id):
        raise PlanChangeUnusable("A payment of yours is disputed. A plan can be begun when that is settled.")
    for row in rows:
        if (row.plan_id, row.provider) == (plan.pk, provider) and _is_page_open(row):
            return row
    trial = bool(plan.trial_days) and not selectors.has_tried(member)
    return Subscription.objects.create(
        organisation_id=member.organisation_id,
        member=member,
        plan=plan,
        provider=provider,
        tax_millipercent=0 if reckons_itself(provider) else _rate(member, plan, answer),
        is_trial_granted=trial,
    )


def _rate(member: Membership, plan: Plan, answer: TaxAnswer | None) -> int:
    """The tax of every month in thousandths of a percent, for a provider that takes a rate and nothing else.

    :raises PaymentRefused: no rate says it: neither too much nor nothing is taken instead
    """
    tax = tax_of(answer, organisation_id=member.organisation_id, net_cents=plan.price_cents)
    if tax.cents and not tax.millipercent:
        says = "Where you are, plans cannot be paid this way. Choose another way of paying."
        raise PaymentRefused(says, provider_code="tax_without_a_rate")
    return tax.millipercent


@transactions.write
def _begin_anew(*, subscription_id: UUID) -> None:
    """Close what no page was ever shown of, so that the same wish is written down as another."""
    row = Subscription.objects.select_for_update().get(pk=subscription_id)
    if row.status == Status.INCOMPLETE and not row.checkout_id:
        row.status, row.ended_at = Status.ENDED, clock.now()
        row.save(update_fields=["status", "ended_at"])


def _is_page_open(row: Subscription) -> bool:
    ends = row.checkout_ends_at or row.created_at + PAGE_AGAIN
    return row.status == Status.INCOMPLETE and clock.now() < ends


def _order(subscription: Subscription, adapter: Provider) -> SubscriptionOrder:
    customer = Customer.objects.filter(
        organisation=subscription.organisation_id, provider=subscription.provider
    ).first()
    url = f"{settings.SITE_URL}/credits/plans/begun/{subscription.pk}/"
    return SubscriptionOrder(
        key=f"{subscription.pk}:0",
        reference=str(subscription.pk),
        buyer=Buyer(
            organisation_id=str(subscription.organisation_id),
            name=subscription.organisation.name,
            email=subscription.member.user.email,
            customer_id=customer.customer_id if customer else "",
        ),
        price_id=plan_changes.price_of(subscription.plan, adapter),
        trial_days=subscription.plan.trial_days if subscription.is_trial_granted else 0,
        tax_millipercent=subscription.tax_millipercent,
        is_tax_automatic=reckons_itself(subscription.provider),
        returning=Returning(done_url=url, cancelled_url=f"{url}?cancelled=1"),
    )


@transactions.write
def _note_page(*, subscription_id: UUID, started: Started) -> Subscription:
    row = Subscription.objects.select_for_update().get(pk=subscription_id)
    if not row.checkout_id:
        row.checkout_id, row.checkout_url = started.checkout_id, started.url
        row.checkout_ends_at = started.expires_at
        row.save(update_fields=["checkout_id", "checkout_url", "checkout_ends_at"])
    return row


def _ask(*, member: Membership, kind: str, plan: Plan | None = None) -> Subscription:
    """Look, write down, ask, look again: what is decided upon is what the provider said a moment ago."""
    transactions.refuse_transaction()
    permissions.require(member, Action.PAY)
    known = selectors.find_subscription(member.organisation_id)
    if known is None:
        raise NotSubscribed("You are on Starter, which is free. Choose a plan first.")
    try:
        following.look_at_subscription(known.pk)
        change = _write_down(member=member, subscription_id=known.pk, kind=kind, plan=plan)
        change = plan_changes.carry_out(known, change)
        subscription = following.look_at_subscription(known.pk)
    except ProviderUnreachable as error:
        raise ProviderAway(
            "We cannot reach the provider of your payments. We go on asking; look again in some minutes."
        ) from error
    except transactions.LockTimeout as error:
        says = "Your plan is busy at this moment. Look what became of it before you ask once more."
        raise PlanChangeUnusable(says) from error
    if change.status == PlanChange.Status.REFUSED:
        raise PlanChangeRefused(change.says or "The provider refused this.")
    return subscription


@transactions.write
def _write_down(*, member: Membership, subscription_id: UUID, kind: str, plan: Plan | None) -> PlanChange:
    row = Subscription.objects.select_for_update().get(pk=subscription_id)
    if row.status not in Subscription.LIVE:
        raise NotSubscribed("Your plan has ended. Choose one again.")
    if row.is_frozen and kind != Kind.CANCEL:
        raise PlanChangeUnusable("A payment of this plan is disputed. It can be changed when that is settled.")
    _USABLE[kind](row)
    if plan:
        kind = _kind_of(row, plan)
    return plan_changes.ask_for(row, kind=kind, member=member, plan=plan)


def _kind_of(row: Subscription, plan: Plan) -> str:
    if not plan.price_cents:
        raise PlanChangeUnusable("Cancel the plan to return to Starter.")
    if plan == row.plan and row.next_plan is None:
        raise AlreadySubscribed(f"You are on {plan.name} already.")
    return Kind.UPGRADE if selectors.changes_at_once(row, plan) else Kind.DOWNGRADE


def _may_change(row: Subscription) -> None:
    if row.status == Status.PAST_DUE:
        raise PlanChangeUnusable("A bill of your plan is not paid. Pay it first, then change the plan.")
    if row.status == Status.PAUSED or row.cancels_at_period_end:
        raise PlanChangeUnusable("Resume your plan first, then change it.")
    if selectors.find_unpaid_upgrade(row):
        says = "The payment of your last change is not finished. Finish it, or wait for a day until it lapses."
        raise PlanChangeUnusable(says)


def _may_cancel(row: Subscription) -> None:
    if row.cancels_at_period_end:
        raise PlanChangeUnusable("Your plan is cancelled already.")


def _may_resume(row: Subscription) -> None:
    if row.status != Status.PAUSED and not row.cancels_at_period_end:
        raise PlanChangeUnusable("Your plan goes on already.")


def _may_pause(row: Subscription) -> None:
    if row.status != Status.ACTIVE or row.cancels_at_period_end:
        raise PlanChangeUnusable("Only a plan that runs and goes on can be paused.")


_USABLE: Final[Mapping[str, Callable[[Subscription], None]]] = {
    "": _may_change,
    Kind.CANCEL: _may_cancel,
    Kind.RESUME: _may_resume,
    Kind.PAUSE: _may_pause,
}
