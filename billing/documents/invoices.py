"""An invoice or a credit note as pages to print: drawn from its snapshot alone, so that it stays as it was."""

from typing import TYPE_CHECKING, Any, Final

from billing.documents.pages import BOLD, FONT, MILLIMETRE, RULE, drawn, printable, styles
from billing.models import Invoice
from billing.papers import Paper, Party, dollars, percent

if TYPE_CHECKING:
    from reportlab.platypus import Flowable

_HALVES: Final = (87 * MILLIMETRE, 87 * MILLIMETRE)
_COLUMNS: Final = (134 * MILLIMETRE, 40 * MILLIMETRE)
_PROVIDERS: Final = {"stripe": "card (Stripe)", "paypal": "PayPal", "sandbox": "the sandbox: no money moved"}


def invoice_pdf(invoice: Invoice) -> bytes:
    """Pages of US letter size. The same invoice gives the same bytes."""
    title = f"{invoice.get_kind_display().capitalize()} {invoice.number}"
    return drawn(_story(invoice, Paper.read(invoice.snapshot), title), title=title, foot=title)


def _story(invoice: Invoice, paper: Paper, title: str) -> "list[Flowable]":
    from reportlab.platypus import Paragraph, Spacer  # noqa: PLC0415

    sheet = styles()
    gap = Spacer(0, 6 * MILLIMETRE)
    said = [f"Issued {invoice.issued_at:%B %d, %Y} (UTC)", *_about(invoice, paper)]
    return [
        Paragraph(title, sheet["Heading1"]),
        *(Paragraph(printable(line), sheet["BodyText"]) for line in said),
        gap,
        _parties(paper),
        gap,
        _lines(invoice, paper),
        gap,
        Paragraph(printable(_settled(invoice, paper)), sheet["BodyText"]),
    ]


def _about(invoice: Invoice, paper: Paper) -> list[str]:
    of = Invoice.Kind.CREDIT_NOTE if invoice.kind == Invoice.Kind.CORRECTION else Invoice.Kind.INVOICE
    corrects = [f"Corrects {of.label} {paper.corrects}"] if paper.corrects else []
    return [*corrects, *([paper.why] if paper.why else [])]


def _parties(paper: Paper) -> "Flowable":
    from reportlab.platypus import Table  # noqa: PLC0415

    return Table(
        [[_party("From", paper.seller), _party("To", paper.buyer)]],
        colWidths=_HALVES,
        style=[("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)],
    )


def _party(heading: str, party: Party) -> "list[Flowable]":
    from reportlab.platypus import Paragraph  # noqa: PLC0415

    number = [f"Tax number {party.tax_id}"] if party.tax_id else []
    lines = [party.name, *party.address, *number, *([party.email] if party.email else [])]
    sheet = styles()
    told = "<br/>".join(printable(line) for line in lines)
    return [Paragraph(heading, sheet["Heading4"]), Paragraph(told, sheet["BodyText"])]


def _lines(invoice: Invoice, paper: Paper) -> "Flowable":
    from reportlab.platypus import Paragraph, Table, TableStyle  # noqa: PLC0415

    sheet = styles()
    rows: list[list[Any]] = [["What", "Amount"]]
    rows += [[Paragraph(printable(line.says), sheet["BodyText"]), dollars(line.net_cents)] for line in paper.lines]
    rows.append(["Net", dollars(invoice.net_cents)])
    rows.append([Paragraph(printable(_tax(paper)), sheet["BodyText"]), dollars(invoice.tax_cents)])
    if len(paper.tax.parts) > 1:
        told = (f"of it {part.says}: {dollars(part.cents)}" for part in paper.tax.parts)
        rows += [[Paragraph(printable(line), sheet["BodyText"]), ""] for line in told]
    rows.append(["Total", dollars(invoice.total_cents)])
    table = Table(rows, colWidths=_COLUMNS, repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), FONT),
                ("FONT", (0, 0), (-1, 0), BOLD),
                ("FONT", (0, -1), (-1, -1), BOLD),
                ("ALIGN", (1, 0), (1, -1), "RIGHT"),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
            ]
        )
    )
    return table


def _tax(paper: Paper) -> str:
    tax = paper.tax
    where = f" ({tax.region})" if tax.region and tax.cents else ""
    rate = f", {percent(tax.millipercent)}" if tax.millipercent else ""
    return f"{tax.label or 'Tax'}{rate}{where}"


def _settled(invoice: Invoice, paper: Paper) -> str:
    by = _PROVIDERS.get(paper.paid_by, paper.paid_by)
    if invoice.kind == Invoice.Kind.CORRECTION:
        return f"{dollars(invoice.total_cents)} did not arrive and came back to us: they count as paid again."
    if invoice.dispute_id:
        return f"{dollars(invoice.total_cents)} were taken back by your bank."
    if invoice.kind == Invoice.Kind.CREDIT_NOTE:
        return f"{dollars(invoice.total_cents)} went back by {by}."
    return f"Paid by {by}. Nothing is left to pay."
