"""A search as the text that stands in the list's address: made tidy, put in words, read as filters."""

from django.http import QueryDict

from marketplace import errors, search_address
from marketplace.filters import ListingFilters
from marketplace.forms.finding import FilterForm


def canonical(query: str) -> str:
    """The same search in one spelling: filters alone, words understood, in order, without blanks, sort and page.

    :raises SearchRefused: a filter cannot be used, or nothing is filtered
    """
    asked = search_address.canonical(QueryDict(query))
    form = FilterForm(asked)
    if not form.is_valid():
        [(name, [says, *_]), *_] = form.errors.items()
        raise errors.SearchRefused(f"{form.fields[name].label if name in form.fields else 'Filters'}: {says}")
    kept = QueryDict(mutable=True)
    for name in sorted(form.fields):
        values = [value for value in asked.getlist(name) if value]
        if values and name != "sort":
            kept.setlist(name, sorted(values))
    if not kept:
        raise errors.SearchRefused("Set at least one filter first: a search for everything tells of everything.")
    return kept.urlencode()


def in_words(query: str) -> str:
    """The filters as the list shows them: "TX, 3+ beds, up to $400,000"."""
    return ", ".join(active.label for active in FilterForm(QueryDict(query)).active_filters())


def read_filters(query: str) -> ListingFilters | None:
    """What a search asks for; None where the list cannot ask for it (any more)."""
    form = FilterForm(QueryDict(query))
    return form.filters() if form.is_valid() else None
