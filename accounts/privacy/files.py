"""The folders of the stand-ins for mail, text messages and CRMs: what the demo sends lies there in the clear."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from django.conf import settings

from accounts.privacy.holders import Erased, Holder
from accounts.privacy.people import Person
from accounts.privacy.texts import mentions
from aiqleads.core.models import StoredReply


class SentFiles(Holder):
    """Answers for files of what was sent. In production none of the folders is there."""

    name = "sent files"
    models = frozenset({"core.storedreply"})

    def erase(self, person: Person) -> Erased:
        gone = 0
        for path in _files():
            if mentions(path.read_bytes(), person):
                path.unlink(missing_ok=True)
                gone += 1
        told = [row.pk for row in StoredReply.objects.iterator() if mentions((row.body or "").encode(), person)]
        replies = StoredReply.objects.filter(pk__in=told).delete()[0]
        counts = {"files": gone, "core.storedreply": replies}
        return Erased(counts={what: count for what, count in counts.items() if count})


def count_older(before: datetime) -> int:
    """How many of those files were written before a moment."""
    return sum(1 for _path in _older(before))


def delete_older(before: datetime, most: int) -> int:
    """Delete at most so many of them; return how many."""
    some = list(islice(_older(before), most))
    for path in some:
        path.unlink(missing_ok=True)
    return len(some)


def _older(before: datetime) -> Iterator[Path]:
    return (path for path in _files() if path.stat().st_mtime < before.timestamp())


def _files() -> Iterator[Path]:
    for folder in (settings.EMAIL_FILE_PATH, settings.SMS_SANDBOX_PATH, settings.FOLLOW_UP_BOSS_SANDBOX_PATH):
        if Path(folder).is_dir():
            yield from (path for path in Path(folder).rglob("*") if path.is_file())
