"""What members are written about money. By events alone, outside any transaction."""

from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import Membership
from billing import dunning
from billing.models import Bill, Dispute, Invoice, Payment, Subscription
from billing.papers import Paper, dollars


def tell_of_invoice(issued: Invoice) -> None:
    """Send an invoice with its page to the address that it names, or to the organisation's owners."""
    named = Paper.read(issued.snapshot).buyer.email
    to = [named] if named else _owners(issued.organisation_id)
    told = {
        "kind": issued.get_kind_display(),
        "number": issued.number,
        "total": dollars(issued.total_cents),
        "corrects": issued.corrects.number if issued.corrects else "",
        "is_lost": issued.dispute_id is not None,
        "url": f"{settings.SITE_URL}{reverse('billing:invoices')}",
    }
    subject, _, body = render_to_string("billing/letters/invoice.txt", told).strip().partition("\n")
    page = [(f"{issued.number}.pdf", bytes(issued.pdf or b""), "application/pdf")]
    if to:
        EmailMessage(subject, body.strip(), None, to, attachments=page).send()


def tell_of_late_bill(*, subscription_id: UUID, number: int) -> None:
    """Write to the owners of a plan whose bill is not paid; not any more when it is paid by now.

    :param number: of the letter; the last says that the plan has ended
    """
    late = Subscription.objects.select_related("organisation", "plan").get(pk=subscription_id)
    is_over = number >= len(dunning.REMINDER_DAYS)
    since = late.past_due_since
    if not is_over and since is None:
        return
    bill = late.bills.exclude(status=Bill.Status.PAID).order_by("-starts_at", "-pk").first()
    told = {
        "number": number,
        "is_over": is_over,
        "plan": late.plan.name,
        "organisation": late.organisation.name,
        "total": dollars(bill.net_cents + bill.tax_cents) if bill else "",
        "ends_at": since + dunning.GRACE if since else None,
        "url": f"{settings.SITE_URL}/credits/settings/",
    }
    subject, _, body = render_to_string("billing/letters/plan_reminder.txt", told).strip().partition("\n")
    if to := _owners(late.organisation_id):
        EmailMessage(subject, body.strip(), None, to).send()


def tell_of_plan_not_begun(*, subscription_id: UUID) -> None:
    """Write to the owners that a plan which somebody began beside another ended at once, and what became of its
    money.
    """
    ended = Subscription.objects.select_related("organisation", "plan").get(pk=subscription_id)
    paid = Payment.objects.filter(subscription=ended, paid_at__isnull=False)
    there = Subscription.objects.filter(organisation=ended.organisation_id, status__in=Subscription.LIVE).first()
    told = {
        "plan": ended.plan.name,
        "organisation": ended.organisation.name,
        "there": there.plan.name if there else "",
        "total": dollars(sum(payment.net_cents + payment.tax_cents for payment in paid)) if paid else "",
        "url": f"{settings.SITE_URL}/credits/settings/",
    }
    subject, _, body = render_to_string("billing/letters/plan_not_begun.txt", told).strip().partition("\n")
    if to := _owners(ended.organisation_id):
        EmailMessage(subject, body.strip(), None, to).send()


def _owners(organisation_id: UUID) -> list[str]:
    owners = Membership.objects.filter(
        organisation=organisation_id, role=Membership.Role.OWNER, user__is_active=True
    )
    return sorted(owners.values_list("user__email", flat=True))


def tell_of_dispute(*, dispute_id: UUID, status: str) -> None:
    """Write to an organisation's owners that their bank took a payment back, or what it decided."""
    disputed = Dispute.objects.select_related("payment__organisation").get(pk=dispute_id)
    payment = disputed.payment
    told = {
        "status": status,
        "organisation": payment.organisation.name,
        "total": dollars(disputed.amount_cents),
        "paid_at": payment.paid_at,
        "credits": disputed.amount_credits,
        "url": f"{settings.SITE_URL}{reverse('billing:credits')}",
    }
    subject, _, body = render_to_string("billing/letters/dispute.txt", told).strip().partition("\n")
    if to := _owners(payment.organisation_id):
        EmailMessage(subject, body.strip(), None, to).send()
