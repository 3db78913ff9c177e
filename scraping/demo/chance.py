"""Repeatable chance: a separate stream of random numbers for each thing that is drawn.

Streams are named rather than shared, so adding a home or an advert never changes what another one got.
"""

from random import Random


def stream(*labels: object) -> Random:
    """Open the stream named by ``labels``; equal labels give equal numbers in every process."""
    return Random("/".join(str(label) for label in labels))  # noqa: S311 - drawings of a demo, not secrets


def digits(count: int, *labels: object) -> str:
    """Return ``count`` decimal digits, the first of them not zero, that belong to ``labels``."""
    return str(stream("digits", *labels).randrange(10 ** (count - 1), 10**count))


def hexadecimal(count: int, *labels: object) -> str:
    """Return ``count`` lower-case hexadecimal digits that belong to ``labels``."""
    return f"{stream('hexadecimal', *labels).getrandbits(4 * count):0{count}x}"
