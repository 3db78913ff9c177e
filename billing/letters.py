"""What members are written about money. By events alone, outside any transaction."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from accounts.models import Membership
from billing.models import Invoice
from billing.papers import Paper, dollars


def tell_of_invoice(issued: Invoice) -> None:
    """Send an invoice with its page to the address that it names, or to the organisation's owners."""
    owners = Membership.objects.filter(
        organisation=issued.organisation_id, role=Membership.Role.OWNER, user__is_active=True
    )
    named = Paper.read(issued.snapshot).buyer.email
    to = [named] if named else sorted(owners.values_list("user__email", flat=True))
    told = {
        "kind": issued.get_kind_display(),
        "number": issued.number,
        "total": dollars(issued.total_cents),
        "corrects": issued.corrects.number if issued.corrects else "",
        "url": f"{settings.SITE_URL}/credits/invoices/",
    }
    subject, _, body = render_to_string("billing/letters/invoice.txt", told).strip().partition("\n")
    page = [(f"{issued.number}.pdf", bytes(issued.pdf or b""), "application/pdf")]
    if to:
        EmailMessage(subject, body.strip(), None, to, attachments=page).send()
