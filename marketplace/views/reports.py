"""What bought leads cost and brought: a page, and each of its tables as a file."""

from http import HTTPStatus
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_required
from aiqleads.core import clock
from aiqleads.core.spreadsheets import csv_answer
from marketplace import selectors
from marketplace.forms.reports import CHOICES_OF_DAYS, PeriodForm
from marketplace.performance import ENOUGH_FOR_PERCENT, Performance
from marketplace.selectors.reports import Report, Table
from marketplace.views.parts import not_found

TEMPLATE: Final = "marketplace/reports.html"
TITLES: Final = {Table.MEMBER: "By member", Table.SOURCE: "By source", Table.TIER: "By tier"}
COLUMNS: Final = {
    "bought": "Leads bought",
    "returned": "Given back",
    "spent_credits": "Credits spent",
    "credited_credits": "Credits back",
    "net_credits": "Credits net",
    "kept": "Leads kept",
    "contacted": "Contacted",
    "appointments": "Appointments",
    "listed": "Listed",
    "lost": "Lost",
    "cost_per_listing_credits": "Credits per listing",
}


@never_cache
@require_safe
@member_required
def reports(request: MemberRequest) -> HttpResponse:
    form = PeriodForm(request.GET, today=clock.now().date())
    told: dict[str, object] = {"form": form, "choices": CHOICES_OF_DAYS, "enough": ENOUGH_FOR_PERCENT}
    if not form.is_valid():
        return render(request, TEMPLATE, told, status=HTTPStatus.BAD_REQUEST)
    report = selectors.report(request.membership, form.period)
    dates = PeriodForm({"from": report.period.since, "to": report.period.until}, today=form.today)
    told |= {"form": dates, "report": report, "chosen_days": form.chosen_days, "tables": _tables(report)}
    return render(request, TEMPLATE, told)


@never_cache
@require_safe
@member_required
def report_file(request: MemberRequest, table: str) -> HttpResponse:
    """One table of the same report, for a spreadsheet."""
    form = PeriodForm(request.GET, today=clock.now().date())
    if table not in list(Table):
        return not_found(request, "There is no such table.")
    if not form.is_valid():
        return render(request, TEMPLATE, {"form": form, "choices": CHOICES_OF_DAYS}, status=HTTPStatus.BAD_REQUEST)
    report = selectors.report(request.membership, form.period)
    lines = [*report.tables[Table(table)], selectors.ReportLine(name="Together", figures=report.total)]
    return csv_answer(
        f"leads-by-{table}-{report.period.since}-{report.period.until}.csv",
        [table.capitalize(), *COLUMNS.values()],
        [[line.name, *_cells(line.figures)] for line in lines],
    )


def _cells(figures: Performance) -> list[object]:
    return [getattr(figures, name) for name in COLUMNS]


def _tables(report: Report) -> list[tuple[Table, str, list[selectors.ReportLine]]]:
    """A table by member tells an agent alone nothing that the sum does not."""
    return [
        (table, TITLES[table], lines)
        for table, lines in report.tables.items()
        if lines and (table != Table.MEMBER or report.is_whole)
    ]
