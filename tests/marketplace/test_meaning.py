"""What offers mean: found by words that none of them says, recommended to who likes their like."""

import pytest
from django.db import transaction

from bench import hybrid, labelled, recommending
from leads import vectors
from leads.models import Lead
from leads.reading.catalogue import labels, search_words
from marketplace import selectors, services, synthetic
from marketplace.filters import ListingFilters, Sort
from marketplace.models import Listing
from marketplace.selectors import matching, meaning

pytestmark = pytest.mark.django_db
OFFERS = 160


@pytest.fixture(scope="module", autouse=True)
def market(django_db_setup, django_db_blocker):
    """Offers with their vectors, that all tests of this module see, and none of another."""
    of_the_module = transaction.atomic()
    of_the_module._from_testcase = True  # services begin their own inside it, as inside a test's
    with django_db_blocker.unblock(), of_the_module:
        synthetic.load(count=OFFERS, seed=hybrid.SEED, cities=labelled.CITIES[:4])
        while vectors.write_due():
            pass
        yield
        transaction.set_rollback(True)


def has(lead: Lead, *features: str) -> None:
    """Let a lead offer these features, with its vector."""
    told = list(features)
    Lead.objects.filter(pk=lead.pk).update(features=told, city="Ely", state_code="NV")
    Listing.objects.filter(pk=lead.pk).update(
        features=labels(told), feature_words=search_words(told), city="Ely", state_code="NV"
    )
    vectors.write_due()


@pytest.fixture
def in_ely(make_lead):
    """Two homes in a town where nothing else is on offer."""
    wet, dry = make_lead(), make_lead()
    has(wet, "pool", "hot tub")
    has(dry, "basement", "home office")
    return wet, dry


def match(words: str) -> ListingFilters:
    return ListingFilters(q=words, city="Ely", state="NV", sort=Sort.MATCH)


def test_words_that_no_offer_says_find_what_they_mean_and_why_is_told(in_ely):
    wet, _ = in_ely

    page = selectors.find(match("swimmer"))

    assert page.results[0].pk == wet.pk
    assert page.matches[wet.pk].said == ()
    assert set(page.matches[wet.pk].meaning) <= {"pool", "hot tub"}


def test_what_is_said_is_told_by_the_label_of_the_feature(in_ely):
    wet, _ = in_ely

    page = selectors.find(match("swimming pools"))

    assert page.matches[wet.pk].said == ("pool",)


def test_what_does_not_fit_the_filters_is_not_found_by_meaning(in_ely):
    found = selectors.find(ListingFilters(q="swimming", city="Nowhere", state="NV", sort=Sort.MATCH))

    assert found.results == []


def test_a_lead_without_a_vector_is_found_by_its_words(in_ely, make_lead):
    new = make_lead()
    Listing.objects.filter(pk=new.pk).update(feature_words="pool", city="Ely", state_code="NV")

    assert {listing.pk for listing in selectors.find(match("pool")).results} >= {new.pk, in_ely[0].pk}


@pytest.mark.parametrize("state", ["NV", "nv"])
def test_a_state_leaves_the_same_matches_however_it_is_written(in_ely, state):
    found = matching.by_meaning(ListingFilters(q="splash", state=state, sort=Sort.MATCH))

    assert found == [lead.pk for lead in in_ely]


def test_of_very_many_offers_those_of_best_quality_are_compared(in_ely):
    wet, dry = in_ely
    Listing.objects.filter(pk=wet.pk).update(quality_score=0)
    Listing.objects.filter(pk=dry.pk).update(quality_score=100)
    anywhere = ListingFilters(q="swimming pool", sort=Sort.MATCH)

    everything, best = matching.by_meaning(anywhere), matching.by_meaning(anywhere, most_compared=OFFERS // 8)

    assert {wet.pk, dry.pk} <= set(everything)
    assert everything.index(wet.pk) < everything.index(dry.pk)
    assert dry.pk in best
    assert wet.pk not in best
    assert best == [pk for pk in everything if pk in best]


def test_a_county_without_zip_codes_finds_nothing():
    assert selectors.find(ListingFilters(q="pool", county="Kenedy", state="TX", sort=Sort.MATCH)).results == []


def test_nothing_is_meant_by_what_has_nothing_to_do_with_homes():
    assert meaning.alike(labels(["pool", "garage"]), ["xqzt"], of=("xqzt",)) == ()


def test_like_homes_are_recommended_with_what_they_have_in_common(alice, in_ely, make_lead):
    wet, dry = in_ely
    liked = make_lead()
    has(liked, "pool", "hot tub")
    services.note_view(lead_id=liked.pk, member=alice)

    found = {one.listing.pk: one.reason for one in selectors.recommendations(alice)}

    assert list(found)[:1] == [wet.pk]
    assert list(found).index(wet.pk) < list(found).index(dry.pk)
    assert found[wet.pk] == "Like what you looked at: pool, hot tub in Ely, NV."


def test_both_together_answer_the_labelled_searches_no_worse_than_either_alone():
    text, near, both = map(hybrid.quality, (hybrid.full_text, hybrid.vectors_alone, matching.best_matches))

    assert both > near
    assert both > text + 0.05


def test_simulated_agents_are_shown_more_of_what_they_want_than_by_popularity_or_chance():
    outcomes = recommending.evaluate(6, bought=1)
    ours, popularity, chance = (outcomes[who] for who in recommending.WHO)

    assert ours.precision > popularity.precision
    assert ours.precision > 3 * chance.precision
    assert ours.hit_rate >= popularity.hit_rate
    assert ours.coverage > popularity.coverage
    assert ours.exposure_balance > popularity.exposure_balance
