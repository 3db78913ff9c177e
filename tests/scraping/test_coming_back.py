"""Who asked to be left alone and sends their home in themselves comes back, by what they proved and no further."""

import pytest

from accounts.models import Suppression
from accounts.privacy.people import Person
from accounts.services import suppression
from aiqleads.core import events
from aiqleads.core.models import AuditEntry
from leads.models import Lead, Observation
from marketplace.models import Listing
from tests.scraping.test_submissions import HOME, confirmed_lead, links_of_last_letter, mailbox, send  # noqa: F401
from tests.security.conftest import visitor

pytestmark = pytest.mark.django_db

ALICE = {
    "emails": [HOME["email"]],
    "phones": [HOME["phone"]],
    "names": [HOME["name"]],
    "addresses": ["1204 S Oak St, Austin TX 78704"],
}
REQUEST = "6f1c2a0e-9d5b-4c77-8e21-3b1f0a7d5c42"


def standing():
    return sorted(Suppression.objects.filter(lifted_at=None).values_list("kind", flat=True))


def test_an_erased_owner_sends_their_home_in_and_is_offered():
    suppression.suppress(Person.of(**ALICE), Suppression.Why.ERASED, cause_id=REQUEST)
    assert standing() == ["email", "household", "household", "phone"]

    lead = confirmed_lead(visitor())

    assert standing() == []
    assert (lead.state, Listing.objects.get().delisted_at) == ("active", None)
    assert AuditEntry.objects.filter(action="suppression.lifted", actor=None).count() == 4


def test_somebody_elses_home_stays_left_alone():
    """Whoever types the name and the home of somebody who was erased proves neither."""
    suppression.suppress(
        Person.of(**{**ALICE, "emails": ["owner@example.com"]}), Suppression.Why.ERASED, cause_id=REQUEST
    )
    client = visitor()
    send(client)

    client.post(links_of_last_letter()[0])
    events.deliver_all()

    assert standing() == ["email", "household", "household", "phone"]
    assert not Lead.objects.exists()
    assert not Observation.objects.exists()


def test_a_number_that_said_stop_stays_closed_though_its_owner_confirmed_by_mail():
    suppression.suppress(
        Person.of(phones=[HOME["phone"]]),
        Suppression.Why.REPLIED,
        scope=Suppression.Scope.CONTACT,
        cause_id=REQUEST,
    )

    lead = confirmed_lead(visitor())

    assert standing() == ["phone"]
    assert lead.state == "withdrawn"
    assert not Listing.objects.filter(delisted_at=None).exists()
