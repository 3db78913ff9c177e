"""How the pages write icons, money, numbers and times."""

from datetime import datetime
from decimal import Decimal
from functools import cache

import phonenumbers
from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

register = template.Library()


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """One drawing of the sprite, for the eye only: the words beside it say the same."""
    return format_html(
        '<svg class="icon" width="20" height="20" aria-hidden="true" focusable="false">'
        '<use href="{}#{}"></use></svg>',
        static("icons/sprite.svg"),
        name,
    )


@register.filter
def dollars(cents: int | None) -> str:
    """Whole US dollars with thousands separators; empty for an unknown amount."""
    return "" if cents is None else f"${cents // 100:,}"


@register.filter
def plain(number: Decimal | float | None) -> str:
    """A count without a trailing ``.0``: 2.5 stays, 3.0 becomes 3."""
    return "" if number is None else f"{number:g}" if isinstance(number, float) else f"{number.normalize():f}"


@register.filter
def minutes_until(until: datetime, now: datetime) -> str:
    """The time left as ``m:ss``, never below zero."""
    seconds = max(0, round((until - now).total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02d}"


@register.filter
def ago(moment: datetime, now: datetime | None = None) -> str:
    """How long ago in its largest unit: "4 days ago", "5 months ago"."""
    since = timesince(moment, now, depth=1)
    return "just now" if since.startswith("0") else f"{since} ago"


@register.filter
def signed(number: int) -> str:
    """``+3`` or ``−3`` with a true minus sign."""
    return f"+{number}" if number >= 0 else f"−{-number}"


@register.filter
def unlocalised(number: float) -> str:
    """A number as SVG reads it, whatever the page's language."""
    return f"{number:g}"


@register.filter
def phone(number: str) -> str:
    """A number of ours (E.164, ``;ext=`` for an extension) as people write it here."""
    dialled, _, extension = number.partition(";ext=")
    parsed = phonenumbers.parse(dialled, "US")
    parsed.extension = extension or None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
