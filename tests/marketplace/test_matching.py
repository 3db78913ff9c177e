"""The best matches of words: in an order of their own, walked page by page, each saying why it is there."""

from uuid import UUID

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from aiqleads.core import keyset
from leads.reading.catalogue import labels, search_words
from marketplace import offering, selectors
from marketplace.filters import ListingFilters, Sort
from marketplace.models import Listing
from marketplace.selectors import answering
from marketplace.selectors.clusters import Window
from tests.marketplace.test_pages_browsing import cards_on, text_of

pytestmark = pytest.mark.django_db

TEXAS = Window(west=-107, south=25, east=-93, north=37, zoom=6)


@pytest.fixture
def anonymous() -> APIClient:
    return APIClient()


def match(words: str, **filters: object) -> ListingFilters:
    return ListingFilters(q=words, sort=Sort.MATCH, **filters)


def keys(page) -> list:
    return [listing.pk for listing in page.results]


def test_who_says_all_words_comes_before_who_says_some_and_the_rest_is_left_out(make_lead):
    some, both, _ = (
        make_lead(summary=says).pk for says in ("House with a pool", "House with a pool and a garage", "House")
    )

    page = selectors.find(match("pool garage"))

    assert keys(page) == [both, some]
    assert page.matched == 2
    assert page.matches[both].said == ("pool", "garage")
    assert page.matches[some].said == ("pool",)


@pytest.fixture
def offer(make_lead):
    """An offer that has some features, by their names."""

    def make(*features: str) -> UUID:
        lead, told = make_lead(), list(features)
        words = {"features": labels(told), "feature_words": search_words(told)}
        Listing.objects.filter(pk=lead.pk).update(**words)
        return lead.pk

    return make


def test_a_wish_is_answered_by_what_a_home_has_whatever_words_are_used(offer):
    guest, _ = offer("guest unit", "pool"), offer("garage")

    page = selectors.find(match("granny flat"))

    assert keys(page) == [guest]
    assert (page.matches[guest].said, page.matches[guest].meaning) == (("guest unit",), ())


def test_what_answers_a_wish_in_part_comes_later_and_is_told_as_meaning(offer):
    updated, ready = offer("updated"), offer("move-in ready")

    page = selectors.find(match("turn key"))

    assert keys(page) == [ready, updated]
    assert (page.matches[ready].said, page.matches[ready].meaning) == (("move-in ready",), ())
    assert (page.matches[updated].said, page.matches[updated].meaning) == ((), ("updated throughout",))


def test_what_is_not_wanted_is_left_out(offer):
    wet, dry = offer("garage", "pool"), offer("garage")

    assert keys(selectors.find(match("garage without a pool"))) == [dry]
    assert set(keys(selectors.find(match("garage")))) == {wet, dry}


def test_filters_narrow_and_words_do_not(make_lead):
    dear, cheap = (make_lead(summary="A pool", price_credits=credits_).pk for credits_ in (30, 10))
    filters = match("pool garage", price_max=20)

    assert keys(selectors.find(filters)) == [cheap]
    assert selectors.count(selectors.pool(filters)) == 1
    assert selectors.count(selectors.pool(match("pool garage"))) == 2
    assert {dear, cheap} == set(keys(selectors.find(match("pool garage"))))


def test_of_equal_matches_the_better_lead_comes_first_and_then_the_key_decides(make_lead):
    same = sorted(make_lead(summary="A pool").pk for _ in range(3))
    Listing.objects.filter(pk=same[0]).update(quality_score=99)

    found = [keys(selectors.find(match("pool"))) for _ in range(2)]

    assert found[0] == found[1] == [same[0], same[2], same[1]]


@pytest.fixture
def thirty(make_lead):
    return [make_lead(summary="A pool").pk for _ in range(30)]


def test_deeper_pages_go_on_where_the_first_ended_whatever_is_listed_and_sold_meanwhile(thirty, make_lead):
    first = selectors.find(match("pool"), size=10)
    offering.delist_lead(lead_id=keys(first)[0], reason="gone")
    Listing.objects.filter(pk=make_lead(summary="A pool").pk).update(quality_score=99)

    second = selectors.find(match("pool"), cursor=first.next, size=10)
    third = selectors.find(match("pool"), cursor=second.next, size=10)

    assert sorted(keys(first) + keys(second) + keys(third)) == sorted(thirty)
    assert third.next is None
    assert keys(selectors.find(match("pool"), cursor=third.previous, size=10)) == keys(second)
    assert keys(selectors.find(match("pool"), cursor=second.previous, size=10)) == keys(first)[1:]


def test_a_list_that_is_forgotten_is_made_again_and_goes_on_behind_the_last_that_was_seen(thirty):
    first = selectors.find(match("pool"), size=10)
    offering.delist_lead(lead_id=keys(first)[3], reason="gone")
    cache.clear()

    second = selectors.find(match("pool"), cursor=first.next, size=10)

    assert not set(keys(first)) & set(keys(second))
    assert len(second.results) == 10


@pytest.mark.parametrize("position", [("", 1), (":x", 1), (":", "x"), (":", -1), (7, 1)])
def test_a_cursor_that_is_not_ours_is_refused(anonymous, client, position):
    cursor = keyset.written((0, *position))

    assert anonymous.get(f"/api/v1/leads/?q=pool&cursor={cursor}").status_code == 400
    assert client.get(f"/leads/?q=pool&cursor={cursor}")["Location"] == "/leads/?q=pool"


def test_words_are_matched_best_unless_another_order_is_asked_for_or_they_are_meant_as_typed(anonymous, make_lead):
    some, both = make_lead(summary="A pool").pk, make_lead(summary="A pool and a garage").pk
    query = "/api/v1/leads/?q=pool garage"

    found = {
        asked: [row["id"] for row in anonymous.get(query + asked).json()["results"]]
        for asked in ("", "&sort=match", "&sort=newest", "&literal=1")
    }

    assert found[""] == found["&sort=match"] == [str(both), str(some)]
    assert found["&sort=newest"] == found["&literal=1"] == [str(both)]
    assert len(anonymous.get('/api/v1/leads/?q="pool garage"').json()["results"]) == 0


def test_the_page_says_how_many_are_shown_of_how_many_and_why(client, make_lead):
    make_lead(summary="A house")
    pool = make_lead(summary="A pool")

    page = client.get("/leads/?q=pool+terrace")

    assert cards_on(page) == [str(pool.pk)]
    assert "The best 1 of 2 leads" in text_of(page)
    assert "Matched: pool" in text_of(page)
    assert '<option value="match" selected>Best match first</option>' in page.content.decode()


def test_a_card_that_refreshes_itself_keeps_why_it_stands_in_the_list(client, make_lead):
    pool = make_lead(summary="A pool")
    said = f'<p class="faint" id="because-{pool.pk}"'

    assert f"{said}>Matched: pool</p>" in client.get("/leads/?q=pool+terrace").content.decode()
    assert f"{said} hidden></p>" in client.get("/leads/").content.decode()
    assert f'{said} hx-preserve="true" hidden></p>' in client.get(f"/leads/{pool.pk}/card/").content.decode()


def test_the_map_shows_what_the_list_shows(make_lead):
    make_lead(summary="A house")
    pool = make_lead(summary="A pool").pk

    view = selectors.map_view(match("pool terrace"), TEXAS)

    assert [listing.pk for listing in view.listings] == [pool]
    assert view.count + view.not_on_map == selectors.find(match("pool terrace")).matched


def test_the_order_that_fits_is_not_told_in_the_address_and_the_newest_is_where_there_are_words(client):
    assert client.get("/leads/?q=pool&sort=match")["Location"] == "/leads/?q=pool"
    assert client.get("/leads/?q=pool&sort=newest").status_code == 200
    assert client.get("/leads/?state=TX&sort=newest")["Location"] == "/leads/?state=TX"


def test_nobody_is_matched_by_who_lives_there(make_lead):
    lead = make_lead(summary="A house, catholic neighborhood")

    page = selectors.find(match("catholic neighborhood"))

    assert keys(page) == [lead.pk]  # as any other: shown as it was listed, not found by the words
    assert (page.matched, dict(page.matches)) == (None, {})


def test_only_so_many_things_are_looked_for():
    asked = answering.asked_in("a pool, a pool & granny's flat w/ 2-car garage seven eight nine ten eleven twelve")

    assert [one.words for one in asked[:3]] == ["pool", "granny's flat", "2-car garage"]
    assert [one.words for one in asked[3:]] == ["seven", "eight", "nine", "ten", "eleven"]
