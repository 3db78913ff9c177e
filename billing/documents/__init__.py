"""What billing hands out as files."""

from billing.documents.invoices import invoice_pdf
from billing.documents.statements import COLUMNS, statement_csv, statement_pdf

__all__ = ["COLUMNS", "invoice_pdf", "statement_csv", "statement_pdf"]
