"""Rows of many leads, written by one statement: Django would send one for each lead."""

import json
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any, Final

from django.db import connection
from psycopg import sql
from psycopg.types.json import Jsonb

from aiqleads.core import transactions
from leads.models import Lead

_WRITE: Final = sql.SQL(
    "UPDATE leads_lead SET ({columns}) = ROW({fresh}) FROM jsonb_populate_recordset(NULL::leads_lead, %s) fresh"
    " WHERE leads_lead.id = fresh.id"
)
_as_text: Final = partial(json.dumps, default=str)


def write(leads: Sequence[Lead], fields: Collection[str]) -> None:
    """Save ``fields`` of ``leads``, all locked by the caller, who holds the transaction too."""
    transactions.require_transaction()
    if not leads:
        return
    columns = [field for field in Lead._meta.concrete_fields if field.name in fields]
    rows: list[dict[str, Any]] = [
        {"id": lead.pk, **{field.attname: field.get_prep_value(getattr(lead, field.attname)) for field in columns}}
        for lead in leads
    ]
    statement = _WRITE.format(
        columns=sql.SQL(", ").join(sql.Identifier(field.attname) for field in columns),
        fresh=sql.SQL(", ").join(sql.Identifier("fresh", field.attname) for field in columns),
    )
    told: list[Any] = [Jsonb(rows, dumps=_as_text)]
    with connection.cursor() as cursor:
        cursor.execute(statement, told)
