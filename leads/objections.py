"""What was found out about contacts after a sale: a number that is wrong, somebody who asked to be left alone."""

from collections.abc import Collection, Iterable
from typing import Final
from uuid import UUID

from django.db.models import Q

from accounts.models import Suppression
from accounts.privacy.people import Person
from accounts.services import suppression
from aiqleads.core import clock, events, transactions
from leads.events import LeadWithdrawn, OwnerObjected
from leads.models import Contact, Lead

ASKED: str = Contact.Objection.DO_NOT_CONTACT
LEFT_ALONE: Final = "its owner asked not to be contacted"
OBJECTS: Final = """({contact}.objection = 'do_not_contact' AND NOT EXISTS (
            SELECT FROM accounts_suppression back WHERE back.lifted_at > {contact}.objected_at
                AND back.hash IN ({contact}.phone_hash, {contact}.email_hash)))"""
"""SQL: whether a contact's objection stands; not where its person proved who they are and came back since."""


def note_objection(*, lead_id: UUID, objection: Contact.Objection) -> None:
    """Mark the contacts of a lead. Joins the caller's transaction; again is the same as once.

    Who asked not to be contacted is marked wherever their number or e-mail stands, and whoever keeps suppressions
    is told by an event.
    """
    transactions.require_transaction()
    marked = Contact.objects.filter(lead=lead_id)
    if objection == ASKED:
        marked = Contact.objects.filter(_same_person(marked) | Q(lead=lead_id))
        others = marked.exclude(objection=ASKED).values_list("lead_id", flat=True)
        events.publish(*(OwnerObjected(lead_id=one) for one in sorted({lead_id, *others})))
    marked.exclude(objection=ASKED).update(objection=objection, objected_at=clock.Now())


@transactions.write
def keep_objection(*, lead_id: UUID) -> int:
    """Keep the numbers and addresses of a lead's people as suppressed for contact; return how many are new."""
    told = Contact.objects.filter(lead=lead_id, objection=ASKED)
    person = Person.of(
        phones=[contact.phone for contact in told if contact.phone],
        emails=[contact.email for contact in told if contact.email],
    )
    return suppression.suppress_marks(person.marks(), Suppression.Why.ASKED_NOT_TO, scope=Suppression.Scope.CONTACT)


@transactions.write
def leave_alone(*, hashes: Collection[str]) -> int:
    """Mark every contact of people who asked to be left alone; return of how many leads. Again is the same as once.

    Who offers, or bought, one of those leads is told by an event.
    """
    known = Q(phone_hash__in=hashes) | Q(email_hash__in=hashes) | Q(household_hashes__overlap=list(hashes))
    theirs = Contact.objects.filter(known).exclude(objection=ASKED)
    lead_ids = set(theirs.values_list("lead_id", flat=True))
    theirs.update(objection=ASKED, objected_at=clock.Now())
    events.publish(*(OwnerObjected(lead_id=lead_id) for lead_id in sorted(lead_ids)))
    return len(lead_ids)


@transactions.write
def take_off(*, lead_id: UUID) -> bool:
    """Withdraw a lead whose owner may be reached in no way; tell whether it was on offer, or on its way there."""
    lead = Lead.objects.select_for_update().get(pk=lead_id)
    if lead.state not in {Lead.State.NEW, Lead.State.REVIEW, Lead.State.ACTIVE}:
        return False
    lead.state, lead.state_reason = Lead.State.WITHDRAWN, LEFT_ALONE
    lead.save(update_fields=["state", "state_reason"])
    events.publish(LeadWithdrawn(lead_id=lead_id, reason=LEFT_ALONE))
    return True


def _same_person(contacts: Iterable[Contact]) -> Q:
    known = list(contacts)
    phones = {contact.phone_hash for contact in known} - {""}
    emails = {contact.email_hash for contact in known} - {""}
    return Q(pk__in=[contact.pk for contact in known]) | Q(phone_hash__in=phones) | Q(email_hash__in=emails)
