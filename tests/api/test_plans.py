"""Plans over the API: what there is, what one has, and each step that its pages have."""

import pytest

from accounts.step_up import token_for
from billing.models import Subscription
from billing.providers.sandbox import pages
from tests.api.problems import assert_problem
from tests.billing.subscribed import subscribe

pytestmark = pytest.mark.django_db
HERE = "/api/v1/subscription/"


def proof(member):
    return token_for(member.user)


def begin(api, plan="premium"):
    answer = api.post(HERE, {"plan": plan, "provider": "sandbox"}, format="json")
    pages.hand_in(Subscription.objects.latest("created_at").checkout_id, "good")
    return answer


def test_plans_say_what_they_cost_and_grant(alice_api):
    plans = alice_api.get("/api/v1/plans/").json()

    assert [(plan["code"], plan["price_cents"], plan["discount_percent"]) for plan in plans] == [
        ("starter", 0, 0),
        ("pro", 4_900, 5),
        ("premium", 14_900, 10),
    ]


def test_a_plan_is_begun_changed_cancelled_and_resumed(alice_api, alice):
    assert (alice_api.get(HERE).json()["plan"], alice_api.get(HERE).json()["status"]) == ("starter", None)

    begun = begin(alice_api)
    assert begun.status_code == 201
    assert begun.json()["checkout_url"].endswith(f"/sandbox-checkout/{Subscription.objects.get().checkout_id}/")
    # what was paid is seen by the next step that asks the provider, or by the inbox
    assert_problem(alice_api.post(f"{HERE}cancel/"), 409, "not_subscribed")


def test_each_step_answers_with_the_plan_as_it_is_then(alice_api, alice):
    subscribe(alice, "premium")
    shown = alice_api.get(f"{HERE}preview/", {"plan": "pro"}).json()
    assert (shown["is_at_once"], shown["due_now_cents"], shown["then_cents"]) == (False, 0, 4_900)

    assert_problem(alice_api.patch(HERE, {"plan": "pro"}, format="json"), 403, "step_up_required")
    changed = alice_api.patch(HERE, {"plan": "pro"}, format="json", HTTP_X_STEP_UP=proof(alice)).json()
    assert (changed["plan"], changed["next_plan"], changed["status"]) == ("premium", "pro", "active")
    assert alice_api.post(f"{HERE}cancel/").json()["cancels_at_period_end"] is True
    assert_problem(alice_api.post(f"{HERE}pause/"), 409, "plan_change_unusable")
    assert alice_api.post(f"{HERE}resume/").json()["cancels_at_period_end"] is False
    assert alice_api.post(f"{HERE}pause/").json()["status"] == "paused"


def test_what_is_not_offered_and_who_may_not_are_refused_alike(alice_api, alice, bob, api):
    bob_api = api(bob)
    assert_problem(
        alice_api.post(HERE, {"plan": "gold", "provider": "sandbox"}, format="json"), 422, "plan_not_offered"
    )
    assert_problem(
        alice_api.post(HERE, {"plan": "pro", "provider": "purse"}, format="json"), 422, "provider_not_offered"
    )
    changing = alice_api.patch(HERE, {"plan": "pro"}, format="json", HTTP_X_STEP_UP=proof(alice))
    assert_problem(changing, 409, "not_subscribed")
    assert_problem(bob_api.patch(HERE, {"plan": "pro"}, format="json"), 403, "not_your_role")
    assert_problem(bob_api.post(HERE, {"plan": "pro", "provider": "sandbox"}, format="json"), 403, "not_your_role")

    assert not Subscription.objects.exists()
