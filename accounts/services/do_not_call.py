"""Do-not-call lists: brought in as keyed hashes, a whole edition at a time, and the newest whole one in force.

A list of millions of numbers is streamed: no more than ``AT_ONCE`` numbers are in memory, and none is stored.
Whoever asks does so with digests under the edition's own key: a change of keys makes no list say nothing.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.models import Count

from accounts.errors import UnusableList
from accounts.models import DoNotCallEdition, DoNotCallList, DoNotCallNumber
from aiqleads.core import audit, clock, transactions
from aiqleads.core.personal_data import hash_under

AT_ONCE: Final = 20_000
DIGEST_BYTES: Final = 16
VALID_FOR: Final = timedelta(days=31)
"""How old an edition may be that numbers are looked for in: 16 C.F.R. § 310.4(b)(3)(iv)."""
_STAGE: Final = "CREATE TEMPORARY TABLE IF NOT EXISTS dnc_staged (digest bytea) ON COMMIT DELETE ROWS"
_KEEP: Final = """
INSERT INTO accounts_donotcallnumber (digest, edition_id)
SELECT DISTINCT digest, %s::integer FROM dnc_staged ORDER BY digest ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """An edition that numbers are looked for in."""

    edition_id: int
    slug: str
    key_version: int


def load_edition(
    *, slug: str, name: str, as_of: date, lines: Iterable[str], state_code: str = "", actor_id: int | None = None
) -> DoNotCallEdition:
    """Bring a list in whole and put it in force; until then, and if it fails, the edition before counts.

    :param lines: a number each, in whatever signs: ``512,5550142`` as the national registry writes it
    :raises UnusableList: it is of the future, older than the one in force, or holds no number
    """
    edition = _open(slug=slug, name=name, as_of=as_of, state_code=state_code)
    numbers = unreadable = 0
    source = iter(lines)
    while batch := list(islice(source, AT_ONCE)):
        digests = [digest for line in batch if (digest := _digest_of(line, edition.key_version))]
        unreadable += len(batch) - len(digests)
        numbers += _keep(edition.pk, digests)
    if not numbers:
        _drop(edition_id=edition.pk)
        raise UnusableList("The file holds no telephone number.", field="file")
    _put_in_force(edition_id=edition.pk, numbers=numbers, unreadable=unreadable, actor_id=actor_id)
    _forget_replaced()
    return DoNotCallEdition.objects.get(pk=edition.pk)


@transactions.write
def _open(*, slug: str, name: str, as_of: date, state_code: str) -> DoNotCallEdition:
    if as_of > clock.now().date():
        raise UnusableList("A list of the future is none.", field="as_of")
    kept, _ = DoNotCallList.objects.get_or_create(slug=slug, defaults={"name": name, "state_code": state_code})
    newest = kept.editions.filter(state=DoNotCallEdition.State.IN_FORCE).first()
    if newest and newest.as_of > as_of:
        raise UnusableList(f"A newer edition is in force, of {newest.as_of:%B %-d, %Y}.", field="as_of")
    return DoNotCallEdition.objects.create(of_list=kept, as_of=as_of, key_version=max(settings.PERSONAL_DATA_KEYS))


def _digest_of(line: str, key_version: int) -> bytes | None:
    digits = "".join(letter for letter in line if letter.isdigit())
    if len(digits) == 11 and digits[0] == "1":
        digits = digits[1:]
    return digest_under(key_version, f"+1{digits}") if len(digits) == 10 else None


def digest_under(key_version: int, phone: str) -> bytes:
    """What a number is known by in editions of that key: the first half of the hash that contacts have.

    :param phone: E.164 without extension
    """
    return digest_of_hash(hash_under(key_version, phone, purpose="phone"))


def digest_of_hash(hashed: str) -> bytes:
    """The same of a contact's own hash."""
    return bytes.fromhex(hashed.partition(":")[2])[:DIGEST_BYTES]


@transactions.write
def _keep(edition_id: int, digests: Collection[bytes]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        cursor.execute("TRUNCATE dnc_staged")
        with cursor.copy("COPY dnc_staged (digest) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["bytea"])
            for digest in digests:
                copy.write_row((digest,))
        cursor.execute(_KEEP, [edition_id])
        return int(cursor.rowcount)


@transactions.write
def _drop(*, edition_id: int) -> None:
    """An edition that came to nothing stays as a record of that."""
    DoNotCallEdition.objects.filter(pk=edition_id).update(
        state=DoNotCallEdition.State.REPLACED, loaded_at=clock.Now()
    )


@transactions.write
def _put_in_force(*, edition_id: int, numbers: int, unreadable: int, actor_id: int | None) -> None:
    edition = DoNotCallEdition.objects.select_for_update().get(pk=edition_id)
    before = DoNotCallEdition.objects.filter(of_list=edition.of_list_id, state=DoNotCallEdition.State.IN_FORCE)
    before.update(state=DoNotCallEdition.State.REPLACED)
    DoNotCallEdition.objects.filter(pk=edition_id).update(
        state=DoNotCallEdition.State.IN_FORCE, loaded_at=clock.Now(), numbers=numbers, unreadable=unreadable
    )
    audit.record(actor_id=actor_id, action="do_not_call_list.loaded", subject=edition, numbers=numbers)


def _forget_replaced() -> None:
    """The numbers of editions that count no more; their records stay."""
    replaced = DoNotCallEdition.objects.filter(state=DoNotCallEdition.State.REPLACED).values("pk")
    DoNotCallNumber.objects.filter(edition__in=replaced).delete()


def editions_in_force() -> list[InForce]:
    """The editions that may be asked now: whole, and of the last 31 days."""
    since = clock.now().date() - VALID_FOR
    rows = DoNotCallEdition.objects.filter(state=DoNotCallEdition.State.IN_FORCE, as_of__gte=since)
    return [
        InForce(edition_id=pk, slug=slug, key_version=version)
        for pk, slug, version in rows.order_by("pk").values_list("pk", "of_list", "key_version")
    ]


def versions() -> dict[str, int]:
    """How many lists in force are hashed under which key: each needs it until its next edition."""
    rows = DoNotCallEdition.objects.filter(state=DoNotCallEdition.State.IN_FORCE)
    return {str(version): count for version, count in rows.values_list("key_version").annotate(Count("pk"))}


def listed(edition: InForce, digests: Collection[bytes]) -> frozenset[bytes]:
    """Those of ``digests`` that stand in an edition."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT digest FROM accounts_donotcallnumber WHERE edition_id = %s AND digest = ANY(%s)",
            [edition.edition_id, list(digests)],
        )
        return frozenset(bytes(digest) for (digest,) in cursor.fetchall())


def lines_of(text: Iterable[str]) -> Iterator[str]:
    """The lines of a file without a header and empty ones."""
    return (line for line in text if any(letter.isdigit() for letter in line))
