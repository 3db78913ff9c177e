"""Operators look after those who asked to be left alone: marks, lists, erasures, each door proven and audited."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts import step_up
from accounts.models import DeletionList, DoNotCallEdition, Erasure, ErasureStep, Suppression
from accounts.privacy import journal
from accounts.privacy.people import Mark, Person
from accounts.services import suppression
from aiqleads.core import clock as database_clock
from aiqleads.core.models import AuditEntry

pytestmark = pytest.mark.django_db

CASEY = "+15125550142"


def page(model, name, *arguments):
    return reverse(f"admin:accounts_{model}_{name}", args=arguments)


def suppressed(scope=Suppression.Scope.CONTACT):
    suppression.suppress(Person.of(phones=[CASEY]), Suppression.Why.REPLIED, scope=scope)
    return Suppression.objects.get()


def test_a_mark_is_shown_by_its_beginning_alone(operator):
    row = suppressed()
    _, _, digits = row.hash.partition(":")

    shown = operator.get(page("suppression", "changelist")).content.decode()
    shown += operator.get(page("suppression", "change", row.pk)).content.decode()

    assert f"{digits[:8]}… (key 1)" in shown
    assert digits[:9] not in shown


def test_an_objection_is_noted_and_audited(operator, olga):
    said = {"phone": "(512) 555-0142", "email": "", "how": "letter"}

    answer = operator.post(page("suppression", "note"), said)

    assert answer.status_code == 302
    row = Suppression.objects.get()
    assert (row.kind, row.scope, row.why) == ("phone", "contact", "operator")
    entry = AuditEntry.objects.get(action="opt_out.noted")
    assert (entry.actor_id, entry.subject, entry.details) == (olga.pk, "opt_out.operator:letter", {"marks": 1})


def test_an_objection_of_nobody_changes_nothing(operator):
    answer = operator.post(page("suppression", "note"), {"phone": "12", "email": "", "how": "letter"})

    assert answer.status_code == 422
    assert not Suppression.objects.exists()


def test_somebody_is_looked_up_without_a_trace_of_who(operator):
    suppressed()

    found = operator.post(page("suppression", "look_up"), {"phone": CASEY, "email": ""}, follow=True)
    nobody = operator.post(page("suppression", "look_up"), {"phone": "", "email": "x@example.com"}, follow=True)

    assert "On the list: must not be contacted" in found.content.decode()
    assert "Nothing is on the list" in nobody.content.decode()
    looks = AuditEntry.objects.filter(action="suppression.looked_up").order_by("number")
    assert [entry.details for entry in looks] == [{"found": 1}, {"found": 0}]


def test_a_list_of_our_own_is_brought_in(operator, olga):
    file = SimpleUploadedFile("ours.txt", b"casey@example.com\n512-555-0142\nnot anybody\n")

    operator.post(page("suppression", "bring"), {"file": file})

    assert sorted(Suppression.objects.values_list("kind", "why")) == [("email", "imported"), ("phone", "imported")]
    assert AuditEntry.objects.get(action="do_not_contact_list.brought").actor_id == olga.pk


def test_a_mark_is_lifted_after_a_second_look(operator, olga):
    row = suppressed()
    said = {"reason": "Called back at the number and asked for it"}

    asked = operator.post(page("suppression", "lift", row.pk), said)
    row.refresh_from_db()
    assert (asked.status_code, row.lifted_at) == (200, None)
    operator.post(page("suppression", "lift", row.pk), {**said, "step": "confirm"})

    row.refresh_from_db()
    assert row.lifted_at is not None
    assert AuditEntry.objects.get(action="suppression.lifted").details["reason"] == said["reason"]
    assert AuditEntry.objects.get(action="suppression.lifted").actor_id == olga.pk


def test_a_do_not_call_list_is_brought_in_and_shows_how_fresh_it_is(operator, clock):
    today = database_clock.now().date()
    file = SimpleUploadedFile("national.txt", b"phone\n512,5550142\n512,5550143\n512\n")

    operator.post(page("donotcalledition", "bring"), {"state": "", "as_of": today.isoformat(), "file": file})

    edition = DoNotCallEdition.objects.get()
    assert (edition.of_list_id, edition.state, edition.numbers, edition.unreadable) == ("federal", "in_force", 2, 1)
    listed = page("donotcalledition", "changelist")
    assert "🟢 31 days left" in operator.get(listed).content.decode()
    clock.advance(days=25)
    assert "🟠 6 days left" in operator.get(listed).content.decode()
    clock.advance(days=7)
    assert "🔴 Too old" in operator.get(listed).content.decode()


def test_a_list_of_tomorrow_is_refused(operator):
    tomorrow = database_clock.now().date() + timedelta(days=2)
    file = SimpleUploadedFile("national.txt", b"512,5550142\n")

    said = {"state": "TX", "as_of": tomorrow.isoformat(), "file": file}
    answer = operator.post(page("donotcalledition", "bring"), said)

    assert answer.status_code == 422
    assert not DoNotCallEdition.objects.exists()


def test_a_states_list_is_brought_and_its_clock_is_shown(operator, olga, settings, tmp_path, clock):
    settings.MEDIA_ROOT = tmp_path
    file = SimpleUploadedFile("drop.csv", b"email\nnobody@example.com\n")

    operator.post(page("deletionlist", "bring"), {"state": "ca", "file": file})

    brought = DeletionList.objects.get()
    assert (brought.state_code, brought.state, brought.file_name) == ("CA", "waiting", "drop.csv")
    actions = AuditEntry.objects.filter(subject=f"accounts.deletionlist:{brought.pk}").order_by("number")
    assert [(entry.action, entry.actor_id) for entry in actions] == [
        ("deletion_list.brought", olga.pk),
        ("deletion_list.asked_for", olga.pk),
    ]
    now = database_clock.now()
    DeletionList.objects.update(state="followed", followed_at=now, stored_as="")
    listed = page("deletionlist", "changelist")
    told = {}
    for days in (1, 40, 6):
        clock.advance(days=days)
        told[days] = operator.get(listed).content.decode()
    assert "🟢" in told[1]
    assert "🟠" in told[40]
    assert "days late" in told[6]


def test_a_file_that_no_state_sends_is_refused(operator, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    file = SimpleUploadedFile("drop.csv", b"colour\nred\n")

    answer = operator.post(page("deletionlist", "bring"), {"state": "CA", "file": file})

    assert answer.status_code == 422
    assert not DeletionList.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_an_erasure_tells_holder_by_holder_how_far_it_is(operator, olga):
    begun = Erasure.objects.create(person={}, marks=[])
    ErasureStep.objects.create(
        erasure=begun, number=1, holder="leads", counts={"leads.contact": 2}, done_at=database_clock.now()
    )
    ErasureStep.objects.create(erasure=begun, number=2, holder="crawls", tries=3, error="OSError")

    shown = operator.get(page("erasure", "change", begun.pk)).content.decode()
    assert "leads: 2 leads.contact" in shown
    assert "crawls: waits; OSError, tried 3 times" in shown
    assert "1 of 2" in operator.get(page("erasure", "changelist")).content.decode()

    assert operator.post(page("erasure", "carry_on", begun.pk), {}).status_code == 302
    assert AuditEntry.objects.get(action="erasure.asked_for").actor_id == olga.pk


def test_the_journal_is_replayed_after_a_second_look(operator, olga, settings, tmp_path):
    settings.ERASURE_JOURNAL = tmp_path / "erasures.jsonl"
    erasure = Erasure(marks=[])
    entry = journal.Entry(erasure_id=erasure.pk, at="2026-11-01", marks=(Mark("email", ("1:00",)),), leads=())
    journal.append(settings.ERASURE_JOURNAL, [entry])

    asked = operator.post(page("erasure", "replay"), {})
    assert asked.status_code == 200
    assert ">1<" in asked.content.decode().replace(" ", "").replace("\n", "")
    assert not AuditEntry.objects.filter(action="erasures.replay_asked_for").exists()
    operator.post(page("erasure", "replay"), {"step": "confirm"})

    assert AuditEntry.objects.get(action="erasures.replay_asked_for").actor_id == olga.pk


@pytest.mark.parametrize(
    ("model", "door"),
    [
        ("suppression", "note"),
        ("suppression", "look_up"),
        ("suppression", "bring"),
        ("donotcalledition", "bring"),
        ("deletionlist", "bring"),
        ("erasure", "replay"),
    ],
)
def test_every_door_asks_first_who_it_is(operator, model, door):
    session = operator.session
    del session[step_up.SESSION_KEY]
    session.save()

    answer = operator.get(page(model, door))

    assert answer.status_code == 302
    assert answer.url.startswith("/account/confirm/")
