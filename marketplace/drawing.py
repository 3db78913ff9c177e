"""Parts of pages that are drawn many times over: by Jinja2, in a fifth of the time that Django's engine takes.

See docs/decisions/0023-what-is-drawn-often-is-drawn-by-jinja2.md.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Any, Final, cast
from uuid import UUID

from django.contrib.humanize.templatetags.humanize import ordinal
from django.http import HttpRequest
from django.template import engines
from django.template.backends.jinja2 import Jinja2
from django.template.defaultfilters import capfirst, pluralize
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from jinja2 import Environment, StrictUndefined

from leads.models import Kind, Tier
from marketplace.templatetags import market

_ANY_ID: Final = UUID(int=0)


@dataclass(frozen=True)
class DrawnPage:
    """What the parts of one page share."""

    request: HttpRequest
    csrf_token: object

    @cached_property
    def token_input(self) -> SafeString:
        """The field without which a form is refused."""
        return format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', self.csrf_token)

    @cached_property
    def full_path(self) -> str:
        """Where an answer without scripts leads back to."""
        return self.request.get_full_path()


def environment(**options: Any) -> Environment:
    """The environment of ``TEMPLATES``: an unknown name is an error, and every value is escaped."""
    made = Environment(**{**options, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True})  # noqa: S701
    made.globals |= {"icon": market.icon, "url": place, "address": address}
    made.globals |= {"kinds": dict(Kind.choices), "tiers": dict(Tier.choices)}
    made.filters |= {
        "ago": market.ago,
        "capfirst": capfirst,
        "dollars": market.dollars,
        "iso": datetime.isoformat,
        "minutes_until": market.minutes_until,
        "ordinal": ordinal,
        "plain": market.plain,
        "pluralize": pluralize,
        "thousands": "{:,}".format,
    }
    return made


def draw(template: str, part: str, /, **values: Any) -> SafeString:
    """One macro of a template with its arguments: ``draw("offers", "ring", score=80, tier="premium")``."""
    parts = cast(Jinja2, engines["jinja2"]).get_template(f"marketplace/{template}.jinja").template
    return SafeString(getattr(parts.module, part)(**values))


@cache
def place(door: str) -> str:
    """Where a view that takes nothing stands."""
    return reverse(door)


def address(door: str, row_id: UUID | str) -> str:
    """Where a view that takes one id stands. Django is asked once for each view, not for each row."""
    before, after = _around(door)
    return f"{before}{row_id}{after}"


@cache
def _around(door: str) -> tuple[str, str]:
    before, _, after = reverse(door, args=[_ANY_ID]).partition(str(_ANY_ID))
    return before, after
