"""A search in words, on its doors: it becomes filters that are shown and can be dropped; the same by the API."""

from html import escape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from rest_framework.test import APIClient

from aiqleads.core.clock import now
from leads.gazetteer.finding import _place
from leads.gazetteer.table import every_row
from leads.normalise.place import miles_between
from marketplace import search_text, selectors
from marketplace.filters import ListingFilters
from marketplace.models import Listing
from marketplace.understanding import place_named
from tests.marketplace.test_pages_browsing import HTMX, cards_on, text_of

pytestmark = pytest.mark.django_db

WORDS = "2 bed 2 bath condo near UT Austin under 400k with garden"
UNDERSTOOD = {
    "beds_min": ["2"],
    "baths_min": ["2"],
    "property_type": ["condo"],
    "place": ["UT Austin, TX"],
    "radius_miles": ["5"],
    "asking_max": ["400000"],
    "q": ["garden"],
    "typed": [WORDS],
}


def asked(address: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(address).query)


@pytest.fixture
def anonymous() -> APIClient:
    return APIClient()


@pytest.fixture
def homes(make_lead):
    """A condo with a garden beside the campus, and the same in Houston."""
    facts = {"property_type": "condo", "beds": 2, "baths": 2, "asking_price_cents": 380_000_00}
    near, far = make_lead(), make_lead()
    summary = {"summary": "2-bed condo, garden", **facts}
    Listing.objects.filter(pk=near.pk).update(latitude=30.287, longitude=-97.741, **summary)
    Listing.objects.filter(pk=far.pk).update(latitude=29.76, longitude=-95.37, city="Houston", **summary)
    return near, far


def test_words_become_filters_in_the_address(client, homes):
    near, _ = homes

    moved = client.get(f"/leads/?{urlencode({'q': WORDS})}")
    page = client.get(moved["Location"])

    assert (moved.status_code, page.status_code) == (302, 200)
    assert asked(moved["Location"]) == UNDERSTOOD
    assert cards_on(page) == [str(near.pk)]


def test_each_part_is_shown_and_can_be_dropped_alone(client, homes):
    page = client.get(f"/leads/?{urlencode(UNDERSTOOD, doseq=True)}")

    without = {active.label: asked(f"?{active.query_without}") for active in page.context["active_filters"]}
    rest = {name: values for name, values in UNDERSTOOD.items() if name != "typed"}
    assert without.keys() == {
        "“garden”",
        "within 5 miles of UT Austin, TX",
        "Condo",
        "2+ beds",
        "2+ baths",
        "up to $400,000",
    }
    assert without["2+ beds"] == {name: values for name, values in rest.items() if name != "beds_min"}
    assert without["within 5 miles of UT Austin, TX"].keys() == rest.keys() - {"place", "radius_miles"}


def test_the_page_says_what_it_understood_and_searches_as_typed_when_asked(client, homes):
    page = client.get(f"/leads/?{urlencode(UNDERSTOOD, doseq=True)}")
    other_way = page.context["told"].other_way
    literal = client.get(f"/leads/?{other_way}")

    assert f"Understood “{WORDS}” as shown." in text_of(page)
    assert asked(f"?{other_way}") == {"q": [WORDS], "literal": ["1"]}
    assert literal.status_code == 200
    assert cards_on(literal) == []
    assert f"Searched for the words “{WORDS}” as typed." in text_of(literal)
    assert asked(client.get(f"/leads/?{literal.context['told'].other_way}")["Location"]) == UNDERSTOOD


def test_a_place_in_words_replaces_the_place_of_the_address(client):
    moved = client.get("/leads/?q=fsbo+in+Dallas&city=Austin&state=TX&beds_min=3&zip=78704&cursor=x")

    assert asked(moved["Location"]) == {
        "city": ["Dallas"],
        "state": ["TX"],
        "kind": ["fsbo"],
        "beds_min": ["3"],
        "typed": ["fsbo in Dallas"],
    }


def test_words_that_say_nothing_more_stay(client, lead):
    for words in ("creek", "With+Pool", '"hidden+creek"+-road'):
        assert client.get(f"/leads/?q={words}").status_code == 200


def test_a_part_of_the_page_that_is_searched_in_words_becomes_the_whole_page(client):
    headers = {**HTMX, "HX-Target": "lead-results"}

    answer = client.get("/leads/?q=condo+in+Austin", headers=headers)
    same = client.get("/leads/?q=pool", headers=headers)

    assert asked(answer["HX-Redirect"])["city"] == ["Austin"]
    assert "HX-Redirect" not in same
    assert same["HX-Push-Url"] == "/leads/?q=pool"


@pytest.mark.parametrize("words", ["2 bed no kids", "2 bed, christian neighborhood"])
def test_nobody_searches_by_who_lives_there(client, anonymous, lead, words):
    Listing.objects.filter(pk=lead.pk).update(summary="3-bed house, kids and christian neighborhood")

    read = client.get(client.get(f"/leads/?{urlencode({'q': words})}")["Location"])
    literal = client.get(f"/leads/?{urlencode({'q': words.partition(' bed')[2], 'literal': 1})}")
    answer = anonymous.get("/api/v1/leads/", {"q": words}).json()

    for page in (read, literal):
        assert "homes are never searched by the people who live there" in text_of(page)
        assert cards_on(page) == [str(lead.pk)]  # neither narrowed to whom it names nor away from them
    assert answer["understood"] == {"beds_min": 2.0, "place": "", "text": "", "refused": True}
    assert len(answer["results"]) == 1


@pytest.fixture
def varied(make_lead):
    """Two homes that differ in what the newer filters ask for."""
    ours, other = make_lead(), make_lead()
    Listing.objects.filter(pk=ours.pk).update(property_type="single_family")
    Listing.objects.filter(pk=other.pk).update(
        property_type="condo", beds=0, area_sqft=600, zip_code="60614", city="Saint Charles", state_code="IL",
        latitude=41.92, longitude=-87.65, listed_at=now().replace(year=2020),
    )  # fmt: skip
    return ours, other


NARROWED = {
    "property_type=condo": "other",
    "property_type=condo&property_type=single_family": "both",
    "beds_max=0": "other",
    "beds_max=12": "both",
    "beds_min=1&beds_max=9": "ours",
    "area_max=700": "other",
    "area_min=700": "ours",
    "zip=60614": "other",
    "zip=60614&zip=78704": "both",
    "zip=60614,78704": "both",
    "county=Travis&state=TX": "ours",
    "county=Cook+County": "other",
    "county=Kenedy&state=TX": "none",
    "listed_within_days=7": "ours",
    "city=St.+Charles": "other",
    "place=Lincoln+Park,+IL": "other",
    "place=78704": "ours",
    "place=downtown+Chicago&radius_miles=20": "other",
    "near=41.92,-87.65&radius_miles=1": "other",
    "near=41.92,-87.65": "other",
}


def test_page_and_programs_narrow_alike(client, anonymous, varied):
    ours, other = (str(lead.pk) for lead in varied)
    sets = {"both": {ours, other}, "ours": {ours}, "other": {other}, "none": set()}
    expected = {query: sets[found] for query, found in NARROWED.items()}

    told = {query: anonymous.get(f"/api/v1/leads/?{query}").json()["results"] for query in NARROWED}
    shown = {query: cards_on(client.get(f"/leads/?{query}", follow=True)) for query in NARROWED}

    assert {query: {row["id"] for row in rows} for query, rows in told.items()} == expected
    assert {query: set(cards) for query, cards in shown.items()} == expected


def test_programs_are_told_what_was_understood(anonymous, homes):
    answer = anonymous.get("/api/v1/leads/", {"q": WORDS}).json()
    plain = anonymous.get("/api/v1/leads/", {"q": "garden condo", "literal": 1}).json()

    assert answer["understood"] == {
        "beds_min": 2.0,
        "baths_min": 2.0,
        "asking_max": 400000,
        "near": [30.285, -97.735],
        "radius_miles": 5.0,
        "property_type": ["condo"],
        "place": "UT Austin, TX",
        "text": "garden",
        "refused": False,
    }
    assert [row["id"] for row in answer["results"]] == [str(homes[0].pk)]
    assert "understood" not in plain
    assert len(plain["results"]) == 2
    assert "understood" not in anonymous.get("/api/v1/leads/").json()


def test_what_a_program_says_wins_over_words(anonymous, homes):
    query = {"q": "4 bed in Dallas", "beds_min": 2, "near": "29.76,-95.37"}

    [row] = anonymous.get("/api/v1/leads/", query).json()["results"]

    assert row["id"] == str(homes[1].pk)


def test_a_search_that_is_kept_is_kept_understood():
    kept = search_text.canonical(urlencode({"q": WORDS, "sort": "price"}))

    assert asked(f"?{kept}") == {name: values for name, values in UNDERSTOOD.items() if name != "typed"}
    assert search_text.read_filters(kept).near == (30.285, -97.735)


def test_an_unusual_number_of_rooms_stays_in_the_form(client):
    page = client.get("/leads/?beds_min=12")

    assert '<option value="12" selected>12</option>' in page.content.decode()


def test_every_place_is_found_again_by_its_label():
    """A label in an address means the place that it was made of: within a mile where it is named alone."""
    places = [
        _place(row) for row in every_row() if row.kind not in {"city", "county", "zip", "airport"} and row.more
    ]

    lost = {place.label for place in places if not found_again(place)}

    assert len(lost) <= 15, lost


def found_again(place) -> bool:
    named = place_named(place.label)
    return named is not None and miles_between(named.point, place.point) <= 1


def test_a_county_that_nobody_lists_in_finds_nothing(lead):
    assert selectors.count(ListingFilters(county="Atlantis", state="TX")) == 0


def test_a_second_place_is_a_search_of_its_own(client):
    page = client.get("/leads/", {"q": "Seattle or Portland under 400k with pool"}, follow=True)

    assert "One place at a time: Portland, OR was left out." in text_of(page)
    assert parse_qs(page.context["told"].there) == parse_qs("asking_max=400000&q=pool&city=Portland&state=OR")
    assert f'href="?{escape(page.context["told"].there)}"' in page.content.decode()
