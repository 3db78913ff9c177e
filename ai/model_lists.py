"""What providers say that they serve, beside what our routes ask of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import structlog

from ai import clients, routes, wire
from ai.checks import wrong_with
from ai.failures import Failed
from ai.purposes import Purpose
from ai.routes import Step
from aiqleads.core import alerts, clock, transactions
from aiqleads.core.alerts import Finding

AREA: Final = "models.routed"
SECONDS: Final = 20.0
WARNED_DAYS: Final = 90

log = structlog.get_logger(__name__)

Listed = Mapping[str, date | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a round over the providers found.

    :ivar listed: how many models each provider with a key serves; None where it did not say
    """

    listed: Mapping[str, int | None]
    findings: tuple[Finding, ...]


def check_models() -> Looked:
    """Ask each provider with a key for its models; open an alert for each routed model that is missing or will be.

    An alert that is over is closed, but not while its provider does not answer. Safe to run twice.
    """
    transactions.refuse_transaction()
    steps = list(_routed())
    listed = {step.provider: _listed(step) for step in {step.provider: step for step in steps}.values()}
    today = clock.now().date()
    findings = {finding.key: finding for step in steps for finding in _wrong(step, listed[step.provider], today)}
    for finding in findings.values():
        alerts.open_alert(key=finding.key, says=finding.says)
    silent = tuple(f"{AREA}:{name}/" for name, models in listed.items() if models is None)
    for alert in alerts.open_alerts().filter(key__startswith=f"{AREA}:").exclude(key__in=findings):
        if not alert.key.startswith(silent):
            alerts.close_alert(key=alert.key)
    counts = {name: None if models is None else len(models) for name, models in listed.items()}
    return Looked(listed=counts, findings=tuple(findings.values()))


def _routed() -> Iterator[Step]:
    for purpose in Purpose:
        yield from routes.in_force(purpose).usable_steps()


def _listed(step: Step) -> Listed | None:
    endpoint = step.endpoint()
    if endpoint is None or not step.known_provider.lists_models:
        return None
    try:
        return clients.wait_for(wire.list_models(endpoint, seconds=SECONDS))
    except Failed as failed:
        log.warning("models.not_listed", provider=step.provider, outcome=failed.outcome)
        return None


def _wrong(step: Step, listed: Listed | None, today: date) -> Iterator[Finding]:
    key = f"{AREA}:{step.provider}/{step.model}"
    says = wrong_with(step, today)
    if listed is not None and step.model not in listed:
        says = f"{step.known_provider.title} no longer lists {step.model}, which answers as {step.role}."
    elif not says and listed is not None:
        last = listed[step.model]
        if last is not None and (last - today).days <= WARNED_DAYS:
            says = f"{step.model} shuts down on {last:%d %B %Y}, as {step.known_provider.title} lists it."
    if says:
        yield Finding(key=key, says=f"{says} Set another route.")
