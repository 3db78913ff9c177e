"""Passkeys: enrolling one, logging in and stepping up by it, and what somebody tries who has none."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core import mail
from django.db import connections
from django.test import Client

from accounts import errors, passkeys, step_up
from accounts.models import ApiSession, Membership, Passkey, RecoveryCode
from accounts.services.passkeys import CHALLENGE
from aiqleads.core import events
from aiqleads.core.models import AuditEntry
from tests.api.conftest import client_of, new_client
from tests.api.problems import assert_problem
from tests.conftest import at_length, enrolled, log_in
from tests.soft_key import SoftKey

pytestmark = pytest.mark.django_db

PAGE = "/account/second-factor/"
BEGIN, ADD = f"{PAGE}passkeys/begin/", f"{PAGE}passkeys/add/"
ASK, CHECK = f"{PAGE}passkeys/ask/", f"{PAGE}passkeys/check/"
PASSWORD = "correct horse battery"
AT_LOCALHOST = {"HTTP_HOST": "localhost:8000"}


@pytest.fixture(autouse=True)
def _at_localhost(settings) -> None:
    settings.SITE_URL = "http://127.0.0.1:8000"


@pytest.fixture
def alices(alice: Membership) -> Client:
    return log_in(Client(**AT_LOCALHOST), alice.user)


@pytest.fixture
def key(alices: Client) -> SoftKey:
    """A key that Alice has enrolled."""
    made = SoftKey()
    assert enrol(alices, made).status_code == 200
    return made


def enrol(browser: Client, key: SoftKey, name: str = "Telephone"):
    return browser.post(ADD, {"name": name, "answer": key.make(browser.post(BEGIN).json())})


def typed_password(member: Membership) -> Client:
    """A browser in which a right password was typed, and nothing more yet."""
    browser = Client(**AT_LOCALHOST)
    told = browser.post("/account/login/", {"login": member.user.email, "password": PASSWORD})
    assert told["Location"] == f"{PAGE}check/"
    return browser


def answered(browser: Client, answer: str):
    return browser.post(CHECK, {"answer": answer})


def refused(told, detail: str) -> None:
    assert (told.status_code, told.json()) == (422, {"detail": detail})


def test_a_key_is_enrolled_under_its_name_and_codes_are_shown_once(alices, alice):
    told = enrol(alices, SoftKey()).content.decode()

    kept = Passkey.objects.get()
    assert (kept.user, kept.name, kept.signatures) == (alice.user, "Telephone", 0)
    assert told.count("<code>") == RecoveryCode.objects.count() == 10
    assert AuditEntry.objects.get(action="second_factor.added").details == {"kind": "passkey"}
    assert "Telephone" in alices.get(PAGE).content.decode()
    assert enrol(alices, SoftKey(), name="Laptop")["Location"] == PAGE
    assert Passkey.objects.count() == 2


def test_what_is_asked_asks_to_unlock_and_names_nobody_to_the_key(alices, alice):
    options = alices.post(BEGIN).json()

    assert options["rp"] == {"id": "localhost", "name": "AIQLeads"}
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert alice.user.email not in options["user"]["id"]
    assert options["attestation"] == "none"


def test_a_log_in_takes_the_password_and_the_key(key, alice):
    browser = typed_password(alice)
    assert browser.get("/cart/").status_code == 302  # not in yet
    options = browser.post(ASK).json()
    assert (options["rpId"], options["userVerification"]) == ("localhost", "required")

    told = answered(browser, key.sign(options))

    assert told.json() == {"go_to": "/leads/"}
    assert browser.get("/cart/").status_code == 200
    assert browser.session["otp_device_id"].startswith("accounts.passkey/")
    assert step_up.SESSION_KEY in browser.session
    kept = Passkey.objects.get()
    assert kept.signatures == 1
    assert kept.last_used_at is not None
    assert AuditEntry.objects.get(action="user.logged_in").details == {"factor": "passkey"}


def test_a_key_that_does_not_count_is_let_in_again_and_again(alices, alice):
    silent = SoftKey(counts=False)
    enrol(alices, silent)
    for _ in range(2):
        browser = typed_password(alice)
        assert answered(browser, silent.sign(browser.post(ASK).json())).status_code == 200


def test_a_key_proves_once_more_who_it_is_and_leads_back(key, alice, clock):
    browser = typed_password(alice)
    answered(browser, key.sign(browser.post(ASK).json()))
    clock.advance(minutes=15)
    assert browser.get("/account/keys/new/").status_code == 405
    page = browser.post("/account/keys/new/", {"name": "Programs", "next": "/account/keys/"})["Location"]
    assert page == "/account/confirm/?next=%2Faccount%2Fkeys%2F"

    told = browser.post(CHECK, {"answer": key.sign(browser.post(ASK).json()), "next": "/account/keys/"})

    assert told.json() == {"go_to": "/account/keys/"}
    assert step_up.is_recent(browser.session[step_up.SESSION_KEY], alice.user)


def test_nobody_is_led_to_another_site(key, alice):
    browser = typed_password(alice)
    answered(browser, key.sign(browser.post(ASK).json()))

    for named in ("https://evil.example", "//evil.example/", "javascript:alert(1)"):
        told = browser.post(CHECK, {"answer": key.sign(browser.post(ASK).json()), "next": named})
        assert told.json() == {"go_to": PAGE}


def test_operators_come_to_their_screens_by_a_key(olga):
    browser = log_in(Client(**AT_LOCALHOST), olga)
    key = SoftKey()
    enrol(browser, key)
    olga_again = typed_password_of(olga)
    assert olga_again.get("/admin/").status_code == 302

    answered(olga_again, key.sign(olga_again.post(ASK).json()))

    assert olga_again.get("/admin/").status_code == 200


def typed_password_of(user) -> Client:
    browser = Client(**AT_LOCALHOST)
    browser.post("/account/login/", {"login": user.email, "password": PASSWORD})
    return browser


def test_an_answer_counts_once(key, alice):
    browser = typed_password(alice)
    answer = key.sign(browser.post(ASK).json())
    assert answered(browser, answer).status_code == 200

    refused(answered(browser, answer), "This question was answered already. Begin again.")
    assert Passkey.objects.get().signatures == 1


def test_a_wrong_answer_uses_the_question_up(key, alice):
    browser = typed_password(alice)
    options = browser.post(ASK).json()
    assert answered(browser, "{}").status_code == 422

    refused(answered(browser, key.sign(options)), "This question was answered already. Begin again.")
    assert browser.get("/cart/").status_code == 302


def test_an_answer_opens_no_other_browser(key, alice):
    mine, others = typed_password(alice), typed_password(alice)
    answer = key.sign(mine.post(ASK).json())
    others.post(ASK)

    refused(answered(others, answer), passkeys.UNUSABLE)
    assert others.get("/cart/").status_code == 302


def test_an_answer_that_is_older_than_five_minutes_opens_nothing(key, alice, clock):
    browser = typed_password(alice)
    options = browser.post(ASK).json()
    clock.advance(minutes=5)

    refused(answered(browser, key.sign(options)), "That took more than five minutes. Begin again.")
    assert browser.get("/cart/").status_code == 302


def test_a_question_for_a_new_key_is_none_for_a_signature(key, alices):
    options = alices.post(BEGIN).json()

    refused(answered(alices, key.sign(options)), "This question was answered already. Begin again.")


@pytest.mark.parametrize(
    "cheat",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://localhost:9000"},
        {"site": "evil.example"},
        {"verifies": False},
    ],
)
def test_keys_for_other_sites_and_locked_ones_neither_enrol_nor_open(alices, alice, key, cheat):
    enrol(alices, SoftKey(**cheat))
    assert Passkey.objects.count() == 1
    for name, value in cheat.items():
        setattr(key, name, value)
    browser = typed_password(alice)

    refused(answered(browser, key.sign(browser.post(ASK).json())), passkeys.UNUSABLE)
    assert Passkey.objects.get().signatures == 0


def test_another_users_key_opens_nothing_and_cannot_be_enrolled_twice(key, alice, charlie):
    charlies = log_in(Client(**AT_LOCALHOST), charlie.user)
    enrol(charlies, key)
    assert Passkey.objects.get().user == alice.user
    own = SoftKey()
    enrol(charlies, own)

    browser = typed_password(charlie)
    refused(answered(browser, key.sign(browser.post(ASK).json())), "This passkey opens another log-in, or none.")
    assert browser.get("/cart/").status_code == 302


def test_a_signature_by_another_key_under_this_ones_name_opens_nothing(key, alice):
    forged = SoftKey(credential_id=key.credential_id, signatures=40)
    browser = typed_password(alice)

    refused(answered(browser, forged.sign(browser.post(ASK).json())), passkeys.UNUSABLE)
    assert Passkey.objects.get().signatures == 0
    assert not AuditEntry.objects.filter(action="second_factor.copied").exists()
    told = AuditEntry.objects.get(action="proof.failed")
    assert (told.subject, told.details) == (f"accounts.user:{alice.user_id}", {"shown": "passkey"})


@pytest.mark.parametrize("behind", [0, 3])
def test_a_copied_key_opens_nothing_and_its_owner_is_told(key, alice, behind):
    key.signatures = 7
    browser = typed_password(alice)
    answered(browser, key.sign(browser.post(ASK).json()))
    key.signatures -= behind + 1
    thief = typed_password(alice)

    told = answered(thief, key.sign(thief.post(ASK).json()))

    refused(told, "This passkey seems to have been copied, so it opens nothing. Use another way.")
    assert thief.get("/cart/").status_code == 302
    assert Passkey.objects.get().signatures == 8
    assert AuditEntry.objects.get(action="second_factor.copied").details == {"counted": 8, "said": 8 - behind}
    events.deliver_all()
    assert "a copy of it" in mail.outbox[-1].body


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature"])
def test_no_bent_answer_is_taken_nor_breaks_anything(key, alice, part):
    browser = typed_password(alice)
    for bent in ("", "AAAA", "\x00", None, {}):
        answer = json.loads(key.sign(browser.post(ASK).json()))
        answer["response"][part] = bent
        assert answered(browser, json.dumps(answer)).status_code == 422
    assert browser.get("/cart/").status_code == 302


@pytest.mark.parametrize("bent", ["", "[]", "{", "[" * 20_000, '{"id": 7}', '{"id": "é"}', '{"id": "A"}'])
def test_what_is_no_answer_names_no_key(bent):
    try:
        named = passkeys.hash_in(passkeys.answer_in(bent))
    except errors.PasskeyRefused:
        return
    assert named == ""


@pytest.mark.parametrize("part", ["clientDataJSON", "attestationObject"])
def test_no_bent_key_is_enrolled_nor_breaks_anything(alices, part):
    for bent in ("", "AAAA", "oA", "\x00", None):
        answer = json.loads(SoftKey().make(alices.post(BEGIN).json()))
        answer["response"][part] = bent
        assert alices.post(ADD, {"answer": json.dumps(answer)})["Location"] == PAGE
    assert not Passkey.objects.exists()


def test_nobody_is_asked_who_typed_no_password(key):
    stranger = Client(**AT_LOCALHOST)

    refused(stranger.post(ASK), "Nobody waits for a passkey here. Log in again.")
    refused(answered(stranger, "{}"), "Nobody waits for a passkey here. Log in again.")


def test_adding_and_removing_ask_who_it_is_first(key, alice, clock):
    browser = typed_password(alice)
    answered(browser, key.sign(browser.post(ASK).json()))
    clock.advance(minutes=15)

    for address in (BEGIN, ADD, f"{PAGE}passkeys/{Passkey.objects.get().pk}/remove/"):
        assert browser.post(address)["Location"].startswith("/account/confirm/")
    assert Passkey.objects.count() == 1
    assert CHALLENGE not in browser.session


def test_a_key_is_removed_by_its_owner_alone_and_with_the_last_factor_go_the_codes(key, alices, charlie):
    door = f"{PAGE}passkeys/{Passkey.objects.get().pk}/remove/"
    log_in(Client(**AT_LOCALHOST), charlie.user).post(door)
    assert Passkey.objects.count() == 1

    alices.post(door)

    assert not Passkey.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert AuditEntry.objects.get(action="second_factor.removed").details == {"kind": "passkey"}


def test_beside_the_name_people_are_told_where_their_keys_answer(key, alice):
    browser = log_in(Client(), alice.user)

    page = browser.get(PAGE, HTTP_HOST="127.0.0.1:8000").content.decode()

    assert 'href="http://localhost:8000/account/second-factor/"' in page
    assert "data-passkey" not in page


@pytest.mark.parametrize(
    ("url", "name", "origin"),
    [
        ("http://127.0.0.1:8000", "localhost", "http://localhost:8000"),
        ("http://[::1]:8080", "localhost", "http://localhost:8080"),
        ("http://localhost:8000", "localhost", "http://localhost:8000"),
        ("https://leads.example.com", "leads.example.com", "https://leads.example.com"),
        ("https://leads.example.com:443", "leads.example.com", "https://leads.example.com"),
        ("https://Leads.Example.com:8443", "leads.example.com", "https://leads.example.com:8443"),
    ],
)
def test_keys_are_made_for_the_name_of_the_site(settings, url, name, origin):
    settings.SITE_URL = url

    assert passkeys.site() == passkeys.Site(name=name, origin=origin)


def test_a_site_that_is_reached_by_a_number_makes_no_keys(settings, alices):
    settings.SITE_URL = "http://192.0.2.7:8000"

    assert passkeys.site() is None
    assert "passkeys ask for a name" in alices.get(PAGE).content.decode()
    refused(alices.post(BEGIN), "This site is reached by a number, and passkeys ask for a name.")


def test_a_program_is_told_what_to_bring_where_a_key_is_all_there_is(key, alice, alices):
    told = {"email": alice.user.email, "password": PASSWORD}
    problem = assert_problem(new_client().post("/api/v1/auth/token/", told, "json"), 401, "otp_required")
    assert "recovery code" in problem["detail"]
    assert "/account/keys/" in problem["detail"]
    assert not ApiSession.objects.exists()

    code = alices.post(f"{PAGE}codes/").content.decode().split("<code>")[1][:11]
    assert new_client().post("/api/v1/auth/token/", {**told, "otp": code}, "json").status_code == 200


def test_a_program_steps_up_by_a_recovery_code_where_a_key_is_all_there_is(key, alice, alices):
    code = alices.post(f"{PAGE}codes/").content.decode().split("<code>")[1][:11]

    told = client_of(alice).post("/api/v1/auth/step-up/", {"otp": code}, "json")

    assert told.json()["expires_in_seconds"] == 900


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_answers_to_one_question_at_once_one_is_taken(alice):
    browser = log_in(Client(**AT_LOCALHOST), alice.user)
    silent = SoftKey(counts=False)
    enrol(browser, silent)
    copies = [Client(**AT_LOCALHOST) for _ in range(4)]
    together = Barrier(len(copies))

    def send(one: Client, answer: str) -> int:
        one.cookies = browser.cookies
        try:
            together.wait()
            return answered(one, answer).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=len(copies)) as threads:
        for _ in range(at_length(short=3, soak=200)):
            told = threads.map(send, copies, [silent.sign(browser.post(ASK).json())] * len(copies))
            assert sorted(told) == [200, 422, 422, 422]


def test_an_app_beside_a_key_still_opens(key, alice):
    enrolled(alice.user)

    page = typed_password(alice).get(f"{PAGE}check/").content.decode()

    assert "Use your passkey, or type the six digits" in page
