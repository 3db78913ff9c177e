"""Which model scores: the registry, its shadow, the sales it learns from, and scores made again for ever."""

from datetime import datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from aiqleads.core import events
from aiqleads.core.models import AuditEntry
from aiqleads.core.postgres import violated_constraint
from leads import services
from leads.errors import NotReplayable, UnusableModel
from leads.facts import from_json
from leads.models import Lead, Sale, SaleOutcome, Score, ScoringModel, ShadowScore, Source, SourceRight, TierRecord
from leads.reading.local import RECIPE
from leads.scoring import PRIOR, claims, registry
from leads.scoring.features import _whole_years
from leads.scoring.points_3 import Points3
from marketplace.return_rules import Reason
from marketplace.services import decide_return, mark_outcome, request_return
from tests.leads.test_policies import another, bring
from tests.leads.test_sales_compared import record_sales
from tests.marketplace.guards import take_away
from tests.marketplace.returned import buy

pytestmark = pytest.mark.django_db


def learnt(**changes) -> ScoringModel:
    """A model that gives every lead forty points, and ten more for a phone."""
    version = f"trained-{ScoringModel.objects.count() + 1}"
    table = {"features": "features-1", "start": 40, "points": {"phone": [0, 10]}, "unknown": {}, "likelihood": []}
    kept = {"version": version, "scorecard": table, "report": {}, "parity": "within", **changes}
    return ScoringModel.objects.create(**kept)


def refused(statement: str) -> str:
    """Which guard refuses a statement; "" where none does."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except IntegrityError as error:
        return violated_constraint(error) or ""
    return ""


def test_a_model_in_force_scores_is_named_and_replays_after_it_is_gone(open_source, olga):
    before = bring(open_source)
    registry.put_in_force(model_id=learnt().pk, because="Tried.", actor_id=olga.pk)

    score = services.assess_lead(lead_id=before.lead_id)
    assert registry.roll_back(because="Tried.", actor_id=olga.pk) == "points-4"

    assert (score.model_version, score.quality_score) == ("trained-1", 50)
    assert {item["part"]: item["points"] for item in score.quality_evidence if item["points"]} == {
        "start": 40,
        "phone": 10,
    }
    assert services.replay(score.pk).is_same
    assert services.replay(before.pk).is_same
    assert services.assess_lead(lead_id=before.lead_id).model_version == "points-4"
    actions = AuditEntry.objects.values_list("action", "details__version")
    assert sorted(actions) == [
        ("scoring_model.put_in_force", ["points-4", "trained-1"]),
        ("scoring_model.rolled_back", ["trained-1", "points-4"]),
    ]


def test_a_score_of_the_rules_before_is_made_again_by_those_rules(open_source):
    score = bring(open_source)
    facts, judged_at = from_json(score.facts)
    evidence = Points3().evidence(facts, now=judged_at)
    old = {name: value for name, value in score.facts.items() if name not in {"reading", "told_by", "relistings"}}
    kept = another(
        score,
        facts=old,
        model_version="points-3",
        quality_score=(quality := sum(item.points for item in evidence)),
        tier="premium" if quality >= 75 else "standard",
        quality_evidence=[item.as_json() for item in evidence],
    )

    assert services.replay(kept.pk).is_same


def test_a_model_whose_features_are_gone_says_that_it_cannot_be_asked_again(open_source):
    model = learnt()
    score = another(bring(open_source), model_version=model.version)
    ahead = learnt(scorecard={**model.scorecard, "features": "features-0"})

    assert services.replay(score.pk).judgement.quality_score == 50
    with pytest.raises(NotReplayable, match="features-0"):
        services.replay(another(score, model_version=ahead.version).pk)


def test_rolling_back_puts_the_model_before_in_force(olga, clock):
    first, second = learnt(), learnt()
    with pytest.raises(UnusableModel):
        registry.roll_back(because="Tried.", actor_id=olga.pk)
    registry.put_in_force(model_id=first.pk, because="Tried.", actor_id=olga.pk)
    clock.advance(days=1)
    registry.put_in_force(model_id=second.pk, because="Tried.", actor_id=olga.pk)

    assert registry.roll_back(because="Tried.", actor_id=olga.pk) == "trained-1"

    assert dict(ScoringModel.objects.values_list("version", "state")) == {
        "trained-1": "in_force",
        "trained-2": "retired",
    }


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"parity": "outside"}, "scoring_model_in_force_within_parity"),
        ({"parity": "unknown"}, "scoring_model_in_force_within_parity"),
        ({"is_simulated": True}, "scoring_model_simulated_stays_out"),
    ],
)
def test_what_fails_parity_or_was_made_up_never_comes_into_force(olga, changes, guard):
    model = learnt(**changes)

    with pytest.raises(UnusableModel):
        registry.put_in_force(model_id=model.pk, because="Tried.", actor_id=olga.pk)

    assert ScoringModel.objects.get().state == "candidate"
    assert not AuditEntry.objects.exists()
    assert refused("UPDATE leads_scoringmodel SET state = 'in_force'") == guard
    take_away(guard)
    assert refused("UPDATE leads_scoringmodel SET state = 'in_force'") == ""


def test_the_shadow_scores_beside_and_changes_nothing(open_source, olga):
    model, other = learnt(), learnt()
    registry.put_in_shadow(model_id=model.pk, because="Tried.", actor_id=olga.pk)

    score = bring(open_source)
    registry.put_in_shadow(model_id=other.pk, because="Tried.", actor_id=olga.pk)
    registry.take_out_of_shadow(model_id=other.pk, because="Tried.", actor_id=olga.pk)
    bring(open_source, external_id="b", line="9 Elm St")

    assert score.model_version == "points-4"
    shadow = ShadowScore.objects.get()
    assert (shadow.score, shadow.model, shadow.quality_score, shadow.tier) == (score, model, 50, "standard")
    assert set(ScoringModel.objects.values_list("state", flat=True)) == {"candidate"}
    with pytest.raises(UnusableModel):
        registry.take_out_of_shadow(model_id=other.pk, because="Tried.", actor_id=olga.pk)
    with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
        ShadowScore.objects.update(quality_score=1)


MODELS_BREAK_INS = {
    "scoring_model_version_once": (
        "INSERT INTO leads_scoringmodel SELECT (jsonb_populate_record(m, "
        "jsonb_build_object('id', gen_random_uuid(), 'state', 'candidate'))).* FROM leads_scoringmodel m LIMIT 1"
    ),
    "scoring_model_one_in_force": "UPDATE leads_scoringmodel SET state = 'in_force'",
    "scoring_model_one_shadow": "UPDATE leads_scoringmodel SET state = 'shadow'",
    "scoring_model_written_once": "UPDATE leads_scoringmodel SET report = '{\"auc\": 1}'",
    "scoring_model_state_moves": "UPDATE leads_scoringmodel SET state = 'retired'",
}


@pytest.mark.parametrize("guard", MODELS_BREAK_INS)
def test_models_are_written_once_and_one_of_them_scores(guard):
    learnt()
    learnt()

    assert refused(MODELS_BREAK_INS[guard]) == guard
    take_away(guard)
    assert refused(MODELS_BREAK_INS[guard]) == ""


@pytest.fixture
def bought(open_source, alice, grant):
    """A lead that came through the pipeline and was sold."""
    grant(alice, 200)
    score = bring(open_source)
    purchase = buy(score.lead, alice)
    events.deliver_all()
    return purchase


def test_a_sale_is_noted_with_the_score_of_then_and_with_its_return(bought, olga, clock):
    score = Score.objects.get()
    sale = Sale.objects.get()
    assert (sale.pk, sale.lead_id, sale.score, sale.sold_at) == (bought.pk, bought.lead_id, score, bought.bought_at)
    assert SaleOutcome.objects.get().is_told is False
    mark_outcome(purchase_id=bought.pk, buyer=bought.membership, status="listed")
    assert SaleOutcome.objects.values("is_told", "is_reached", "is_listed").get() == {
        "is_told": True, "is_reached": True, "is_listed": True,
    }  # fmt: skip
    asked = request_return(
        purchase_id=bought.pk, buyer=bought.membership, reason=Reason.WRONG_NUMBER, explanation="So."
    )
    decide_return(return_id=asked.pk, is_accepted=True, says="So.", actor_id=olga.pk)
    events.deliver_all()

    sale.refresh_from_db()
    assert (sale.ground, sale.returned_at is not None) == ("wrong_number", True)
    assert SaleOutcome.objects.values("is_told", "is_reached", "is_listed").get() == {
        "is_told": True, "is_reached": False, "is_listed": False,
    }  # fmt: skip


def test_a_return_that_speaks_of_the_buyer_tells_nothing_of_the_lead(bought):
    Sale.objects.update(returned_at=bought.bought_at, ground="out_of_area")

    assert SaleOutcome.objects.get().is_told is False


SALE_BREAK_INS = {
    "sale_returned_on_a_ground": "UPDATE leads_sale SET returned_at = now()",
    "sale_comes_back_once": "DELETE FROM leads_sale",
    "sale_score_of_then": (
        "INSERT INTO leads_sale SELECT gen_random_uuid(), sold_at - interval '1 year', NULL, '', lead_id, score_id "
        "FROM leads_sale"
    ),
}


@pytest.mark.parametrize("guard", SALE_BREAK_INS)
def test_a_sale_knows_no_later_score_and_comes_back_once(bought, guard):
    assert refused(SALE_BREAK_INS[guard]) == guard
    take_away(guard)
    assert refused(SALE_BREAK_INS[guard]) == ""


@pytest.mark.parametrize(("guard", "share"), [("area_group_once", 0.5), ("area_share_is_a_share", 1.5)])
def test_an_area_tells_a_share_of_each_group_once(guard, share):
    twice = "generate_series(1, 2)" if guard == "area_group_once" else "generate_series(1, 1)"
    statement = (
        f"INSERT INTO leads_areagroup (zip_code, \"group\", share) SELECT '78704', 'A', {share} FROM {twice}"
    )
    assert refused(statement) == guard
    take_away(guard)
    assert refused(statement) == ""


def test_a_shadow_score_lies_within_its_range(bought):
    learnt()
    statement = (
        "INSERT INTO leads_shadowscore (score_id, model_id, quality_score, tier) "
        "SELECT s.id, m.id, 101, 'premium' FROM leads_score s, leads_scoringmodel m"
    )
    assert refused(statement) == "shadow_score_in_range"
    take_away("shadow_score_in_range")
    assert refused(statement) == ""


def test_buyers_are_told_what_became_of_a_tier_from_a_hundred_cases_on(bought):
    sale = Sale.objects.get()
    tier = sale.score.tier
    mark_outcome(purchase_id=bought.pk, buyer=bought.membership, status="contacted")
    back = {"returned_at": sale.sold_at, "ground": "wrong_number"}
    same = {"lead": sale.lead, "score": sale.score, "sold_at": sale.sold_at}
    Sale.objects.bulk_create(Sale(id=uuid4(), **same, **back) for _ in range(98))
    claims.count_anew()
    assert claims.claim_of(tier) is None

    Sale.objects.create(id=uuid4(), **same, **back)
    claims.count_anew()

    claim = claims.claim_of(tier)
    assert (claim.cases, claim.percent, claim.low_percent, claim.high_percent) == (100, 1, 0, 5)
    with pytest.raises(Exception, match="cannot change materialized view"), transaction.atomic():
        TierRecord.objects.filter(tier=tier).update(reached=100)


def test_the_prior_says_what_is_unknown_and_where_the_rest_was_read(open_source):
    score = bring(open_source, phones=(), fictitious_phones=frozenset(), is_owner=None, description="Relocating.")
    reasons = {item["part"]: item for item in score.quality_evidence}

    assert reasons["phone"] == {
        "part": "phone", "points": 0, "field": "phones", "says": "Phone: unknown.", "is_unknown": True,
    }  # fmt: skip
    assert reasons["seller"]["is_unknown"]
    observation = score.lead.observations.get()
    assert reasons["moving"]["observation"] == str(observation.pk)
    assert reasons["moving"]["at"] == observation.first_seen_at.isoformat()
    assert sum(item["points"] for item in score.quality_evidence) == score.quality_score
    assert score.model_version == PRIOR.version


def test_a_lead_page_tells_what_is_unknown_and_what_became_of_leads_like_it(client, bought):
    sale = Sale.objects.get()
    mark_outcome(purchase_id=bought.pk, buyer=bought.membership, status="listed")
    back = {"returned_at": sale.sold_at, "ground": "wrong_number"}
    same = {"lead": sale.lead, "score": sale.score, "sold_at": sale.sold_at}
    Sale.objects.bulk_create(Sale(id=uuid4(), **same, **back) for _ in range(99))
    assert "the owner was reached in" not in client.get(f"/leads/{sale.lead_id}/").content.decode()

    claims.count_anew()

    page = " ".join(client.get(f"/leads/{sale.lead_id}/").content.decode().split())
    assert "Of 100 premium leads sold within a year whose outcome is told, the owner was reached in 1 %" in page
    assert "Confidence: fair, 6 of 10 facts known" in page
    assert "<li>When it was last sold: unknown.</li>" in page
    assert str(sale.score.observation_ids[0]) not in page
    detail = client.get(f"/api/v1/leads/{sale.lead_id}/").json()
    assert detail["scored_by"] == {"version": PRIOR.version, "readers": [f"local reader: {RECIPE}"]}
    assert "The advert was read by local reader: rules-1" in page
    assert detail["track_record"].pop("measured_at")
    assert detail["track_record"] == {
        "cases": 100, "percent": 1, "low_percent": 0, "high_percent": 5, "listed_percent": 1,
    }  # fmt: skip


def test_what_the_market_and_the_county_know_of_a_home_counts(open_source, clock):
    roll = Source.objects.create(slug="county", name="County", family="records", reader="records")
    since = ("2020-01-01T00:00:00Z", None)
    SourceRight.objects.create(source=roll, basis="public_record", during=since, may_value=True)
    record_sales(roll, [200_000], days_ago=12 * 366, address_lines=("1506 N. 116th Street",))
    bring(open_source)
    clock.advance(days=40)
    bring(open_source, asking_price=Decimal(370_800))

    score = services.assess_lead(lead_id=Lead.objects.get(kind="fsbo").pk)

    told = {item["part"]: (item["points"], item["says"]) for item in score.quality_evidence}
    assert told["years owned"] == (3, "Last sold 12 years ago, as recorded.")
    assert told["gain"] == (2, "It asks 85% more than it was last sold for.")
    assert told["price cuts"] == (3, "The price was cut 1 time.")
    assert told["depth of the cuts"] == (1, "It asks 10% less than it first did.")
    assert told["time on the market"] == (1, "Offered for 44 days, all adverts together.")
    assert services.replay(score.pk).is_same


@pytest.mark.parametrize(
    ("sold", "now", "years"),
    [
        ("2024-02-29", "2025-02-28", 0),
        ("2024-02-29", "2025-03-01", 1),
        ("2024-02-29", "2028-02-28", 3),
        ("2024-02-29", "2028-02-29", 4),
        ("2023-03-01", "2026-02-28", 2),  # 1,095 days: three years of 365
        ("2023-03-01", "2026-03-01", 3),
        ("2016-11-22", "2026-11-21", 9),  # 3,651 days: ten years of 365
        ("2016-11-22", "2026-11-22", 10),
        ("2027-01-01", "2026-11-22", 0),
    ],
)
def test_years_since_a_sale_are_the_calendars(sold, now, years):
    since, until = (datetime.fromisoformat(f"{day}T12:00:00+00:00") for day in (sold, now))

    assert _whole_years(since, until) == years
