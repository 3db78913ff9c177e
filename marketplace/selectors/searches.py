"""Reads of the searches that a member keeps."""

from dataclasses import dataclass
from uuid import UUID

from accounts.models import Membership
from marketplace import search_text
from marketplace.models import SavedSearch


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSearch:
    """A saved search and what it asks for, in words."""

    search: SavedSearch
    words: str


def saved_searches(member: Membership) -> list[KeptSearch]:
    """All that the member keeps, newest first."""
    rows = SavedSearch.objects.filter(membership=member).order_by("-created_at", "-pk")
    return [as_kept(search) for search in rows]


def as_kept(search: SavedSearch) -> KeptSearch:
    """A search with its words."""
    return KeptSearch(search=search, words=search_text.in_words(search.query))


def access_search(*, viewer: Membership, search_id: UUID) -> SavedSearch:
    """One saved search of the viewer's own.

    :raises SavedSearch.DoesNotExist: there is none such for this viewer
    """
    return SavedSearch.objects.get(pk=search_id, membership=viewer)
