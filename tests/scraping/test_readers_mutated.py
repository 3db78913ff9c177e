"""Take one node out of a saved page, or rename it: a field is read right or is absent, and never becomes another.

Every node that carries a class, an id or a fact's attribute is tried in turn; of lists, the nodes of one row.
"""

import json
from collections.abc import Iterator

import pytest
from lxml import html

from scraping.readers import read_page
from scraping.readers.published import published_record
from tests.conftest import at_length
from tests.scraping.test_readers_fsbo import WITH_LISTS, WITH_MICRODATA, WITH_TABLE, WITH_UNITS

pytestmark = [pytest.mark.no_cover, pytest.mark.soak]

FACT_ATTRIBUTES = ("class", "id", "href", "datetime", "data-pid", "data-latitude", "property", "name", "itemprop")
TEXTS = {"description"}  # a text may lose a part that was taken out of it
LISTS = {"image_urls", "phones", "emails"}
ROWS = "//li[contains(@class, 'result')] | //p[@class='row']"
PAGES = {
    "craigslist_detail/milwaukee_apa_7936415355_2026-05.html": "//*[@class or @id or @property or @name]",
    "craigslist_search/milwaukee_apa_wauwatosa_static_2026-05-25.html": f"({ROWS})[2]/descendant-or-self::*",
    "craigslist_search/vancouver_apa_static_2023-11.html": f"({ROWS})[2]/descendant-or-self::*",
    "craigslist_search/vancouver_apa_2021-10-09.html": f"({ROWS})[2]/descendant-or-self::*",
    "craigslist_search/seattle_apa_2014-06-18.html": f"({ROWS})[2]/descendant-or-self::*",
}


def mutations(body: bytes, nodes: str, *, every: int) -> Iterator[tuple[str, bytes]]:
    """(what was done, the page after it) for each ``every``-th node: taken out, its telling attributes renamed."""
    text = body.decode()
    count = len(html.document_fromstring(text).xpath(nodes))
    for number in range(0, count, every):
        page = html.document_fromstring(text)
        node = page.xpath(nodes)[number]
        for name in [name for name in FACT_ATTRIBUTES if name in node.attrib]:
            kept = node.attrib.pop(name)
            yield f"{node.tag} without {name}={kept[:40]!r}", html.tostring(page, encoding="unicode").encode()
            node.attrib[name] = kept
        if node.getparent() is not None:
            what = f"no {node.tag} {dict(node.attrib)!s:.60}"
            node.drop_tree()
            yield what, html.tostring(page, encoding="unicode").encode()


def wrong_fields(before: dict, after: dict) -> list[str]:
    """Fields that read otherwise than before and are neither absent nor named as lost."""
    return [
        f"{name}: {before[name]!r} became {after[name]!r}"
        for name in before
        if after[name] not in (before[name], None) and not _is_part(name, before[name], after[name])
    ]


def _is_part(name: str, before: object, after: object) -> bool:
    if name == "lost" or name in TEXTS:
        return True
    if name == "url":
        return str(after).rstrip("/") == str(before).rstrip("/")
    return name in LISTS and set(after or []) <= set(before or [])


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_mutated_page_never_says_something_else(shared_data, name):
    body = (shared_data / name).read_bytes()
    before = {record["external_id"]: record for record in _records(body)}
    wrong = []

    for what, mutated in mutations(body, PAGES[name], every=at_length(short=23, soak=1)):
        for record in _records(mutated):
            known = before.get(record["external_id"])
            if known:
                wrong += [f"{what}: {field}" for field in wrong_fields(known, record)]

    assert not wrong, "\n".join(wrong[:20])


def _renamed(node: str) -> bytes:
    return (node.replace('"', '"x', 1) if '"' in node else f"x{node}").encode()


def _records(body: bytes, source: str = "craigslist") -> list[dict]:
    return [published_record(record) for record in read_page(source, body, None).records]


@pytest.mark.parametrize(
    ("name", "node", "lost"),
    [
        ("craigslist_detail/milwaukee_apa_7936415355_2026-05.html", 'class="price"', {"asking_price"}),
        ("craigslist_detail/milwaukee_apa_7936415355_2026-05.html", 'id="titletextonly"', {"title"}),
        ("craigslist_detail/milwaukee_apa_7936415355_2026-05.html", 'id="postingbody"', {"description"}),
        ("craigslist_search/vancouver_apa_static_2023-11.html", 'class="price"', {"asking_price"}),
        ("craigslist_search/milwaukee_apa_wauwatosa_static_2026-05-25.html", 'id="ld_searchpage_results"',
         {"lat", "lng"}),
        ("craigslist_search/vancouver_apa_2021-10-09.html", 'class="result-date"', set()),
        ("craigslist_search/vancouver_apa_2021-10-09.html", "datetime=", {"posted_at"}),
        ("craigslist_search/vancouver_apa_2021-10-09.html", 'class="housing"', {"beds", "area_sqft"}),
        ("craigslist_search/seattle_apa_2014-06-18.html", 'class="price"', {"asking_price"}),
        ("craigslist_search/seattle_apa_2014-06-18.html", 'class="l2"', {"beds", "area_sqft"}),
        ("facebook/marketplace_item_regular_2025-01.html", '"listing_price"', {"asking_price"}),
        ("facebook/marketplace_item_regular_2025-01.html", '"marketplace_listing_category_id"', {"category"}),
        ("facebook/marketplace_search_houston_2025-02.html", '"marketplace_listing_title"', {"title"}),
    ],
)  # fmt: skip
def test_what_a_site_renames_is_lost_by_name(shared_data, name, node, lost):
    body = (shared_data / name).read_bytes()
    assert node.encode() in body
    source = name.split("_")[0].split("/")[0]

    records = read_page(source, body.replace(node.encode(), _renamed(node)), None).records
    whole = read_page(source, body, None).records

    assert {field for record in records for field in record.lost_fields} == lost
    assert len(records) == len(whole)
    assert all(not record.lost_fields for record in whole)


BY_OWNER = {"table": WITH_TABLE, "lists": WITH_LISTS, "units": WITH_UNITS, "microdata": WITH_MICRODATA}


@pytest.mark.parametrize("markup", sorted(BY_OWNER))
def test_a_mutated_by_owner_page_never_says_something_else(markup):
    body = BY_OWNER[markup].encode()
    (before,) = _records(body, "fsbo")
    wrong = []

    for what, mutated in mutations(body, "//body//*", every=at_length(short=3, soak=1)):
        for record in _records(mutated, "fsbo"):
            wrong += [f"{what}: {field}" for field in wrong_fields(before, record)]

    assert not wrong, "\n".join(wrong[:20])


def test_a_marketplace_item_without_one_of_its_keys_never_says_something_else(shared_data):
    items = json.loads((shared_data / "facebook/apify_propertyrentals_2026-09_a.json").read_text())
    before = {record["external_id"]: record for record in _records(json.dumps(items).encode(), "facebook")}

    for key in list(items[0]):
        shorter = [{name: value for name, value in item.items() if name != key} for item in items]
        for record in _records(json.dumps(shorter).encode(), "facebook"):
            known = before.get(record["external_id"])
            assert not known or not [one for one in wrong_fields(known, record) if not one.startswith("rejected")]
