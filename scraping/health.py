"""Keeps how a run's fields were read (``FieldHealth``): while it reads, where one drifts, and when it ends."""

from collections.abc import Collection

from scraping.drift import Shares
from scraping.models import CrawlRun, FieldHealth


def keep(run: CrawlRun, shares: Shares, *, drifting: Collection[str]) -> None:
    """Keep each field's share of the records that ``run`` has read, in the place of what was kept before."""
    counted = {name: share for name, share in shares.items() if share.records}
    FieldHealth.objects.bulk_create(
        (
            FieldHealth(
                run=run,
                field=name,
                record_count=share.records,
                filled_count=share.filled,
                valid_count=share.valid,
                lost_count=share.lost,
                is_drifting=name in drifting,
            )
            for name, share in counted.items()
        ),
        update_conflicts=True,
        unique_fields=["run", "field"],
        update_fields=["record_count", "filled_count", "valid_count", "lost_count", "is_drifting"],
    )
