"""What became of bought leads: by page, API and letter; every word is kept, the newest counts."""

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from aiqleads.core import events
from aiqleads.core.models import OutboxEvent
from aiqleads.core.postgres import violated_constraint
from leads.models import Outcome
from marketplace import errors, services
from marketplace.models import Notification
from marketplace.return_rules import Reason
from marketplace.tasks import ask_for_outcomes
from tests.api.conftest import client_of
from tests.api.problems import assert_problem
from tests.marketplace.returned import buy

pytestmark = pytest.mark.django_db


@pytest.fixture
def bought(lead, alice):
    return buy(lead, alice)


def statuses() -> list[str]:
    return list(Outcome.objects.order_by("marked_at", "pk").values_list("status", flat=True))


def give_back(bought, olga) -> None:
    asked = services.request_return(purchase_id=bought.pk, buyer=bought.membership, reason=Reason.OUT_OF_AREA)
    services.decide_return(return_id=asked.pk, is_accepted=True, says="So it is.", actor_id=olga.pk)


def test_a_page_marks_and_keeps_every_word(alices, bobs, bought):
    for status in ("contacted", "appointment", "appointment", "lost"):
        assert alices.post(f"/purchases/{bought.pk}/outcome/", {"status": status}).status_code == 302
    bobs.post(f"/purchases/{bought.pk}/outcome/", {"status": "listed"})

    assert statuses() == ["contacted", "appointment", "lost"]
    page = alices.get(f"/purchases/{bought.pk}/").content.decode()
    assert "Lost, by alice@example.com" in page
    assert 'value="lost" aria-pressed="true"' in page
    assert '<span class="chip good">Lost</span>' in alices.get("/purchases/").content.decode()
    told = OutboxEvent.objects.filter(name="lead.outcome_marked").order_by("id").values_list("payload", flat=True)
    assert [payload["status"] for payload in told] == ["contacted", "appointment", "lost"]


def test_a_page_refuses_what_is_no_outcome(alices, bought):
    for status in ("", "sold", "\0", "x" * 9_000):
        assert alices.post(f"/purchases/{bought.pk}/outcome/", {"status": status}).status_code == 404
    assert statuses() == []


def test_programs_mark_too(alice, bob, charlie, bought, olga):
    address = f"/api/v1/purchases/{bought.pk}/outcome/"
    marked = client_of(alice).post(address, {"status": "appointment"}, format="json")

    assert (marked.status_code, marked.json()["status"]) == (201, "appointment")
    assert client_of(alice).get(f"/api/v1/purchases/{bought.pk}/").json()["outcome"] == "appointment"
    assert_problem(client_of(bob).get(address), 404, "not_found")
    services.share_purchase(purchase_id=bought.pk, to=bob, by=alice)
    assert client_of(bob).get(address).json() == [marked.json()]
    assert_problem(client_of(alice).post(address, {"status": "sold"}, format="json"), 400, "invalid")
    assert_problem(client_of(bob).post(address, {"status": "lost"}, format="json"), 403, "not_your_role")
    assert_problem(client_of(charlie).post(address, {"status": "lost"}, format="json"), 404, "not_found")
    give_back(bought, olga)
    assert_problem(client_of(alice).post(address, {"status": "lost"}, format="json"), 422, "given_back")
    assert statuses() == ["appointment"]


def link_of_the_letter() -> str:
    events.deliver_all()
    return next(word for word in mail.outbox[-1].body.split() if "/outcomes/" in word)


def test_a_letter_asks_after_a_week_once(bought, clock):
    ask_for_outcomes()
    clock.advance(days=7, hours=1)
    for _ in range(2):
        ask_for_outcomes()
    events.deliver_all()

    [letter] = mail.outbox
    assert letter.subject.startswith("What became of this lead: For sale by owner in Austin")
    assert Notification.objects.get().kind == "outcome_asked"


def test_nobody_is_asked_about_what_is_marked_returned_or_long_ago(make_lead, alice, olga, clock):
    buy(make_lead(), alice)
    clock.advance(days=30)
    marked, returned = (buy(make_lead(), alice) for _ in range(2))
    services.mark_outcome(purchase_id=marked.pk, buyer=alice, status=Outcome.Status.LOST)
    give_back(returned, olga)
    clock.advance(days=8)

    ask_for_outcomes()

    assert not Notification.objects.filter(kind="outcome_asked").exists()


def test_looking_at_a_letters_link_marks_nothing_and_a_button_does(client, bought, clock):
    clock.advance(days=8)
    ask_for_outcomes()
    link = link_of_the_letter()

    shown = client.get(link)
    assert shown.status_code == 200
    assert bought.lead.address_line not in shown.content.decode()
    assert statuses() == []
    answer = client.post(link, {"status": "listed"})

    assert "Marked: listed with me." in answer.content.decode()
    assert Outcome.objects.get().via == "email"
    assert client.post(link, {"status": "nonsense"}).status_code == 400


def test_a_link_that_is_not_whole_or_whose_member_left_marks_nothing(client, bought):
    token = services.outcome_token(bought)

    assert client.post(f"/outcomes/{token[:-1]}/", {"status": "lost"}).status_code == 404
    User.objects.update(is_active=False)
    assert client.post(f"/outcomes/{token}/", {"status": "lost"}).status_code == 404
    assert statuses() == []


def test_a_returned_lead_has_no_outcome(client, alice, bought, olga):
    give_back(bought, olga)

    with pytest.raises(errors.GivenBack):
        services.mark_outcome(purchase_id=bought.pk, buyer=alice, status=Outcome.Status.LOST)
    assert client.post(f"/outcomes/{services.outcome_token(bought)}/", {"status": "lost"}).status_code == 422
    assert statuses() == []


def mark_past_the_service(bought, member) -> None:
    Outcome.objects.create(lead=bought.lead, sale_id=bought.pk, status="lost", via="page", marked_by=member.user)


def test_no_stranger_marks_past_the_service(bought, alice, charlie, bob):
    for member in (charlie, bob):
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            Outcome.objects.create(
                lead=bought.lead, sale_id=bought.pk, status="lost", via="page", marked_by=member.user
            )
        assert violated_constraint(refusal.value) == "outcome_of_a_sale"

    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER outcome_of_a_sale ON leads_outcome")
    mark_past_the_service(bought, charlie)
    assert statuses() == ["lost"]


def test_what_was_marked_stays(bought, alice):
    services.mark_outcome(purchase_id=bought.pk, buyer=alice, status=Outcome.Status.LOST)

    with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
        Outcome.objects.update(status="listed")
