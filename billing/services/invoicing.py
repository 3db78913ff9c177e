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
from billing.models import Bill, BillingProfile, Dispute, Invoice, Payment, Refund, TaxReckoning
from billing.papers import Item, Paper, Party, TaxLine, TaxPart
from billing.undoing import Portion

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


def credit_note(refund: Refund) -> Invoice | None:
    """Issue the credit note of a refund that is settled in this transaction; again is the same as once. Joins it.

    It is made out as the invoice was that it corrects, whatever the profile says by now.

    :return: None where notes before it gave back all that was invoiced
    """
    transactions.require_transaction()
    known = Invoice.objects.filter(refund=refund).defer("pdf").first()
    if known:
        return known
    corrected = invoice(refund.payment)
    left = selectors.left_on_paper(refund.payment)
    total_cents = min(refund.net_cents + refund.tax_cents, left.total_cents)
    tax_cents = min(total_cents - min(refund.net_cents, left.net_cents), left.tax_cents)
    back = Portion(amount_credits=0, net_cents=total_cents - tax_cents, tax_cents=tax_cents)
    note = Invoice(kind=Invoice.Kind.CREDIT_NOTE, refund=refund, corrects=corrected)
    return _correct(note, back, says="Given back of: {}")


def credit_note_of_dispute(dispute: Dispute) -> Invoice | None:
    """Issue the credit note of a dispute that was lost; again is the same as once. Joins the transaction.

    :return: None where notes before it gave back all that was invoiced
    """
    transactions.require_transaction()
    known = Invoice.objects.filter(dispute=dispute).defer("pdf").first()
    if known:
        return known
    corrected = invoice(dispute.payment)
    note = Invoice(kind=Invoice.Kind.CREDIT_NOTE, dispute=dispute, corrects=corrected)
    return _correct(note, selectors.lost_on_paper(dispute), says="Taken back by your bank: {}")


def take_note_back(refund: Refund) -> Invoice | None:
    """Issue the correction of a refund's credit note whose money came back to us. Joins the transaction.

    :return: None where it has no note; again is the same as once
    """
    transactions.require_transaction()
    note = Invoice.objects.filter(refund=refund).defer("pdf").first()
    if note is None:
        return None
    known = Invoice.objects.filter(corrects=note, kind=Invoice.Kind.CORRECTION).defer("pdf").first()
    if known:
        return known
    taken = Portion(amount_credits=0, net_cents=note.net_cents, tax_cents=note.tax_cents)
    return _correct(Invoice(kind=Invoice.Kind.CORRECTION, corrects=note), taken, says="Did not arrive. {}")


def _correct(issued: Invoice, amount: Portion, *, says: str) -> Invoice | None:
    """Issue what corrects another paper, made out as that was; nothing where it is of nothing."""
    corrected = issued.corrects
    if corrected is None or not amount.total_cents:
        return None
    was = Paper.read(corrected.snapshot)
    paper = Paper(
        seller=was.seller,
        buyer=was.buyer,
        lines=[Item(says=says.format(was.lines[0].says), net_cents=amount.net_cents)],
        tax=TaxLine(
            cents=amount.tax_cents,
            millipercent=was.tax.millipercent,
            label=was.tax.label,
            region=was.tax.region,
        ),
        paid_by=was.paid_by,
        corrects=corrected.number,
    )
    issued.organisation_id, issued.payment_id = corrected.organisation_id, corrected.payment_id
    issued.snapshot = paper.as_json()
    issued.net_cents, issued.tax_cents = amount.net_cents, amount.tax_cents
    issued.total_cents = amount.total_cents
    return _issue(issued)


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
