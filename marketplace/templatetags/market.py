"""How the pages write icons, money, numbers and times."""

from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import phonenumbers
from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from leads.models import Outcome

DAYS_OF_A_WEEK: Final = 7

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
    """How long ago in its largest unit: "4 days ago", "5 months ago"; a second week is still told in days."""
    days = ((now or timezone.now()) - moment).days
    since = f"{days} days" if DAYS_OF_A_WEEK < days < 2 * DAYS_OF_A_WEEK else timesince(moment, now, depth=1)
    return "just now" if since.startswith("0") else f"{since} ago"


@register.filter
def outcome_in_words(status: str) -> str:
    """What became of a bought lead, as its buyers mark it."""
    return str(Outcome.Status(status).label)


@register.filter
def at_the_owners(moment: datetime, time_zone: str) -> str:
    """A moment where an owner lives: "Mon, Nov 23, 10:00 AM CST"; in UTC where nobody knows."""
    return f"{moment.astimezone(ZoneInfo(time_zone or 'UTC')):%a, %b %-d, %-I:%M %p %Z}"


@register.filter
def signed(number: int) -> str:
    """``+3`` or ``−3`` with a true minus sign."""
    return f"+{number:,}" if number >= 0 else f"−{-number:,}"


@register.filter
def as_percent(ratio: float) -> str:
    """``0.42`` as ``42 %``."""
    return f"{ratio * 100:.0f} %"


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
