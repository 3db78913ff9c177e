"""Selectors that operators write: they outrank the reader, lose what they do not find, and cannot run away."""

import pytest

from scraping.readers import read_page
from scraping.readers.by_selector import SELECTABLE, UnusableSelector, check_rules

PAGE = b"""<html><head><title>Cabin - Homes</title></head><body><h1>Cabin</h1><p>Price: $90,000</p><p>Beds: 2</p>
<p>Phone: 512-555-0142</p><div class="money">$88,000 <s>$90,000</s></div><span id="b" data-beds="3">three</span>
<div class="words"><p>Quiet.</p><script>alert(1)</script></div><img class="pic" src="/1.jpg"></body></html>"""
URL = "https://homes.example.com/cabin/77"


def read(rules, page=PAGE):
    return read_page("fsbo", page, URL, selectors=rules)


def test_a_selector_outranks_the_reader_and_says_so():
    (record,) = read(
        {
            "asking_price": "//div[@class='money']/text()[1]",
            "beds": "#b::attr(data-beds)",
            "description": ".words",
            "image_urls": "img.pic",
        }
    ).records

    assert (record.asking_price, record.beds) == (88000, 3)
    assert (record.description, record.image_urls) == ("Quiet.", ("https://homes.example.com/1.jpg",))
    assert record.field_sources["beds_text"] == "selector"
    assert record.phones == ("+15125550142",)


def test_a_field_whose_selector_finds_nothing_is_lost_and_not_taken_from_elsewhere():
    (record,) = read({"asking_price": ".gone"}).records

    assert (record.asking_price, record.lost_fields) == (None, {"asking_price"})


def test_selectors_make_a_page_a_home_that_its_reader_finds_none_in():
    page = b"<main><i id=p>90000</i><i id=t>Hut by the lake</i><i id=a>12 Oak St</i></main>"
    rules = {"asking_price": "#p", "title": "#t", "address": "#a"}

    with_rules, without, elsewhere = read(rules, page), read({}, page), read(rules, b"<main>About us</main>")

    assert (with_rules.page, with_rules.records[0].address, with_rules.records[0].kind) == (
        "listing",
        "12 Oak St",
        "fsbo",
    )
    assert (without.page, elsewhere.page) == ("rejected", "rejected")


@pytest.mark.parametrize(
    "selector",
    [
        "div[",
        "//div[",
        "re:test(//p, 'x')",
        "document('file:///etc/passwd')",
        "//p[re:test(., 'x')]",
        "$x",
        "a" * 301,
    ],
)
def test_what_is_neither_css_nor_plain_xpath_is_refused(selector):
    with pytest.raises(UnusableSelector) as refusal:
        check_rules({"title": f"/{selector}" if selector.startswith("re:") else selector})

    assert refusal.value.field == "title"


def test_every_selectable_field_is_one_of_a_record():
    (record,) = read(dict.fromkeys(SELECTABLE, "//nothing")).records

    assert record.lost_fields == set(SELECTABLE)
    assert all(hasattr(record, field) for field in SELECTABLE)


@pytest.mark.no_cover
def test_a_selector_that_would_run_for_minutes_is_stopped_and_its_field_lost():
    page = b"<h1>Cabin</h1><p>Price: $90,000</p><p>Beds: 2</p><p>Zip: 78704</p>" + b"<p>x</p>" * 8_000

    (record,) = read({"title": "//p/following-sibling::p/following-sibling::p"}, page).records

    assert (record.title, record.lost_fields) == (None, {"title"})
