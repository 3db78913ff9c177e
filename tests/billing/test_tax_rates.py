"""The table of tax rates, taken in from a file and ended."""

from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command

from billing import services
from billing.errors import UnusableRates
from billing.models import TaxRate

pytestmark = pytest.mark.django_db

HEADING = "country,region,percent,label,valid_from,valid_until\n"


def take_in(*rows: str) -> list[TaxRate]:
    return services.import_tax_rates(lines=(HEADING + "\n".join(rows)).splitlines())


def test_a_table_is_taken_in_once(capsys, tmp_path):
    file = tmp_path / "rates.csv"
    file.write_text(
        HEADING + "us,tx,8.25,Texas sales tax,2026-01-01,\nUS,NY,8.875,New York,2026-01-01,2027-01-01\n"
    )

    for _ in range(2):
        call_command("import_tax_rates", file)

    assert capsys.readouterr().out.splitlines() == [
        "US TX: Texas sales tax, 8.25 % from 2026-01-01",
        "US NY: New York, 8.875 % from 2026-01-01",
        "2 rate(s) taken in.",
        "0 rate(s) taken in.",
    ]
    assert sorted(TaxRate.objects.values_list("region", "millipercent")) == [("NY", 8_875), ("TX", 8_250)]


def test_a_new_rate_ends_the_one_before():
    take_in("US,TX,8,Old,2026-01-01,", "US,TX,9,New,2027-01-01,")

    assert list(TaxRate.objects.order_by("valid_from").values_list("label", "valid_until")) == [
        ("Old", date(2027, 1, 1)),
        ("New", None),
    ]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("US,TX,8.2555,Fine,2026-01-01,", "three decimals"),
        ("US,TX,much,Fine,2026-01-01,", "cannot be read"),
        ("US,TX,NaN,Fine,2026-01-01,", "cannot be read"),
        ("US,TX,Infinity,Fine,2026-01-01,", "cannot be read"),
        ("USA,TX,8,Fine,2026-01-01,", "cannot be read"),
        ("US,TX,8,,2026-01-01,", "cannot be read"),
        ("US,TX,8,Fine,soon,", "cannot be read"),
        ("US,TX,8,Fine", "cannot be read"),
        ("US,TX,31,Fine,2026-01-01,", "tax_rate_within_reason"),
        ("US,TX,8,Fine,2026-01-01,2025-01-01", "tax_rate_ends_after_it_began"),
        ("US,NV,8,Fine,2025-01-01,2028-01-01", "one_tax_rate_at_a_time"),
    ],
)
def test_of_a_table_with_a_bad_row_nothing_is_taken_in(row, says):
    take_in("US,NV,7,Nevada,2026-01-01,2027-01-01")

    with pytest.raises(UnusableRates, match=says):
        take_in("US,WA,6.5,Washington,2026-01-01,", row)

    assert TaxRate.objects.count() == 1


def test_a_file_that_is_no_table_is_refused(tmp_path):
    file = tmp_path / "rates.csv"
    file.write_text("a,b\n1,2\n")

    for path in (file, tmp_path / "missing.csv"):
        with pytest.raises(CommandError):
            call_command("import_tax_rates", path)


def test_a_rate_ends_after_it_began(olga):
    [rate] = take_in("US,TX,8,Fine,2026-01-01,")

    with pytest.raises(UnusableRates):
        services.end_tax_rate(rate_id=rate.pk, on=rate.valid_from, actor_id=olga.pk)
    ended = services.end_tax_rate(rate_id=rate.pk, on=rate.valid_from + timedelta(days=1), actor_id=olga.pk)

    assert ended.valid_until == date(2026, 1, 2)


def test_rates_of_postal_codes_stand_beside_those_of_their_region():
    lines = [HEADING.strip() + ",postal_code", "US,TX,6.25,Texas,2026-01-01,,", "US,TX,8.25,Austin,2026-01-01,,787"]
    services.import_tax_rates(lines=lines)
    assert services.import_tax_rates(lines=lines) == []
    services.import_tax_rates(lines=[lines[0], "US,TX,8.5,Austin,2027-01-01,,787"])

    kept = TaxRate.objects.order_by("postal_prefix", "valid_from")
    assert list(kept.values_list("postal_prefix", "millipercent", "valid_until")) == [
        ("", 6_250, None),
        ("787", 8_250, date(2027, 1, 1)),
        ("787", 8_500, None),
    ]
