"""Log-ins that fail stand in the audit trail: from which door and where, and whose only as a keyed hash."""

import json

import pytest
from django.core.cache import cache
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import reverse

from accounts import errors, services
from accounts.services.failed_log_ins import NETWORKS_MOST
from aiqleads.core import audit, origins
from aiqleads.core.models import AuditEntry
from tests.api.conftest import new_client
from tests.conftest import enrolled, log_in

pytestmark = pytest.mark.django_db

WRONG = "not the password"
NOBODY = "nobody-here@example.com"


def failures(action="log_in.failed"):
    return AuditEntry.objects.filter(action=action).order_by("number")


def type_in(email, password=WRONG, path="/account/login/", **extra):
    return Client(**extra).post(path, {"login": email, "password": password})


@pytest.mark.parametrize("email", ["alice@example.com", NOBODY])
def test_a_wrong_password_is_noted_whether_there_is_an_account_or_not(alice, email):
    type_in(f" {email.upper()}", REMOTE_ADDR="203.0.113.9")

    [entry] = failures()
    assert (entry.actor_id, entry.subject, entry.details) == (None, audit.typed(email), {"shown": "password"})
    assert (entry.door, entry.network) == ("page", "203.0.113.0/24")
    assert entry.address_hash in origins.address_hashes("203.0.113.9")
    told = json.dumps(model_to_dict(entry), default=str)
    assert not {word for word in ("alice", "nobody", "@", WRONG, "203.0.113.9") if word in told}


def test_programs_and_operators_are_noted_by_the_same_words(alice, olga):
    answer = new_client().post(
        "/api/v1/auth/token/", {"email": "alice@example.com", "password": WRONG}, format="json"
    )
    admin = Client().get("/admin/login/")
    type_in("olga@example.com", path=admin["Location"])

    assert answer.status_code == 401
    assert [(one.door, one.subject) for one in failures()] == [
        ("api", audit.typed("alice@example.com")),
        ("page", audit.typed("olga@example.com")),
    ]


def test_a_right_password_is_no_failure(alice):
    type_in("alice@example.com", "correct horse battery")

    assert not failures().exists()


def test_a_suspended_members_right_password_is_one(alice, olga):
    services.suspend_user(user_id=alice.user_id, reason="Unpaid", actor_id=olga.pk)

    type_in("alice@example.com", "correct horse battery")

    assert failures().get().subject == audit.typed("alice@example.com")


def test_a_wrong_second_factor_is_noted_until_whoever_guesses_has_to_wait(olga):
    enrolled(olga)
    client = Client()
    client.post("/account/login/", {"login": "olga@example.com", "password": "correct horse battery"})

    answers = [client.post("/account/second-factor/check/", {"otp": "000000"}).status_code for _ in range(8)]

    noted = failures("proof.failed")
    assert [(one.subject, one.details) for one in noted] == [(f"accounts.user:{olga.pk}", {"shown": "otp"})] * 5
    assert set(answers[5:]) == {429}
    assert not failures().exists()


def test_a_wrong_password_of_somebody_logged_in_is_noted(alice):
    with pytest.raises(errors.WrongPassword):
        services.require_password(user=alice.user, password=WRONG)

    assert failures("proof.failed").get().details == {"shown": "password"}


def test_one_network_fills_no_disk(alice):
    noted = [services.note_failed_log_in(typed=f"{number}@example.com") for number in range(NETWORKS_MOST + 5)]

    assert noted == [True] * NETWORKS_MOST + [False] * 5
    assert failures().count() == NETWORKS_MOST
    cache.clear()
    assert services.note_failed_log_in(typed=NOBODY)


def test_an_operator_finds_what_was_tried_with_an_address(client, olga):
    log_in(client, olga)
    type_in("Alice@example.com")
    type_in("charlie@example.com")

    found = client.get(reverse("admin:core_auditentry_changelist"), {"q": "alice@example.com"}).context["cl"]

    assert [entry.subject for entry in found.result_list] == [audit.typed("alice@example.com")]
