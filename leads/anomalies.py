"""Sources and markets whose newest leads are doubtful far oftener than those before them.

One doubtful advert is judged alone; a hundred of one source, or of one town, show a site that changed or a fraud at
work. Watched every few minutes over the newest judgements only, so a look costs the same at any size.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from aiqleads.core.alerts import Finding
from leads.models import Score, Source

AREA: Final = "judging"
JUDGEMENTS: Final = 10_000
NEWEST: Final = 40
LEAST_HISTORY: Final = 100
DEVIATIONS: Final = 4.0
TIMES_AS_MANY: Final = 2.0


def find_anomalies() -> Iterator[Finding]:
    """Every source and three-digit ZIP area that is out of its own history now."""
    by_source: dict[str, list[bool]] = defaultdict(list)
    by_market: dict[str, list[bool]] = defaultdict(list)
    for verdict, zip_code, source in _newest_judgements():
        is_doubtful = verdict != Score.Verdict.PASS
        by_source[source or ""].append(is_doubtful)
        by_market[(zip_code or "")[:3]].append(is_doubtful)
    names = dict(Source.objects.values_list("slug", "name"))
    yield from _findings("source", ((slug, names.get(slug, slug), told) for slug, told in by_source.items()))
    yield from _findings("market", ((zip3, f"{zip3}xx", told) for zip3, told in by_market.items()))


def _newest_judgements() -> Iterable[tuple[str, str | None, str | None]]:
    newest = Score.objects.order_by("-scored_at").values_list(
        "verdict", "lead__zip_code", "lead__observations__source"
    )
    return newest[:JUDGEMENTS]


def _findings(kind: str, groups: Iterable[tuple[str, str, list[bool]]]) -> Iterator[Finding]:
    for key, name, told in groups:
        newest, before = list(islice(told, NEWEST)), told[NEWEST:]
        if key and len(before) >= LEAST_HISTORY and is_out_of_history(newest, before):
            says = (
                f"Of the {len(newest)} leads judged last of {name}, {sum(newest)} are doubtful; "
                f"before them {sum(before) / len(before):.0%} were."
            )
            yield Finding(key=f"{AREA}:{kind}:{key}", says=says)


def is_out_of_history(newest: list[bool], before: list[bool]) -> bool:
    """Whether doubtful ones are more than chance and twice as frequent among the newest."""
    usual = (sum(before) + 1) / (len(before) + 2)
    share = sum(newest) / len(newest)
    return share >= TIMES_AS_MANY * usual and share - usual >= DEVIATIONS * math.sqrt(
        usual * (1 - usual) / len(newest)
    )
