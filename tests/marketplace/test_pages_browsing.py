"""Pages that anybody may open: what they show, what they hide, and how filters in the address behave."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from aiqleads.core import clock
from leads.models import Contact, Observation
from marketplace import services
from marketplace.models import Listing
from marketplace.templatetags.market import ago

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
NO_LEAD = "00000000-0000-0000-0000-000000000000"


def text_of(response) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def cards_on(response) -> list[str]:
    return re.findall(r'<li class="lead[^"]*" id="lead-([0-9a-f-]{36})"', response.content.decode())


def test_the_landing_page_counts_what_is_on_offer_and_shows_the_best(client, make_lead):
    make_lead()
    best = make_lead(city="Round Rock")
    Listing.objects.filter(pk=best.pk).update(quality_score=95)

    response = client.get("/")

    assert response.status_code == 200
    assert "Browse 2 leads" in text_of(response)
    assert cards_on(response)[0] == str(best.pk)
    assert response.context["figures"].cities == 2


@pytest.mark.parametrize("path", ["/", "/leads/", "/leads/?q=creek", "/leads/{lead}/", "/leads/{lead}/card/"])
def test_no_public_page_tells_who_or_exactly_where(client, lead, path):
    Contact.objects.create(
        lead=lead,
        observation=Observation.objects.get(lead=lead),
        name="Dana Whitfield",
        phone="+15125550142",
        email="dana.whitfield@example.com",
    )

    page = client.get(path.format(lead=lead.pk)).content.decode()

    assert "Hidden Creek Road" in page
    for hidden in (lead.address_line, "Whitfield", "5550142", "555-0142", "dana.", "open-site", "30.2431"):
        assert hidden not in page


@pytest.mark.parametrize(
    "path", ["/", "/leads/", "/leads/{lead}/", "/account/login/", "/account/signup/", "/terms/"]
)
def test_pages_keep_to_the_strict_content_security_policy(client, lead, path):
    response = client.get(path.format(lead=lead.pk))
    page = response.content.decode()

    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style", page)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert not re.search(r'(src|href)="(https?:)?//', page)


def test_a_refused_filter_stays_a_part_of_its_page_while_debugging(client, lead, settings):
    settings.DEBUG = True

    assert "django-htmx.js" not in client.get("/leads/").content.decode()  # it would show the part alone


def test_an_offer_without_a_street_promises_no_address(client, lead):
    assert "The full address" in text_of(client.get(f"/leads/{lead.pk}/"))
    Listing.objects.filter(pk=lead.pk).update(street="")

    assert "City and ZIP code: the source gave no street" in text_of(client.get(f"/leads/{lead.pk}/"))


def test_an_offer_without_phone_and_e_mail_promises_an_address(client, lead):
    Listing.objects.filter(pk=lead.pk).update(reasons=[{"part": "phone", "points": 0, "says": "Phone: unknown."}])

    page = client.get(f"/leads/{lead.pk}/").content.decode()

    assert "an address to write to" in page
    assert "•••" not in page


@pytest.mark.parametrize("path", ["/admin/login/", "/api/docs/"])
def test_pages_of_libraries_run_no_inline_script_and_ask_no_other_host(client, db, path):
    directives = dict(part.split(" ", 1) for part in client.get(path)["Content-Security-Policy"].split("; "))

    assert "'unsafe-inline'" not in directives["script-src"]
    assert directives["default-src"] == "'none'"
    assert not re.search(r"https?:|\*", " ".join(directives.values()))


def test_filters_in_the_address_narrow_the_list(client, make_lead):
    large = make_lead(beds=5)
    make_lead(beds=2)

    response = client.get("/leads/?beds_min=4")

    assert cards_on(response) == [str(large.pk)]
    assert "4+ beds" in text_of(response)


AREA = '{"type":"Polygon","coordinates":[[[-98,30],[-97,30],[-97,31],[-98,31],[-98,30]]]}'


def test_a_drawn_area_narrows_the_list_stays_with_other_filters_and_can_be_dropped(client, make_lead):
    inside, outside = make_lead(), make_lead()
    Listing.objects.filter(pk=outside.pk).update(latitude=32.78, longitude=-96.8)

    response = client.get("/leads/", {"polygon": AREA, "beds_min": "2"})

    assert cards_on(response) == [str(inside.pk)]
    kept = f'<input type="hidden" name="polygon" value="{AREA}" id="id_polygon">'
    assert kept in unescape(response.content.decode())
    assert {active.label: active.query_without for active in response.context["active_filters"]} == {
        "in the drawn area": "beds_min=2",
        "2+ beds": urlencode({"polygon": AREA}),
    }


def test_choices_tell_how_many_leads_they_would_leave_and_are_links_without_scripts(client, make_lead):
    make_lead(beds=2)
    make_lead(beds=4)
    Listing.objects.filter(pk=make_lead(kind="probate").pk).update(city="Waco", asking_price_cents=90_000_00)

    response = client.get("/leads/?kind=fsbo&state=TX&cursor=&facets=1")
    response = client.get(response["Location"])

    offered = {
        group.label: {link.label: (link.count, link.query) for link in group.links}
        for group in response.context["narrowing_groups"]
    }
    assert offered["Kind"] == {
        "For sale by owner": (2, "state=TX&facets=1"),
        "Probate": (1, "kind=fsbo&kind=probate&state=TX&facets=1"),
    }
    assert offered["City"] == {"Austin, TX": (2, "kind=fsbo&state=TX&facets=1&city=Austin")}
    assert offered["Beds"] == {
        label: (count, f"kind=fsbo&state=TX&facets=1&beds_min={label[0]}")
        for label, count in {"1+": 2, "2+": 2, "3+": 1, "4+": 1}.items()
    }
    assert offered["Price"] == {"up to 10 credits": (2, "kind=fsbo&state=TX&facets=1&price_max=10")}
    assert offered["Asking"] == {
        "$400,000–$500,000": (2, "kind=fsbo&state=TX&facets=1&asking_min=400000&asking_max=499999")
    }
    assert offered["Listed"] == {
        label: (2, f"kind=fsbo&state=TX&facets=1&listed_within_days={days}")
        for label, days in {"today": 1, "within 7 days": 7, "within 30 days": 30}.items()
    }
    assert client.get(f"/leads/?{offered['Kind']['Probate'][1]}").context["total"] == 3
    assert response.content.decode().count('aria-current="true"') == 1


def test_the_list_comes_first_and_fetches_its_counts_after(client, lead):
    page = client.get("/leads/?city=Austin").content.decode()
    address = re.search(r'hx-get="(/leads/\?city=Austin&amp;facets=1)" hx-trigger="load"', page)[1]

    response = client.get(unescape(address), headers={**HTMX, "HX-Target": "lead-facets"})

    assert response.content.decode().strip().startswith('<div id="lead-facets"')
    assert "Austin, TX 1" in text_of(response)
    assert cards_on(response) == []


def test_only_orders_that_the_filters_allow_are_offered_and_another_is_none(client, make_lead):
    lead = make_lead(summary="A house by the lake")

    with_words = client.get("/leads/?q=lake&sort=relevance")
    without = client.get("/leads/?sort=relevance")

    assert "Best match first" in text_of(with_words)
    assert "Best match first" not in text_of(without)
    assert cards_on(with_words) == cards_on(without) == [str(lead.pk)]


def test_a_state_may_be_named_in_full(client, make_lead):
    texan = make_lead()
    make_lead(state_code="OH")

    assert cards_on(client.get("/leads/?state=texas")) == [str(texan.pk)]


def test_every_active_filter_can_be_dropped_alone(client, lead):
    response = client.get("/leads/?state=TX&city=Austin&tier=standard&tier=premium&cursor=")
    response = client.get(response["Location"])

    without = {active.label: active.query_without for active in response.context["active_filters"]}

    assert without == {
        "Austin": "state=TX&tier=standard&tier=premium",
        "TX": "city=Austin&tier=standard&tier=premium",
        "Standard": "state=TX&city=Austin&tier=premium",
        "Premium": "state=TX&city=Austin&tier=standard",
    }
    assert list(without)[:2] == ["Austin", "TX"]
    assert "<title>Austin, TX, Standard, Premium · Marketplace · AIQLeads</title>" in response.content.decode()


def test_blanks_and_defaults_leave_the_address(client):
    response = client.get("/leads/?q=&city=Austin&zip=&sort=newest")

    assert response.status_code == 302
    assert response["Location"] == "/leads/?city=Austin"


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("zip=787", "Enter a ZIP code of five digits."),
        ("state=Atlantis", "Enter a US state, such as TX."),
        ("beds_min=many", "Select a valid choice."),
        ("kind=castle", "Select a valid choice."),
        ("asking_min=abc", "Enter a whole number."),
        ("quality_min=101", "less than or equal to 100"),
        ("asking_min=5&asking_max=4", "Enter an amount above the lowest asking price."),
        ("sort=magic", "Select a valid choice."),
        ("polygon=here", "The area is not GeoJSON."),
        ("polygon=" + AREA.replace("[-97,30]", "[-99,31]"), "The area's outline crosses or touches itself"),
        ("q=%00", "Null characters are not allowed."),
        ("q=" + "x" * 121, "at most 120 characters"),
    ],
)
def test_a_filter_that_cannot_be_used_is_named_and_nothing_is_searched(client, lead, query, says):
    response = client.get(f"/leads/?{query}")

    assert response.status_code == 400
    assert says in text_of(response)
    assert "Clear all filters" in text_of(response)
    assert cards_on(response) == []


def test_an_unreadable_cursor_goes_back_to_the_first_page(client):
    response = client.get("/leads/?city=Austin&cursor=nonsense")

    assert (response.status_code, response["Location"]) == (302, "/leads/?city=Austin")


def test_the_list_goes_on_by_link_without_scripts(client, make_lead):
    leads = {str(make_lead().pk) for _ in range(30)}

    first = client.get("/leads/")
    address = re.search(r'id="more-leads".*?href="(\?cursor=[^"]+)"', first.content.decode(), re.DOTALL)
    second = client.get("/leads/" + address[1])

    assert len(cards_on(first)) == 24
    assert set(cards_on(first)) | set(cards_on(second)) == leads
    assert "Earlier leads" in text_of(second)


def test_htmx_gets_the_results_alone_and_a_tidy_address(client, lead):
    response = client.get("/leads/?q=&city=Austin", headers={**HTMX, "HX-Target": "lead-results"})
    page = response.content.decode()

    assert page.strip().startswith("<section")
    assert "<html" not in page
    assert response["HX-Push-Url"] == "/leads/?city=Austin"
    assert "HX-Request" in response["Vary"]


def test_scrolling_gets_the_next_cards_alone(client, make_lead):
    for _ in range(30):
        make_lead()
    cursor = client.get("/leads/").context["page"].next

    response = client.get(f"/leads/?cursor={cursor}", headers={**HTMX, "HX-Target": "more-leads"})

    assert len(cards_on(response)) == 6
    assert "lead-results" not in response.content.decode()
    assert "HX-Push-Url" not in response


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_the_back_button_gets_the_whole_page(client, lead, header):
    response = client.get("/leads/", headers={**HTMX, "HX-Target": "lead-results", header: "true"})

    assert response.content.decode().startswith("<!doctype html>")


def test_an_empty_result_says_what_to_do(client, lead):
    response = client.get("/leads/?q=lighthouse")

    assert response.status_code == 200
    assert "No lead matches" in text_of(response)
    assert "Clear all filters" in text_of(response)
    assert "Count what each choice would leave" not in text_of(response)


def test_the_lead_page_says_why_and_what_the_price_is_made_of(client, lead):
    Listing.objects.filter(pk=lead.pk).update(
        reasons=[
            {"part": "phone", "points": 60, "says": "A phone number stands in the advert."},
            {"part": "stale", "points": -8, "says": "Posted a month ago."},
        ]
    )
    lead.listing.refresh_from_db()

    response = client.get(f"/leads/{lead.pk}/")

    assert response.status_code == 200
    assert [step.amount for step in response.context["quality_steps"]] == [60, -8]
    text = text_of(response)
    assert "−8 Posted a month ago." in text
    assert "Listed with the written permission of its source." in text


@pytest.mark.parametrize(
    ("since", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=5), "5 minutes ago"),
        (timedelta(days=4, hours=12), "4 days ago"),
        (timedelta(days=13, hours=23), "13 days ago"),
        (timedelta(days=20), "2 weeks ago"),
        (timedelta(days=180), "5 months ago"),
    ],
)
def test_how_long_ago_is_said_in_one_unit(since, words):
    now = datetime(2026, 11, 20, tzinfo=UTC)

    assert ago(now - since, now).replace("\xa0", " ") == words


def test_a_card_says_what_sets_the_lead_apart(client, lead):
    Listing.objects.filter(pk=lead.pk).update(
        reasons=[
            {"part": "completeness", "points": 15, "says": "Price, rooms, area and photos are all known."},
            {"part": "moving", "points": 6, "says": "The owner speaks of moving."},
            {"part": "price", "points": -4, "says": "It asks 50% more per square foot than homes nearby."},
        ]
    )

    page = text_of(client.get("/leads/"))

    assert "The owner speaks of moving. Price, rooms, area and photos are all known." in page
    assert "50% more" not in page


@pytest.mark.parametrize("path", [f"/leads/{NO_LEAD}/", f"/leads/{NO_LEAD}/card/"])
def test_an_unknown_lead_is_not_found_in_words(client, path):
    response = client.get(path)

    assert response.status_code == 404
    assert "There is no such lead" in text_of(response)


@pytest.mark.parametrize("path", ["/leads/1/", "/leads/not-a-lead/", "/purchases/x/", "/nowhere/"])
def test_an_unknown_address_is_not_found_with_our_own_page(client, path):
    response = client.get(path)

    assert response.status_code == 404
    assert "AIQLeads" in text_of(response)


def test_a_held_lead_says_until_when_to_others_and_offers_the_cart_to_its_holder(alices, charlies, lead, alice):
    services.hold_lead(lead_id=lead.pk, buyer=alice)

    assert "Held by another agent" in text_of(charlies.get(f"/leads/{lead.pk}/card/"))
    assert "Go to cart" in text_of(alices.get(f"/leads/{lead.pk}/card/"))


def test_a_hold_that_ends_by_itself_frees_the_lead_on_every_page(charlies, lead, alice, clock):
    services.hold_lead(lead_id=lead.pk, buyer=alice)

    clock.advance(minutes=5)

    assert "Hold for 5 min" in text_of(charlies.get("/leads/"))


def test_a_withdrawn_lead_keeps_its_page_and_cannot_be_held(alices, lead):
    Listing.objects.filter(pk=lead.pk).update(delisted_at="2026-01-01T00:00:00Z", delisted_reason="gone")

    response = alices.get(f"/leads/{lead.pk}/")

    assert response.status_code == 200
    assert "No longer offered" in text_of(response)
    assert "/hold/" not in response.content.decode()


def test_a_discount_shows_list_price_and_own_price(alices, make_lead, alice):
    lead = make_lead(price_credits=25)
    alice.organisation.entitlements.filter(key="discount_percent").update(value=10)

    card = alices.get(f"/leads/{lead.pk}/").context["card"]
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)

    assert card.is_discounted
    assert card.price_credits == claim.price_credits == 23


def test_a_form_without_its_token_says_that_it_has_expired(lead, alice):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")

    response = browser.post(f"/leads/{lead.pk}/hold/")

    assert response.status_code == 403
    assert "The form has expired" in text_of(response)
    assert not lead.claims.exists()


@pytest.mark.parametrize("path", ["/", "/leads/", "/leads/{lead}/", "/terms/"])
def test_a_page_can_be_asked_for_its_head(client, lead, path):
    assert client.head(path.format(lead=lead.pk)).status_code == 200


def test_an_operator_looks_but_is_offered_no_hold(olgas, lead):
    page = olgas.get("/leads/")

    assert "Only organisations hold leads" in text_of(page)
    assert "/hold/" not in page.content.decode()


def test_more_leads_on_a_page_ask_no_more_of_the_database(alices, make_lead):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            alices.get("/leads/")
        return len(asked)

    make_lead()
    with_one = queries()
    for _ in range(9):
        make_lead()

    assert queries() == with_one
    assert with_one <= 11


def test_the_public_gets_no_cart_with_a_refreshed_card(client, lead):
    response = client.get(f"/leads/{lead.pk}/card/", headers={**HTMX, "HX-Target": f"lead-{lead.pk}"})

    assert "cart-link" not in response.content.decode()


@pytest.mark.parametrize(("query", "tells"), [("", True), ("city=Austin&", True), ("beds_min=4&", False)])
def test_a_page_that_was_away_hears_of_new_leads_that_fit(client, make_lead, query, tells):
    make_lead()
    since = clock.now().isoformat()
    asked = {**HTMX, "HX-Target": "fresh-leads"}
    quiet = client.get(f"/leads/?{query}{urlencode({'since': since})}", headers=asked)
    make_lead(beds=3)

    told = client.get(f"/leads/?{query}{urlencode({'since': since})}", headers=asked)

    assert " hidden" in quiet.content.decode()
    assert (" hidden" not in told.content.decode()) is tells


@pytest.mark.parametrize("since", ["", "yesterday", "2026-11-21T10:00:00", "2026-13-41T10:00:00Z"])
def test_since_is_a_time_with_its_zone(client, since):
    asked = {**HTMX, "HX-Target": "fresh-leads"}

    assert client.get("/leads/", {"since": since}, headers=asked).status_code == 400
