"""Pages made to hurt, and what each costs: ``python -m tests.scraping.hostile_pages [all]`` prints it line by line.

Every page is read in a process of its own, forked after the imports and held by the kernel to ``MAX_CPU_SECONDS``;
memory is that process's peak.
"""

import json
import os
import resource
import sys
from collections.abc import Callable

MAX_CPU_SECONDS = 10
MAX_MEMORY_MB = 300

BILLION_LAUGHS = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c SYSTEM "file:///etc/passwd">]><html><body><h1>&b;&c;</h1><p>Price: $1</p></body></html>"""
PRICE_CARD = b'<li class="c"><a href="/%d">home</a> $%d</li>'
ODD_REFERENCES = b"""<script type="application/ld+json">{"@graph": [
{"@type": "House", "@id": ["a"], "about": {"@id": ["a"]}}, {"@type": "Offer", "@id": "c", "about": {"@id": "c"}},
{"@type": "House", "@id": "b", "address": {"@id": "b"}, "geo": [[1]], "offers": [null],
"image": [{}, 3]}]}</script>"""
SCOPE = b'<div itemscope itemtype="https://schema.org/House" itemprop="about"><i itemprop="name">x</i>'
RDFA_SCOPE = b'<div typeof="House" property="about"><i property="name">x</i>'
STATIC_ROW = b'<li class="cl-static-search-result" title="t"><a href="/apa/d/x/7900000001.html"><b>$1</b></a></li>'
SCRIPT = b'<script type="application/json">{"marketplace_search": {"feed_units": {"edges": []}}}</script>'
XML_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol">'
    + b"".join(b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10))
    + b"]><html><body>&l9;</body></html>"
)

PAGES: dict[str, Callable[[], bytes]] = {
    "nested": lambda: b"<div>" * 300_000,
    "nested-tables": lambda: b"<table><tr><td>" * 40_000,
    "nested-scopes": lambda: SCOPE * 20_000,
    "nested-rdfa": lambda: RDFA_SCOPE * 20_000,
    "nested-json": lambda: b'<script type="application/ld+json">' + b'{"@graph":[' * 50_000 + b"</script>",
    "nested-payload": lambda: b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
    "odd-references": lambda: ODD_REFERENCES,
    "entities": lambda: BILLION_LAUGHS,
    "entity-bomb": lambda: XML_BOMB,
    "character-references": lambda: b"<p>" + b"&#128169;" * 1_000_000,
    "long-attribute": lambda: b'<a href="' + b"x" * 5_000_000 + b'">$1</a>',
    "many-attributes": lambda: b"<a " + b" ".join(b"x%d=1" % number for number in range(200_000)) + b">$1</a>",
    "many-cards": lambda: b"".join(PRICE_CARD % (number, number) for number in range(1, 20_000)),
    "many-rows": lambda: b"<ol>" + STATIC_ROW * 20_000,
    "many-scripts": lambda: SCRIPT * 40_000,
    "digits": lambda: b"<p>" + b"1 2 3-" * 200_000 + b"</p>",
    "spelled-digits": lambda: b'<section id="postingbody">' + b"one two three " * 50_000 + b"</section>",
    "labels": lambda: b"<p>Price: </p>" * 100_000,
    "cells": lambda: b"<table>" + b"<tr><th>Price</th><td></td></tr>" * 30_000,
    "at-signs": lambda: b'<section id="postingbody">' + b"a @ b . " * 100_000 + b"</section>",
    "brackets": lambda: b"<" * 1_000_000,
    "comments": lambda: b"<!--" * 200_000,
    "wide-table": lambda: b",".join(b"price" for _ in range(50_000)) + b"\n" + b"1," * 50_000,
    "json-lines": lambda: b'{"id": 1, "price": 2}\n' * 10_000,
    "one-long-line": lambda: b'{"marketplace_listing_title": "' + b"x" * 11_000_000 + b'"}',
    "fifty-megabytes-of-text": lambda: b"<p>" + b"word " * 10_485_000,
    "fifty-megabytes-of-tags": lambda: b"<p>x</p>" * 6_553_000,
    "fifty-megabytes-of-json": lambda: b"[" + b'{"price": 1},' * 4_000_000 + b"{}]",
    "eleven-megabytes-of-tags": lambda: b"<p>x</p>" * 145_000 + b"y" * 10_000_000,
    "wrong-charset": lambda: b'<meta charset="utf-16"><h1>Caf\xc3\xa9</h1><p>Price: $90,000</p><p>Beds: 2</p>',
    "unknown-charset": lambda: b'<meta charset="x-evil"><h1>Cabin</h1><p>Price: $90,000</p><p>Beds: 2</p>',
    "mixed-encodings": lambda: b"\xef\xbb\xbf<p>caf\xe9 \xc3\xa9 \x80\x81</p><p>Price: $90,000</p>\xff\xfe" * 2_000,
    "utf-16-without-mark": lambda: ("<h1>Cabin</h1>" * 5_000).encode("utf-16-le"),
    "zeros-inside": lambda: b"<h1>Cabin</h1>" + b"x" * 9_000 + b"\0" * 1_000_000,
    "a-picture": lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4_000,
    "a-zip": lambda: b"PK\x03\x04" + os.urandom(1_000_000),
    "a-pdf": lambda: b"%PDF-1.7\n" + b"stream x endstream\n" * 50_000,
    "json-that-is-html": lambda: b"{<html><h1>Cabin</h1>",
    "html-that-is-json": lambda: b'<!-- --> {"price": 1}',
}  # fmt: skip

QUICK = {
    "nested-scopes": "fsbo", "nested-rdfa": "fsbo", "nested-payload": "facebook", "entity-bomb": "fsbo",
    "many-attributes": "craigslist", "many-rows": "craigslist", "many-scripts": "facebook", "cells": "fsbo",
    "fifty-megabytes-of-text": "fsbo", "fifty-megabytes-of-tags": "craigslist",
    "fifty-megabytes-of-json": "facebook", "wrong-charset": "fsbo",
    "mixed-encodings": "fsbo", "a-zip": "facebook", "json-that-is-html": "craigslist",
}  # fmt: skip


def cost(reader: str, body: bytes) -> dict[str, float | str]:
    """Read ``body`` in a forked process; what it answered, its CPU seconds and its peak in megabytes."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(told)
        os.write(tell, json.dumps({"outcome": _read(reader, body)}).encode())
        os._exit(0)
    os.close(tell)
    with os.fdopen(told) as answer:
        text = answer.read()
    _, status, used = os.wait4(child, 0)
    outcome = json.loads(text)["outcome"] if text else f"killed by {os.waitstatus_to_exitcode(status)}"
    return {"outcome": outcome, "cpu_seconds": used.ru_utime + used.ru_stime, "memory_mb": used.ru_maxrss / 1024}


def _read(reader: str, body: bytes) -> str:
    from scraping.readers import UnreadablePage, read_page

    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS + 1, MAX_CPU_SECONDS + 1))
    try:
        return read_page(reader, body, "https://example.com/1").page
    except UnreadablePage:
        return "unreadable"


def main() -> None:
    """Print what the pages of ``QUICK`` cost their reader; with the argument "all", what every page costs each."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aiqleads.settings")
    django.setup()
    from scraping.readers import READERS

    wants_all = sys.argv[1:] == ["all"]
    for name in PAGES if wants_all else QUICK:
        body = PAGES[name]()
        for reader in sorted(READERS) if wants_all else [QUICK[name]]:
            sys.stdout.write(json.dumps({"page": name, "reader": reader, **cost(reader, body)}) + "\n")


if __name__ == "__main__":
    main()
