"""Credits that buy themselves: agreed to by an owner, within limits, one charge at a time; and the card for it."""

from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db.models import Q

from accounts import permissions
from accounts.models import Membership
from accounts.permissions import Action
from aiqleads.core import audit, clock, events, transactions
from aiqleads.core.clock import Now
from aiqleads.core.idempotency import KeyReused
from billing import recharge_terms, selectors
from billing.errors import (
    BillingAddressNeeded,
    NoMethodKept,
    OrderChanged,
    OtherTerms,
    PackNotOffered,
    PaymentRefused,
    ProviderAway,
    RechargeOutOfBounds,
)
from billing.events import RechargeEnded
from billing.models import AutoRecharge, Customer, Dispute, MethodSetup, Pack, Payment
from billing.providers import choosing
from billing.providers.port import (
    Buyer,
    KeyConflict,
    ProviderMisunderstood,
    ProviderRefused,
    ProviderUnreachable,
    Returning,
    Setup,
    Started,
    TaxAnswer,
)
from billing.providers.tax_offices import tax_office
from billing.services.buying import look_again
from billing.services.recharge_outcomes import UNANSWERED
from billing.services.reckoning import ask_tax, keep_answer, tax_of

log = structlog.get_logger(__name__)

PAUSE_AFTER_DECLINE: Final = timedelta(hours=12)
"""A card that was declined is asked again later: the same minute would say the same."""
MAY_STILL_COME: Final = timedelta(hours=72)
"""How long no other charge is made after one that nobody answered: it may be heard of yet, at the latest when the
nightly look takes in what the provider lists of the last three days.
"""


@transactions.write
def agree_to_recharge(
    *,
    member: Membership,
    provider: str,
    pack_code: str,
    below_credits: int,
    most_a_day: int,
    price_cents: int,
    version: str,
) -> AutoRecharge:
    """Turn it on, or on with other terms: what the member was shown is kept with who said yes and when.

    :param price_cents: of the pack, as it was shown; more is never charged
    :param version: of the text that was shown
    :raises NotYourRole | PackNotOffered | ProviderNotOffered | RechargeOutOfBounds: as they say
    :raises NoMethodKept: the provider keeps no way of paying yet
    :raises OtherTerms: text or price are others by now, to be read again
    """
    permissions.require(member, Action.PAY)
    choosing.provider(provider)
    pack = selectors.find_pack(pack_code)
    if pack is None:
        raise PackNotOffered("This pack is not sold any more. Choose another.", field="pack")
    if not (0 < most_a_day <= recharge_terms.MOST_A_DAY):
        raise RechargeOutOfBounds(f"Between 1 and {recharge_terms.MOST_A_DAY} packs a day.", field="most_a_day")
    if not (0 < below_credits <= recharge_terms.HIGHEST_THRESHOLD_CREDITS):
        says = f"Between 1 and {recharge_terms.HIGHEST_THRESHOLD_CREDITS:,} credits."
        raise RechargeOutOfBounds(says, field="below_credits")
    if (version, price_cents) != (recharge_terms.VERSION, pack.price_cents):
        raise OtherTerms("The text or the price has changed. Read it again.", price_cents=pack.price_cents)
    if selectors.kept_method(organisation_id=member.organisation_id, provider=provider) is None:
        raise NoMethodKept("Keep a way of paying first.", field="provider")
    AutoRecharge.objects.select_for_update().filter(organisation=member.organisation_id).first()
    recharge, _ = AutoRecharge.objects.update_or_create(
        organisation_id=member.organisation_id,
        defaults={
            "provider": provider,
            "pack_code": pack_code,
            "agreed_cents": price_cents,
            "below_credits": below_credits,
            "most_a_day": most_a_day,
            "is_on": True,
            "declines": 0,
            "consented_by": member,
            "consented_at": Now(),
            "consent_version": version,
        },
    )
    agreed = {"pack": pack_code, "below_credits": below_credits, "most_a_day": most_a_day, "cents": price_cents}
    audit.record(actor_id=member.user_id, action="recharge.agreed", subject=recharge, version=version, terms=agreed)
    return AutoRecharge.objects.get(pk=recharge.pk)


@transactions.write
def turn_recharge_off(*, member: Membership) -> bool:
    """End the permission at once; whether it was on. Again is harmless.

    :raises NotYourRole: as it says
    """
    permissions.require(member, Action.PAY)
    recharge = AutoRecharge.objects.select_for_update().filter(organisation=member.organisation_id).first()
    if recharge is None or not recharge.is_on:
        return False
    recharge.is_on = False
    recharge.save(update_fields=["is_on"])
    audit.record(actor_id=member.user_id, action="recharge.turned_off", subject=recharge)
    return True


def recharge_where_low(*, organisation_id: UUID) -> Payment | None:
    """Buy the agreed pack where the balance has fallen below what was agreed; None where nothing is to be done.

    Safe at any time and side by side: one charge runs at a time. One that the provider did not answer stays open,
    and the sweep over payments goes on with the same key.
    """
    transactions.refuse_transaction()
    payment = _order(organisation_id, _ask_tax(organisation_id))
    if payment is None:
        return None
    try:
        return look_again(payment.pk)
    except (ProviderUnreachable, ProviderMisunderstood) as error:
        log.warning("recharge.not_answered", payment=str(payment.pk), reason=type(error).__name__)
        return payment


def _ask_tax(organisation_id: UUID) -> TaxAnswer | None:
    """What the office says of a pack that is due; None where the table of rates says it, or nothing is due."""
    if tax_office() is None:
        return None
    recharge = AutoRecharge.objects.filter(organisation=organisation_id, is_on=True).first()
    pack = selectors.find_pack(recharge.pack_code) if recharge and _is_due(recharge) else None
    if pack is None:
        return None
    try:
        return ask_tax(organisation_id=organisation_id, net_cents=pack.price_cents, reference=str(uuid4()))
    except ProviderAway:
        log.warning("recharge.tax_not_reckoned", organisation=str(organisation_id))
    except BillingAddressNeeded as refusal:
        _end_for_now(organisation_id=organisation_id, why=refusal.detail)
    return None


@transactions.write
def _end_for_now(*, organisation_id: UUID, why: str) -> None:
    recharge = AutoRecharge.objects.select_for_update().filter(organisation=organisation_id, is_on=True).first()
    if recharge:
        _end(recharge, why)


@transactions.write
def _order(organisation_id: UUID, answer: TaxAnswer | None) -> Payment | None:
    kept = AutoRecharge.objects.select_for_update().filter(organisation=organisation_id, is_on=True)
    recharge = kept.first()
    if recharge is None or not _is_due(recharge):
        return None
    pack = selectors.find_pack(recharge.pack_code)
    why = _why_not(recharge, pack)
    if why or pack is None:
        _end(recharge, why)
        return None
    try:
        tax = tax_of(answer, organisation_id=organisation_id, net_cents=pack.price_cents)
    except BillingAddressNeeded as refusal:
        _end(recharge, refusal.detail)
        return None
    except (OrderChanged, ProviderAway):  # the next sweep asks about what is due by then
        return None
    payment = Payment.objects.create(
        organisation_id=organisation_id,
        member=recharge.consented_by,
        provider=recharge.provider,
        purpose=Payment.Purpose.RECHARGE,
        pack=pack,
        amount_credits=pack.amount_credits,
        net_cents=pack.price_cents,
        tax_cents=tax.cents,
    )
    if answer:
        keep_answer(payment, answer)
    return payment


def _is_due(recharge: AutoRecharge) -> bool:
    if selectors.balance_credits(recharge.organisation_id) >= recharge.below_credits:
        return False
    made = Payment.objects.filter(organisation=recharge.organisation_id, purpose=Payment.Purpose.RECHARGE)
    if made.exclude(status__in=Payment.FINAL).exists():
        return False
    of_today = made.filter(created_at__gt=Now() - timedelta(hours=24)).exclude(status=Payment.Status.FAILED)
    declined = made.filter(created_at__gt=Now() - PAUSE_AFTER_DECLINE, status=Payment.Status.FAILED)
    unanswered = made.filter(created_at__gt=Now() - MAY_STILL_COME, status=Payment.Status.FAILED, code=UNANSWERED)
    since = recharge.consented_at
    waits = unanswered.exists() or declined.filter(created_at__gt=since).exists()
    return of_today.count() < recharge.most_a_day and not waits


def _why_not(recharge: AutoRecharge, pack: Pack | None) -> str:
    """Why what was agreed to cannot be done any more, in a sentence; empty where it can."""
    agreed = recharge.consented_by
    if agreed is None or not agreed.user.is_active or not permissions.allows(agreed, Action.PAY):
        return "Who agreed to it may not pay for the organisation any more."
    if pack is None:
        return "The pack is not sold any more."
    if pack.price_cents > recharge.agreed_cents:
        return "The pack costs more than you agreed to."
    return _why_not_any_more(recharge, pack)


def _why_not_any_more(recharge: AutoRecharge, pack: Pack) -> str:
    """What happened since somebody agreed: the pack gives less by now, or a payment was called none of theirs."""
    since = recharge.consented_at
    shown = Pack.objects.filter(code=pack.code, offered_from__lte=since).exclude(offered_until__lte=since).first()
    if shown is None or pack.amount_credits < shown.amount_credits:
        return "The pack gives fewer credits than you agreed to."
    disputes = Dispute.objects.filter(payment__organisation=recharge.organisation_id)
    if disputes.exclude(status=Dispute.Status.WON).filter(Q(opened_at__gt=since) | Q(status="open")).exists():
        return "The bank was asked to take a payment back."
    return ""


def _end(recharge: AutoRecharge, why: str) -> None:
    recharge.is_on = False
    recharge.save(update_fields=["is_on"])
    audit.record(actor_id=None, action="recharge.ended", subject=recharge, why=why)
    events.publish(RechargeEnded(organisation_id=recharge.organisation_id, why=why, at=clock.now().isoformat()))


def recharge_everywhere() -> int:
    """Look at every organisation whose balance is below what it agreed to; return how many charges were made.

    Safe to run twice.
    """
    made = 0
    for organisation_id in selectors.organisations_to_recharge():
        try:
            made += recharge_where_low(organisation_id=organisation_id) is not None
        except Exception:  # whatever one stumbles over, the others get theirs
            log.exception("recharge.failed", organisation=str(organisation_id))
    return made


def start_setup(*, member: Membership, provider: str, setup_id: UUID | None = None) -> MethodSetup:
    """Open the provider's page on which a way of paying is left, for ``checkout_url``. Nothing is paid.

    :param setup_id: the same again is the same page
    :raises NotYourRole | ProviderNotOffered | KeyReused: as they say
    :raises OrderChanged: the page was asked for before, in another name; the next time begins anew
    :raises PaymentRefused: the provider keeps none
    :raises ProviderAway: it did not answer; the same again goes on where this stopped
    """
    transactions.refuse_transaction()
    adapter = choosing.provider(provider)
    setup = _write_setup(member, provider, setup_id or uuid4())
    if setup.checkout_id:
        return setup
    url = f"{settings.SITE_URL}{setup.get_absolute_url()}"
    customer = Customer.objects.filter(organisation=member.organisation_id, provider=provider).first()
    buyer = Buyer(
        organisation_id=str(member.organisation_id),
        name=member.organisation.name,
        email=member.user.email,
        customer_id=customer.customer_id if customer else "",
    )
    returning = Returning(done_url=url, cancelled_url=f"{url}?cancelled=1")
    try:
        started = adapter.start_setup(
            Setup(key=f"{setup.pk}:1", reference=str(setup.pk), buyer=buyer, returning=returning)
        )
    except KeyConflict as conflict:
        says = "Your organisation changed since the page was first asked for. Nothing was kept; try again."
        raise OrderChanged(says) from conflict
    except ProviderRefused as refusal:
        raise PaymentRefused(refusal.says, provider_code=refusal.code) from refusal
    except ProviderUnreachable as error:
        raise ProviderAway("We cannot reach the page. Nothing was changed; try again.") from error
    return _note_setup(setup.pk, started)


@transactions.write
def _write_setup(member: Membership, provider: str, setup_id: UUID) -> MethodSetup:
    permissions.require(member, Action.PAY)
    told = {"organisation_id": member.organisation_id, "member": member, "provider": provider}
    setup, _ = MethodSetup.objects.get_or_create(pk=setup_id, defaults=told)
    if (setup.organisation_id, setup.provider) != (member.organisation_id, provider):
        raise KeyReused("This form or Idempotency-Key was used for something else. Use a new one.")
    return setup


@transactions.write
def _note_setup(setup_id: UUID, started: Started) -> MethodSetup:
    setup = MethodSetup.objects.select_for_update().get(pk=setup_id)
    if not setup.checkout_id:
        setup.checkout_id, setup.checkout_url = started.checkout_id, started.url
        setup.save(update_fields=["checkout_id", "checkout_url"])
    return setup


def look_at_setup(setup_id: UUID) -> Customer | None:
    """The way of paying that was left on the page, kept by now; None so far. Safe at any time.

    :raises ProviderUnreachable | ProviderMisunderstood | ProviderNotOffered: nothing was learnt or changed
    """
    transactions.refuse_transaction()
    setup = MethodSetup.objects.get(pk=setup_id)
    if not setup.checkout_id or setup.finished_at:
        return selectors.kept_method(organisation_id=setup.organisation_id, provider=setup.provider)
    method = choosing.provider(setup.provider).fetch_setup(setup.checkout_id)
    if method is None:
        return None
    return _keep_method(setup.pk, method.customer_id, method.method_id, method.label)


@transactions.write
def _keep_method(setup_id: UUID, customer_id: str, method_id: str, label: str) -> Customer:
    setup = MethodSetup.objects.select_for_update().get(pk=setup_id)
    known = {"customer_id": customer_id, "method_id": method_id, "method_label": label[:60]}
    customer, _ = Customer.objects.update_or_create(
        organisation_id=setup.organisation_id, provider=setup.provider, defaults=known
    )
    if setup.finished_at is None:
        MethodSetup.objects.filter(pk=setup_id).update(finished_at=Now())
        audit.record(actor_id=setup.member.user_id, action="method.kept", subject=setup, provider=setup.provider)
    return customer
