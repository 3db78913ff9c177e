"""Columns and rows of money in operators' words: cents as dollars, credits with their commas."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from billing.papers import dollars as in_dollars

Column = Callable[[Any, Any], str]


def dollars(name: str, says: str) -> Column:
    """A screen's column of the US cents in ``name``: shown as dollars, sorted by what is kept."""

    @admin.display(description=says, ordering=name)
    def shown(_screen: Any, row: Any) -> str:
        return in_dollars(getattr(row, name))

    return shown


def credits(name: str = "amount_credits", says: str = "Credits", *, is_signed: bool = False) -> Column:  # noqa: A001
    """A screen's column of the credits in ``name``; with ``+`` or ``-`` where they are given and taken."""

    @admin.display(description=says, ordering=name)
    def shown(_screen: Any, row: Any) -> str:
        amount = getattr(row, name)
        return f"{amount:+,}" if is_signed else f"{amount:,}"

    return shown


def links(rows: Iterable[Model]) -> SafeString:
    """Each row as a line that leads to its screen."""
    return format_html_join("", "<p>{}</p>", ((_link(row),) for row in rows))


def _link(row: Model) -> SafeString | str:
    try:
        page = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return str(row)
    return format_html(
        '<a class="text-link" href="{}">{} {}</a>', page, str(row._meta.verbose_name).capitalize(), row
    )
