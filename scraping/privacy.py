"""What crawling and intake hold about people: addresses of pages, saved pages, and what they sent in themselves."""

import base64
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit
from uuid import UUID

from django.db import connection
from django.db.models import Q

from accounts.privacy.holders import Channel, Erased, Exported, Held, Holder, Way
from accounts.privacy.people import EMAIL, PHONE, Person
from accounts.privacy.texts import mentions
from aiqleads.core import transactions
from leads.models import Observation
from scraping import file_imports
from scraping.models import AdvertPictures, CrawlRequest, PageMemory, PhoneCode, SavedPage, Submission

_LISTS_WITH = """
DELETE FROM scraping_pagememory kept USING unnest(%s::text[]) path
WHERE strpos(kept.links::text, path) > 0
"""


class CrawlHolder(Holder):
    """Answers for crawls, saved pages, and the forms of ``/sell/``."""

    name = "crawls"
    models = frozenset(
        {
            "scraping.crawlrequest", "scraping.pagememory", "scraping.savedpage", "scraping.advertpictures",
            "scraping.submission", "scraping.phonecode", "scraping.fileimport",
        }
    )  # fmt: skip

    def find(self, person: Person) -> Sequence[Held]:
        return [
            Held(
                holder=self.name,
                subject=f"scraping.submission:{sent.pk}",
                kinds=("what you sent us", "e-mail address"),
                source=sent.source.name,
                right="Submitted by the owner",
                first_seen_at=sent.sent_at,
                last_seen_at=sent.confirmed_at or sent.sent_at,
                ways=(Way(handle=str(sent.pk), channel="email", hint=f"{sent.email[:1]}…"),) if sent.email else (),
            )
            for sent in _sent_by(person)
        ]

    def reach(self, handle: str) -> tuple[Channel, str] | None:
        sent = Submission.objects.filter(pk=handle).first()
        return ("email", sent.email) if sent and sent.email else None

    def export(self, person: Person) -> Iterable[Exported]:
        for sent in _sent_by(person):
            for what, value in {"email": sent.email, "phone": sent.phone, **(sent.answers or {})}.items():
                if value:
                    yield Exported(
                        holder=self.name, subject=f"scraping.submission:{sent.pk}", what=what, value=str(value)
                    )

    def erase(self, person: Person) -> Erased:
        dropped = file_imports.drop_mentioning(person)
        saved = [page.pk for page in SavedPage.objects.iterator(chunk_size=20) if _is_about(page, person)]
        erased = _erase(person, saved)
        return Erased(counts={**erased.counts, "scraping.fileimport": dropped}) if dropped else erased


def _sent_by(person: Person) -> list[Submission]:
    mails = Submission.objects.filter(email_hash__in=person.hashes(EMAIL)).exclude(answers=None, email=None)
    texts = PhoneCode.objects.filter(number_hash__in=person.hashes(PHONE)).values("submission")
    return list((mails | Submission.objects.filter(pk__in=texts)).select_related("source").order_by("pk"))


def _is_about(page: SavedPage, person: Person) -> bool:
    """Whether a kept page shows somebody's advert, by its address or by what it says."""
    if page.url in person.pages:
        return True
    read = json.dumps(page.expected, ensure_ascii=False).encode()
    return mentions(base64.b64decode(page.body or ""), person) or mentions(read, person)


@transactions.write
def _erase(person: Person, saved: Sequence[UUID]) -> Erased:
    counts: Counter[str] = Counter()
    counts["scraping.savedpage"] = SavedPage.objects.filter(pk__in=saved).delete()[0]
    paths = sorted(set(_paths(person.pages)))
    adverts = Observation.objects.filter(lead__in=person.leads).values_list("pk", flat=True)
    theirs = AdvertPictures.objects.filter(observation__in=adverts)
    counts["scraping.advertpictures"] = theirs.delete()[0]
    asked = Q(url__in=person.pages)
    for path in paths:
        asked |= Q(url__endswith=path)
    counts["scraping.crawlrequest"] = CrawlRequest.objects.filter(asked).delete()[0] if person.pages else 0
    read = PageMemory.objects.filter(observation_ids__overlap=list(adverts))
    counts["scraping.pagememory"] = read.delete()[0] + _forget_links(paths)
    _forget_submissions(person, counts)
    return Erased(counts={model: count for model, count in sorted(counts.items()) if count})


def _paths(pages: Iterable[str]) -> Iterator[str]:
    """What an advert's address is on its site; the front page is everybody's."""
    for page in pages:
        parts = urlsplit(page)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if len(path) > 1:
            yield path


def _forget_links(paths: Sequence[str]) -> int:
    """Lists that name an advert's address are read anew by the next crawl."""
    if not paths:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_LISTS_WITH, [list(paths)])
        return int(cursor.rowcount)


def _forget_submissions(person: Person, counts: Counter[str]) -> None:
    for sent in _sent_by(person):
        PhoneCode.objects.filter(submission=sent).delete()
        Submission.objects.filter(pk=sent.pk).update(email=None, phone=None, answers=None)
        counts["scraping.submission"] += 1
