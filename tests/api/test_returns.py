"""Returns over the API: asked for with words or files, looked at, appealed."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from billing import selectors as billing
from marketplace import services
from marketplace.models import Return, ReturnEvidence
from tests.api.problems import assert_problem
from tests.marketplace.returned import at_an_address, buy, record_elsewhere


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def bought(lead, alice):
    return buy(at_an_address(lead), alice)


def address(purchase, more="") -> str:
    return f"/api/v1/purchases/{purchase.pk}/return/{more}"


def test_a_return_waits_is_refused_and_appealed(alice_api, bought, olga):
    assert_problem(alice_api.get(address(bought)), 404, "not_found")

    asked = alice_api.post(
        address(bought), {"reason": "wrong_number", "evidence": "A pizza parlour."}, format="json"
    )

    assert asked.status_code == 201, asked.content
    body = asked.json()
    assert (body["reason"], body["state"], body["credited_credits"]) == ("wrong_number", "requested", 0)
    services.decide_return(return_id=body["id"], is_accepted=False, says="It rang.", actor_id=olga.pk)
    refused = alice_api.get(address(bought)).json()
    assert (refused["state"], refused["decision"], refused["may_be_appealed"]) == ("refused", "It rang.", True)
    appealed = alice_api.post(address(bought, "appeal/"), {"evidence": "At a pizza parlour."}, format="json")
    assert (appealed.status_code, appealed.json()["state"]) == (200, "appealed")
    again = alice_api.post(address(bought, "appeal/"), {"evidence": "Again"}, format="json")
    assert_problem(again, 422, "return_not_appealable")


def test_what_is_proved_is_credited_in_the_answer(alice_api, alice, bought):
    record_elsewhere(bought.lead, status="active")

    body = alice_api.post(address(bought), {"reason": "already_listed"}, format="json").json()

    assert (body["state"], body["credited_credits"], body["person_because"]) == ("accepted", 10, "")
    assert billing.balance_credits(alice.organisation_id) == 10
    purchase = alice_api.get(f"/api/v1/purchases/{bought.pk}/").json()
    assert (purchase["state"], purchase["returned"]) == ("returned", body)
    assert {told["is_allowed"] for told in purchase["passport"]["channels"].values()} == {False}
    assert_problem(alice_api.get(f"/api/v1/leads/{bought.lead_id}/contact/"), 403, "not_bought")
    [entry, *_] = alice_api.get("/api/v1/credits/entries/").json()["results"]
    assert entry["amount_credits"] == 10


def test_a_form_brings_files(alice_api, bought):
    said = {"reason": "wrong_number", "evidence": SimpleUploadedFile("note.txt", b"No such number.")}

    asked = alice_api.post(address(bought), said, format="multipart")

    assert asked.status_code == 201, asked.content
    assert ReturnEvidence.objects.get().media_type == "text/plain"


def test_a_file_that_is_none_of_it_is_refused(alice_api, bought):
    said = {"reason": "wrong_number", "evidence": SimpleUploadedFile("a.exe", b"MZ\0\1")}

    body = assert_problem(alice_api.post(address(bought), said, format="multipart"), 400, "invalid")

    assert list(body["errors"]) == ["evidence"]
    assert not Return.objects.exists()


def test_a_form_too_large_is_not_read(alice_api, bought):
    said = {"reason": "wrong_number", "evidence": SimpleUploadedFile("a.txt", b"x" * 21_000_000)}

    assert_problem(alice_api.post(address(bought), said, format="multipart"), 413, "payload_too_large")


def test_a_reason_that_makes_no_sense_returns_nothing(alice_api, bought):
    for said in (
        {},
        {"reason": "erased"},
        {"reason": "shown_active"},
        {"reason": None},
        {"reason": ["wrong_number"]},
        {"reason": "wrong_number", "evidence": "a\0b"},
        {"reason": "wrong_number", "evidence": "x" * 2_001},
        {"reason": "wrong_number", "evidence": {"a": 1}},
    ):
        assert_problem(alice_api.post(address(bought), said, format="json"), 400, "invalid")
    assert not Return.objects.exists()


def test_refusals_say_why(api, bob, charlie, bought, clock):
    reason = {"reason": "wrong_number"}
    assert_problem(api(bob).post(address(bought), reason, format="json"), 403, "not_your_role")
    assert_problem(api(charlie).post(address(bought), reason, format="json"), 404, "not_found")
    clock.advance(days=15)
    assert_problem(api(bought.membership).post(address(bought), reason, format="json"), 422, "return_window_over")
    assert not Return.objects.exists()


def test_a_purchase_is_asked_back_once(alice_api, bought):
    alice_api.post(address(bought), {"reason": "wrong_number"}, format="json")

    again = alice_api.post(address(bought), {"reason": "out_of_area"}, format="json")

    assert_problem(again, 422, "returned_before")
    assert Return.objects.get().reason == "wrong_number"
