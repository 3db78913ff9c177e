"""Our books beside the providers'."""

import json
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management import CommandError

from aiqleads.core.commands import DataCommand
from billing import services
from billing.models import Difference, Reconciliation
from billing.providers import choosing


class Command(DataCommand):
    help = "Look at providers' books: what was missed, is not final, or differs. Exit 1 if something differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--provider", choices=list(settings.PAYMENT_ADAPTERS), help="that one alone")
        parser.add_argument("--since", help="how far back, as 2026-11-01; else from where the last look began")
        parser.add_argument("--json", action="store_true", help="one JSON document and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        since = _moment(options["since"])
        names = [options["provider"]] if options["provider"] else choosing.offered()
        runs = [services.reconcile(provider=name, since=since) for name in names]
        differences = list(Difference.objects.filter(provider__in=names, closed_at=None).order_by("found_at", "pk"))
        self.stdout.write(_document(runs, differences) if options["json"] else _told(runs, differences))
        if differences or any(run.error for run in runs):
            raise SystemExit(1)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise CommandError("--since is a date such as 2026-11-01.") from error
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None


def _document(runs: list[Reconciliation], differences: list[Difference]) -> str:
    return json.dumps(
        {
            "providers": [
                {
                    "provider": run.provider,
                    "since": run.since.isoformat(),
                    "missed_events": run.missed_events,
                    "movements": run.movements,
                    "error": run.error or None,
                }
                for run in runs
            ],
            "differences": [
                {
                    "kind": one.kind,
                    "provider": one.provider,
                    "object": one.object_id,
                    "ours_cents": one.ours_cents,
                    "theirs_cents": one.theirs_cents,
                    "found_at": one.found_at.isoformat(),
                }
                for one in differences
            ],
        }
    )


def _told(runs: list[Reconciliation], differences: list[Difference]) -> str:
    lines = [
        f"{run.provider}: {run.movements} lines since {run.since:%Y-%m-%d %H:%M}, "
        f"{run.missed_events} messages that never came" + (f". Not finished: {run.error}" if run.error else "")
        for run in runs
    ]
    lines += [
        f"DIFFERS  {one.provider} {one.object_id}: {one.get_kind_display()}, "
        f"{one.ours_cents / 100:.2f} USD here and {one.theirs_cents / 100:.2f} there"
        for one in differences
    ]
    end = f"{len(differences)} differences are open." if runs else "No provider takes money here."
    return "\n".join([*lines, end])
