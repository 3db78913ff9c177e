"""Ground that organisations call their own, and how much of it their plan allows."""

import json

import pytest
from django.db import IntegrityError, connection, transaction

from aiqleads.core.postgres import violated_constraint
from marketplace import demo, errors, selectors, services
from marketplace.grounds import Ground
from marketplace.models import Listing, Territory
from tests.api.conftest import client_of
from tests.api.problems import assert_problem
from tests.conftest import open_membership

pytestmark = pytest.mark.django_db

AROUND_THE_LEAD = {
    "type": "Polygon",
    "coordinates": [[[-97.8, 30.2], [-97.7, 30.2], [-97.7, 30.3], [-97.8, 30.3], [-97.8, 30.2]]],
}
ELSEWHERE = {"type": "Polygon", "coordinates": [[[-90, 40], [-89.9, 40], [-89.9, 40.1], [-90, 40]]]}
HOLLOW = {
    "type": "Polygon",
    "coordinates": [
        *AROUND_THE_LEAD["coordinates"],
        [[-97.78, 30.22], [-97.72, 30.22], [-97.72, 30.28], [-97.78, 30.22]],
    ],
}
PAGE, API = "/territories/", "/api/v1/territories/"


def own(member, *zip_codes, name="Mine", **said) -> Territory:
    return services.own_territory(member=member, name=name, ground=Ground(zip_codes=zip_codes), **said)


@pytest.mark.parametrize(
    ("ground", "lies_in_it"),
    [
        ({"zip_codes": ["78704"]}, True),
        ({"zip_codes": ["78705"]}, False),
        ({"counties": ["travis, texas"]}, True),
        ({"counties": ["Travis County, TX", "Hays County, TX"]}, True),
        ({"counties": ["Travis, WA"]}, None),
        ({"area": AROUND_THE_LEAD}, True),
        ({"area": ELSEWHERE}, False),
        ({"area": ELSEWHERE, "zip_codes": ["78704"]}, True),
    ],
)
def test_a_lead_lies_in_it_by_its_public_zip_and_point(lead, alice, ground, lies_in_it):
    answer = client_of(alice).post(API, {"name": "South", **ground}, format="json")

    if lies_in_it is None:
        assert_problem(answer, 400, "invalid")
    else:
        assert answer.status_code == 201, answer.json()
        assert selectors.territories_around(Listing.objects.get()).exists() is lies_in_it


def test_programs_own_change_and_give_up(alice, bob, charlie):
    api = client_of(alice)
    made = api.post(
        API, {"name": "South", "counties": ["Travis, TX"], "member": str(alice.pk)}, format="json"
    ).json()
    address = f"{API}{made['id']}/"

    assert (made["counties"], made["early_access"], made["zip_count"]) == (["Travis County, TX"], True, 86)
    changed = api.patch(address, {"name": "South Austin", "area": AROUND_THE_LEAD}, format="json").json()
    assert (changed["name"], changed["counties"]) == ("South Austin", ["Travis County, TX"])
    assert changed["square_miles"] == pytest.approx(41, abs=1)
    assert changed["since"] > made["since"]
    assert [one["name"] for one in client_of(bob).get(API).json()] == ["South Austin"]
    assert client_of(charlie).get(API).json() == []
    for method, body in (("get", None), ("patch", {"name": "Theirs"})):
        assert_problem(getattr(client_of(charlie), method)(address, body, format="json"), 404, "not_found")
    assert client_of(charlie).delete(address).status_code == 204
    assert api.get(address).json()["name"] == "South Austin"
    assert_problem(client_of(bob).delete(address), 403, "not_your_role")
    assert api.delete(address).status_code == 204
    assert api.delete(address).status_code == 204
    assert not Territory.objects.exists()


def test_what_is_no_territory_is_refused_and_nothing_kept(alice, charlie):
    api = client_of(alice)
    place = {"name": "South", "zip_codes": ["78704"]}
    for wrong in (
        {},
        {"name": "South"},
        {**place, "name": " "},
        {**place, "name": "x" * 81},
        {**place, "zip_codes": ["7870"]},
        {**place, "zip_codes": ["７８７０４"]},
        {**place, "zip_codes": "78704"},
        {**place, "zip_codes": ["78704"] * 2_001},
        {**place, "counties": ["Travis"]},
        {**place, "counties": ["Travis, Atlantis"]},
        {**place, "area": HOLLOW},
        {**place, "area": {"type": "Point", "coordinates": [0, 0]}},
        {**place, "area": "nonsense"},
        {**place, "member": str(charlie.pk)},
        {**place, "member": "nobody"},
        {**place, "early_access": "perhaps"},
        [],
    ):
        assert_problem(api.post(API, wrong, format="json"), 400, "invalid")
    assert not Territory.objects.exists()


def test_nobody_owns_the_whole_country(alice):
    los_angeles = Ground(counties=("Los Angeles County, CA",))
    with pytest.raises(errors.TerritoryTooLarge):
        services.own_territory(member=alice, name="LA", ground=los_angeles)

    for name in ("One", "Two", "Three"):
        own(alice, "78704", name=name)
    with pytest.raises(errors.TooManyTerritories):
        own(alice, "78705")
    assert_problem(
        client_of(alice).post(API, {"name": "x", "zip_codes": ["78706"]}, format="json"),
        422,
        "too_many_territories",
    )
    assert Territory.objects.count() == 3

    vast = {"type": "Polygon", "coordinates": [[[-99, 30], [-97, 30], [-97, 31], [-99, 31], [-99, 30]]]}
    address = f"{API}{Territory.objects.first().pk}/"
    assert_problem(client_of(alice).patch(address, {"area": vast}, format="json"), 422, "territory_too_large")


def test_raw_sql_meets_the_same_limits_and_without_the_guard_does_not(alice, charlie):
    own(alice, "78704")
    many = (
        "INSERT INTO marketplace_territory (id, organisation_id, name, zip_codes, counties, area, square_miles, "
        "covered_zips, has_early_access) SELECT gen_random_uuid(), organisation_id, name, zip_codes, counties, "
        "area, 0, covered_zips, true FROM marketplace_territory, generate_series(1, 3)"
    )
    to_charlie = "UPDATE marketplace_territory SET membership_id = %s"
    assert refused_by(many) == "territory_count_within_plan"
    assert refused_by(to_charlie, charlie.pk) == "territory_of_its_member"
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER territory_within_plan ON marketplace_territory")
        cursor.execute("DROP TRIGGER territory_of_its_member ON marketplace_territory")
    assert refused_by(many) == ""
    assert refused_by(to_charlie, charlie.pk) == ""


def refused_by(statement: str, *values: object) -> str:
    """The guard that refuses a statement; "" when none does."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    except IntegrityError as error:
        return violated_constraint(error) or "?"
    return ""


def test_a_name_moves_nothing_and_new_ground_counts_anew(alice):
    territory = own(alice, "78704")

    same = {"member": alice, "territory_id": territory.pk, "holder_id": alice.pk, "has_early_access": True}
    renamed = services.change_territory(name="South", ground=Ground(zip_codes=("78704",)), **same)
    moved = services.change_territory(name="South", ground=Ground(zip_codes=("78705",)), **same)

    assert renamed.since == territory.since < moved.since
    assert moved.membership == alice


def test_members_own_change_and_give_up_on_pages(alices, bobs, charlies, alice):
    said = {"name": "South", "zip_codes": "78704, 78745", "counties": "Hays, TX\n", "has_early_access": "on"}
    assert alices.post(PAGE, said).status_code == 302
    territory = Territory.objects.get()
    page = f"{PAGE}{territory.pk}/"
    assert (territory.zip_codes, territory.counties) == (["78704", "78745"], ["Hays County, TX"])
    assert "Hays County, TX" in bobs.get(PAGE).content.decode()

    drawn = {**said, "polygon": json.dumps(AROUND_THE_LEAD), "membership": str(alice.pk), "has_early_access": ""}
    assert alices.post(page, drawn).status_code == 302
    territory.refresh_from_db()
    assert (territory.membership, territory.has_early_access) == (alice, False)
    assert "Keep the area that was drawn" in alices.get(page).content.decode()

    assert [client.post(page, said).status_code for client in (bobs, charlies)] == [403, 404]
    assert bobs.post(PAGE, said).status_code == 403
    charlies.post(f"{page}give-up/")
    bobs.post(f"{page}give-up/")
    assert Territory.objects.exists()
    alices.post(f"{page}give-up/")
    assert not Territory.objects.exists()


def test_pages_say_what_is_wrong(alices, charlie):
    for wrong in (
        {},
        {"name": "South"},
        {"name": "South", "zip_codes": "787"},
        {"name": "South", "counties": "Travis"},
        {"name": "South\0", "zip_codes": "78704"},
        {"name": "South", "polygon": json.dumps(HOLLOW)},
        {"name": "South", "zip_codes": "78704", "membership": str(charlie.pk)},
        {"name": "South", "zip_codes": "9" * 20_000},
    ):
        assert alices.post(PAGE, wrong).status_code == 400, wrong
    vast = alices.post(PAGE, {"name": "LA", "counties": "Los Angeles, CA"})
    assert (vast.status_code, b"larger than your plan allows" in vast.content) == (422, True)
    assert not Territory.objects.exists()


def test_the_list_hands_its_places_over(alices, lead):
    found = alices.get("/leads/?county=Travis&state=TX").content.decode()
    assert "/territories/?county=Travis&amp;state=TX#new" in found
    assert "Travis, TX" in alices.get(f"{PAGE}?county=Travis&state=TX").content.decode()
    drawn = {"polygon": json.dumps(AROUND_THE_LEAD)}
    assert "Keep the area that was drawn" in alices.get(PAGE, drawn).content.decode()


def test_two_holders_of_one_zip_are_both_its_holders(alice, charlie, lead):
    own(alice, "78704")
    own(charlie, "78704", "78705")
    own(open_membership("dora"), "78705")

    holders = selectors.territories_around(Listing.objects.get()).values_list("organisation", flat=True)

    assert set(holders) == {alice.organisation_id, charlie.organisation_id}


def test_the_demos_first_agent_owns_one(settings):
    settings.DEMO = True
    for _ in range(2):
        demo.ensure_territory()
    assert Territory.objects.get().membership.user.email == demo.LOGINS[0].email
    assert not demo.is_loaded()
