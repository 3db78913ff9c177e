"""Statements as files: a table for spreadsheets, and pages to print."""

from typing import TYPE_CHECKING, Any, Final

from django.http import HttpResponse

from aiqleads.core.spreadsheets import csv_answer
from billing.documents.pages import BOLD, FONT, MILLIMETRE, RULE, drawn, printable, styles
from billing.selectors.statements import Statement

if TYPE_CHECKING:
    from reportlab.platypus import Flowable

COLUMNS: Final = ("When (UTC)", "What", "Credits", "Balance")
_WIDTHS: Final = tuple(width * MILLIMETRE for width in (34, 96, 20, 24))


def statement_csv(statement: Statement) -> HttpResponse:
    """The statement as a CSV file: its opening, one row a fact, its closing."""
    first, last = f"{statement.month}-01", f"Balance at the end of {statement.month}"
    rows: list[tuple[object, ...]] = [(first, "Balance brought forward", "", statement.opening_credits)]
    rows += [
        (line.posted_at.isoformat(timespec="seconds"), line.memo, line.amount_credits, line.balance_credits)
        for line in statement.lines
    ]
    rows.append(("", last, "", statement.closing_credits))
    return csv_answer(f"{_name(statement)}.csv", COLUMNS, rows)


def statement_pdf(statement: Statement) -> HttpResponse:
    """The statement as pages of US letter size. The same statement gives the same bytes."""
    pages = drawn(_story(statement), title=f"Statement of credits, {statement.month}")
    answer = HttpResponse(pages, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{_name(statement)}.pdf"'
    return answer


def _name(statement: Statement) -> str:
    return f"aiqleads-credits-{statement.month}"


def _story(statement: Statement) -> "list[Flowable]":
    from reportlab.platypus import Paragraph, Spacer, Table, TableStyle  # noqa: PLC0415

    sheet = styles()
    rows: list[list[Any]] = [list(COLUMNS), ["", "Balance brought forward", "", f"{statement.opening_credits:,}"]]
    for line in statement.lines:
        memo = Paragraph(printable(line.memo), sheet["BodyText"])
        when = f"{line.posted_at:%b %d, %Y, %H:%M}"
        rows.append([when, memo, f"{line.amount_credits:+,}", f"{line.balance_credits:,}"])
    rows.append(["", "Balance at the end", "", f"{statement.closing_credits:,}"])
    table = Table(rows, colWidths=_WIDTHS, repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), FONT),
                ("FONT", (0, 0), (-1, 0), BOLD),
                ("FONT", (0, -1), (-1, -1), BOLD),
                ("ALIGN", (2, 0), (-1, -1), "RIGHT"),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
            ]
        )
    )
    return [
        Paragraph("Statement of credits", sheet["Title"]),
        Paragraph(printable(statement.organisation), sheet["Heading3"]),
        Paragraph(f"{statement.month.first:%B %Y}. 1 credit lists at 1.00 USD. Times are UTC.", sheet["BodyText"]),
        Spacer(0, 6 * MILLIMETRE),
        table,
    ]
