"""A page of the marketplace costs the same wherever it starts and however much is on offer."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace import selectors, synthetic
from marketplace.filters import ListingFilters, Sort

pytestmark = pytest.mark.django_db
LEADS = 1500


def listing_scans(plan: dict[str, object]) -> list[dict[str, object]]:
    below = [found for part in plan.get("Plans", []) for found in listing_scans(part)]
    return [plan, *below] if plan.get("Relation Name") == "marketplace_listing" else below


@pytest.mark.parametrize("sort", Sort)
def test_a_deep_page_reads_its_own_rows_off_the_index_and_no_others(sort):
    synthetic.load(count=LEADS, seed=1)
    middle = selectors.search(ListingFilters(sort=sort), size=LEADS // 2)

    with CaptureQueriesContext(connection) as captured:
        page = selectors.search(ListingFilters(sort=sort), cursor=middle.next)

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {captured.captured_queries[-1]['sql']}")
        answer = cursor.fetchone()[0]
    [scan] = listing_scans((json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"])
    assert (scan["Index Name"], scan["Actual Rows"]) == (f"listing_{sort}", selectors.PAGE_SIZE + 1)
    assert scan.get("Rows Removed by Filter", 0) == 0
    assert not {row.pk for row in page.results} & {row.pk for row in middle.results}


def test_what_is_on_offer_is_counted_up_to_a_bound():
    synthetic.load(count=6, seed=1)

    assert [selectors.count(ListingFilters(), at_most=bound) for bound in (5, 6, 7)] == [5, 6, 6]
