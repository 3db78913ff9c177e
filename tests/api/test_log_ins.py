"""Signing up, addresses, passwords, second factors and leaving, by program: as safe as on the pages."""

import io
import zipfile

import pytest
from django.core import mail
from django.test import Client

from accounts import services
from accounts.models import ApiSession, Authenticator, Organisation, Passkey, User
from aiqleads.core import events
from aiqleads.core.models import AuditEntry
from tests.accounts.test_second_factors import shown
from tests.api.conftest import PASSWORD, client_of, proven_client_of
from tests.api.problems import assert_problem
from tests.api.test_journey import confirm_by_letter, link_of_letter
from tests.conftest import SEED, enrolled
from tests.marketplace.colleagues import join

pytestmark = pytest.mark.django_db
API = "/api/v1"
DORA = {
    "email": "dora@example.com",
    "password": PASSWORD,
    "organisation_name": "Dora Realty",
    "accepted_terms_version": "2026-11",
}
LOG_IN = {"email": "dora@example.com", "password": PASSWORD}


def post(client, address, body=None):
    return client.post(f"{API}/{address}", body, format="json")


def test_signing_up_answers_alike_whether_the_address_is_known(anonymous, alice):
    new = post(anonymous, "auth/register/", DORA)
    known = post(anonymous, "auth/register/", {**DORA, "email": "Alice@example.com", "password": "mallory's horse"})
    events.deliver_all()

    assert (new.status_code, known.status_code) == (202, 202)
    assert new.content == known.content
    assert {one.to[0]: one.subject for one in mail.outbox} == {
        "dora@example.com": "Confirm your e-mail address",
        "alice@example.com": "You have an AIQLeads account",
    }
    assert Organisation.objects.count() == 2
    assert User.objects.get(email="alice@example.com").check_password(PASSWORD)


def test_a_token_is_given_to_a_confirmed_address_alone(anonymous):
    post(anonymous, "auth/register/", DORA)

    assert_problem(post(anonymous, "auth/token/", LOG_IN), 401, "address_unconfirmed")
    assert_problem(post(anonymous, "auth/token/", {**LOG_IN, "password": "no"}), 401, "no_active_account")
    assert not ApiSession.objects.exists()

    confirm_by_letter(anonymous)
    assert post(anonymous, "auth/token/", LOG_IN).status_code == 200
    assert AuditEntry.objects.filter(action="user.address_confirmed").count() == 1


def test_the_link_is_sent_again_once_in_three_minutes(anonymous):
    post(anonymous, "auth/register/", DORA)
    for _ in range(3):
        post(anonymous, "auth/token/", LOG_IN)
    events.deliver_all()

    assert [one.subject for one in mail.outbox] == ["Confirm your e-mail address"] * 2


def test_a_link_works_once_and_a_made_up_one_never(anonymous):
    post(anonymous, "auth/register/", DORA)
    key = link_of_letter().rstrip("/").rpartition("/")[2]

    assert_problem(post(anonymous, "auth/email/confirm/", {"key": key[:-1] + "x"}), 422, "link_over")
    assert post(anonymous, "auth/email/confirm/", {"key": key}).status_code == 204
    assert_problem(post(anonymous, "auth/email/confirm/", {"key": key}), 422, "link_over")


def test_the_page_takes_the_link_of_the_apis_letter(anonymous, client):
    post(anonymous, "auth/register/", DORA)

    client.post(link_of_letter().replace("http://localhost:8000", ""))

    assert post(anonymous, "auth/token/", LOG_IN).status_code == 200


def test_an_address_changes_when_its_letter_was_read_and_not_before(alice, charlie):
    assert_problem(client_of(alice).put(f"{API}/me/email/", {"email": "a@example.com"}), 403, "step_up_required")
    client = proven_client_of(alice)
    taken = client.put(f"{API}/me/email/", {"email": "charlie@example.com"}, format="json")
    wanted = client.put(f"{API}/me/email/", {"email": "Anew@example.com"}, format="json")

    assert taken.content == wanted.content
    assert client.get(f"{API}/me/email/").json() == {
        "email": "alice@example.com",
        "asked_email": "anew@example.com",
    }
    confirm_by_letter(client)
    assert client.get(f"{API}/me/email/").json() == {"email": "anew@example.com", "asked_email": None}
    assert mail.outbox[-1].to == ["alice@example.com"]  # allauth tells the old address


def test_an_address_of_somebody_else_is_not_taken_by_their_click(alice, charlie):
    client = proven_client_of(alice)
    client.put(f"{API}/me/email/", {"email": "charlie@example.com"}, format="json")

    key = link_of_letter().rstrip("/").rpartition("/")[2]
    assert_problem(post(client, "auth/email/confirm/", {"key": key}), 422, "link_over")
    assert client.delete(f"{API}/me/email/").status_code == 204
    assert client.get(f"{API}/me/email/").json() == {"email": "alice@example.com", "asked_email": None}


def test_a_new_password_ends_every_log_in_but_the_one_it_answers(alice):
    elsewhere, client = client_of(alice), proven_client_of(alice)
    assert_problem(post(elsewhere, "me/password/", {"password": "another horse"}), 403, "step_up_required")
    assert_problem(post(client, "me/password/", {"password": "short"}), 422, "password_too_weak")

    pair = post(client, "me/password/", {"password": "violet harbour lamp"}).json()

    assert_problem(elsewhere.get(f"{API}/me/"), 401, "token_not_valid")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    assert client.get(f"{API}/me/").status_code == 200
    events.deliver_all()
    assert mail.outbox[-1].subject == "Your AIQLeads password was changed"


def test_a_forgotten_password_is_set_by_letter_once_and_strangers_get_none(anonymous, alice):
    for email in ("alice@example.com", "nobody@example.com"):
        assert post(anonymous, "auth/password/reset/", {"email": email}).status_code == 202
    key = link_of_letter().rstrip("/").rpartition("/")[2]
    asked = {"key": key, "password": "violet harbour lamp"}

    assert len(mail.outbox) == 1
    assert_problem(post(anonymous, "auth/password/reset/confirm/", {**asked, "key": "1-x"}), 422, "link_over")
    assert post(anonymous, "auth/password/reset/confirm/", asked).status_code == 204
    assert_problem(post(anonymous, "auth/password/reset/confirm/", asked), 422, "link_over")
    assert User.objects.get(pk=alice.user_id).check_password("violet harbour lamp")


def test_an_app_is_enrolled_and_taken_away(alice):
    client = proven_client_of(alice)
    assert_problem(post(client, "me/second-factors/codes/"), 422, "not_enrolled")
    begun = post(client, "me/second-factors/app/").json()
    Authenticator.objects.filter(user=alice.user_id).update(seed=SEED)

    assert begun["address"].startswith("otpauth://totp/")
    assert_problem(post(client, "me/second-factors/app/confirm/", {"otp": "000000"}), 401, "otp_wrong")
    codes = post(client, "me/second-factors/app/confirm/", {"otp": shown()}).json()["recovery_codes"]
    assert len(codes) == 10
    client = proven_client_of(alice)  # its log-in has ended by that
    told = client.get(f"{API}/me/second-factors/").json()
    assert told == {"has_app": True, "passkeys": [], "recovery_codes_left": 10}
    assert_problem(post(client, "me/second-factors/app/"), 422, "already_enrolled")
    assert client.delete(f"{API}/me/second-factors/app/").status_code == 204
    assert not Authenticator.objects.filter(user=alice.user_id).exists()


def test_a_passkey_of_ones_own_is_taken_away_and_no_others(alice, charlie):
    mine, his = (
        Passkey.objects.create(
            user=member.user,
            name="Laptop",
            credential_id=name,
            credential_hash=name.hex(),
            public_key=b"k",
            confirmed=True,
        )
        for member, name in ((alice, b"a"), (charlie, b"c"))
    )
    client = proven_client_of(alice)

    assert client.get(f"{API}/me/second-factors/").json()["passkeys"] == [{"id": mine.pk, "name": "Laptop"}]
    assert_problem(client.delete(f"{API}/me/second-factors/passkeys/{his.pk}/"), 404, "not_found")
    assert client.delete(f"{API}/me/second-factors/passkeys/{mine.pk}/").status_code == 204
    assert list(Passkey.objects.all()) == [his]


def test_recovery_codes_are_made_anew(alice):
    enrolled(alice.user)

    assert len(post(proven_client_of(alice), "me/second-factors/codes/").json()["recovery_codes"]) == 10
    assert_problem(post(client_of(alice), "me/second-factors/codes/"), 403, "step_up_required")


def test_browsers_are_listed_and_logged_out(alice, charlie):
    for user in (alice.user, charlie.user):
        browser = Client()
        browser.post("/account/login/", {"login": user.email, "password": PASSWORD})
    client = client_of(alice)
    [row] = client.get(f"{API}/me/browsers/").json()
    [his] = client_of(charlie).get(f"{API}/me/browsers/").json()

    assert_problem(client.delete(f"{API}/me/browsers/{his['id']}/"), 404, "not_found")
    assert client.delete(f"{API}/me/browsers/{row['id']}/").status_code == 204
    assert client.get(f"{API}/me/browsers/").json() == []
    assert len(client_of(charlie).get(f"{API}/me/browsers/").json()) == 1
    assert client.delete(f"{API}/me/browsers/").status_code == 204
    assert_problem(client.get(f"{API}/me/browsers/"), 401, "token_not_valid")


def test_ones_own_data_goes_along_as_an_archive(alice):
    assert_problem(client_of(alice).get(f"{API}/account/export/"), 403, "step_up_required")

    answer = proven_client_of(alice).get(f"{API}/account/export/")

    assert answer["Content-Type"] == "application/octet-stream"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert b"alice@example.com" in archive.read("account.json")


def test_an_account_is_closed_by_who_proved_who_they_are(alice):
    colleague = join(alice, "dora")
    assert_problem(client_of(alice).delete(f"{API}/account/"), 403, "step_up_required")
    assert_problem(proven_client_of(alice).delete(f"{API}/account/"), 422, "nobody_left_in_charge")

    assert proven_client_of(colleague).delete(f"{API}/account/").status_code == 204

    assert User.objects.get(pk=colleague.user_id).closed_at
    assert User.objects.get(pk=alice.user_id).closed_at is None


def test_a_key_closes_no_account_and_takes_no_data(alice):
    _, text = services.create_key(member=alice, name="CRM", scopes=["manage", "read"], lasts_days=1)
    client = client_of(alice)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")

    assert_problem(client.delete(f"{API}/account/"), 403, "step_up_required")
    assert_problem(client.get(f"{API}/account/export/"), 403, "step_up_required")
