"""Who works on what an organisation bought: by hand, in turn, back from who left; and every step of it is kept."""

from functools import partial

import psycopg
import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction

from accounts import services as accounts
from accounts.errors import NotYourRole
from accounts.models import Membership, User
from aiqleads.core import events
from aiqleads.core.postgres import violated_constraint
from leads.models import Outcome
from marketplace import errors, services
from marketplace.models import Assignment, AssignmentPolicy, Handover, Notification, Territory
from marketplace.return_rules import Reason
from marketplace.services import Copies
from marketplace.tasks import ask_for_outcomes
from tests.api.conftest import client_of
from tests.api.problems import assert_problem
from tests.conftest import give_credits, make_source, offer_lead
from tests.database import url_of
from tests.marketplace.colleagues import join
from tests.marketplace.conftest import browser_of
from tests.marketplace.returned import buy
from tests.marketplace.test_races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def dora(alice) -> Membership:
    """An agent in Alice's organisation."""
    return join(alice, "dora")


@pytest.fixture
def erin(alice, dora) -> Membership:
    """Another one, who joined later."""
    return join(alice, "erin")


@pytest.fixture
def in_turn(alice) -> None:
    services.set_assignment_rule(by=alice, rule=AssignmentPolicy.Rule.TURN)


@pytest.fixture
def bought(lead, alice):
    return buy(lead, alice)


def in_charge(purchase) -> Membership | None:
    return Assignment.objects.select_related("member").get(purchase=purchase).member


def give(purchase, to, by, reason=""):
    return services.assign_purchases(purchase_ids=[purchase.pk], to=to, by=by, reason=reason)


def told(member) -> list[str]:
    return list(Notification.objects.filter(membership=member).order_by("made_at").values_list("says", flat=True))


def refused(statement: str, *values: object) -> str | None:
    """Run SQL past the services; the name of the guard that refuses it."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
    return violated_constraint(refusal.value)


def run(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_without_a_rule_a_lead_stays_with_who_bought_it(make_lead, alice, dora):
    hers, doras = buy(make_lead(), alice), buy(make_lead(), dora)

    assert (in_charge(hers), in_charge(doras)) == (alice, dora)
    assert not Handover.objects.exists()


def test_an_owner_hands_a_lead_over_and_both_hear_of_it(make_lead, alice, dora, erin):
    purchase = buy(make_lead(), dora)

    [handover] = give(purchase, to=erin, by=alice, reason="Erin lives next door")

    assert in_charge(purchase) == erin
    assert (handover.from_member, handover.to_member, handover.by) == (dora, erin, alice)
    assert (handover.how, handover.reason) == ("hand", "Erin lives next door")
    assert told(erin) == ["alice@example.com assigned you: For sale by owner in Austin"]
    assert told(dora) == ["alice@example.com gave erin@example.com: For sale by owner in Austin"]
    assert told(alice) == []


def test_an_agent_hands_over_their_own_and_nobody_elses(make_lead, alice, dora, erin):
    doras, alices = buy(make_lead(), dora), buy(make_lead(), alice)

    give(doras, to=erin, by=dora)
    for purchase in (alices, doras):
        with pytest.raises(errors.NotInCharge):
            give(purchase, to=dora, by=dora)

    assert (in_charge(doras), in_charge(alices)) == (erin, alice)


def test_a_lead_goes_to_nobody_who_may_not_work_on_it(bought, alice, bob, charlie, erin):
    User.objects.filter(email="dora@example.com").update(is_active=False)

    for member in (bob, charlie, Membership.objects.get(user__email="dora@example.com")):
        with pytest.raises(errors.NotAColleague):
            give(bought, to=member, by=alice)
    for by in (bob, charlie):
        with pytest.raises((NotYourRole, type(bought).DoesNotExist)):
            give(bought, to=erin, by=by)

    assert in_charge(bought) == alice
    assert not Handover.objects.exists()


def test_the_same_member_again_changes_and_tells_nothing(bought, alice, dora):
    for _ in range(2):
        give(bought, to=dora, by=alice)

    assert Handover.objects.count() == 1
    assert len(told(dora)) == 1


def test_several_leads_go_together_or_not_at_all(make_lead, alice, dora, charlie):
    bought = [buy(make_lead(), alice) for _ in range(2)]
    strangers = buy(make_lead(), charlie)

    with pytest.raises(type(strangers).DoesNotExist):
        services.assign_purchases(purchase_ids=[bought[0].pk, strangers.pk], to=dora, by=alice)
    assert in_charge(bought[0]) == alice
    services.assign_purchases(purchase_ids=[one.pk for one in bought], to=dora, by=alice)

    assert {in_charge(one) for one in bought} == {dora}
    assert told(dora) == ["alice@example.com assigned you 2 leads"]


def buy_out(lead, buyer) -> list:
    give_credits(buyer, 100)
    services.hold_lead(lead_id=lead.pk, buyer=buyer, copies=Copies.ALL)
    return services.check_out(buyer=buyer, idempotency_key=str(lead.pk))


def test_copies_of_one_home_go_together(make_lead, alice, dora, erin):
    copies = buy_out(make_lead(copies=3), alice)

    give(copies[1], to=dora, by=alice)
    assert {in_charge(one) for one in copies} == {dora}
    services.assign_in_turn(purchase_ids=[copies[0].pk], by=alice)

    assert len({in_charge(one) for one in copies}) == 1
    assert told(dora)[0] == "alice@example.com assigned you: For sale by owner in Austin"


@pytest.mark.usefixtures("in_turn", "dora")
def test_in_turn_each_lead_goes_to_who_has_the_fewest_then_to_who_waited_longest(make_lead, alice, erin, clock):
    given = []
    for _ in range(4):
        given.append(in_charge(buy(make_lead(), alice)))
        clock.advance(minutes=1)

    assert [str(one.user).split("@")[0] for one in given] == ["alice", "dora", "erin", "alice"]
    services.mark_outcome(
        purchase_id=Assignment.objects.filter(member=erin).first().pk, buyer=erin, status=Outcome.Status.LISTED
    )
    assert in_charge(buy(make_lead(), alice)) == erin


@pytest.mark.usefixtures("in_turn", "bob")
def test_readers_and_those_suspended_have_no_turn(make_lead, alice, dora, olga):
    accounts.suspend_user(user_id=dora.user_id, reason="Left", actor_id=olga.pk)

    assert [in_charge(buy(make_lead(), alice)) for _ in range(2)] == [alice] * 2


@pytest.mark.usefixtures("in_turn")
def test_copies_that_are_bought_together_are_one_turn(make_lead, alice, dora):
    buy(make_lead(), alice)
    copies = buy_out(make_lead(copies=2), alice)

    assert {in_charge(one) for one in copies} == {dora}
    for one in copies:
        services.tell_of_turn(claim_id=one.claim_id)
    assert told(dora) == ["Yours, in turn: For sale by owner in Austin"]
    assert in_charge(buy(make_lead(), alice)) == alice


def claim_ground(member, *zip_codes: str) -> None:
    """A territory of the member's own, whose leads everybody may hold at once."""
    ground = {"zip_codes": zip_codes, "covered_zips": zip_codes, "has_early_access": False}
    Territory.objects.create(organisation=member.organisation, membership=member, name="Mine", **ground)


def test_by_territory_a_lead_goes_to_whose_ground_it_lies_on(make_lead, alice, dora, erin, charlie):
    services.set_assignment_rule(by=alice, rule=AssignmentPolicy.Rule.TERRITORY)
    for member, zip_code in ((dora, "78704"), (erin, "78704"), (erin, "78613"), (charlie, "73301")):
        claim_ground(member, zip_code)
    elsewhere = [buy(make_lead(zip_code=code), alice) for code in ("73301", "")]
    here = [buy(make_lead(zip_code=code), alice) for code in ("78704", "78613", "78704")]

    assert [in_charge(one) for one in elsewhere] == [alice] * 2
    assert [in_charge(one) for one in here] == [dora, erin, dora]
    assert not Handover.objects.filter(purchase__in=elsewhere).exists()
    for one in here:
        services.tell_of_turn(claim_id=one.claim_id)
    assert told(dora) == ["Yours, by territory: For sale by owner in Austin"] * 2


def test_copies_of_a_home_on_nobodys_ground_stay_with_who_bought_them(make_lead, alice, dora):
    services.set_assignment_rule(by=alice, rule=AssignmentPolicy.Rule.TERRITORY)
    claim_ground(dora, "90210")

    assert {in_charge(one) for one in buy_out(make_lead(copies=2), alice)} == {alice}
    assert not Handover.objects.exists()


@pytest.mark.usefixtures("in_turn")
def test_who_gets_a_lead_in_turn_is_told_once(make_lead, alice, dora):
    buy(make_lead(), alice)
    purchase = buy(make_lead(), alice)
    events.deliver_all()
    services.tell_of_turn(claim_id=purchase.claim_id)

    assert told(dora) == ["Yours, in turn: For sale by owner in Austin"]
    assert told(alice) == []


def test_a_lead_is_open_until_it_is_listed_lost_or_given_back(make_lead, alice, olga):
    listed, reopened, returned, contacted = (buy(make_lead(), alice) for _ in range(4))

    for purchase, words in ((listed, ["listed"]), (reopened, ["lost", "appointment"]), (contacted, ["contacted"])):
        for word in words:
            services.mark_outcome(purchase_id=purchase.pk, buyer=alice, status=Outcome.Status(word))
    asked = services.request_return(purchase_id=returned.pk, buyer=alice, reason=Reason.OUT_OF_AREA)
    services.decide_return(return_id=asked.pk, is_accepted=True, says="So it is.", actor_id=olga.pk)

    still = set(Assignment.objects.filter(is_open=True).values_list("purchase", flat=True))
    assert still == {reopened.pk, contacted.pk}


def test_a_returned_lead_is_handed_to_nobody(bought, alice, dora, olga):
    asked = services.request_return(purchase_id=bought.pk, buyer=alice, reason=Reason.OUT_OF_AREA)
    services.decide_return(return_id=asked.pk, is_accepted=True, says="So it is.", actor_id=olga.pk)

    with pytest.raises(errors.GivenBack):
        give(bought, to=dora, by=alice)


@pytest.mark.parametrize("how", ["suspended", "made a viewer"])
def test_what_a_leaving_member_has_open_goes_back_and_the_owner_hears_of_it(make_lead, alice, dora, olga, how):
    open_one, listed, alices = buy(make_lead(), dora), buy(make_lead(), dora), buy(make_lead(), alice)
    services.mark_outcome(purchase_id=listed.pk, buyer=dora, status=Outcome.Status.LISTED)

    if how == "suspended":
        accounts.suspend_user(user_id=dora.user_id, reason="Left", actor_id=olga.pk)
    else:
        accounts.change_role(user_id=dora.user_id, role=Membership.Role.VIEWER, actor_id=olga.pk)
    events.deliver_all()
    services.take_back_assignments(membership_id=dora.pk)

    assert (in_charge(open_one), in_charge(listed), in_charge(alices)) == (None, dora, alice)
    assert told(alice) == ["1 lead of dora@example.com now has nobody"]
    assert [one.says for one in Handover.objects.all()] == ["Left to nobody: dora@example.com left"]


def test_who_came_back_before_the_news_arrived_keeps_theirs(make_lead, alice, dora, olga):
    purchase = buy(make_lead(), dora)
    accounts.suspend_user(user_id=dora.user_id, reason="Left", actor_id=olga.pk)
    accounts.reinstate_user(user_id=dora.user_id, reason="A mistake", actor_id=olga.pk)
    events.deliver_all()

    assert in_charge(purchase) == dora


def test_the_question_what_became_of_it_goes_to_who_works_on_it(client, bought, alice, dora, clock):
    give(bought, to=dora, by=alice)
    clock.advance(days=8)
    ask_for_outcomes()
    events.deliver_all()

    letter = mail.outbox[-1]
    assert letter.to == ["dora@example.com"]
    link = next(word for word in letter.body.split() if "/outcomes/" in word)
    client.post(link, {"status": "contacted"})
    assert Outcome.objects.get().marked_by == dora.user


def test_pages_show_who_works_on_what(make_lead, alices, bobs, dora, erin):
    alice = Membership.objects.get(user__email="alice@example.com")
    doras, alices_own = buy(make_lead(), dora), buy(make_lead(), alice)
    answer = alices.post(
        "/purchases/assign/", {"purchase": [doras.pk], "member": erin.pk, "reason": "Nearer"}, follow=True
    )

    assert "Given to erin@example.com, who will hear of it." in answer.content.decode()
    assert bobs.get(f"/purchases/{doras.pk}/").status_code == 404
    services.share_purchase(
        purchase_id=doras.pk, to=Membership.objects.get(user__email="bob@example.com"), by=alice
    )
    shown = bobs.get(f"/purchases/{doras.pk}/").content.decode()
    assert "alice@example.com gave it to erin@example.com: “Nearer”" in shown
    assert "Hand it over" not in shown
    assert [one.pk for one in alices.get("/purchases/?assigned=me").context["page"].results] == [alices_own.pk]
    assert [one.pk for one in alices.get(f"/purchases/?assigned={erin.pk}").context["page"].results] == [doras.pk]
    assert alices.get("/purchases/?assigned=nobody").context["page"].results == []
    assert browser_of(erin.user).get(f"/api/v1/leads/{doras.lead_id}/contact/").status_code == 401
    assert client_of(erin).get(f"/api/v1/leads/{doras.lead_id}/contact/").status_code == 200


def test_an_agent_alone_is_asked_nothing(alices, bought):
    assert "Who works on it" not in alices.get(f"/purchases/{bought.pk}/").content.decode()
    assert "Worked on by" not in alices.get("/purchases/").content.decode()


def test_marked_leads_are_handed_over_from_the_list(make_lead, alice, alices, dora):
    marked = [buy(make_lead(), alice) for _ in range(2)]
    query = "&".join(f"purchase={one.pk}" for one in marked)

    assert 'name="purchase"' in alices.get("/purchases/").content.decode()
    assert "Who works on these leads?" in alices.get(f"/purchases/assign/?{query}").content.decode()
    alices.post("/purchases/assign/", {"purchase": [one.pk for one in marked], "member": "turn"})

    assert {in_charge(one) for one in marked} == {alice, dora}


def test_pages_refuse_what_cannot_be_handed_over(alices, bought, charlie, dora, make_lead):
    theirs = buy(make_lead(), charlie)
    for purchase, member, status in (
        (bought.pk, "", 400),
        (bought.pk, charlie.pk, 400),
        (bought.pk, "\0", 400),
        (theirs.pk, dora.pk, 404),
        ("nonsense", dora.pk, 302),
        ("\0", dora.pk, 302),
    ):
        answer = alices.post("/purchases/assign/", {"purchase": purchase, "member": member})
        assert (purchase, answer.status_code) == (purchase, status)
    too_many = [theirs.pk] * 3 + [bought.pk]
    assert alices.get("/purchases/assign/", {"purchase": too_many}).status_code == 404
    assert (
        alices.post(
            "/purchases/assign/", {"purchase": bought.pk, "member": dora.pk, "reason": "x" * 201}
        ).status_code
        == 400
    )
    assert (
        browser_of(dora.user).post("/purchases/assign/", {"purchase": bought.pk, "member": dora.pk}).status_code
        == 403
    )
    assert not Handover.objects.exists()


def test_programs_hand_over_too(alice, bob, charlie, dora, bought):
    address = f"/api/v1/purchases/{bought.pk}/assign/"
    assigned = client_of(alice).post(address, {"member": str(dora.pk), "reason": "Nearer"}, format="json")
    back = client_of(dora).post(address, {"member": "Alice@example.com"}, format="json")

    assert (assigned.status_code, assigned.json()["assigned_to"]) == (200, "dora@example.com")
    assert back.json()["assigned_to"] == "alice@example.com"
    services.share_purchase(purchase_id=bought.pk, to=bob, by=alice)
    [newest, first] = client_of(bob).get(address).json()
    assert (newest["from_member"], newest["to_member"]) == ("dora@example.com", "alice@example.com")
    assert (first["how"], first["reason"], first["by"]) == ("hand", "Nearer", "alice@example.com")
    assert_problem(client_of(bob).post(address, {"member": str(dora.pk)}, format="json"), 403, "not_your_role")
    assert_problem(client_of(dora).post(address, {"member": str(dora.pk)}, format="json"), 403, "not_in_charge")
    for member in (charlie.pk, bob.pk, "", "charlie@example.com"):
        answer = client_of(alice).post(address, {"member": str(member)}, format="json")
        assert answer.status_code == (422 if member else 400)
    assert_problem(client_of(charlie).post(address, {"member": str(charlie.pk)}, format="json"), 404, "not_found")
    assert [one["email"] for one in client_of(bob).get("/api/v1/organisation/members/").json()] == [
        "alice@example.com",
        "bob@example.com",
        "dora@example.com",
    ]


def test_programs_ask_for_somebodys_purchases(alice, dora, charlie, make_lead):
    hers, doras = buy(make_lead(), alice), buy(make_lead(), dora)

    def found(whose):
        return [one["id"] for one in client_of(alice).get(f"/api/v1/purchases/?assigned={whose}").json()["results"]]

    assert found("me") == [str(hers.pk)]
    assert found("dora@example.com") == found(dora.pk) == [str(doras.pk)]
    assert found("nobody") == []
    answer = client_of(alice).get(f"/api/v1/purchases/?assigned={charlie.pk}")
    assert_problem(answer, 422, "not_a_colleague")


def test_only_an_owner_says_the_rule(alice, alices, bob, dora):
    address = "/api/v1/organisation/assignment/"
    assert client_of(bob).get(address).json() == {"rule": "off"}
    assert_problem(client_of(dora).put(address, {"rule": "turn"}, format="json"), 403, "not_your_role")
    assert_problem(client_of(alice).put(address, {"rule": "random"}, format="json"), 400, "invalid")
    assert browser_of(dora.user).post("/organisation/assignment/", {"rule": "turn"}).status_code == 403
    assert alices.post("/organisation/assignment/", {"rule": "random"}).status_code == 400

    assert alices.post("/organisation/assignment/", {"rule": "turn"}).status_code == 302
    assert client_of(alice).get(address).json() == {"rule": "turn"}
    assert (
        'value="turn" id="id_rule_1" required checked' in alices.get("/organisation/assignment/").content.decode()
    )


GIVEN = (
    "INSERT INTO marketplace_handover (purchase_id, to_member_id, by_id, how, reason) VALUES (%s, %s, %s, %s, '')"
)


def test_past_the_service_a_lead_stays_in_the_organisation(bought, alice, bob, charlie, dora):
    wrong = [(charlie, alice), (bob, alice), (dora, charlie), (dora, dora), (dora, bob), (dora, None)]
    for to, by in wrong:
        guard = refused(GIVEN, bought.pk, to.pk, by and by.pk, "hand")
        assert guard in {"handover_within_the_organisation", "handover_by_who_may"}
    assert refused(GIVEN, bought.pk, dora.pk, None, "turn") == "handover_by_who_may"
    assert refused(GIVEN, bought.pk, None, None, "left") == "handover_of_who_left"
    assert in_charge(bought) == alice

    run("DROP TRIGGER handover_guard ON marketplace_handover")
    run(GIVEN, bought.pk, charlie.pk, charlie.pk, "hand")
    assert in_charge(bought) == charlie


def test_past_the_service_an_assignment_is_what_its_handovers_say(bought, alice, charlie, dora):
    moved = "UPDATE marketplace_assignment SET member_id = %s"
    assert refused(moved, dora.pk) == "assignment_follows_its_handovers"
    assert refused("UPDATE marketplace_assignment SET member_id = NULL") == "assignment_follows_its_handovers"
    run("UPDATE marketplace_assignment SET is_open = false")
    assert Assignment.objects.get().is_open

    run("DROP TRIGGER assignment_follows_its_handovers ON marketplace_assignment")
    run(moved, charlie.pk)
    assert in_charge(bought) == charlie


@pytest.mark.parametrize(
    ("statement", "guard"),
    [
        ("UPDATE marketplace_handover SET reason = 'Another'", "handover_is_written_once ON marketplace_handover"),
        ("DELETE FROM marketplace_handover", "handover_is_written_once ON marketplace_handover"),
        ("DELETE FROM marketplace_assignment", "assignment_is_kept ON marketplace_assignment"),
    ],
)
def test_what_was_handed_over_stays_on_record(bought, alice, dora, statement, guard):
    give(bought, to=dora, by=alice)

    with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
        run(statement)
    run(f"DROP TRIGGER {guard}")
    run(statement)


def agents_of(alice) -> list[Membership]:
    return [alice, *(join(alice, f"agent{number}") for number in range(3))]


@pytest.mark.no_cover
@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_purchases_at_once_are_given_one_turn_each(alice):
    agents, source = agents_of(alice), make_source("open-site", may_list=True)
    services.set_assignment_rule(by=alice, rule=AssignmentPolicy.Rule.TURN)
    give_credits(alice, 40)
    for agent in agents:
        services.hold_lead(lead_id=offer_lead(source).pk, buyer=agent)

    at_once([partial(services.check_out, buyer=agent, idempotency_key="k") for agent in agents])

    given = Assignment.objects.values_list("member", flat=True)
    assert sorted(given) == sorted(agent.pk for agent in agents)


WITHOUT_ITS_LOCK = """
DO $$ BEGIN
    EXECUTE regexp_replace(pg_get_functiondef('marketplace_next_in_turn'::regproc), 'PERFORM[^;]*;', '');
END $$
"""


@pytest.mark.no_cover
@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_turn_waits_for_the_one_before_and_without_its_lock_is_given_twice(alice):
    source = make_source("open-site", may_list=True)
    agents_of(alice)
    first, second = (buy(offer_lead(source), alice) for _ in range(2))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('marketplace_next_in_turn'::regproc)")
        guarded = cursor.fetchone()[0]

    assert turns_at_once(alice, first, second) is None
    run(WITHOUT_ITS_LOCK)
    given = turns_at_once(alice, first, second)
    run(guarded)

    assert given is not None
    assert given[0] == given[1]


def turns_at_once(alice, first, second) -> tuple[object, object] | None:
    """Hand two purchases out in turn, the second before the first commits: to whom, or None where it waits."""
    take_turn = "INSERT INTO marketplace_handover (purchase_id, by_id, how, reason) VALUES (%s, %s, 'turn', '')"
    take_turn += " RETURNING to_member_id"
    address = url_of(connection.settings_dict["NAME"])
    with psycopg.connect(address) as one, psycopg.connect(address) as other:
        other.execute("SET lock_timeout = '50ms'")
        got = one.execute(take_turn, [first.pk, alice.pk]).fetchone()
        try:
            also = other.execute(take_turn, [second.pk, alice.pk]).fetchone()
        except psycopg.errors.LockNotAvailable:
            return None
        finally:
            one.rollback()
            other.rollback()
    return got[0], also[0]
