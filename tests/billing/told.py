"""What an organisation's books and rows say, without the names and moments that no two organisations share."""

from collections import Counter
from typing import Any, Final
from uuid import UUID

from accounts.models import Entitlement, Membership
from aiqleads.core.models import AuditEntry, OutboxEvent
from billing.models import (
    Account,
    AutoRecharge,
    Bill,
    Dispute,
    Entry,
    Invoice,
    Payment,
    Refund,
    Subscription,
    SubscriptionPeriod,
)

PAYMENT: Final = ("purpose", "status", "amount_credits", "net_cents", "tax_cents", "code")
REFUND: Final = ("status", "amount_credits", "net_cents", "tax_cents", "reason")
DISPUTE: Final = ("status", "amount_cents", "amount_credits")
PLAN: Final = (
    "plan__code", "next_plan__code", "status", "cancels_at_period_end", "is_frozen", "is_over_there",
    "reminders_sent",
)  # fmt: skip
PERIOD: Final = ("plan__code", "granted__entries__account__kind", "granted__entries__amount")
BILL: Final = ("plan__code", "status", "is_upgrade", "net_cents", "tax_cents")
INVOICE: Final = ("kind", "net_cents", "tax_cents")
RECHARGE: Final = ("is_on", "declines")


def told_of(member: Membership) -> dict[str, Any]:
    """Everything that money did to the member's organisation, as it would be for any other."""
    of_theirs: dict[str, Any] = {"organisation": member.organisation_id}
    of_payment = {"payment__organisation": member.organisation_id}
    of_plan = {"subscription__organisation": member.organisation_id}
    rows = {
        "payments": Payment.objects.filter(**of_theirs).values_list(*PAYMENT),
        "refunds": Refund.objects.filter(**of_payment).values_list(*REFUND),
        "disputes": Dispute.objects.filter(**of_payment).values_list(*DISPUTE),
        "plans": Subscription.objects.filter(**of_theirs).values_list(*PLAN),
        "periods": SubscriptionPeriod.objects.filter(**of_plan).values_list(*PERIOD),
        "bills": Bill.objects.filter(**of_plan).values_list(*BILL),
        "invoices": Invoice.objects.filter(**of_theirs).values_list(*INVOICE),
        "recharge": AutoRecharge.objects.filter(**of_theirs).values_list(*RECHARGE),
        "balances": Account.objects.filter(**of_theirs).values_list("kind", "balance"),
        "rights": Entitlement.objects.filter(**of_theirs).values_list("key", "value"),
    }
    known = _names_of(member.organisation_id)
    return {what: Counter(found) for what, found in rows.items()} | {
        "entries": _entries(member.organisation_id),
        "events": Counter(
            row.name for row in OutboxEvent.objects.all() if known & {str(one) for one in row.payload.values()}
        ),
        "audit": Counter(row.action for row in AuditEntry.objects.all() if row.subject.partition(":")[2] in known),
    }


def _names_of(organisation_id: UUID) -> set[str]:
    """The keys of all rows that events and the audit trail may name."""
    rows = [
        Payment.objects.filter(organisation=organisation_id),
        Refund.objects.filter(payment__organisation=organisation_id),
        Dispute.objects.filter(payment__organisation=organisation_id),
        Subscription.objects.filter(organisation=organisation_id),
        AutoRecharge.objects.filter(organisation=organisation_id),
    ]
    return {str(organisation_id)} | {str(key) for found in rows for key in found.values_list("pk", flat=True)}


def _entries(organisation_id: UUID) -> Counter[Any]:
    """Each entry of each journal that touches the organisation, with the words of the journal's key."""
    theirs = Account.objects.filter(organisation=organisation_id).values("entries__journal")
    paid = Payment.objects.filter(organisation=organisation_id).values("journal")
    moved = Entry.objects.filter(journal__in=theirs) | Entry.objects.filter(journal__in=paid)
    told = moved.distinct().values_list("pk", "journal__key", "account__kind", "amount")
    return Counter(
        (":".join(word for word in key.split(":") if word.isalpha()), kind, amount) for _, key, kind, amount in told
    )
