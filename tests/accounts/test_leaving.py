"""Taking one's own data along, and closing one's account."""

import io
import json
import zipfile

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse

from accounts import errors, selectors, services
from accounts.models import ApiSession, Authenticator, Licence, Membership, User
from aiqleads.core import events
from aiqleads.core.models import AuditEntry
from billing import selectors as billing
from marketplace import selectors as market
from marketplace import services as market_writes
from marketplace.models import Claim, Purchase, SavedSearch
from tests.conftest import enrolled
from tests.marketplace.colleagues import join
from tests.marketplace.guards import refused_by, take_away
from tests.marketplace.ordered import order_on
from tests.marketplace.returned import buy

pytestmark = pytest.mark.django_db


def archive_of(content: bytes) -> dict[str, list[dict[str, object]]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


@pytest.fixture
def busy(alice, lead, grant):
    """Alice, who bought, searches, and has an order on."""
    grant(alice, 50)
    buy(lead, alice)
    SavedSearch.objects.create(membership=alice, name="Mine", query="city=Austin")
    services.open_session(user=alice.user, client="phone")
    return alice


def test_the_archive_holds_what_is_theirs_and_nobody_elses(busy, charlie, lead, stepped_up):
    SavedSearch.objects.create(membership=charlie, name="His", query="city=Boise")

    answer = stepped_up(busy).post(reverse("accounts:export"))

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    told = archive_of(answer.content)
    assert told["account.json"][0]["email"] == "alice@example.com"
    assert told["memberships.json"][0]["organisation__name"] == "Alice Realty"
    assert [row["number"] for row in told["licences.json"]] == ["0142"]
    assert [row["lead_id"] for row in told["purchases.json"]] == [str(lead.pk)]
    assert [row["name"] for row in told["saved_searches.json"]] == ["Mine"]
    assert sorted(row["amount_credits"] for row in told["credits.json"]) == [-10, 10, 50]
    assert "Hidden Creek" not in json.dumps(told["purchases.json"])
    assert AuditEntry.objects.filter(action="account.exported", actor=busy.user).count() == 1


def test_colleagues_are_not_told_the_owners_credits(alice, grant):
    grant(alice, 50)
    colleague = join(alice, "dora")

    assert archive_of(services.export_account(user=colleague.user))["credits.json"] == []


@pytest.mark.parametrize("door", ["export", "close"])
def test_who_did_not_prove_who_they_are_is_asked_first(door, alice, client):
    client.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")

    answer = client.post(reverse(f"accounts:{door}"), {"email": "alice@example.com"})

    assert answer.status_code == 302
    assert answer.url.startswith("/account/confirm/")
    assert User.objects.get(pk=alice.user_id).is_active


def test_a_closed_account_leaves_no_name_no_way_in_and_what_was_bought(busy, stepped_up, client):
    enrolled(busy.user)
    elsewhere = stepped_up(busy)
    organisation = busy.organisation_id

    answer = stepped_up(busy).post(reverse("accounts:close"), {"email": "Alice@example.com "})

    assert (answer.status_code, answer.url) == (302, "/")
    user = User.objects.get(pk=busy.user_id)
    assert (user.email, user.get_full_name(), user.is_active) == (f"closed-{user.pk}@closed.invalid", "", False)
    assert not user.has_usable_password()
    assert not EmailAddress.objects.filter(user=user).exists()
    assert not Authenticator.objects.filter(user=user).exists()
    assert not ApiSession.objects.filter(user=user, ended_at=None).exists()
    assert not SavedSearch.objects.exists()
    assert list(Licence.objects.values_list("number", "number_hash")) == [(None, "")]
    assert elsewhere.get(reverse("accounts:account")).status_code == 302
    assert not client.login(username="alice@example.com", password="correct horse battery")
    assert Purchase.objects.get().organisation_id == organisation
    assert billing.balance_credits(organisation) == 50
    assert AuditEntry.objects.filter(action="account.closed", actor=user).count() == 1


def test_the_address_may_sign_up_anew_as_somebody_else(busy):
    services.close_account(user=busy.user)

    services.sign_up(
        email="alice@example.com",
        password="another correct horse",
        organisation_name="New",
        terms_version="2026-11",
    )

    anew = Membership.objects.get(user__email="alice@example.com")
    assert anew.user_id != busy.user_id
    assert not market.purchases(anew).exists()


def test_the_last_owner_of_others_hands_over_first(alice):
    colleague = join(alice, "dora")

    with pytest.raises(errors.NobodyLeftInCharge):
        services.close_account(user=alice.user)

    assert User.objects.get(pk=alice.user_id).email == "alice@example.com"
    Membership.objects.filter(pk=colleague.pk).update(role=Membership.Role.OWNER)
    services.close_account(user=alice.user)
    assert not User.objects.get(pk=alice.user_id).is_active


def test_orders_of_who_left_buy_nothing_more(alice):
    order = order_on(alice)

    services.close_account(user=alice.user)
    events.deliver_all()

    order.refresh_from_db()
    assert order.state == "paused"


def test_what_a_closed_account_held_is_free_at_once(alice, charlie, lead):
    market_writes.hold_lead(lead_id=lead.pk, buyer=alice)

    services.close_account(user=alice.user)
    events.deliver_all()

    assert Claim.objects.get().state == Claim.State.RELEASED
    assert market_writes.hold_lead(lead_id=lead.pk, buyer=charlie).membership == charlie


def test_another_address_typed_closes_nothing(alice, stepped_up):
    answer = stepped_up(alice).post(reverse("accounts:close"), {"email": "charlie@example.com"})

    assert answer.status_code == 400
    assert User.objects.get(pk=alice.user_id).is_active


def test_an_operators_log_in_is_not_closed_here(olga):
    with pytest.raises(errors.NotForOperators):
        services.close_account(user=olga)

    assert User.objects.get(pk=olga.pk).is_active


def test_nobody_lets_a_closed_account_in_again(alice, olga):
    services.close_account(user=alice.user)

    with pytest.raises(errors.NotForOperators):
        services.reinstate_user(user_id=alice.user_id, reason="Asked.", actor_id=olga.pk)

    again = "UPDATE accounts_user SET is_active = true WHERE closed_at IS NOT NULL"
    assert refused_by(again) == "closed_account_stays_closed"
    take_away("closed_account_stays_closed")
    assert refused_by(again) == ""


def test_an_export_that_finds_no_membership_still_tells_of_the_account(olga):
    told = archive_of(services.export_account(user=olga))

    assert told["account.json"][0]["email"] == "olga@example.com"
    assert "purchases.json" not in told
    assert selectors.licensed_states(olga.pk) == set()


def test_the_page_says_what_happens(alice, stepped_up):
    page = stepped_up(alice).get(reverse("accounts:own_data")).content.decode()

    assert "Close it for good" in page
