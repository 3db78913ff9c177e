"""Giving a purchase back on the pages, without scripts: promise, form, answer, appeal."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from billing import selectors as billing
from marketplace import services
from marketplace.models import Return, ReturnEvidence
from tests.marketplace.returned import at_an_address, buy, record_elsewhere

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def bought(lead, alice):
    return buy(at_an_address(lead), alice)


def address(purchase, page="give_back") -> str:
    return reverse(f"marketplace:{page}", args=[purchase.pk])


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_what_is_promised_stands_on_the_lead_and_in_the_cart(client, alices, lead, alice):
    services.hold_lead(lead_id=lead.pk, buyer=alice)

    for page in (client.get(f"/leads/{lead.pk}/"), alices.get("/cart/")):
        assert "Returns: within 14 days" in text_of(page)
        assert "every return beyond 4 of your last 20 purchases within 90 days" in text_of(page)


def test_a_return_waits_and_says_so(alices, bought):
    assert f'href="{address(bought)}"' in text_of(alices.get(f"/purchases/{bought.pk}/"))
    assert "Only operators read it." in text_of(alices.get(address(bought)))
    proof = SimpleUploadedFile("note.txt", b"Rang twice: no such number.")

    sent = alices.post(
        address(bought),
        {"reason": "wrong_number", "explanation": "A pizza parlour.", "exhibits": proof},
        follow=True,
    )

    assert sent.redirect_chain == [(f"/purchases/{bought.pk}/", 302)]
    assert "Waits for a decision" in text_of(sent)
    assert "A person looks at it" in text_of(sent)
    assert "Give it back" not in text_of(sent)
    assert ReturnEvidence.objects.get().of_return == Return.objects.get()
    assert "Return waits for a decision" in text_of(alices.get("/purchases/"))


def test_what_is_proved_is_credited_at_once(alices, alice, bought):
    record_elsewhere(bought.lead, status="active")

    page = text_of(alices.post(address(bought), {"reason": "already_listed"}, follow=True))

    assert "the credits are back in your balance" in page
    assert "Its listing service shows the home with an agent." in page
    assert "its contact is closed to you" in page
    assert bought.lead.address_line not in page
    assert bought.lead.address_line not in text_of(alices.get("/purchases/"))
    assert "<dt>Credited" in page
    assert billing.balance_credits(alice.organisation_id) == 10


def test_a_refusal_is_told_and_can_be_appealed(alices, alice, bought, olga):
    alices.post(address(bought), {"reason": "wrong_number"})
    services.decide_return(return_id=Return.objects.get().pk, is_accepted=False, says="It rang.", actor_id=olga.pk)
    page = text_of(alices.get(f"/purchases/{bought.pk}/"))
    assert "It rang." in page
    assert f'href="{address(bought, "appeal")}"' in page
    assert "Your return was refused: It rang." in text_of(alices.get(address(bought, "appeal")))

    appealed = alices.post(address(bought, "appeal"), {"explanation": "At a pizza parlour."}, follow=True)

    assert "We have your appeal." in text_of(appealed)
    assert alices.post(address(bought, "appeal"), {"explanation": "Again"}).status_code == 422
    assert Return.objects.get().appeal == "At a pizza parlour."


def test_what_nobody_asked_to_return_is_not_appealed(alices, bought):
    for answer in (
        alices.get(address(bought, "appeal")),
        alices.post(address(bought, "appeal"), {"explanation": "x"}),
    ):
        assert answer.status_code == 404
        assert "Nobody asked to return this purchase." in text_of(answer)


def test_a_form_that_makes_no_sense_returns_nothing(alices, bought):
    refusals = [
        ({}, "Say what is wrong."),
        ({"reason": "erased"}, "Select a valid choice."),
        ({"reason": "wrong_number", "explanation": "x" * 2_001}, "at most 2000 characters"),
        ({"reason": "wrong_number", "explanation": "\0"}, "Null characters are not allowed."),
    ]
    for said, told in refusals:
        answer = alices.post(address(bought), said)

        assert answer.status_code == 400
        assert told in text_of(answer)
    assert not Return.objects.exists()


def test_a_file_that_is_no_evidence_is_named(alices, bought):
    answer = alices.post(
        address(bought), {"reason": "wrong_number", "exhibits": SimpleUploadedFile("a.exe", b"MZ\0\1")}
    )

    assert answer.status_code == 400
    assert "this file is none of them" in text_of(answer)
    assert not Return.objects.exists()


def test_after_the_window_the_form_says_so(alices, bought, clock):
    clock.advance(days=15)

    assert "It could be given back until" in text_of(alices.get(f"/purchases/{bought.pk}/"))
    refused = alices.post(address(bought), {"reason": "wrong_number"})
    assert refused.status_code == 422
    assert "The time to return this purchase is over." in text_of(refused)


def test_readers_and_strangers_return_nothing(bobs, charlies, bought, alice, bob):
    services.share_purchase(purchase_id=bought.pk, to=bob, by=alice)

    assert "Give it back" not in text_of(bobs.get(f"/purchases/{bought.pk}/"))
    assert "Ask an agent of" in text_of(bobs.get(address(bought)))
    assert bobs.post(address(bought), {"reason": "wrong_number"}).status_code == 403
    assert charlies.get(address(bought)).status_code == 404
    assert charlies.post(address(bought), {"reason": "wrong_number"}).status_code == 404
    assert charlies.post(address(bought, "appeal"), {"explanation": "x"}).status_code == 404
    assert not Return.objects.exists()


def test_a_lead_that_came_back_says_so_before_it_is_sold_again(client, alices, charlies, bought, olga):
    alices.post(address(bought), {"reason": "out_of_area"})
    services.decide_return(return_id=Return.objects.get().pk, is_accepted=True, says="So it is.", actor_id=olga.pk)

    assert "Delivered once before" in text_of(client.get("/leads/"))
    assert "Delivered once before and given back" in text_of(client.get(f"/leads/{bought.lead_id}/"))
    assert client.get(f"/api/v1/leads/{bought.lead_id}/").json()["returned_copies"] == 1
    assert "Hold for" in text_of(charlies.get(f"/leads/{bought.lead_id}/"))
    theirs = text_of(alices.get(f"/leads/{bought.lead_id}/"))
    assert "You gave it back" in theirs
    assert "Hold for" not in theirs


def test_who_has_a_copy_of_a_shared_lead_is_not_offered_another(alices, charlies, make_lead, alice):
    shared = make_lead(copies=3)
    buy(shared, alice)
    hold = f'action="/leads/{shared.pk}/hold/"'

    assert "See contact" in text_of(alices.get(f"/leads/{shared.pk}/"))
    assert hold not in text_of(alices.get(f"/leads/{shared.pk}/"))
    assert hold in text_of(charlies.get(f"/leads/{shared.pk}/"))
