"""Whatever stands in a search's query string: the pages and the API answer, and never with an error of ours."""

from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from marketplace.filters import ListingFilters, Sort
from tests.conftest import at_length
from tests.security.conftest import visitor

pytestmark = [pytest.mark.soak, pytest.mark.django_db]

NAMES = (*ListingFilters.__slots__, "literal", "place", "typed", "cursor", "facets", "polygon", "unheard-of")
NUMBERS = st.one_of(st.integers(), st.floats(), st.decimals()).map(str)
POINTS = st.tuples(NUMBERS, NUMBERS).map(",".join)
CHOICES = st.sampled_from(["fsbo", "premium", "TX", "Austin", "78704", "1", "30.25,-97.75", *Sort])
SEARCH_WORDS = st.text(alphabet="ab\"'-()|&!:*<> \\%", max_size=20)
SPOKEN = "2 bed condo near UT Austin under 400k in Travis County no kids garge within 5 mi of"
SAID = st.lists(st.sampled_from(SPOKEN.split()), max_size=8).map(" ".join)
VALUES = st.one_of(CHOICES, SAID, NUMBERS, POINTS, SEARCH_WORDS, st.text(max_size=40), st.binary(max_size=20))
QUERIES = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=6)

any_query = settings(
    max_examples=at_length(short=20, soak=500),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@any_query
@given(query=QUERIES)
@example(query=[("q", '"'), ("q", "-(a|b)&!c:*")])
@example(query=[("near", "90,180"), ("radius_miles", "1")])
@example(query=[("near", "1e-400,-0"), ("radius_miles", "100")])
@example(query=[("cursor", quote("é"))])
def test_any_query_is_answered(lead, safely, query):
    for path in ("/leads/", "/api/v1/leads/"):
        answer = safely(visitor().get, f"{path}?{urlencode(query)}")

        assert answer.status_code in {200, 302, 400, 422}, (path, query)


@any_query
@given(query=QUERIES)
def test_an_address_is_tidied_once(lead, safely, query):
    answer = safely(visitor(headers={}).get, f"/leads/?{urlencode(query)}")

    if answer.status_code == 302:
        assert safely(visitor().get, answer["Location"]).status_code != 302 or "cursor" in dict(query)
