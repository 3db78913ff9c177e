"""What operators see of one file: what its rows would become, how far it is, what came of it. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiqleads.core import clock
from leads import selectors as leads
from leads.foresight import Fate
from scraping.admin.history import Share as FieldShare
from scraping.admin.history import share_shown
from scraping.admin.pages import label_of
from scraping.drift import NOTHING, Shares, is_drifting, shares_from
from scraping.foreseeing import Foreseen, from_json
from scraping.models import FileImport
from scraping.progress import in_words
from scraping.selectors import HEALTH_RUNS

UNFINISHED = (FileImport.State.QUEUED, FileImport.State.RUNNING)
FATES = {
    Fate.LEAD: "leads to offer",
    Fate.REVIEW: "wait for an operator",
    Fate.NOT_OFFERED: "kept, not offered",
    Fate.NO_LEAD: "sales and listings elsewhere",
    Fate.REJECTED: "rejected",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """One file's page.

    :ivar foreseen: what its rows would become; None where they were not counted
    :ivar fates: the same in words
    :ivar counts: what its rows became
    :ivar fields: of the rows that were kept, how many have a field in order, beside earlier files of this mapping
    :ivar may_list: whether the source's right lets anything of the file be offered
    """

    staged: FileImport
    foreseen: Foreseen | None
    fates: Sequence[tuple[str, int]]
    counts: Sequence[tuple[str, int]]
    rejected: Sequence[tuple[str, int]]
    fields: Sequence[tuple[str, FieldShare]]
    percent: int
    progress: str
    may_list: bool

    @property
    def is_waiting(self) -> bool:
        return self.staged.state == FileImport.State.WAITING

    @property
    def is_live(self) -> bool:
        """Whether the page changes by itself."""
        is_counted = self.foreseen is not None and self.foreseen.is_whole
        return self.staged.state in UNFINISHED or (self.is_waiting and not is_counted)


def report_of(staged: FileImport) -> FileReport:
    """Gather a file's page."""
    foreseen = from_json(staged.foreseen)
    percent = _percent(staged, foreseen)
    is_over = staged.state == FileImport.State.FINISHED
    counts = {name: getattr(staged, f"{name}_count") for name in ("new", "changed", "seen", "rejected")}
    right = leads.right_in_force(staged.source)
    reasons = sorted(staged.rejected_reasons.items(), key=lambda item: (-item[1], item[0]))
    return FileReport(
        staged=staged,
        foreseen=foreseen,
        fates=[(says, foreseen.fates[fate]) for fate, says in FATES.items()] if foreseen else [],
        counts=[("rows read", staged.read_count), *counts.items()],
        rejected=reasons,
        fields=_fields(staged),
        percent=100 if is_over else percent,
        progress=_progress(staged, percent),
        may_list=bool(right and right.may_list),
    )


def _fields(staged: FileImport) -> list[tuple[str, FieldShare]]:
    """What no row of a mapping has says nothing, unless files before it had it."""
    now, before = shares_from(staged.fields_read), _earlier(staged)
    history = {name: [shares.get(name, NOTHING) for shares in before] for name in now}
    return [
        (label_of(name), share_shown(share, is_drifting=is_drifting(share, history[name])))
        for name, share in sorted(now.items())
        if share.filled or any(earlier.filled for earlier in history[name])
    ]


def _earlier(staged: FileImport) -> list[Shares]:
    """The fields of the files of one mapping that were read before, the newest first."""
    same = FileImport.objects.filter(mapping=staged.mapping_id, state=FileImport.State.FINISHED)
    read = (
        same.filter(uploaded_at__lt=staged.uploaded_at).order_by("-uploaded_at")
        if staged.mapping_id
        else same.none()
    )
    return [shares_from(told) for told in read.values_list("fields_read", flat=True)[:HEALTH_RUNS]]


def _percent(staged: FileImport, foreseen: Foreseen | None) -> int:
    """By rows where they were counted, else by bytes, which are read ahead."""
    if foreseen and foreseen.is_whole and foreseen.rows:
        return min(100, 100 * staged.read_count // foreseen.rows)
    return 100 * staged.read_bytes // max(staged.size_bytes, 1)


def _progress(staged: FileImport, percent: int) -> str:
    """Such as ``12,400 rows (41 %), 2 min left``."""
    rows = f"{staged.read_count:,} row{'' if staged.read_count == 1 else 's'}"
    if staged.state == FileImport.State.QUEUED:
        return "It waits for a worker."
    if staged.state != FileImport.State.RUNNING:
        return rows
    if not percent or staged.started_at is None:
        return f"{rows} so far"
    seconds = (clock.now() - staged.started_at).total_seconds()
    return f"{rows} ({percent} %), {in_words(seconds * (100 - percent) / percent)} left"
