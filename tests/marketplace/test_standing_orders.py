"""Standing orders buy what they were agreed to, in their order, within their caps, and nothing else."""

from datetime import timedelta
from html import unescape

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from accounts import services as accounts
from accounts.errors import NotYourRole
from accounts.models import Entitlement
from aiqleads.core import clock as database_clock
from aiqleads.core import events
from aiqleads.core.postgres import violated_constraint
from billing import selectors as billing
from leads.models import Contact
from marketplace import errors, offering, services, standing_terms
from marketplace.filters import ListingFilters
from marketplace.grounds import Ground
from marketplace.models import (
    Cart,
    Claim,
    CrmMatch,
    CrmUpload,
    Listing,
    Notification,
    Purchase,
    StandingOrder,
    StandingOrderConsent,
)
from marketplace.querysets import has_plain_facts
from pricing.models import Quote
from tests.conftest import give_credits, open_membership
from tests.marketplace.ordered import agree, order_off, order_on

pytestmark = pytest.mark.django_db

CAPS = [
    ("most_credits_per_lead", 9, 0, 0),
    ("daily_leads", 1, 1, 1),
    ("daily_credits", 19, 1, 1),
    ("monthly_leads", 2, 2, 0),
    ("monthly_credits", 29, 2, 0),
]
"""A cap of an order that buys leads for 10 credits, and how many of six and of four it may buy on two days."""


@pytest.fixture(autouse=True)
def noon(clock) -> None:
    """No day and no month ends in the middle of a test."""
    now = database_clock.now()
    tenth = (now.replace(day=1) + timedelta(days=40)).replace(day=10, hour=12)
    clock.advance(seconds=(tenth - now).total_seconds())


@pytest.fixture
def buyers(alice, charlie):
    """Alice and Charlie with credits."""
    for member in (alice, charlie):
        give_credits(member, 500)
    return alice, charlie


@pytest.fixture
def leads(make_lead):
    """Makes leads that could be reached by post, of which standing orders may buy half."""
    return lambda number=2, **facts: [make_lead(**facts) for _ in range(number)]


def run(*leads) -> list[str]:
    """Let orders buy each lead in turn; return who bought."""
    bought = [one for lead in leads for one in services.buy_for_orders(lead_id=lead.pk)]
    connection.check_constraints()
    return [purchase.membership.user.email.split("@")[0] for purchase in bought]


def refused_by(statement: str, *values: object) -> str:
    """The guard that refuses a statement; "" when none does."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            connection.check_constraints()
    except IntegrityError as error:
        return violated_constraint(error) or "?"
    return ""


def test_an_order_is_off_until_its_text_is_agreed_to(buyers, leads):
    alice, _ = buyers
    order = order_off(alice)
    assert run(*leads()) == []

    with pytest.raises(errors.OrderChanged):
        services.agree_to_order(buyer=alice, order_id=order.pk, terms="another text")
    assert not StandingOrderConsent.objects.exists()
    agree(order)

    consent = StandingOrderConsent.objects.get()
    assert consent.text == standing_terms.consent_text(order)
    assert "at most 50 credits for a lead" in consent.text
    assert run(*leads()) == ["alice", "alice"]
    with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
        StandingOrderConsent.objects.update(text="something else")


def test_what_changes_while_an_order_waits_for_its_locks_is_not_bought(buyers, leads, alice):
    order_on(alice, "quality_min=70")
    lead, other = leads()

    def judged_meanwhile(execute, statement, *rest):
        if "FOR UPDATE" in statement and "marketplace_standingorder" in statement:
            Listing.objects.filter(pk=lead.pk, quality_score=72).update(quality_score=69)
        return execute(statement, *rest)

    with connection.execute_wrapper(judged_meanwhile):
        assert run(lead, other) == ["alice"]
    assert Purchase.objects.get().lead == other
    assert billing.balance_credits(alice.organisation_id) == 490


def test_a_purchase_is_paid_told_and_touches_no_cart(buyers, leads, alice):
    order = order_on(alice, "state=TX&beds_min=3")
    lead, _ = leads()

    assert run(lead, lead) == ["alice"]
    events.deliver_all()

    purchase = Purchase.objects.get()
    assert (purchase.lead, purchase.claim.standing_order) == (lead, order)
    assert billing.balance_credits(alice.organisation_id) == 490
    assert purchase.passport.channels["post"]["is_allowed"]
    assert Cart.objects.get(membership=alice).ends_at is None
    [told] = Notification.objects.filter(kind="standing_order")
    assert told.path == purchase.get_absolute_url()
    assert told.says == "“Mine” bought Hidden Creek Road, Austin for 10 credits"
    [letter] = [one for one in mail.outbox if "Mine" in one.subject]
    assert "490 are left" in letter.body


def test_listing_a_lead_brings_the_orders(buyers, leads, alice):
    order_on(alice)
    lead, _ = leads()
    offering.delist_lead(lead_id=lead.pk, reason="for a moment")
    offering.list_lead(lead_id=lead.pk)

    events.deliver_all()

    assert Purchase.objects.get().lead == lead


@pytest.mark.parametrize(("cap", "number", "first_day", "next_day"), CAPS)
def test_no_cap_is_passed(buyers, leads, clock, cap, number, first_day, next_day):  # noqa: PLR0917  (one table)
    order_on(buyers[0], **{"most_credits_per_lead": 10, cap: number})

    assert len(run(*leads(6))) == first_day
    clock.advance(days=1)
    assert len(run(*leads(4))) == next_day


FACTS = {
    "state": ("TX", "tx", "NY"),
    "zip": (("78704",), ("78704", "10001"), ("10001",)),
    "kind": (("fsbo",), ("expired",)),
    "tier": (("standard", "premium"), ("low",)),
    "property_type": (("condo",),),
    "beds_min": (2, 3, 3.5),
    "beds_max": (2.5, 3),
    "baths_min": (2, 2.1),
    "area_min": (1480, 1481),
    "area_max": (1479, 1480),
    "price_max": (9, 10),
    "asking_min": (412_000, 412_001),
    "asking_max": (411_999, 412_000),
    "quality_min": (72, 73),
}


def test_orders_are_told_apart_without_a_query_as_the_search_would_tell_them(make_lead):
    make_lead(baths="2.1")
    make_lead(beds=None, baths=None, area_sqft=None, asking_price_cents=None)
    offers = list(Listing.objects.all())

    for name, value in ((name, value) for name, values in FACTS.items() for value in values):
        filters = ListingFilters(**{name: value})
        found = set(Listing.objects.matching(filters))
        assert {offer for offer in offers if has_plain_facts(offer, filters)} == found, (name, value)


def test_all_orders_together_leave_half_of_a_regions_leads_of_a_day(buyers, leads, alice, charlie):
    order_on(alice)
    order_on(charlie)
    here, elsewhere = leads(5), leads(1, zip_code="75201", city="Dallas")

    assert len(run(*here, *elsewhere)) == 2
    assert len(run(*leads(1))) == 1


def test_who_bought_least_today_comes_first_then_the_oldest_consent(buyers, leads, alice, charlie):
    order_on(charlie)
    order_on(alice)
    order_on(alice, "beds_min=1")
    assert run(*leads(8)) == ["charlie", "alice"] * 2


def test_orders_come_when_their_window_opens(buyers, make_lead, alice, charlie, clock):
    services.own_territory(member=alice, name="South", ground=Ground(zip_codes=("78704",)))
    order_on(charlie)
    order = order_on(alice)
    leads = [make_lead() for _ in range(4)]
    services.pause_order(buyer=alice, order_id=order.pk)
    assert run(*leads) == []
    agree(StandingOrder.objects.get(pk=order.pk))
    assert services.buy_for_due_orders() == 0, "they opened to her before she turned it on"

    clock.advance(minutes=15)

    assert services.buy_for_due_orders() == 2
    assert {one.membership for one in Purchase.objects.all()} == {charlie}
    assert services.buy_for_due_orders() == 0


def test_holders_orders_come_before_all_others(buyers, make_lead, alice, charlie):
    services.own_territory(member=alice, name="South", ground=Ground(zip_codes=("78704",)))
    order_on(charlie)
    order_on(alice)

    assert run(*[make_lead() for _ in range(2)]) == ["alice"]


def test_a_price_that_falls_brings_orders_and_one_that_rises_does_not(buyers, leads, alice):
    [lead, dear] = leads(price_credits=30)
    order_on(alice, most_credits_per_lead=20, daily_credits=40)
    assert run(lead, dear) == []
    for one, price in ((dear, 40), (lead, 15)):
        Quote.objects.create(lead=one, price_credits=price, parts=[], model_version="test")
        offering.list_lead(lead_id=one.pk)

    assert run(dear, lead) == ["alice"]
    assert Purchase.objects.get().price_credits == 15


def test_what_was_on_offer_before_it_was_on_or_a_day_ago_is_left(buyers, leads, alice, clock):
    before = leads()
    order_on(alice)
    assert run(*before) == []

    late = leads()
    clock.advance(days=1, seconds=1)
    assert run(*late) == []


def have_bought(lead, alice):
    services.hold_lead(lead_id=lead.pk, buyer=alice)
    services.check_out(buyer=alice, idempotency_key="k")


def have_given_back(lead, alice):
    services.release_claim(claim_id=services.hold_lead(lead_id=lead.pk, buyer=alice).pk, buyer=alice)


def know_the_owner(lead, alice):
    upload = CrmUpload.objects.create(
        organisation=alice.organisation, membership=alice, uploaded_on="2026-01-01", row_count=1, usable_count=1
    )
    CrmMatch.objects.create(upload=upload, listing=lead.listing)


def have_no_channel(lead, alice):
    lead.address_line = ""
    lead.save()


def somebody_holds_it(lead, alice):
    services.hold_lead(lead_id=lead.pk, buyer=open_membership("dora"))


@pytest.mark.parametrize("why", [have_bought, have_given_back, know_the_owner, have_no_channel, somebody_holds_it])
def test_it_never_buys_what_is_no_use(buyers, leads, alice, why):
    order_on(alice)
    lead, _ = leads(copies=1)
    why(lead, alice)
    before = billing.balance_credits(alice.organisation_id)

    assert run(lead) == []
    assert billing.balance_credits(alice.organisation_id) == before


def test_a_shared_lead_goes_to_several_but_once_to_each(buyers, leads, alice, charlie):
    order_on(alice)
    order_on(alice, "beds_min=1")
    order_on(charlie)
    lead, _ = leads(copies=3)

    assert run(lead, lead) == ["alice", "charlie"]


def test_without_credits_it_stops_and_says_so(leads, alice, charlie):
    give_credits(charlie, 10)
    order_on(alice)
    order_on(charlie)
    lead, other = leads()

    assert run(lead, other) == ["charlie"]

    order = StandingOrder.objects.get(organisation=alice.organisation)
    assert (order.state, order.paused_because) == ("paused", "This costs 10 credits and you have 0.")
    told = Notification.objects.get(membership=alice)
    assert told.says == "“Mine” has stopped buying: This costs 10 credits and you have 0."
    assert run(other) == []
    assert Notification.objects.filter(membership=alice).count() == 1


def test_it_stops_when_its_member_may_not_buy_any_more(buyers, leads, alice, olga):
    order_on(alice)
    accounts.suspend_user(user_id=alice.user_id, reason="left", actor_id=olga.pk)
    assert run(*leads()) == [], "at once, whether the event has arrived or not"

    events.deliver_all()

    order = StandingOrder.objects.get()
    assert (order.state, order.paused_because) == ("paused", "The member for whom it buys may not buy any more.")


def test_paused_it_buys_nothing_and_other_terms_need_another_consent(buyers, leads, alice, bob, charlie):
    order = order_on(alice)
    services.pause_order(buyer=alice, order_id=order.pk)
    assert run(*leads()) == []
    agree(StandingOrder.objects.get())
    same = {"buyer": alice, "order_id": order.pk, "name": "Texas", "territory_id": None}
    caps = standing_terms.Caps.of(order)
    assert services.change_order(**same, query="state=TX", caps=caps).is_on
    changed = services.change_order(**same, query="state=TX&beds_min=2", caps=caps)
    assert (changed.state, changed.consent) == ("off", None)
    assert run(*leads()) == []
    with pytest.raises(NotYourRole):
        services.pause_order(buyer=bob, order_id=order.pk)
    for theirs in (services.pause_order, services.agree_to_order):
        said = {"terms": "x"} if theirs is services.agree_to_order else {}
        with pytest.raises(StandingOrder.DoesNotExist):
            theirs(buyer=charlie, order_id=order.pk, **said)
    services.close_order(buyer=charlie, order_id=order.pk)
    services.close_order(buyer=alice, order_id=order.pk)
    assert StandingOrder.objects.get().state == "closed"


def test_a_territory_that_changes_takes_the_consent_with_it(buyers, make_lead, alice):
    mine = {"member": alice, "name": "South"}
    territory = services.own_territory(**mine, ground=Ground(zip_codes=("78704",)))
    order = order_on(alice, "", territory_id=territory.pk)
    with pytest.raises(errors.TerritoryInUse):
        services.give_up_territory(member=alice, territory_id=territory.pk)
    wider = Ground(zip_codes=("78704", "75201"))
    services.change_territory(
        **mine, territory_id=territory.pk, ground=wider, holder_id=None, has_early_access=True
    )
    assert run(*[make_lead(zip_code="75201") for _ in range(2)]) == []

    agree(StandingOrder.objects.get(pk=order.pk))

    assert run(*[make_lead(zip_code="75201") for _ in range(2)], make_lead(zip_code="78703")) == ["alice", "alice"]


def test_orders_that_make_no_sense_are_refused(alice, bob):
    with pytest.raises(errors.OrderRefused):
        order_off(alice, "")
    with pytest.raises(errors.OrderRefused):
        order_off(alice, daily_credits=40)
    with pytest.raises(errors.SearchRefused):
        order_off(alice, "sort=price")
    with pytest.raises(NotYourRole):
        order_off(bob)
    assert not StandingOrder.objects.exists()


BUY = """
    WITH claim AS (
        INSERT INTO marketplace_claim (id, lead_id, slot_id, organisation_id, membership_id, cart_id, bundle, state,
                                       quote_id, release_reason, standing_order_id)
        SELECT gen_random_uuid(), slot.lead_id, slot.id, member.organisation_id, member.id, cart.id,
               gen_random_uuid(), 'held', listing.quote_id, '', standing.id
        FROM marketplace_leadslot slot JOIN marketplace_listing listing USING (lead_id)
        CROSS JOIN marketplace_standingorder standing JOIN accounts_membership member
            ON member.id = standing.membership_id
        JOIN marketplace_cart cart ON cart.membership_id = member.id
        WHERE slot.lead_id = %s RETURNING *),
    journal AS (INSERT INTO billing_journal (id, key, memo) SELECT id, 'buy:' || id, '' FROM claim RETURNING id),
    entries AS (
        INSERT INTO billing_entry (journal_id, account_id, lot_id, amount)
        SELECT journal.id, account.id, lot.id, CASE account.kind WHEN 'granted' THEN -10 ELSE 10 END
        FROM journal, claim, billing_account account LEFT JOIN billing_lot lot ON lot.account_id = account.id
        WHERE account.organisation_id = claim.organisation_id AND account.kind = 'granted'
           OR account.kind = 'revenue' AND account.unit = 'credits')
    SELECT id FROM claim"""
SELL = "UPDATE marketplace_claim SET state = 'sold', journal_id = id WHERE state = 'held'"
RECORD = """
    INSERT INTO marketplace_purchase (id, claim_id, organisation_id, membership_id, lead_id, price_credits)
    SELECT id, id, organisation_id, membership_id, lead_id, price_credits FROM marketplace_claim
    WHERE state = 'sold' AND id NOT IN (SELECT claim_id FROM marketplace_purchase)"""


def break_in(lead) -> str:
    """Buy a lead by an order with statements that look at nothing."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(BUY, [lead.pk])
            cursor.execute(SELL)
            cursor.execute(RECORD)
            connection.check_constraints()
    except IntegrityError as error:
        return violated_constraint(error) or "?"
    return ""


def pause_it(order, alice, lead):
    services.pause_order(buyer=alice, order_id=order.pk)


def lower_the_price(order, alice, lead):
    set_cap(order, most_credits_per_lead=9)


def use_up_the_day(order, alice, lead):
    set_cap(order, daily_credits=9)


def use_up_the_month(order, alice, lead):
    set_cap(order, monthly_credits=9)


def know_it(order, alice, lead):
    know_the_owner(lead, alice)


def move_the_territory(order, alice, lead):
    territory = services.own_territory(member=alice, name="x", ground=Ground(zip_codes=("10001",)))
    set_cap(order, territory=territory)


def set_cap(order, **terms):
    StandingOrder.objects.filter(pk=order.pk).update(**terms, state="off", consent=None)
    agree(StandingOrder.objects.get(pk=order.pk))


@pytest.mark.parametrize(
    ("wrong", "guard"),
    [
        (pause_it, "order_is_on"),
        (lower_the_price, "order_within_price"),
        (use_up_the_day, "order_within_caps"),
        (use_up_the_month, "order_within_caps"),
        (know_it, "order_buys_what_is_new"),
        (move_the_territory, "order_within_territory"),
    ],
)
def test_without_the_guard_wrong_code_buys_what_the_order_may_not(buyers, leads, alice, wrong, guard):
    services.buy_for_orders(lead_id=leads()[0].pk)
    order, [lead, _] = order_on(alice), leads()
    ready(alice)
    wrong(order, alice, lead)

    assert break_in(lead) == guard
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER claim_within_its_order ON marketplace_claim")
    assert break_in(lead) == ""


def ready(alice) -> None:
    """What wrong code finds: a cart."""
    Cart.objects.get_or_create(membership=alice)


def test_without_its_guard_orders_take_more_than_half(buyers, leads, alice):
    order_on(alice)
    lead, other = leads()
    ready(alice)
    assert break_in(lead) == ""
    assert break_in(other) == "orders_leave_half"
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER orders_leave_half ON marketplace_claim")
    assert break_in(other) == ""


def test_without_its_guard_an_order_only_holds(buyers, leads, alice):
    order_on(alice)
    lead, _ = leads()
    ready(alice)
    only_hold = (
        BUY.replace("journal AS", "unused AS (SELECT 1), journal AS").split("unused AS")[0].rstrip().rstrip(",")
    )
    hold = f"{only_hold} SELECT id FROM claim"
    assert refused_by(hold, lead.pk) == "order_sells_at_once"
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER order_sells_at_once ON marketplace_claim")
    assert refused_by(hold, lead.pk) == ""


def test_without_its_guard_an_order_runs_on_terms_that_nobody_agreed_to(buyers, alice):
    order = order_on(alice)
    raise_it = "UPDATE marketplace_standingorder SET daily_credits = 9999 WHERE id = %s"
    assert refused_by(raise_it, order.pk) == "order_as_agreed"
    assert refused_by("UPDATE marketplace_standingorder SET consent_id = NULL") == "order_runs_by_consent"
    assert refused_by("DELETE FROM marketplace_standingorder") != ""
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER order_as_agreed ON marketplace_standingorder")
    assert refused_by(raise_it, order.pk) == ""


def test_a_plan_discount_counts_towards_the_price(buyers, leads, alice):
    Entitlement.objects.filter(organisation=alice.organisation, key="discount_percent").update(value=50)
    order_on(alice, most_credits_per_lead=5)
    assert run(*leads()) == ["alice"]
    assert Purchase.objects.get().price_credits == 5


def test_contacts_do_not_matter_where_post_reaches(buyers, leads, alice):
    order_on(alice)
    lead, _ = leads()
    Contact.objects.create(lead=lead, observation=lead.observations.get(), name="Casey Homeowner")
    assert run(lead) == ["alice"]
    assert Claim.objects.get().during.lower <= Listing.objects.get(pk=lead.pk).opens_at + timedelta(minutes=1)


def test_an_operator_sees_what_an_order_bought_and_what_was_agreed_to(buyers, leads, olgas):
    order = order_on(buyers[0])
    run(*leads(2))

    shown = olgas.get(reverse("admin:marketplace_standingorder_changelist")).context["cl"]
    row = olgas.get(reverse("admin:marketplace_standingorder_change", args=[order.pk])).content.decode()

    [listed] = shown.result_list
    assert (shown.model_admin.bought_leads(listed), shown.model_admin.spent_credits(listed)) == (1, 10)
    assert order.consent.text.splitlines()[0] in unescape(row)
