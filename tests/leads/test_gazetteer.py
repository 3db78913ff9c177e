"""Every ZIP code, city and county of the country is found offline, misspelt too, and at little cost."""

import random
import subprocess
import sys

import pytest
import zipcodes
from django.conf import settings
from django.core.management import CommandError, call_command

from leads.gazetteer import county_zips, find_county, find_place, find_zip_place
from leads.gazetteer.names import key
from leads.gazetteer.table import WELL_KNOWN, every_row, rows
from leads.normalise.place import miles_between
from leads.usps import STATE_CODES
from tests.conftest import at_length

IN_NO_SUCH_COUNTY = {
    ("Cleburne County", "GA"),
    ("McDowell County", "VA"),
    ("McPherson County", "ND"),
    ("Modoc County", "OR"),
    ("Monongalia County", "PA"),
    ("Prince of Wales-Outer Ketchikan Borough", "AK"),
    ("Todd County", "NE"),
    ("Washington County", "WV"),
}
"""Eight ZIP codes that the directory puts across a border of states, or into a borough of 2008."""
TERRITORIES = {"PR", "VI", "GU", "AS", "MP"}
WHAT_IT_COSTS = """
from time import process_time
from pathlib import Path
import rapidfuzz.process, zipcodes
import leads.gazetteer as gazetteer
def megabytes(): return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
before, began = megabytes(), process_time()
assert gazetteer.find_place("Austn", forgive=True).name == "Austin"
print(process_time() - began, megabytes() - before)
"""


@pytest.fixture(scope="module")
def zip_areas():
    """What the ZIP directory says of the ZIP codes in a sixth of the country; in a soak, of all."""
    parts = [f"{number:03}" for number in range(1000)]
    chosen = random.Random(18).sample(parts, at_length(short=150, soak=1000))
    rows = [row for part in chosen for row in zipcodes.similar_to(part)]
    return [row for row in rows if row["state"] in STATE_CODES and row["lat"]]


@pytest.fixture(scope="module")
def listed():
    return list(every_row())


def test_every_county_has_its_zip_codes(listed):
    counties = {(row.key, row.state) for row in listed if row.kind == "county" and row.state not in TERRITORIES}

    assert len(counties) == 3142
    assert [county for county in counties if not county_zips(county[0], state=county[1])] == []


def test_every_county_that_mail_goes_to_is_found(zip_areas):
    counties = {(row["county"], row["state"]) for row in zip_areas if row["county"]}

    lost = {county for county in counties if find_county(county[0], state=county[1], forgive=True) is None}

    assert len(counties) > 250
    assert lost <= IN_NO_SUCH_COUNTY


def test_a_thousand_cities_lie_in_the_state_that_is_said(zip_areas):
    standard = [row for row in zip_areas if row["zip_code_type"] == "STANDARD"]
    sample = random.Random(18).sample(standard, 1000)

    for row in sample:
        place = find_place(row["city"], state=row["state"], kinds=frozenset({"city"}))
        assert place is not None, row
        assert place.state == row["state"]
        of_name = [other for other in rows(key(row["city"])) if other.state == row["state"]]
        assert min(miles_between(other[4:6], (float(row["lat"]), float(row["long"]))) for other in of_name) < 60, (
            row
        )


def test_every_zip_code_has_its_place(zip_areas):
    for row in random.Random(18).sample(zip_areas, 1000):
        place = find_zip_place(row["zip_code"])
        assert place is not None
        assert (place.state, place.town) == (row["state"], row["city"])
    assert find_zip_place("00000") is find_zip_place("7870") is find_zip_place("Austin") is None


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("Austin", "TX"),
        ("Portland", "OR"),
        ("springfield", "MO"),
        ("Columbus", "OH"),
        ("Kansas City", "MO"),
        ("Arlington", "TX"),
        ("St. Paul", "MN"),
        ("Saint Louis", "MO"),
        ("Ft. Worth", "TX"),
        ("Cañon City", "CO"),
        ("Coeur d'Alene", "ID"),
    ],
)
def test_of_several_cities_the_largest_is_meant(name, state):
    assert find_place(name).state == state


@pytest.mark.parametrize(
    ("name", "county", "state"),
    [
        ("Travis County", "Travis County", "TX"),
        ("orange", "Orange County", "CA"),
        ("King County", "King County", "WA"),
        ("Orleans Parish", "Orleans Parish", "LA"),
        ("Kenai Peninsula Borough", "Kenai Peninsula Borough", "AK"),
        ("miami-dade", "Miami-Dade County", "FL"),
    ],
)
def test_a_county_is_found_with_and_without_its_word(name, county, state):
    found = find_county(name)

    assert (found.name, found.state) == (county, state)


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("Austn", "Austin, TX"),
        ("philadelpia", "Philadelphia, PA"),
        ("San Fransisco", "San Francisco, CA"),
        ("Albuqerque", "Albuquerque, NM"),
        ("Wrigly Field", "Wrigley Field (Chicago, IL)"),
        ("lake travs", "Lake Travis (Austin, TX)"),
    ],
)
def test_a_misspelt_name_is_understood(misspelt, meant):
    assert find_place(misspelt) is None
    assert find_place(misspelt, forgive=True).label == meant


def test_nothing_is_guessed_for_digits_and_what_is_far_from_any_name():
    assert find_place("00499", forgive=True) is None
    assert find_place("xyzzyqwfp", forgive=True) is None
    assert find_place("", forgive=True) is find_place("é", forgive=True) is None


def test_a_state_that_is_said_is_never_left():
    assert find_place("Austin", state="MN").state == "MN"
    assert find_place("Pittsburg", state="PA", forgive=True).name == "Pittsburgh"
    assert find_place("Honolulu", state="TX", forgive=True) is None


def test_every_well_known_place_lies_near_its_city(listed):
    """A mistyped degree puts a place into another county; the largest bases and parks reach 40 miles."""
    spots = {(row.name, row.more): row for row in listed if row.kind not in {"city", "county", "zip"} and row.more}

    for row in spots.values():
        town = find_place(row.more, state=row.state, kinds=frozenset({"city"}))
        assert town is not None, row
        assert miles_between((row.latitude, row.longitude), town.point) < 40, row
    assert len(spots) > 1100
    assert len({row.state for row in spots.values()}) == 51


def test_a_well_known_place_has_each_of_its_names():
    assert find_place("UT campus") == find_place("University of Texas") == find_place("ut austin")
    assert all(len(key(name)) >= 2 for line in names_listed() for name in line)


def names_listed():
    lines = WELL_KNOWN.read_text(encoding="utf-8").splitlines()
    return [line.partition(" | ")[0].split(";") for line in lines if " | " in line and not line.startswith("#")]


def test_the_first_question_costs_little():
    asked = subprocess.run(
        [sys.executable, "-c", WHAT_IT_COSTS], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )

    seconds, megabytes = map(float, asked.stdout.split())
    assert seconds < 0.3
    assert megabytes < 30


def test_the_table_is_made_of_wheels_that_are_there(tmp_path):
    with pytest.raises(CommandError, match="pip download --no-deps airportsdata"):
        call_command("build_gazetteer", str(tmp_path))
