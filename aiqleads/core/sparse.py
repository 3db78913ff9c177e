"""``?fields=a,b.c``: of an answer only what was asked for."""

import re
from collections.abc import Iterable
from typing import Any, Final

MOST_FIELDS: Final = 60
MOST_CHARACTERS_REPEATED: Final = 60
PATTERN: Final = r"^([A-Za-z_]\w*(\.\w+)*( *, *[A-Za-z_]\w*(\.\w+)*)*)?$"
PAGE: Final = frozenset({"next", "previous", "results"})

Tree = dict[str, Any]


class UnknownFields(Exception):
    """Names that the answer does not have; ``args[0]`` lists them."""


def tree_of(asked: str) -> Tree:
    """``"a,b.c"`` as ``{"a": {}, "b": {"c": {}}}``; an empty tree stands for everything below.

    :raises UnknownFields: these are no names
    """
    if not re.fullmatch(PATTERN, asked, re.ASCII):
        raise UnknownFields([asked[:MOST_CHARACTERS_REPEATED]])
    tree: Tree = {}
    for path in [path.strip() for path in asked.split(",") if path.strip()][:MOST_FIELDS]:
        branch = tree
        for name in path.split("."):
            branch = branch.setdefault(name, {})
    return tree


def pruned(data: Any, tree: Tree) -> Any:
    """``data`` with what ``tree`` names. Of a page, of each of its rows; where it lies and what follows stays.

    :raises UnknownFields: a name stands in none of the rows; where there is no row, nobody can tell
    """
    is_page = isinstance(data, dict) and data.keys() >= PAGE
    rows = data["results"] if is_page else data
    unknown = sorted(_unknown(rows, tree))
    if unknown:
        raise UnknownFields(unknown)
    kept = _pruned(rows, tree)
    return {**data, "results": kept} if is_page else kept


def _pruned(data: Any, tree: Tree) -> Any:
    if not tree:
        return data
    if isinstance(data, list):
        return [_pruned(one, tree) for one in data]
    if isinstance(data, dict):
        return {name: _pruned(value, tree[name]) for name, value in data.items() if name in tree}
    return data


def _unknown(data: Any, tree: Tree, before: str = "") -> Iterable[str]:
    found = [one for one in (data if isinstance(data, list) else [data]) if isinstance(one, dict)]
    if not found:
        return
    for name, below in tree.items():
        values = [one[name] for one in found if name in one]
        if not values:
            yield before + name
        elif below:
            inner = [one for value in values for one in (value if isinstance(value, list) else [value])]
            told = [one for one in inner if one is not None]
            if told and not any(isinstance(one, dict) for one in told):
                yield from (f"{before}{name}.{deeper}" for deeper in below)
            else:
                yield from _unknown(told, below, f"{before}{name}.")
