"""Plans remind: told when due, mailed once a morning on the member's clock, closed once, ended with the lead."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction

from accounts.errors import NotYourRole
from aiqleads.core import clock as database_clock
from aiqleads.core import events
from aiqleads.core.postgres import violated_constraint
from leads.models import Lead, Outcome
from marketplace import errors, selectors, services
from marketplace.models import FollowUp, Notification, Passport, Purchase
from marketplace.tasks import remind
from tests.api.conftest import client_of
from tests.api.problems import assert_problem
from tests.marketplace.returned import buy
from tests.marketplace.test_engagement import reach

pytestmark = pytest.mark.django_db

Action = services.Action
AUSTIN = ZoneInfo("America/Chicago")


@pytest.fixture
def bought(lead: Lead, alice) -> Purchase:
    reach(lead, "call", "text", "email")
    return buy_and_plan(lead, alice)


def buy_and_plan(lead: Lead, buyer) -> Purchase:
    purchase = buy(lead, buyer)
    events.deliver_all()
    Notification.objects.all().delete()
    mail.outbox.clear()
    return purchase


def steps() -> list[FollowUp]:
    return list(FollowUp.objects.order_by("due_at", "number"))


def move_to(clock, moment) -> None:
    clock.advance(seconds=(moment - database_clock.now()).total_seconds())


def run() -> None:
    remind()
    events.deliver_all()


def test_a_step_is_told_when_it_is_due_and_once(bought, clock, alice):
    first = steps()[0]
    move_to(clock, first.due_at - timedelta(minutes=1))
    run()
    early = Notification.objects.filter(is_shown=True).count()
    move_to(clock, first.due_at)
    run()
    run()

    told = Notification.objects.get(is_shown=True)
    assert early == 0
    assert (told.membership, told.kind, told.is_mailed) == (alice, "plan", False)
    assert told.says == f"For sale by owner in Austin: {first.says}"
    assert told.path == f"/purchases/{bought.pk}/#engagement"


def test_the_plan_of_the_day_is_mailed_once_in_the_members_morning(bought, clock, alice):
    alice.user.time_zone = "America/New_York"
    alice.user.save(update_fields=["time_zone"])
    day = steps()[-1].due_at.astimezone(ZoneInfo("America/New_York"))
    FollowUp.objects.exclude(pk=steps()[-1].pk).delete()

    for hour in (6, 7, 8, 11, 15):
        move_to(clock, day.replace(hour=hour, minute=30))
        run()

    [letter] = mail.outbox
    assert (letter.subject, letter.to) == ("Your plans today: 1 step", ["alice@example.com"])
    assert re.search(r"7:00 PM E[SD]T \(6:00 PM C[SD]T for the owner\): Call for the last time\.", letter.body)
    assert f"http://127.0.0.1:8000/purchases/{bought.pk}/" in letter.body
    assert "Casey" not in letter.body
    assert "5550142" not in letter.body


def test_the_letters_link_marks_the_outcome_by_its_button_alone_and_ends_the_plan(bought, clock, client):
    move_to(clock, steps()[2].due_at.astimezone(AUSTIN).replace(hour=8))
    run()
    link = next(line for line in mail.outbox[0].body.splitlines() if "/outcomes/" in line)
    path = "/outcomes/" + link.partition("/outcomes/")[2]

    client.get(path)
    looked = {step.state for step in steps()}
    client.post(path, {"status": "contacted"})

    assert "open" in looked
    assert {step.state for step in steps()} == {"ended"}
    assert Outcome.objects.get().via == "email"
    clock.advance(days=30)
    sent = len(mail.outbox)
    run()
    assert len(mail.outbox) == sent


def test_the_link_ends_after_ninety_days_and_opens_one_purchase(bought, clock, client, monkeypatch):
    token = services.outcome_token(bought)
    monkeypatch.setattr("django.core.signing.time.time", lambda: 4_102_444_800.0)

    assert client.post(f"/outcomes/{token}/", {"status": "lost"}).status_code == 404
    assert not Outcome.objects.exists()


def test_home_shows_what_is_due_today_on_the_members_clock(alices, charlies, bought, clock, alice):
    today = steps()[0]
    move_to(clock, today.due_at)
    page = alices.get("/").content.decode()

    assert today.says in page
    assert "Due now" in page
    assert today.due_at.astimezone(AUSTIN).strftime("%-I:%M %p") in page
    assert today.says not in charlies.get("/").content.decode()


def test_a_step_is_done_skipped_or_put_off_from_home(alices, bought, clock):
    first, second, third, *_ = steps()
    for step, action in ((first, "done"), (second, "skip"), (third, "snooze")):
        answer = alices.post(f"/reminders/{step.pk}/", {"action": action, "back": "home"})
        assert (answer.status_code, answer["Location"]) == (302, "/")

    states = [FollowUp.objects.get(pk=step.pk).state for step in (first, second, third)]
    moved = FollowUp.objects.get(pk=third.pk).due_at.astimezone(AUSTIN)
    assert states == ["done", "skipped", "open"]
    assert moved.date() > third.due_at.astimezone(AUSTIN).date()
    assert moved.time() == third.due_at.astimezone(AUSTIN).time()


def test_a_step_that_was_put_off_is_told_again(bought, clock, alice):
    first = steps()[0]
    move_to(clock, first.due_at)
    run()
    put_off = services.change_step(step_id=first.pk, member=alice, action=Action.SNOOZE)
    move_to(clock, put_off.due_at)
    run()

    about = Notification.objects.filter(key__startswith=f"step:{first.pk}")
    assert about.count() == 2


def test_a_step_is_closed_once_and_by_buyers_of_its_organisation_alone(bought, alice, bob, charlie):
    first = steps()[0]
    for member, refusal in ((bob, NotYourRole), (charlie, FollowUp.DoesNotExist)):
        with pytest.raises(refusal):
            services.change_step(step_id=first.pk, member=member, action=Action.DONE)
    services.change_step(step_id=first.pk, member=alice, action=Action.DONE)
    for action in Action:
        with pytest.raises(errors.StepClosed):
            services.change_step(step_id=first.pk, member=alice, action=action)

    assert FollowUp.objects.get(pk=first.pk).closed_by == alice


def test_a_step_is_not_put_off_beyond_its_passport_and_ends_with_it(bought, alice, clock):
    last = steps()[-1]
    valid_until = Passport.objects.get().valid_until
    move_to(clock, valid_until - timedelta(hours=1))
    with pytest.raises(errors.PassportEnds):
        services.change_step(step_id=last.pk, member=alice, action=Action.SNOOZE)
    clock.advance(hours=2)
    run()

    assert {step.state for step in steps()} == {"ended"}


def test_guards_of_steps_hold_without_the_service(bought):
    first = steps()[0]
    FollowUp.objects.filter(pk=first.pk).update(state="done", closed_at=database_clock.Now())
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        FollowUp.objects.filter(pk=first.pk).update(state="open", closed_at=None)
    assert violated_constraint(refusal.value) == "step_closed_once"

    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER step_closed_once ON marketplace_followup")
    assert FollowUp.objects.filter(pk=first.pk).update(state="open", closed_at=None) == 1


def test_who_works_on_the_lead_is_reminded(bought, clock, alice, bob):
    bob.role = bob.Role.BUYER
    bob.save(update_fields=["role"])
    services.assign_purchases(purchase_ids=[bought.pk], to=bob, by=alice)
    move_to(clock, steps()[0].due_at)
    run()

    assert set(Notification.objects.filter(kind="plan").values_list("membership", flat=True)) == {bob.pk}
    assert selectors.steps_today(bob)
    assert not selectors.steps_today(alice)


def test_the_api_lists_and_changes_what_is_due(bought, clock, alice, charlie):
    first = steps()[0]
    move_to(clock, first.due_at)
    hers, his = client_of(alice), client_of(charlie)
    address = f"/api/v1/reminders/{first.pk}/"

    listed = hers.get("/api/v1/reminders/").json()
    assert (listed[0]["id"], listed[0]["purchase"]) == (str(first.pk), str(bought.pk))
    assert his.get("/api/v1/reminders/").json() == []
    assert_problem(his.post(address, {"action": "done"}, format="json"), 404, "not_found")
    assert_problem(hers.post(address, {"action": "burn"}, format="json"), 400, "invalid")
    assert hers.post(address, {"action": "done"}, format="json").json()["state"] == "done"
    assert_problem(hers.post(address, {"action": "skip"}, format="json"), 422, "step_closed")


def test_a_time_zone_is_chosen_on_the_page_or_over_the_api(alices, alice):
    alices.post("/alerts/choices/", {"wanted": ["plan:email"], "time_zone": "America/Denver"})
    assert client_of(alice).get("/api/v1/me/").json()["time_zone"] == "America/Denver"

    alices.post("/alerts/choices/", {"wanted": [], "time_zone": "Mars/Olympus"})
    changed = client_of(alice).patch("/api/v1/me/", {"time_zone": "America/Phoenix"}, format="json")
    nonsense = client_of(alice).patch("/api/v1/me/", {"time_zone": "Mars/Olympus"}, format="json")

    assert changed.json()["time_zone"] == "America/Phoenix"
    assert_problem(nonsense, 400, "invalid")
