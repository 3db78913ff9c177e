"""Thresholds in versions, judgements made again, and what like homes nearby ask."""

import json
from decimal import Decimal
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from aiqleads.core import events
from aiqleads.core.models import AuditEntry
from leads import judging, services
from leads.comparables import markets_of
from leads.errors import NotReplayable, UnusablePolicy
from leads.models import JudgingPolicy, Lead, Score
from tests.leads.test_pipeline import record

pytestmark = pytest.mark.django_db


def bring(source, **facts) -> Score:
    services.ingest(record=record(**facts), source=source)
    events.deliver_all()
    return Score.objects.latest("scored_at")


def another(score: Score, **changes) -> Score:
    """A score like ``score`` but for ``changes``: what is written is never edited."""
    kept = {field.attname: getattr(score, field.attname) for field in Score._meta.concrete_fields}
    return Score.objects.create(**{**kept, "id": uuid4(), **changes})


def set_policy(olga, **numbers) -> JudgingPolicy:
    said = {"name": "Strict", "review_from": 20, "reject_from": 30, "weights": {"text": 100}, **numbers}
    return services.set_judging_policy(actor_id=olga.pk, **said)


def test_a_score_is_made_again_from_what_was_kept(open_source, olga, clock):
    score = bring(open_source, description="I am overseas. Relocating, must sell.")
    clock.advance(days=40)
    set_policy(olga)

    replayed = services.replay(score.pk)

    assert replayed.is_same
    assert (replayed.judgement.fraud_score, str(replayed.judgement.verdict)) == (30, "pass")


def test_the_newest_policy_judges_and_is_named(open_source, olga):
    policy = set_policy(olga)

    score = bring(open_source, description="I am overseas.")

    assert (score.policy, score.verdict, Lead.objects.get().state) == (policy, "reject", "rejected")
    assert services.replay(score.pk).is_same
    (entry,) = AuditEntry.objects.filter(action="judging_policy.set")
    assert entry.details["review_from"] == [40, 20]


def test_nothing_of_the_advert_is_kept_but_its_signals(open_source):
    score = bring(open_source, description="I am overseas. The creek sings.", contact_name="Casey Homeowner")

    kept = json.dumps({**score.facts, "told_by": None})  # ids hold any digits by chance

    assert "overseas" in kept
    assert not any(word in kept for word in ("creek", "Casey", "+1512", "1506"))


def test_a_score_of_other_rules_or_without_facts_is_not_made_again(open_source):
    score = bring(open_source)

    with pytest.raises(NotReplayable, match="points-1"):
        services.replay(another(score, model_version="points-1").pk)
    with pytest.raises(NotReplayable, match="not kept"):
        services.replay(another(score, facts=None).pk)


def test_the_command_prints_the_judgement_and_fails_where_it_differs(open_source):
    score = bring(open_source, description="I am overseas.")
    printed = StringIO()

    call_command("replay_score", str(score.pk), stdout=printed)

    assert "+30 owner is away" in printed.getvalue()
    with pytest.raises(CommandError, match="otherwise"):
        call_command("replay_score", str(another(score, fraud_score=31).pk), stdout=StringIO())
    with pytest.raises(CommandError):
        call_command("replay_score", str(uuid4()), stdout=StringIO())


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"review_from": 31}, "reject_from"),
        ({"review_from": 0}, "reject_from"),
        ({"weights": {"moon": 100}}, "weights"),
        ({"weights": {"text": 301}}, "weights"),
    ],
)
def test_a_policy_that_contradicts_itself_changes_nothing(olga, wrong, field):
    with pytest.raises(UnusablePolicy) as refusal:
        set_policy(olga, **wrong)

    assert refusal.value.field == field
    assert not JudgingPolicy.objects.exists()


def test_a_policy_is_never_edited(olga):
    policy = set_policy(olga)

    with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
        JudgingPolicy.objects.filter(pk=policy.pk).update(review_from=1)


def test_a_trial_tells_what_a_policy_would_do_and_does_nothing(open_source):
    bring(open_source, description="I am overseas.")
    bring(open_source, external_id="b", line="9 Elm St", description="Bright.", phones=())

    trial = judging.try_policy(judging.Policy(review_from=20, reject_from=90))

    assert (trial.leads, trial.review, trial.rejected) == (2, 1, 0)
    assert set(Lead.objects.values_list("state", flat=True)) == {"active"}


def make_market(prices_dollars, *, zip_code="78704", **facts) -> None:
    Lead.objects.bulk_create(
        Lead(
            kind="fsbo",
            state="active",
            zip_code=zip_code,
            asking_price_cents=dollars * 100,
            **{"area_sqft": 1000, "beds": Decimal(3), "property_type": "single_family", **facts},
        )
        for dollars in prices_dollars
    )


HOME = {"kind": "fsbo", "zip_code": "78704", "area_sqft": 1000, "asking_price_cents": 1}


def test_an_absurd_price_moves_no_median():
    make_market([200_000] * 5 + [210_000] * 5 + [1, 900_000_000])

    lead = Lead(**HOME)
    market = markets_of([lead])[lead.pk]

    assert (market.homes, market.area, market.measure) == (12, "78704", "square foot")
    assert 200_00 <= market.median_cents <= 210_00
    assert market.spread < 0.05


def test_too_few_homes_in_the_zip_ask_its_neighbours_and_no_one_beyond():
    make_market([200_000] * 4)
    make_market([300_000] * 4, zip_code="78745")
    make_market([900_000] * 50, zip_code="79000")

    lead = Lead(**HOME)
    market = markets_of([lead])[lead.pk]

    assert (market.homes, market.area) == (8, "787xx")


def test_unlike_offers_are_no_comparison():
    make_market([200_000] * 7)
    make_market([2_000] * 9, price_period="month")
    make_market([90_000] * 9, property_type="land")
    Lead.objects.filter(asking_price_cents=200_000_00).first().delete()

    assert markets_of([Lead(**HOME)]) == {}


def test_the_look_up_reads_an_index_and_not_the_table():
    make_market([200_000] * 20)

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")  # which PostgreSQL 15 prefers for so few
        cursor.execute(
            "EXPLAIN SELECT id, zip_code, property_type, beds, area_sqft, asking_price_cents "
            "FROM leads_lead WHERE state = 'active' AND asking_price_cents > 0 AND "
            "price_period = 'once' AND zip_code BETWEEN '78704' AND '78799' ORDER BY zip_code, id LIMIT 64"
        )
        plan = " ".join(row[0] for row in cursor.fetchall())

    assert "Index Only Scan using lead_comparable" in plan
    assert "Sort" not in plan
