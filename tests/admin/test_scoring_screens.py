"""The registry of scoring models: a page that draws the report, and doors that ask why."""

import pytest
from django.urls import reverse

from aiqleads.core.models import AuditEntry
from leads.models import ScoringModel
from leads.scoring import PRIOR, registry
from tests.leads.test_policies import bring
from tests.leads.test_scoring_models import learnt

pytestmark = pytest.mark.django_db

DOORS = ("put_in_force", "roll_back")


@pytest.fixture
def candidate():
    """A candidate with a report, as training keeps it."""
    measured = {"auc": 0.8, "brier": 0.19, "log_loss": 0.5, "calibration_error": 0.02, "lift": 1.9}
    curve = [{"predicted": 0.25, "reached": 0.2, "cases": 40}]
    row = {"name": "county", "cases": 40, "reached": 0.2, "predicted": 0.25, "auc": 0.8}
    group = {"group": "first", "cases": 31.0, "selected": 0.2, "predicted": 0.25, "reached": 0.2, "ratio": 1.0}
    told = {"status": "within", "says": "All are alike.", "cases": 300, "groups": [group]}
    report = {
        "outcomes": {"told": 400, "reached": 150, "untold": 20, "from": "", "until": ""},
        "slices": {"learn": 240, "calibrate": 80, "test": 80},
        "candidate": {**measured, "curve": curve},
        "baseline": {"version": "points-4", **measured, "auc": 0.7, "curve": curve},
        "by_source": [row],
        "by_region": [row],
        "parity": told,
        "parity_of_baseline": told,
    }
    return learnt(scorecard=PRIOR.as_json(), report=report, kept_because="It was not surely better.")


def test_the_page_of_a_model_draws_its_report(operator, candidate, open_source, olga):
    registry.put_in_shadow(model_id=candidate.pk, because="Tried.", actor_id=olga.pk)
    bring(open_source)

    page = operator.get(f"/admin/leads/scoringmodel/{candidate.pk}/change/").content.decode()

    assert '<circle cx="25" cy="80" r="1.6"><title>Thought 25%, reached 20% of 40</title></circle>' in page
    assert "<td>0.8000</td><td>0.7000</td>" in page
    assert "It was not surely better." in page
    assert "1 lead" in page
    assert "0.0 points off on average" in page
    assert "−12" in page


def test_operators_put_models_in_force_and_back_and_say_why(operator, candidate, olga):
    put, back = (reverse(f"admin:leads_scoringmodel_{door}", args=[candidate.pk]) for door in DOORS)
    assert operator.post(put, {"because": ""}).status_code == 422
    asked = operator.post(put, {"because": "Better on ours."})
    assert "points-4" in asked.content.decode()
    assert ScoringModel.objects.get().state == "candidate"

    assert operator.post(put, {"because": "Better on ours.", "step": "confirm"}).status_code == 302

    assert ScoringModel.objects.get().state == "in_force"
    (entry,) = AuditEntry.objects.filter(action="scoring_model.put_in_force")
    assert (entry.actor_id, entry.details["reason"]) == (olga.pk, "Better on ours.")
    assert operator.post(back, {"because": "Worse on ours.", "step": "confirm"}).status_code == 302
    assert ScoringModel.objects.get().state == "retired"
    again = operator.post(back, {"because": "Worse on ours.", "step": "confirm"})
    assert (again.status_code, "nothing before it" in again.content.decode()) == (422, True)


def test_operators_let_a_model_run_in_the_shadow_and_end_it(operator, candidate, olga):
    run, end = (
        reverse(f"admin:leads_scoringmodel_{door}", args=[candidate.pk]) for door in ("run_in_shadow", "end_shadow")
    )
    asked = operator.post(run, {"because": "Let us see."})
    assert "nobody but operators sees it" in asked.content.decode()
    assert ScoringModel.objects.get().state == "candidate"

    assert operator.post(run, {"because": "Let us see.", "step": "confirm"}).status_code == 302
    assert ScoringModel.objects.get().state == "shadow"
    again = operator.post(run, {"because": "Let us see.", "step": "confirm"})
    assert (again.status_code, ScoringModel.objects.get().state) == (422, "shadow")

    assert "Leaves the shadow" in operator.post(end, {"because": "Seen."}).content.decode()
    assert operator.post(end, {"because": "Seen.", "step": "confirm"}).status_code == 302
    assert ScoringModel.objects.get().state == "candidate"
    assert operator.post(end, {"because": "Seen.", "step": "confirm"}).status_code == 422
    told = AuditEntry.objects.filter(action__startswith="scoring_model.").order_by("action")
    assert [(entry.action, entry.actor_id) for entry in told] == [
        ("scoring_model.put_in_shadow", olga.pk),
        ("scoring_model.taken_out_of_shadow", olga.pk),
    ]


def test_rolling_back_on_the_page_brings_back_the_model_before(operator, candidate, clock):
    later = learnt()
    for model in (candidate, later):
        put = reverse("admin:leads_scoringmodel_put_in_force", args=[model.pk])
        assert operator.post(put, {"because": "Better.", "step": "confirm"}).status_code == 302
        clock.advance(minutes=1)
    back = reverse("admin:leads_scoringmodel_roll_back", args=[later.pk])
    assert "Comes back" in operator.post(back, {"because": "Worse."}).content.decode()

    assert operator.post(back, {"because": "Worse.", "step": "confirm"}).status_code == 302

    assert dict(ScoringModel.objects.values_list("version", "state")) == {
        candidate.version: "in_force",
        later.version: "retired",
    }


@pytest.mark.parametrize("changes", [{"parity": "outside"}, {"parity": "unknown"}, {"is_simulated": True}])
def test_no_page_puts_a_model_in_force_that_fails_parity_or_was_made_up(operator, changes):
    model = learnt(**changes)
    put = reverse("admin:leads_scoringmodel_put_in_force", args=[model.pk])

    refused = operator.post(put, {"because": "I want it.", "step": "confirm"})

    assert refused.status_code == 422
    assert ScoringModel.objects.get().state == "candidate"
    assert not AuditEntry.objects.filter(action="scoring_model.put_in_force").exists()
