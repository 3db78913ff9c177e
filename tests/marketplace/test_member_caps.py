"""What an owner lets a member spend in a month."""

import threading
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection

from accounts import services as accounts
from accounts.models import Membership
from aiqleads.core import events
from aiqleads.core.postgres import violated_constraint
from billing import selectors as billing
from marketplace import errors, selectors, services
from marketplace.models import Claim, Purchase
from marketplace.services.buying import pay_for
from tests.api.conftest import client_of
from tests.api.problems import assert_problem
from tests.marketplace.colleagues import join
from tests.marketplace.guards import take_away, undone
from tests.marketplace.ordered import order_on
from tests.marketplace.returned import buy

pytestmark = pytest.mark.django_db


@pytest.fixture
def dora(alice: Membership, grant) -> Membership:
    """A buyer who may spend 15 credits a month of Alice's 100."""
    grant(alice, 100)
    return capped(join(alice, "dora"), alice, 15)


def capped(member: Membership, owner: Membership, cap_credits: int | None) -> Membership:
    accounts.set_cap(membership_id=member.pk, cap_credits=cap_credits, by=owner)
    return Membership.objects.select_related("user", "organisation").get(pk=member.pk)


def test_a_member_spends_what_their_month_allows_and_is_told_what_is_left(alice, dora, make_lead):
    first, second = make_lead(), make_lead()
    for lead in (first, second):
        services.hold_lead(lead_id=lead.pk, buyer=dora)
    api = client_of(dora)

    answer = api.post("/api/v1/cart/checkout/", {}, format="json", HTTP_IDEMPOTENCY_KEY="both")

    told = assert_problem(answer, 402, "member_cap_reached")
    assert (told["needed_credits"], told["left_credits"]) == (20, 15)
    assert not Purchase.objects.exists()
    assert billing.balance_credits(alice.organisation_id) == 100
    one = Claim.objects.get(lead=first)
    services.check_out(buyer=dora, idempotency_key="one", claim_ids=[one.pk])
    assert selectors.cap_left_credits(dora) == 5
    assert billing.balance_credits(alice.organisation_id) == 90


def test_a_cap_is_of_one_member_and_of_one_month(alice, dora, make_lead, clock):
    buy(make_lead(), dora)
    with pytest.raises(errors.MemberCapReached):
        buy(make_lead(), dora)
    buy(make_lead(), alice)

    clock.advance(days=31)

    assert selectors.cap_left_credits(dora) == 15
    buy(make_lead(), dora)
    assert (selectors.cap_left_credits(dora), selectors.cap_left_credits(alice)) == (5, None)


def test_what_comes_back_is_not_spent(dora, make_lead):
    bought = buy(make_lead(), dora)
    with undone():
        take_away("claim_returned_by_its_journal")
        Claim.objects.filter(pk=bought.claim_id).update(state=Claim.State.RETURNED)
        assert selectors.cap_left_credits(dora) == 15


@pytest.mark.django_db(transaction=True)
def test_checkouts_at_once_stay_within_the_cap_whatever_the_service_saw(alice, dora, make_lead):
    """Both threads carry a membership that knows no cap, as one that was loaded a moment before it was set."""
    dora.cap_credits = None
    erin = Membership(pk=dora.pk, user=dora.user, organisation=dora.organisation, role=dora.role)
    for _ in range(2):
        services.hold_lead(lead_id=make_lead().pk, buyer=dora)
    lines = list(Claim.objects.values_list("pk", flat=True))
    told: list[str] = []

    def pay(buyer: Membership, line) -> None:
        try:
            services.check_out(buyer=buyer, idempotency_key=uuid4().hex, claim_ids=[line])
            told.append("bought")
        except errors.MemberCapReached as refusal:
            told.append(refusal.code)
        finally:
            connection.close()

    runs = [threading.Thread(target=pay, args=pair) for pair in zip((dora, erin), lines, strict=True)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()

    assert sorted(told) == ["bought", "member_cap_reached"]
    assert billing.balance_credits(alice.organisation_id) == 90


def test_without_its_guard_a_member_spends_more(dora, make_lead):
    """The guard ``purchase_within_member_cap`` is asked by the trigger ``purchase_of_a_capped_member``."""
    buy(make_lead(), dora)
    services.hold_lead(lead_id=make_lead().pk, buyer=dora)

    def sell() -> None:
        pay_for(list(Claim.objects.filter(state=Claim.State.HELD).select_related("lead")))

    with pytest.raises(IntegrityError) as refused, undone():
        sell()
    assert violated_constraint(refused.value) == "purchase_within_member_cap"
    with undone():
        take_away("purchase_within_member_cap")
        sell()
        assert Purchase.objects.count() == 2


def test_a_standing_order_stays_within_its_members_cap(alice, dora, make_lead):
    dora = capped(dora, alice, 5)
    order = order_on(dora)
    lead = make_lead()

    assert services.buy_for_orders(lead_id=lead.pk) == []

    order.refresh_from_db()
    assert (order.is_on, Purchase.objects.count()) == (True, 0)


def test_who_leaves_gives_holds_and_work_back_and_what_was_bought_stays(alice, dora, make_lead):
    bought, held = buy(make_lead(), dora), make_lead()
    services.hold_lead(lead_id=held.pk, buyer=dora)

    accounts.leave_organisation(member=dora)
    events.deliver_all()

    claim = Claim.objects.get(lead=held)
    assert (claim.state, claim.release_reason) == ("released", "the member may not buy any more")
    kept = selectors.access_purchase(viewer=alice, purchase_id=bought.pk)
    assert (kept.membership.user.email, kept.assignment.member_id) == ("dora@example.com", None)
    assert billing.balance_credits(alice.organisation_id) == 100
