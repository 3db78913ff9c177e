"""What bought leads cost and brought: who may see it, what counts, and few words where there is little."""

import csv
import re
from datetime import date
from io import StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aiqleads.core import clock as database_clock
from leads.models import Outcome
from marketplace import selectors, services
from marketplace.models import Listing
from marketplace.performance import Performance, Share
from marketplace.return_rules import Reason
from marketplace.selectors.reports import Period, Table
from tests.api.conftest import client_of
from tests.api.problems import assert_problem
from tests.marketplace.colleagues import join
from tests.marketplace.conftest import browser_of
from tests.marketplace.returned import buy

pytestmark = pytest.mark.django_db


@pytest.fixture
def dora(alice):
    """An agent in Alice's organisation."""
    return join(alice, "dora")


def test_a_share_of_few_is_said_in_whole_leads_alone():
    assert [Share(count=3, of=of).says for of in (0, 7, 19, 20)] == [
        "none yet",
        "3 of 7",
        "3 of 19",
        "3 of 20 (15%)",
    ]
    assert (Share(count=0, of=0).percent, Share(count=1, of=4).percent) == (0, 25)


def test_what_came_back_costs_nothing_and_a_listing_costs_what_all_kept_leads_cost():
    figures = Performance(bought=10, returned=2, spent_credits=130, credited_credits=30, listed=3)

    assert (figures.kept, figures.net_credits, figures.cost_per_listing_credits) == (8, 100, 33)
    assert figures.listing_rate == Share(count=3, of=8)
    assert Performance(spent_credits=5).cost_per_listing_credits is None


def mark(purchase, *words: str) -> None:
    for word in words:
        services.mark_outcome(purchase_id=purchase.pk, buyer=purchase.membership, status=Outcome.Status(word))


def give_back(purchase, olga) -> None:
    asked = services.request_return(purchase_id=purchase.pk, buyer=purchase.membership, reason=Reason.OUT_OF_AREA)
    services.decide_return(return_id=asked.pk, is_accepted=True, says="So it is.", actor_id=olga.pk)


def lately() -> Period:
    return Period.last(30, today=database_clock.now().date())


def test_the_newest_word_counts_and_a_lost_lead_had_come_as_far_as_the_word_before(make_lead, alice, olga):
    for words in (
        [],
        ["contacted"],
        ["appointment", "contacted"],
        ["contacted", "appointment", "lost"],
        ["lost"],
        ["appointment", "listed"],
        ["listed", "lost"],
    ):
        mark(buy(make_lead(), alice), *words)
    returned = buy(make_lead(), alice)
    mark(returned, "listed")
    give_back(returned, olga)

    total = selectors.report(alice, lately()).total

    assert total == Performance(
        bought=8,
        returned=1,
        spent_credits=80,
        credited_credits=10,
        contacted=5,
        appointments=3,
        listed=1,
        lost=3,
    )


def test_each_table_adds_up_to_the_whole(make_lead, alice, dora):
    leads = [make_lead() for _ in range(4)]
    Listing.objects.filter(pk__in=[lead.pk for lead in leads[:3]]).update(
        tier="premium", source_name="County clerk"
    )
    bought = [buy(lead, alice) for lead in leads]
    services.assign_purchases(purchase_ids=[bought[0].pk], to=dora, by=alice)
    mark(bought[1], "listed")

    report = selectors.report(alice, lately())

    named = {
        table: [(line.name, line.figures.bought, line.figures.listed) for line in lines]
        for table, lines in report.tables.items()
    }
    assert named == {
        Table.MEMBER: [("alice@example.com", 3, 1), ("dora@example.com", 1, 0)],
        Table.SOURCE: [("County clerk", 3, 1), ("A for-sale-by-owner site", 1, 0)],
        Table.TIER: [("Premium", 3, 1), ("Standard", 1, 0)],
    }


def test_an_owner_sees_all_and_everybody_else_their_own(make_lead, alice, bob, charlie, dora):
    for buyer in (alice, dora, charlie):
        buy(make_lead(), buyer)

    seen = {str(one.user): selectors.report(one, lately()).total.bought for one in (alice, bob, charlie, dora)}

    assert list(seen.values()) == [2, 0, 1, 1]
    own = selectors.report(dora, lately())
    assert (own.is_whole, [line.name for line in own.tables[Table.MEMBER]]) == (False, ["dora@example.com"])
    page = browser_of(dora.user).get("/reports/").content.decode()
    assert "The leads that you work on" in page
    assert "alice@example.com" not in page


def test_a_lead_counts_on_the_day_it_was_bought(make_lead, alice, clock):
    buy(make_lead(), alice)
    first_day = database_clock.now().date()
    clock.advance(days=10)
    buy(make_lead(), alice)
    today = database_clock.now().date()

    def bought(since: date, until: date) -> int:
        return selectors.report(alice, Period(since=since, until=until)).total.bought

    assert (bought(first_day, today), bought(first_day, first_day), bought(today, today)) == (2, 1, 1)
    assert selectors.report(alice, Period.last(10, today=today)).total.bought == 1
    assert selectors.report(alice, Period.last(11, today=today)).total.bought == 2


def test_the_page_says_little_where_there_is_little(alices, make_lead, alice, olga):
    assert "Nothing bought in this time" in alices.get("/reports/").content.decode()
    mark(buy(make_lead(), alice), "listed")
    give_back(buy(make_lead(), alice), olga)

    page = alices.get("/reports/?days=30").content.decode()

    assert "1 of 1" in page
    assert 'name="to" value="' in page, "the dates that were meant stand in the form"
    assert "(100%)" not in page
    assert "20 credits were spent, 10 came back with 1 lead given back." in page


@pytest.mark.parametrize(
    "query",
    [
        "days=0",
        "days=-1",
        "days=three",
        "days=%00",
        f"days={'9' * 5_000}",
        "from=yesterday",
        "from=0001-01-01",
        "to=9999-12-31",
        "from=2026-13-41",
        "from=2025-06-02&to=2025-06-01",
    ],
)
def test_a_period_that_makes_no_sense_is_named(alices, alice, query):
    assert alices.get(f"/reports/?{query}").status_code == 400
    assert alices.get(f"/reports/tier.csv?{query}").status_code == 400
    assert_problem(client_of(alice).get(f"/api/v1/reports/?{query}"), 400, "invalid")


def test_a_table_is_a_file_in_which_nothing_is_a_formula(alices, make_lead, alice):
    lead = make_lead()
    Listing.objects.filter(pk=lead.pk).update(source_name='=HYPERLINK("https://example.com")')
    mark(buy(lead, alice), "listed")

    answer = alices.get("/reports/source.csv?days=30")
    rows = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))

    assert answer["Content-Disposition"].startswith('attachment; filename="leads-by-source-')
    assert [row["Source"] for row in rows] == ['\'=HYPERLINK("https://example.com")', "Together"]
    assert (rows[0]["Credits net"], rows[0]["Listed"], rows[0]["Credits per listing"]) == ("10", "1", "10")
    assert alices.get("/reports/zip.csv").status_code == 404


def test_programs_read_the_same_figures(alice, make_lead):
    mark(buy(make_lead(), alice), "appointment")

    told = client_of(alice).get("/api/v1/reports/?days=7").json()

    assert told["is_whole"] is True
    assert (told["total"]["bought"], told["total"]["appointment_rate"]) == (1, 1.0)
    assert (told["total"]["cost_per_listing_credits"], told["total"]["listing_rate"]) == (None, 0.0)
    assert [line["name"] for line in told["by_member"]] == ["alice@example.com"]
    assert told["until"] == database_clock.now().date().isoformat()


PURCHASES_OF_OTHERS = """
SET LOCAL session_replication_role = replica;  -- rows without their claims
INSERT INTO marketplace_purchase SELECT (json_populate_record(bought, json_build_object(
    'id', gen_random_uuid(), 'claim_id', gen_random_uuid(), 'organisation_id', gen_random_uuid()))).*
    FROM marketplace_purchase bought, generate_series(1, 2000);
ANALYZE marketplace_purchase
"""
"""So many that no index is as good as one of the organisation's."""


def test_all_figures_are_one_query_by_the_index_of_the_organisation(alice, make_lead):
    buy(make_lead(), alice)
    period = lately()
    with CaptureQueriesContext(connection) as captured:
        selectors.report(alice, period)
    figures = captured.captured_queries[0]["sql"]

    with connection.cursor() as cursor:
        cursor.execute(PURCHASES_OF_OTHERS)
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {figures}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert len(captured.captured_queries) == 2  # the figures, and the members' names
    assert re.search(r"Index Cond: \(\(?organisation_id = ", plan), plan
    assert plan.count("outcome_newest") == 2, plan
    assert "Seq Scan" not in plan
