"""Selectors and saved pages for operators: seen before they are written, guarded by pages, never executed."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from aiqleads.core.models import AuditEntry
from scraping import saved_pages
from scraping.errors import SelectorsRefused
from scraping.models import SavedPage, SiteSelectors

PAGE = """<html><head><title>Cabin</title></head><body><h1>Cabin</h1><p>Price: $90,000</p><p>Beds: 2</p>
<p>Phone: 512-555-0142</p><b id="deal">$88,000</b><script>alert("x")</script><img src=x onerror=alert(1)>
<p>&lt;script&gt;told&lt;/script&gt;</p></body></html>"""
SOURCE = "/admin/leads/source/open-site"


@pytest.fixture
def page(open_source, olga) -> SavedPage:
    return saved_pages.save_page(slug="open-site", name="Cabin", body=PAGE.encode(), url="", actor_id=olga.pk)


def check():
    out = StringIO()
    call_command("check_saved_pages", stdout=out)
    return out.getvalue()


def test_a_preview_shows_both_readings_beside_the_words_and_runs_nothing(operator, page):
    shown = operator.post(
        f"{SOURCE}/selectors/", {"step": "preview", "sample": str(page.pk), "asking_price": "#deal", "url": ".gone"}
    ).content.decode()

    assert "90000" in shown
    assert "88000" in shown
    assert "Lost" in shown
    assert "&lt;script&gt;told&lt;/script&gt;" in shown
    assert "alert(1)" not in shown
    assert 'alert("x")' not in shown
    assert not SiteSelectors.objects.exists()


def test_selectors_that_change_a_saved_page_are_refused_naming_the_field(operator, page):
    refused = operator.post(f"{SOURCE}/selectors/", {"asking_price": "#deal"})

    assert refused.status_code == 422
    assert "Cabin: asking_price was 90000, now it reads 88000" in refused.content.decode()
    assert not SiteSelectors.objects.exists()
    assert "0 field(s) changed" in check()


def test_changes_that_are_meant_are_written_with_their_trail(operator, page):
    operator.post(f"{SOURCE}/selectors/", {"asking_price": "#deal", "accepts_changes": "on"})

    page.refresh_from_db()
    entry = AuditEntry.objects.get(action="selectors.written")
    assert SiteSelectors.objects.get().rules == {"asking_price": "#deal"}
    assert page.expected["records"][0]["asking_price"] == 88000
    assert entry.details == {"asking_price": [None, "#deal"]}
    assert "1 saved page(s) read, 0 field(s) changed." in check()


def test_a_selector_that_is_none_is_refused_beside_its_field(operator, open_source):
    refused = operator.post(f"{SOURCE}/selectors/", {"title": "div["})

    assert refused.status_code == 422
    assert "Neither CSS nor XPath" in refused.content.decode()


def test_a_page_is_shown_as_it_reads_and_saved_once_it_is_confirmed(operator, open_source):
    typed = {"name": "Cabin", "markup": PAGE}

    asked = operator.post(f"{SOURCE}/save_page/", typed).content.decode()
    operator.post(f"{SOURCE}/save_page/", {**typed, "step": "confirm"})

    assert "90000" in asked
    assert "alert(" not in asked.replace("&quot;", "").split("<form")[0]
    assert SavedPage.objects.get().expected["records"][0]["phones"] == ["+15125550142"]


def test_two_pages_of_one_name_and_what_is_no_page_are_refused(operator, page):
    twice = operator.post(f"{SOURCE}/save_page/", {"name": "Cabin", "markup": PAGE, "step": "confirm"})
    binary = operator.post(f"{SOURCE}/save_page/", {"name": "Other", "markup": "\x01" * 10 + "{"})

    assert (twice.status_code, binary.status_code, SavedPage.objects.count()) == (422, 200, 1)


def test_a_saved_page_is_read_again_on_its_own_page_and_can_be_forgotten(operator, page):
    address = f"/admin/scraping/savedpage/{page.pk}"

    shown = operator.get(f"{address}/change/").content.decode()
    operator.post(f"{address}/forget/", {"step": "confirm"})

    assert "As when it was saved." in shown
    assert not SavedPage.objects.exists()
    assert AuditEntry.objects.filter(action="page.forgotten").exists()


def test_the_command_fails_naming_page_and_field_but_no_value(page):
    page.expected["records"][0]["phones"] = ["+15125550199"]
    page.save()
    out = StringIO()

    with pytest.raises(CommandError, match="open-site / Cabin: phones changed"):
        call_command("check_saved_pages", stdout=out)

    assert "open-site / Cabin: phones changed." in out.getvalue()
    assert "555" not in out.getvalue()


def test_what_a_page_says_is_stored_encrypted(page):
    stored = SavedPage.objects.extra(select={"cipher": "body"}).values_list("cipher", flat=True)[0]

    assert b"Cabin" not in bytes(stored)


def test_a_page_that_can_no_longer_be_read_names_the_page(page, olga):
    page.body = ""
    page.save()

    with pytest.raises(SelectorsRefused, match="Cabin: page"):
        saved_pages.set_selectors(slug="open-site", rules={"title": "h1"}, actor_id=olga.pk)
