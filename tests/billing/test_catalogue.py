"""What is on offer: an edit is a new version, told in the trail; who has it keeps the old one."""

import pytest
from django.urls import reverse

from accounts import selectors as accounts
from accounts.plans import STARTER
from aiqleads.core.models import AuditEntry
from billing import selectors, services
from billing.errors import NothingRevised, TermsUnkeepable
from billing.models import Pack, Plan
from tests.billing.subscribed import subscribe
from tests.conftest import log_in

pytestmark = pytest.mark.django_db


def test_what_is_shipped_is_three_plans_and_packs_whose_credits_get_cheaper():
    plans = {plan.code: (plan.price_cents, plan.monthly_credits) for plan in selectors.plans_offered()}
    packs = [(pack.amount_credits, pack.price_cents) for pack in selectors.packs_on_offer()]

    assert plans == {"starter": (0, 0), "pro": (4_900, 100), "premium": (14_900, 400)}
    assert packs == [(50, 5_000), (100, 9_800), (250, 24_000), (1_000, 93_000)]


def test_what_is_shipped_grants_what_was_promised_of_each_plan():
    keys = ("hold_minutes", "cart_minutes", "may_extend", "live_holds", "early_minutes", "discount_percent")
    granted = {plan.code: tuple(int(getattr(plan, key)) for key in keys) for plan in selectors.plans_offered()}

    assert granted == {
        "starter": (5, 15, 0, 5, 0, 0),
        "pro": (10, 20, 1, 10, 5, 5),
        "premium": (15, 30, 1, 20, 10, 10),
    }


def test_starter_on_offer_is_what_everybody_has_without_a_plan():
    [starter, *_] = selectors.plans_offered()

    assert {key: int(getattr(starter, key)) for key in Plan.ENTITLEMENTS} == STARTER


def test_a_revised_plan_is_for_those_who_come_next(alice, charlie, olga):
    before = subscribe(alice, "premium").plan

    after = services.revise_plan(
        code="premium", actor_id=olga.pk, reason="Costs rose", price_cents=19_900, hold_minutes=20
    )
    subscribe(charlie, "premium")

    assert (before.version, after.version) == (1, 2)
    assert accounts.entitlements(alice.organisation_id)["hold_minutes"] == 15
    assert accounts.entitlements(charlie.organisation_id)["hold_minutes"] == 20
    told = AuditEntry.objects.get(action="plan.revised")
    assert (told.details["price_cents"], told.details["reason"]) == ([14_900, 19_900], "Costs rose")


@pytest.mark.parametrize(
    ("code", "changed", "field"),
    [
        ("starter", {"hold_minutes": 10}, None),
        ("starter", {"monthly_credits": 5}, None),
        ("pro", {"early_minutes": 61}, "early_minutes"),
        ("pro", {"hold_minutes": 21}, "hold_minutes"),
        ("premium", {"api_requests_per_minute": 3_001}, "api_requests_per_minute"),
    ],
)
def test_a_plan_never_says_what_nobody_could_be_given(olga, code, changed, field):
    before = selectors.plans_offered()

    with pytest.raises(TermsUnkeepable) as refusal:
        services.revise_plan(code=code, actor_id=olga.pk, reason="A mistake", **changed)

    assert refusal.value.field == field
    assert selectors.plans_offered() == before
    assert not AuditEntry.objects.filter(action="plan.revised").exists()


def test_starter_can_be_called_something_else(olga):
    assert services.revise_plan(code="starter", actor_id=olga.pk, reason="Kinder", name="Free").version == 2


def test_a_revision_that_changes_nothing_is_none(olga):
    with pytest.raises(NothingRevised):
        services.revise_pack(code="credits-50", actor_id=olga.pk, reason="None", price_cents=5_000)

    assert Pack.objects.filter(code="credits-50").count() == 1


def test_a_pack_is_taken_off_and_comes_back_in_its_next_version(olga):
    services.withdraw_pack(code="credits-50", actor_id=olga.pk, reason="Nobody buys it")
    assert "credits-50" not in [pack.code for pack in selectors.packs_on_offer()]

    services.add_pack(
        code="credits-50",
        actor_id=olga.pk,
        reason="They ask",
        name="50 credits",
        amount_credits=50,
        price_cents=4_900,
    )

    assert selectors.find_pack("credits-50").version == 2


def test_the_plan_editor_asks_first_and_then_offers_the_next_version(client, olga):
    log_in(client, olga)
    pro = selectors.get_plan("pro")
    address = reverse("admin:billing_plan_revise", args=[pro.pk])
    page = client.get(address)
    said = {name: value for name, value in page.context["form"].initial.items() if value not in (None, False)}
    said |= {"price_cents": 5_900, "reason": "Costs rose"}

    refused = client.post(address, {**said, "early_minutes": 61, "step": "confirm"})
    assert "An offer opens to everybody within an hour. Enter at most 60." in refused.content.decode()
    asked = client.post(address, said)
    assert "49.00 USD → 59.00 USD" in asked.content.decode()
    assert selectors.get_plan("pro").version == 1
    done = client.post(address, {**said, "step": "confirm"})

    assert done.status_code == 302
    assert (selectors.get_plan("pro").version, selectors.get_plan("pro").price_cents) == (2, 5_900)


def test_of_starter_the_editor_asks_for_its_name_alone(client, olga):
    log_in(client, olga)
    address = reverse("admin:billing_plan_revise", args=[selectors.get_plan("starter").pk])
    assert set(client.get(address).context["form"].fields) == {"name", "reason"}

    client.post(address, {"name": "Free", "reason": "Kinder", "hold_minutes": 60, "step": "confirm"})

    [starter, *_] = selectors.plans_offered()
    assert (starter.version, starter.name, starter.hold_minutes) == (2, "Free", 5)
