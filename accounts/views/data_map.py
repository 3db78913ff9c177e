"""What we hold of people, from where the product itself says it: for everybody to read."""

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from aiqleads.core import data_map, retention


@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """The data map, by whose data it is."""
    told = {
        (row.note, row.where, row.is_encrypted): row for row in data_map.rows()
    }  # columns that say the same: once
    rows = sorted(told.values(), key=lambda row: (row.note.whose, row.where, row.column))
    groups = [(whose, list(several)) for whose, several in groupby(rows, key=lambda row: row.note.whose)]
    return render(
        request,
        "accounts/privacy/data.html",
        {"groups": groups, "rules": retention.rules(), "kept": retention.kept_in_words()},
    )
