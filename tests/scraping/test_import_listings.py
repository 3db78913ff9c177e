"""The command import_listings: files go through the same door as crawls, and a second time change nothing."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from aiqleads.core import events
from leads.models import Lead, Observation, Score, Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def by_owner_site():
    return Source.objects.create(slug="by-owner", name="By-owner rows", family=Source.Family.FSBO, reader="fsbo")


def import_file(path, source):
    out = StringIO()
    call_command("import_listings", str(path), source=source, json=True, stdout=out)
    return json.loads(out.getvalue())


def test_real_rows_become_scored_leads_whose_facts_match_the_truth(shared_data, by_owner_site):
    path = shared_data / "fsbo/zillow_fsbo_listings_2026-02-19_dev.json"
    truth = json.loads(path.with_name(f"{path.name}.expected.json").read_text())

    report = import_file(path, by_owner_site.slug)
    events.deliver_all()

    assert (report["page"], report["read"], report["new"], report["rejected"]) == ("feed", 43, 43, 0)
    found = set(
        Lead.objects.values_list("city", "state_code", "zip_code", "asking_price_cents", "beds", "area_sqft")
    )
    for item in truth["items"]:
        facts = (item["city"], item["state"], item["zip_code"], item["price"] * 100, item["beds"], item["sqft"])
        assert (*facts[:4], facts[4] or None, facts[5] or None) in found
    assert Score.objects.values("lead").distinct().count() == Lead.objects.count()


def test_the_same_file_again_changes_nothing(tmp_path, by_owner_site):
    path = tmp_path / "homes.csv"
    path.write_text("Id,Address,City,State,Zip,Price,Beds\n7,1204 S Oak St,Austin,TX,78704,325000,3\n")
    import_file(path, by_owner_site.slug)
    before = (Lead.objects.count(), Observation.objects.count())

    report = import_file(path, by_owner_site.slug)

    assert (report["new"], report["changed"], report["seen"]) == (0, 0, 1)
    assert (Lead.objects.count(), Observation.objects.count()) == before == (1, 1)


@pytest.mark.parametrize(
    ("name", "count"),
    [("marketplace_search_houston_2025-02.html", 14), ("marketplace_item_regular_2025-01.html", 1)],
)
def test_drones_and_smoke_detectors_end_rejected_and_leave_nothing(shared_data, name, count):
    report = import_file(shared_data / "facebook" / name, "facebook")

    assert (report["page"], report["read"], report["rejected"], report["new"]) == ("rejected", count, count, 0)
    assert list(report["reasons"].values()) == [count]
    assert not Lead.objects.exists()
    assert not Observation.objects.exists()


def test_words_for_people_count_the_outcomes(tmp_path, by_owner_site):
    path = tmp_path / "homes.csv"
    path.write_text("Address,City,State,Zip,Price,Beds\n1204 S Oak St,Austin,TX,78704,325000,3\n")
    out = StringIO()

    call_command("import_listings", str(path), source=by_owner_site.slug, stdout=out)

    assert "By-owner rows: 1 record(s) read from a feed page" in out.getvalue()
    assert "  columns read as: a guess\n  new: 1\n" in out.getvalue()


def test_an_unknown_source_is_refused_with_the_known_ones(tmp_path, by_owner_site):
    with pytest.raises(
        CommandError, match=r"no source called 'nowhere'. Known sources: buyer-enquiries, by-owner, county-r"
    ):
        call_command("import_listings", str(tmp_path), source="nowhere")


def test_a_file_that_is_not_there_is_refused(tmp_path, by_owner_site):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_listings", str(tmp_path / "none.csv"), source=by_owner_site.slug)

    assert not Observation.objects.exists()
