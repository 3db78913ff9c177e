"""What operators do about privacy requests: see what runs out, look, refuse, extend, decide about buyers."""

import re

import pytest
from django.core import mail
from django.db import connection
from django.test import Client

from accounts.models import PrivacyRequest, ReportedBuyer, Suppression, User
from accounts.privacy import due
from accounts.privacy.errors import RequestMoved
from accounts.privacy.tasks import look_after_requests
from accounts.services import privacy, privacy_outcomes, reports
from aiqleads.core import alerts, events
from aiqleads.core.models import AuditEntry
from tests.accounts.privacy_requests import CASEY, asked
from tests.accounts.test_privacy_guards import move
from tests.accounts.test_privacy_pages import client, holder, link, mailbox  # noqa: F401  (fixtures)
from tests.conftest import log_in
from tests.security.conftest import visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(olga) -> Client:
    return log_in(visitor(), olga)


@pytest.fixture
def report(client, holder) -> PrivacyRequest:  # noqa: F811
    link(client, kind="report_harassment", channel="call", when="At night", details="Calls me at 11 in the evening")
    events.deliver_all()
    mail.outbox.clear()
    return PrivacyRequest.objects.get()


def screen(request: PrivacyRequest, door: str = "change") -> str:
    return f"/admin/accounts/privacyrequest/{request.pk}/{door}/"


def test_an_alert_opens_before_a_request_runs_out_and_closes_with_it(clock):
    request = move(asked(kind="know"), "acknowledged")
    clock.advance(days=41, hours=23)
    assert list(due.findings()) == []

    clock.advance(hours=2)
    [finding] = due.findings()
    assert re.fullmatch(rf"Privacy request {request.reference} \(.+\) has to be answered by .+ UTC\.", finding.says)
    clock.advance(days=4)
    assert " is late since " in next(iter(due.findings())).says
    alerts.check_all()
    PrivacyRequest.objects.filter(pk=request.pk).update(state="refused", refusal="unclear")

    alerts.check_all()
    assert not alerts.open_alerts().filter(key__startswith=due.AREA).exists()


def test_what_nobody_confirmed_is_told_after_a_week(clock):
    asked(kind="know")
    clock.advance(days=6, hours=23)
    assert list(due.findings()) == []

    clock.advance(hours=2)

    assert len(list(due.findings())) == 1


def test_an_opt_out_is_told_two_business_days_before(clock):
    move(asked(kind="opt_out"), "acknowledged")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT accounts_before_business_days(complete_by, 2) - core_now() FROM accounts_privacyrequest"
        )
        ahead = cursor.fetchone()[0].total_seconds()

    clock.advance(seconds=ahead - 60)
    assert due.running_out() == []
    clock.advance(seconds=120)
    assert len(due.running_out()) == 1


def test_the_queue_tells_the_most_urgent_first_and_no_value(operator, clock):
    late, early = asked(kind="erase"), asked(kind="opt_out")

    page = operator.get("/admin/accounts/privacyrequest/").content.decode()

    assert page.index(early.reference) < page.index(late.reference)
    assert CASEY not in page
    assert "In time" in page


def test_values_are_shown_after_a_step_up_and_each_look_is_audited(operator, olga):
    request = asked()
    assert CASEY not in operator.get(screen(request)).content.decode()

    seen = operator.get(screen(request, "look"))

    assert CASEY in seen.content.decode()
    entry = AuditEntry.objects.get(action="privacy_request.seen")
    assert (entry.actor_id, entry.subject) == (olga.pk, f"accounts.privacyrequest:{request.pk}")


def test_nobody_looks_without_a_step_up(operator, clock):
    request = asked()
    clock.advance(minutes=16)

    answer = operator.get(screen(request, "look"))

    assert answer.status_code == 302
    assert not AuditEntry.objects.filter(action="privacy_request.seen").exists()


def test_two_operators_at_once_decide_once(olga):
    request = move(asked(kind="know"), "acknowledged", "awaiting_identity")
    privacy.refuse_request(request_id=request.pk, refusal="identity", actor_id=olga.pk)

    with pytest.raises(RequestMoved):
        privacy.verify_by_operator(request_id=request.pk, how="document", actor_id=olga.pk)
    with pytest.raises(RequestMoved):
        privacy.extend_request(request_id=request.pk, because="Many", actor_id=olga.pk)
    with pytest.raises(RequestMoved):
        privacy.refuse_request(request_id=request.pk, refusal="law", actor_id=olga.pk)

    request.refresh_from_db()
    assert (request.state, request.refusal, request.extended_at) == ("refused", "identity", None)


def test_more_time_is_taken_once_and_the_person_is_told_why(olga, mailbox):  # noqa: F811
    request = move(asked(kind="know"), "acknowledged", "awaiting_identity")

    privacy.extend_request(request_id=request.pk, because="Many adverts", actor_id=olga.pk)
    events.deliver_all()

    assert "Many adverts" in mail.outbox[-1].body
    with pytest.raises(RequestMoved):
        privacy.extend_request(request_id=request.pk, because="More", actor_id=olga.pk)
    opt_out = asked(kind="opt_out")
    with pytest.raises(RequestMoved):
        privacy.extend_request(request_id=opt_out.pk, because="More", actor_id=olga.pk)


def test_a_reported_buyer_is_named_to_nobody_who_did_not_prove_who_they_are(client, report, alice):  # noqa: F811
    reported = ReportedBuyer.objects.get()
    assert (reported.organisation_id, reported.outcome) == (alice.organisation_id, "waiting")
    assert report.state == "in_progress"


def test_a_suspended_buyer_is_out_and_hears_the_decision_not_the_words(report, alice, bob, olga):
    reports.decide_report(
        reported_id=ReportedBuyer.objects.get().pk, outcome="suspended", because="Calls at night", actor_id=olga.pk
    )
    events.deliver_all()

    assert not User.objects.filter(membership__organisation=alice.organisation, is_active=True).exists()
    assert [(row.scope, row.why) for row in Suppression.objects.all()] == [("contact", "asked_not_to")]
    [letter] = mail.outbox
    assert letter.to == [alice.user.email]
    assert "Calls at night" in letter.body
    for secret in ("11 in the evening", "Casey", CASEY):
        assert secret not in letter.body
    assert AuditEntry.objects.filter(action="buyer_report.suspended", actor_id=olga.pk).exists()


def test_a_dismissed_report_leaves_the_buyer_in_and_is_audited_too(report, alice, olga):
    reported = ReportedBuyer.objects.get()
    reports.decide_report(
        reported_id=reported.pk, outcome="dismissed", because="No call was made", actor_id=olga.pk
    )

    with pytest.raises(RequestMoved):
        reports.decide_report(reported_id=reported.pk, outcome="suspended", because="After all", actor_id=olga.pk)

    assert User.objects.get(pk=alice.user_id).is_active
    assert AuditEntry.objects.filter(action="buyer_report.dismissed").count() == 1
    privacy_outcomes.complete_report(request_id=report.pk, actor_id=olga.pk)
    events.deliver_all()
    assert PrivacyRequest.objects.get().state == "completed"


def test_a_report_is_not_complete_before_everything_is_decided(report, olga):
    with pytest.raises(RequestMoved):
        privacy_outcomes.complete_report(request_id=report.pk, actor_id=olga.pk)

    assert PrivacyRequest.objects.get().state == "in_progress"


def test_the_sweep_writes_late_letters_and_closes_what_ran_out(holder, mailbox, clock):  # noqa: F811
    waiting = move(asked(kind="know"), "acknowledged", "awaiting_identity")
    clock.advance(days=46)
    unconfirmed = asked(kind="know")
    clock.advance(hours=2)

    look_after_requests()
    events.deliver_all()

    states = {one.pk: one.state for one in PrivacyRequest.objects.all()}
    assert states == {waiting.pk: "expired", unconfirmed.pk: "awaiting_identity"}
    assert sorted("ran out" in letter.subject for letter in mail.outbox) == [False, True]
