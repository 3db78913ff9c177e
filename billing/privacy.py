"""What billing holds about a person who asks: the organisation's billing profile, and invoices that were issued.

A profile is found by its e-mail address, told, corrected and deleted. An issued invoice names whom it was made out
to for as long as tax law asks: it is told of and stays.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from django.db.models import QuerySet

from accounts.account_data import Rows
from accounts.models import Membership, User
from accounts.privacy.holders import Changed, Corrections, Erased, Exported, Held, Holder
from accounts.privacy.people import Person
from aiqleads.core import transactions
from billing.models import BillingProfile, Invoice
from billing.papers import Paper

COLUMNS: Final = ("name", "email", "street", "city", "region", "postal_code", "country", "tax_id")
CORRECTED: Final = ("name", "email")
"""What a person's corrections say in the same words; an address is changed by the organisation's owner."""


class BillingHolder(Holder):
    """Answers for billing profiles and invoices."""

    name = "billing"
    models = frozenset({"billing.billingprofile", "billing.invoice"})

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
        return [*profiles, *invoices]

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
        return Erased(counts={"billing.billingprofile": gone} if gone else {})

    def _exported(self, subject: str, column: str, value: str) -> Exported:
        return Exported(holder=self.name, subject=subject, what=column.replace("_", " "), value=value)


class BillingAccountHolder:
    """What is kept of a member: the profile of an organisation whose money they look after."""

    name = "billing"

    def export(self, user: User) -> Rows:
        owned = Membership.objects.filter(user=user, role=Membership.Role.OWNER).values("organisation")
        return {"billing_profile": list(BillingProfile.objects.filter(pk__in=owned).values(*COLUMNS))}

    def forget(self, user: User) -> None:
        """Their address goes from the profile; all of it where nobody else is left. Joins the transaction."""
        own = Membership.objects.filter(user=user).first()
        if own is None:
            return
        profile = BillingProfile.objects.filter(pk=own.organisation_id)
        others = Membership.objects.filter(organisation=own.organisation_id, user__is_active=True).exclude(
            pk=own.pk
        )
        if others.exists():
            profile.filter(email__iexact=user.email).update(email="")
        else:
            profile.delete()


def _profiles(person: Person) -> QuerySet[BillingProfile]:
    return BillingProfile.objects.filter(email__in=person.emails).exclude(email="").order_by("pk")


def _invoices(person: Person) -> QuerySet[Invoice]:
    return (
        Invoice.objects.filter(snapshot__buyer__email__in=sorted(person.emails))
        .defer("pdf")
        .order_by("year", "place")
    )
