"""Areas as operators set them: what is written, what is audited, and what is refused."""

import pytest
from django.urls import reverse

from aiqleads.core.models import AuditEntry
from leads.models import Source
from scraping import selectors
from scraping.models import CrawlArea

pytestmark = pytest.mark.django_db

AREA = {
    "name": "Austin, by owner",
    "start": "/search/reo",
    "category": "reo",
    "state_code": "TX",
    "kinds": ["fsbo"],
    "least_price": "50000",
    "stop_at_seen": "40",
    "is_enabled": "on",
}


@pytest.fixture
def source(open_source) -> Source:
    open_source.base_url = "https://www.homes.example.com"
    open_source.save()
    return open_source


def add(operator, **changes):
    return operator.post(reverse("admin:leads_source_add_area", args=["open-site"]), {**AREA, **changes})


def test_an_area_is_added_then_changed_and_both_are_audited(operator, source):
    add(operator)
    row = CrawlArea.objects.get(source=source)
    operator.post(reverse("admin:scraping_crawlarea_edit", args=[row.pk]), {**AREA, "least_price": ""})

    (area,) = selectors.areas_of(source)
    assert (area.start, area.kinds, area.least_price, area.stop_at_seen) == (
        "/search/reo",
        frozenset({"fsbo"}),
        None,
        40,
    )
    entries = AuditEntry.objects.filter(action="area.saved").order_by("at")
    assert [entry.details["least_price"] for entry in entries] == [[None, 50000], [50000, None]]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"start": "https://elsewhere.example.com/search"}, "start"),
        ({"start": ""}, "start"),
        ({"state_code": "Texas"}, "state_code"),
        ({"stop_at_seen": "-1"}, "stop_at_seen"),
    ],
)
def test_an_area_that_no_crawl_could_begin_in_is_refused(operator, source, said, field):
    answer = add(operator, **said)

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not CrawlArea.objects.filter(source=source).exists()


def test_a_second_area_cannot_begin_where_another_does_and_a_host_of_the_site_is_the_site(operator, source):
    add(operator, start="https://austin.homes.example.com/search")

    answer = add(operator, start="https://austin.homes.example.com/search")

    assert answer.status_code == 422
    assert CrawlArea.objects.filter(source=source).count() == 1
