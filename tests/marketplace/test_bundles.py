"""Leads of several copies: holding one of them, or all that are left as one bundle."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from aiqleads.core.postgres import violated_constraint
from billing import selectors as billing
from billing.errors import InsufficientCredits
from billing.models import Journal
from leads.models import Lead
from marketplace import errors, selectors, services
from marketplace.models import Claim, Listing, Purchase
from marketplace.services import Copies
from tests.marketplace.guards import disarmed

pytestmark = pytest.mark.django_db

COPIES = 3


@pytest.fixture
def shared(make_lead) -> Lead:
    return make_lead(copies=COPIES)


def hold_all(lead: Lead, buyer) -> list[Claim]:
    claim = services.hold_lead(lead_id=lead.pk, buyer=buyer, copies=Copies.ALL)
    return list(Claim.objects.filter(bundle=claim.bundle).order_by("slot__number"))


def entitle(member, **values) -> None:
    for key, value in values.items():
        member.organisation.entitlements.filter(key=key).update(value=value)


def test_all_copies_are_held_as_one_bundle_with_one_timer_and_one_price(shared, alice):
    claims = hold_all(shared, alice)

    assert [claim.slot.number for claim in claims] == [1, 2, 3]
    assert len({(claim.bundle, claim.during, claim.max_until, claim.price_credits) for claim in claims}) == 1
    [line] = selectors.cart(alice).items
    assert (line.claim, line.copies, line.price_credits) == (claims[0], COPIES, 30)
    assert selectors.cart(alice).total_credits == 30


def test_what_is_left_after_a_sale_can_be_bought_out(shared, alice, charlie, grant):
    grant(charlie, 10)
    services.hold_lead(lead_id=shared.pk, buyer=charlie)
    services.check_out(buyer=charlie, idempotency_key="k")

    assert [claim.slot.number for claim in hold_all(shared, alice)] == [2, 3]


def test_all_copies_are_refused_while_somebody_holds_one(shared, alice, charlie):
    theirs = services.hold_lead(lead_id=shared.pk, buyer=charlie)

    with pytest.raises(errors.LeadUnavailable) as refusal:
        services.hold_lead(lead_id=shared.pk, buyer=alice, copies=Copies.ALL)

    assert refusal.value.facts["until"] == theirs.until.isoformat()
    assert Claim.objects.get() == theirs


def test_a_sold_lead_has_no_copies_left_to_hold(make_lead, alice, charlie, grant):
    grant(charlie, 10)
    lead = make_lead()
    services.hold_lead(lead_id=lead.pk, buyer=charlie)
    services.check_out(buyer=charlie, idempotency_key="k")

    with pytest.raises(errors.LeadUnavailable) as refusal:
        services.hold_lead(lead_id=lead.pk, buyer=alice, copies=Copies.ALL)

    assert refusal.value.facts["until"] is None


def test_who_holds_one_copy_is_told_why_not_all(shared, alice):
    one = services.hold_lead(lead_id=shared.pk, buyer=alice)

    with pytest.raises(errors.HoldsOneCopy):
        services.hold_lead(lead_id=shared.pk, buyer=alice, copies=Copies.ALL)

    assert Claim.objects.get().during == one.during


@pytest.mark.parametrize("copies", Copies)
def test_holding_again_leaves_the_bundle_as_it_is(shared, alice, copies):
    claims = hold_all(shared, alice)

    again = services.hold_lead(lead_id=shared.pk, buyer=alice, copies=copies)

    assert again == claims[0]
    assert list(Claim.objects.order_by("slot__number")) == claims


def test_a_bundle_counts_as_one_hold(make_lead, alice):
    for _ in range(5):
        hold_all(make_lead(copies=2), alice)

    with pytest.raises(errors.HoldQuotaReached):
        services.hold_lead(lead_id=make_lead().pk, buyer=alice)

    assert Claim.objects.live().count() == 10


def test_buying_a_bundle_pays_each_copy_by_its_own_journal(shared, alice, grant):
    grant(alice, 50)
    claims = hold_all(shared, alice)

    bought = services.check_out(buyer=alice, idempotency_key="k", claim_ids=[claims[1].pk])

    assert {purchase.claim_id for purchase in bought} == {claim.pk for claim in claims}
    assert billing.balance_credits(alice.organisation_id) == 20
    keys = Journal.objects.filter(key__startswith="buy:").values_list("key", flat=True)
    assert set(keys) == {f"buy:{claim.pk}" for claim in claims}
    assert Listing.objects.get().copies_left == 0


def test_a_bundle_that_cannot_be_paid_is_bought_not_even_in_part(shared, alice, grant):
    grant(alice, 29)
    hold_all(shared, alice)

    with pytest.raises(InsufficientCredits):
        services.check_out(buyer=alice, idempotency_key="k")

    assert billing.balance_credits(alice.organisation_id) == 29
    assert not Purchase.objects.exists()


def test_giving_back_one_copy_gives_back_the_bundle_at_one_moment(shared, alice, charlie):
    claims = hold_all(shared, alice)

    services.release_claim(claim_id=claims[2].pk, buyer=alice)

    assert set(Claim.objects.values_list("state", flat=True)) == {"released"}
    assert Claim.objects.values("during").distinct().count() == 1
    assert len(hold_all(shared, charlie)) == COPIES


def test_extending_one_copy_extends_the_bundle(shared, alice, clock):
    entitle(alice, hold_minutes=10, cart_minutes=20, may_extend=1)
    claims = hold_all(shared, alice)
    clock.advance(minutes=4)

    services.extend_claim(claim_id=claims[1].pk, buyer=alice)

    [during] = Claim.objects.values_list("during", flat=True).distinct()
    assert (during.upper - during.lower).total_seconds() == pytest.approx(14 * 60, abs=3)


def test_a_bundle_frees_itself_as_one(shared, alice, charlie, clock):
    hold_all(shared, alice)
    clock.advance(minutes=5)

    assert len(hold_all(shared, charlie)) == COPIES


def refused_by(statement: str, *parameters: object) -> str:
    """Run SQL past every service, to the end of its transaction; the name of the guard that refused, or ""."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(statement, parameters)
            connection.check_constraints()
    except IntegrityError as error:
        return violated_constraint(error)
    return ""


TEARING = {
    "given back": "UPDATE marketplace_claim SET state = 'released' WHERE id = %s",
    "extended": "UPDATE marketplace_claim SET during = tstzrange(lower(during), max_until) WHERE id = %s",
    "sold": """
        WITH journal AS (INSERT INTO billing_journal (id, key, memo)
                         SELECT id, 'buy:' || id, '' FROM marketplace_claim WHERE id = %(claim)s RETURNING id)
        INSERT INTO billing_entry (journal_id, account_id, lot_id, amount)
        SELECT journal.id, account.id, lot.id, CASE account.kind WHEN 'granted' THEN -10 ELSE 10 END
        FROM journal, billing_account account LEFT JOIN billing_lot lot ON lot.account_id = account.id
        WHERE account.kind = 'granted' OR account.kind = 'revenue' AND account.unit = 'credits';
        UPDATE marketplace_claim SET state = 'sold', journal_id = id WHERE id = %(claim)s;
        INSERT INTO marketplace_purchase (id, claim_id, organisation_id, membership_id, lead_id, price_credits)
        SELECT id, id, organisation_id, membership_id, lead_id, price_credits
        FROM marketplace_claim WHERE id = %(claim)s""",
}


@pytest.mark.parametrize("tear", TEARING)
def test_no_code_can_tear_a_bundle_apart(shared, alice, grant, tear):
    entitle(alice, hold_minutes=10, cart_minutes=20, may_extend=1)
    grant(alice, 50)
    claim = hold_all(shared, alice)[0]
    statement = TEARING[tear].replace("%(claim)s", f"'{claim.pk}'").replace("%s", f"'{claim.pk}'")

    guard = refused_by(statement)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER bundle_moves_together ON marketplace_claim")

    assert guard == "bundle_moves_together"
    assert refused_by(statement) == ""


@pytest.mark.django_db(transaction=True)
def test_nothing_is_added_to_a_bundle_that_runs(shared, alice):
    first = services.hold_lead(lead_id=shared.pk, buyer=alice)
    statement = """
        INSERT INTO marketplace_claim (id, lead_id, slot_id, organisation_id, membership_id, cart_id, bundle, state,
                                       quote_id, release_reason)
        SELECT %s, lead_id, (SELECT id FROM marketplace_leadslot WHERE number = 2), organisation_id, membership_id,
               cart_id, bundle, 'held', quote_id, '' FROM marketplace_claim WHERE id = %s"""

    assert refused_by(statement, uuid4(), first.pk) == "bundle_starts_together"
    assert Claim.objects.get() == first
    with disarmed("bundle_starts_together", "marketplace_join_bundle"):
        assert refused_by(statement, uuid4(), first.pk) == ""
    assert Claim.objects.count() == 2
