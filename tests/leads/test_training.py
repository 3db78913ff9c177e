"""Learning from outcomes: a known truth comes back, leaks and unequal treatment do not come through."""

import json
from io import StringIO
from uuid import uuid4

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from aiqleads.core.models import AuditEntry
from leads import services
from leads.errors import LeakyFeature, TooFewOutcomes, UnusableAreaGroups
from leads.models import Outcome, Sale, ScoringModel
from leads.models.area_groups import AreaGroup
from leads.scoring import PRIOR, measures, parity, registry, simulator, training
from leads.scoring.examples import examples_of_sales, reached_of
from leads.scoring.scorecard import Scorecard
from tests.leads.test_policies import another, bring

SEED = 1
COUNT = 4_000


@pytest.fixture(scope="module")
def world():
    return simulator.simulate(count=COUNT, seed=SEED)


@pytest.fixture(scope="module")
def trained(world):
    return train(world)


def train(world, **changes) -> training.Trained:
    asked = {"baseline": PRIOR, "shares": world.shares, "version": "trained-1", "features": world.features}
    return training.train(world.examples, seed=1, **{**asked, **changes})


def test_a_known_truth_comes_back(world, trained):
    tested = slice(round(0.8 * COUNT), None)
    best = measures.auc(reached_of(world.examples[tested]), world.chances[tested])
    points, ours = trained.scorecard.points, trained.report["candidate"]

    assert trained.objections == ()
    assert ours["auc"] > trained.report["baseline"]["auc"]
    assert ours["auc"] > best - 0.03
    assert ours["calibration_error"] < 0.06
    learnt = {part: points[part][-1] - points[part][0] for part in simulator.TRUTH}
    true = {part: bands[-1] - bands[0] for part, bands in simulator.TRUTH.items()}
    strong = [part for part, effect in true.items() if abs(effect) >= 0.7]
    assert len(strong) >= 7
    assert [np.sign(learnt[part]) for part in strong] == [np.sign(true[part]) for part in strong]
    silent = [part for part in points if part not in simulator.TRUTH]
    assert max(abs(one) for part in silent for one in points[part]) <= 4


def test_what_may_only_speak_for_a_lead_never_speaks_against_it(world, trained):
    for feature in world.features:
        steps = np.diff(trained.scorecard.points[feature.part]) * feature.direction
        assert (steps >= 0).all(), feature.part


def test_the_same_outcomes_make_the_same_model_which_survives_being_kept(world, trained):
    again = train(world)
    kept = json.loads(json.dumps(again.scorecard.as_json()))

    assert again.scorecard == trained.scorecard
    assert Scorecard.from_json("trained-1", kept) == trained.scorecard


def test_it_is_more_likely_the_higher_the_score(trained):
    likelihood = trained.scorecard.likelihood

    assert len(likelihood) == 101
    assert list(likelihood) == sorted(likelihood)
    assert trained.scorecard.likely(90) > trained.scorecard.likely(30)


def test_a_feature_that_was_noted_after_the_sale_is_refused():
    with pytest.raises(LeakyFeature, match="noted later"):
        train(simulator.simulate(count=1_000, seed=SEED, is_leaky=True))


def test_a_model_that_ranks_areas_of_a_group_last_is_kept_out():
    found = train(simulator.simulate(count=1_500, seed=SEED, is_unequal=True))

    assert found.parity.status == ScoringModel.Parity.OUTSIDE
    assert {row["group"]: row["ratio"] < 0.8 for row in found.parity.groups} == {"first": False, "second": True}
    assert any("Parity is outside" in objection for objection in found.objections)


def test_without_shares_of_areas_parity_is_unknown_and_that_is_not_passed():
    found = train(simulator.simulate(count=1_000, seed=SEED), shares={})

    assert found.parity.status == ScoringModel.Parity.UNKNOWN
    assert found.objections[-1] == (
        "Parity is unknown. Shares are known for the areas of 0 of 200 sales; 300 are needed."
    )


def test_a_model_that_is_no_better_is_kept_with_the_reason(world, trained):
    found = train(world, baseline=trained.scorecard, version="trained-2")

    assert found.objections[0].startswith("Its Brier score of")
    assert "trained-1" in found.objections[0]


def test_few_outcomes_teach_nothing(world):
    with pytest.raises(TooFewOutcomes, match="399"):
        training.train(world.examples[:399], baseline=PRIOR, shares={}, version="x", seed=1)


def test_measures_agree_with_what_can_be_counted_by_hand():
    reached, scores = np.array([1.0, 0, 1, 0, 0]), np.array([9.0, 8, 7, 7, 1])

    assert measures.auc(reached, scores) == 4.5 / 6
    assert measures.lift(reached, scores, share=0.2) == 2.5
    assert measures.lift(reached, np.zeros(5), share=0.2) == pytest.approx(1)
    assert measures.brier(reached, np.full(5, 0.4)) == pytest.approx(0.24)
    assert measures.calibration_error(reached, reached) == 0
    assert measures.calibration_error(np.ones(20), np.full(20, 0.75)) == pytest.approx(0.25)


@pytest.mark.django_db
def test_a_better_model_comes_into_force_by_itself_and_a_simulated_one_never(trained):
    assert training.keep(trained, is_simulated=False).state == "in_force"
    (entry,) = AuditEntry.objects.filter(action="scoring_model.promoted")
    assert (entry.actor_id, entry.details["version"]) == (None, ["points-4", "trained-1"])
    assert registry.scorers_now().in_force == trained.scorecard

    printed = StringIO()
    call_command("train_scorer", "--json", "--simulated", "1200", stdout=printed)

    told = json.loads(printed.getvalue())
    assert (told["version"], told["state"], told["parity"]) == ("trained-2", "candidate", "unknown")
    assert told["kept_because"] == "It learnt from outcomes that were made up."
    assert {"auc", "brier", "calibration_error", "lift", "curve"} <= told["report"]["candidate"].keys()
    assert {row["name"] for row in told["report"]["by_source"]} == {"owners-site", "classifieds", "county"}
    assert {row["name"] for row in told["report"]["by_region"]} == {"TX", "OH", "CA"}
    assert registry.scorers_now().in_force.version == "trained-1"


@pytest.mark.django_db
def test_sales_are_learnt_from_as_they_were_sold(open_source, alice):
    score = bring(open_source)
    sold = another(score, facts={**score.facts, "has_phone": False})
    same = {"lead": score.lead, "score": sold, "sold_at": sold.scored_at}
    told, untold, back = (Sale.objects.create(id=uuid4(), **same) for _ in range(3))
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER outcome_of_a_sale ON leads_outcome")
    marked = {"sale_id": told.pk, "lead": score.lead, "via": "page", "marked_by": alice.user}
    for status in ("contacted", "lost"):
        Outcome.objects.create(**marked, status=status)
    Sale.objects.filter(pk=back.pk).update(returned_at=back.sold_at, ground="wrong_number")

    examples = examples_of_sales()

    assert sorted(example.is_reached for example in examples) == [False, True]
    assert {(one.source, one.region, one.zip_code) for one in examples} == {("open-site", "TX", "78704")}
    assert {example.bands["phone"] for example in examples} == {0}
    assert {example.bands["freshness"] for example in examples} != {None}
    printed = StringIO()
    with pytest.raises(CommandError, match="2 sales have an outcome"):
        call_command("train_scorer", stdout=printed)
    assert not ScoringModel.objects.exists()
    assert untold.pk not in {told.pk, back.pk}


@pytest.mark.django_db
def test_no_feature_reaches_the_shares_of_areas(open_source):
    AreaGroup.objects.create(zip_code="78704", group="first", share=0.9)
    before = bring(open_source)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE leads_areagroup")

    again = services.assess_lead(lead_id=before.lead_id)
    other = bring(open_source, external_id="b", line="9 Elm St")

    assert again == before
    assert other.quality_score == before.quality_score
    assert services.replay(other.pk).is_same


@pytest.mark.django_db
def test_shares_of_areas_are_read_from_a_census_table(tmp_path):
    table = tmp_path / "areas.csv"
    table.write_text(
        'GEOID,Total,First,Second\n8600000US78704,"2,000",500,1500\nTexas,9,9,9\n8600000US10001,0,0,0\n'
    )
    printed = StringIO()

    call_command("import_area_groups", str(table), "--json", stdout=printed)

    assert json.loads(printed.getvalue()) == {"areas": 1, "groups": ["First", "Second"]}
    assert parity.known_shares() == {"78704": {"First": 0.25, "Second": 0.75}}


@pytest.mark.parametrize("text", ["", "zip\n78704\n", "zip,first\n78704,40\n", "zip,first\nTexas,0.4\n"])
@pytest.mark.django_db
def test_a_table_that_cannot_be_read_changes_no_share(tmp_path, text):
    AreaGroup.objects.create(zip_code="78704", group="first", share=0.9)
    table = tmp_path / "areas.csv"
    table.write_text(text)

    with pytest.raises((UnusableAreaGroups, CommandError)):
        call_command("import_area_groups", str(table), stdout=StringIO())

    assert parity.known_shares() == {"78704": {"first": 0.9}}
