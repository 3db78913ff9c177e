"""Second factors: getting them, logging in by them, and what guessing and repeating bring."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.core import mail
from django.db import IntegrityError, connection, connections
from django.test import Client
from django.urls import reverse

from accounts import errors, one_time, services, step_up
from accounts.models import (
    ApiSession,
    Authenticator,
    Guesses,
    Membership,
    Passkey,
    RecoveryCode,
    RecoveryCodes,
    User,
)
from aiqleads.core import clock as database_clock
from aiqleads.core import events
from aiqleads.core.models import AuditEntry
from aiqleads.core.postgres import violated_constraint
from tests.api.conftest import client_of, new_client
from tests.api.problems import assert_problem
from tests.conftest import SEED, enrolled, log_in
from tests.marketplace.guards import again

pytestmark = pytest.mark.django_db

LOG_IN = "/account/login/"
CHECK = "/account/second-factor/check/"
APP = "/account/second-factor/app/"
PASSWORD = "correct horse battery"
NEW_ID = "1000000"


def shown(seed: str = SEED, *, steps: int = 0) -> str:
    """What an app with this seed shows now, or ``steps`` half minutes from now."""
    return one_time.digits_at(seed, database_clock.now() + steps * one_time.STEP)


def wrong(seed: str = SEED) -> str:
    """Six digits that no app with this seed shows around now."""
    right = {shown(seed, steps=steps) for steps in (-2, -1, 0, 1, 2)}
    return next(digits for number in range(10) if (digits := str(number) * 6) not in right)


@pytest.fixture
def enrolled_alice(alice: Membership) -> Membership:
    enrolled(alice.user)
    return alice


@pytest.fixture
def alices(alice: Membership) -> Client:
    return log_in(Client(), alice.user)


@pytest.fixture
def anonymous(db: None):
    return new_client()


def type_password(client: Client, member: Membership, address: str = LOG_IN):
    return client.post(address, {"login": member.user.email, "password": PASSWORD})


def test_digits_are_those_of_the_standard():
    """The last six of the eight digits in the appendix of RFC 6238, for its seed of SHA-1."""
    seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    known = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}

    assert {second: one_time.digits_at(seed, datetime.fromtimestamp(second, tz=UTC)) for second in known} == known


def test_an_app_is_enrolled_by_its_first_digits_and_codes_are_shown_once(alices, alice):
    page = alices.get(APP).content.decode()
    seed = Authenticator.objects.get(confirmed=False).seed
    assert one_time.in_groups(seed) in page
    assert "<svg" in page
    assert "style=" not in page

    told = alices.post(APP, {"otp": shown(seed)}).content.decode()

    codes = re.findall(r"<code>(\w{5}-\w{5})</code>", told)
    assert len(set(codes)) == 10
    assert Authenticator.objects.get().confirmed
    assert not any(code in alices.get("/account/second-factor/").content.decode() for code in codes)
    assert RecoveryCode.objects.count() == 10
    assert AuditEntry.objects.filter(action="second_factor.added").get().actor_id == alice.user_id
    events.deliver_all()
    assert "second factor was added" in mail.outbox[-1].body


def test_wrong_digits_enrol_nothing_and_the_picture_stays(alices):
    alices.get(APP)
    seed = Authenticator.objects.get().seed

    answer = alices.post(APP, {"otp": wrong(seed)})

    assert answer.status_code == 401
    assert one_time.in_groups(seed) in answer.content.decode()
    assert not Authenticator.objects.get().confirmed
    assert not RecoveryCodes.objects.exists()


def test_enrolling_asks_who_it_is_first(client, alice):
    client.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")

    for method in (client.get, client.post):
        assert method(APP)["Location"].startswith("/account/confirm/")
    assert not Authenticator.objects.exists()


def test_seeds_are_encrypted_and_codes_are_hashes(alices):
    alices.get(APP)
    seed = Authenticator.objects.get().seed
    codes = re.findall(r"<code>(\w{5}-\w{5})", alices.post(APP, {"otp": shown(seed)}).content.decode())

    with connection.cursor() as cursor:
        cursor.execute("SELECT seed FROM accounts_authenticator")
        assert seed.encode() not in bytes(cursor.fetchone()[0])
        cursor.execute("SELECT string_agg(code_hash, ' ') FROM accounts_recoverycode")
        kept = cursor.fetchone()[0]
    assert not any(one_time.as_typed(code) in kept for code in codes)


def test_a_log_in_with_a_second_factor_takes_two_steps(client, enrolled_alice):
    first = type_password(client, enrolled_alice, f"{LOG_IN}?next=/cart/")
    assert first["Location"] == CHECK
    assert client.get("/cart/").status_code == 302  # not in yet
    assert "six digits" in client.get(CHECK).content.decode()

    second = client.post(CHECK, {"otp": shown()})

    assert second["Location"] in {"/cart/", "/leads/"}
    assert client.get("/cart/").status_code == 200
    assert client.session["otp_device_id"].startswith("accounts.authenticator/")
    assert step_up.SESSION_KEY in client.session  # fresh for what is sensitive


def test_without_one_the_password_is_enough(client, alice):
    assert type_password(client, alice)["Location"] == "/leads/"


def test_the_second_step_alone_leads_to_the_first(client, enrolled_alice):
    assert client.post(CHECK, {"otp": shown()})["Location"] == LOG_IN
    assert "_auth_user_id" not in client.session


def test_digits_are_taken_once(client, enrolled_alice):
    digits = shown()
    type_password(client, enrolled_alice)
    assert client.post(CHECK, {"otp": digits}).status_code == 302

    other = Client()
    type_password(other, enrolled_alice)
    answer = other.post(CHECK, {"otp": digits})

    assert (answer.status_code, "was used" in answer.content.decode()) == (401, True)
    assert "_auth_user_id" not in other.session


def test_digits_of_before_those_that_were_taken_are_refused(enrolled_alice):
    user = enrolled_alice.user
    before, now = shown(steps=-1), shown()
    services.require_otp(user=user, typed=now)

    with pytest.raises(errors.WrongOtp):
        services.require_otp(user=user, typed=before)


@pytest.mark.parametrize(("steps", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_half_a_minute_of_difference_is_forgiven(enrolled_alice, steps, is_taken):
    digits = shown(steps=steps)
    try:
        services.require_otp(user=enrolled_alice.user, typed=f" {digits[:3]} {digits[3:]} ")
        was_taken = True
    except errors.WrongOtp:
        was_taken = False

    assert was_taken is is_taken


def test_a_recovery_code_opens_once(client, enrolled_alice):
    code = services.give_recovery_codes(user=enrolled_alice.user)[3]
    type_password(client, enrolled_alice)
    assert client.post(CHECK, {"otp": code.lower().replace("-", " ")}).status_code == 302
    assert client.get("/cart/").status_code == 200

    other = Client()
    type_password(other, enrolled_alice)
    assert other.post(CHECK, {"otp": code}).status_code == 401
    assert RecoveryCode.objects.filter(used_at=None).count() == 9


def test_new_codes_close_the_old_ones(alices, enrolled_alice):
    old = services.give_recovery_codes(user=enrolled_alice.user)
    page = alices.post("/account/second-factor/codes/").content.decode()
    new = re.findall(r"<code>(\w{5}-\w{5})", page)

    with pytest.raises(errors.WrongOtp):
        services.require_otp(user=enrolled_alice.user, typed=old[0])
    services.require_otp(user=enrolled_alice.user, typed=new[0])


def test_wrong_digits_wait_and_leave_the_recovery_codes_alone(enrolled_alice, clock):
    user = enrolled_alice.user
    code = services.give_recovery_codes(user=user)[0]
    for _ in range(5):
        with pytest.raises(errors.WrongOtp):
            services.require_otp(user=user, typed=wrong())

    with pytest.raises(errors.TooManyGuesses) as refused:
        services.require_otp(user=user, typed=shown())
    assert refused.value.facts == {"retry_after_seconds": 30}
    assert "30 seconds" in refused.value.detail
    assert (Authenticator.objects.get().wrong, RecoveryCodes.objects.get().wrong) == (5, 0)

    clock.advance(seconds=31)
    assert services.require_otp(user=user, typed=code) == RecoveryCodes.objects.get()
    assert Guesses.objects.get().wrong == 0
    with pytest.raises(errors.WrongOtp):  # a wait of the app's own, which is over
        services.require_otp(user=user, typed=wrong())
    with pytest.raises(errors.TooManyGuesses) as refused:
        services.require_otp(user=user, typed=shown())
    assert refused.value.facts == {"retry_after_seconds": 60}


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_fifty_guesses_at_once_five_are_looked_at_and_of_equal_digits_one_passes(alice, charlie):
    enrolled(alice.user)
    enrolled(charlie.user)
    no, right = wrong(), shown()

    def attempt(user: User, typed: str) -> str:
        try:
            services.require_otp(user=user, typed=typed)
        except (errors.WrongOtp, errors.TooManyGuesses) as refusal:
            return refusal.code
        finally:
            connections.close_all()
        return "in"

    with ThreadPoolExecutor(10) as threads:
        guesses = list(threads.map(lambda _: attempt(alice.user, no), range(50)))
        replays = list(threads.map(lambda _: attempt(charlie.user, right), range(5)))

    assert (guesses.count("otp_wrong"), guesses.count("too_many_guesses")) == (5, 45)
    assert (replays.count("in"), replays.count("otp_wrong")) == (1, 4)


def test_another_users_digits_and_codes_are_worth_nothing(enrolled_alice, charlie):
    Authenticator.objects.create(user=charlie.user, seed=one_time.new_seed(), name="Another")
    code = services.give_recovery_codes(user=charlie.user)[0]

    for typed in (shown(Authenticator.objects.get(user=charlie.user).seed), code):
        if typed != shown():
            with pytest.raises(errors.WrongOtp):
                services.require_otp(user=enrolled_alice.user, typed=typed)
    assert RecoveryCode.objects.filter(used_at=None).count() == 10


def test_a_session_that_names_anothers_device_is_not_verified(client, olga, charlie):
    client.force_login(olga, backend="django.contrib.auth.backends.ModelBackend")
    enrolled(olga)
    session = client.session
    session["otp_device_id"] = enrolled(charlie.user).persistent_id
    session.save()

    assert client.get("/admin/")["Location"] == f"{CHECK}?next=/admin/"


def test_an_operator_without_a_second_factor_gets_one_before_anything_else(client, olga):
    client.force_login(olga, backend="django.contrib.auth.backends.ModelBackend")

    for address in ("/admin/", "/admin/accounts/user/", "/admin/jsi18n/", "/admin/nothing/"):
        assert client.get(address)["Location"] == f"{APP}?next={address}"
        assert client.post(address)["Location"] == f"{APP}?next={address}"


def test_an_operators_log_in_ends_on_their_screens(client, olga):
    enrolled(olga)
    asked = client.get("/admin/")
    assert asked.status_code == 302
    door = (
        client.get(asked["Location"])["Location"]
        if asked["Location"].startswith("/admin/login")
        else asked["Location"]
    )
    assert door == "/account/login/?next=/admin/"

    client.post(door, {"login": olga.email, "password": PASSWORD, "next": "/admin/"})
    answer = client.post(CHECK, {"otp": shown()})

    assert answer["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_a_log_in_by_password_alone_is_led_to_the_step_that_was_left_out(client, olga):
    enrolled(olga)
    client.force_login(olga, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/admin/")["Location"] == f"{CHECK}?next=/admin/"

    answer = client.post(CHECK, {"otp": shown(), "next": "/admin/"})

    assert answer["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_whoever_has_a_second_factor_shows_it_for_what_is_sensitive(enrolled_alice):
    client = Client()
    client.force_login(enrolled_alice.user, backend="django.contrib.auth.backends.ModelBackend")

    asked = client.post("/account/second-factor/app/remove/")
    assert client.get(asked["Location"])["Location"].startswith(f"{CHECK}?next=")
    assert Authenticator.objects.exists()

    client.post(CHECK, {"otp": shown()})
    client.post("/account/second-factor/app/remove/")
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_nobody_is_sent_to_another_site_by_the_second_step(enrolled_alice, elsewhere):
    client = Client()
    client.force_login(enrolled_alice.user, backend="django.contrib.auth.backends.ModelBackend")

    assert client.post(f"{CHECK}?next={elsewhere}", {"otp": shown()})["Location"] == "/account/second-factor/"


def test_with_the_last_factor_the_recovery_codes_go(alices, enrolled_alice):
    services.give_recovery_codes(user=enrolled_alice.user)

    alices.post("/account/second-factor/app/remove/")

    assert not RecoveryCodes.objects.exists()
    events.deliver_all()
    assert "was removed" in mail.outbox[-1].body


def test_an_operator_resets_what_somebody_lost(client, olga, enrolled_alice):
    services.give_recovery_codes(user=enrolled_alice.user)
    door = reverse("admin:accounts_user_reset_second_factors", args=[enrolled_alice.user_id])

    log_in(client, olga).post(door, {"reason": "Known by voice", "step": "confirm"})

    assert not Authenticator.objects.filter(user=enrolled_alice.user).exists()
    assert not RecoveryCodes.objects.exists()
    assert AuditEntry.objects.get(action="second_factor.reset").details == {"reason": "Known by voice"}


def test_nobody_resets_their_own_and_no_operator_anothers(olga, alice):
    other = User.objects.create_user("otto@example.com", is_staff=True)
    for user_id, actor_id in ((olga.pk, olga.pk), (olga.pk, other.pk)):
        with pytest.raises(errors.NotForOperators):
            services.reset_second_factors(user_id=user_id, reason="Lost", actor_id=actor_id)


def test_a_program_steps_up_by_digits(enrolled_alice):
    api = client_of(enrolled_alice)
    assert_problem(api.post("/api/v1/auth/step-up/", {"password": PASSWORD}, "json"), 400, "invalid")
    assert_problem(api.post("/api/v1/auth/step-up/", {"otp": wrong()}, "json"), 401, "otp_wrong")

    assert api.post("/api/v1/auth/step-up/", {"otp": shown()}, "json").json()["expires_in_seconds"] == 900


@pytest.mark.parametrize(
    ("guard", "statement"),
    [
        ("digits_taken_once", "UPDATE accounts_authenticator SET last_used_at = core_now()"),
        ("one_authenticator_each", again("accounts_authenticator", id=NEW_ID)),
        ("recovery_code_used_once", "UPDATE accounts_recoverycode SET used_at = NULL WHERE used_at IS NOT NULL"),
        ("recovery_code_once", again("accounts_recoverycode", id=NEW_ID)),
        ("one_sheet_of_codes_each", again("accounts_recoverycodes", id=NEW_ID)),
        ("passkey_counts_on", "UPDATE accounts_passkey SET last_used_at = core_now()"),
    ],
)
def test_the_database_refuses_what_is_shown_twice(enrolled_alice, guard, statement):
    user = enrolled_alice.user
    services.require_otp(user=user, typed=services.give_recovery_codes(user=user)[0])
    services.require_otp(user=user, typed=shown())
    Passkey.objects.create(
        user=user, name="Key", credential_id=b"1", credential_hash="1", public_key=b"1", signatures=7
    )

    with pytest.raises(IntegrityError) as refused, connection.cursor() as cursor:
        cursor.execute(statement)

    assert violated_constraint(refused.value) == guard


def test_a_program_logs_in_with_what_the_second_factor_shows(enrolled_alice, anonymous):
    told = {"email": enrolled_alice.user.email, "password": PASSWORD}
    token = "/api/v1/auth/token/"

    assert_problem(anonymous.post(token, told, "json"), 401, "otp_required")
    assert_problem(anonymous.post(token, {**told, "otp": wrong()}, "json"), 401, "otp_wrong")
    assert not ApiSession.objects.exists()
    digits = shown()
    assert anonymous.post(token, {**told, "otp": digits}, "json").status_code == 200
    assert_problem(anonymous.post(token, {**told, "otp": digits}, "json"), 401, "otp_wrong")
    code = services.give_recovery_codes(user=enrolled_alice.user)[0]
    assert anonymous.post(token, {**told, "otp": code}, "json").status_code == 200
    assert ApiSession.objects.count() == 2


def test_a_wrong_password_does_not_tell_that_there_is_a_second_factor(enrolled_alice, anonymous):
    told = {"email": enrolled_alice.user.email, "password": "wrong", "otp": shown()}

    refused = anonymous.post("/api/v1/auth/token/", told, "json")
    unknown = anonymous.post("/api/v1/auth/token/", {**told, "email": "nobody@example.com"}, "json")

    assert (refused.status_code, refused.json()) == (unknown.status_code, unknown.json())
    assert Authenticator.objects.get().last_step == 0
