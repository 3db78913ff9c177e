"""Proving once more who one is: what opens by it, for how long, and what guessing brings."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail, signing
from django.db import IntegrityError, connection, connections
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import path
from rest_framework.request import Request

from accounts import errors, guessing, services, step_up
from accounts.models import Guesses, Membership, StepUpCode, User
from aiqleads import urls
from aiqleads.core import events
from aiqleads.core.models import AuditEntry
from aiqleads.core.postgres import violated_constraint
from tests.api.conftest import client_of
from tests.api.problems import assert_problem

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
CONFIRM = "/account/confirm/?next=/sensitive/"
STEP_UP = "/api/v1/auth/step-up/"


@step_up.required
def sensitive(request):
    return HttpResponse("open")


class Addresses:
    urlpatterns = [*urls.urlpatterns, path("sensitive/", sensitive), path("sensitive/deeper/", sensitive)]
    handler400, handler500 = urls.handler400, urls.handler500


@pytest.fixture
def alices(alice: Membership, settings) -> Client:
    settings.ROOT_URLCONF = Addresses
    client = Client()
    client.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def newest_code() -> str:
    """The digits of the last letter."""
    events.deliver_all()
    return re.search(r"^\d{6}$", mail.outbox[-1].body, re.MULTILINE).group()


def confirm(client: Client, address: str = CONFIRM) -> HttpResponse:
    client.post(address, {"password": PASSWORD})
    return client.post(address.replace("confirm/", "confirm/code/"), {"code": newest_code()})


def test_what_is_sensitive_opens_to_password_and_code_and_nothing_less(alices):
    asked = alices.get("/sensitive/")
    assert asked["Location"] == "/account/confirm/?next=%2Fsensitive%2F"
    assert "alice@example.com" in alices.get(asked["Location"]).content.decode()

    first = alices.post(CONFIRM, {"password": PASSWORD})
    assert first["Location"] == "/account/confirm/code/?next=%2Fsensitive%2F"
    assert alices.get("/sensitive/").status_code == 302  # the password alone is not enough

    second = alices.post(first["Location"], {"code": newest_code()})
    assert second["Location"] == "/sensitive/"
    assert alices.get("/sensitive/").content == b"open"
    assert AuditEntry.objects.filter(action="user.stepped_up").count() == 1


def test_it_ends_after_a_quarter_of_an_hour(alices, clock):
    confirm(alices)
    clock.advance(minutes=14, seconds=50)
    assert alices.get("/sensitive/").status_code == 200

    clock.advance(seconds=11)

    assert alices.get("/sensitive/").status_code == 302


def test_a_code_without_the_password_before_it_opens_nothing(alices, alice):
    services.ask_for_code(user=alice.user)

    answer = alices.post("/account/confirm/code/", {"code": newest_code()})

    assert answer["Location"].startswith("/account/confirm/?")
    assert alices.get("/sensitive/").status_code == 302
    assert StepUpCode.objects.get().used_at is None


def test_a_wrong_password_sends_nothing(alices):
    answer = alices.post(CONFIRM, {"password": "wrong"})

    assert (answer.status_code, "not your password" in answer.content.decode()) == (422, True)
    assert not StepUpCode.objects.exists()


def test_a_code_is_used_once(alices, alice):
    confirm(alices)
    digits = re.search(r"^\d{6}$", mail.outbox[-1].body, re.MULTILINE).group()

    with pytest.raises(errors.WrongCode):
        services.require_code(user=alice.user, typed=digits)


def test_a_code_dies_after_ten_minutes(alice, clock):
    services.ask_for_code(user=alice.user)
    digits = newest_code()
    clock.advance(minutes=10, seconds=1)

    with pytest.raises(errors.WrongCode):
        services.require_code(user=alice.user, typed=digits)
    assert StepUpCode.objects.get().used_at is None


def test_another_users_code_is_worth_nothing(alice, charlie):
    services.ask_for_code(user=charlie.user)
    charlies = newest_code()
    services.ask_for_code(user=alice.user)
    newest_code()

    with pytest.raises(errors.WrongCode):
        services.require_code(user=alice.user, typed=charlies)


def test_a_code_that_was_tried_five_times_is_dead_even_for_the_right_digits(alice, clock):
    services.ask_for_code(user=alice.user)
    digits = newest_code()
    wrong = f"{(int(digits) + 1) % 10**6:06d}"
    for _ in range(5):
        with pytest.raises(errors.WrongCode):
            services.require_code(user=alice.user, typed=wrong)

    with pytest.raises(errors.TooManyGuesses) as refused:
        services.require_code(user=alice.user, typed=digits)
    assert refused.value.facts == {"retry_after_seconds": 30}
    clock.advance(seconds=31)
    with pytest.raises(errors.WrongCode):
        services.require_code(user=alice.user, typed=digits)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_many_guesses_at_once_five_are_looked_at(alice):
    services.ask_for_code(user=alice.user)
    newest_code()

    def guess(number: int) -> type[Exception]:
        try:
            services.require_code(user=alice.user, typed=f"x{number}")
        except (errors.WrongCode, errors.TooManyGuesses) as refusal:
            return type(refusal)
        finally:
            connections.close_all()
        raise AssertionError

    with ThreadPoolExecutor(10) as threads:
        outcomes = list(threads.map(guess, range(50)))

    assert outcomes.count(errors.WrongCode) == 5
    assert StepUpCode.objects.get().wrong_tries == 5
    assert Guesses.objects.get().wrong == 5


def test_a_right_password_does_not_forgive_wrong_codes(alice):
    services.ask_for_code(user=alice.user)
    for _ in range(4):
        with pytest.raises(errors.WrongCode):
            services.require_code(user=alice.user, typed="000000x")

    services.require_password(user=alice.user, password=PASSWORD)

    assert Guesses.objects.get().wrong == 4


def test_waits_double_up_to_an_hour():
    waits = [guessing.wait_after(wrong).total_seconds() for wrong in (4, 5, 6, 11, 12, 400)]

    assert waits == [0, 30, 60, 1920, 3600, 3600]


def test_letters_are_limited_and_the_last_one_counts(alice, clock):
    services.ask_for_code(user=alice.user)
    first = newest_code()
    with pytest.raises(errors.CodesTooOften):
        services.ask_for_code(user=alice.user)
    for _ in range(5):
        clock.advance(seconds=31)
        services.ask_for_code(user=alice.user)
    last = newest_code()
    clock.advance(seconds=31)

    with pytest.raises(errors.CodesTooOften):
        services.ask_for_code(user=alice.user)

    if first != last:
        with pytest.raises(errors.WrongCode):
            services.require_code(user=alice.user, typed=first)
    services.require_code(user=alice.user, typed=last)


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_to_another_site_afterwards(alices, elsewhere):
    answer = confirm(alices, f"/account/confirm/?next={elsewhere}")

    assert answer["Location"] == "/account/"


def test_what_was_posted_is_not_posted_again_and_the_form_comes_back(alices):
    answer = alices.post("/sensitive/deeper/", {"all": "gone"}, HTTP_REFERER="http://testserver/sensitive/?page=2")
    foreign = alices.post("/sensitive/deeper/", HTTP_REFERER="http://evil.example/sensitive/")

    assert answer["Location"] == "/account/confirm/?next=%2Fsensitive%2F%3Fpage%3D2"
    assert foreign["Location"] == "/account/confirm/?next=%2Fsensitive%2Fdeeper%2F"


def test_htmx_is_sent_to_the_page_that_asks(alices):
    answer = alices.post("/sensitive/", HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL="http://testserver/sensitive/")

    assert answer["HX-Redirect"] == "/account/confirm/?next=%2Fsensitive%2F"


def test_the_public_logs_in_first(client, settings):
    settings.ROOT_URLCONF = Addresses

    assert client.get("/sensitive/")["Location"] == "/account/login/?next=/sensitive/"


def test_a_session_of_somebody_else_or_of_an_old_password_is_not_fresh(rf: RequestFactory, alice, charlie):
    request = rf.get("/")
    request.user, request.session = alice.user, {step_up.SESSION_KEY: step_up.note_for(charlie.user)}
    assert not step_up.is_fresh(request)

    request.session = {step_up.SESSION_KEY: step_up.note_for(alice.user)}
    assert step_up.is_fresh(request)
    alice.user.set_password("another harbour lamp")
    assert not step_up.is_fresh(request)


def test_a_program_gets_a_token_for_password_and_code(alice):
    api = client_of(alice)
    sent = api.post(STEP_UP, {"password": PASSWORD}, "json")
    assert sent.status_code == 202

    given = api.post(STEP_UP, {"password": PASSWORD, "code": newest_code()}, "json")

    assert given.json()["expires_in_seconds"] == 900
    assert step_up.is_fresh(asking(alice.user, given.json()["step_up"]))


def test_a_program_that_guesses_is_told_to_wait(alice):
    Guesses.objects.create(user=alice.user, wrong=7, last_wrong_at="2999-01-01T00:00:00Z")

    answer = client_of(alice).post(STEP_UP, {"password": PASSWORD}, "json")

    assert_problem(answer, 429, "too_many_guesses")
    assert int(answer["Retry-After"]) > 100


def asking(user: User, token: str, kind: str = "token"):
    """A request of a program."""
    request = Request(RequestFactory().get("/", HTTP_X_STEP_UP=token))
    request.user = user
    request.auth = type("Credential", (), {"kind": kind})()
    return request


def test_tokens_of_others_forged_ones_old_ones_and_keys_are_not_fresh(alice, charlie, clock):
    token = step_up.token_for(alice.user)
    assert step_up.is_fresh(asking(alice.user, token))

    assert not step_up.is_fresh(asking(charlie.user, token))
    assert not step_up.is_fresh(asking(alice.user, token, kind="key"))
    assert not step_up.is_fresh(asking(alice.user, token[:-1] + ("A" if token[-1] != "A" else "B")))
    assert not step_up.is_fresh(asking(alice.user, signing.dumps(step_up.note_for(alice.user), salt="another")))
    assert not step_up.is_fresh(asking(alice.user, ""))
    clock.advance(minutes=15)
    assert not step_up.is_fresh(asking(alice.user, token))


def test_the_permission_says_how(alice):
    with pytest.raises(step_up.StepUpNeeded) as refused:
        step_up.StepUpRequired().has_permission(asking(alice.user, ""), None)

    assert (refused.value.status, refused.value.facts) == (403, {"how": ["code"]})


@pytest.mark.parametrize(
    ("guard", "statement"),
    [
        ("step_up_code_used_once", "UPDATE accounts_stepupcode SET used_at = NULL"),
        ("step_up_code_tried_five_times", "UPDATE accounts_stepupcode SET wrong_tries = 6 WHERE used_at IS NULL"),
    ],
)
def test_the_database_refuses_codes_used_twice_and_endless_tries(alice, guard, statement):
    used = "2026-01-01T00:00:00Z" if guard == "step_up_code_used_once" else None
    StepUpCode.objects.create(user=alice.user, used_at=used)

    with pytest.raises(IntegrityError) as refused, connection.cursor() as cursor:
        cursor.execute(statement)

    assert violated_constraint(refused.value) == guard
