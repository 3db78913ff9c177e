"""Why a page or picture did not arrive, in the words of a run's report: never an address, which may name a home."""

from collections.abc import Mapping
from typing import Final

from scrapy import exceptions as scrapy

FORBIDDEN: Final = "forbidden by robots.txt"
IN_WORDS: Final[Mapping[type[BaseException], str]] = {
    scrapy.DownloadTimeoutError: "it took too long",
    scrapy.DownloadCancelledError: "it is too large",
    scrapy.DownloadConnectionRefusedError: "nobody answers there",
    scrapy.CannotResolveHostError: "nobody knows its host",
    scrapy.ResponseDataLossError: "it broke off in the middle",
    scrapy.DownloadFailedError: "the connection failed",
    scrapy.UnsupportedURLSchemeError: "its address is none of the web",
}
IGNORED: Final[Mapping[str, str]] = {
    "Forbidden by robots.txt": FORBIDDEN,
    "max redirections reached": "it redirects without end",
    "during decompression": "it is too large once it is unpacked",
}
"""Scrapy says in a sentence why it ignores an answer: words of it, and ours."""


def in_words(error: BaseException | None) -> str:
    """What went wrong, in a few words; the error's own name where nobody has foreseen it."""
    if isinstance(error, scrapy.IgnoreRequest):
        return next((ours for theirs, ours in IGNORED.items() if theirs in str(error)), str(error)[:120])
    return next((words for kind, words in IN_WORDS.items() if isinstance(error, kind)), type(error).__name__)
