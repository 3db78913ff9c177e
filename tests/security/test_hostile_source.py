"""A source that means harm is crawled as any other, and nothing that it says is more than text behind any door."""

import csv
import io
import json
import unicodedata
from collections.abc import Iterator

import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from lxml import html

from accounts.models import Membership
from leads.models import Lead, Observation, Score, Source
from marketplace import services
from marketplace.models import Listing, Purchase
from scraping.demo.sites import hostile
from scraping.models import CrawlRun
from tests.back_office import SCREENS
from tests.conftest import body_of, give_credits, log_in
from tests.security.conftest import visitor
from tests.security.hostile_source import crawled
from tests.tokens import bearer

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
NO_SCRIPTS = ("application/json", "application/ld+json")
DIRECTIONS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\ufeff")


def run_by_a_browser(page: str) -> list[str]:
    """What of a page of ours a browser would run, or draw, that the hostile site wrote."""
    found = []
    for element in html.document_fromstring(page).iter(html.etree.Element):
        says = {name.lower(): value.strip().lower() for name, value in element.attrib.items()}
        if hostile.MARK in says.get("id", ""):
            found.append(f"<{element.tag} id={says['id']}>")
        if element.tag == "script" and not says.get("src") and says.get("type") not in NO_SCRIPTS:
            found.append("<script>")
        found += [f"{name}={value[:40]}" for name, value in says.items() if name.startswith("on")]
        found += [
            value[:40] for value in says.values() if value.startswith(("javascript:", "data:text", "vbscript:"))
        ]
    return found


def harm_in(answer: HttpResponse) -> list[str]:
    """What is wrong with an answer that shows what the hostile site said."""
    body = body_of(answer).decode()
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    wrong = [] if answer.status_code < 500 else [f"status {answer.status_code}"]
    wrong += ["a cookie of its own"] if hostile.MARK in answer.cookies else []
    wrong += [name for name, value in answer.headers.items() if hostile.RUNS in value or "\n" in value]
    wrong += ["a template was evaluated"] if hostile.PRODUCT in body else []
    wrong += ["a NUL"] if "\0" in body else []
    if kind == "text/html":
        wrong += run_by_a_browser(body) if body.strip() else []
    else:
        wrong += [] if answer.headers.get("X-Content-Type-Options") == "nosniff" else ["its type may be guessed"]
    if kind in {"application/json", "application/problem+json"} and body:
        json.loads(body)
    return wrong


def test_the_detector_finds_what_a_careless_page_would_show():
    for name in ("markup", "script"):
        assert run_by_a_browser(f'<p title="{hostile.PAYLOADS[name]}">{hostile.PAYLOADS[name]}</p>')
    assert run_by_a_browser(f"<input value='{hostile.PAYLOADS['attribute']}'>")
    assert run_by_a_browser(f'<a href="{hostile.PAYLOADS["address"]}">x</a>')
    assert run_by_a_browser(f"<p>{hostile.EVERYTHING.replace('<', '&lt;')}</p>") == []


def test_every_field_is_hostile_in_some_advert():
    assert sorted(field for fields in hostile.TOGETHER for field in fields) == sorted(hostile.FIELDS)


def of_a_lead(lead: Lead) -> Iterator[str]:
    yield from (f"/leads/{lead.pk}/", f"/leads/{lead.pk}/card/")
    yield from (f"/api/v1/leads/{lead.pk}/{part}" for part in ("", "similar/", "price-history/", "proof/"))


def of_a_purchase(purchase: Purchase) -> Iterator[str]:
    yield f"/purchases/{purchase.pk}/"
    yield f"/api/v1/purchases/{purchase.pk}/"
    yield f"/api/v1/leads/{purchase.lead_id}/contact/"


def lists() -> Iterator[str]:
    yield from ("/leads/", "/leads/?view=map", "/purchases/", "/cart/", "/alerts/", "/reports/", "/searches/")
    yield from ("/api/v1/leads/", "/api/v1/leads/?facets=1", "/api/v1/purchases/", "/api/v1/notifications/")
    yield from ("/api/v1/leads/clusters/?bounds=-98,30,-97,31&zoom=18",)


def of_operators() -> Iterator[str]:
    """The screens of everything that a crawl writes, and of each a few rows."""
    yield from ("/admin/", "/admin/search/?s=pwned", "/admin/search/?s=pwned&extended=1")
    for model in (Lead, Observation, Score, Listing, Purchase, Source, CrawlRun):
        if model in SCREENS:
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            yield reverse(f"{name}_changelist")
            yield reverse(f"{name}_change", args=[model._default_manager.values_list("pk", flat=True)[0]])
    for lead in Lead.objects.all()[:2]:
        yield reverse("admin:leads_lead_change", args=[lead.pk])
        yield reverse("admin:leads_lead_correct", args=[lead.pk])


def bought_by(member: Membership) -> list[Purchase]:
    give_credits(member, 5_000)
    bought = []
    for number, listing in enumerate(Listing.objects.filter(state_code="TX")):
        services.hold_lead(lead_id=listing.pk, buyer=member)
        bought += services.check_out(buyer=member, idempotency_key=str(number))
    services.send_due()
    return bought


@pytest.mark.django_db(transaction=True)
def test_nothing_that_a_hostile_source_says_is_more_than_text(alice, olga, subtests, log_lines):
    run = crawled()
    offered = list(Lead.objects.filter(state=Lead.State.ACTIVE))

    with subtests.test("it is read as any other"):
        assert (run.state, run.requested_count) == ("finished", len(hostile.adverts()) + 2)
        assert run.new_count == Observation.objects.count()
        assert len(offered) == len(hostile.adverts())
    with subtests.test("what is kept is text that can be shown, and no longer than it may be"):
        for lead in Lead.objects.all():
            for field in ("summary", "street", "address_line", "city"):
                kept = getattr(lead, field)
                assert not [letter for letter in kept if unicodedata.category(letter) in {"Cc", "Cs"}], field
                assert not DIRECTIONS & set(kept), field
                assert len(kept) < 500

    member = log_in(visitor(), alice.user)
    program = visitor(HTTP_AUTHORIZATION=bearer(alice)["Authorization"])
    asked: dict[str, Client] = {
        **dict.fromkeys(lists(), member),
        **{address: member for lead in offered for address in of_a_lead(lead)},
    }
    with subtests.test("before a sale, to everybody"):
        assert {
            address: wrong for address, who in asked.items() if (wrong := harm_in(who.get(address, follow=True)))
        } == {}
    purchases = bought_by(alice)
    with subtests.test("to its buyer"):
        assert len(purchases) == len(offered) - 1
        addresses = [address for purchase in purchases for address in of_a_purchase(purchase)]
        who = {address: program if address.startswith("/api/") else member for address in (*addresses, *lists())}
        assert {
            address: wrong for address in who if (wrong := harm_in(who[address].get(address, follow=True)))
        } == {}
    with subtests.test("in a table, no cell is a formula and no line is another"):
        table = body_of(member.get("/purchases/export.csv")).decode().lstrip("\ufeff")
        rows = list(csv.reader(io.StringIO(table)))
        assert len(rows) == len(purchases) + 1
        assert {len(row) for row in rows} == {len(rows[0])}
        assert [cell for row in rows for cell in row if cell.startswith(FORMULA_SIGNS)] == []
    with subtests.test("in letters, no line of the head is another, and no part is markup"):
        assert len(mail.outbox) == len(purchases)
        for letter in mail.outbox:
            said = letter.message()
            assert f"Set-Cookie: {hostile.MARK}" not in "\n".join(
                f"{name}: {value}" for name, value in said.items()
            )
            assert hostile.PRODUCT not in letter.body
            assert [
                wrong for body, kind in getattr(letter, "alternatives", []) for wrong in run_by_a_browser(body)
            ] == []
    with subtests.test("to operators"):
        operator = log_in(visitor(), olga)
        assert {path: wrong for path in of_operators() if (wrong := harm_in(operator.get(path, follow=True)))} == {}
    with subtests.test("in the log, no line is another's"):
        assert "Traceback" not in log_lines.getvalue()
        assert hostile.PRODUCT not in log_lines.getvalue()
        assert not [
            line for line in log_lines.getvalue().splitlines() if line.startswith(("Set-Cookie", "<script"))
        ]
