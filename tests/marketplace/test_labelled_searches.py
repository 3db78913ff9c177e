"""The labelled searches: their form, how offers are graded, and that each has an answer."""

from collections import Counter

import pytest

from bench import labelled
from bench.labelled import Half, Interval, LabelledSearch, half_of, ndcg, paired
from leads.models import Lead
from leads.reading.catalogue import FEATURES
from marketplace import imagined_features
from marketplace.models import Listing

SEARCHES = labelled.searches()
OFFER = {
    "city": "Dallas", "state_code": "TX", "kind": "fsbo", "property_type": "condo", "beds": 3, "baths": 2,
    "asking_price_cents": 400_000_00, "street": "",
}  # fmt: skip


def offer(*features: str, **facts: object) -> Listing:
    return Listing(**{**OFFER, **facts}, lead=Lead(features=list(features)))


def search(*wishes: dict[str, float], **asks: object) -> LabelledSearch:
    return LabelledSearch(words="", asks=asks, wishes=wishes)


def test_there_are_enough_and_each_is_told_in_the_words_of_the_catalogue():
    wished = {name for one in SEARCHES for wish in (*one.wishes, dict.fromkeys(one.never, 1.0)) for name in wish}

    assert len({one.words for one in SEARCHES}) == len(SEARCHES) == 270
    assert wished <= FEATURES.keys()
    assert {name for one in SEARCHES for name in one.asks} <= labelled.FACTS.keys()
    assert all(0 < worth <= 1 for one in SEARCHES for wish in one.wishes for worth in wish.values())


def test_made_up_homes_have_nothing_beside_the_catalogue():
    told = {*imagined_features.ANYWHERE, *imagined_features.OF_HOUSES, *imagined_features.OF_FLATS}

    assert told | {name for name in imagined_features.CONDITIONS if name} <= FEATURES.keys()


@pytest.mark.parametrize(
    ("asks", "is_met"),
    [
        ({"city": "Dallas", "state": "TX"}, True),
        ({"city": "Austin", "state": "TX"}, False),
        ({"property_type": ["condo", "land"]}, True),
        ({"kind": ["probate"]}, False),
        ({"beds_min": 3, "baths_min": 2}, True),
        ({"beds_min": 4}, False),
        ({"asking_max": 400_000}, True),
        ({"asking_max": 399_999}, False),
    ],
)
def test_an_offer_that_lacks_a_fact_is_graded_0_and_without_wishes_all_others_3(asks, is_met):
    assert search(**asks).grade(offer("pool")) == 3 * is_met
    assert search({"pool": 1.0}, **asks).grade(offer("pool")) == 3 * is_met


def test_a_fact_that_an_offer_does_not_tell_is_not_there():
    assert search(beds_min=1).grade(offer(beds=None)) == 0


@pytest.mark.parametrize(
    ("features", "grade"), [(("pool", "garage"), 3), (("hot tub", "garage"), 2), (("pool",), 2), (("hot tub",), 1)]
)
def test_the_grade_follows_how_well_the_wishes_are_fulfilled(features, grade):
    assert search({"pool": 1.0, "hot tub": 0.5}, {"garage": 1.0}).grade(offer(*features)) == grade
    assert search({"pool": 1.0}).grade(offer("garden")) == 0


def test_an_offer_that_has_what_is_not_wanted_is_graded_0():
    without = LabelledSearch(words="", asks={}, wishes=[{"garage": 1.0}], never=["pool"])

    assert [without.grade(offer("garage")), without.grade(offer("garage", "pool"))] == [3, 0]


def test_a_street_is_asked_for_by_a_part_of_its_name():
    assert search(street="Hawthorn").grade(offer(street="Hawthorn Ridge Dr")) == 3
    assert search(street="Hawthorn").grade(offer(street="Willow St")) == 0


def test_the_words_decide_to_which_half_a_search_belongs():
    halves = {one.words: one.half for one in SEARCHES if one.half != Half.LATER}

    assert halves == {words: half_of(words) for words in halves}
    assert Counter(one.half for one in SEARCHES) == {Half.CHOSEN: 88, Half.TOLD: 121, Half.LATER: 61}


def test_what_differs_in_a_few_searches_by_chance_is_not_surely_better():
    surely, perhaps = paired([0.1, 0.2, 0.3] * 20), paired([0.3, -0.2, 0.1])

    assert (round(surely.mean, 3), surely.least > 0.1, surely.most < 0.3) == (0.2, True, True)
    assert perhaps.least < 0 < perhaps.mean < perhaps.most
    assert paired([0.25] * 3) == Interval(mean=0.25, least=0.25, most=0.25)


def test_the_best_order_is_worth_1_and_the_gain_falls_with_the_place():
    assert ndcg([3, 2, 0], of=[0, 2, 3]) == 1
    assert ndcg([0, 3], of=[3, 0]) == pytest.approx(1 / 1.5849625)
    assert ndcg([0] * 10 + [3], of=[3]) == 0
