"""Returns: credited once and whole, decided by records or by people, sold again only where it is fair."""

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.errors import NotYourRole
from aiqleads.core import clock, events
from aiqleads.core.models import AuditEntry, OutboxEvent
from aiqleads.core.postgres import violated_constraint
from billing import selectors as billing
from billing.invariants import broken
from leads.models import Consent, Contact, Lead
from marketplace import delivery, errors, selectors, services
from marketplace.models import Claim, LeadSlot, Listing, Notification, Purchase, Return, ReturnPolicy
from marketplace.return_rules import BUYERS_REASONS, SOLD_AGAIN, Reason
from tests.marketplace.returned import at_an_address, buy, record_elsewhere

pytestmark = pytest.mark.django_db


@pytest.fixture
def bought(lead, alice) -> Purchase:
    return buy(at_an_address(lead), alice)


def ask(purchase, buyer, reason=Reason.WRONG_NUMBER, **said) -> Return:
    return services.request_return(purchase_id=purchase.pk, buyer=buyer, reason=reason, **said)


def decide(asked, olga, *, is_accepted=True, says="We called it, too.") -> Return:
    return services.decide_return(return_id=asked.pk, is_accepted=is_accepted, says=says, actor_id=olga.pk)


def test_what_no_record_proves_waits_for_a_person(bought, alice):
    asked = ask(bought, alice, explanation="A pizza parlour answered.")

    assert (asked.state, asked.person_because) == ("requested", "")
    assert list(selectors.return_queue()) == [asked]
    assert Return.objects.get().explanation == "A pizza parlour answered."
    assert Claim.objects.get().state == "sold"
    assert billing.balance_credits(alice.organisation_id) == 0


def test_an_accepted_return_is_credited_in_one_journal(bought, alice, olga):
    decide(ask(bought, alice), olga)
    connection.check_constraints()

    claim, asked = Claim.objects.get(), Return.objects.get()
    assert (claim.state, claim.during.lower, claim.during.upper) == ("returned", bought.claim.during.lower, None)
    assert (asked.state, asked.ground, asked.decided_by) == ("accepted", "wrong_number", olga)
    assert (asked.journal.key, asked.journal.reverses) == (f"return:{claim.pk}", claim.journal)
    assert billing.balance_credits(alice.organisation_id) == 10
    assert broken() == []
    assert LeadSlot.objects.get().closed_at is not None
    entry = AuditEntry.objects.get(action="return.accepted")
    assert (entry.actor, entry.details) == (
        olga,
        {"state": ["requested", "accepted"], "reason": "We called it, too."},
    )


def test_a_decision_is_made_once(bought, alice, olga):
    asked = ask(bought, alice)
    decide(asked, olga)

    with pytest.raises(errors.ReturnDecided):
        decide(asked, olga, is_accepted=False)

    assert billing.balance_credits(alice.organisation_id) == 10


def test_a_returned_contact_is_closed_to_its_buyer(bought, alice, olga):
    decide(ask(bought, alice), olga)
    purchase = selectors.access_purchase(viewer=alice, purchase_id=bought.pk)

    with pytest.raises(Claim.DoesNotExist):
        delivery.unlock_contact(purchase=purchase, viewer_id=alice.user_id)
    with pytest.raises(Claim.DoesNotExist):
        delivery.public_record(purchase)

    assert {told["is_allowed"] for told in delivery.channels_now(purchase).values()} == {False}
    assert selectors.bought_lead(viewer=alice, lead_id=bought.lead_id) is None


@pytest.mark.parametrize("reason", BUYERS_REASONS)
def test_a_copy_is_sold_again_only_where_the_reason_was_its_buyers(bought, alice, charlie, olga, reason):
    decide(ask(bought, alice, reason), olga)
    events.deliver_all()

    replacing = LeadSlot.objects.filter(replaces=bought.claim.slot)
    assert replacing.count() == (reason in SOLD_AGAIN)
    assert Listing.objects.offered().count() == (reason in SOLD_AGAIN)
    assert Listing.objects.get().returned_copies == 1
    assert Lead.objects.get().state == ("active" if reason in SOLD_AGAIN else "withdrawn")
    if reason in SOLD_AGAIN:
        again = buy(bought.lead, charlie)
        connection.check_constraints()
        assert (again.claim.slot, again.price_credits) == (replacing.get(), 10)
        assert Listing.objects.get().copies_left == 0


def test_who_gave_a_lead_back_cannot_hold_it_again(bought, alice, olga, grant):
    grant(alice, 10)
    decide(ask(bought, alice, Reason.OUT_OF_AREA), olga)

    with pytest.raises(errors.LeadUnavailable, match="already has this lead"):
        services.hold_lead(lead_id=bought.lead_id, buyer=alice)


def test_what_is_wrong_with_one_copy_closes_the_others(make_lead, alice, charlie, olga):
    shared = make_lead(copies=3)
    bought = buy(shared, alice)
    held = services.hold_lead(lead_id=shared.pk, buyer=charlie)

    decide(ask(bought, alice, Reason.NOT_THE_OWNER), olga)
    connection.check_constraints()

    held.refresh_from_db()
    assert (held.state, held.release_reason) == ("released", "not the owner")
    assert LeadSlot.objects.filter(closed_at=None).count() == 0
    assert Listing.objects.get().copies_left == 0


@pytest.mark.parametrize(
    ("reason", "status"),
    [(Reason.ALREADY_LISTED, "active"), (Reason.ALREADY_LISTED, "pending"), (Reason.ALREADY_SOLD, "closed")],
)
def test_what_our_records_prove_is_credited_at_once(bought, alice, reason, status):
    record_elsewhere(bought.lead, status=status)

    asked = ask(bought, alice, reason)

    assert (asked.state, asked.decided_by) == ("accepted", None)
    assert asked.decision
    assert billing.balance_credits(alice.organisation_id) == 10


def test_a_record_of_something_else_proves_nothing(bought, alice):
    record_elsewhere(bought.lead, status="active")

    assert ask(bought, alice, Reason.ALREADY_SOLD).state == "requested"


def test_a_home_bought_twice_is_a_duplicate(bought, make_lead, alice, charlie):
    twin = at_an_address(make_lead(address_line=bought.lead.address_line))
    theirs = buy(twin, charlie)
    second = buy(at_an_address(make_lead(address_line=bought.lead.address_line.upper())), alice)
    Lead.objects.filter(pk=second.lead_id).update(address_hash=bought.lead.address_hash)

    assert ask(second, alice, Reason.DUPLICATE_OF_MINE).state == "accepted"
    assert ask(theirs, charlie, Reason.DUPLICATE_OF_MINE).state == "requested"
    assert ask(bought, alice, Reason.DUPLICATE_OF_MINE).state == "requested"


def test_a_purchase_comes_back_within_the_days_it_was_bought_under(bought, alice, olga, clock):
    services.set_return_policy(
        name="Shorter", window_days=3, cap_percent=20, cap_purchases=20, cap_days=90, actor_id=olga.pk
    )
    clock.advance(days=13, hours=23)
    assert selectors.return_terms().window_days == 3
    asked = ask(bought, alice)

    assert asked.state == "requested"


def test_after_the_window_nothing_comes_back(bought, alice, clock):
    clock.advance(days=14, minutes=1)

    with pytest.raises(errors.ReturnWindowOver):
        ask(bought, alice)

    assert not Return.objects.exists()


def test_only_buyers_of_the_organisation_return(bought, bob, charlie):
    with pytest.raises(NotYourRole):
        ask(bought, bob)
    with pytest.raises(Purchase.DoesNotExist):
        ask(bought, charlie)

    assert not Return.objects.exists()


def test_a_purchase_is_asked_back_once(bought, alice, olga):
    asked = ask(bought, alice)
    with pytest.raises(errors.ReturnedBefore):
        ask(bought, alice, Reason.OUT_OF_AREA)
    decide(asked, olga)
    with pytest.raises(errors.ReturnedBefore):
        ask(bought, alice)

    assert Return.objects.get().reason == "wrong_number"


def test_a_refused_return_is_appealed_once_to_a_person(bought, alice, olga):
    refused = decide(ask(bought, alice), olga, is_accepted=False, says="It rang.")
    assert refused.may_be_appealed

    appealed = services.appeal_return(purchase_id=bought.pk, buyer=alice, explanation="It rang at a pizza parlour.")
    final = decide(appealed, olga, is_accepted=False, says="Nobody else answers there.")

    assert (appealed.state, final.state, final.may_be_appealed) == ("appealed", "refused", False)
    with pytest.raises(errors.ReturnNotAppealable):
        services.appeal_return(purchase_id=bought.pk, buyer=alice, explanation="Again")
    assert billing.balance_credits(alice.organisation_id) == 0
    assert Return.objects.get().appeal == "It rang at a pizza parlour."


def test_an_appeal_can_be_won(bought, alice, olga):
    decide(ask(bought, alice), olga, is_accepted=False)
    appealed = services.appeal_return(purchase_id=bought.pk, buyer=alice, explanation="See the picture.")

    decide(appealed, olga)

    assert billing.balance_credits(alice.organisation_id) == 10


def test_only_a_refusal_is_appealed(bought, alice, olga):
    asked = ask(bought, alice)
    for state in ("requested", "accepted"):
        if state == "accepted":
            decide(asked, olga)

        with pytest.raises(errors.ReturnNotAppealable):
            services.appeal_return(purchase_id=bought.pk, buyer=alice, explanation="Please")

        assert Return.objects.get().state == state


def test_beyond_the_cap_a_person_decides_whatever_records_say(make_lead, alice, olga):
    services.set_return_policy(
        name="Strict", window_days=14, cap_percent=20, cap_purchases=10, cap_days=90, actor_id=olga.pk
    )
    bought = [buy(at_an_address(make_lead()), alice) for _ in range(3)]
    for purchase in bought:
        record_elsewhere(purchase.lead, status="active").delete()
    ask(bought[0], alice)
    ask(bought[1], alice)
    record_elsewhere(bought[2].lead, status="active")

    third = ask(bought[2], alice, Reason.ALREADY_LISTED)

    assert third.state == "requested"
    assert third.person_because == (
        "A person decides about this return. Checks decide at once about up to 20 % of an organisation's last 10 "
        "purchases within 90 days, which is 2; with this one yours are 3 of 3."
    )


def test_refusals_do_not_count_against_a_buyer(make_lead, alice, olga):
    services.set_return_policy(
        name="Strict", window_days=14, cap_percent=10, cap_purchases=10, cap_days=90, actor_id=olga.pk
    )
    first, second = (buy(make_lead(), alice) for _ in range(2))
    decide(ask(first, alice), olga, is_accepted=False)

    assert ask(second, alice).person_because == ""


def test_a_lead_promised_to_one_agent_is_not_sold_again(bought, alice, olga):
    """Its owner agreed to one agent: the copy that came back counts for ever."""
    Consent.objects.create(
        observation=bought.lead.observations.get(),
        text_version="sell-1",
        given_at=clock.now(),
        channels=[],
        agents=1,
    )

    decide(ask(bought, alice, Reason.OUT_OF_AREA), olga)

    assert LeadSlot.objects.count() == 1
    assert not Listing.objects.offered().exists()
    assert billing.balance_credits(alice.organisation_id) == 10


def contact_of(lead, **facts) -> Contact:
    return Contact.objects.create(lead=lead, observation=lead.observations.get(), name="Casey Homeowner", **facts)


def test_who_asked_to_be_left_alone_is_marked_wherever_they_stand(bought, make_lead, alice, charlie, olga):
    other = make_lead()
    contact_of(bought.lead, phone="+15125550142", phone_hash="1:phone")
    contact_of(other, phone="+15125550142", phone_hash="1:phone")
    contact_of(make_lead(), phone="+15125550143", phone_hash="1:other")

    decide(ask(bought, alice, Reason.DO_NOT_CONTACT), olga)

    assert Contact.objects.filter(objection="do_not_contact").count() == 2
    assert OutboxEvent.objects.filter(name="lead.owner_objected").count() == 2
    with pytest.raises(errors.LeadWithdrawn):
        buy(other, charlie)
    assert not Purchase.objects.filter(lead=other).exists()


def test_no_right_lists_a_lead_whose_owner_asked_to_be_left_alone(make_lead):
    lead = make_lead()
    may_list = "SELECT leads_may_list(%s, core_clock())"
    contact_of(lead, phone="+15125550142", phone_hash="1:phone")
    with connection.cursor() as cursor:
        assert cursor.execute(may_list, [lead.pk]).fetchone() == (True,)
        Contact.objects.update(objection="do_not_contact", objected_at=clock.now())
        assert cursor.execute(may_list, [lead.pk]).fetchone() == (False,)

        cursor.execute(
            "CREATE OR REPLACE FUNCTION leads_is_left_alone(lead uuid) RETURNS boolean LANGUAGE sql STABLE "
            "AS 'SELECT false'"
        )
        assert cursor.execute(may_list, [lead.pk]).fetchone() == (True,), "this guard alone keeps it off"


def test_other_buyers_of_a_copy_hear_of_it(make_lead, alice, charlie, olga):
    shared = make_lead(copies=2)
    contact_of(shared, email="casey@example.com", email_hash="1:mail")
    first, second = buy(shared, alice), buy(shared, charlie)
    assert delivery.channels_now(access(second, charlie))["email"]["is_allowed"]

    decide(ask(first, alice, Reason.DO_NOT_CONTACT), olga)

    assert not delivery.channels_now(access(second, charlie))["post"]["is_allowed"]
    [contact] = delivery.unlock_contact(purchase=access(second, charlie), viewer_id=charlie.user_id)
    assert contact.objection == "Asked not to be contacted"


def access(purchase, buyer) -> Purchase:
    return selectors.access_purchase(viewer=buyer, purchase_id=purchase.pk)


@pytest.fixture
def bought_out(make_lead, alice, grant) -> list[Purchase]:
    """Three copies of a lead, bought as one."""
    grant(alice, 30)
    services.hold_lead(lead_id=make_lead(copies=3).pk, buyer=alice, copies=services.Copies.ALL)
    return services.check_out(buyer=alice, idempotency_key="all")


def test_copies_bought_out_together_come_back_together(bought_out, alice, olga):
    first, *_ = bought_out
    asked = ask(first, alice)
    with pytest.raises(errors.ReturnedBefore):
        ask(bought_out[2], alice)
    decide(asked, olga, is_accepted=False)
    services.appeal_return(purchase_id=bought_out[1].pk, buyer=alice, explanation="Please look again.")

    decide(Return.objects.get(purchase=bought_out[2]), olga)
    connection.check_constraints()

    assert set(Return.objects.values_list("state", flat=True)) == {"accepted"}
    assert billing.balance_credits(alice.organisation_id) == 30
    assert list(Notification.objects.order_by("made_at").values_list("says", flat=True))[-1].startswith(
        "30 credits"
    )
    assert Notification.objects.count() == 2


def test_a_copy_of_a_buy_out_is_no_duplicate_of_the_others(bought_out, alice):
    for lead in Lead.objects.all():
        at_an_address(lead)

    assert ask(bought_out[2], alice, Reason.DUPLICATE_OF_MINE).state == "requested"


def test_copies_that_came_back_out_of_area_are_sold_again_each(bought_out, alice, olga):
    decide(ask(bought_out[0], alice, Reason.OUT_OF_AREA), olga)
    connection.check_constraints()

    assert LeadSlot.objects.exclude(replaces=None).count() == 3
    assert Listing.objects.get().copies_left == 3


# The guards: what no code can do, and what happens where one is missing.


def refused_by(statement: str, *values: object) -> str:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return violated_constraint(refusal.value)


def without(*triggers: str) -> None:
    """Drop guards, each as ``name ON table``."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for trigger in triggers:
            cursor.execute(f"DROP TRIGGER {trigger}")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


RETURNED = "UPDATE marketplace_claim SET state = 'returned'"
SETTLED = "returned_claim_is_settled ON marketplace_claim"
PAID_BACK = "claim_returned_by_its_journal ON marketplace_claim"
ONE_MORE = (
    "INSERT INTO marketplace_leadslot (id, lead_id, number, replaces_id)"
    " SELECT gen_random_uuid(), lead_id, 2, {} FROM marketplace_leadslot"
)
ONCE_MORE = "sold_again_after_a_return ON marketplace_leadslot"
GUARD = "return_guard ON marketplace_return"


def test_no_sale_comes_back_without_its_money(bought):
    assert refused_by(RETURNED) == "claim_returned_by_its_journal"

    without(PAID_BACK, SETTLED)
    Claim.objects.update(state="returned")

    assert Claim.objects.get().state == "returned"


def test_no_sale_comes_back_without_its_return(bought, alice):
    without(PAID_BACK)
    assert refused_by(RETURNED) == "returned_claim_has_its_return"

    without(SETTLED)
    Claim.objects.update(state="returned")
    connection.check_constraints()

    assert not Return.objects.exists()


def test_no_returned_copy_stays_open(bought, alice, olga):
    decide(ask(bought, alice), olga)
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE marketplace_leadslot SET closed_at = NULL")
        cursor.execute("UPDATE marketplace_claim SET state = 'sold'")
        cursor.execute("SET LOCAL session_replication_role = origin")

    assert refused_by(RETURNED) == "returned_slot_is_closed"


def test_no_return_is_accepted_without_credit(bought, alice, olga):
    asked = ask(bought, alice)
    statement = f"UPDATE marketplace_return SET state = 'accepted', ground = reason, decided_by_id = {olga.pk}"
    assert refused_by(statement) == "return_accepted_is_credited"

    with_journal = f"{statement}, journal_id = (SELECT journal_id FROM marketplace_claim)"
    assert refused_by(with_journal) == "accepted_return_is_credited"

    without("accepted_return_is_credited ON marketplace_return")
    with connection.cursor() as cursor:
        cursor.execute(with_journal)
    connection.check_constraints()
    asked.refresh_from_db()
    assert asked.state == "accepted"


def test_no_member_decides_what_an_operator_has_to(bought, alice):
    ask(bought, alice)
    for state in ("accepted", "refused"):
        statement = f"UPDATE marketplace_return SET state = '{state}', decided_by_id = {alice.user_id}"

        assert refused_by(statement) == "return_decided_by_a_person"


def test_the_product_refuses_nothing(bought, alice):
    ask(bought, alice)
    assert refused_by("UPDATE marketplace_return SET state = 'refused'") == "return_decided_by_a_person"

    without(GUARD)
    Return.objects.update(state="refused", decided_at="2026-01-01T00:00Z")

    assert Return.objects.get().state == "refused"


def test_what_was_asked_stays_asked(bought, alice):
    ask(bought, alice)
    guards = {
        "reason = 'out_of_area'": "return_written_once",
        "person_because = 'x'": "return_written_once",
        "arose_at = now()": "return_written_once",
        "explanation = ''": "return_written_once",
        "state = 'appealed'": "return_step",
        "state = state": "return_step",
        "appealed_at = now(), state = 'refused'": "return_written_once",
    }

    refused = {change: refused_by(f"UPDATE marketplace_return SET {change}") for change in guards}

    assert refused == guards


def test_returns_are_kept(bought, alice):
    ask(bought, alice)

    refused_by("DELETE FROM marketplace_return")

    assert Return.objects.exists()


def test_no_late_return_gets_in_past_the_service(bought, alice, clock):
    clock.advance(days=15)
    late = {"purchase": bought, "membership": alice, "reason": "wrong_number", "explanation": ""}
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        Return.objects.create(**late)
    assert violated_constraint(refusal.value) == "return_within_window"

    without(GUARD)
    assert Return.objects.create(**late).state == "requested"


def test_no_stranger_returns_past_the_service(bought, charlie, bob):
    for member in (charlie, bob):
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            Return.objects.create(purchase=bought, membership=member, reason="wrong_number", explanation="")
        assert violated_constraint(refusal.value) == "return_by_its_buyer"


@pytest.mark.parametrize("replaces", ["NULL", "id"])
def test_no_code_adds_a_copy_to_an_offered_lead(bought, replaces):
    guards = {"NULL": "slots_of_the_first_offer", "id": "slot_replaces_a_returned_one"}
    assert refused_by(ONE_MORE.format(replaces)) == guards[replaces]

    without(ONCE_MORE)
    with connection.cursor() as cursor:
        cursor.execute(ONE_MORE.format(replaces))

    assert LeadSlot.objects.filter(closed_at=None).count() == 2


def test_no_code_sells_a_wrong_number_again(bought, alice, charlie, olga):
    decide(ask(bought, alice), olga)
    connection.check_constraints()
    assert refused_by(ONE_MORE.format("id")) == "slot_replaces_a_returned_one"

    without(ONCE_MORE)
    with connection.cursor() as cursor:
        cursor.execute(ONE_MORE.format("id"))
    Listing.objects.update(delisted_at=None)

    assert buy(bought.lead, charlie).claim.state == "sold"


def test_a_copy_is_replaced_once(bought, alice, olga):
    decide(ask(bought, alice, Reason.OUT_OF_AREA), olga)
    connection.check_constraints()

    again = ONE_MORE.replace(", 2,", ", 3,").format("id") + " WHERE replaces_id IS NULL"
    assert "replaces" in refused_by(again)


def test_policies_are_written_once(olga):
    services.set_return_policy(
        name="First", window_days=14, cap_percent=20, cap_purchases=20, cap_days=90, actor_id=olga.pk
    )

    refused_by("UPDATE marketplace_returnpolicy SET window_days = 1")

    assert ReturnPolicy.objects.get().window_days == 14
    assert AuditEntry.objects.get(action="return_policy.set").details == {}
