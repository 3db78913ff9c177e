"""What a page's head says of it: OpenGraph, ``place:`` and ``product:`` tags, and the geographic ones."""

from __future__ import annotations

import re
from collections.abc import Mapping

from parsel import Selector

from scraping.readers.page import attribute_of, join_address
from scraping.readers.schema_org import Facts

_META_FIELDS: Mapping[str, str] = {
    "og:title": "title",
    "og:url": "url",
    "og:image": "image_urls",
    "og:street-address": "address",
    "og:locality": "city",
    "og:region": "state",
    "og:postal-code": "zip",
    "og:country-name": "country",
    "og:latitude": "latitude",
    "og:longitude": "longitude",
    "place:location:latitude": "latitude",
    "place:location:longitude": "longitude",
    "product:price:amount": "asking_price_text",
    "og:price:amount": "asking_price_text",
    "product:price:currency": "currency",
    "og:price:currency": "currency",
    "article:published_time": "posted_text",
    "article:modified_time": "updated_text",
}


def meta_facts(page: Selector, base_url: str) -> Facts:
    """Raw fields out of the tags, the first of each."""
    facts: Facts = {}
    for meta in page.css("meta[property], meta[name]"):
        field = _META_FIELDS.get(meta.attrib.get("property") or meta.attrib.get("name") or "")
        content = meta.attrib.get("content", "").strip()
        if field and content:
            facts.setdefault(field, join_address(base_url, content) if field in {"url", "image_urls"} else content)
    position = attribute_of(page, "meta[name='geo.position'], meta[name='ICBM']", "content") or ""
    numbers = re.split(r"[;,]\s*", position)
    if len(numbers) == 2:
        facts.setdefault("latitude", numbers[0])
        facts.setdefault("longitude", numbers[1])
    if base_url:
        facts["url"] = base_url
    return facts


def own_url(page: Selector, url: str | None) -> str | None:
    """The address that the page gives for itself; ``url`` if it gives none."""
    own = attribute_of(page, "link[rel=canonical]", "href") or attribute_of(
        page, "meta[property='og:url']", "content"
    )
    return join_address(url or "", own) if own else url
