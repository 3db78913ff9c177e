"""A misspelt word finds what was meant, by the words that offers say; no search grows with the table for it."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from marketplace import selectors, services
from marketplace.filters import ListingFilters
from marketplace.models import Listing, OfferWord
from tests.marketplace.test_pages_browsing import cards_on, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def garage(make_lead):
    """An offer with a garage, one without, and their words counted."""
    lead = make_lead(summary="3-bed house, garage, large garden")
    make_lead(summary="3-bed house, pool")
    services.count_words()
    return lead


def test_the_words_of_offers_are_counted(garage):
    said = dict(OfferWord.objects.values_list("word", "offers"))

    assert said == {"house": 2, "garage": 1, "garden": 1, "large": 1, "pool": 1, "hidden": 2, "creek": 2, "road": 2}
    assert OfferWord.objects.get(word="garage").lexeme == "garag"


def test_words_for_people_are_no_words_to_suggest(make_lead):
    make_lead(summary="House near the church, catholic neighborhood")

    services.count_words()

    assert not OfferWord.objects.filter(word__in=["church", "catholic"]).exists()


def test_counting_again_forgets_what_is_no_longer_said(garage):
    Listing.objects.filter(pk=garage.pk).update(delisted_at="2026-01-01T00:00:00Z")

    assert services.count_words() == 5
    assert not OfferWord.objects.filter(word="garage").exists()


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("garge", {"garge": "garage"}),
        ("Large gardn", {"gardn": "garden"}),
        ("garages", {}),
        ("xylophone", {}),
        ('"garge"', {}),
        ("pool -garge", {}),
        ("", {}),
    ],
)
def test_a_word_that_no_offer_says_means_the_most_alike_one(garage, words, meant):
    forgiven = selectors.forgive(ListingFilters(q=words))

    assert dict(forgiven.meant) == meant
    assert forgiven.filters.q == ("large garden" if "gardn" in words else "garage" if meant else words)


def test_a_right_word_that_no_offer_says_is_no_slip_of_one_that_they_do(make_lead):
    make_lead(summary="House with fibre internet, hills nearby")
    services.count_words()

    assert selectors.forgive(ListingFilters(q="fire bills")).meant == {}
    assert dict(selectors.forgive(ListingFilters(q="fibrre")).meant) == {"fibrre": "fibre"}


def test_a_word_of_an_offer_that_is_younger_than_the_count_is_left_alone(garage, make_lead):
    make_lead(summary="House with a gardena hedge")

    assert selectors.forgive(ListingFilters(q="gardena")).meant == {}


def test_the_page_says_what_it_shows_instead_and_how_to_search_as_typed(client, garage):
    page = client.get("/leads/?q=garge")
    literal = client.get("/leads/?q=garge&literal=1")

    assert cards_on(page) == [str(garage.pk)]
    assert "No offer says “garge”; showing “garage”." in text_of(page)
    assert 'href="?q=garge&amp;literal=1"' in page.content.decode()
    assert cards_on(literal) == []


def test_programs_are_told_what_was_meant(garage):
    api = APIClient()

    answer = api.get("/api/v1/leads/?q=garge").json()

    assert [row["id"] for row in answer["results"]] == [str(garage.pk)]
    assert answer["meant"] == {"garge": "garage"}
    assert "meant" not in api.get("/api/v1/leads/?q=garage").json()
    assert api.get("/api/v1/leads/?q=garge&literal=1").json()["results"] == []


def test_what_is_alike_is_read_off_an_index(garage):
    with CaptureQueriesContext(connection) as captured:
        selectors.forgive(ListingFilters(q="gardn garge"))

    alike, *said = [plan_of(query["sql"]) for query in captured.captured_queries]
    assert "offer_word_like" in alike
    assert "offer_word_lexeme" in alike
    assert len(said) == 2  # one look at the text index for each word that is about to be put right


def plan_of(statement: str) -> str:
    """The plan where whatever an index can answer is asked of one, as with a million offers."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statement}")
        return json.dumps(cursor.fetchall())
