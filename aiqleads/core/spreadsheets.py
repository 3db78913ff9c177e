"""Tables for spreadsheets. A cell that would be a formula there is written as text."""

from collections.abc import Iterable, Sequence
from io import StringIO

from defusedcsv import csv
from django.http import HttpResponse


def csv_answer(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """A CSV file to keep as ``name``: UTF-8 with the mark that spreadsheet programs look for."""
    text = StringIO(newline="")
    table = csv.writer(text)
    table.writerow(header)
    table.writerows(rows)
    answer = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
