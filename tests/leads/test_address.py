"""Addresses: one key for every spelling of a home, and no text that breaks the parser."""

import csv
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leads.address import MAX_ADDRESS_CHARACTERS, parse_address, split_place, street_line, zip5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1506 N. 116th Street", "1506 North 116th St"),
        ("1506 N 116 St", "1506 north 116TH street"),
        ("12 First Avenue North East", "12 1st Ave NE"),
        ("470 RIVERBEND DRIVE", "470 Riverbend Dr."),
        ("378 Elatia Cir #47", "378 Elatia Circle Unit 47"),
        ("123 Main St Apt. 4-B", "123 Main Street #4B"),
        ("7650 Balboa Blvd SPACE 139", "7650 Balboa Boulevard Spc 139"),
        ("4500 U.S. Highway 290 E", "4500 US Hwy 290 East"),
        ("88 County Road 12", "88 CR 12"),
        ("9 Saint Marys Court", "9 St. Mary's Ct"),
        ("221-B Baker St", "221B Baker Street"),
        ("123 Main St, 2nd Floor", "123 Main Street Fl 2"),
        ("456 Oak St lower", "456 Oak Street Lower Unit"),
        ("3 Avenue B", "3 Ave B"),
        ("123 North 400 West", "123 N 400 W"),
        ("W156 N8480 Pilgrim Rd", "W156N8480 Pilgrim Road"),
        ("32 - 233 M Street", "32-233 M St"),
        ("1234½ Elm St", "1234 1/2 Elm Street"),
        ("RR #2 Box 170", "R.R. 2, Box 170"),
        ("7100 Santa Monica 7100 Santa Monica Blvd", "7100 Santa Monica Boulevard"),
    ],
)
def test_two_spellings_of_one_home_share_a_key(one, other):
    assert (
        parse_address(one, city="Saint Paul", state="Minnesota").key
        == parse_address(other, city="St. Paul", state="MN").key
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1506 N 116th St", "1506 S 116th St"),
        ("1506 N 116th St", "1506 N 116th Ave"),
        ("1506 N 116th St", "1508 N 116th St"),
        ("1506 N 116th St Unit 1", "1506 N 116th St Unit 2"),
        ("1506 N 116th St", "1506 N 16th St"),
        ("47-15 Queens Blvd", "4715 Queens Blvd"),
        ("12 Main St rear", "12 Main St front"),
        ("12 1/2 Main St", "12 Main St"),
        ("123 N 400 W", "123 N 400 E"),
    ],
)
def test_different_homes_have_different_keys(one, other):
    assert parse_address(one, zip_code="53226").key != parse_address(other, zip_code="53226").key


def test_a_whole_line_comes_apart():
    home = parse_address("7650 Balboa Blvd SPACE 139, Van Nuys, CA 91406-1234")

    assert (home.number, home.street_name, home.suffix, home.unit) == ("7650", "Balboa", "Blvd", "139")
    assert (home.city, home.state, home.zip) == ("Van Nuys", "CA", "91406")
    assert home.line == "7650 Balboa Blvd Unit 139"
    assert home.street == "Balboa Blvd"
    assert home.is_complete


def test_a_state_behind_its_town_needs_no_comma():
    home = parse_address("4321 S 300 E #12, Salt Lake City UT")

    assert (home.city, home.state, home.unit) == ("Salt Lake City", "UT", "12")


def test_what_the_source_gives_apart_wins_over_the_line():
    home = parse_address("1506 N. 116th Street, Milwaukee, WI", city="Wauwatosa", state="WI", zip_code="53226")

    assert (home.city, home.zip, home.line) == ("Wauwatosa", "53226", "1506 N 116th St")


def test_a_corner_has_no_number_and_is_not_complete():
    corner = parse_address("95th St E Avenue I", city="Lancaster", state="CA", zip_code="93535")

    assert corner.number is None
    assert not corner.is_complete
    assert corner.street_name


@pytest.mark.parametrize(
    ("line", "place", "street"),
    [
        ("3930 Olmsted Avenue Los Angeles, CA 90008", ("Los Angeles", "CA", "90008"), "3930 Olmsted Avenue"),
        (
            "7650 Balboa Blvd SPACE 139, Van Nuys, CA 91406 Van Nuys, CA 91406",
            ("Van Nuys", "CA", "91406"),
            "7650 Balboa Blvd SPACE 139",
        ),
        ("12 Houston Street", ("Houston", "TX", None), "12 Houston Street"),
        ("100 Houston", ("Houston", "TX", None), "100 Houston"),
    ],
)
def test_the_repeated_place_leaves_the_street_line(line, place, street):
    city, state, zip_code = place

    assert street_line(line, city=city, state=state, zip_code=zip_code) == street


@pytest.mark.parametrize(
    ("line", "street", "place"),
    [
        ("1112 200th St Ct E, Spanaway WA 98387", "1112 200th St Ct E", "Spanaway WA 98387"),
        ("77 Shore Dr, Unit B Coeur d'Alene, Idaho 83814", "77 Shore Dr, Unit B", "Coeur d'Alene, Idaho 83814"),
        ("12 Elm St, #3 Boise, ID 83702", "12 Elm St, #3", "Boise, ID 83702"),
        ("12 Elm St, Lot 7A Boise, ID", "12 Elm St, Lot 7A", "Boise, ID"),
        ("12 Elm St, Unity, ME 04988", "12 Elm St", "Unity, ME 04988"),
        ("12 Elm St, Space Coast, FL", "12 Elm St", "Space Coast, FL"),
    ],
)
def test_the_place_is_split_off_verbatim(line, street, place):
    assert split_place(line) == (street, place)


@pytest.mark.parametrize(
    ("text", "expected"), [("02134-2202", "02134"), ("2134", "02134"), ("x", None), ("", None)]
)
def test_zip_keeps_five_digits(text, expected):
    assert zip5(text) == expected


def test_the_messiest_real_lines_are_read_without_an_error(shared_data):
    with (Path(shared_data) / "addresses/usaddress_unparseable_dev.csv").open(newline="") as lines:
        homes = [parse_address(" ".join(row)) for row in csv.reader(lines)]

    assert len(homes) == 661
    assert sum(1 for home in homes if home.street) > 560  # the rest are lock boxes and departments


@given(st.text(max_size=2 * MAX_ADDRESS_CHARACTERS))
def test_any_text_is_read_without_an_error(text):
    home = parse_address(text)

    assert isinstance(home.key, str)
    assert isinstance(home.line, str)
    assert street_line(street_line(text)) == street_line(text)


@given(
    number=st.integers(1, 99999),
    predirectional=st.sampled_from(["", "N", "South", "e."]),
    name=st.sampled_from(["Maple", "116th", "Martin Luther King", "Third", "Oak Hill"]),
    suffix=st.sampled_from(["St", "Avenue", "Blvd.", "court", "LN"]),
    unit=st.sampled_from(["", "Apt 4B", "#12", "Unit 7"]),
)
@example(number=10, predirectional="", name="116th", suffix="court", unit="#12")
def test_reading_what_was_written_changes_nothing(number, predirectional, name, suffix, unit):
    home = parse_address(f"{number} {predirectional} {name} {suffix} {unit}, Austin, TX 78704")

    again = parse_address(f"{home.line}, {home.city}, {home.state} {home.zip}")

    assert again.key == home.key
    assert again.line == home.line
