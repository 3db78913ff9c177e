"""Nobody who asked to be left out comes back: by no crawl, under no spelling, after no change of keys."""

import pytest
from django.test import override_settings

from accounts.models import Suppression
from accounts.privacy.people import Person
from accounts.services import suppression
from aiqleads.core import clock as core_clock
from aiqleads.core import events
from leads import services
from leads.address import parse_address
from leads.models import Contact, Lead, Observation
from leads.reaching import reachable
from marketplace.models import Listing
from tests.conftest import make_source
from tests.leads.test_pipeline import record

pytestmark = pytest.mark.django_db

CASEY = {
    "phones": ["+15125550142"],
    "emails": ["casey@example.com"],
    "names": ["Casey Homeowner"],
    "addresses": ["1506 N 116th St, Austin TX 78704"],
}
SPELLINGS = {
    "the same advert": {},
    "another advert of another home by telephone": {"line": "9 Far Rd", "contact_name": "Somebody Else"},
    "by e-mail alone": {"phones": (), "emails": ("Casey@Example.com",), "contact_name": None, "line": "9 Far Rd"},
    "the home by its name, another number": {
        "phones": ("+15125550199",),
        "line": "1506 North 116th Street",
        "contact_name": "HOMEOWNER, CASEY",
    },
    "the household without ZIP": {
        "phones": (),
        "zip": None,
        "contact_name": "Jo & Casey Homeowner",
        "parsed_address": parse_address("1506 N. 116th St.", city="Austin", state="TX"),
    },
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_whoever_is_suppressed_is_not_taken_in(open_source, spelling):
    suppression.suppress(Person.of(**CASEY), Suppression.Why.ERASED)

    taken = services.ingest(record=record(**SPELLINGS[spelling]), source=make_source("other-site", may_list=True))

    assert (taken.outcome, taken.reason) == ("rejected", "its owner asked to be left out")
    assert not Observation.objects.exists()
    assert not Lead.objects.exists()
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    "neighbour",
    [
        {"phones": ("+15125550199",), "contact_name": "Robin Neighbour"},
        {"phones": ("+15125550199",), "line": "9 Far Rd"},
        {"phones": ("+15125550199",), "line": "1506 N 116th St Apt 2"},
    ],
    ids=["another family at that address", "another family of that name", "the same name next door"],
)
def test_others_are_taken_in_as_ever(open_source, neighbour):
    suppression.suppress(Person.of(**CASEY), Suppression.Why.ERASED)

    taken = services.ingest(record=record(**{"phones": ("+15125550199",), **neighbour}), source=open_source)

    assert taken.outcome == "new"


def test_who_opts_out_of_sale_is_taken_off_and_stays_off(open_source):
    lead_id = services.ingest(record=record(), source=open_source).lead_id
    events.deliver_all()
    assert Listing.objects.get().delisted_at is None

    suppression.suppress(Person.of(**CASEY), Suppression.Why.OPTED_OUT, scope=Suppression.Scope.SALE)
    events.deliver_all()

    lead = Lead.objects.get(pk=lead_id)
    assert (lead.state, lead.state_reason) == ("withdrawn", "its owner asked that it not be sold")
    assert Listing.objects.get().delisted_at is not None


def test_who_must_not_be_contacted_is_sold_with_every_channel_closed(open_source):
    lead_id = services.ingest(record=record(), source=open_source).lead_id
    suppression.suppress(
        Person.of(phones=CASEY["phones"]), Suppression.Why.REPLIED, scope=Suppression.Scope.CONTACT
    )

    reaches = reachable([lead_id], at=core_clock.now())[lead_id].reaches

    assert [(reach.channel, reach.has_objected) for reach in reaches] == [("phone", True)]


def test_a_change_of_keys_lets_nobody_back_in(open_source, settings):
    suppression.suppress(Person.of(phones=CASEY["phones"]), Suppression.Why.ERASED)
    [old] = Suppression.objects.all()
    with override_settings(PERSONAL_DATA_KEYS={**settings.PERSONAL_DATA_KEYS, 2: "k" * 48}):
        taken = services.ingest(record=record(), source=open_source)

        assert (taken.outcome, taken.reason) == ("rejected", "its owner asked to be left out")
        newest = Suppression.objects.exclude(pk=old.pk).get()
        assert (newest.hash[:2], newest.scope, newest.why, newest.since) == ("2:", old.scope, old.why, old.since)


def test_suppressing_twice_is_the_same_as_once(db):
    person = Person.of(**CASEY)

    assert suppression.suppress(person, Suppression.Why.ERASED) == 4
    assert suppression.suppress(person, Suppression.Why.ERASED) == 0

    assert sorted(Suppression.objects.values_list("kind", flat=True)) == [
        "email",
        "household",
        "household",
        "phone",
    ]


def test_who_comes_back_of_their_own_will_is_taken_in(open_source):
    person = Person.of(**CASEY)
    suppression.suppress(person, Suppression.Why.ERASED)

    assert suppression.lift(person) == 4

    assert services.ingest(record=record(), source=open_source).outcome == "new"
    assert suppression.scopes_for(person) == frozenset()
