"""Operators see what each reason of a score rests on, and judge a score again from its page."""

import re

import pytest
from django.urls import reverse

from leads import services
from leads.models import Lead, Score, Source, SourceRight
from tests.leads.test_pipeline import record
from tests.leads.test_policies import another, bring
from tests.leads.test_sales_compared import record_sales

pytestmark = pytest.mark.django_db

REASON = re.compile(r'<b>(-?\d+)</b> <span>([^<]*) <a class="rests-on" href="([^"]*)">([^,<]*), ([^<]*)</a>')


def page_of(operator, name, *arguments):
    answer = operator.get(reverse(f"admin:leads_{name}", args=arguments))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_each_reason_leads_to_the_sighting_that_it_rests_on(operator, open_source):
    county = Source.objects.create(slug="county", name="County roll", family="records", reader="records")
    since = ("2020-01-01T00:00:00Z", None)
    SourceRight.objects.create(source=county, basis="public_record", during=since, may_value=True)
    record_sales(county, [200_000], days_ago=11 * 366, address_lines=("1506 N. 116th Street",))
    score = bring(open_source, description="Relocating. I am overseas.")
    sighting = score.lead.observations.get()

    page = page_of(operator, "lead_change", score.lead_id)

    told = REASON.findall(page)
    by_says = {says: (points, *where) for points, says, *where in told}
    here = f"/admin/leads/lead/{score.lead_id}/change/#seen-{sighting.pk}"
    seen = f"{sighting.first_seen_at:%b} {sighting.first_seen_at.day}, {sighting.first_seen_at:%Y %H:%M}"
    assert by_says["The advert says “relocating”."] == ("6", here, open_source.name, seen)
    assert by_says["Last sold 11 years ago, as recorded."][:3] == (
        "3",
        "/admin/leads/source/county/change/",
        county.name,
    )
    assert by_says["The advert says “i am overseas”."] == ("30", here, open_source.name, seen)
    assert f'<article id="seen-{sighting.pk}">' in page
    added = re.search(r'<li class="is-total"><b>(\d+)</b> <span>Quality</span>', page)
    assert added
    assert int(added[1]) == score.quality_score == sum(item["points"] for item in score.quality_evidence)
    assert "facts known." in page


def test_a_score_is_judged_again_on_its_page_and_nothing_changes(operator, open_source):
    score = bring(open_source, description="Relocating.")

    assert reverse("admin:leads_score_replay", args=[score.pk]) in page_of(operator, "lead_change", score.lead_id)
    page = page_of(operator, "score_replay", score.pk)

    assert "<h2>The same</h2>" in page
    assert f'Quality</th><td data-label="Kept">{score.quality_score}</td>' in page
    assert "differs" not in page
    assert list(Score.objects.all()) == [score]


def test_a_score_that_somebody_wrote_past_the_rules_says_what_differs(operator, open_source):
    score = bring(open_source, description="Relocating.")
    evidence = [{**item, "points": 40} if item["part"] == "moving" else item for item in score.quality_evidence]
    forged = another(score, quality_score=100, quality_evidence=evidence)

    page = page_of(operator, "score_replay", forged.pk)

    assert "Not what was kept</h2>" in page
    assert re.findall(r'<tr class="differs"><th scope="row">([^<]*) <small>', page) == [
        "Quality",
        "The advert says “relocating”.",
    ]


def test_a_score_whose_facts_were_not_kept_says_so(operator, open_source):
    score = another(bring(open_source), facts=None)

    assert "The facts of this score were not kept." in page_of(operator, "score_replay", score.pk)


def test_a_lead_without_a_score_says_so(operator, open_source):
    services.ingest(record=record(), source=open_source)
    lead = Lead.objects.get()

    assert "It was not scored yet." in page_of(operator, "lead_change", lead.pk)
