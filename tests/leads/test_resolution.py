"""Batch entity resolution: which rows of a table are one home, one person, one firm."""

import csv
import io
import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.resolution.columns import Role, UnknownColumn, infer_roles, parse_assignments
from leads.resolution.resolving import resolve
from leads.resolution.table import Table, read_table
from tests.conftest import at_length

HEADINGS = (
    "owner_name",
    "phone",
    "email",
    "address",
    "city",
    "state",
    "zip",
    "beds",
    "baths",
    "sqft",
    "year_built",
    "price",
)
GIVEN_NAMES = ("Alice", "Robert", "Carol", "David", "Emily", "Frank", "Grace", "Henry", "Irene", "James")
FAMILY_NAMES = ("Abbott", "Barnes", "Castillo", "Dawson", "Ellis", "Foster", "Garza", "Hobbs", "Ingram", "Jensen")
STREETS = ("Oak", "Maple", "Cedar", "Willow", "Juniper", "Highland", "Sycamore", "Magnolia", "Hickory", "Chestnut")
AUSTIN = ("Austin", "TX", "78704")
FACTS = (3, 2, 1500, 1990, 300_000)


def clusters(rows: Sequence[Sequence[object]], headings: Sequence[str] = HEADINGS) -> list[int]:
    columns = {heading: [str(row[i]) for row in rows] for i, heading in enumerate(headings)}
    return resolve(Table(columns=columns)).cluster_ids


def pair_f1(truth: Sequence[object], found: Sequence[int]) -> float:
    true, told, both = (_pairs(Counter(labels)) for labels in (truth, found, zip(truth, found, strict=True)))
    return 2 * both / (true + told)


def _pairs(sizes: Counter[object]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())


# One home, many sightings


def test_one_home_on_three_sites_is_one():
    assert clusters(
        [
            ("Bob Hill", "512-555-0111", "", "12 N Elm St", *AUSTIN, 3, 2, 1500, 1990, 300_000),
            ("", "", "", "12 North Elm Street", *AUSTIN, 3, 2, 1500, "", 305_000),
            ("Hill, Bob", "(512) 555-0111", "", "12 N. ELM", "Austin", "TX", "", 3, 2, "", 1990, 299_000),
        ]
    ) == [1, 1, 1]


@pytest.mark.parametrize("step", [1, 2, 4, 10])
def test_a_landlords_row_of_equal_houses_stays_apart(step):
    rows = [
        ("Alice Jones", "512-555-0101", "alice@example.com", f"{100 + step * n} Oak St", *AUSTIN, *FACTS)
        for n in range(10)
    ]

    assert clusters(rows) == list(range(1, 11))


def test_a_landlords_houses_all_over_town_stay_apart():
    streets = ("Oak", "Elm", "Pine", "Main", "Lake", "Hill", "Park", "First", "2nd", "3rd")
    rows = [("Alice Jones", "512-555-0101", "", f"12 {street} St", *AUSTIN, *FACTS) for street in streets]

    assert clusters(rows) == list(range(1, 11))


@pytest.mark.parametrize("designator", ["Apt {}", "Unit {}", "#{}", ", Ste. {}"])
def test_units_of_one_building_stay_apart(designator):
    rows = [
        ("Bob Hill", "512-555-0111", "", f"77 Main St {designator.format(unit)}", *AUSTIN, 1, 1, 600, 1980, 150_000)
        for unit in ("1", "2", "3A", "12")
    ]

    assert clusters(rows) == [1, 2, 3, 4]


@pytest.mark.parametrize("other", ["Bob Hill", "Carol Dale"])
def test_twin_houses_stay_apart(other):
    assert clusters(
        [
            ("Bob Hill", "512-555-0111", "", "12 Elm St", *AUSTIN, *FACTS),
            (other, "512-555-0111", "", "14 Elm St", *AUSTIN, *FACTS),
        ]
    ) == [1, 2]


def test_twin_houses_that_were_both_seen_twice_are_two():
    assert clusters(
        [
            ("Bob Hill", "512-555-0111", "", "121 Elm St", *AUSTIN, *FACTS),
            ("Bob Hill", "512-555-0111", "", "124 Elm St", *AUSTIN, *FACTS),
            ("BOB HILL", "(512) 555-0111", "", "121 ELM STREET", *AUSTIN, *FACTS),
            ("Hill, Bob", "5125550111", "", "124 Elm", *AUSTIN, *FACTS),
        ]
    ) == [1, 2, 1, 2]


def test_a_mistyped_house_number_is_forgiven_where_everything_else_agrees():
    assert clusters(
        [
            ("Bob Hill", "512-555-0111", "bob@example.com", "9121 Elm St", *AUSTIN, *FACTS),
            ("Bob Hill", "512-555-0111", "", "9128 Elm St", *AUSTIN, 3, 2, 1500, 1990, 298_000),
        ]
    ) == [1, 1]


def test_an_agents_telephone_joins_nothing():
    rows = [
        ("Ann Lee", "512-555-0199", "", "5 Oak St", *AUSTIN, 3, 2, 1500, 1990, 300_000),
        ("Ben Roy", "512-555-0199", "", "18 Elm St", *AUSTIN, 2, 1, 900, 1970, 200_000),
        ("Cy Fox", "512-555-0199", "", "77 Lake Rd", *AUSTIN, 4, 3, 2500, 2001, 500_000),
        ("Di Orr", "512-555-0199", "", "9 Hill Ln", *AUSTIN, 3, 2, 1800, 1984, 350_000),
    ]

    assert clusters(rows) == [1, 2, 3, 4]


def test_a_home_offered_again_a_year_later_is_another_lead():
    home = ("Bob Hill", "512-555-0111", "", "12 Elm St", *AUSTIN, *FACTS)
    rows = [(*home, "2024-05-01"), (*home, "2024-06-10"), (*home, "2025-06-15")]

    assert clusters(rows, (*HEADINGS, "listed_on")) == [1, 1, 2]


@pytest.mark.parametrize(
    ("line", "other"),
    [
        ("12A Elm St", "12B Elm St"),
        ("900 N Lamar Blvd", "900 S Lamar Blvd"),
        ("900 Oak St", "900 Oak Ave"),
        ("900 Oak St, Austin, TX 78704", "900 Oak St, Dallas, TX 75201"),
    ],
)
def test_one_sign_of_the_address_tells_two_homes_of_one_owner_apart(line, other):
    rows = [("Bob Hill", "512-555-0111", "bob@example.com", address, *FACTS) for address in (line, other)]

    assert clusters(rows, [heading for heading in HEADINGS if heading not in {"city", "state", "zip"}]) == [1, 2]


def test_a_home_stays_one_when_its_owner_changes():
    assert clusters(
        [
            ("Dan Orr", "512-555-0177", "", "900 S Lamar Blvd", *AUSTIN, *FACTS),
            ("Eve Poe", "737-555-0148", "", "900 South Lamar Boulevard", *AUSTIN, 3, 2, 1500, 1990, 310_000),
        ]
    ) == [1, 1]


def test_numbered_streets_differ_however_alike_they_look():
    rows = [("", "", "", f"12 {street} St", *AUSTIN, *FACTS) for street in ("12th", "13th", "Twelfth")]

    assert clusters(rows) == [1, 2, 1]


# Tables with truth


def sightings(count: int, *, dirt: float, seed: int) -> tuple[list[tuple[object, ...]], list[int]]:
    """Homes seen once to four times, each sighting with slips and gaps, and the home behind each."""
    dice = random.Random(seed)
    rows, truth = [], []
    while len(rows) < count:
        home = _home(dice)
        for sighting in range(dice.choice((1, 1, 1, 2, 2, 3, 4))):
            rows.append(_seen(home, dice, dirt if sighting else 0.0))
            truth.append(home["key"])
    return rows, truth


def _home(dice: random.Random) -> dict[str, object]:
    return {
        "key": dice.random(),
        "given": dice.choice(GIVEN_NAMES),
        "family": dice.choice(FAMILY_NAMES)
        + dice.choice(["", "son", "man", "er"]),
        "phone": f"{dice.randint(201, 989)}{dice.randint(2_000_000, 9_999_999)}",
        "number": dice.randint(1, 9900),
        "street": dice.choice(STREETS),
        "city": dice.choice([("Austin", "TX", "787"), ("Tulsa", "OK", "741"), ("Boise", "ID", "837")]),
        "facts": (
            dice.randint(1, 5), dice.randint(1, 3), dice.randint(80, 600) * 5, dice.randint(1905, 2023),
            dice.randint(100, 900) * 1000,
        ),
    }  # fmt: skip


def _seen(home: dict, dice: random.Random, dirt: float) -> tuple[object, ...]:
    def kept(value: object) -> object:
        return "" if dice.random() < dirt else value

    def slipped(text: str) -> str:
        at = dice.randrange(len(text))
        return text[:at] + text[at + 1 :] if dice.random() < dirt else text

    city, state, prefix = home["city"]
    beds, baths, area, year, price = home["facts"]
    name = f"{slipped(home['given'])} {slipped(home['family'])}"
    line = f"{home['number']} {slipped(home['street'])} {dice.choice(['St', 'Street', 'st.'])}"
    return (
        kept(name), kept(home["phone"]), "", line, slipped(city), state, kept(f"{prefix}{home['number'] % 30:02d}"),
        kept(beds), kept(baths), kept(area), kept(year), kept(price),
    )  # fmt: skip


@pytest.mark.parametrize(("dirt", "floor"), [(0.05, 0.998), (0.25, 0.98)])
def test_sightings_of_homes_are_told_without_examples(dirt, floor):
    rows, truth = sightings(1200, dirt=dirt, seed=20)

    assert pair_f1(truth, clusters(rows)) >= floor


@pytest.mark.parametrize(
    "absent", [{"owner_name", "phone"}, {"beds", "baths", "sqft"}, {"zip", "city"}, {"address"}]
)
def test_missing_columns_cost_little(absent):
    rows, truth = sightings(800, dirt=0.1, seed=21)
    kept = [position for position, heading in enumerate(HEADINGS) if heading not in absent]

    found = clusters([[row[i] for i in kept] for row in rows], [HEADINGS[i] for i in kept])

    assert pair_f1(truth, found) >= 0.95


def test_columns_without_telling_names_are_told_by_their_values():
    rows, truth = sightings(800, dirt=0.1, seed=22)

    assert pair_f1(truth, clusters(rows, [f"field {number}" for number in range(len(HEADINGS))])) >= 0.98


@pytest.mark.parametrize("name", ["febrl_dataset1.csv", "febrl_dataset3.csv"])
def test_the_persons_of_febrl_are_found(shared_data, name):
    table = read_table((shared_data / "entity_resolution" / name).read_bytes())
    resolution = resolve(table)

    persons = [record_id.split("-")[1] for record_id in resolution.record_ids]

    assert pair_f1(persons, resolution.cluster_ids) >= 0.999


def test_restaurants_are_told_by_name_and_street(shared_data):
    content = (shared_data / "entity_resolution" / "restaurants_fodors_zagat_dev.csv").read_bytes()
    table = read_table(content)

    resolution = resolve(table)

    assert resolution.roles["name"] is Role.TITLE
    assert pair_f1(table.columns["unique_id"], resolution.cluster_ids) >= 0.93


# Columns


def test_headings_are_read_in_any_writing():
    table = Table(columns={name: [""] for name in ("YearBuilt", "ZIP Code", "LIST-PRICE", "Property City", "SqFt")})

    assert list(infer_roles(table).values()) == [Role.YEAR, Role.ZIP, Role.PRICE, Role.CITY, Role.AREA]


def test_a_given_role_wins_over_the_heading():
    table = Table(columns={"phone": ["Bob Hill"], "tel": ["512-555-0111"]})

    roles = infer_roles(table, parse_assignments("name=phone, phone=tel"))

    assert roles == {"phone": Role.NAME, "tel": Role.PHONE}


@pytest.mark.parametrize("text", ["colour=red", "name", "name=nowhere"])
def test_an_assignment_that_means_nothing_is_refused(text):
    with pytest.raises(UnknownColumn):
        infer_roles(Table(columns={"red": ["1"]}), parse_assignments(text))


def test_the_truth_is_never_used():
    rows = [(*row, number) for number, row in enumerate(sightings(30, dirt=0.0, seed=3)[0])]

    assert clusters(rows, (*HEADINGS, "entity")) == clusters(rows, (*HEADINGS, "cluster_id"))


def test_a_table_without_headings_keeps_its_first_row():
    table = read_table(b"Bob Hill,512-555-0111,12 Elm St\nCarol Dale,512-555-0112,14 Oak St\n")

    assert list(infer_roles(table).values()) == [Role.NAME, Role.PHONE, Role.ADDRESS]
    assert table.row_count == 2


# Files


@pytest.mark.parametrize(
    ("content", "row_count"),
    [
        (b"", 0),
        (b"\n\n", 0),
        (b"id,name\n", 0),
        (b"id,name\n1,Alice\n", 1),
        (b"id;name\n1;J\xf6rg\n2;J\xf6rg\n", 2),
        (b"\xef\xbb\xbfid\tname\n1\tAlice\n", 1),
        (b"id,name\n1\n2,Alice,too,many\n", 2),
        (b'id,name\n1,"never closed\n2,Bob\n', 1),
        (b"id,name\n1,\x00\xff\xfe\n", 1),
        (b"id,note\n1," + b"x" * 300_000 + b"\n2,y\n", 2),
    ],
)
def test_any_bytes_are_a_table(content, row_count):
    resolution = resolve(read_table(content))

    assert len(resolution.cluster_ids) == len(resolution.confidences) == row_count


def test_empty_rows_are_not_one():
    assert clusters([[""] * len(HEADINGS)] * 3) == [1, 2, 3]


def test_rows_that_say_next_to_nothing_are_not_one():
    assert clusters([("TX",), ("TX",), ("OK",)], ("state",)) == [1, 2, 3]


@pytest.mark.parametrize("note", ["the same", "note {}"])
def test_many_equal_rows_take_no_square_of_time(note):
    home = ("Bob Hill", "512-555-0111", "", "12 Elm St", *AUSTIN, *FACTS)
    rows = [(*home, note.format(number)) for number in range(20_000)]

    assert len(clusters(rows, (*HEADINGS, "notes"))) == 20_000


def test_the_command_writes_a_row_per_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    source, output = tmp_path / "leads.csv", tmp_path / "clusters.csv"
    source.write_bytes(
        _csv(
            [
                ("id", *HEADINGS),
                *((f"r{n % 2}", *row) for n, row in enumerate(sightings(40, dirt=0, seed=5)[0][:40])),
            ]
        )
    )

    call_command("resolve", str(source), output=output, json=True)

    told = json.loads(capsys.readouterr().out)
    written = list(csv.DictReader(output.open()))
    assert told["records"] == len(written) == 40
    assert told["repeated_record_ids"] == 38
    assert list(written[0]) == ["record_id", "cluster_id", "confidence"]
    assert [row["record_id"] for row in written[:3]] == ["r0", "r1", "r0"]
    assert all(0 <= float(row["confidence"]) <= 1 for row in written)


def test_the_command_refuses_a_column_that_is_not_there(tmp_path: Path):
    source, output = tmp_path / "leads.csv", tmp_path / "clusters.csv"
    source.write_bytes(b"id,name\n1,Alice\n")

    with pytest.raises(CommandError, match="no column"):
        call_command("resolve", str(source), output=output, columns="phone=tel")
    assert not output.exists()


def _csv(rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


# Whatever comes


@settings(max_examples=at_length(short=5, soak=200), deadline=None)
@given(order=st.permutations(range(60)), seed=st.integers(0, 5))
def test_the_order_of_rows_does_not_change_the_clusters(order, seed):
    rows, _ = sightings(60, dirt=0.3, seed=seed)
    straight = clusters(rows[:60])
    shuffled = clusters([rows[position] for position in order])

    assert _partition(zip(order, shuffled, strict=True)) == _partition(enumerate(straight))


def _partition(labelled: Iterable[tuple[int, int]]) -> set[frozenset[int]]:
    groups: dict[int, set[int]] = {}
    for row, label in labelled:
        groups.setdefault(label, set()).add(row)
    return {frozenset(group) for group in groups.values()}


@settings(max_examples=at_length(short=12, soak=1000), deadline=None)
@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_no_file_makes_it_fail(content):
    resolution = resolve(read_table(content))

    assert len(resolution.record_ids) == len(resolution.cluster_ids)


@settings(max_examples=at_length(short=20, soak=1000), deadline=None)
@given(st.lists(st.tuples(*[st.text(max_size=12)] * len(HEADINGS)), max_size=6))
def test_no_cell_makes_it_fail(rows):
    assert len(clusters(rows)) == len(rows)
