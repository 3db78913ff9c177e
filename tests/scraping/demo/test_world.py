"""The generated world: repeatable, plausible, and full of the traps that the pipeline has to survive."""

import re
from collections import Counter
from datetime import UTC, datetime, time
from itertools import combinations
from math import cos, hypot, radians

import pytest
import zipcodes

from scraping.demo.adverts import Answer, Category, Nature, Relation, Site
from scraping.demo.people import Directory
from scraping.demo.places import metros
from scraping.demo.world import LAST_DAY, World, build_world
from tests.scraping.demo.conftest import TODAY

WEB_SITES = (Site.EAST, Site.WEST, Site.FSBO)


def _kilometres(first: tuple[float, float], second: tuple[float, float]) -> float:
    north = (first[0] - second[0]) * 111.32
    east = (first[1] - second[1]) * 111.32 * cos(radians(first[0]))
    return hypot(north, east)


def test_same_day_date_and_seed_give_the_same_world(next_world):
    assert build_world(1, today=TODAY) == next_world


def test_another_seed_gives_other_homes(founding_world):
    other = build_world(0, today=TODAY, seed=7)

    assert not {home.address for home in other.homes} & {home.address for home in founding_world.homes}


@pytest.mark.parametrize("day", [-1, LAST_DAY + 1])
def test_a_day_out_of_range_is_refused(day):
    with pytest.raises(ValueError, match="knows the days 0 to 30"):
        build_world(day, today=TODAY)


def test_every_home_stands_in_a_real_city_of_its_metro(founding_world):
    for home in founding_world.homes:
        [known] = zipcodes.matching(home.address.place.zip_code)
        assert (known["city"], known["state"]) == (home.address.place.city, home.metro.state)
        assert home.address.place in home.metro.places


def test_every_home_lies_near_the_centre_of_its_zip_code_and_every_zip_near_its_metro(founding_world):
    for home in founding_world.homes:
        place = home.address.place
        assert _kilometres(home.address.coordinates, (place.latitude, place.longitude)) < 5
    for metro in metros():
        centre = metro.places[0]
        for place in metro.places:
            assert _kilometres((centre.latitude, centre.longitude), (place.latitude, place.longitude)) < 60


def test_area_codes_belong_to_the_state_of_the_metro():
    for metro in metros():
        known = {code for row in zipcodes.filter_by(state=metro.state) for code in row["area_codes"]}
        assert set(metro.area_codes) <= known


def test_prices_follow_size_and_zip_code(founding_world):
    for home in founding_world.homes:
        per_sqft = home.facts.value_usd / home.facts.area_sqft
        assert 0.75 < per_sqft / home.address.place.usd_per_sqft < 1.25
        assert 0.05 < home.facts.rent_usd * 12 / home.facts.value_usd < 0.08
        assert 350 < home.facts.area_sqft / home.facts.beds < 900


def test_people_are_invented_and_reachable_nowhere(next_world):
    for home in next_world.homes:
        assert re.fullmatch(r"\+1\d{3}55501\d\d", home.owner.phone)
        assert home.owner.email.endswith("@example.com")
        assert home.owner.phone[2:5] in home.metro.area_codes


@pytest.mark.parametrize("day", [0, 1, 12, LAST_DAY])
def test_no_two_owners_share_a_number_and_no_two_homes_an_address(day):
    world = build_world(day, today=TODAY)
    standing = [home for home in world.homes if any(a.answer in {Answer.PAGE, Answer.SLOW} for a in home.adverts)]

    assert len({home.owner.phone for home in standing}) == len({home.owner for home in standing})
    assert len({home.address for home in world.homes}) == len(world.homes)
    assert len({(advert.site, advert.key) for advert in world.adverts}) == len(world.adverts)
    assert len({p.name for a in world.adverts for p in a.pictures}) == sum(len(a.pictures) for a in world.adverts)


def test_the_founding_state_has_the_promised_numbers(founding_world):
    sites = Counter(advert.site for advert in founding_world.adverts)
    natures = Counter(advert.nature for advert in founding_world.adverts)

    assert sites == {Site.EAST: 121, Site.WEST: 114, Site.FSBO: 87, Site.MLS: 85}
    assert natures[Nature.SCAM] == 15
    assert natures[Nature.NEAR_EMPTY] == 15
    assert natures[Nature.DOUBTFUL] == 7
    assert natures[Nature.AGENT] + natures[Nature.SERVICE] == 10
    assert sum(1 for _ in founding_world.same_home()) == 61
    assert {advert.metro for advert in founding_world.adverts} == {"austin", "columbus", "tampa"}


def test_who_comes_after_the_last_number_that_is_nobodys_has_no_telephone():
    town = metros()[0]
    directory = Directory(seed=1, metros=(town,))
    numbers = 100 * len(town.area_codes)

    people = [directory.introduce(town) for _ in range(numbers + 1)]

    assert len({person.phone for person in people[:-1]}) == numbers
    assert people[-1].phone == ""


def test_most_honest_adverts_name_a_phone_and_say_a_lot(founding_world):
    honest = [a for a in founding_world.adverts if a.nature is Nature.GENUINE and a.site in WEB_SITES]

    assert 0.8 < sum(1 for a in honest if a.phone and len(a.body) > 200) / len(honest) < 0.97


def test_one_home_is_written_differently_on_each_site(founding_world):
    groups = list(founding_world.same_home())

    for group in groups:
        assert len({advert.body for advert in group}) == len(group)
        prices = sorted(advert.price_usd for advert in group)
        assert prices[-1] / prices[0] < 1.05
    differently = [group for group in groups if len({advert.shown_address for advert in group}) > 1]
    assert len(differently) > len(groups) * 0.6


def test_traps_for_the_merger_are_set(founding_world):
    homes = {home.key: home for home in founding_world.homes}
    relations = Counter(home.relation for home in founding_world.homes)

    assert relations[Relation.TWIN] == 10
    assert relations[Relation.UNIT] == 9
    assert relations[Relation.LOOKALIKE] == 6
    for home in founding_world.homes:
        for other in (homes[key] for key in home.mistaken_for):
            assert other.facts == home.facts
            assert (other.owner == home.owner) == (home.relation is Relation.UNIT)


def test_scams_are_far_below_the_market(founding_world):
    for advert in founding_world.adverts:
        home = founding_world.home_of(advert)
        if advert.nature is Nature.SCAM:
            honest = home.facts.rent_usd if advert.category is Category.RENTALS else home.facts.value_usd
            assert advert.price_usd < honest * 0.46
            assert not advert.phone


def test_some_scams_show_somebody_elses_pictures(founding_world):
    owners_of_drawings = {}
    for advert in founding_world.adverts:
        for shown in advert.pictures:
            owners_of_drawings.setdefault(shown.drawing, set()).add(advert.nature)

    assert any(natures == {Nature.GENUINE, Nature.SCAM} for natures in owners_of_drawings.values())


def test_a_day_takes_some_adverts_changes_some_prices_and_brings_new_ones(founding_world, next_world):
    before = {(a.site, a.key): a for a in founding_world.adverts}
    after = {(a.site, a.key): a for a in next_world.adverts}
    standing = [key for key, advert in before.items() if advert.answer is Answer.PAGE]
    gone = [key for key in standing if after[key].answer in {Answer.NOT_FOUND, Answer.GONE}]
    changed_status = [key for key in standing if after[key].status != before[key].status]
    repriced = [key for key in standing if after[key].price_usd != before[key].price_usd]

    assert before.keys() < after.keys()
    assert len(gone) + len(changed_status) == round(len(standing) * 0.05)
    assert 0.06 < len(repriced) / len(standing) < 0.11
    assert 0.06 < (len(after) - len(before)) / len(before) < 0.12
    assert any(after[key].is_listed for key in gone)
    assert not all(after[key].is_listed for key in gone)


def test_times_never_lie_in_the_future_and_later_days_come_later():
    day_2, day_3 = (build_world(day, today=TODAY) for day in (2, 3))
    midnight = datetime.combine(TODAY, time(), tzinfo=UTC)
    last_of_day_2 = max(advert.updated_at for advert in day_2.adverts)
    known = {(a.site, a.key): a for a in day_2.adverts}

    fresh = [a for a in day_3.adverts if known.get((a.site, a.key)) is None]
    altered = [a for a in day_3.adverts if (k := known.get((a.site, a.key))) and k.updated_at != a.updated_at]
    assert fresh
    assert altered
    assert all(last_of_day_2 < advert.updated_at < midnight for advert in (*fresh, *altered))
    assert all(advert.posted_at <= advert.updated_at for advert in day_3.adverts)
    assert max(advert.updated_at for advert in build_world(LAST_DAY, today=TODAY).adverts) < midnight


def test_texts_are_not_copies_of_each_other(founding_world: World):
    bodies = [a.body for a in founding_world.adverts if a.nature is Nature.GENUINE and a.site in WEB_SITES]

    assert len(set(bodies)) > len(bodies) * 0.97
    openings = [set(body.split()) for body in bodies[:40]]
    overlaps = [len(a & b) / len(a | b) for a, b in combinations(openings, 2) if a and b]
    assert sum(overlaps) / len(overlaps) < 0.4
