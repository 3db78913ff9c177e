"""Pages kept as regression tests, and the selectors they guard.

A selector is data that behaves like code, so it is tested like code: writing selectors reads every saved page of
the source again, and is refused where a field would read otherwise, unless the operator says that it should.
"""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from w3lib.encoding import html_to_unicode

from aiqleads.core import audit, transactions
from aiqleads.core.clock import Now
from aiqleads.core.postgres import violated_constraint
from leads.models import Source
from leads.normalise.text import html_to_text
from scraping.errors import PageCannotBeSaved, SelectorsRefused
from scraping.models import SavedPage, SiteSelectors
from scraping.readers import UnreadablePage, read_page
from scraping.readers.by_selector import UnusableSelector, check_rules
from scraping.readers.published import published_reading
from scraping.selectors import selectors_of

MAX_SAVED_BYTES: Final = 4 * 1024 * 1024
MAX_SHOWN_CHARACTERS: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field of a saved page that reads otherwise than it did when the page was saved."""

    page: str
    field: str
    expected: Any
    read: Any

    def __str__(self) -> str:
        return f"{self.page}: {self.field} was {self.expected!r}, now it reads {self.read!r}"


def read_body(source: Source, body: bytes, *, url: str, rules: Mapping[str, str]) -> dict[str, Any]:
    """What ``parse_page --json`` would print of a page of ``source``, read with ``rules``.

    :raises UnreadablePage: the reader takes no such file
    """
    return published_reading(read_page(source.reader, body, url or None, selectors=rules))


def body_of(page: SavedPage) -> bytes:
    """The page's bytes as they came."""
    return base64.b64decode(page.body or "")


def changes_of(page: SavedPage, *, rules: Mapping[str, str]) -> list[Difference]:
    """Every field that no longer reads as when the page was saved."""
    try:
        now = read_body(page.source, body_of(page), url=page.url, rules=rules)
    except UnreadablePage as error:
        return [Difference(page=page.name, field="page", expected=page.expected["page"], read=str(error))]
    return [
        Difference(page=page.name, field=field, expected=expected, read=read)
        for field, expected, read in _compared(page.expected, now)
        if expected != read
    ]


def _compared(expected: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    yield "page", expected["page"], now["page"]
    yield "number of records", len(expected["records"]), len(now["records"])
    for number, (before, after) in enumerate(zip(expected["records"], now["records"], strict=False), start=1):
        place = f" of record {number}" if len(expected["records"]) > 1 else ""
        for field in sorted({*before, *after}):
            yield f"{field}{place}", before.get(field), after.get(field)


def check_all() -> Iterator[tuple[SavedPage, list[Difference]]]:
    """Every saved page with what changed, read with the selectors of its source."""
    rules = dict(SiteSelectors.objects.values_list("source_id", "rules"))
    for page in SavedPage.objects.select_related("source").order_by("source_id", "name"):
        yield page, changes_of(page, rules=rules.get(page.source_id, {}))


def save_page(*, slug: str, name: str, body: bytes, url: str, actor_id: int) -> SavedPage:
    """Keep a page, together with what is read from it now, as a test of its source.

    :raises PageCannotBeSaved: it is unreadable or too large, holds no listing, or the name is taken
    """
    source = Source.objects.get(pk=slug)
    if len(body) > MAX_SAVED_BYTES:
        raise PageCannotBeSaved(f"A saved page has at most {MAX_SAVED_BYTES // 1024 // 1024} MB.", field="file")
    try:
        expected = read_body(source, body, url=url, rules=selectors_of(source))
    except UnreadablePage as error:
        raise PageCannotBeSaved(str(error), field="file") from error
    return _keep(source, name=name, body=body, url=url, expected=expected, actor_id=actor_id)


@transactions.write
def _keep(
    source: Source, *, name: str, body: bytes, url: str, expected: dict[str, Any], actor_id: int
) -> SavedPage:
    try:
        with transaction.atomic():
            page = SavedPage.objects.create(
                source=source, name=name, url=url, body=base64.b64encode(body).decode(), expected=expected
            )
    except IntegrityError as error:
        if violated_constraint(error) != "saved_page_name_once":
            raise
        raise PageCannotBeSaved(f"{source.name} has a page called {name!r} already.", field="name") from error
    audit.record(actor_id=actor_id, action="page.saved", subject=page, source=source.pk)
    return page


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One page read with and without selectors, for a person to compare."""

    page: str
    reason: str | None
    without: Mapping[str, Any]
    """Field → value of the page's first record, as the reader alone sees it."""
    read: Mapping[str, Any]
    text: str
    """The words of the page. Never its markup."""


def preview(*, source: Source, body: bytes, url: str, rules: Mapping[str, str]) -> Preview:
    """Read a page twice. Writes nothing.

    :raises SelectorsRefused: a selector cannot be used, or the page is unreadable
    """
    try:
        without, read = (read_body(source, body, url=url, rules=used) for used in ({}, rules))
    except UnusableSelector as error:
        raise SelectorsRefused(str(error), field=error.field) from error
    except UnreadablePage as error:
        raise SelectorsRefused(str(error)) from error
    _, markup = html_to_unicode(None, body)
    return Preview(
        page=read["page"],
        reason=read["reason"],
        without=next(iter(without["records"]), {}),
        read=next(iter(read["records"]), {}),
        text=(html_to_text(markup) or "")[:MAX_SHOWN_CHARACTERS],
    )


@transactions.write
def forget_page(*, page_id: UUID, actor_id: int) -> None:
    """Delete a saved page: it guards nothing any more, or names somebody who asked to be forgotten."""
    page = SavedPage.objects.get(pk=page_id)
    audit.record(actor_id=actor_id, action="page.forgotten", subject=page, source=page.source_id)
    page.delete()


def set_selectors(
    *, slug: str, rules: Mapping[str, str], accepts_changes: bool = False, actor_id: int
) -> SiteSelectors:
    """Write the selectors of a site; every saved page of it is read with them first.

    :param rules: field → CSS or XPath; an empty one leaves the field to the reader
    :param accepts_changes: the saved pages should from now on read as they do with these
    :raises SelectorsRefused: a selector cannot be used, or a saved page would read otherwise
    """
    kept = {field: selector.strip() for field, selector in rules.items() if selector.strip()}
    try:
        check_rules(kept)
    except UnusableSelector as error:
        raise SelectorsRefused(str(error), field=error.field) from error
    source = Source.objects.get(pk=slug)
    pages = list(source.saved_pages.select_related("source").order_by("name"))
    changes = [change for page in pages for change in changes_of(page, rules=kept)]
    if changes and not accepts_changes:
        told = ". ".join(str(change) for change in changes[:5])
        raise SelectorsRefused(f"Saved pages would read otherwise. {told}.", field="accepts_changes")
    changed = [page for page in pages if any(change.page == page.name for change in changes)]
    readings = [read_body(source, body_of(page), url=page.url, rules=kept) for page in changed]
    return _write(source, kept, dict(zip([page.pk for page in changed], readings, strict=True)), actor_id=actor_id)


@transactions.write
def _write(
    source: Source, rules: dict[str, str], readings: Mapping[UUID, dict[str, Any]], *, actor_id: int
) -> SiteSelectors:
    before = selectors_of(source)
    written, _ = SiteSelectors.objects.update_or_create(
        source=source, defaults={"rules": rules, "changed_at": Now()}
    )
    for page in SavedPage.objects.filter(pk__in=readings):
        page.expected = readings[page.pk]
        page.save(update_fields=["expected"])
    fields = sorted(field for field in {*before, *rules} if before.get(field) != rules.get(field))
    audit.record(
        actor_id=actor_id,
        action="selectors.written",
        subject=source,
        **{field: [before.get(field), rules.get(field)] for field in fields},
    )
    return written
