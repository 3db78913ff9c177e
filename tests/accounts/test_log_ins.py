"""Log-ins in browsers: confirmed addresses, letters, where somebody is logged in, and what ends it."""

import re
import time
from datetime import UTC, datetime

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import clients, services
from accounts.models import ApiSession, Membership, Organisation, User
from aiqleads.core import events
from aiqleads.core.models import AuditEntry
from marketplace import services as marketplace
from marketplace.models import Claim
from tests.api.conftest import new_client
from tests.conftest import enrolled, log_in

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
NEW = "violet harbour lamp"
LOG_IN = "/account/login/"
NEWCOMER = {
    "organisation_name": "Erin Homes",
    "email": "erin@example.com",
    "password1": NEW,
    "password2": NEW,
    "accepts_terms": "on",
}


def typed(member: Membership, password: str = PASSWORD) -> Client:
    """A browser in which a member logged in through the form."""
    client = Client(HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Firefox/130.0")
    client.post(LOG_IN, {"login": member.user.email, "password": password})
    return client


def is_in(client: Client) -> bool:
    return client.get("/cart/").status_code == 200


def link_of(letter: str) -> str:
    return re.search(r"http://\S+?(/account/\S+)", letter)[1]


def test_who_signs_up_comes_in_once_the_address_is_confirmed():
    client = Client()
    answer = client.post("/account/signup/", NEWCOMER)
    assert answer["Location"] == "/account/confirm-email/"
    assert not is_in(client)

    client.post(link_of(mail.outbox[-1].body))

    assert EmailAddress.objects.get().verified
    assert is_in(client) or client.post(LOG_IN, {"login": "erin@example.com", "password": NEW}).status_code == 302
    assert is_in(client)


def test_a_log_in_before_that_sends_the_letter_again_and_opens_nothing(alice):
    EmailAddress.objects.filter(user=alice.user).update(verified=False)

    client = typed(alice)

    assert not is_in(client)
    assert "confirm" in mail.outbox[-1].body.lower()


def test_signing_up_answers_alike_for_a_known_and_an_unknown_address(alice):
    known, unknown = Client(), Client()
    answers = [
        client.post("/account/signup/", {**NEWCOMER, "email": email}, follow=True)
        for client, email in ((known, alice.user.email), (unknown, NEWCOMER["email"]))
    ]

    pages = [re.sub(r"csrf\w+|\w{64}|[\w.]+@example\.com", "", answer.content.decode()) for answer in answers]
    assert pages[0] == pages[1]
    assert [answer.redirect_chain for answer in answers] == [[("/account/confirm-email/", 302)]] * 2
    assert User.objects.filter(email=alice.user.email).count() == 1
    assert Organisation.objects.filter(name="Erin Homes").count() == 1
    assert [letter.to for letter in mail.outbox] == [[alice.user.email], [NEWCOMER["email"]]]


def test_log_in_and_reset_answer_alike_for_a_known_and_an_unknown_address(alice):
    for address, fields in ((LOG_IN, {"password": "wrong"}), ("/account/password/reset/", {})):
        pages = []
        for email in (alice.user.email, "nobody@example.com"):
            answer = Client().post(address, {"login": email, "email": email, **fields}, follow=True)
            pages.append(re.sub(r"\w{64}|[\w.]+@example\.com", "", answer.content.decode()))
        assert pages[0] == pages[1]
    assert [letter.to for letter in mail.outbox] == [[alice.user.email], ["nobody@example.com"]]


def test_a_log_in_takes_as_long_for_an_address_that_nobody_has(alice, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    alice.user.set_password(PASSWORD)
    alice.user.save()

    def seconds(email: str) -> float:
        client = new_client()
        began = time.process_time()
        client.post("/api/v1/auth/token/", {"email": email, "password": "wrong"}, "json")
        return time.process_time() - began

    known = min(seconds(alice.user.email) for _ in range(2))
    unknown = min(seconds("nobody@example.com") for _ in range(2))

    assert 0.5 < known / unknown < 2


def test_a_forgotten_password_is_set_by_letter_and_ends_what_was_logged_in(alice):
    here = typed(alice)
    services.open_session(user=alice.user)
    Client().post("/account/password/reset/", {"email": alice.user.email})
    client = Client()
    form = client.get(link_of(mail.outbox[-1].body), follow=True).redirect_chain[-1][0]

    client.post(form, {"password1": NEW, "password2": NEW})

    assert not is_in(here)
    assert not is_in(typed(alice))
    assert is_in(typed(alice, NEW))
    assert ApiSession.objects.get().ending == ApiSession.Ending.PASSWORD_CHANGED
    assert (
        client.get(link_of(mail.outbox[0].body), follow=True).status_code == 200
    )  # the link opens nothing any more
    assert (
        "fail" in client.get(form).content.decode() or client.post(form, {"password1": PASSWORD}).status_code >= 400
    )
    assert AuditEntry.objects.filter(action="user.password_changed").count() == 1


@pytest.mark.parametrize("page", ["/account/password/change/", "/account/email/"])
def test_password_and_address_change_for_whoever_proves_who_they_are(alice, page):
    client = typed(alice)

    assert client.get(page)["Location"].startswith("/account/confirm/?next=")
    assert log_in(client, alice.user).get(page).status_code == 200


def test_a_new_password_ends_other_browsers_and_programs_and_is_told(alice):
    there, here = typed(alice), log_in(typed(alice), alice.user)
    services.open_session(user=alice.user)

    here.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})

    assert not is_in(there)
    assert ApiSession.objects.get().ended_at is not None
    assert "password" in mail.outbox[-1].body.lower()
    assert mail.outbox[-1].to == [alice.user.email]


def test_another_address_counts_once_it_is_confirmed_and_the_old_one_is_told(alice):
    here = log_in(Client(), alice.user)
    here.post("/account/email/", {"email": "alice.new@example.com", "action_add": ""})
    assert User.objects.get(pk=alice.user_id).email == "alice@example.com"

    here.post(link_of(mail.outbox[-1].body))

    assert User.objects.get(pk=alice.user_id).email == "alice.new@example.com"
    assert ["alice@example.com"] in [letter.to for letter in mail.outbox]


def test_an_address_that_somebody_has_is_not_taken_from_them(alice, charlie):
    here = log_in(Client(), alice.user)

    here.post("/account/email/", {"email": charlie.user.email, "action_add": ""})

    assert User.objects.get(pk=charlie.user_id).email == "charlie@example.com"
    assert not EmailAddress.objects.filter(user=alice.user, email=charlie.user.email, verified=True).exists()


def test_the_page_names_browsers_and_ends_one_of_them(alice):
    there, here = typed(alice), typed(alice)
    page = here.get("/account/sessions/").content.decode()
    assert page.count("Firefox on Windows</strong>") == 2
    assert page.count("This browser") == 1

    other = UserSession.objects.exclude(session_key=here.session.session_key).get()
    here.post(f"/account/sessions/{other.pk}/end/")

    assert (is_in(there), is_in(here)) == (False, True)


def test_logging_in_asks_no_more_the_more_browsers_are_logged_in(alice):
    def queries_of_a_log_in():
        with CaptureQueriesContext(connection) as sent:
            typed(alice)
        return len(sent)

    queries_of_a_log_in()
    beside_one = queries_of_a_log_in()

    assert [queries_of_a_log_in() for _ in range(3)] == [beside_one] * 3
    assert UserSession.objects.filter(user=alice.user).count() == 5


def test_logging_in_forgets_browsers_whose_log_in_has_ended(alice, charlie):
    ended, kept = typed(alice), typed(alice)
    Session.objects.filter(session_key=ended.session.session_key).update(
        expire_date=datetime(2020, 1, 1, tzinfo=UTC)
    )
    Session.objects.filter(session_key=typed(charlie).session.session_key).delete()

    here = typed(alice)

    left = UserSession.objects.values_list("session_key", flat=True)
    assert set(left.filter(user=alice.user)) == {kept.session.session_key, here.session.session_key}
    assert left.filter(user=charlie.user).count() == 1


def test_nobody_ends_anothers_log_in(alice, charlie):
    charlies, alices = typed(charlie), typed(alice)
    theirs = UserSession.objects.get(user=charlie.user)

    alices.post(f"/account/sessions/{theirs.pk}/end/")
    alices.post("/account/sessions/end/")

    assert is_in(charlies)


def test_everywhere_else_is_browsers_and_programs(alice):
    there, here = typed(alice), typed(alice)
    services.open_session(user=alice.user)

    here.post("/account/sessions/end/")
    assert (is_in(there), is_in(here)) == (False, True)
    assert ApiSession.objects.get().ended_at is not None

    here.post("/account/sessions/end/", {"everywhere": "yes"})
    assert not is_in(here)


def test_a_forged_session_key_opens_nothing(alice):
    typed(alice)
    client = Client()
    client.cookies["sessionid"] = "a" * 32

    assert not is_in(client)


def test_log_ins_and_log_outs_stand_in_the_audit_trail(alice):
    client = typed(alice)
    client.post("/account/logout/")

    told = AuditEntry.objects.filter(actor_id=alice.user_id, action__startswith="user.logged").order_by("number")
    assert [(entry.action, entry.details) for entry in told] == [
        ("user.logged_in", {"factor": "password"}),
        ("user.logged_out", {}),
    ]


def test_suspension_ends_browsers_programs_and_holds_at_once(alice, olga, lead):
    here = typed(alice)
    services.open_session(user=alice.user)
    claim = marketplace.hold_lead(lead_id=lead.pk, buyer=alice)

    services.suspend_user(user_id=alice.user_id, reason="Sells contacts on", actor_id=olga.pk)
    events.deliver_all()

    assert not is_in(here)
    assert not UserSession.objects.exists()
    assert ApiSession.objects.get().ending == ApiSession.Ending.SUSPENDED
    assert Claim.objects.get(pk=claim.pk).state == Claim.State.RELEASED
    services.reinstate_user(user_id=alice.user_id, reason="It was another", actor_id=olga.pk)
    assert not is_in(here)  # what was ended stays so


def test_a_second_factor_ends_programs_that_came_in_by_the_password_alone(alice):
    services.open_session(user=alice.user)
    enrolled(alice.user)

    services.remove_authenticator(user=alice.user)

    assert ApiSession.objects.get().ending == ApiSession.Ending.SECOND_FACTOR_CHANGED


def test_too_many_wrong_passwords_are_told_to_wait(alice):
    client = Client(REMOTE_ADDR="2001:db8::77")

    answers = [client.post(LOG_IN, {"login": alice.user.email, "password": "wrong"}) for _ in range(7)]

    assert [answer.status_code for answer in answers[:5]] == [400] * 5
    assert "Too many" in answers[-1].content.decode() or answers[-1].status_code == 429
    right = client.post(LOG_IN, {"login": alice.user.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session
    assert right.status_code in {400, 429}


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/130.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.0", "Another program"),
        ("", "Another program"),
    ],
)  # fmt: skip
def test_browsers_are_named_in_words(user_agent, words):
    assert clients.in_words(user_agent) == words
