"""How long every table's rows are kept: by a rule that lets go of them, as a part of another row, or for good.

An app says so of its own tables when it is ready (``kept.py``); a system check refuses a table of which nobody said
anything. Rules are followed once a day, in small steps: each is a short transaction of its own, so that nobody
waits, and may be killed anywhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.apps import apps
from django.db import models
from django.db.models import Q

from aiqleads.core import clock, transactions

AT_ONCE: Final = 200
YEAR: Final = timedelta(days=365)
FIVE_YEARS: Final = timedelta(days=5 * 365 + 2)
"""Never less than five years of the calendar."""
LetGo = Callable[[datetime, int], int]
"""Lets go of at most so many of what is older than a moment, in a transaction of its own; returns of how many."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What goes by its age.

    :ivar what: in words, once among all rules
    :ivar tables: the labels of the models that it lets go of; none where it is about files
    :ivar since: from when ``kept`` counts: "it was settled"
    :ivar due: how many are older than a moment
    """

    what: str
    tables: Sequence[str]
    kept: timedelta
    since: str
    due: Callable[[datetime], int]
    let_go: LetGo

    @property
    def how_long(self) -> str:
        """ "90 days after it was settled"."""
        return in_words(self.kept, self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What no rule lets go of: ``part_of`` names the table whose rows take it with them, if any.

    :ivar called: in words, where its own would not say what it is
    """

    table: str
    because: str
    part_of: str = ""
    called: str = ""

    @property
    def what(self) -> str:
        """The table in words."""
        return self.called or str(apps.get_model(self.table)._meta.verbose_name_plural)


_RULES: Final[dict[str, Rule]] = {}
_KEPT: Final[dict[str, Kept]] = {}


def register(rule: Rule) -> None:
    """Have a rule followed; said again, the last word stands."""
    _RULES[rule.what] = rule


def rows(what: str, table: str, moment: str, *, kept: timedelta, since: str, where: Q | None = None) -> None:
    """Have rows of one table deleted ``kept`` after their ``moment``, with all that hangs on them.

    :param table: ``core.outboxevent``
    :param moment: a column, or a path to one; where it is empty the row stays
    :param where: only those
    """
    model = apps.get_model(table)

    def old(before: datetime) -> models.QuerySet[Any]:
        found: models.QuerySet[Any] = model._default_manager.filter(where or Q(), **{f"{moment}__lt": before})
        return found

    @transactions.write
    def let_go(before: datetime, most: int) -> int:
        some = list(
            old(before).select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:most]
        )
        model._default_manager.filter(pk__in=some).delete()
        return len(some)

    def due(before: datetime) -> int:
        return old(before).count()

    register(Rule(what=what, tables=[table], kept=kept, since=since, due=due, let_go=let_go))


def keep(because: str, *tables: str, called: str = "") -> None:
    """Say that rows of these tables are kept for good, or go by other ways than their age, and why."""
    for table in tables:
        _KEPT[table] = Kept(table=table, because=because, called=called)


def goes_with(whole: str, *tables: str) -> None:
    """Say that rows of these tables go together with the row of ``whole`` that they are parts of."""
    for table in tables:
        name = apps.get_model(whole)._meta.verbose_name
        _KEPT[table] = Kept(table=table, because=f"goes together with its {name}", part_of=whole)


def rules() -> list[Rule]:
    """All rules, by their words."""
    return sorted(_RULES.values(), key=lambda rule: rule.what)


def kept() -> list[Kept]:
    """Everything else, by table."""
    return sorted(_KEPT.values(), key=lambda one: one.table)


def kept_in_words() -> list[Kept]:
    """The same for people: tables that are called alike and kept for one reason are told once."""
    return list({(one.what, one.because): one for one in kept()}.values())


def unspoken() -> list[str]:
    """The labels of the tables of which nobody said how long they are kept."""
    said = {table for rule in _RULES.values() for table in rule.tables} | _KEPT.keys()
    return sorted({model._meta.label_lower for model in apps.get_models(include_auto_created=True)} - said)


def purge(*, is_dry: bool = False) -> dict[str, int]:
    """Let go of what is due; return how many of what. Safe to run again, and to kill.

    :param is_dry: only count
    """
    now = clock.now()
    if is_dry:
        return {rule.what: rule.due(now - rule.kept) for rule in rules()}
    return {rule.what: _follow(rule, now - rule.kept) for rule in rules()}


def _follow(rule: Rule, before: datetime) -> int:
    gone = 0
    try:
        while some := rule.let_go(before, AT_ONCE):
            gone += some
    except transactions.LockTimeout:  # somebody works on them for long: tomorrow is another day
        log.warning("retention.put_off", rule=rule.what)
    return gone


def in_words(kept: timedelta, since: str) -> str:
    """ "90 days after it was settled", "five years after it was closed", "as soon as it ran out"."""
    if not kept:
        return f"as soon as {since}"
    if kept == FIVE_YEARS:
        return f"five years after {since}"
    hours = kept.total_seconds() / 3600
    return f"{kept.days} days after {since}" if hours > 48 else f"{hours:.0f} hours after {since}"
