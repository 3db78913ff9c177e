"""The same request twice is done once, whatever becomes of the first."""

import json
import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections, transaction
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.api_access import told
from aiqleads.core import events, idempotency
from aiqleads.core.models import StoredReply
from billing import selectors as billing
from leads.events import LeadErased
from marketplace.models import Purchase, SavedSearch, WatchedLead
from tests.api.conftest import client_of
from tests.api.problems import assert_problem
from tests.api.test_refusals import add, check_out
from tests.conftest import at_length, give_credits

SEARCH = {"name": "South Austin", "query": "city=Austin"}


def keep_search(client, key="k", **changed):
    return client.post("/api/v1/saved-searches/", {**SEARCH, **changed}, format="json", HTTP_IDEMPOTENCY_KEY=key)


def test_the_same_key_and_body_is_answered_again_and_done_once(alice_api):
    first, again = keep_search(alice_api), keep_search(alice_api)

    assert (first.status_code, again.status_code) == (201, 201), first.content
    assert first.content == again.content
    assert idempotency.REPLAYED not in first.headers
    assert again.headers[idempotency.REPLAYED] == "true"
    assert SavedSearch.objects.count() == 1


def test_a_body_whose_members_stand_in_another_order_is_the_same(alice_api):
    keep_search(alice_api)
    turned = dict(reversed(SEARCH.items()))
    again = alice_api.post("/api/v1/saved-searches/", turned, format="json", HTTP_IDEMPOTENCY_KEY="k")

    assert again.headers[idempotency.REPLAYED] == "true"


def test_a_body_that_is_written_otherwise_is_the_same(alice_api):
    keep_search(alice_api)
    written = '{ "query" : "city=Austin",\n\t"name": "South\\u0020Austin" }'
    sent = {"content_type": "application/json", "HTTP_IDEMPOTENCY_KEY": "k"}
    again = alice_api.generic("POST", "/api/v1/saved-searches/", written, **sent)

    assert again.headers[idempotency.REPLAYED] == "true"
    assert SavedSearch.objects.count() == 1


def test_an_answer_of_any_length_is_given_again(alice):
    asked = {"actor": f"member:{alice.pk}", "key": "k", "asked": "much"}
    long = idempotency.Reply(status=200, body=json.dumps(["x" * 1_000] * 3_000))
    idempotency.once(**asked, answer=lambda: long)
    again = idempotency.once(**asked, answer=lambda: long)

    assert (again.body, again.is_replayed) == (long.body, True)


def test_another_body_or_address_under_the_key_is_refused(alice_api, lead):
    keep_search(alice_api)

    assert_problem(keep_search(alice_api, name="Another", query="city=Dallas"), 422, "idempotency_key_reused")
    elsewhere = alice_api.post("/api/v1/watchlist/", SEARCH, format="json", HTTP_IDEMPOTENCY_KEY="k")
    assert_problem(elsewhere, 422, "idempotency_key_reused")
    assert SavedSearch.objects.get().name == "South Austin"
    assert not WatchedLead.objects.exists()


def test_anothers_key_is_another_key(alice_api, api, charlie):
    keep_search(alice_api)

    theirs = keep_search(api(charlie), name="Mine", query="city=Dallas")

    assert theirs.status_code == 201
    assert idempotency.REPLAYED not in theirs.headers
    assert SavedSearch.objects.count() == 2


def test_a_key_is_remembered_for_a_day(alice_api, clock):
    keep_search(alice_api)
    clock.advance(hours=23, minutes=59)
    assert idempotency.forget_old() == 0
    assert keep_search(alice_api).headers[idempotency.REPLAYED] == "true"
    clock.advance(minutes=2)

    assert idempotency.REPLAYED not in keep_search(alice_api, name="Tomorrow").headers
    clock.advance(days=1)
    assert idempotency.forget_old() == 1


def test_a_refusal_is_not_kept_so_the_same_key_buys_once_there_is_money(alice_api, alice, lead):
    add(alice_api, lead.pk)
    assert_problem(check_out(alice_api, "order"), 402, "insufficient_credits")
    assert not StoredReply.objects.exists()
    give_credits(alice, 25)

    bought = check_out(alice_api, "order")
    again = check_out(alice_api, "order")

    assert bought.status_code == 201
    assert again.json() == bought.json()
    assert again.headers[idempotency.REPLAYED] == "true"
    assert billing.balance_credits(alice.organisation_id) == 15


@pytest.mark.parametrize("key", ["", " ", "k" * 81, "k" * 50_000, "caf\u00e9"])
def test_a_key_that_cannot_be_kept_is_refused(alice_api, key):
    assert_problem(keep_search(alice_api, key=key), 400, "idempotency_key_required")
    assert not SavedSearch.objects.exists()


def test_what_was_answered_is_encrypted_and_goes_with_its_lead(alice_api, alice, lead):
    give_credits(alice, 25)
    add(alice_api, lead.pk)
    check_out(alice_api, "order")
    keep_search(alice_api)
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM core_storedreply")
        assert not any(str(lead.pk).encode() in bytes(body) for (body,) in cursor.fetchall())

    with transaction.atomic():
        events.publish(LeadErased(lead_id=lead.pk))
    events.deliver_all()

    assert ["Austin" in row.body for row in StoredReply.objects.all()] == [True]


def test_every_post_of_a_member_is_done_once(anonymous):
    schema = anonymous.get("/api/schema/", HTTP_ACCEPT="application/json").json()
    without = {
        address
        for address, on in schema["paths"].items()
        if "post" in on and "Idempotency-Key" not in {told["name"] for told in on["post"].get("parameters", [])}
    }

    assert without == {
        "/api/v1/auth/email/confirm/",  # a link works once
        "/api/v1/auth/password/reset/",
        "/api/v1/auth/password/reset/confirm/",
        "/api/v1/auth/register/",  # the e-mail address can be taken once
        "/api/v1/auth/step-up/",
        "/api/v1/auth/token/",
        "/api/v1/auth/token/refresh/",
        "/api/v1/auth/token/revoke/",
        "/api/v1/me/keys/",  # a key is told once
        "/api/v1/me/password/",
        "/api/v1/me/second-factors/app/",  # as are seeds and codes
        "/api/v1/me/second-factors/app/confirm/",
        "/api/v1/me/second-factors/codes/",
        "/api/v1/organisation/invitations/accept/",  # whoever belongs to an organisation opens and joins no other
        "/api/v1/organisation/open/",
        "/api/v1/proof/",  # it only looks
        "/api/v1/subscription/",  # the same wish leads to the same page, and a plan is cancelled or paused once
        "/api/v1/subscription/cancel/",
        "/api/v1/subscription/pause/",
        "/api/v1/subscription/resume/",
    }


def test_a_form_is_another_one_with_another_file():
    asked = {"reason": "duplicate", "evidence": ""}

    def sent(content):
        form = {**asked, "file": SimpleUploadedFile("bill.txt", content, "text/plain")}
        made = APIRequestFactory().post("/", form)
        return told(Request(made, parsers=[MultiPartParser()]).data)

    assert sent(b"one") == sent(b"one")
    assert sent(b"one") != sent(b"two")


NO_ROOM = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE 'no room' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER no_room BEFORE INSERT ON core_storedreply FOR EACH ROW EXECUTE FUNCTION no_room();
"""


class Crash(BaseException):
    """The process ends here: nothing above catches it."""


@pytest.mark.django_db(transaction=True)
class TestWithRealTransactions:
    def test_killed_half_way_nothing_is_left_and_the_key_can_be_tried_again(self, alice):
        def dies():
            SavedSearch.objects.create(membership=alice, name="Half", query="city=Austin")
            raise Crash

        with pytest.raises(Crash):
            idempotency.once(actor="member:1", key="k", asked="search", answer=dies)
        assert not SavedSearch.objects.exists()
        assert not StoredReply.objects.exists()

        assert keep_search(client_of(alice)).status_code == 201

    def test_what_was_done_is_undone_where_its_answer_cannot_be_kept(self, alice):
        client = client_of(alice)
        with connection.cursor() as cursor:
            cursor.execute(NO_ROOM)
        try:
            lost = keep_search(client)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DROP TRIGGER no_room ON core_storedreply; DROP FUNCTION no_room")

        assert lost.status_code == 503
        assert not SavedSearch.objects.exists()
        assert keep_search(client).status_code == 201
        assert SavedSearch.objects.count() == 1

    def test_while_the_first_runs_the_second_is_told_to_wait(self, alice):
        client, begun, may_end = client_of(alice), threading.Event(), threading.Event()
        asked = {"actor": f"member:{alice.pk}", "key": "k", "asked": "the same"}

        def slow():
            begun.set()
            may_end.wait(10)
            return idempotency.Reply(status=201, body="{}")

        def first():
            try:
                idempotency.once(**asked, answer=slow)
            finally:
                connections.close_all()

        thread = threading.Thread(target=first)
        thread.start()
        begun.wait(10)
        refused = assert_problem(keep_search(client), 409, "idempotency_key_in_use")
        assert keep_search(client, key="another").status_code == 201
        may_end.set()
        thread.join()

        assert refused["retry_after_seconds"] == 1
        assert idempotency.once(**asked, answer=slow).is_replayed

    @pytest.mark.race
    @pytest.mark.soak
    def test_many_at_once_hold_and_buy_once(self, alice, lead):
        give_credits(alice, 100)
        client = client_of(alice)
        add(client, lead.pk)
        token = client._credentials["HTTP_AUTHORIZATION"]
        crowd = at_length(short=10, soak=100)
        answers, together = [], threading.Barrier(crowd)

        def buy():
            try:
                together.wait(60)
                mine = client_of_token(token)
                answers.append(check_out(mine, "order"))
            finally:
                connections.close_all()

        threads = [threading.Thread(target=buy) for _ in range(crowd)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(answers) == crowd
        assert {answer.status_code for answer in answers} <= {201, 409}
        done = [answer for answer in answers if answer.status_code == 201]
        assert len({answer.content for answer in done}) == 1
        assert len([answer for answer in done if idempotency.REPLAYED not in answer.headers]) == 1
        assert Purchase.objects.count() == 1
        assert billing.balance_credits(alice.organisation_id) == 90


def client_of_token(token):
    from tests.api.conftest import new_client

    client = new_client()
    client.credentials(HTTP_AUTHORIZATION=token)
    return client
