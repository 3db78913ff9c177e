"""Statements as files: a table for spreadsheets, and pages to print."""

from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpResponse

from aiqleads.core.spreadsheets import csv_answer
from billing.selectors.statements import Statement

if TYPE_CHECKING:
    from reportlab.platypus import Flowable

COLUMNS: Final = ("When (UTC)", "What", "Credits", "Balance")
_MILLIMETRE: Final = 72 / 25.4
_WIDTHS: Final = tuple(width * _MILLIMETRE for width in (34, 96, 20, 24))
_MARGIN: Final = 18 * _MILLIMETRE
_RULE: Final = "#c8ccd2"


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
    from reportlab.lib.pagesizes import letter  # noqa: PLC0415  (0.2 s to load, for whoever asks for a file)
    from reportlab.platypus import SimpleDocTemplate  # noqa: PLC0415

    written = BytesIO()
    document = SimpleDocTemplate(
        written,
        pagesize=letter,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=f"Statement of credits, {statement.month}",
        author="AIQLeads",
        lang="en-US",
        invariant=1,
    )
    document.build(_story(statement), onFirstPage=_number, onLaterPages=_number)
    answer = HttpResponse(written.getvalue(), content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{_name(statement)}.pdf"'
    return answer


def _name(statement: Statement) -> str:
    return f"aiqleads-credits-{statement.month}"


def _story(statement: Statement) -> "list[Flowable]":
    from reportlab.lib.styles import getSampleStyleSheet  # noqa: PLC0415
    from reportlab.platypus import Paragraph, Spacer, Table, TableStyle  # noqa: PLC0415

    styles = getSampleStyleSheet()
    rows: list[list[Any]] = [list(COLUMNS), ["", "Balance brought forward", "", f"{statement.opening_credits:,}"]]
    for line in statement.lines:
        memo = Paragraph(_printable(line.memo), styles["BodyText"])
        when = f"{line.posted_at:%b %d, %Y, %H:%M}"
        rows.append([when, memo, f"{line.amount_credits:+,}", f"{line.balance_credits:,}"])
    rows.append(["", "Balance at the end", "", f"{statement.closing_credits:,}"])
    table = Table(rows, colWidths=_WIDTHS, repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, 0), "Helvetica-Bold"),
                ("FONT", (0, -1), (-1, -1), "Helvetica-Bold"),
                ("ALIGN", (2, 0), (-1, -1), "RIGHT"),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, _RULE),
            ]
        )
    )
    return [
        Paragraph("Statement of credits", styles["Title"]),
        Paragraph(_printable(statement.organisation), styles["Heading3"]),
        Paragraph(f"{statement.month.first:%B %Y}. 1 credit lists at 1.00 USD. Times are UTC.", styles["BodyText"]),
        Spacer(0, 6 * _MILLIMETRE),
        table,
    ]


def _printable(text: str) -> str:
    """``text`` without what would be markup on the page, with a question mark for what its font does not have."""
    from xml.sax.saxutils import escape  # noqa: PLC0415

    return escape(text.encode("cp1252", "replace").decode("cp1252"))


def _number(canvas: Any, _document: Any) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.drawRightString(canvas._pagesize[0] - _MARGIN, _MARGIN / 2, f"Page {canvas.getPageNumber()}")
