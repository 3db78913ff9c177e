"""What billing holds about a person who asks: the organisation's billing profile, invoices that were issued, and
what providers' messages say of payers.

A profile is found by its e-mail address, told, corrected and deleted. A message in which their address or telephone
stands is told and emptied. An issued invoice names whom it was made out to for as long as tax law asks: it is told
of and stays.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Lower

from accounts.account_data import Rows
from accounts.models import Membership, User
from accounts.privacy.holders import Changed, Corrections, Erased, Exported, Held, Holder
from accounts.privacy.people import EMAIL, Mark, Person
from aiqleads.core import transactions
from billing import message_people
from billing.models import AutoRecharge, BillingProfile, Customer, Invoice, Payment
from billing.papers import Paper
from billing.selectors import messages_naming
from billing.services import empty_messages, let_go_of

COLUMNS: Final = ("name", "email", "street", "city", "region", "postal_code", "country", "tax_id")
PAYMENT_COLUMNS: Final = (
    "provider", "purpose", "amount_credits", "net_cents", "tax_cents", "status", "created_at", "paid_at"
)  # fmt: skip
AGREED_COLUMNS: Final = (
    "provider", "pack_code", "agreed_cents", "below_credits", "most_a_day", "is_on", "consented_at",
    "consent_version",
)  # fmt: skip
CORRECTED: Final = ("name", "email")
"""What a person's corrections say in the same words; an address is changed by the organisation's owner."""


class BillingHolder(Holder):
    """Answers for billing profiles and invoices."""

    name = "billing"
    models = frozenset({"billing.billingprofile", "billing.customer", "billing.inboxmessage", "billing.invoice"})

    def find(self, person: Person) -> Sequence[Held]:
        profiles = [
            Held(
                holder=self.name,
                subject=f"billing.billingprofile:{profile.pk}",
                kinds=("whom invoices are made out to",),
                source="The organisation's owner",
                last_seen_at=profile.changed_at,
            )
            for profile in _profiles(person)
        ]
        invoices = [
            Held(
                holder=self.name,
                subject=f"billing.invoice:{invoice.pk}",
                kinds=(f"invoice {invoice.number}, which tax law has us keep",),
                source="The organisation's owner",
                first_seen_at=invoice.issued_at,
                last_seen_at=invoice.issued_at,
            )
            for invoice in _invoices(person)
        ]
        messages = [
            Held(
                holder=self.name,
                subject=f"billing.inboxmessage:{message.pk}",
                kinds=("what a payment provider told us of a payment, for at most 7 days",),
                source=message.provider,
                first_seen_at=message.received_at,
                last_seen_at=message.received_at,
            )
            for message in messages_naming(person)
        ]
        return [*profiles, *invoices, *messages]

    def export(self, person: Person) -> Iterable[Exported]:
        for profile in _profiles(person):
            for column in COLUMNS:
                if value := getattr(profile, column):
                    yield self._exported(f"billing.billingprofile:{profile.pk}", column, value)
        for invoice in _invoices(person):
            buyer = Paper.read(invoice.snapshot).buyer
            told = {"name": buyer.name, "email": buyer.email, "address": ", ".join(buyer.address)}
            for column, value in {**told, "tax_id": buyer.tax_id}.items():
                if value:
                    yield self._exported(f"billing.invoice:{invoice.pk}", column, value)
        for message in messages_naming(person):
            for where, value in message_people.parts_about(bytes(message.raw), person):
                yield self._exported(f"billing.inboxmessage:{message.pk}", where, value)

    @transactions.write
    def correct(self, person: Person, corrections: Corrections) -> Sequence[Changed]:
        said = {column: corrections[column] for column in CORRECTED if corrections.get(column)}
        return [
            Changed(holder=self.name, subject=f"billing.billingprofile:{profile.pk}", what=column)
            for profile in _profiles(person).select_for_update()
            for column, value in said.items()
            if BillingProfile.objects.filter(pk=profile.pk).exclude(**{column: value}).update(**{column: value})
        ]

    @transactions.write
    def erase(self, person: Person) -> Erased:
        gone, _ = _profiles(person).delete()
        emptied = empty_messages([message.pk for message in messages_naming(person)])
        counts = {"billing.billingprofile": gone, "billing.inboxmessage": emptied}
        return Erased(counts={name: count for name, count in counts.items() if count})

    def _exported(self, subject: str, column: str, value: str) -> Exported:
        return Exported(holder=self.name, subject=subject, what=column.replace("_", " "), value=value)


class BillingAccountHolder:
    """What is kept of a member: what they paid and agreed to, what their address stands in, and of the organisation
    whose money they look after its profile, invoices and ways of paying.
    """

    name = "billing"

    def export(self, user: User) -> Rows:
        own = Membership.objects.filter(user=user).values("pk")
        owned = Membership.objects.filter(user=user, role=Membership.Role.OWNER).values("organisation")
        person = Person.of(emails=[user.email])
        return {
            "billing_profile": list(BillingProfile.objects.filter(pk__in=owned).values(*COLUMNS)),
            "invoices": [
                {"number": invoice.number, "issued_at": invoice.issued_at, "total_cents": invoice.total_cents}
                for invoice in Invoice.objects.filter(organisation__in=owned)
                .defer("pdf", "snapshot")
                .order_by("year", "place")
            ],
            "payments": list(
                Payment.objects.filter(member__in=own).order_by("created_at", "pk").values(*PAYMENT_COLUMNS)
            ),
            "ways_of_paying": list(
                Customer.objects.filter(organisation__in=owned)
                .order_by("pk")
                .values("provider", "customer_id", "method_label", "created_at")
            ),
            "automatic_top_ups": list(
                AutoRecharge.objects.filter(consented_by__in=own).order_by("pk").values(*AGREED_COLUMNS)
            ),
            "payment_messages": [
                {"provider": message.provider, "received_at": message.received_at, "where": where, "says": says}
                for message in messages_naming(person)
                for where, says in message_people.parts_about(bytes(message.raw), person)
            ],
        }

    def forget(self, user: User) -> None:
        """Their address goes from the profile and from messages, and the way of paying that they left; all of it
        where nobody else is left. Joins the transaction.
        """
        empty_messages([message.pk for message in messages_naming(Person.of(emails=[user.email]))])
        own = Membership.objects.filter(user=user).first()
        if own is None:
            return
        let_go_of(own)
        profile = BillingProfile.objects.filter(pk=own.organisation_id)
        others = Membership.objects.filter(organisation=own.organisation_id, user__is_active=True).exclude(
            pk=own.pk
        )
        if others.exists():
            profile.filter(email__iexact=user.email).update(email="")
        else:
            profile.delete()


def _profiles(person: Person) -> QuerySet[BillingProfile]:
    """Those with their address; after a restore it is known by its hash alone, and the rows' own are compared."""
    emails = set(person.emails)
    if person.marked:
        known = {one for mark in person.marked for one in mark.hashes}
        told = BillingProfile.objects.exclude(email="").values_list("email", flat=True).distinct()
        emails |= {email for email in told if known & set(Mark.of(EMAIL, email.lower()).hashes)}
    theirs = Q()
    for email in sorted(emails):
        theirs |= Q(email__iexact=email)
    rows = BillingProfile.objects.filter(theirs) if emails else BillingProfile.objects.none()
    return rows.exclude(email="").order_by("pk")


def _invoices(person: Person) -> QuerySet[Invoice]:
    return (
        Invoice.objects.annotate(sent_to=Lower(KT("snapshot__buyer__email")))
        .filter(sent_to__in=sorted(person.emails))
        .defer("pdf")
        .order_by("year", "place")
    )
