"""Holding, extending and releasing, over the real guards."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.errors import NotYourRole
from aiqleads.core.postgres import violated_constraint
from billing import selectors as billing
from leads.models import Lead
from marketplace import errors, services
from marketplace.models import Claim, Listing

pytestmark = pytest.mark.django_db


def minutes_of(claim) -> float:
    return (claim.during.upper - claim.during.lower).total_seconds() / 60


def test_a_starter_hold_lasts_five_minutes_at_the_listed_price(lead, alice):
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)

    assert minutes_of(claim) == 5
    assert claim.max_until == claim.during.upper
    assert (claim.list_price_credits, claim.price_credits) == (10, 10)


def test_second_buyer_is_refused_and_told_until_when(lead, alice, charlie):
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)

    with pytest.raises(errors.LeadUnavailable) as refusal:
        services.hold_lead(lead_id=lead.pk, buyer=charlie)

    assert refusal.value.facts["until"] == claim.during.upper.isoformat()
    assert Claim.objects.get(lead=lead).membership == alice


def test_holding_again_leaves_the_running_hold_as_it_is(lead, alice):
    first = services.hold_lead(lead_id=lead.pk, buyer=alice)

    again = services.hold_lead(lead_id=lead.pk, buyer=alice)

    assert (again.pk, again.during) == (first.pk, first.during)


def test_a_viewer_may_not_hold(lead, bob):
    with pytest.raises(NotYourRole):
        services.hold_lead(lead_id=lead.pk, buyer=bob)

    assert not Claim.objects.exists()


def test_an_expired_hold_frees_itself_without_any_job(lead, alice, charlie, clock):
    services.hold_lead(lead_id=lead.pk, buyer=alice)
    clock.advance(minutes=5)

    claim = services.hold_lead(lead_id=lead.pk, buyer=charlie)

    assert claim.membership == charlie


def test_an_expired_hold_cannot_be_bought_extended_or_released(lead, alice, grant, clock):
    grant(alice, 50)
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)
    clock.advance(minutes=5, seconds=1)

    with pytest.raises(errors.HoldExpired):
        services.check_out(buyer=alice, idempotency_key="k", claim_ids=[claim.pk])
    with pytest.raises(errors.HoldExpired):
        services.extend_claim(claim_id=claim.pk, buyer=alice)
    with pytest.raises(errors.HoldExpired):
        services.release_claim(claim_id=claim.pk, buyer=alice)

    assert Claim.objects.get().during == claim.during
    assert billing.balance_credits(alice.organisation_id) == 50


def test_a_cart_caps_its_items_at_fifteen_minutes(make_lead, alice, clock):
    services.hold_lead(lead_id=make_lead().pk, buyer=alice)
    clock.advance(minutes=12)

    late = services.hold_lead(lead_id=make_lead().pk, buyer=alice)

    assert minutes_of(late) == pytest.approx(3, abs=0.05)


def test_an_emptied_cart_keeps_its_start(make_lead, alice, clock):
    claim = services.hold_lead(lead_id=make_lead().pk, buyer=alice)
    services.release_claim(claim_id=claim.pk, buyer=alice)
    clock.advance(minutes=13)

    late = services.hold_lead(lead_id=make_lead().pk, buyer=alice)

    assert minutes_of(late) == pytest.approx(2, abs=0.05)


def test_starter_runs_five_holds_at_most(make_lead, alice):
    for _ in range(5):
        services.hold_lead(lead_id=make_lead().pk, buyer=alice)

    with pytest.raises(errors.HoldQuotaReached):
        services.hold_lead(lead_id=make_lead().pk, buyer=alice)

    assert Claim.objects.live().count() == 5


def test_the_same_organisation_pauses_ten_minutes(lead, alice, clock):
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)
    services.release_claim(claim_id=claim.pk, buyer=alice)

    with pytest.raises(errors.HoldPaused):
        services.hold_lead(lead_id=lead.pk, buyer=alice)
    clock.advance(minutes=10, seconds=1)

    assert services.hold_lead(lead_id=lead.pk, buyer=alice).pk != claim.pk


def test_starter_cannot_extend_and_the_timer_stays(lead, alice):
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)

    with pytest.raises(errors.ExtensionRefused):
        services.extend_claim(claim_id=claim.pk, buyer=alice)

    assert Claim.objects.get().during == claim.during


def test_a_plan_that_may_extend_reaches_the_end_of_its_cart(lead, alice, clock):
    grant_entitlements(alice, hold_minutes=10, cart_minutes=20, may_extend=1)
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)
    clock.advance(minutes=9)

    first = services.extend_claim(claim_id=claim.pk, buyer=alice)

    assert minutes_of(first) == pytest.approx(19, abs=0.05)
    clock.advance(minutes=8)
    assert services.extend_claim(claim_id=claim.pk, buyer=alice).during.upper == claim.max_until


def test_a_plans_discount_is_locked_with_the_price(lead, alice):
    grant_entitlements(alice, discount_percent=15)

    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)

    assert (claim.list_price_credits, claim.price_credits) == (10, 9)


def test_a_withdrawn_lead_cannot_be_held(lead, alice):
    Lead.objects.filter(pk=lead.pk).update(state=Lead.State.WITHDRAWN)

    with pytest.raises(errors.LeadWithdrawn):
        services.hold_lead(lead_id=lead.pk, buyer=alice)

    assert not Claim.objects.exists()


def test_a_lead_whose_right_has_ended_cannot_be_held(lead, alice, open_source, clock):
    right = open_source.rights.get()
    right.during = (right.during.lower, lead.first_seen_at + timedelta(hours=1))
    right.save()
    clock.advance(hours=2)

    with pytest.raises(errors.LeadWithdrawn):
        services.hold_lead(lead_id=lead.pk, buyer=alice)


def refused_by(statement: str, *parameters: object) -> str:
    """Run SQL past every service and return the name of the guard that refused."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
    return violated_constraint(refusal.value)


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("during = tstzrange(lower(during), upper(during) + interval '1 hour')", "claim_extension"),
        ("during = tstzrange(lower(during), upper(during) - interval '1 minute')", "claim_extension"),
        ("during = tstzrange(lower(during) - interval '1 minute', upper(during))", "claim_written_once"),
        ("max_until = max_until + interval '1 hour'", "claim_written_once"),
        ("price_credits = 1", "claim_written_once"),
        ("state = 'returned'", "claim_step"),
        ("state = 'sold'", "claim_paid_by_its_journal"),
    ],
)
def test_no_code_can_bend_a_hold(lead, alice, change, guard):
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)

    assert refused_by(f"UPDATE marketplace_claim SET {change} WHERE id = %s", claim.pk) == guard

    assert Claim.objects.get().during == claim.during


def test_a_released_hold_is_never_revived(lead, alice):
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)
    services.release_claim(claim_id=claim.pk, buyer=alice)

    assert refused_by("UPDATE marketplace_claim SET state = 'held' WHERE id = %s", claim.pk) == "claim_step"


def test_claims_are_never_deleted(lead, alice):
    services.hold_lead(lead_id=lead.pk, buyer=alice)

    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.all().delete()

    assert Claim.objects.count() == 1


def test_an_offer_needs_a_right_that_allows_listing(lead, open_source):
    Listing.objects.filter(pk=lead.pk).update(delisted_at=lead.first_seen_at)
    open_source.rights.all().delete()

    assert refused_by("UPDATE marketplace_listing SET delisted_at = NULL") == "listing_needs_a_right"


def grant_entitlements(member, **values):
    for key, value in values.items():
        member.organisation.entitlements.filter(key=key).update(value=value)
