"""The kit of a purchase: written once, within the passport, and closed with what closes it."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Membership
from aiqleads.core import clock as database_clock
from aiqleads.core import events
from aiqleads.core.postgres import violated_constraint
from leads import passport
from leads.models import Consent, Contact, Lead, Observation, Outcome
from leads.objections import note_objection
from marketplace import delivery, selectors, services
from marketplace.engagement import Brief, Channel, Draft, Message
from marketplace.models import Engagement, EngagementText, FollowUp, Passport, Purchase
from marketplace.return_rules import Reason
from tests.leads.erased import empty
from tests.marketplace.returned import buy

pytestmark = pytest.mark.django_db
AUSTIN = ZoneInfo("America/Chicago")


def reach(lead: Lead, *agreed: str) -> Contact:
    """An owner with a telephone and an address for e-mail, who agreed to these channels."""
    observation = lead.observations.get()
    observation.facts = {"asking_price_cents": lead.asking_price_cents}
    observation.save(update_fields=["facts"])
    if agreed:
        Consent.objects.create(
            observation=observation,
            text_version="sell-1",
            given_at=datetime(2026, 10, 1, tzinfo=UTC),
            channels=list(agreed),
            agents=1,
        )
    return Contact.objects.create(
        lead=lead, observation=observation, name="Casey Homeowner", phone="+15125550142", email="casey@example.com"
    )


@pytest.fixture
def bought(lead, alice) -> Purchase:
    reach(lead, "call", "text", "email")
    return buy(lead, alice)


def object_to(lead: Lead) -> None:
    with transaction.atomic():
        note_objection(lead_id=lead.pk, objection=Contact.Objection.DO_NOT_CONTACT)


def take_back(lead: Lead) -> None:
    """What the withdrawal of a submission does to its record."""
    lead.observations.update(gone_at=database_clock.Now())


def erase(lead: Lead) -> None:
    empty(lead)


def kit_of(purchase: Purchase, reader: Membership) -> selectors.Kit | None:
    found = selectors.access_purchase(viewer=reader, purchase_id=purchase.pk)
    return services.kit_of(found, reader)


def written(purchase: Purchase) -> set[str]:
    return set(EngagementText.objects.filter(engagement=purchase.pk).values_list("channel", flat=True))


def states(purchase: Purchase) -> set[str]:
    return set(FollowUp.objects.filter(engagement=purchase.pk).values_list("state", flat=True))


def test_a_sale_writes_a_kit_that_tells_where_its_facts_come_from(bought, alice):
    events.deliver_all()

    kit = Engagement.objects.get()
    assert (kit.pk, kit.version, kit.writer, kit.faults) == (bought.pk, 1, "own-words-1", [])
    assert written(bought) == set(Channel)
    known = {fact["key"]: (fact["says"], fact["told_by"].partition(",")[0]) for fact in kit.facts}
    assert known["asking_price"] == ("$412,000", "Open homes")
    assert known["area_sqft"] == ("1,480 sq ft", "Open homes")
    assert all(len(text.cites) >= 2 for text in kit.texts.all())
    assert "Casey" not in "".join(kit.texts.values_list("body", flat=True))


def test_the_kit_is_written_once_and_reads_the_same_ever_after(bought, alice):
    first = kit_of(bought, alice)
    events.deliver_all()
    again = kit_of(bought, alice)

    assert first == again
    assert Engagement.objects.get().version == 1


def test_a_scraped_lead_gets_no_text_message_and_says_why(lead, alice):
    reach(lead)
    kit = kit_of(buy(lead, alice), alice)

    shown = {text.channel: (bool(text.body), text.why_not) for text in kit.texts}
    assert shown[Channel.TEXT] == (False, "Texts need the owner's prior consent, and there is none.")
    assert shown[Channel.CALL] == (False, "Not checked against a do-not-call list.")
    assert shown[Channel.EMAIL] == shown[Channel.POST] == (True, "")
    assert {step.channel for step in kit.steps} == {"email", "post"}


def test_a_fall_of_the_price_is_told(lead, alice):
    contact = reach(lead)
    first = contact.observation
    Observation.objects.create(
        source=first.source,
        lead=lead,
        external_id_hash=first.external_id_hash,
        content_hash="1:dearer",
        facts={"asking_price_cents": 430_000_00},
        first_seen_at=datetime(2026, 9, 1, tzinfo=UTC),
    )

    kit = kit_of(buy(lead, alice), alice)

    assert "from $430,000 to $412,000" in {fact["says"] for fact in kit.engagement.facts}


def test_the_plan_is_dated_in_the_owners_hours(bought, alice):
    kit = kit_of(bought, alice)

    for step in kit.steps:
        local = step.due_at.astimezone(AUSTIN)
        assert local.time() in {time(10), time(14), time(18)}
        assert local.weekday() != 6
    assert kit.steps[-1].due_at < Passport.objects.get().valid_until


@pytest.mark.parametrize(
    "close",
    [
        lambda bought, olga: services.decide_return(
            return_id=services.request_return(
                purchase_id=bought.pk, buyer=bought.membership, reason=Reason.OUT_OF_AREA
            ).pk,
            is_accepted=True,
            says="So it is.",
            actor_id=olga.pk,
        ),
        lambda bought, olga: object_to(bought.lead),
        lambda bought, olga: take_back(bought.lead),
        lambda bought, olga: erase(bought.lead),
    ],
    ids=["given back", "asked to be left alone", "took back their consent", "had everything deleted"],
)
def test_what_closes_every_channel_takes_texts_and_plan_with_it(bought, alice, olga, close: Callable[..., None]):
    events.deliver_all()
    close(bought, olga)

    assert written(bought) == set()
    assert states(bought) == {"ended"}
    kit = kit_of(bought, alice)
    assert kit is None or {text.body for text in kit.texts} == {""}


@pytest.mark.parametrize(
    ("guard", "table", "close"),
    [
        ("objection_closes_engagement", "leads_contact", object_to),
        ("withdrawal_closes_engagement", "leads_observation", take_back),
        ("erasure_closes_engagement", "leads_lead", erase),
    ],
)
def test_without_its_guard_a_text_outlives_its_channel_and_is_still_not_shown(bought, alice, guard, table, close):
    events.deliver_all()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {guard} ON {table}")

    close(bought.lead)

    assert written(bought) == set(Channel)
    assert "open" in states(bought)
    assert not kit_of(bought, alice).written


def test_without_its_guard_a_plan_outlives_its_outcome(bought, alice):
    events.deliver_all()
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER outcome_ends_plan ON leads_outcome")

    services.mark_outcome(purchase_id=bought.pk, buyer=alice, status=Outcome.Status.LOST)

    assert states(bought) == {"open"}


def test_a_consent_that_is_taken_back_leaves_no_script_and_says_so(bought, alice):
    before = kit_of(bought, alice)
    take_back(bought.lead)

    after = kit_of(bought, alice)
    assert (before.engagement.version, after.engagement.version) == (1, 2)
    assert {text.why_not for text in after.texts} == {passport.TOOK_BACK}
    assert {step.state for step in after.steps} == {"ended"}


def test_any_outcome_ends_the_plan_and_leaves_the_texts(bought, alice):
    events.deliver_all()
    services.mark_outcome(purchase_id=bought.pk, buyer=alice, status=Outcome.Status.CONTACTED)

    assert states(bought) == {"ended"}
    assert written(bought) == set(Channel)


def test_copies_that_were_bought_out_together_have_one_plan(make_lead, alice, grant):
    lead = make_lead(copies=3)
    reach(lead)
    grant(alice, 30)
    services.hold_lead(lead_id=lead.pk, buyer=alice, copies="all")
    bought = services.check_out(buyer=alice, idempotency_key="all")
    events.deliver_all()

    assert len(bought) == 3
    assert {len(written(purchase)) for purchase in bought} == {2}
    assert FollowUp.objects.values("engagement").distinct().count() == 1


class Careless:
    """A writer that invents a price."""

    name = "careless-1"

    def write(self, brief: Brief) -> Draft:
        message = Message(channel=Channel.CALL, body="It is worth $500,000.", cites=())
        return Draft(messages=[message], steps=[])


def test_a_draft_with_a_fault_is_shown_to_operators_alone_and_its_faults_are_kept(bought, alice, olgas):
    services.write_engagement(purchase_id=bought.pk, writer=Careless())

    assert written(bought) == set()
    assert "number" in {fault["code"] for fault in Engagement.objects.get().faults}
    assert {text.why_not for text in kit_of(bought, alice).texts} == {selectors.NOT_WRITTEN}
    assert "number" in olgas.get("/admin/marketplace/engagement/?draft=refused").content.decode()
    assert (
        "number, call: $500,000" in olgas.get(f"/admin/marketplace/engagement/{bought.pk}/change/").content.decode()
    )


def write_text(bought: Purchase, channel: str) -> EngagementText:
    return EngagementText.objects.create(engagement_id=bought.pk, channel=channel, body="Hello", cites=[])


def test_no_text_for_a_closed_channel_passes_the_database(lead, alice):
    reach(lead)
    bought = buy(lead, alice)
    events.deliver_all()

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        write_text(bought, "text")
    assert violated_constraint(refusal.value) == "text_within_passport"

    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER text_within_passport ON marketplace_engagementtext")
    assert write_text(bought, "text").pk
    assert kit_of(bought, alice).find("text") is None  # and what got in is not shown


def plan_call(bought: Purchase, due_at: datetime) -> FollowUp:
    return FollowUp.objects.create(engagement_id=bought.pk, number=90, channel="call", says="Call.", due_at=due_at)


def test_no_call_in_quiet_hours_passes_the_database(bought):
    events.deliver_all()
    tomorrow = database_clock.now().astimezone(AUSTIN).replace(hour=21, minute=0, second=0)

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        plan_call(bought, tomorrow)
    assert violated_constraint(refusal.value) == "step_outside_quiet_hours"

    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER step_within_passport ON marketplace_followup")
    assert plan_call(bought, tomorrow).pk


def test_no_step_outlives_its_passport_or_comes_back(bought):
    events.deliver_all()
    late = Passport.objects.get().valid_until.replace(hour=18)

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        plan_call(bought, late.replace(year=late.year + 1))
    assert violated_constraint(refusal.value) == "step_within_passport"

    FollowUp.objects.update(state="done", closed_at=database_clock.Now())
    with pytest.raises(IntegrityError) as reopened, transaction.atomic():
        FollowUp.objects.update(state="open", closed_at=None)
    assert violated_constraint(reopened.value) == "step_closed_once"


def test_pages_show_texts_with_their_sender_and_hand_them_out_as_plain_text(alices, bobs, charlies, bought, bob):
    services.share_purchase(purchase_id=bought.pk, to=bob, by=bought.membership)
    page = alices.get(f"/purchases/{bought.pk}/").content.decode()
    address = f"/purchases/{bought.pk}/say/email/"
    plain = bobs.get(address)

    assert "a real-estate agent with Alice Realty" in page
    assert address in page
    assert plain["Content-Type"] == "text/plain; charset=utf-8"
    assert plain.content.decode().startswith(
        "Your 3-bed, 2-bath home on Hidden Creek Road in Austin\n\nHello [owner"
    )
    assert charlies.get(address).status_code == alices.get(f"/purchases/{bought.pk}/say/fax/").status_code == 404


def test_a_lead_that_was_given_back_has_no_kit_behind_any_door(alices, alice, bought, olga):
    asked = services.request_return(purchase_id=bought.pk, buyer=alice, reason=Reason.OUT_OF_AREA)
    services.decide_return(return_id=asked.pk, is_accepted=True, says="So it is.", actor_id=olga.pk)

    assert "What to say" not in alices.get(f"/purchases/{bought.pk}/").content.decode()
    assert alices.get(f"/purchases/{bought.pk}/say/post/").status_code == 404


def test_the_passport_tells_the_owners_clock(bought, clock):
    now = database_clock.now().astimezone(AUSTIN)
    early = datetime.combine(now.date() + timedelta(days=8 - now.isoweekday()), time(8, 30), tzinfo=AUSTIN)

    clock.advance(seconds=(early - now).total_seconds())
    before = delivery.calling_hours_now(selectors.get_purchase(bought.pk))
    clock.advance(hours=1)
    purchase = selectors.get_purchase(bought.pk)
    after = delivery.calling_hours_now(purchase)
    purchase.lead.zip_code = purchase.lead.state_code = ""

    assert (before.time_zone, before.is_calling_hour) == ("America/Chicago", False)
    assert (before.local_time, after.local_time) == ("Monday, 8:30", "Monday, 9:30")
    assert after.is_calling_hour is True  # Texas begins at nine
    assert delivery.calling_hours_now(purchase) == delivery.CallingHours()
