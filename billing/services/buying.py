"""Buying credits: a row first, then the provider's page, then what became of it, asked as often as anybody likes.

Nothing is asked of a provider inside a transaction. Whatever dies between two steps, the next look goes on from the
row: the same key finds a page that was opened and not written down, and money is posted once, under its capture.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import structlog
from django.conf import settings

from accounts import permissions
from accounts.models import Membership
from accounts.permissions import Action
from aiqleads.core import alerts, clock, events, transactions
from aiqleads.core.clock import Now
from aiqleads.core.idempotency import KeyReused
from billing import journal_keys, selectors
from billing.errors import OrderChanged, PackNotOffered, PaymentRefused, ProviderAway
from billing.events import CreditsPosted
from billing.models import Customer, Pack, Payment
from billing.papers import dollars
from billing.providers import choosing
from billing.providers.port import (
    Buyer,
    Charge,
    KeyConflict,
    Money,
    NotFound,
    Order,
    PaymentState,
    PaymentStatus,
    Provider,
    ProviderMisunderstood,
    ProviderRefused,
    ProviderUnreachable,
    Returning,
    Started,
    TaxAnswer,
)
from billing.services.invoicing import invoice
from billing.services.ledger import post_payment
from billing.services.recharge_outcomes import UNANSWERED, note_outcome
from billing.services.reckoning import ask_tax, keep_answer, tax_of

log = structlog.get_logger(__name__)

AREA: Final = "payment"
KEYS_LIVE: Final = timedelta(hours=20)
"""How long the same key finds what it did before, at the provider that forgets first: Stripe after 24 hours."""
LATE: Final = timedelta(hours=24)
"""How long after its page has ended a payment is still waited for. What comes later than that counts as well."""
CHANGED: Final = "Your order changed since its payment page was first asked for. Nothing was paid; order once more."
_OURS: Final = (Payment.Purpose.PACK, Payment.Purpose.RECHARGE)
_STATUS: Final = {
    PaymentStatus.PENDING: Payment.Status.PENDING,
    PaymentStatus.FAILED: Payment.Status.FAILED,
    PaymentStatus.EXPIRED: Payment.Status.EXPIRED,
}


def start_checkout(*, member: Membership, pack_code: str, provider: str, payment_id: UUID | None = None) -> Payment:
    """Open the provider's page for a pack; the buyer goes on at ``checkout_url``.

    :param payment_id: the same again is the same payment, with the same page
    :raises NotYourRole | PackNotOffered | ProviderNotOffered | BillingAddressNeeded | KeyReused: as they say
    :raises OrderChanged: the page was asked for before, for an order that was another; this payment is closed
    :raises PaymentRefused: the provider opens no page for it, and nothing is paid
    :raises ProviderAway: it did not answer; the same again goes on where this stopped
    """
    transactions.refuse_transaction()
    adapter = choosing.provider(provider)
    payment_id = payment_id or uuid4()
    answer = _ask_tax(member, pack_code, payment_id)
    payment = _order(member=member, pack_code=pack_code, provider=provider, payment_id=payment_id, answer=answer)
    try:
        return _with_page(payment, adapter)
    except ProviderUnreachable as error:
        raise ProviderAway("We cannot reach the payment page. Nothing was paid; try again.") from error


def _ask_tax(member: Membership, pack_code: str, payment_id: UUID) -> TaxAnswer | None:
    """What the office says of a payment that is not written down yet; None where the table of rates says it."""
    permissions.require(member, Action.PAY)
    if Payment.objects.filter(pk=payment_id).exists():
        return None
    net_cents = _offered(pack_code).price_cents
    return ask_tax(organisation_id=member.organisation_id, net_cents=net_cents, reference=str(payment_id))


@transactions.write
def _order(
    *, member: Membership, pack_code: str, provider: str, payment_id: UUID, answer: TaxAnswer | None
) -> Payment:
    permissions.require(member, Action.PAY)
    known = Payment.objects.filter(pk=payment_id).first()
    if known is None:
        known = _write(member, _offered(pack_code), provider, payment_id, answer)
    if (known.organisation_id, known.pack and known.pack.code, known.provider) != (
        member.organisation_id,
        pack_code,
        provider,
    ):
        raise KeyReused("This form or Idempotency-Key was used for another payment. Use a new one.")
    return known


def _offered(pack_code: str) -> Pack:
    pack = selectors.find_pack(pack_code)
    if pack is None:
        raise PackNotOffered("This pack is not sold any more. Choose another.", field="pack")
    return pack


def _write(member: Membership, pack: Pack, provider: str, payment_id: UUID, answer: TaxAnswer | None) -> Payment:
    tax = tax_of(answer, organisation_id=member.organisation_id, net_cents=pack.price_cents)
    asked = {
        "organisation_id": member.organisation_id,
        "member": member,
        "provider": provider,
        "purpose": Payment.Purpose.PACK,
        "pack": pack,
        "amount_credits": pack.amount_credits,
        "net_cents": pack.price_cents,
        "tax_cents": tax.cents,
    }
    payment, is_new = Payment.objects.get_or_create(pk=payment_id, defaults=asked)  # one form, sent twice at once
    if is_new and answer:
        keep_answer(payment, answer)
    return payment


def _with_page(payment: Payment, adapter: Provider) -> Payment:
    """The payment with its page, opened where it has none. The same key again finds the page it opened before."""
    if payment.checkout_id or payment.is_final:
        return payment
    try:
        started = adapter.start_checkout(_order_of(payment))
    except KeyConflict as conflict:  # asked before, its answer lost; nobody was shown that page
        _refused(payment.pk, code=OrderChanged.code, says=CHANGED)
        raise OrderChanged(CHANGED) from conflict
    except ProviderRefused as refusal:
        _refused(payment.pk, code=refusal.code, says=refusal.says)
        raise PaymentRefused(refusal.says, provider_code=refusal.code) from refusal
    return _note_page(payment.pk, started)


def _order_of(payment: Payment) -> Order:
    paying = payment.member
    customer = Customer.objects.filter(organisation=payment.organisation_id, provider=payment.provider).first()
    url = f"{settings.SITE_URL}{payment.get_absolute_url()}"
    return Order(
        key=f"{payment.pk}:1",
        reference=str(payment.pk),
        buyer=Buyer(
            organisation_id=str(payment.organisation_id),
            name=payment.organisation.name,
            email=paying.user.email if paying else "",
            customer_id=customer.customer_id if customer else "",
        ),
        description=f"{payment.amount_credits:,} credits",
        total=Money(minor=payment.total_cents),
        tax=Money(minor=payment.tax_cents),
        returning=Returning(done_url=url, cancelled_url=f"{url}?cancelled=1"),
    )


@transactions.write
def _note_page(payment_id: UUID, started: Started) -> Payment:
    payment = _locked(payment_id)
    if not payment.checkout_id:
        payment.checkout_id, payment.checkout_url = started.checkout_id, started.url
        payment.expires_at = started.expires_at
        payment.save(update_fields=["checkout_id", "checkout_url", "expires_at"])
    return payment


@transactions.write
def _refused(payment_id: UUID, *, code: str, says: str) -> None:
    payment = _locked(payment_id)
    if payment.status == Payment.Status.CREATED:
        _close(payment, Payment.Status.FAILED, code=code, says=says)


def look_again(payment_id: UUID, *, capture_id: str = "") -> Payment:
    """Ask the provider what became of a payment, and act upon it. Safe at any time, as often as one likes.

    Pages on which buyers come back, the inbox, the sweep and operators all call this. A plan's bill is looked at
    with its subscription.

    :param capture_id: the provider's name of the money, where a message brought it

    :raises ProviderUnreachable | ProviderMisunderstood | ProviderNotOffered: nothing was learnt or changed
    """
    transactions.refuse_transaction()
    payment = Payment.objects.select_related("organisation", "member__user", "pack").get(pk=payment_id)
    if payment.status == Payment.Status.PAID or payment.purpose not in _OURS:
        return payment
    Payment.objects.filter(pk=payment_id).update(looked_at=Now())
    adapter = choosing.provider(payment.provider)
    if payment.is_recharge:
        state = _charged(payment, adapter, payment.capture_id or capture_id)
    else:
        state = _paid(payment, adapter)
    return record_payment(payment_id=payment_id, state=state) if state else Payment.objects.get(pk=payment_id)


def _paid(payment: Payment, adapter: Provider) -> PaymentState | None:
    """What became of a page: None where it never opened, or its buyer has not finished."""
    if not payment.checkout_id:
        if payment.is_final:
            return None
        if clock.now() - payment.created_at > KEYS_LIVE:  # nobody was ever shown a page
            return _state(payment, PaymentStatus.EXPIRED)
        try:
            payment = _with_page(payment, adapter)
        except PaymentRefused:
            return None
    state = _fetched(payment, adapter)
    if state.status != PaymentStatus.OPEN or not _is_over(payment):
        return state
    adapter.expire_checkout(payment.checkout_id)
    state = _fetched(payment, adapter)  # it may have been paid a moment before
    return _state(payment, PaymentStatus.EXPIRED) if state.status == PaymentStatus.OPEN else state


def _fetched(payment: Payment, adapter: Provider) -> PaymentState:
    """As the provider tells it. One that has forgotten a page by now that nobody paid on is believed."""
    try:
        return adapter.fetch_checkout(payment.checkout_id)
    except NotFound:
        if not _is_over(payment):
            raise
        return _state(payment, PaymentStatus.EXPIRED)


def _is_over(payment: Payment) -> bool:
    return clock.now() > (payment.expires_at or payment.created_at) + LATE


def _charged(payment: Payment, adapter: Provider, capture_id: str) -> PaymentState | None:
    """What became of a charge without the buyer; the same key again charges once."""
    if capture_id:
        return adapter.fetch_payment(capture_id)
    if payment.is_final:
        return None
    if clock.now() - payment.created_at > KEYS_LIVE:
        says = "The provider of your way of paying has not answered."
        return _state(payment, PaymentStatus.FAILED, code=UNANSWERED, says=says)
    customer = Customer.objects.filter(organisation=payment.organisation_id, provider=payment.provider).first()
    if customer is None or not customer.method_id:
        return _state(payment, PaymentStatus.FAILED, code="no_method", says="No way of paying is kept.")
    recharge = selectors.find_recharge(payment.organisation_id)
    if recharge is None or not recharge.is_on:  # a charge whose answer was lost still credits when it is heard of
        return _state(payment, PaymentStatus.FAILED, code="turned_off", says="Automatic top-ups were turned off.")
    return _charge(payment, adapter, customer)


def _charge(payment: Payment, adapter: Provider, customer: Customer) -> PaymentState:
    try:
        return adapter.charge(
            Charge(
                key=f"{payment.pk}:1",
                reference=str(payment.pk),
                customer_id=customer.customer_id,
                method_id=customer.method_id,
                description=f"{payment.amount_credits:,} credits, automatically",
                total=Money(minor=payment.total_cents),
                tax=Money(minor=payment.tax_cents),
            )
        )
    except ProviderRefused as refusal:
        return _state(payment, PaymentStatus.FAILED, code=refusal.code, says=refusal.says)


def _state(payment: Payment, status: PaymentStatus, *, code: str = "", says: str = "") -> PaymentState:
    """What we conclude ourselves where no provider tells it: nothing was paid."""
    nothing = Money(minor=0)
    return PaymentState(
        status=status,
        reference=str(payment.pk),
        capture_id="",
        paid=nothing,
        refunded=nothing,
        code=code,
        says=says,
    )


@transactions.write
def record_payment(*, payment_id: UUID, state: PaymentState) -> Payment:
    """Act upon what a provider says of a payment: credits, invoice and event at once when it is paid, and once.

    No credits are given for another amount than was asked for: that is for a person to look at.

    :raises ProviderMisunderstood: it speaks of another payment
    """
    payment = _locked(payment_id)
    if state.reference not in {"", str(payment.pk)}:
        raise ProviderMisunderstood(f"{payment.provider} answered for another payment than {payment.pk}")
    if payment.status == Payment.Status.PAID:
        return payment
    if state.status == PaymentStatus.PAID:
        return post_paid(payment, state) if _is_whole(payment, state) else _strange(payment, state)
    if state.status in _STATUS and not payment.is_final:
        _close(payment, _STATUS[state.status], capture_id=state.capture_id, code=state.code, says=state.says)
    if state.status == PaymentStatus.OPEN and state.says and payment.status == Payment.Status.CREATED:
        _note_decline(payment, state)
    return payment


def _note_decline(payment: Payment, state: PaymentState) -> None:
    """Keep why the last try on an open page failed. Some providers tell it once: silence later changes nothing."""
    payment.code, payment.says = state.code[:60], state.says[:300]
    payment.save(update_fields=["code", "says"])


def _is_whole(payment: Payment, state: PaymentState) -> bool:
    return bool(state.capture_id) and state.paid == Money(minor=payment.total_cents)


def _strange(payment: Payment, state: PaymentState) -> Payment:
    """Money came, and not what was asked for. It waits for a person, unless one settled it, here or over there."""
    if Payment.objects.filter(instead_of=payment).exists():
        return payment
    told = f"{in_words(state.paid)} came in for {dollars(payment.total_cents)}"
    if state.refunded == state.paid:
        return close_other_amount(payment, says=f"{told}. It went back whole.")
    alerts.open_alert(
        key=f"{AREA}:{payment.pk}", says=f"{told} at {payment.provider}; nothing was credited.", subject=payment
    )
    if payment.status == Payment.Status.CREATED:
        payment.status = Payment.Status.PENDING
    payment.code, payment.says = Payment.OTHER_AMOUNT, f"{told}. We look at it and write to you."
    payment.capture_id = state.capture_id or payment.capture_id
    payment.save(update_fields=["status", "code", "says", "capture_id"])
    return payment


def close_other_amount(payment: Payment, *, says: str) -> Payment:
    """End one for which another amount came in, with its alert: it is no decline. Joins the transaction.

    What the provider calls the money belongs to whatever it is counted as.
    """
    transactions.require_transaction()
    if not payment.is_final:
        payment.status = Payment.Status.FAILED
    payment.code, payment.says, payment.capture_id = Payment.OTHER_AMOUNT, says[:300], ""
    payment.save(update_fields=["status", "code", "says", "capture_id"])
    alerts.close_alert(key=f"{AREA}:{payment.pk}")
    return payment


def in_words(paid: Money) -> str:
    """What the minor units of other currencies are worth is not known here."""
    return dollars(paid.minor) if paid.currency == "USD" else f"{paid.minor:,} smallest units of {paid.currency}"


def post_paid(payment: Payment, state: PaymentState) -> Payment:
    """Credit a payment with what the provider captured: journal, event and invoice. Joins the transaction."""
    payment.journal = post_payment(
        organisation_id=payment.organisation_id,
        key=journal_keys.of_payment(provider=payment.provider, capture_id=state.capture_id),
        memo=f"{payment.amount_credits:,} credits bought{' automatically' if payment.is_recharge else ''}",
        amount_credits=payment.amount_credits,
        net_cents=payment.net_cents,
        tax_cents=payment.tax_cents,
        provider=payment.provider,
        valid_days=payment.pack.valid_days if payment.pack else None,
    )
    payment.paid_at = state.paid_at or clock.now()
    _close(payment, Payment.Status.PAID, capture_id=state.capture_id)
    alerts.close_alert(key=f"{AREA}:{payment.pk}")
    _know_customer(payment, state.customer_id)
    events.publish(CreditsPosted(organisation_id=payment.organisation_id, payment_id=payment.pk))
    invoice(payment)
    return payment


def _close(payment: Payment, status: str, *, capture_id: str = "", code: str = "", says: str = "") -> None:
    payment.status, payment.code, payment.says = status, code[:60], says[:300]
    payment.capture_id = capture_id or payment.capture_id
    payment.save(update_fields=["status", "capture_id", "code", "says", "paid_at", "journal"])
    if payment.is_recharge:
        note_outcome(payment)


def _know_customer(payment: Payment, customer_id: str) -> None:
    """Keep what the provider calls the organisation; the first it was called stays."""
    if customer_id:
        row = Customer(organisation_id=payment.organisation_id, provider=payment.provider, customer_id=customer_id)
        Customer.objects.bulk_create([row], ignore_conflicts=True)


def _locked(payment_id: UUID) -> Payment:
    rows = Payment.objects.select_related("pack", "organisation").select_for_update(of=("self",))
    return rows.get(pk=payment_id)


def look_at_unfinished(*, limit: int = 100) -> int:
    """Look again at payments that are not final, the oldest first, each as long after its last look as it is old.

    Safe to run twice. A provider that does not answer is left alone until the next time.

    :return: how many were looked at
    """
    away: set[str] = set()
    looked = 0
    for payment in selectors.unfinished_payments()[:limit]:
        if payment.provider in away:
            continue
        try:
            look_again(payment.pk)
        except ProviderUnreachable:
            away.add(payment.provider)
            log.warning("payment.provider_away", provider=payment.provider)
        except Exception:  # whatever one stumbles over, the others are looked at
            log.exception("payment.look_failed", payment=str(payment.pk))
        looked += 1
    return looked
