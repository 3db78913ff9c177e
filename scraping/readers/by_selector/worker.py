"""Run XPaths over one page, in a process that the kernel stops when it takes too much.

Reads ``{"page": …, "xpaths": {field: xpath}}`` from standard input and answers with the nodes of each field. Knows
lxml and nothing of the product, so that it starts in a twentieth of a second.
"""

import json
import resource
import sys
from typing import Any

from lxml import etree, html

CPU_SECONDS = 2
ADDRESS_SPACE_BYTES = 600 * 1024 * 1024
MAX_NODES = 60
MAX_CHARACTERS = 20_000
ATTRIBUTES = ("content", "datetime", "src", "href")


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _select(root: Any, xpath: str) -> list[dict[str, str]]:
    found = etree.XPath(xpath, regexp=False, smart_strings=False)(root)
    nodes = found if isinstance(found, list) else [found]
    return [_node(node) for node in nodes[:MAX_NODES]]


def _node(node: Any) -> dict[str, str]:
    if not isinstance(node, etree._Element):
        return {"text": str(node)[:MAX_CHARACTERS]}
    text = " ".join("".join(node.itertext()).split())[:MAX_CHARACTERS] if isinstance(node.tag, str) else ""
    markup = etree.tostring(node, encoding="unicode", with_tail=False)[:MAX_CHARACTERS]
    return {
        "text": text,
        "markup": markup,
        **{name: node.attrib[name] for name in ATTRIBUTES if name in node.attrib},
    }


def main() -> None:
    """Answer one request."""
    _limit()
    asked = json.load(sys.stdin)
    root = html.document_fromstring(asked["page"], parser=html.HTMLParser(huge_tree=False, no_network=True))
    json.dump({field: _select(root, xpath) for field, xpath in asked["xpaths"].items()}, sys.stdout)


if __name__ == "__main__":
    main()
