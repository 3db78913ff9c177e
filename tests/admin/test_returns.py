"""Returns for operators: the queue, the evidence, the decision in two steps, and the policy."""

import pytest
from django.test import Client
from django.urls import reverse

from aiqleads.core.models import AuditEntry
from aiqleads.core.uploads import Examined
from billing import selectors as billing
from marketplace import evidence, selectors, services
from marketplace.models import Return, ReturnEvidence
from marketplace.return_rules import Reason
from tests.marketplace.returned import buy

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def asked(lead, alice) -> Return:
    return services.request_return(
        purchase_id=buy(lead, alice).pk,
        buyer=alice,
        reason=Reason.WRONG_NUMBER,
        explanation="A pizza parlour answered.",
        exhibits=[Examined(media_type="text/plain", body=b"Rang twice.")],
    )


def door(asked, name) -> str:
    return reverse(f"admin:marketplace_return_{name}", args=[asked.pk])


def test_the_queue_shows_what_waits(operator, asked, olga, make_lead, alice):
    other = services.request_return(purchase_id=buy(make_lead(), alice).pk, buyer=alice, reason=Reason.OUT_OF_AREA)
    services.decide_return(return_id=other.pk, is_accepted=False, says="No.", actor_id=olga.pk)

    queue = operator.get(reverse("admin:marketplace_return_changelist"), {"waits": "yes"})

    assert list(queue.context["cl"].queryset) == [asked]
    page = operator.get(door(asked, "change")).content.decode()
    assert "A pizza parlour answered." in page
    assert "10 credits" in page


def test_a_return_is_accepted_in_two_steps(operator, olga, asked, alice):
    said = {"says": "We called it, too."}

    first = operator.post(door(asked, "accept"), said)
    assert "<dt>Gets back</dt><dd>10 credits" in first.content.decode()
    assert billing.balance_credits(alice.organisation_id) == 0
    second = operator.post(door(asked, "accept"), {**said, "step": "confirm"})

    assert second.status_code == 302
    assert billing.balance_credits(alice.organisation_id) == 10
    asked.refresh_from_db()
    assert (asked.state, asked.decided_by, asked.decision) == ("accepted", olga, "We called it, too.")
    assert AuditEntry.objects.get(action="return.accepted").actor == olga


def test_a_refusal_needs_words_that_name_nobody(operator, asked):
    for says in ("", "Call 512-555-0142", "Write to casey@example.com"):
        assert operator.post(door(asked, "refuse"), {"says": says, "step": "confirm"}).status_code == 422
    assert operator.post(door(asked, "refuse"), {"says": "It rang.", "step": "confirm"}).status_code == 302

    asked.refresh_from_db()
    assert asked.state == "refused"


def test_what_was_decided_meanwhile_is_told(operator, olga, asked):
    services.decide_return(return_id=asked.pk, is_accepted=False, says="It rang.", actor_id=olga.pk)

    late = operator.post(door(asked, "accept"), {"says": "Fine", "step": "confirm"})

    assert late.status_code == 422
    assert "decided already" in late.content.decode()
    assert 'accept/"' not in operator.get(door(asked, "change")).content.decode()


def test_evidence_is_handed_to_operators_alone_and_each_look_is_kept(operator, asked, alice):
    row = ReturnEvidence.objects.get()
    address = reverse("admin:marketplace_return_evidence", args=[asked.pk, row.pk])
    assert address in operator.get(door(asked, "change")).content.decode()

    shown = operator.get(address)

    assert shown.content == b"Rang twice."
    assert shown["Content-Disposition"] == 'attachment; filename="evidence.txt"'
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert AuditEntry.objects.filter(action="return.evidence_seen").count() == 1
    member = Client()
    member.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")
    assert member.get(address).status_code == 302
    assert Client().get(address).status_code == 302


def test_a_picture_is_shown_and_one_of_another_return_is_not_found(operator, asked, make_lead, alice):
    kept = evidence.keep(Examined(media_type="image/png", body=b"\x89PNG"))
    kept.of_return = asked
    kept.save()
    other = services.request_return(purchase_id=buy(make_lead(), alice).pk, buyer=alice, reason=Reason.OUT_OF_AREA)
    name = "admin:marketplace_return_evidence"

    assert operator.get(reverse(name, args=[asked.pk, kept.pk]))["Content-Disposition"].startswith("inline")
    assert operator.get(reverse(name, args=[other.pk, kept.pk])).status_code == 404


def test_a_policy_is_put_in_force_in_two_steps(operator):
    address = reverse("admin:marketplace_returnpolicy_set_policy")
    said = {"name": "Spring", "window_days": 10, "cap_percent": 20, "cap_purchases": 20, "cap_days": 90}
    assert 'name="window_days" value="14"' in operator.get(address).content.decode()

    first = operator.post(address, said).content.decode()
    assert "<dt>Days to return a purchase</dt><dd>14 → 10" in first
    assert selectors.return_terms().window_days == 14
    operator.post(address, {**said, "step": "confirm"})

    assert selectors.return_terms().window_days == 10
    assert AuditEntry.objects.get(action="return_policy.set").details == {"window_days": [14, 10]}


@pytest.mark.parametrize(("field", "value"), [("window_days", 0), ("window_days", 91), ("cap_percent", 101)])
def test_a_policy_beyond_reason_is_refused(operator, field, value):
    said = {"name": "Spring", "window_days": 10, "cap_percent": 20, "cap_purchases": 20, "cap_days": 90}

    answer = operator.post(
        reverse("admin:marketplace_returnpolicy_set_policy"), {**said, field: value, "step": "confirm"}
    )

    assert answer.status_code == 422
    assert selectors.return_terms().window_days == 14
