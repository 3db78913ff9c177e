"""When the share of records that have a field falls out of a source's own history, and what then waits for whom."""

from dataclasses import replace

import pytest

from aiqleads.core import alerts, clock
from leads import services as leads
from leads.models import Lead, Observation, Source
from leads.records import ListingRecord
from scraping import selectors, services
from scraping.drift import Share, at_most, is_drifting, shares_of
from scraping.journal import RunJournal
from scraping.models import STALE_AFTER, CrawlRun, FieldHealth
from tests.conftest import make_source
from tests.scraping.small_sites import advert, advert_path, crawl, front, page, serving

SLUG = "demo-fsbo"


def share(valid: int, records: int, *, filled: int | None = None) -> Share:
    return Share(records=records, filled=valid if filled is None else filled, valid=valid)


STEADY = [share(95, 100), share(97, 100), share(96, 100)]
SPREAD = [share(60, 100), share(90, 100), share(75, 100), share(50, 100), share(95, 100)]


@pytest.mark.parametrize(
    ("now", "history", "drifts"),
    [
        (share(0, 20), STEADY, True),
        (share(12, 20), STEADY, True),
        (share(14, 20), STEADY, False),
        (share(3, 8), STEADY, True),
        (share(0, 7), STEADY, False),
        (share(0, 3), [share(0, 5), *STEADY], True),
        (share(0, 3), [share(5, 5), *STEADY], False),
        (share(45, 100), SPREAD, False),
        (share(0, 100), [share(9, 10)], False),
        (share(100, 100), [share(2, 100)] * 3, False),
        (share(5, 100, filled=97), [share(96, 100)] * 3, True),
        (share(0, 20), [share(8, 8)] * 5, True),
        (share(0, 20), [], False),
    ],
)
def test_a_share_drifts_when_chance_and_usual_spread_do_not_explain_its_fall(now, history, drifts):
    assert is_drifting(now, history) is drifts


def test_the_binomial_tail_is_exact():
    assert at_most(0, of=3, chance=0.5) == pytest.approx(0.125)
    assert at_most(3, of=3, chance=0.98) == pytest.approx(1)
    assert at_most(1, of=2, chance=0.9) == pytest.approx(0.19)


def test_a_doubted_or_lost_field_is_filled_and_not_valid_and_what_was_rejected_does_not_count():
    sound = ListingRecord(title="A home", area_sqft=900, phones=("+15125550142",))
    doubted = ListingRecord(
        title="A home", area_sqft=9, flags=frozenset({"area_implausible"}), lost_fields=frozenset({"title"})
    )
    shares = shares_of([sound, doubted, ListingRecord(rejected="no home")])

    assert shares["title"] == replace(share(1, 2, filled=2), lost=1)
    assert shares["area_sqft"] == share(1, 2, filled=2)
    assert shares["contact"] == share(1, 2)


def homes(numbers: range, *, beds: int | None = 3):
    return {advert_path(n): page(advert(n, beds=beds, extra="<p>Call 512-555-0142</p>")) for n in numbers}


def judged(observations) -> tuple[str, str]:
    """How the lead of one of these observations is judged now."""
    lead_id = observations.values_list("lead_id", flat=True)[0]
    leads.assess_lead(lead_id=lead_id)
    lead = Lead.objects.get(pk=lead_id)
    return lead.state, lead.state_reason


@pytest.mark.django_db(transaction=True)
def test_what_a_drifting_run_brings_waits_until_an_operator_believes_it(subtests, olga):
    with serving({"/": page(front(*range(1, 31))), **homes(range(1, 31))}) as site:
        first = crawl(SLUG, site.base_url)
        site.pages |= {"/": page(front(*range(1, 51))), **homes(range(31, 51), beds=None)}
        drifted = crawl(SLUG, site.base_url)
        held = Observation.objects.filter(is_held=True)
        with subtests.test("the field is named, and only what is new is held"):
            assert (first.state, drifted.state, drifted.new_count) == ("finished", "finished", 20)
            drifting = FieldHealth.objects.filter(is_drifting=True)
            assert [(item.run, item.field, item.valid_count) for item in drifting] == [(drifted, "beds", 0)]
            assert held.count() == 20
            alert = alerts.open_alerts().get(key=f"crawl.drift:{SLUG}:beds")
            assert "beds is there in 0 of 20 records" in alert.says
        with subtests.test("its leads wait for review, and those of before do not"):
            assert judged(held) == ("review", "Its source reads otherwise than before.")
            assert judged(Observation.objects.filter(is_held=False))[0] != "review"
        with subtests.test("a run that brings nothing new settles nothing"):
            quiet = crawl(SLUG, site.base_url)
            assert (quiet.parsed_count, held.count()) == (0, 20)
            assert alerts.check_all().filter(key=f"crawl.drift:{SLUG}:beds").exists()
        with subtests.test("an operator believes it: the leads pass, and this is the new history"):
            services.release_believed(services.believe_run(run_id=drifted.pk, actor_id=olga.pk))
            site.pages |= {"/": page(front(*range(1, 71))), **homes(range(51, 71), beds=None)}
            after = crawl(SLUG, site.base_url)
            assert judged(Observation.objects.filter(crawl_run_id=drifted.pk))[0] != "review"
            assert not alerts.check_all().filter(key__startswith="crawl.drift").exists()
            assert (after.new_count, held.count()) == (20, 0)


@pytest.mark.django_db
def test_what_a_killed_run_held_is_named_when_the_next_run_finds_it_dead_and_goes_on_waiting(subtests):
    source = make_source(SLUG, may_list=True)
    Source.objects.filter(pk=SLUG).update(base_url="http://127.0.0.1:9")
    healthy = CrawlRun.objects.create(source=source, state="finished")
    FieldHealth.objects.create(run=healthy, field="beds", record_count=50, filled_count=50, valid_count=50)
    killed = services.start_run(slug=SLUG)
    journal = RunJournal(killed, selectors.plan_of(killed))
    records = [ListingRecord(external_id=str(n), title=f"Home {n}", kind="fsbo") for n in range(20)]
    journal.fields.note(records)
    leads.ingest_many(records=records, source=source, crawl_run_id=killed.pk, is_held=journal.is_holding())
    CrawlRun.objects.filter(pk=killed.pk).update(heartbeat_at=clock.now() - STALE_AFTER)

    services.start_run(slug=SLUG)

    killed.refresh_from_db()
    with subtests.test("its report counts what it stored"):
        assert (killed.state, killed.reason, killed.new_count) == ("failed", "It stopped without a word.", 20)
    with subtests.test("the alert names the field, as long as the records wait"):
        assert "beds is there in 0 of 20 records" in alerts.open_alerts().get(key=f"crawl.drift:{SLUG}:beds").says
        assert Observation.objects.filter(is_held=True).count() == 20
        assert alerts.check_all().filter(key=f"crawl.drift:{SLUG}:beds").exists()


@pytest.mark.parametrize(
    ("lost", "drifts"), [(0, False), (2, False), (6, True)], ids=["none", "by chance", "its node was renamed"]
)
def test_a_field_that_advertisers_often_leave_out_drifts_when_pages_lose_it(lost, drifts):
    history = [share(valid, 20) for valid in (9, 14, 6, 12)]

    assert is_drifting(replace(share(7, 20), lost=lost), history) is drifts


@pytest.mark.django_db
def test_a_believed_run_begins_a_source_s_history_anew():
    source = make_source(SLUG, may_list=True)
    runs = []
    for number in range(4):
        runs.append(CrawlRun.objects.create(source=source, state="finished", is_believed=number == 2))
        FieldHealth.objects.create(
            run=runs[-1],
            field="beds",
            record_count=50,
            filled_count=number,
            valid_count=number,
            is_drifting=number in {1, 2},
        )

    shares = selectors.health_of(Source.objects.get(pk=SLUG))["beds"]

    assert [item.valid for item in shares] == [3, 2]
