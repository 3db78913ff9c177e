"""An owner's word outranks every source until that source itself says otherwise; who holds or bought it is told."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import PrivacyRequest
from accounts.privacy.people import Person
from accounts.services import privacy, privacy_outcomes
from aiqleads.core import events
from aiqleads.core.models import AuditEntry
from leads import errors, services
from leads.models import Contact, Lead, Observation
from leads.privacy.holder import LeadsHolder
from marketplace.models import Claim, Listing, Notification
from marketplace.services import hold_lead
from tests.accounts.privacy_requests import asked
from tests.conftest import make_source
from tests.leads.test_pipeline import record
from tests.marketplace.returned import buy

pytestmark = pytest.mark.django_db

CASEY = "+15125550142"
MINE = Person.of(phones=[CASEY])


@pytest.fixture
def lead_id(open_source):
    taken = services.ingest(record=record(), source=open_source)
    events.deliver_all()
    return taken.lead_id


def say(**corrections):
    changed = LeadsHolder().correct(MINE, corrections)
    events.deliver_all()
    return sorted({one.what for one in changed})


def now(lead_id):
    return Lead.objects.select_related("listing").get(pk=lead_id)


def test_what_an_owner_says_counts_and_no_source_that_repeats_itself_undoes_it(lead_id, open_source, clock):
    assert say(price="450,000", beds="5") == ["beds", "price"]
    lead = now(lead_id)
    assert (lead.asking_price_cents, lead.beds, lead.listing.beds) == (450_000_00, 5, 5)
    assert Observation.objects.get(pk=lead.provenance["beds"]).source_id == "owners-word"

    clock.advance(days=1)
    services.ingest(record=record(description="Fresh paint."), source=open_source)
    services.ingest(record=record(external_id="elsewhere", beds=2), source=make_source("other", may_list=True))
    events.deliver_all()

    assert (now(lead_id).asking_price_cents, now(lead_id).beds) == (450_000_00, 5)


def test_a_source_that_says_otherwise_since_is_heard_on_that_fact_alone(lead_id, open_source, clock):
    say(price="450,000", beds="5")
    clock.advance(days=1)

    services.ingest(record=record(asking_price=Decimal(399_000)), source=open_source)
    events.deliver_all()

    assert (now(lead_id).asking_price_cents, now(lead_id).beds) == (399_000_00, 5)
    clock.advance(days=1)
    say(beds="6")
    assert (now(lead_id).asking_price_cents, now(lead_id).beds) == (399_000_00, 6)


def test_a_home_that_is_not_for_sale_is_taken_off_until_it_is_offered_anew(lead_id, open_source, clock, alice):
    claim = hold_lead(lead_id=lead_id, buyer=alice)

    assert say(not_for_sale="True") == ["not_for_sale"]

    lead = now(lead_id)
    assert (lead.state, lead.state_reason) == ("withdrawn", "its owner says that it is not for sale")
    claim.refresh_from_db()
    assert (claim.state, claim.release_reason) == (Claim.State.RELEASED, lead.state_reason)
    clock.advance(days=1)
    services.ingest(record=record(description="Fresh paint."), source=open_source)
    events.deliver_all()
    assert now(lead_id).state == "withdrawn"

    again = record(external_id="a2", posted_at=now(lead_id).last_seen_at + timedelta(hours=1))
    services.ingest(record=again, source=open_source)
    events.deliver_all()

    assert (now(lead_id).state, Listing.objects.get(pk=lead_id).delisted_at) == ("active", None)


def test_a_number_that_is_not_theirs_stays_marked_when_the_advert_repeats_it(lead_id, open_source, clock):
    by_mail = Person.of(emails=["casey@example.com"])
    services.ingest(record=record(emails=("casey@example.com",)), source=open_source)

    LeadsHolder().correct(by_mail, {"not_phone": "(512) 555-0142"})
    LeadsHolder().correct(Person.of(phones=[CASEY]), {"not_phone": CASEY})
    clock.advance(days=1)
    services.ingest(record=record(emails=("casey@example.com",), description="Fresh paint."), source=open_source)

    phones = Contact.objects.filter(lead=lead_id).exclude(phone=None)
    assert {contact.objection for contact in phones} == {"wrong_number"}
    assert phones.count() == 3


def test_a_number_that_was_put_right_stays_right_until_the_source_tells_a_third(lead_id, open_source, clock):
    assert say(phone="(512) 555-0199") == ["phone"]
    contact = Contact.objects.get(lead=lead_id)
    assert (contact.phone, contact.dnc_checked_at) == ("+15125550199", None)
    assert Person.of(phones=["+15125550199"]).marks()[0].newest == contact.phone_hash

    clock.advance(days=1)
    services.ingest(record=record(description="Fresh paint."), source=open_source)
    third = record(
        phones=("+15125550177",), fictitious_phones=frozenset({"+15125550177"}), description="New number"
    )
    services.ingest(record=third, source=open_source)

    newest = Contact.objects.filter(lead=lead_id).order_by("observation__first_seen_at", "pk")
    assert [contact.phone for contact in newest] == ["+15125550199", "+15125550199", "+15125550177"]


def test_a_corrected_address_is_where_the_home_is_known(lead_id):
    say(address="1508 N 116th St, Austin TX 78704")

    assert now(lead_id).address_line.startswith("1508")


def test_the_same_word_again_changes_nothing_and_tells_nobody(lead_id, alice, grant):
    grant(alice, 50)
    buy(now(lead_id), alice)
    say(beds="5")
    rows = Observation.objects.count(), Notification.objects.count(), AuditEntry.objects.count()

    assert say(beds="5") == []

    assert (Observation.objects.count(), Notification.objects.count(), AuditEntry.objects.count()) == rows


def test_who_holds_or_bought_it_is_told_once_and_the_trail_names_no_value(
    make_lead, open_source, alice, charlie, grant
):
    taken = services.ingest(record=record(), source=open_source)
    events.deliver_all()
    grant(alice, 50)
    purchase = buy(now(taken.lead_id), alice)

    say(price="450,000")

    told = Notification.objects.get(kind="corrected")
    assert told.says == "The owner of a lead that you bought corrected the price"
    assert told.path == purchase.get_absolute_url()
    entry = AuditEntry.objects.get(action="lead.corrected_by_owner")
    assert entry.details == {"fields": ["price"]}


def test_whoever_holds_it_is_told(lead_id, alice):
    hold_lead(lead_id=lead_id, buyer=alice)

    say(beds="5")

    told = Notification.objects.get(kind="corrected")
    assert (told.membership, told.path) == (alice, f"/leads/{lead_id}/")
    assert told.says == "The owner of a lead that you hold corrected the bedrooms"


@pytest.mark.parametrize("said", [{"price": "much"}, {"beds": "2.5"}, {"address": "somewhere"}])
def test_what_cannot_be_is_refused_and_changes_nothing(lead_id, said):
    with pytest.raises(errors.UnusableCorrection):
        LeadsHolder().correct(MINE, {"phone": "+15125550199", **said})

    assert Contact.objects.get(lead=lead_id).phone == CASEY
    assert not Observation.objects.filter(source="owners-word").exists()


def test_somebody_elses_home_is_not_corrected(lead_id):
    assert LeadsHolder().correct(Person.of(phones=["+15125550177"]), {"beds": "9"}) == []

    assert now(lead_id).beds != 9


def test_a_request_to_correct_ends_in_a_receipt(lead_id, olga, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    said = {"name": "Casey", "emails": [], "phones": [CASEY], "address": "", "corrections": {"beds": "5"}}
    request = asked(kind="correct", said=said)
    privacy.note_acknowledged(request_id=request.pk)
    privacy.verify_by_operator(request_id=request.pk, how="document", actor_id=olga.pk)

    done = privacy_outcomes.apply_corrections(request_id=request.pk, actor_id=olga.pk)

    assert done.state == PrivacyRequest.State.COMPLETED
    assert (done.receipt["corrected"], done.receipt["rows"]) == (["beds"], 1)
    assert now(lead_id).beds == 5
