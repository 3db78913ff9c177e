"""What we hold of people, from where the product itself says it: for everybody to read."""

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from aiqleads.core import data_map


@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """The data map, by whose data it is."""
    rows = sorted(data_map.rows(), key=lambda row: (row.note.whose, row.where, row.column))
    groups = [(whose, list(several)) for whose, several in groupby(rows, key=lambda row: row.note.whose)]
    return render(request, "accounts/privacy/data.html", {"groups": groups})
