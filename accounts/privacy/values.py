"""Every e-mail and telephone that anybody holds, for comparing with a state's hashes: read in memory, never kept.

An app says how its values are read and how its keyed hashes are looked up when it is ready.
"""

from collections.abc import Callable, Collection, Iterator

Values = Callable[[], Iterator[tuple[str, str]]]
"""Yields ("email" | "phone", value), decrypted a batch at a time; a value may come more than once."""
Known = Callable[[Collection[str]], frozenset[str]]
"""Of keyed hashes, those that stand in a row."""

_READERS: dict[str, tuple[Values, Known]] = {}


def register(name: str, values: Values, known: Known) -> None:
    """Have an app's values read from now on; the same name again takes the place of the one before."""
    _READERS[name] = (values, known)


def everything() -> Iterator[tuple[str, str]]:
    """Every value of every app."""
    for values, _ in tuple(_READERS.values()):
        yield from values()


def known_among(hashes: Collection[str]) -> frozenset[str]:
    """Of keyed hashes, those that anybody holds a row of."""
    return frozenset(one for _, known in tuple(_READERS.values()) for one in known(hashes))
