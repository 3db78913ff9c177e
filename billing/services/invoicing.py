"""Invoices and credit notes: issued in the transaction that posts the money, drawn and sent by a task after it."""

from datetime import timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from django.conf import settings

from accounts import permissions
from accounts.models import Membership, Organisation
from aiqleads.core import audit, clock, events, transactions
from aiqleads.core.clock import Now
from billing import letters, selectors, tax
from billing.documents import invoice_pdf
from billing.errors import BillingAddressNeeded
from billing.events import InvoiceIssued
from billing.models import Bill, BillingProfile, Invoice, Payment, Refund, TaxReckoning
from billing.papers import Item, Paper, Party, TaxLine, TaxPart

MISSED_AFTER: Final = timedelta(minutes=15)
"""How long an event has to lead to an invoice's letter, before the sweep sends it."""


def invoice(payment: Payment) -> Invoice:
    """Issue the invoice of a payment that is posted in this transaction; again is the same as once. Joins it.

    Its number is taken last: whoever issues another waits from here until the commit.
    """
    transactions.require_transaction()
    known = Invoice.objects.filter(payment=payment, kind=Invoice.Kind.INVOICE).defer("pdf").first()
    if known:
        return known
    paper = Paper(
        seller=_seller(),
        buyer=_buyer(payment.organisation),
        lines=[Item(says=_sold(payment), net_cents=payment.net_cents)],
        tax=_taxed(payment),
        paid_by=payment.provider,
    )
    return _issue(
        Invoice(
            kind=Invoice.Kind.INVOICE,
            organisation_id=payment.organisation_id,
            payment=payment,
            snapshot=paper.as_json(),
            net_cents=payment.net_cents,
            tax_cents=payment.tax_cents,
            total_cents=payment.total_cents,
        )
    )


def credit_note(refund: Refund) -> Invoice:
    """Issue the credit note of a refund that is settled in this transaction; again is the same as once. Joins it.

    It is made out as the invoice was that it corrects, whatever the profile says by now.
    """
    transactions.require_transaction()
    known = Invoice.objects.filter(refund=refund).defer("pdf").first()
    if known:
        return known
    corrected = invoice(refund.payment)
    was = Paper.read(corrected.snapshot)
    paper = Paper(
        seller=was.seller,
        buyer=was.buyer,
        lines=[Item(says=f"Given back of: {was.lines[0].says}", net_cents=refund.net_cents)],
        tax=TaxLine(
            cents=refund.tax_cents,
            millipercent=was.tax.millipercent,
            label=was.tax.label,
            region=was.tax.region,
        ),
        paid_by=was.paid_by,
        corrects=corrected.number,
    )
    return _issue(
        Invoice(
            kind=Invoice.Kind.CREDIT_NOTE,
            organisation_id=corrected.organisation_id,
            payment_id=corrected.payment_id,
            refund=refund,
            corrects=corrected,
            snapshot=paper.as_json(),
            net_cents=refund.net_cents,
            tax_cents=refund.tax_cents,
            total_cents=refund.net_cents + refund.tax_cents,
        )
    )


def write_page(*, invoice_id: UUID) -> Invoice:
    """Draw an invoice's page and keep it, unless it is kept already. The same invoice draws the same bytes."""
    issued = Invoice.objects.get(pk=invoice_id)
    if issued.pdf is None:
        page = invoice_pdf(issued)
        _keep_page(invoice_id=invoice_id, page=page)
        issued.refresh_from_db(fields=["pdf", "sha256"])
    return issued


def send_invoice(*, invoice_id: UUID) -> None:
    """Write to whom invoices go that there is one; its page is drawn before. Told once, however often it is asked.

    Killed between the letter and the note of it, it writes a second time rather than never.
    """
    issued = write_page(invoice_id=invoice_id)
    if issued.sent_at is None:
        letters.tell_of_invoice(issued)
        _note_sent(invoice_id=invoice_id)


def send_missed_invoices() -> int:
    """Send what was issued a while ago and that no event led to a letter of; return how many there were."""
    missed = list(selectors.unsent_invoices(before=clock.now() - MISSED_AFTER))
    for invoice_id in missed:
        send_invoice(invoice_id=invoice_id)
    return len(missed)


@transactions.write
def write_billing_profile(*, member: Membership, said: dict[str, str]) -> BillingProfile:
    """Say whom the organisation's invoices are made out to from now on. What was issued stays as it is.

    :param said: the columns of the profile, checked by a form or serializer
    :raises NotYourRole: the member is no owner
    """
    permissions.require(member, permissions.Action.SEE_INVOICES)
    before = BillingProfile.objects.select_for_update().filter(pk=member.organisation_id).first()
    profile, _ = BillingProfile.objects.update_or_create(
        organisation_id=member.organisation_id, defaults={**said, "changed_by": member, "changed_at": Now()}
    )
    changed = sorted(name for name, value in said.items() if before is None or getattr(before, name) != value)
    audit.record(
        actor_id=member.user_id,
        action="billing_profile.changed",
        subject=profile,
        organisation=str(member.organisation_id),
        fields=changed,
    )
    return profile


@transactions.write
def _keep_page(*, invoice_id: UUID, page: bytes) -> None:
    Invoice.objects.filter(pk=invoice_id, pdf=None).update(pdf=page, sha256=sha256(page).hexdigest())


@transactions.write
def _note_sent(*, invoice_id: UUID) -> None:
    Invoice.objects.filter(pk=invoice_id, sent_at=None).update(sent_at=Now())


def _issue(issued: Invoice) -> Invoice:
    issued.save(force_insert=True)
    issued.refresh_from_db(fields=["year", "place", "issued_at"])
    events.publish(InvoiceIssued(invoice_id=issued.pk))
    return issued


def _seller() -> Party:
    return Party(
        name=settings.COMPANY_NAME,
        email=settings.COMPANY_EMAIL,
        address=settings.COMPANY_ADDRESS,
        tax_id=settings.COMPANY_TAX_ID,
    )


def _buyer(organisation: Organisation) -> Party:
    profile = BillingProfile.objects.filter(pk=organisation.pk).first()
    if profile is None:
        return Party(name=organisation.name)
    town = " ".join(filter(None, (profile.city, profile.region, profile.postal_code)))
    return Party(
        name=profile.name,
        email=profile.email,
        address=[line for line in (profile.street, town, profile.country) if line],
        tax_id=profile.tax_id,
    )


def _sold(payment: Payment) -> str:
    if payment.purpose == Payment.Purpose.BILL:
        return _billed(payment)
    automatic = ", automatic top-up" if payment.purpose == Payment.Purpose.RECHARGE else ""
    return f"{payment.amount_credits:,} credits{automatic}"


def _billed(payment: Payment) -> str:
    """A plan and the time that its bill is for."""
    bill = Bill.objects.select_related("plan").get(subscription=payment.subscription_id, bill_id=payment.bill_id)
    what = f"Change to the plan {bill.plan.name}" if bill.is_upgrade else f"Plan {bill.plan.name}"
    return f"{what}, {bill.starts_at:%b %d, %Y} to {bill.ends_at:%b %d, %Y}"


def _taxed(payment: Payment) -> TaxLine:
    """What was paid as tax: as the office reckoned it; else by which rate, where the table says what was taken."""
    reckoning = TaxReckoning.objects.filter(pk=payment.pk).first()
    if reckoning:
        return TaxLine(
            cents=reckoning.tax_cents,
            millipercent=reckoning.millipercent,
            label=reckoning.label,
            region=reckoning.region,
            parts=[TaxPart(**part) for part in reckoning.parts],
        )
    if payment.subscription and payment.tax_cents and not payment.subscription.tax_millipercent:
        return TaxLine(cents=payment.tax_cents, label="Tax")  # the provider reckoned it, by the address on its page
    try:
        reckoned = tax.tax_on(organisation_id=payment.organisation_id, net_cents=payment.net_cents)
    except BillingAddressNeeded:
        return TaxLine(cents=payment.tax_cents)
    if reckoned.cents != payment.tax_cents:
        return TaxLine(cents=payment.tax_cents, region=reckoned.region)
    return TaxLine(
        cents=reckoned.cents, millipercent=reckoned.millipercent, label=reckoned.label, region=reckoned.region
    )
