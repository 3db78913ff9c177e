"""The queue for a lead that others hold: two minutes for each place in turn, derived from what happened."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from accounts.errors import NotYourRole
from accounts.models import Entitlement
from aiqleads.core import clock as database_clock
from aiqleads.core import events
from aiqleads.core.models import OutboxEvent
from aiqleads.core.postgres import violated_constraint
from marketplace import cards, errors, selectors, services
from marketplace.models import Claim, Listing, Notification, WaitlistEntry
from marketplace.return_rules import Reason
from marketplace.selectors.waiting import moving_queues
from marketplace.services import Copies
from marketplace.tasks import tell_of_turns
from tests.api.conftest import client_of
from tests.conftest import give_credits, open_membership
from tests.marketplace.guards import disarmed

pytestmark = pytest.mark.django_db

WINDOW = timedelta(minutes=2)


@pytest.fixture
def dora(db):
    return open_membership("dora")


@pytest.fixture
def erin(db):
    return open_membership("erin")


@pytest.fixture
def others(dora, erin):
    """Two more agents, each outside the others' organisations."""
    return dora, erin


@pytest.fixture
def lead_of_two(make_lead):
    return make_lead(copies=2)


@pytest.fixture
def held(lead, alice) -> Claim:
    """Alice's hold of the lead, for five minutes."""
    return services.hold_lead(lead_id=lead.pk, buyer=alice)


def wait(lead, *buyers) -> None:
    for buyer in buyers:
        services.join_waitlist(lead_id=lead.pk, buyer=buyer)


def hold(lead, buyer, copies=Copies.ONE) -> Claim:
    return services.hold_lead(lead_id=lead.pk, buyer=buyer, copies=copies)


def queue_of(lead) -> selectors.Queue:
    return selectors.queues([lead.pk]).get(lead.pk, selectors.NOBODY_WAITS)


def order_in(lead, *members) -> list[str]:
    names = {member.organisation_id: member.user.email.split("@")[0] for member in members}
    return [names[organisation_id] for organisation_id in queue_of(lead).organisation_ids]


def offer_to(lead, member) -> tuple[str, object]:
    [card] = cards.cards([selectors.get_listing(lead.pk)], membership=member)
    return card.offer.value, card.until


def test_after_a_hold_two_minutes_belong_to_the_first_and_the_next_two_to_the_second(
    lead, held, charlie, others, clock
):
    dora, erin = others
    wait(lead, charlie, dora)
    clock.advance(minutes=5)

    with pytest.raises(errors.LeadUnavailable) as refusal:
        hold(lead, dora)
    assert refusal.value.facts["until"] == (held.until + WINDOW).isoformat()
    assert offer_to(lead, charlie) == ("free", held.until + WINDOW)
    assert offer_to(lead, erin) == ("queued", held.until + WINDOW)

    clock.advance(minutes=2)
    with pytest.raises(errors.LeadUnavailable):
        hold(lead, charlie)
    assert offer_to(lead, dora) == ("free", held.until + 2 * WINDOW)
    assert hold(lead, dora).membership == dora
    assert order_in(lead, charlie) == ["charlie"]


def test_when_every_window_has_passed_the_lead_is_free_to_everybody(lead, held, charlie, others, clock):
    dora, erin = others
    wait(lead, charlie, dora)
    clock.advance(minutes=9)

    assert offer_to(lead, erin) == ("free", None)
    assert hold(lead, erin).membership == erin


def test_giving_back_starts_the_windows_at_once(lead, held, alice, charlie, dora):
    wait(lead, charlie)
    services.release_claim(claim_id=held.pk, buyer=alice)
    given_back_at = Claim.objects.get().during.upper

    with pytest.raises(errors.LeadUnavailable):
        hold(lead, dora)

    assert queue_of(lead).turn_ends_at == given_back_at + WINDOW
    assert hold(lead, charlie).membership == charlie


def test_who_let_a_window_pass_stands_behind_when_the_next_hold_ends(lead, held, charlie, others, clock):
    dora, erin = others
    wait(lead, charlie, dora)
    clock.advance(minutes=7, seconds=30)
    hold(lead, dora)
    wait(lead, erin)
    assert order_in(lead, charlie, erin) == ["charlie", "erin"]
    clock.advance(minutes=5, seconds=30)
    assert queue_of(lead).is_turn_of(charlie)
    clock.advance(minutes=2)
    hold(lead, erin)
    wait(lead, open_membership("frank"))
    clock.advance(minutes=5)

    assert order_in(lead, charlie, *(entry.membership for entry in WaitlistEntry.objects.waiting())) == [
        "charlie",
        "frank",
    ]


def test_a_newcomer_stands_before_whom_let_a_window_pass_after_them(lead, held, charlie, others, clock):
    dora, erin = others
    wait(lead, charlie)
    clock.advance(minutes=6)
    wait(lead, dora)
    clock.advance(minutes=1, seconds=30)
    hold(lead, dora)

    wait(lead, erin)

    assert order_in(lead, charlie, erin) == ["charlie", "erin"]
    clock.advance(minutes=4)
    services.leave_waitlist(lead_id=lead.pk, buyer=charlie)
    wait(lead, charlie)
    assert order_in(lead, charlie, erin) == ["erin", "charlie"]


def test_leaving_in_ones_window_hands_the_lead_to_the_next_at_once(lead, held, charlie, dora, clock):
    wait(lead, charlie, dora)
    clock.advance(minutes=5, seconds=30)

    services.leave_waitlist(lead_id=lead.pk, buyer=charlie)
    left_at = WaitlistEntry.objects.get(organisation=charlie.organisation).left_at

    assert queue_of(lead).turn_ends_at == left_at + WINDOW
    assert hold(lead, dora).membership == dora


def test_leaving_and_joining_again_gives_no_second_window(lead, held, charlie, others, clock):
    dora, erin = others
    wait(lead, charlie, dora)
    clock.advance(minutes=7, seconds=30)  # Charlie's window has passed, Dora's runs

    services.leave_waitlist(lead_id=lead.pk, buyer=charlie)
    wait(lead, charlie)
    clock.advance(minutes=2)

    assert order_in(lead, charlie, dora) == ["charlie", "dora"]
    assert offer_to(lead, erin) == ("free", None)


def test_the_holders_extension_comes_first(lead, alice, charlie, clock):
    for key, value in {"hold_minutes": 10, "cart_minutes": 20, "may_extend": 1}.items():
        alice.organisation.entitlements.filter(key=key).update(value=value)
    claim = hold(lead, alice)
    wait(lead, charlie)
    clock.advance(minutes=9, seconds=59)

    services.extend_claim(claim_id=claim.pk, buyer=alice)
    clock.advance(minutes=5)

    assert offer_to(lead, charlie)[0] == "held"
    assert queue_of(lead).turn_ends_at is None


def test_a_sale_ends_the_waitlist(lead, held, alice, charlie, grant):
    grant(alice, 50)
    wait(lead, charlie)

    services.check_out(buyer=alice, idempotency_key="k")

    assert not WaitlistEntry.objects.waiting().exists()
    assert offer_to(lead, charlie) == ("sold", None)


def test_waiting_twice_keeps_the_place(lead, held, charlie, dora):
    wait(lead, charlie, dora, charlie)

    assert order_in(lead, charlie, dora) == ["charlie", "dora"]
    assert WaitlistEntry.objects.count() == 2


def test_an_organisation_waits_once_and_any_member_uses_its_turn(lead, charlie, alice, bob, clock):
    bob.role = "buyer"
    bob.save(update_fields=["role"])
    hold(lead, charlie)
    wait(lead, alice, bob)
    clock.advance(minutes=5)

    assert hold(lead, bob).membership == bob
    assert not WaitlistEntry.objects.waiting().exists()


def test_nobody_waits_for_what_is_free(lead, charlie):
    with pytest.raises(errors.LeadIsFree):
        wait(lead, charlie)

    assert not WaitlistEntry.objects.exists()


def test_nobody_waits_for_their_own_hold(lead, held, alice):
    with pytest.raises(errors.LeadUnavailable):
        wait(lead, alice)


def test_nobody_waits_for_what_is_sold(lead, held, alice, charlie, grant):
    grant(alice, 50)
    services.check_out(buyer=alice, idempotency_key="k")

    with pytest.raises(errors.LeadUnavailable) as refusal:
        wait(lead, charlie)

    assert refusal.value.facts["until"] is None


def test_nobody_waits_for_what_is_not_offered(charlie, lead, held):
    Listing.objects.filter(pk=lead.pk).update(delisted_at=database_clock.Now())

    with pytest.raises(errors.LeadWithdrawn):
        wait(lead, charlie)


def test_who_just_held_it_pauses_before_waiting(lead, held, alice, charlie):
    services.release_claim(claim_id=held.pk, buyer=alice)
    hold(lead, charlie)

    with pytest.raises(errors.HoldPaused):
        wait(lead, alice)
    assert not WaitlistEntry.objects.exists()


def test_a_viewer_does_not_wait(lead, charlie, bob):
    hold(lead, charlie)

    with pytest.raises(NotYourRole):
        wait(lead, bob)


def test_leaving_what_one_does_not_wait_for_changes_nothing(lead, held, charlie):
    services.leave_waitlist(lead_id=lead.pk, buyer=charlie)

    assert not OutboxEvent.objects.filter(name="lead.queued").exists()


def test_of_two_copies_the_windows_start_when_the_first_becomes_free(make_lead, alice, charlie, others, clock):
    dora, erin = others
    shared = make_lead(copies=2)
    first = hold(shared, alice)
    with pytest.raises(errors.LeadIsFree):
        wait(shared, dora)
    clock.advance(minutes=1)
    hold(shared, charlie)
    wait(shared, dora, erin)
    clock.advance(minutes=4, seconds=30)  # one copy is free since half a minute, the other is held

    assert queue_of(shared).turn_ends_at == first.until + WINDOW
    assert hold(shared, dora).membership == dora
    assert offer_to(shared, erin)[0] == "held"
    clock.advance(minutes=1)  # now Charlie's hold has ended too

    assert queue_of(shared).is_turn_of(erin)
    assert hold(shared, erin).slot != Claim.objects.get(membership=dora).slot


def test_with_a_copy_left_over_the_next_may_take_it_in_the_same_window(make_lead, alice, charlie, dora, clock):
    shared = make_lead(copies=2)
    hold(shared, alice, Copies.ALL)
    wait(shared, charlie, dora)
    clock.advance(minutes=5)

    hold(shared, charlie)

    assert queue_of(shared).is_turn_of(dora)
    assert hold(shared, dora).membership == dora


def test_the_first_in_the_queue_may_take_every_copy(make_lead, alice, charlie, dora, clock):
    shared = make_lead(copies=2)
    hold(shared, alice, Copies.ALL)
    wait(shared, charlie, dora)
    clock.advance(minutes=5)

    hold(shared, charlie, Copies.ALL)

    assert Claim.objects.live().filter(membership=charlie).count() == 2
    assert queue_of(shared).turn_ends_at is None


def test_a_sold_copy_keeps_the_queue_for_the_others(lead_of_two, alice, charlie, dora, clock):
    shared = lead_of_two
    give_credits(alice, 10)
    hold(shared, alice)
    hold(shared, charlie)
    wait(shared, dora)
    services.check_out(buyer=alice, idempotency_key="k")
    clock.advance(minutes=5)

    assert queue_of(shared).is_turn_of(dora)


def test_a_copy_that_is_sold_again_goes_to_who_waited(lead_of_two, alice, charlie, others, olga):
    dora, erin = others
    give_credits(alice, 10)
    hold(lead_of_two, alice)
    [bought] = services.check_out(buyer=alice, idempotency_key="k")
    hold(lead_of_two, charlie)
    wait(lead_of_two, dora)

    asked = services.request_return(purchase_id=bought.pk, buyer=alice, reason=Reason.OUT_OF_AREA)
    services.decide_return(return_id=asked.pk, is_accepted=True, says="Agreed.", actor_id=olga.pk)

    tell_of_turns()

    assert queue_of(lead_of_two).is_turn_of(dora)
    assert len(told_of_turns(dora)) == 1
    with pytest.raises(errors.LeadUnavailable):
        hold(lead_of_two, erin)
    assert hold(lead_of_two, dora).slot.replaces is not None


def insert_hold(lead, buyer) -> str:
    """A hold as wrong code would take it; the name of the guard that refused, or ""."""
    services.holding.locked_cart(buyer)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO marketplace_claim (id, lead_id, slot_id, organisation_id, membership_id, cart_id,
                                                  bundle, state, quote_id, release_reason)
                   SELECT %(id)s, slot.lead_id, slot.id, %(organisation)s, %(member)s, cart.id, %(id)s, 'held',
                          listing.quote_id, ''
                   FROM marketplace_leadslot slot JOIN marketplace_listing listing USING (lead_id)
                   JOIN marketplace_cart cart ON cart.membership_id = %(member)s WHERE slot.lead_id = %(lead)s""",
                {"id": uuid4(), "organisation": buyer.organisation_id, "member": buyer.pk, "lead": lead.pk},
            )
    except IntegrityError as error:
        return violated_constraint(error)
    return ""


def test_no_code_can_pass_the_queue_while_the_guard_stands(lead, held, charlie, dora, clock):
    wait(lead, charlie)
    clock.advance(minutes=5)

    guard = insert_hold(lead, dora)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER claim_waits_its_turn ON marketplace_claim")

    assert guard == "claim_waits_its_turn"
    assert insert_hold(lead, dora) == ""


@pytest.mark.parametrize(
    "change",
    [
        "joined_at = joined_at - interval '1 hour'",
        "organisation_id = (SELECT id FROM accounts_organisation WHERE name = 'Alice Realty')",
        "left_at = NULL",
    ],
)
def test_no_code_can_move_an_entry_forward(lead, held, charlie, change):
    wait(lead, charlie)
    joined = WaitlistEntry.objects.get()

    with pytest.raises(IntegrityError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE marketplace_waitlistentry SET {change}")
    kept = WaitlistEntry.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER waiting_is_written_once ON marketplace_waitlistentry")
        cursor.execute(f"UPDATE marketplace_waitlistentry SET {change}")

    assert violated_constraint(refusal.value) == "waiting_is_written_once"
    assert kept.joined_at == joined.joined_at


def test_an_entry_says_when_it_came_by_the_databases_clock(lead, held, charlie):
    entry = WaitlistEntry.objects.create(
        lead=lead, organisation=charlie.organisation, membership=charlie, joined_at=held.during.lower - WINDOW
    )

    assert entry.joined_at > held.during.lower


def queue_up(lead, member) -> str:
    """Join as wrong code would; the name of the guard that refused, or ""."""
    try:
        with transaction.atomic():
            WaitlistEntry.objects.create(lead=lead, organisation=member.organisation, membership=member)
    except IntegrityError as error:
        return violated_constraint(error)
    return ""


def buy(lead, buyer) -> None:
    give_credits(buyer, 10)
    services.hold_lead(lead_id=lead.pk, buyer=buyer)
    services.check_out(buyer=buyer, idempotency_key=str(lead.pk))


def in_a_state_to_refuse(guard, lead, alice, charlie):
    """Bring a lead where nobody may wait for it; who tries to."""
    if guard == "waiting_for_a_free_lead":
        return charlie
    buy(lead, alice)
    if guard == "waiting_for_ones_own":
        hold(lead, charlie)
    return alice if guard == "waiting_for_ones_own" else charlie


@pytest.mark.parametrize(
    ("guard", "copies"),
    [("waiting_for_a_free_lead", 1), ("waiting_for_ones_own", 2), ("waiting_for_a_sold_lead", 1)],
)
def test_no_code_can_wait_for_what_is_free_ones_own_or_sold(make_lead, alice, charlie, guard, copies):
    lead = make_lead(copies=copies)
    waiting = in_a_state_to_refuse(guard, lead, alice, charlie)

    assert queue_up(lead, waiting) == guard
    assert queue_of(lead).length == 0
    with disarmed(guard, "marketplace_join_waitlist"):
        assert queue_up(lead, waiting) == ""
    assert queue_of(lead).organisation_ids == (waiting.organisation_id,)


@pytest.mark.parametrize("is_guarded", [True, False])
def test_who_holds_has_left_the_queue_and_without_the_trigger_has_a_turn_besides(
    lead, held, charlie, clock, is_guarded
):
    wait(lead, charlie)
    if not is_guarded:
        drop("holder_leaves_the_waitlist ON marketplace_claim")
    clock.advance(minutes=5)
    hold(lead, charlie)
    clock.advance(minutes=5)

    assert queue_of(lead).is_turn_of(charlie) is not is_guarded


@pytest.mark.parametrize("is_guarded", [True, False])
def test_the_last_sale_ends_the_queue_and_without_the_trigger_they_wait_for_ever(
    lead, held, alice, charlie, is_guarded
):
    wait(lead, charlie)
    if not is_guarded:
        drop("last_sale_ends_the_waitlist ON marketplace_listing")
    give_credits(alice, 10)
    services.check_out(buyer=alice, idempotency_key="k")

    assert queue_of(lead).length == (0 if is_guarded else 1)


def drop(trigger: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {trigger}")


def told_of_turns(member) -> list[str]:
    told = Notification.objects.filter(membership=member, kind="turn")
    return list(told.order_by("made_at").values_list("says", flat=True))


def test_each_hears_of_their_turn_once_and_only_while_it_lasts(lead, held, charlie, dora, clock):
    wait(lead, charlie, dora)
    tell_of_turns()
    assert (told_of_turns(charlie), told_of_turns(dora)) == ([], [])

    clock.advance(minutes=5, seconds=1)
    for _ in range(2):
        tell_of_turns()
    until = queue_of(lead).turn_ends_at
    assert told_of_turns(charlie) == [f"Yours to hold until {until:%H:%M:%S} UTC: For sale by owner in Austin"]
    assert told_of_turns(dora) == []

    clock.advance(minutes=2)
    tell_of_turns()
    assert (len(told_of_turns(charlie)), len(told_of_turns(dora))) == (1, 1)
    clock.advance(minutes=2)
    tell_of_turns()
    assert len(told_of_turns(dora)) == 1


def test_a_queue_that_time_cannot_have_moved_is_not_looked_at(lead, held, charlie, clock):
    wait(lead, charlie)
    before = moving_queues()
    clock.advance(minutes=6)
    while_it_lasts = moving_queues()
    clock.advance(hours=6)

    assert (before, set(while_it_lasts), moving_queues()) == ({}, {lead.pk}, {})


def test_a_turn_is_told_at_once_when_a_hold_is_given_back_or_a_window_left(lead, held, alice, charlie, dora):
    wait(lead, charlie, dora)
    events.deliver_all()
    services.release_claim(claim_id=held.pk, buyer=alice)
    events.deliver_all()
    assert (len(told_of_turns(charlie)), len(told_of_turns(dora))) == (1, 0)

    services.leave_waitlist(lead_id=lead.pk, buyer=charlie)
    events.deliver_all()

    assert len(told_of_turns(dora)) == 1
    assert mail.outbox == []


def test_a_second_hold_that_ends_is_another_turn(lead, held, charlie, erin, clock):
    wait(lead, charlie)
    clock.advance(minutes=5)
    tell_of_turns()
    clock.advance(minutes=2)
    hold(lead, erin)
    clock.advance(minutes=5)
    tell_of_turns()

    assert len(told_of_turns(charlie)) == 2


def test_an_organisation_waits_for_as_many_leads_as_its_plan_allows(make_lead, alice, charlie):
    Entitlement.objects.filter(organisation=charlie.organisation, key="waitlists").update(value=2)
    leads = [make_lead() for _ in range(3)]
    for lead in leads:
        hold(lead, alice)
    wait(leads[0], charlie)
    wait(leads[1], charlie)

    with pytest.raises(errors.TooManyWaitlists):
        wait(leads[2], charlie)
    wait(leads[0], charlie)
    assert queue_up(leads[2], charlie) == "waiting_within_plan"
    services.leave_waitlist(lead_id=leads[0].pk, buyer=charlie)
    wait(leads[2], charlie)
    assert queue_up(leads[0], charlie) == "waiting_within_plan"
    drop("waiting_within_plan ON marketplace_waitlistentry")
    assert queue_up(leads[0], charlie) == ""


def test_programs_ask_for_all_their_places(lead, held, charlie, dora):
    wait(lead, dora, charlie)

    [place] = client_of(charlie).get("/api/v1/waitlist/").json()

    assert place == {"lead_id": str(lead.pk), "place": 2, "length": 2, "turn_until": None}
    assert client_of(open_membership("frank")).get("/api/v1/waitlist/").json() == []


def test_an_operator_sees_who_waits_and_whose_turn_it_is(lead, held, others, olgas, clock):
    dora, charlie = others
    wait(lead, charlie, dora)
    services.leave_waitlist(lead_id=lead.pk, buyer=dora)
    clock.advance(minutes=5)

    shown = olgas.get(reverse("admin:marketplace_waitlistentry_changelist"))
    entry = WaitlistEntry.objects.get(left_at=None)
    row = olgas.get(reverse("admin:marketplace_waitlistentry_change", args=[entry.pk])).content.decode()

    [gone, first] = shown.context["cl"].result_list
    screen = shown.context["cl"].model_admin
    assert (screen.place(gone), screen.turn_ends_at(gone)) == (None, None)
    assert (screen.place(first), screen.turn_ends_at(first)) == (1, queue_of(lead).turn_ends_at)
    assert "Erin Realty" in row
