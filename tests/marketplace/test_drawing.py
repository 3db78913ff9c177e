"""What Jinja2 draws is escaped, complete, and never older than what it shows."""

import pytest
from django.test import RequestFactory
from jinja2 import UndefinedError

from marketplace import cards, selectors, services
from marketplace.drawing import DrawnPage, draw
from marketplace.models import Listing

pytestmark = pytest.mark.django_db


def drawn(lead, rf: RequestFactory, member=None) -> str:
    request = rf.get("/leads/?q=%22%3E%3Cscript%3E")
    request.user, request.membership = member.user if member else None, member
    [card] = cards.cards([selectors.get_listing(lead.pk)], membership=member)
    return draw("offers", "lead_card", card=card, page=DrawnPage(request, "token"))


def test_whatever_an_advert_says_is_text_on_a_card(lead, rf, alice):
    hostile = "<script>alert(1)</script>\"'&"
    Listing.objects.filter(pk=lead.pk).update(
        street=hostile, city=hostile, reasons=[{"part": "moving", "points": 9, "says": hostile}]
    )

    card = drawn(lead, rf, alice)

    assert "<script" not in card
    assert card.count("&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;") == 4


def test_a_name_that_nobody_gave_is_an_error(lead, rf, alice):
    with pytest.raises(UndefinedError):
        draw("offers", "price", card=object())


def test_a_card_shows_a_new_price_and_a_hold_at_once(client, lead, alice):
    for price in (31, 29):
        Listing.objects.filter(pk=lead.pk).update(price_credits=price)
        assert f"<b>{price}</b> credits" in client.get("/leads/").content.decode()

    services.hold_lead(lead_id=lead.pk, buyer=alice)

    assert "Held by another agent" in client.get("/leads/").content.decode()


def test_the_kept_filters_are_those_of_their_own_query(client, lead):
    for city in ("Austin", "Waco", "Austin"):
        page = client.get(f"/leads/?city={city}").content.decode()
        assert f'name="city" value="{city}"' in page

    assert 'name="city" value' not in client.get("/leads/").content.decode()
