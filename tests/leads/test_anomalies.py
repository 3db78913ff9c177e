"""A source or a market that is doubtful far oftener than it was tells operators."""

from datetime import UTC, datetime, timedelta

import pytest

from leads import anomalies
from leads.models import Lead, Observation, Score
from tests.conftest import make_source

pytestmark = pytest.mark.django_db


def judge(source, verdicts, *, zip_code) -> None:
    """Judgements of as many leads of ``source``, the last one newest."""
    leads = Lead.objects.bulk_create(Lead(kind="fsbo", zip_code=zip_code) for _ in verdicts)
    Observation.objects.bulk_create(
        Observation(source=source, lead=lead, external_id_hash=str(lead.pk), content_hash="c") for lead in leads
    )
    first = datetime(2026, 11, 1, tzinfo=UTC)
    Score.objects.bulk_create(
        Score(
            lead=lead, quality_score=50, fraud_score=0, tier="low", verdict=verdict, model_version="test",
            quality_evidence=[], fraud_evidence=[], scored_at=first + timedelta(minutes=position),
        )
        for position, (lead, verdict) in enumerate(zip(leads, verdicts, strict=True))
    )  # fmt: skip


def test_a_source_and_a_market_out_of_their_own_history_are_found():
    calm, wild = make_source("calm", may_list=True), make_source("wild", may_list=True)
    judge(wild, ["pass"] * 99 + ["review"] + ["review", "pass"] * 20, zip_code="78704")
    judge(calm, ["pass", "pass", "pass", "review"] * 36, zip_code="53226")

    told = {finding.key: finding.says for finding in anomalies.find_anomalies()}

    assert told.keys() == {"judging:source:wild", "judging:market:787"}
    assert "Of the 40 leads judged last" in told["judging:source:wild"]


@pytest.mark.parametrize(
    ("newest", "before", "is_out"),
    [(4, 5, False), (12, 5, True), (40, 95, False), (12, 30, False), (0, 0, False)],
)
def test_chance_alone_is_no_anomaly(newest, before, is_out):
    told = [True] * newest + [False] * (40 - newest), [True] * before + [False] * (100 - before)

    assert anomalies.is_out_of_history(*told) == is_out
