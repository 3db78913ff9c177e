"""Feeds: sources that hand over records by an interface of their own, and whose changes we follow."""

from leads.models import Source


def is_feed(source: Source) -> bool:
    """Whether ``source`` is followed as a feed rather than crawled as a site."""
    return source.family == Source.Family.MLS and source.reader == "reso"
