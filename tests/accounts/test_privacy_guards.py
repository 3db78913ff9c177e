"""Every guard of privacy requests: refused in its name, and through once it is gone."""

from typing import Final

import pytest
from django.db import connection

from accounts.models import IdentityCode, IdentityDocument, PrivacyRequest, ReportedBuyer
from aiqleads.core import clock
from tests.accounts.privacy_requests import asked
from tests.marketplace.guards import again, refused_by, take_away, undone

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]

SET = "UPDATE accounts_privacyrequest SET {} WHERE reference = '{}'"
CODE: Final = (
    "INSERT INTO accounts_identitycode (id, request_id, channel, address_hash, code_hash, asked_at, wrong_tries)"
)
BREAK_INS: Final[dict[str, str]] = {
    "privacy_request_kind_known": again(
        "accounts_privacyrequest", "reference = 'NEW'", reference="'X'", said_hash="'x'", kind="'guess'"
    ),
    "privacy_refusal_says_why": SET.format("state = 'refused'", "WAITS"),
    "privacy_request_open_once": again("accounts_privacyrequest", "reference = 'NEW'", reference="'X'"),
    "privacy_request_begins_received": again(
        "accounts_privacyrequest", "reference = 'NEW'", reference="'X'", said_hash="'x'", state="'acknowledged'"
    ),
    "privacy_request_written_once": SET.format("kind = 'erase'", "NEW"),
    "privacy_steps_in_order": SET.format("state = 'in_progress'", "NEW"),
    "identity_is_proven": SET.format("proven_by = 'code'", "WAITS"),
    "identity_is_proven_once": SET.format(
        "proven_by = 'operator', decided_by_id = (SELECT max(id) FROM accounts_user)", "PROVEN"
    ),
    "verified_by_somebody": SET.format("state = 'verified'", "WAITS"),
    "privacy_extension_allowed": SET.format("extended_at = now(), extended_because = 'Many'", "OPT-OUT"),
    "privacy_extended_once": SET.format("extended_at = now() + interval '1 day'", "EXTENDED"),
    "privacy_request_is_kept": "DELETE FROM accounts_privacystep WHERE false; "
    "DELETE FROM accounts_privacyrequest WHERE reference = 'BARE'",
    "privacy_steps_stay": "UPDATE accounts_privacystep SET step = 'completed'",
    "no_document_after_the_decision": "INSERT INTO accounts_identitydocument "
    "SELECT gen_random_uuid(), 'text/plain', '', 1, core_now(), id "
    "FROM accounts_privacyrequest WHERE reference = 'PROVEN'",
    "three_codes_a_day": f"{CODE} SELECT gen_random_uuid(), id, 'email', '', '', core_now(), 0 "
    "FROM accounts_privacyrequest, generate_series(1, 4) WHERE reference = 'NEW'",
    "identity_code_written_once": "UPDATE accounts_identitycode SET channel = 'sms'",
    "identity_code_is_good": "UPDATE accounts_identitycode SET used_at = now() WHERE used_at IS NULL",
    "identity_code_five_tries": "UPDATE accounts_identitycode SET wrong_tries = 6",
    "buyer_reported_once": again("accounts_reportedbuyer"),
    "reported_buyer_is_told_why": "UPDATE accounts_reportedbuyer SET outcome = 'warned' WHERE outcome = 'waiting'",
    "report_decided_once": "UPDATE accounts_reportedbuyer SET outcome = 'warned' WHERE outcome = 'dismissed'",
}


def move(request: PrivacyRequest, *states: str) -> PrivacyRequest:
    for state in states:
        PrivacyRequest.objects.filter(pk=request.pk).update(state=state)
    return request


@pytest.fixture
def scene(alice, charlie, olga):
    asked(reference="NEW")
    move(asked(reference="WAITS"), "acknowledged", "awaiting_identity")
    asked(reference="OPT-OUT", kind="opt_out")
    extended = asked(reference="EXTENDED")
    PrivacyRequest.objects.filter(pk=extended.pk).update(extended_at=clock.Now(), extended_because="Many adverts")
    proven = move(asked(reference="PROVEN"), "acknowledged", "awaiting_identity")
    code = IdentityCode.objects.create(request=proven, channel="email", address_hash="1:0")
    IdentityCode.objects.filter(pk=code.pk).update(sent_at=clock.now())
    IdentityCode.objects.filter(pk=code.pk).update(used_at=clock.now())
    IdentityCode.objects.create(request=PrivacyRequest.objects.get(reference="WAITS"), channel="email")
    PrivacyRequest.objects.filter(pk=proven.pk).update(proven_by="code")
    report = asked(reference="REPORT", kind="report_harassment")
    lead_id, at = report.pk, clock.now()
    ReportedBuyer.objects.create(request=report, organisation=alice.organisation, lead_id=lead_id, bought_at=at)
    decided = {"outcome": "dismissed", "because": "No.", "decided_by": olga, "decided_at": at}
    ReportedBuyer.objects.create(
        request=report, organisation=charlie.organisation, lead_id=lead_id, bought_at=at, **decided
    )
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE accounts_privacyrequest DISABLE TRIGGER privacy_step_note")
        asked(reference="BARE")
        cursor.execute("ALTER TABLE accounts_privacyrequest ENABLE TRIGGER privacy_step_note")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_each_guard_keeps_out_what_it_names_and_nothing_else_does(scene, subtests):
    for guard, statement in BREAK_INS.items():
        with subtests.test(guard), undone():
            assert refused_by(statement) == guard
            take_away(guard)
            assert refused_by(statement) == ""


def test_every_step_is_on_the_timeline():
    request = move(asked(kind="opt_out"), "acknowledged", "in_progress", "completed")

    steps = list(request.steps.order_by("id").values_list("step", flat=True))
    request.refresh_from_db()
    assert steps == ["received", "acknowledged", "in_progress", "completed"]
    assert request.kept_until == request.closed_at.replace(year=request.closed_at.year + 5)


def test_without_its_trigger_the_timeline_is_empty():
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER privacy_step_note ON accounts_privacyrequest")

    assert not move(asked(), "acknowledged").steps.exists()


def test_papers_are_gone_with_the_decision(olga):
    request = move(asked(), "acknowledged", "awaiting_identity")
    IdentityDocument.objects.create(request=request, media_type="text/plain", body="eA==", size_bytes=1)

    PrivacyRequest.objects.filter(pk=request.pk).update(proven_by="operator", decided_by=olga)

    assert not IdentityDocument.objects.exists()


def test_a_request_expires_only_after_its_time(clock):
    request = move(asked(), "acknowledged", "awaiting_identity")
    expire = SET.format("state = 'expired'", request.reference)
    assert refused_by(expire) == "privacy_steps_in_order"

    clock.advance(days=46)

    assert refused_by(expire) == ""


def test_a_request_is_deleted_after_five_years(clock):
    request = move(asked(kind="opt_out"), "acknowledged", "withdrawn")
    clock.advance(days=5 * 366)

    request.delete()

    assert not PrivacyRequest.objects.exists()


def test_an_extension_gives_45_days_more():
    request = asked(kind="erase")
    due = request.complete_by

    PrivacyRequest.objects.filter(pk=request.pk).update(extended_at=clock.Now(), extended_because="Many adverts")
    request.refresh_from_db()

    assert (request.complete_by - due).days == 45
    assert [step.step for step in request.steps.order_by("id")] == ["received", "extended"]
