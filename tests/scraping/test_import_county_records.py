"""County tables through the real door: what they are is data, closings value and suppress, notices are leads."""

import csv
import io
import json
import re
from collections import Counter
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command

from aiqleads.core import events
from leads import services
from leads.models import Contact, Lead, Observation, Source
from marketplace import delivery
from marketplace import services as marketplace
from marketplace.models import Listing
from scraping.demo.county import LEADS_EACH, TRAPS_EACH, county_files
from scraping.importing import open_file
from scraping.mappings import choose_mapping
from scraping.readers.mapping import read_row
from tests.conftest import licensed
from tests.leads.test_pipeline import record

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 2)


def import_file(path, source):
    out = StringIO()
    call_command("import_listings", str(path), source=source, json=True, stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def county(tmp_path):
    for name, body in county_files(TODAY).items():
        (tmp_path / name).write_bytes(body)
    return tmp_path


def read_all(shared_data, name, slug):
    path = shared_data / "transactions" / name
    truth = json.loads(path.with_name(f"{name}.expected.json").read_text())
    with path.open("rb") as file:
        table = open_file(file)
        chosen = choose_mapping(Source.objects.get(pk=slug), table)
        assert chosen.kept, "the county's own mapping is used, not a guess"
        return table.columns, [read_row(chosen.mapping, row) for _, row in table.rows], truth


def test_sacramentos_sales_are_read_whole(shared_data):
    columns, rows, truth = read_all(shared_data, "sacramento_2008-05_even.csv", "sacramento-sales")

    assert (list(columns), len(rows)) == (truth["columns"], truth["rows"])
    prices = [int(row.asking_price_text) for row in rows]
    assert (min(prices), max(prices)) == (truth["price_min"], truth["price_max"])
    assert (rows[0].address_lines, rows[0].posted_text) == (("3526 HIGH ST",), "Wed May 21 00:00:00 EDT 2008")
    assert {row.status for row in rows} == {"closed"}
    assert not any(row.rejected or row.kind for row in rows)


def test_manhattans_sales_are_read_below_their_titles(shared_data):
    columns, rows, truth = read_all(
        shared_data, "nyc_rollingsales_manhattan_2016-09_2017-08.csv", "nyc-rolling-sales"
    )

    assert (list(columns), len(rows)) == (truth["columns"], truth["rows"])
    sold = [row for row in rows if not row.rejected]
    assert (len(sold), len(rows) - len(sold)) == (truth["price_numeric"], truth["price_dash_rows"])
    assert max(int(row.asking_price_text.replace(",", "")) for row in sold) == truth["price_max"]
    first = rows[0]
    assert (first.address_lines, first.city, first.state, first.zip) == (
        ("153 AVENUE B",),
        "New York",
        "NY",
        "10009",
    )
    assert (first.area_text, first.asking_price_text, first.property_type) == ("6,440", "6,625,000", "apartment")


def test_king_countys_sales_are_read_without_the_columns_that_are_missing(shared_data):
    _, rows, truth = read_all(shared_data, "king_county_2014-15_even.csv", "king-county-sales")

    prices = [float(row.asking_price_text) for row in rows]
    assert (len(rows), min(prices), max(prices)) == (truth["rows"], truth["price_min"], truth["price_max"])
    assert round(sum(prices) / len(prices), 2) == truth["price_mean"]
    assert {(row.status, row.state, row.kind) for row in rows} == {("closed", "WA", None)}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("foreclosure-notices.csv", "preforeclosure"),
        ("probate-filings.csv", "probate"),
        ("assessment-roll.csv", "absentee"),
    ],
)
def test_a_countys_table_becomes_listed_leads_of_its_kind(county, name, kind):
    report = import_file(county / name, "demo-county")
    events.deliver_all()

    assert report["new"] == LEADS_EACH
    assert Counter(Listing.objects.offered().values_list("kind", flat=True)) == {kind: LEADS_EACH}
    assert Contact.objects.exclude(name=None).count() == LEADS_EACH
    again = import_file(county / name, "demo-county")
    assert (again["new"], again["changed"], again["seen"]) == (0, 0, LEADS_EACH)


def test_the_countys_tables_tell_of_different_homes(county):
    for name in county_files(TODAY):
        import_file(county / name, "demo-county")

    told = Observation.objects.exclude(address_hash="").values_list("address_hash", flat=True)
    assert len(told) == len(set(told)) == 4 * LEADS_EACH


def test_owners_who_live_in_the_home_or_around_the_corner_are_no_absent_owners(county):
    report = import_file(county / "assessment-roll.csv", "demo-county")

    assert report["reasons"] == {
        "the owner's post goes to the home": 1,
        "the owner's post goes to a box nearby": TRAPS_EACH - 1,
    }


def test_case_number_and_auction_stay_in_the_encrypted_record_alone(county):
    import_file(county / "foreclosure-notices.csv", "demo-county")
    row = next(csv.DictReader(io.StringIO((county / "foreclosure-notices.csv").read_text("cp1252"))))

    told = Observation.objects.all()
    details = [seen.raw["details"] for seen in told]
    assert row["TS Number"] in {detail["case_number"] for detail in details}
    assert not any("details" in seen.facts or row["TS Number"] in str(seen.facts) for seen in told)


def test_who_bought_the_lead_and_nobody_else_reads_the_case(county, alice, grant, client):
    import_file(county / "foreclosure-notices.csv", "demo-county")
    events.deliver_all()
    lead = Listing.objects.offered().first().lead
    licensed(alice.user, lead.state_code)
    before = client.get(f"/leads/{lead.pk}/").content.decode()
    grant(alice, 500)
    claim = marketplace.hold_lead(lead_id=lead.pk, buyer=alice)
    (purchase,) = marketplace.check_out(buyer=alice, idempotency_key="k")

    told = dict(delivery.public_record(purchase))

    assert "Recorded " in before
    assert "Asking price" not in before
    assert re.fullmatch(r"\$[\d,]+", told["Amount owed"])
    assert re.fullmatch(r"[A-Z][a-z]+ \d+, 20\d\d", told["Date filed"])
    assert claim.lead == lead
    assert told["Case number"].startswith("TS-")
    assert told["Case number"] not in before
    assert {"Date filed", "Lender", "Amount owed"} <= set(told)
    client.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")
    assert told["Case number"] in client.get(f"/purchases/{purchase.pk}/").content.decode()


def test_who_bought_an_absent_owners_lead_is_told_where_to_write(county, alice, grant, client):
    import_file(county / "assessment-roll.csv", "demo-county")
    events.deliver_all()
    lead = Listing.objects.offered().first().lead
    licensed(alice.user, lead.state_code)
    grant(alice, 500)
    marketplace.hold_lead(lead_id=lead.pk, buyer=alice)
    (purchase,) = marketplace.check_out(buyer=alice, idempotency_key="k")
    address = dict(delivery.public_record(purchase))[delivery.POST_ADDRESS]

    client.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")

    assert "post address" in client.get(f"/leads/{lead.pk}/").content.decode()
    assert f'Write to the owner at <strong class="copyable">{address}</strong>' in (
        client.get(f"/purchases/{purchase.pk}/").content.decode()
    )


@pytest.mark.parametrize(("days", "state"), [(1, Lead.State.WITHDRAWN), (-200, Lead.State.ACTIVE)])
def test_a_recorded_sale_takes_the_home_off_unless_it_made_its_owner(tmp_path, open_source, days, state):
    services.ingest(record=record(), source=open_source)
    events.deliver_all()
    lead = Lead.objects.get()
    sold = lead.posted_at or lead.first_seen_at
    deed = tmp_path / "sales.csv"
    day = date.fromordinal(sold.date().toordinal() + days)
    deed.write_text(
        "street,city,zip,state,beds,baths,sq__ft,type,sale_date,price,latitude,longitude\n"
        f"{lead.address_line},{lead.city},{lead.zip_code},{lead.state_code},3,2,1480,Residential,{day},400000,,\n"
    )

    report = import_file(deed, "sacramento-sales")
    events.deliver_all()

    assert report["new"] == 1
    lead.refresh_from_db()
    assert lead.state == state
