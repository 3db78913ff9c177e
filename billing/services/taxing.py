"""The table of tax rates: taken in from a file, and ended by operators."""

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from aiqleads.core import audit, transactions
from aiqleads.core.postgres import violated_constraint
from billing.errors import UnusableRates
from billing.models import TaxRate

COLUMNS: Final = ("country", "region", "percent", "label", "valid_from", "valid_until")
POSTAL: Final = "postal_code"
"""A column that may be left out: how the postal codes begin that a rate is for."""


@transactions.write
def import_tax_rates(*, lines: Iterable[str], actor_id: int | None = None) -> list[TaxRate]:
    """Take in a table of rates, all of it or nothing: rows that are there already stay as they are.

    A new rate of a region ends the one before on its first day.

    :param lines: a CSV with a heading: country, region, percent, label, valid_from, valid_until, and postal_code
        where rates go by it
    :raises UnusableRates: naming the row that cannot be read, or that overlaps another
    """
    table = csv.DictReader(lines)
    missing = set(COLUMNS) - set(table.fieldnames or ())
    if missing:
        raise UnusableRates(f"The table has no column {', '.join(sorted(missing))}.")
    return [
        rate
        for number, row in enumerate(table, start=2)
        if (rate := _take_in(_read(row, number), number, actor_id))
    ]


@transactions.write
def end_tax_rate(*, rate_id: int, on: date, actor_id: int) -> TaxRate:
    """Let a rate hold no more from a day on.

    :raises UnusableRates: the day is not after the rate's first
    """
    rate = TaxRate.objects.select_for_update().get(pk=rate_id)
    if on <= rate.valid_from:
        raise UnusableRates("A rate ends after the day on which it began.", field="on")
    before, rate.valid_until = rate.valid_until, on
    rate.save(update_fields=["valid_until"])
    audit.record(
        actor_id=actor_id, action="tax_rate.ended", subject=rate, valid_until=[str(before or ""), on.isoformat()]
    )
    return rate


def _read(row: Mapping[str, str | None], number: int) -> TaxRate:
    said = {name: (row.get(name) or "").strip() for name in (*COLUMNS, POSTAL)}
    try:
        millipercent = Decimal(said["percent"]) * 1_000
        if millipercent != int(millipercent):
            raise UnusableRates(f"Row {number}: {said['percent']} % has more than three decimals.")
        rate = TaxRate(
            country=said["country"].upper(),
            region=said["region"].upper(),
            postal_prefix=said[POSTAL].upper(),
            millipercent=int(millipercent),
            label=said["label"],
            valid_from=date.fromisoformat(said["valid_from"]),
            valid_until=date.fromisoformat(said["valid_until"]) if said["valid_until"] else None,
        )
        rate.full_clean(validate_constraints=False)
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise UnusableRates(f"Row {number} cannot be read: {error}") from error
    except ValidationError as error:
        raise UnusableRates(f"Row {number} cannot be read: {'; '.join(error.messages)}") from error
    return rate


def _take_in(rate: TaxRate, number: int, actor_id: int | None) -> TaxRate | None:
    """The rate as it was written; None where it stands there already."""
    place: dict[str, Any] = {"country": rate.country, "region": rate.region, "postal_prefix": rate.postal_prefix}
    if TaxRate.objects.filter(
        **place, millipercent=rate.millipercent, label=rate.label, valid_from=rate.valid_from
    ).exists():
        return None
    before = TaxRate.objects.select_for_update().filter(**place, valid_from__lt=rate.valid_from, valid_until=None)
    before.update(valid_until=rate.valid_from)
    try:
        rate.save()
    except IntegrityError as error:
        why = violated_constraint(error)
        raise UnusableRates(f"Row {number} does not fit beside the rates that are there ({why}).") from error
    audit.record(actor_id=actor_id, action="tax_rate.set", subject=rate, millipercent=rate.millipercent)
    return rate
