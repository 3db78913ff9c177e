"""Circles, areas and distances: every engine gives the same answers, and what is no area is refused in words."""

import json
from contextlib import suppress

import pytest
from django.apps.registry import Apps
from django.core.management import CommandError, call_command
from django.db import connection, models
from geographiclib.geodesic import Geodesic
from hypothesis import example, given
from hypothesis import strategies as st
from shapely.geometry import shape

from aiqleads.core import geo
from aiqleads.core.geo import engines, indexes, native, postgis
from aiqleads.core.geo.engines import engine_of

MILE = geo.METRES_PER_MILE
PLACES = {
    "Austin": (30.2672, -97.7431),
    "Dallas": (32.7767, -96.797),
    "Houston": (29.7604, -95.3698),
    "Honolulu": (21.3069, -157.8583),
    "Nome": (64.5011, -165.4064),
    "Adak": (51.88, -176.6581),
    "Attu": (52.9025, 172.9094),
    "Tutuila": (-14.2781, -170.7025),
    "Suva": (-18.1416, 178.4419),
    "Taveuni": (-16.9898, -179.8786),
    "Quito": (-0.1807, -78.4678),
    "Alert": (82.5018, -62.3481),
    "across the North Pole": (89.5, 117.65),
    "North Pole": (90.0, 0.0),
    "McMurdo": (-77.8419, 166.6863),
    "nowhere": (None, None),
}


class Spot(models.Model):
    """Rows that know where they are, and nothing else."""

    name = models.CharField(max_length=30, primary_key=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)

    class Meta:
        apps = Apps()  # no test of all our models shall look for its table
        app_label = "core"
        managed = False

    def __str__(self) -> str:
        return self.name


@pytest.fixture
def spots(db):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE core_spot (name text, latitude float8, longitude float8) ON COMMIT DROP")
    Spot.objects.bulk_create(
        Spot(name=name, latitude=latitude, longitude=longitude) for name, (latitude, longitude) in PLACES.items()
    )
    return Spot.objects.all()


@pytest.fixture(params=[native, postgis], ids=["native", "postgis"])
def engine(request, db):
    """Every engine that this database can run."""
    if request.param is postgis and engine_of() is native:
        pytest.skip("no PostGIS in this database: .ci/postgis runs these tests on one that has it")
    return request.param


def names(rows):
    return {row.name for row in rows}


def true_metres(here, there):
    """Along the WGS84 ellipsoid, by Karney's geodesics."""
    return Geodesic.WGS84.Inverse(*here, *there)["s12"]


def polygon(*rings):
    return json.dumps({"type": "Polygon", "coordinates": [list(ring) for ring in rings]})


def box(west, south, east, north):
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


@pytest.mark.parametrize("centre", ["Austin", "Quito", "Taveuni", "Attu", "Alert", "North Pole", "McMurdo"])
@pytest.mark.parametrize("miles", [1, 180, 600, 4_000, 13_000])
def test_a_circle_holds_what_the_geodesic_says(spots, engine, centre, miles):
    latitude, longitude = PLACES[centre]
    distances = {name: true_metres(PLACES[centre], place) for name, place in PLACES.items() if None not in place}
    sure = {name for name, metres in distances.items() if metres <= miles * MILE * 0.995}
    possible = {name for name, metres in distances.items() if metres <= miles * MILE * 1.005}

    found = names(spots.filter(engine.in_circle(latitude=latitude, longitude=longitude, metres=miles * MILE)))

    assert sure <= found <= possible


@pytest.mark.parametrize("centre", [name for name in PLACES if name != "nowhere"])
def test_distances_are_within_half_a_percent_of_the_geodesic(spots, engine, centre):
    latitude, longitude = PLACES[centre]

    rows = spots.exclude(latitude=None).annotate(
        distance_metres=engine.distance_metres(latitude=latitude, longitude=longitude)
    )

    assert len(rows) == len(PLACES) - 1
    for row in rows:
        true = true_metres(PLACES[centre], PLACES[row.name])
        assert row.distance_metres == pytest.approx(true, rel=0.005, abs=0.001)


@pytest.mark.parametrize("centre", ["Austin", "Taveuni", "Attu", "across the North Pole", "McMurdo"])
def test_the_nearest_come_first_and_what_is_nowhere_last(spots, engine, centre):
    latitude, longitude = PLACES[centre]
    distances = {name: true_metres(PLACES[centre], place) for name, place in PLACES.items() if None not in place}

    by_distance = engine.nearness(latitude=latitude, longitude=longitude).asc(nulls_last=True)
    *found, last = (row.name for row in spots.order_by(by_distance))

    assert found == sorted(distances, key=distances.__getitem__)
    assert last == "nowhere"


L_SHAPED = [[-100, 29], [-95, 29], [-95, 30.5], [-97.5, 30.5], [-97.5, 33], [-100, 33], [-100, 29]]


@pytest.mark.parametrize(
    ("area", "holds"),
    [
        (polygon(box(-100, 29, -95, 33)), {"Austin", "Dallas", "Houston"}),
        (polygon(box(-100, 29, -95, 33)[::-1]), {"Austin", "Dallas", "Houston"}),
        (polygon(box(-100, 29, -95, 33), box(-98, 30, -97, 31)), {"Dallas", "Houston"}),
        (polygon(L_SHAPED), {"Austin", "Houston"}),
        (polygon(box(170, 50, -175, 54)), {"Adak", "Attu"}),
        (polygon(box(170, 50, -175, 54), box(172, 52, 174, 53)), {"Adak"}),
        (polygon(box(170, 50, -175, 54), box(175, 51, -176, 53)), {"Attu"}),
        (polygon(box(177, -19, -179, -16)), {"Suva", "Taveuni"}),
        (polygon([[0, 85], [120, 85], [-120, 85], [0, 85]]), {"North Pole", "across the North Pole"}),
        (polygon([[0, 85], [-120, 85], [120, 85], [0, 85]]), {"North Pole", "across the North Pole"}),
        (
            polygon([[0, 85], [120, 85], [-120, 85], [0, 85]], [[0, 89.8], [120, 89.8], [-120, 89.8], [0, 89.8]]),
            {"across the North Pole"},
        ),
        (polygon(box(-180, 85, 180, 90)), {"North Pole", "across the North Pole"}),
        (polygon(box(100, 85, 140, 90)), {"across the North Pole"}),
        (polygon(box(160, -79, 170, -77)), {"McMurdo"}),
    ],
)
def test_an_area_holds_what_lies_inside(spots, engine, area, holds):
    assert names(spots.filter(engine.in_area(geo.read_area(area)))) - {"North Pole"} == holds - {"North Pole"}


def test_an_area_may_be_of_many_parts_and_come_as_a_feature(spots, engine):
    parts = [[box(-100, 29, -97, 33)], [box(-180, 50, -175, 54)], [box(170, 50, 180, 54), box(172, 52, 174, 53)]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "MultiPolygon", "coordinates": parts}}

    assert names(spots.filter(engine.in_area(geo.read_area(json.dumps(feature))))) == {"Austin", "Adak"}


def test_an_area_written_out_is_the_same_area():
    area = geo.read_area(polygon(box(170, 50, -175, 54), box(175, 51, -176, 53)))

    again = geo.read_area(area.geojson)

    assert shape(json.loads(again.geojson)).equals(shape(json.loads(area.geojson)))


def test_edges_are_straight_in_degrees_and_no_great_circles(spots, engine):
    """A great circle from corner to corner would run 0.7° farther north, and leave Nome out."""
    assert names(spots.filter(engine.in_area(geo.read_area(polygon(box(-179, 64, -151, 66)))))) == {"Nome"}


@pytest.mark.parametrize(
    ("area", "square_miles"),
    [(polygon(box(-109.05, 37, -102.05, 41)), 104_100), (polygon(box(179, -1, -179, 1)), 19_100)],
)
def test_an_area_knows_its_size(area, square_miles):
    assert geo.read_area(area).square_miles == pytest.approx(square_miles, rel=0.01)


RING = box(-98, 30, -97, 31)
REFUSED = {
    "": "not GeoJSON",
    "nonsense": "not GeoJSON",
    "[" * 30_000: "not GeoJSON",
    "null": "Polygon or MultiPolygon",
    "[]": "Polygon or MultiPolygon",
    '{"type": "Point", "coordinates": [0, 0]}': "Polygon or MultiPolygon",
    '{"type": "Feature", "geometry": null}': "Polygon or MultiPolygon",
    '{"type": ["Polygon"]}': "Polygon or MultiPolygon",
    '{"type": "Polygon"}': "list of rings",
    '{"type": "Polygon", "coordinates": {}}': "list of rings",
    '{"type": "MultiPolygon", "coordinates": {}}': "no coordinates",
    '{"type": "MultiPolygon", "coordinates": []}': "no coordinates",
    '{"type": "Polygon", "coordinates": []}': "list of rings",
    '{"type": "MultiPolygon", "coordinates": [7]}': "list of rings",
    polygon(RING[:3]): "at least four",
    polygon([]): "at least four",
    polygon(RING[:4]): "end where it starts",
    polygon([*RING[:4], [0]]): "[longitude, latitude]",
    polygon([*RING[:4], ["-98", "30"]]): "[longitude, latitude]",
    polygon([*RING[:4], None]): "[longitude, latitude]",
    polygon([[30, -98], [30, -97], [31, -97], [30, -98]]): "[longitude, latitude]",
    polygon(box(179, 10, 181, 11)): "within ±180",
    polygon(RING).replace("-97", "NaN"): "[longitude, latitude]",
    polygon(RING).replace("-97", "1e999"): "[longitude, latitude]",
    polygon(RING).replace("-97", "9" * 400): "[longitude, latitude]",
    polygon([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]): "crosses or touches itself near 0.5, 0.5",
    polygon([[179, 51], [-179, 53], [-179, 51], [179, 53], [179, 51]]): "crosses or touches itself",
    polygon([[0, 0], [1, 1], [2, 2], [0, 0]]): "crosses or touches itself",
    polygon([[0, 0]] * 4): "crosses or touches itself",
    polygon([[120 * turn, 88 + turn / 10] for turn in (0, 1, -1, 0, 1, -1)] + [[0, 88]]): "around the earth",
    polygon(RING, box(0, 0, 1, 1)): "hole of the area lies outside",
    polygon(RING, RING): "is empty",
    polygon([RING[0]] * 1_001 + RING[1:]): "at most 1,000 points",
    json.dumps({"type": "MultiPolygon", "coordinates": [[RING]] * 250}): "at most 1,000 points",
    polygon(box(-120, 25, -80, 48)): "3,506,871 square miles",
}


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_area_is_refused_in_words(text):
    with pytest.raises(geo.AreaRefused) as refused:
        geo.read_area(text)

    assert REFUSED[text] in str(refused.value)
    assert str(refused.value).endswith(".")


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists))
@example([[[0, 0], [1e-320, 0], [0, 1e-320], [0, 0]]])
@example([[[True, True], [False, False], [1, 0], [True, True]]])
def test_any_coordinates_make_an_area_or_are_refused(coordinates):
    for kind in ("Polygon", "MultiPolygon"):
        read_or_refused({"type": kind, "coordinates": coordinates})


LONGITUDES = st.integers(-180, 180) | st.floats(-180, 180)
LATITUDES = st.integers(-90, 90) | st.floats(-90, 90)


@given(st.lists(st.tuples(LONGITUDES, LATITUDES), min_size=3, max_size=8))
def test_any_ring_makes_a_valid_area_or_is_refused(ring):
    area = read_or_refused({"type": "Polygon", "coordinates": [[*ring, ring[0]]]})

    if area:
        drawn = shape(json.loads(area.geojson))
        west, south, east, north = drawn.bounds
        assert drawn.is_valid
        assert -180 <= west < east <= 180
        assert -90 <= south < north <= 90


def read_or_refused(document):
    with suppress(geo.AreaRefused):
        return geo.read_area(json.dumps(document))
    return None


def test_a_database_is_asked_by_its_own_engine(spots):
    texas = geo.read_area(polygon(box(-100, 29, -95, 33)))
    latitude, longitude = PLACES["Austin"]

    near = geo.within(spots, latitude=latitude, longitude=longitude, metres=200 * MILE)
    nearest = geo.nearest_first(spots, latitude=latitude, longitude=longitude)

    assert names(geo.inside(spots, texas)) == names(near) == {"Austin", "Dallas", "Houston"}
    assert [row.name for row in nearest[:3]] == ["Austin", "Houston", "Dallas"]
    assert max(near, key=lambda row: row.distance_metres).name == "Dallas"


def test_the_indexes_of_places_are_those_of_the_databases_engine(db):
    engine = engine_of()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE indexname IN ('listing_distance', 'listing_area')"
        )
        made = dict(cursor.fetchall())

    assert f"gist ({engine.PLACES.function}(" in made["listing_distance"]
    assert f"gist ({engine.FLAT_PLACES.function}(" in made["listing_area"]


def test_each_search_is_answered_by_its_index(spots):
    everywhere = [Spot(name=str(number), latitude=number % 60, longitude=-number % 170) for number in range(3_000)]
    Spot.objects.bulk_create(everywhere)
    with connection.schema_editor() as editor:
        editor.add_index(Spot, indexes.DistanceIndex(name="spot_distance"))
        editor.add_index(Spot, indexes.AreaIndex(name="spot_area"))
        editor.execute("ANALYZE core_spot")
    austin = {"latitude": 30.27, "longitude": -97.74}

    assert "spot_distance" in geo.within(spots, **austin, metres=10_000).explain()
    if connection.pg_version >= 170_000:  # an older one sorts what it found by the second column too
        assert "spot_distance" in geo.nearest_first(spots, **austin)[:10].explain()
    assert "spot_area" in geo.inside(spots, geo.read_area(polygon(RING))).explain()


def test_a_database_whose_server_got_postgis_is_changed_over_by_a_command(db, capsys):
    if engine_of() is native:
        with pytest.raises(CommandError, match="The server has no PostGIS"):
            call_command("use_postgis")
        return
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION core_geo_spot CASCADE; DROP FUNCTION core_geo_flat_spot CASCADE")
        cursor.execute("CREATE INDEX listing_distance ON marketplace_listing (listed_at)")
        cursor.execute("CREATE INDEX listing_area ON marketplace_listing (listed_at)")
    engines.ask_again()
    assert engine_of() is native

    call_command("use_postgis")

    assert "made again: listing_distance, listing_area" in capsys.readouterr().out
    assert engine_of() is postgis
    test_the_indexes_of_places_are_those_of_the_databases_engine(None)
