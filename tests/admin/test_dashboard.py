"""The operator's first screen: every number on it, and what it costs to gather."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django_celery_beat.models import PeriodicTask

from aiqleads.core import alerts, clock, events
from aiqleads.core.models import OutboxEvent
from leads.events import LeadChanged
from leads.models import Lead, Score
from marketplace import services
from marketplace.dashboard import dashboard
from scraping.models import CrawlRun
from tests.conftest import log_in

pytestmark = pytest.mark.django_db


def source_line(slug):
    return next(line for line in dashboard().sources if line.slug == slug)


def test_leads_are_counted_in_every_state(make_lead):
    for state in ("active", "active", "review"):
        make_lead(state=state) if state == "active" else Lead.objects.create(kind="fsbo", state=state)

    shown = {item.state: (item.count, round(item.share_percent)) for item in dashboard().states}

    assert shown == {
        **dict.fromkeys(Lead.State.values, (0, 0)),
        "active": (2, 67),
        "review": (1, 33),
    }
    assert dashboard().offered_count == 2


def test_the_review_queue_starts_with_the_longest_waiting():
    waiting = [
        Lead.objects.create(
            kind="fsbo",
            state="review",
            state_reason="May be a fraud.",
            changed_at=clock.now() - timedelta(hours=hours),
        )
        for hours in range(12)
    ]

    assert list(dashboard().review_queue) == waiting[:1:-1]
    assert dashboard().review_count == 12


def test_sales_and_holds_are_those_of_their_days(make_lead, alice, charlie, grant, clock):
    grant(alice, 100)
    for price_credits, days in ((10, 20), (30, 5), (7, 0)):
        services.hold_lead(lead_id=make_lead(price_credits=price_credits).pk, buyer=alice)
        services.check_out(buyer=alice, idempotency_key=str(days))
        clock.advance(days={20: 15, 5: 5, 0: 0}[days])
    services.hold_lead(lead_id=make_lead().pk, buyer=charlie)

    shown = dashboard()

    assert [(item.days, item.count, item.revenue_credits) for item in shown.sales] == [
        (1, 1, 7),
        (7, 2, 37),
        (30, 3, 47),
    ]
    assert (shown.held_count, shown.credits_in_wallets, shown.are_books_balanced) == (1, 53, True)


def test_a_source_shows_its_right_its_last_run_and_its_schedule(open_source):
    CrawlRun.objects.create(source=open_source, state="finished", started_at=clock.now() - timedelta(days=1))
    failed = CrawlRun.objects.create(source=open_source, state="failed", reason="The site did not answer.")
    PeriodicTask.objects.filter(name="Crawl zillow").update(enabled=True)

    line = source_line("open-site")

    assert (line.right.basis, line.run, line.needs_a_look, line.crawled_every) == ("permission", failed, True, "")
    assert source_line("zillow").crawled_every.startswith("No right in force allows Zillow to be crawled.")
    assert source_line("zillow").right.basis == "prohibited"


def test_open_alerts_are_shown_and_a_closed_one_is_not(operator):
    alerts.open_alert(key="crawl.wall:zillow", says="Zillow shows a log-in wall.")
    alerts.open_alert(key="crawl.wall:redfin", says="Redfin shows a block page.")
    alerts.close_alert(key="crawl.wall:redfin")

    page = operator.get(reverse("admin:index")).content.decode()

    assert [alert.says for alert in dashboard().alerts] == ["Zillow shows a log-in wall."]
    assert "Zillow shows a log-in wall." in page


def test_the_outbox_tells_what_waits_and_what_was_given_up(lead):
    before = events.backlog()
    OutboxEvent.objects.all().delete()
    OutboxEvent.objects.create(name=LeadChanged.name, payload={"lead_id": str(lead.pk)})
    OutboxEvent.objects.create(
        name=LeadChanged.name, payload={"lead_id": str(lead.pk)}, attempts=events.MAX_ATTEMPTS
    )

    shown = dashboard().outbox

    assert before.given_up == 0
    assert (shown.waiting, shown.given_up) == (1, 1)
    assert shown.oldest_at is not None


def test_the_screen_costs_the_same_however_much_there_is(make_lead, django_assert_num_queries):
    with django_assert_num_queries(14):
        dashboard()
    for _ in range(5):
        make_lead()

    with django_assert_num_queries(14):
        dashboard()


def test_the_first_screen_shows_it_all_and_settles_a_lead(client, olga, open_source):
    log_in(client, olga)
    waiting = Lead.objects.create(
        kind="fsbo", state="review", summary="3-bed house", state_reason="May be a fraud."
    )

    said = {"part": "owner is away", "points": 40, "field": "description", "says": "The advert says “overseas”."}
    Score.objects.create(
        lead=waiting, quality_score=50, fraud_score=40, tier="standard", verdict="review",
        model_version="test", quality_evidence=[], fraud_evidence=[said],
    )  # fmt: skip

    page = client.get(reverse("admin:index")).content.decode()
    chosen = {"action": "reject", "_selected_action": [str(waiting.pk)]}
    asked = client.post(reverse("admin:leads_lead_changelist"), chosen)
    client.post(
        reverse("admin:leads_lead_changelist"), {**chosen, "decide": "yes", "reason": "Very likely a fraud"}
    )

    assert "3-bed house" in page
    assert "May be a fraud. The advert says “overseas”." in page
    assert "AIQLeads" in page
    assert "Reject 1 lead" in asked.content.decode()
    assert Lead.objects.get().state == "rejected"
