"""Personal API keys: made by whoever proves who they are, shown once, and good for what they are made for."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from accounts import key_text, services, step_up
from accounts.models import ApiKey, Invitation
from accounts.models.credentials import Scope
from aiqleads.core import clock as database_clock
from aiqleads.core.models import AuditEntry
from marketplace.models import Claim
from tests.api.conftest import client_of, new_client
from tests.api.problems import assert_problem
from tests.api.test_journey import contact_of
from tests.api.test_refusals import add, check_out

WISH = {"name": "Nightly import", "scopes": ["read", "hold"], "lasts_days": 30}


def key_for(member, *scopes, days=30):
    return services.create_key(member=member, name="A program", scopes=scopes, lasts_days=days)


def program(text):
    client = new_client()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


@pytest.fixture
def proven(alice):
    client = client_of(alice)
    client.credentials(
        HTTP_AUTHORIZATION=client._credentials["HTTP_AUTHORIZATION"], HTTP_X_STEP_UP=step_up.token_for(alice.user)
    )
    return client


def test_a_key_is_told_once_and_then_known_by_its_beginning(proven, alice):
    made = proven.post("/api/v1/me/keys/", WISH, format="json")

    assert made.status_code == 201, made.content
    text = made.json()["key"]
    assert key_text.PATTERN.fullmatch(text)
    assert made.json()["begins_with"] == text[:12]
    [listed] = proven.get("/api/v1/me/keys/").json()
    assert listed == {name: value for name, value in made.json().items() if name != "key"}
    assert program(text).get("/api/v1/me/").json()["email"] == "alice@example.com"
    kept = str(ApiKey.objects.values().get()) + str(list(AuditEntry.objects.values()))
    assert text not in kept
    assert text[12:] not in kept
    assert AuditEntry.objects.get(action="api_key.created").actor_id == alice.user_id


def test_who_does_not_prove_it_anew_makes_no_key(alice_api, alice):
    assert_problem(alice_api.post("/api/v1/me/keys/", WISH, format="json"), 403, "step_up_required")
    assert not ApiKey.objects.exists()


def test_no_key_makes_keys(alice):
    _, text = key_for(alice, *Scope)
    client = program(text)
    client.credentials(
        HTTP_AUTHORIZATION=client._credentials["HTTP_AUTHORIZATION"], HTTP_X_STEP_UP=step_up.token_for(alice.user)
    )

    assert_problem(client.post("/api/v1/me/keys/", WISH, format="json"), 403, "step_up_required")
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"scopes": []},
        {"scopes": ["everything"]},
        {"scopes": "read"},
        {"lasts_days": 0},
        {"lasts_days": 366},
        {"name": ""},
        {"name": "x" * 81},
    ],
)
def test_a_wish_that_cannot_be_is_refused_by_field(proven, change):
    problem = assert_problem(proven.post("/api/v1/me/keys/", {**WISH, **change}, format="json"), 400, "invalid")

    assert set(problem["errors"]) == set(change)
    assert not ApiKey.objects.exists()


def test_twenty_keys_are_enough(proven, alice):
    for _ in range(20):
        key, _ = key_for(alice, Scope.READ)
    assert_problem(proven.post("/api/v1/me/keys/", WISH, format="json"), 422, "too_many_keys")

    proven.delete(f"/api/v1/me/keys/{key.pk}/")

    assert proven.post("/api/v1/me/keys/", WISH, format="json").status_code == 201


def test_a_key_opens_what_it_was_made_for_and_nothing_else(alice, grant, lead, bob):
    contact_of(lead)
    grant(alice, 25)
    reading, holding, buying, contacts = (program(key_for(alice, *scopes)[1]) for scopes in SETS)
    contact = f"/api/v1/leads/{lead.pk}/contact/"

    assert_problem(add(reading, lead.pk), 403, "insufficient_scope")
    assert not Claim.objects.exists()
    assert add(holding, lead.pk).status_code == 201
    assert_problem(check_out(holding, "order"), 403, "insufficient_scope")
    assert check_out(buying, "order").status_code == 201
    for client in (reading, holding, buying):
        assert_problem(client.get(contact), 403, "insufficient_scope")
        assert_problem(client.get("/api/v1/purchases/export.csv"), 403, "insufficient_scope")
        assert_problem(client.post("/api/v1/watchlist/", {"lead": str(lead.pk)}), 403, "insufficient_scope")
    assert contacts.get(contact).status_code == 200
    assert_problem(contacts.get("/api/v1/leads/"), 403, "insufficient_scope")


SETS = ([Scope.READ], [Scope.HOLD], [Scope.BUY], [Scope.CONTACTS])


def test_a_key_that_somebody_found_invites_nobody(alice):
    found = program(key_for(alice, *Scope)[1])
    found.credentials(**found._credentials, HTTP_X_STEP_UP=step_up.token_for(alice.user))
    wish = {"email": "mallory@example.com", "role": "buyer"}

    for door in ("members", "invitations"):
        assert_problem(found.post(f"/api/v1/organisation/{door}/", wish, format="json"), 403, "step_up_required")

    assert not Invitation.objects.exists()
    answer = client_of(alice).post("/api/v1/organisation/invitations/", wish, format="json")
    assert (answer.status_code, Invitation.objects.get().role) == (201, "buyer")


def test_a_key_may_no_more_than_its_member(bob, lead):
    client = program(key_for(bob, *Scope)[1])

    assert_problem(add(client, lead.pk), 403, "not_your_role")
    assert not Claim.objects.exists()


@pytest.mark.parametrize("ending", ["revoked", "run out", "suspended", "gone"])
def test_a_key_that_ended_opens_nothing(alice, olga, clock, ending):
    key, text = key_for(alice, Scope.READ)
    assert program(text).get("/api/v1/me/").status_code == 200

    if ending == "revoked":
        services.revoke_key(member=alice, key_id=key.pk)
    elif ending == "run out":
        clock.advance(days=30)
    elif ending == "suspended":
        services.suspend_user(user_id=alice.user_id, reason="A test.", actor_id=olga.pk)
    else:
        key.delete()

    assert_problem(program(text).get("/api/v1/me/"), 401, "token_not_valid")


def test_a_key_with_a_letter_changed_is_told_from_one_that_opens_nothing(alice):
    _, text = key_for(alice, Scope.READ)
    other = key_text.new()
    swapped = text[:12] + other[12:]

    assert "whole" in assert_problem(program(swapped).get("/api/v1/me/"), 401, "token_not_valid")["detail"]
    assert "nothing" in assert_problem(program(other).get("/api/v1/me/"), 401, "token_not_valid")["detail"]
    assert key_text.is_whole(text)
    assert not key_text.is_whole(text[:-1])
    assert re.findall(r"aiq_[0-9A-Za-z]{46}", f"KEY={text}\n") == [text]  # as a scanner of leaked secrets looks


def test_another_members_key_is_not_there(api, alice, charlie):
    key, text = key_for(alice, Scope.READ)

    assert_problem(api(charlie).delete(f"/api/v1/me/keys/{key.pk}/"), 404, "not_found")
    assert api(charlie).get("/api/v1/me/keys/").json() == []
    assert program(text).get("/api/v1/me/").status_code == 200


def test_a_use_is_noted_once_a_minute(alice, clock):
    _, text = key_for(alice, Scope.READ)
    seen = []
    for seconds in (0, 59, 1):
        clock.advance(seconds=seconds)
        program(text).get("/api/v1/me/")
        seen.append(ApiKey.objects.get().last_used_at)

    assert seen[0] == seen[1]
    assert timedelta(seconds=60) <= seen[2] - seen[0] < timedelta(seconds=65)


def test_a_key_outlives_the_secret_that_its_hash_was_made_with_where_it_is_used(alice, settings):
    _, text = key_for(alice, Scope.READ)
    settings.PERSONAL_DATA_KEYS = {2: "n" * 48, **settings.PERSONAL_DATA_KEYS}
    assert program(text).get("/api/v1/me/").status_code == 200

    settings.PERSONAL_DATA_KEYS = {2: "n" * 48}

    assert program(text).get("/api/v1/me/").status_code == 200


def test_a_member_sees_their_programs_and_logs_them_out(api, alice, charlie):
    services.open_session(user=charlie.user, client="Another's")
    pair = services.open_session(user=alice.user, client="Pocket agent")
    asking = program(pair.access)
    services.open_session(user=alice.user, client="Old telephone")

    listed = asking.get("/api/v1/me/sessions/").json()
    assert {(row["client"], row["is_this"]) for row in listed} == {("Pocket agent", True), ("Old telephone", False)}
    old = next(row["id"] for row in listed if not row["is_this"])
    assert_problem(api(charlie).delete(f"/api/v1/me/sessions/{old}/"), 404, "not_found")
    assert asking.delete(f"/api/v1/me/sessions/{old}/").status_code == 204
    assert [row["client"] for row in asking.get("/api/v1/me/sessions/").json()] == ["Pocket agent"]

    assert asking.delete("/api/v1/me/sessions/").status_code == 204
    assert_problem(asking.get("/api/v1/me/"), 401, "token_not_valid")


def test_the_page_makes_shows_once_and_revokes(stepped_up, alice):
    browser = stepped_up(alice)
    made = browser.post("/account/keys/new/", WISH)

    [text] = key_text.PATTERN.findall(made.content.decode())
    assert made.headers["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert program(text).get("/api/v1/leads/").status_code == 200
    page = browser.get("/account/keys/").content.decode()
    assert text not in page
    assert f"<code>{text[:12]}…</code>" in page

    browser.post(f"/account/keys/{ApiKey.objects.get().pk}/revoke/")

    assert_problem(program(text).get("/api/v1/leads/"), 401, "token_not_valid")
    assert "Revoked" in browser.get("/account/keys/").content.decode()


def test_the_page_refuses_what_is_no_wish_and_who_is_not_fresh(stepped_up, alice):
    assert stepped_up(alice).post("/account/keys/new/", {**WISH, "scopes": ["all"]}).status_code == 400
    browser = Client()
    browser.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")
    asked = browser.post("/account/keys/new/", WISH)

    assert asked.status_code == 302
    assert asked.headers["Location"].startswith("/account/confirm/")
    assert not ApiKey.objects.exists()


def test_the_page_logs_programs_out_and_nobody_elses(stepped_up, alice, charlie):
    theirs = services.open_session(user=charlie.user).access
    services.open_session(user=alice.user, client="Old telephone")
    browser = stepped_up(alice)
    assert "Old telephone" in browser.get("/account/keys/").content.decode()

    browser.post("/account/programs/end/")

    assert "Old telephone" not in browser.get("/account/keys/").content.decode()
    assert program(theirs).get("/api/v1/me/").status_code == 200


def test_the_database_lets_no_key_last_longer_than_a_year(alice):
    key, _ = key_for(alice, Scope.READ, days=10_000)

    assert key.expires_at <= database_clock.now() + timedelta(days=365)
