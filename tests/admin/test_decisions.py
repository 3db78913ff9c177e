"""Approving and rejecting doubtful leads: a reason is asked for, kept, and shown to nobody's harm."""

import pytest
from django.urls import reverse

from aiqleads.core.models import AuditEntry
from leads.models import Lead
from tests.leads.erased import empty

pytestmark = pytest.mark.django_db

LIST = "admin:leads_lead_changelist"


@pytest.fixture
def waiting(make_doubtful):
    """Two leads in the review queue."""
    return [make_doubtful() for _ in range(2)]


def send(operator, action, leads, **said):
    return operator.post(
        reverse(LIST), {"action": action, "_selected_action": [str(lead.pk) for lead in leads], **said}
    )


def states():
    return set(Lead.objects.values_list("state", flat=True))


def audited():
    entries = AuditEntry.objects.filter(action__startswith="lead.").order_by("number")
    return list(entries.values_list("action", "details"))


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_the_list_first_asks_why(operator, waiting, action):
    answer = send(operator, action, waiting)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert f"{action.title()} 2 leads" in page
    assert all(f'name="_selected_action" value="{lead.pk}"' in page for lead in waiting)
    assert states() == {"review"}


def test_leads_are_approved_for_a_reason_that_is_kept(operator, olga, waiting):
    answer = send(operator, "approve", waiting, decide="yes", reason="The warning does not apply", note="")

    assert answer.status_code == 302
    assert states() == {"active"}
    reason = {"before": "review", "after": "active", "reason": "The warning does not apply"}
    assert audited() == [("lead.approved", reason)] * 2
    assert set(AuditEntry.objects.filter(action="lead.approved").values_list("actor", flat=True)) == {olga.pk}


def test_leads_are_rejected_with_the_operators_own_words(operator, waiting):
    send(operator, "reject", waiting, decide="yes", reason="Offered by an agent", note="seen on the sign")

    assert states() == {"rejected"}
    assert set(Lead.objects.values_list("state_reason", flat=True)) == {"Offered by an agent: seen on the sign"}


def test_all_leads_of_the_filter_are_decided_at_once(operator, waiting, lead):
    operator.post(
        f"{reverse(LIST)}?state__exact=review",
        {
            "action": "reject",
            "_selected_action": [str(waiting[0].pk)],
            "select_across": "1",
            "decide": "yes",
            "reason": "Not enough to sell",
        },
    )

    assert Lead.objects.get(pk=lead.pk).state == "active"
    assert set(Lead.objects.exclude(pk=lead.pk).values_list("state", flat=True)) == {"rejected"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, "Say why."),
        ({"reason": "Because"}, "Select a valid choice"),
        ({"reason": "Other"}, "Say what the other reason is."),
        ({"reason": "Other", "note": "ring 512-555-0142"}, "Leave phone numbers and e-mail addresses out"),
        ({"reason": "Other", "note": "casey@example.com says so"}, "Leave phone numbers and e-mail addresses out"),
        ({"reason": "Other", "note": "x" * 151}, "at most 150 characters"),
    ],
)
def test_without_a_usable_reason_nothing_is_decided(operator, waiting, said, told):
    answer = send(operator, "reject", waiting, decide="yes", **said)

    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert (states(), audited()) == ({"review"}, [])


@pytest.mark.parametrize(("door", "state"), [("approve_this", "active"), ("reject_this", "rejected")])
def test_a_lead_is_decided_on_its_own_page(operator, waiting, door, state):
    page = reverse(f"admin:leads_lead_{door}", args=[waiting[0].pk])
    asked = operator.get(page)

    answer = operator.post(page, {"reason": "Other", "note": "I called the town"})

    assert (asked.status_code, answer.status_code) == (200, 302)
    assert answer.url == reverse("admin:leads_lead_change", args=[waiting[0].pk])
    assert Lead.objects.get(pk=waiting[0].pk).state == state
    assert Lead.objects.get(pk=waiting[1].pk).state == "review"


def test_a_closed_lead_is_told_and_does_not_keep_the_others_waiting(operator, waiting):
    empty(waiting[0])

    answer = operator.post(
        reverse(LIST),
        {
            "action": "approve",
            "_selected_action": [str(lead.pk) for lead in waiting],
            "decide": "yes",
            "reason": "The warning does not apply",
        },
        follow=True,
    )

    assert "1 lead approved. This lead was merged into another or erased." in answer.content.decode()
    assert states() == {"erased", "active"}


def test_a_closed_lead_alone_is_refused(operator, waiting):
    empty(waiting[0])

    answer = send(operator, "reject", waiting[:1], decide="yes", reason="Not enough to sell")

    assert answer.status_code == 422
    assert "merged into another or erased" in answer.content.decode()
    assert audited() == []


def test_a_leads_page_tells_its_sightings_score_price_and_claims(operator, lead, alice):
    from marketplace import services

    sighting = lead.observations.get()
    sighting.facts = {
        "kind": "fsbo",
        "street": "Hidden Creek Road",
        "city": "Austin",
        "beds": 3.0,
        "flags": ["price_is_range"],
    }
    sighting.save(update_fields=["facts"])
    services.hold_lead(lead_id=lead.pk, buyer=alice)

    page = operator.get(reverse("admin:leads_lead_change", args=[lead.pk])).content.decode()

    for told in ("Open homes", "3-bed home", "Hidden Creek Road, Austin", "Price is range.", "quality 72, fraud 4"):
        assert told in page
    assert "10 credits" in page
    assert "by Alice Realty for 10 credits" in page
