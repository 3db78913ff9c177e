"""Log-ins of programs: tokens that end, that are traded once, and that nobody can make but us."""

import base64
import json
from datetime import timedelta
from uuid import uuid4

import jwt
import pytest
from django.conf import settings
from django.core import mail

from accounts import services, tokens
from accounts.models import ApiSession
from aiqleads.core import clock as database_clock
from aiqleads.core import events
from aiqleads.core.models import AuditEntry
from tests.api.conftest import PASSWORD, new_client
from tests.api.problems import assert_problem


@pytest.fixture
def pair(alice):
    return services.open_session(user=alice.user, client="Pocket agent/1.0")


def me(access):
    return new_client().get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {access}")


def refresh(token):
    return new_client().post("/api/v1/auth/token/refresh/", {"refresh": token}, format="json")


def test_a_log_in_opens_doors_until_it_is_ended(anonymous, alice):
    asked = {"email": "alice@example.com", "password": PASSWORD}
    pair = anonymous.post("/api/v1/auth/token/", asked, format="json", HTTP_USER_AGENT="Pocket agent/1.0").json()
    assert me(pair["access"]).json()["email"] == "alice@example.com"
    assert ApiSession.objects.get().client == "Pocket agent/1.0"

    ended = anonymous.post("/api/v1/auth/token/revoke/", {"refresh": pair["refresh"]}, format="json")

    assert ended.status_code == 204
    assert_problem(me(pair["access"]), 401, "token_not_valid")
    assert_problem(refresh(pair["refresh"]), 401, "token_not_valid")
    actions = AuditEntry.objects.filter(action__startswith="api_session").order_by("at")
    assert list(actions.values_list("action", "actor")) == [
        ("api_session.opened", alice.user_id),
        ("api_session.ended", alice.user_id),
    ]


def test_an_access_token_lives_a_quarter_of_an_hour_by_the_databases_clock(pair, clock):
    clock.advance(minutes=14, seconds=58)
    assert me(pair.access).status_code == 200
    clock.advance(seconds=2)

    assert "Refresh it" in assert_problem(me(pair.access), 401, "token_not_valid")["detail"]


def test_a_refresh_token_is_traded_for_a_new_pair(pair, clock):
    clock.advance(days=13)
    traded = refresh(pair.refresh)

    assert traded.status_code == 200
    assert traded.json()["refresh"] != pair.refresh
    assert me(traded.json()["access"]).status_code == 200


def test_a_refresh_token_runs_out_after_two_weeks(pair, clock):
    clock.advance(days=14)

    assert_problem(refresh(pair.refresh), 401, "token_not_valid")


def test_a_log_in_that_is_refreshed_for_ever_still_ends_after_ninety_days(pair, clock):
    token = pair.refresh
    for _ in range(7):
        clock.advance(days=12.9)
        answer = refresh(token)
        token = answer.json().get("refresh")

    assert_problem(answer, 401, "token_not_valid")


def test_a_used_refresh_token_ends_the_whole_log_in_and_tells_its_owner(pair, clock):
    newer = refresh(pair.refresh).json()
    clock.advance(seconds=11)

    assert_problem(refresh(pair.refresh), 401, "token_not_valid")
    events.deliver_all()

    assert_problem(refresh(newer["refresh"]), 401, "token_not_valid")
    assert_problem(me(newer["access"]), 401, "token_not_valid")
    assert ApiSession.objects.get().ending == "reused"
    [letter] = mail.outbox
    assert letter.to == ["alice@example.com"]
    assert "Pocket agent/1.0" in letter.body
    assert AuditEntry.objects.get(action="api_session.ended").details == {"ending": "reused"}


def test_an_answer_that_was_lost_is_given_again_for_ten_seconds(pair, clock):
    first = refresh(pair.refresh).json()
    clock.advance(seconds=9)
    again = refresh(pair.refresh).json()

    ids = {tokens.read(answer["refresh"], tokens.Purpose.REFRESH).id for answer in (first, again)}
    assert len(ids) == 1  # whoever got it second holds no log-in of their own
    assert refresh(again["refresh"]).status_code == 200


def test_a_token_two_trades_old_is_a_copy_at_once(pair):
    second = refresh(pair.refresh).json()
    refresh(second["refresh"])

    assert_problem(refresh(pair.refresh), 401, "token_not_valid")
    assert ApiSession.objects.get().ending == "reused"


def test_a_copy_ends_one_log_in_and_no_other(pair, alice, clock):
    other = services.open_session(user=alice.user)
    refresh(pair.refresh)
    clock.advance(seconds=11)
    refresh(pair.refresh)

    assert me(other.access).status_code == 200


@pytest.mark.parametrize("ending", ["password_changed", "suspended"])
def test_a_new_password_and_a_suspension_end_every_log_in(pair, alice, olga, charlie, ending):
    theirs = services.open_session(user=charlie.user)
    if ending == "suspended":
        services.suspend_user(user_id=alice.user_id, reason="A test.", actor_id=olga.pk)
    else:
        services.set_password(user_id=alice.user_id, password="another horse battery", actor_id=olga.pk)

    assert ApiSession.objects.get(user=alice.user).ending == ending
    assert_problem(me(pair.access), 401, "token_not_valid")
    assert_problem(refresh(pair.refresh), 401, "token_not_valid")
    assert me(theirs.access).status_code == 200


def test_a_reinstated_member_logs_in_anew(pair, alice, olga):
    services.suspend_user(user_id=alice.user_id, reason="A test.", actor_id=olga.pk)
    services.reinstate_user(user_id=alice.user_id, reason="A test.", actor_id=olga.pk)

    assert_problem(me(pair.access), 401, "token_not_valid")
    assert me(services.open_session(user=alice.user).access).status_code == 200


def forged(pair, **changed):
    """Alice's access token with other claims, signed by ``key`` with ``algorithm``."""
    claims = jwt.decode(pair.access, options={"verify_signature": False})
    key = changed.pop("key", None)
    algorithm = changed.pop("algorithm", "HS256")
    headers = {"kid": changed.pop("kid", "1")}
    told = {name: value for name, value in {**claims, **changed}.items() if value is not None}
    return jwt.encode(told, key, algorithm=algorithm, headers=headers)


def unsigned(pair):
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT", "kid": "1"}).encode()).decode()
    return f"{head.rstrip('=')}.{pair.access.split('.')[1]}."


def with_other_claims_under_the_same_signature(pair, charlie):
    head, _, signature = pair.access.split(".")
    theirs = services.open_session(user=charlie.user).access
    return f"{head}.{theirs.split('.')[1]}.{signature}"


TAMPERED = {
    "signed by nobody": lambda pair, key: unsigned(pair),
    "signed by another key": lambda pair, key: forged(pair, key="x" * 64),
    "signed by SECRET_KEY": lambda pair, key: forged(pair, key=settings.SECRET_KEY),
    "signed by another algorithm": lambda pair, key: forged(pair, key=key, algorithm="HS512"),
    "signed by a key that is not there": lambda pair, key: forged(pair, key=key, kid="7"),
    "naming no key": lambda pair, key: forged(pair, key=key, kid=""),
    "naming a file as key": lambda pair, key: forged(pair, key=key, kid="../../dev/null"),
    "by another issuer": lambda pair, key: forged(pair, key=key, iss="elsewhere"),
    "of no log-in": lambda pair, key: forged(pair, key=key, sid=str(uuid4())),
    "of a log-in that is no id": lambda pair, key: forged(pair, key=key, sid="' OR 1=1"),
    "without an end": lambda pair, key: forged(pair, key=key, exp=None),
    "with an end that is no number": lambda pair, key: forged(pair, key=key, exp=10**30),
    "for refreshing": lambda pair, key: pair.refresh,
    "for something else": lambda pair, key: forged(pair, key=key, typ="reset"),
    "cut short": lambda pair, key: pair.access[:-4],
    "empty": lambda pair, key: "",
    "with a header of brackets": lambda pair, key: base64.urlsafe_b64encode(b"[" * 1_400).decode(),
    "far too long": lambda pair, key: pair.access + "A" * 3_000,
    "not text": lambda pair, key: "\xff\xfe",
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_token_that_we_did_not_make_for_this_opens_nothing(pair, how):
    token = TAMPERED[how](pair, settings.TOKEN_KEYS[1])

    assert_problem(me(token), 401, "token_not_valid")
    assert ApiSession.objects.get().ended_at is None


def test_nobodys_claims_pass_under_anothers_signature(pair, charlie):
    assert_problem(me(with_other_claims_under_the_same_signature(pair, charlie)), 401, "token_not_valid")


def test_a_token_that_is_remembered_ends_with_its_key(pair, settings):
    assert me(pair.access).status_code == 200

    settings.TOKEN_KEYS = {1: "n" * 48}

    assert_problem(me(pair.access), 401, "token_not_valid")


def test_an_access_token_cannot_be_traded(pair):
    assert_problem(refresh(pair.access), 401, "token_not_valid")
    assert ApiSession.objects.get().ended_at is None


def test_tokens_of_the_key_before_hold_while_it_stays(pair, settings):
    settings.TOKEN_KEYS = {2: "n" * 48, **settings.TOKEN_KEYS}
    assert me(pair.access).status_code == 200
    newer = refresh(pair.refresh).json()
    assert jwt.get_unverified_header(newer["access"])["kid"] == "2"

    settings.TOKEN_KEYS = {2: "n" * 48}

    assert_problem(me(pair.access), 401, "token_not_valid")
    assert me(newer["access"]).status_code == 200


def test_a_refusal_says_how_to_prove_who_asks(pair):
    assert me("nonsense")["WWW-Authenticate"] == 'Bearer realm="api"'
    assert refresh("nonsense")["WWW-Authenticate"] == 'Bearer realm="api"'


def test_no_token_is_kept_anywhere(pair):
    kept = str(list(ApiSession.objects.values())) + str(list(AuditEntry.objects.values()))

    assert pair.access not in kept
    assert pair.refresh not in kept
    assert ApiSession.objects.get().expires_at > database_clock.now() + timedelta(days=13)
