"""How offers and filters are drawn: the parts of ``offers.jinja`` and ``filters.jinja``, for Django's templates."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from django import template
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from aiqleads.core.refusals import Refusal
from marketplace.cards import LeadCard
from marketplace.drawing import DrawnPage, draw
from marketplace.forms.finding import FilterForm
from marketplace.models import Listing

PANELS_KEPT: Final = 128

register = template.Library()


@register.simple_tag(takes_context=True)
def lead_card(context: template.Context, card: LeadCard, refusal: Refusal | None = None) -> SafeString:
    """A lead as the lists show it, alone.

    :param refusal: of what was just asked for with its button
    """
    refused = render_to_string("_refusal.html", {"refusal": refusal}) if refusal else ""
    return draw("offers", "lead_card", card=card, page=_page(context), refused=refused, is_alone=True)


@register.simple_tag(takes_context=True)
def lead_cards(context: template.Context, cards: Sequence[LeadCard]) -> SafeString:
    """Leads one after another."""
    return draw("offers", "lead_cards", cards=cards, page=_page(context))


@register.simple_tag(takes_context=True)
def offer_action(context: template.Context, card: LeadCard, target: str = "") -> SafeString:
    """What can be done with an offer now.

    :param target: the part that an answer replaces; the lead's own card unless told
    """
    return draw("offers", "offer_action", card=card, page=_page(context), target=target)


@register.simple_tag
def price(card: LeadCard, *, is_large: bool = False) -> SafeString:
    """The visitor's own price, with the list price where they differ."""
    return draw("offers", "price", card=card, is_large=is_large)


@register.simple_tag
def facts(listing: Listing) -> SafeString:
    """Rooms, area and asking price."""
    return draw("offers", "facts", listing=listing)


@register.simple_tag
def ring(score: int, tier: str, *, is_large: bool = False) -> SafeString:
    """The quality score as a ring."""
    return draw("offers", "ring", score=score, tier=tier, is_large=is_large)


@register.simple_tag
def timer(says: str, until: datetime, now: datetime, announce: str = "") -> SafeString:
    """A countdown from ``now``, the server's time.

    :param announce: what it belongs to, said aloud before it ends; nothing is said without
    """
    return draw("offers", "timer", says=says, until=until, now=now, announce=announce)


@register.simple_tag
def filter_panel(form: FilterForm) -> SafeString:
    """The fields of the list's filters."""
    return _drawn_panel(form.query())


@lru_cache(maxsize=PANELS_KEPT)
def _drawn_panel(query: str) -> SafeString:
    """The fields as ``query`` fills them: they depend on nothing else, and many ask for the same."""
    form = FilterForm(QueryDict(query))
    return draw("filters", "panel", form=form, in_force=len(form.active_filters()) if form.is_valid() else 0)


def _page(context: Any) -> DrawnPage:
    return DrawnPage(context["request"], context["csrf_token"])
