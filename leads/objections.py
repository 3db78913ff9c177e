"""What was found out about contacts after a sale: a number that is wrong, somebody who asked to be left alone."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from accounts.models import Suppression
from accounts.privacy.people import Person
from accounts.services import suppression
from aiqleads.core import clock, events, transactions
from leads.events import OwnerObjected
from leads.models import Contact

ASKED: str = Contact.Objection.DO_NOT_CONTACT


def note_objection(*, lead_id: UUID, objection: Contact.Objection) -> None:
    """Mark the contacts of a lead. Joins the caller's transaction; again is the same as once.

    Who asked not to be contacted is marked wherever their number or e-mail stands, and whoever keeps suppressions
    is told by an event.
    """
    transactions.require_transaction()
    marked = Contact.objects.filter(lead=lead_id)
    if objection == ASKED:
        marked = Contact.objects.filter(_same_person(marked) | Q(lead=lead_id))
        events.publish(OwnerObjected(lead_id=lead_id))
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


def _same_person(contacts: Iterable[Contact]) -> Q:
    known = list(contacts)
    phones = {contact.phone_hash for contact in known} - {""}
    emails = {contact.email_hash for contact in known} - {""}
    return Q(pk__in=[contact.pk for contact in known]) | Q(phone_hash__in=phones) | Q(email_hash__in=emails)
