"""The plain map's outlines are where the country is, and small enough to be sent."""

import gzip
import io
import json
import zipfile
from collections import defaultdict
from functools import cache

import pytest
import shapely
from django.conf import settings
from django.core.management import CommandError, call_command

from leads.gazetteer.table import every_row
from leads.outlines import building
from leads.outlines.picture import HEIGHT, WIDTH, state_outlines
from leads.usps import STATE_CODES

SENT_AT_MOST_BYTES = 400_000
SIMPLIFIED_BY_DEGREES = 0.05


def is_off(shape, places):
    """Which of the places lie further off a shape than it is simplified by."""
    shapely.prepare(shape)
    return ~shapely.dwithin(shape, shapely.points(places), SIMPLIFIED_BY_DEGREES)


def read(name):
    return json.loads((building.FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@cache
def states():
    return {
        feature["properties"]["code"]: shapely.geometry.shape(feature["geometry"])
        for feature in read("states")["features"]
    }


def test_all_outlines_together_are_sent_in_less_than_400_kb():
    sent = {file.name: len(gzip.compress(file.read_bytes())) for file in building.FOLDER.iterdir()}

    assert sent.keys() == {"states.json", "counties.json", "towns.json"}
    assert sum(sent.values()) < SENT_AT_MOST_BYTES


def test_every_state_and_the_capital_have_an_outline():
    assert states().keys() >= STATE_CODES - {"PR", "VI", "GU", "AS", "MP", "UM"}


def test_towns_lie_inside_the_outline_of_their_state():
    """Or not further off its coast than the map is simplified by."""
    outlines, towns = states(), defaultdict(list)
    for row in every_row():
        if row.kind == "city" and row.population >= 10_000 and row.state in outlines:
            towns[row.state].append((row.longitude, row.latitude))
    off = {state: is_off(outlines[state], points).sum() for state, points in towns.items()}

    assert sum(off.values()) < 0.002 * sum(map(len, towns.values())), off


def test_county_lines_lie_in_the_country_and_are_drawn_once():
    lines = [tuple(map(tuple, line)) for line in read("counties")["coordinates"]]
    middles = [line[len(line) // 2] for line in lines]

    assert len(set(lines) | {line[::-1] for line in lines}) == 2 * len(lines)
    tree = shapely.STRtree(list(states().values()))
    on_land, _ = tree.query(shapely.points(middles), predicate="dwithin", distance=SIMPLIFIED_BY_DEGREES)
    assert len(set(on_land)) > 0.999 * len(lines)


def a_wheel(folder, **maps):
    wheel = folder / "bqplot-0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, document in maps.items():
            archive.writestr(f"bqplot/map_data/{name}.json", json.dumps(document))
    return wheel


def test_outlines_are_built_from_lines_that_neighbours_share(tmp_path):
    """Two counties in Texas and one in Oklahoma: the line inside Texas is a county's, the others are states'."""
    line = [[0, 0], [0, 10]]
    topology = {
        "transform": {"scale": [0.1, 0.1], "translate": [-100, 30]},
        "arcs": [
            [[0, 0], [-10, 0], [0, 10], [10, 0]],
            line,
            [[0, 10], [10, 0]],
            [[10, 10], [0, -10]],
            [[10, 0], [-10, 0]],
            [[10, 10], [10, 0], [0, -10], [-10, 0]],
        ],
        "objects": {
            "states": {
                "geometries": [
                    {"id": 48, "type": "Polygon", "arcs": [[0, 2, 3, 4]]},
                    {"id": 40, "type": "MultiPolygon", "arcs": [[[5, ~3]]]},
                ]
            },
            "subunits": {
                "geometries": [
                    {"id": 48001, "type": "Polygon", "arcs": [[0, ~1]]},
                    {"id": 48003, "type": "Polygon", "arcs": [[1, 2, 3, 4]]},
                    {"id": 40001, "type": "Polygon", "arcs": [[5, ~3]]},
                ]
            },
        },
    }
    names = {
        "objects": {
            "subunits": {
                "geometries": [
                    {"id": 48, "properties": {"name": "Texas"}},
                    {"id": 40, "properties": {"name": "Oklahoma"}},
                    {"id": 11, "properties": None},
                ]
            }
        }
    }

    built = building.build(
        a_wheel(tmp_path, USCountiesMap=topology, USStatesMap=names),
        to=tmp_path / "map",
        picture=tmp_path / "p.json",
    )

    written = json.loads((tmp_path / "map" / "counties.json").read_text())
    assert written["coordinates"] == [[[-100.0, 30.0], [-100.0, 31.0]]]
    oklahoma, texas = json.loads((tmp_path / "map" / "states.json").read_text())["features"]
    assert (oklahoma["properties"]["code"], texas["properties"]["code"]) == ("OK", "TX")
    assert shapely.geometry.shape(texas["geometry"]).area == pytest.approx(2)
    assert (built.states, built.county_lines) == (2, 1)


def test_the_picture_shows_every_state_within_its_frame():
    for state in state_outlines():
        pairs = [pair.split(",") for pair in state.path.replace("M", "").replace("Z", " ").split()]

        assert all(0 <= float(x) <= WIDTH and 0 <= float(y) <= HEIGHT for x, y in pairs), state.code
        assert 0 < state.x < WIDTH
    assert [state.code for state in state_outlines()] == sorted(states())


def test_a_wheel_of_something_else_is_refused_in_words(tmp_path):
    with pytest.raises(CommandError, match="is no wheel of bqplot"):
        call_command("build_outlines", a_wheel(tmp_path, WorldMap={}), stdout=io.StringIO())


def test_leaflet_is_served_from_its_package():
    [(prefix, folder)] = [place for place in settings.STATICFILES_DIRS if isinstance(place, tuple)]

    assert prefix == "leaflet"
    assert (folder / "leaflet.js").is_file()
    assert "leaflet" not in settings.INSTALLED_APPS
