"""System checks: questions end before their tasks do, keys go nowhere in the clear, routed models are known."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's word
from django.db import DatabaseError

from ai import providers, routes
from ai.purposes import Purpose
from ai.routes import LONGEST_DEADLINE_SECONDS, SHIPPED, Step
from aiqleads.core import clock
from aiqleads.core.queues import AI_HARD_SECONDS, AI_SOFT_SECONDS

TAG: Final = "environment"
WARNED: Final = timedelta(days=90)
_THIS_MACHINE: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@register(TAG)
def check_deadlines(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Deadline < soft limit < hard limit < redelivery, for tasks of the default queue and of the queue ``ai``."""
    ladder = [
        LONGEST_DEADLINE_SECONDS,
        settings.CELERY_TASK_SOFT_TIME_LIMIT,
        settings.CELERY_TASK_TIME_LIMIT,
        AI_SOFT_SECONDS,
        AI_HARD_SECONDS,
        settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"],
    ]
    longest = max(rules.deadline_seconds for rules in SHIPPED.values())
    if ladder == sorted(set(ladder)) and longest <= LONGEST_DEADLINE_SECONDS:
        return []
    return [
        Error(
            "A question to a model may outlive the task that asks it.",
            hint="Keep deadline < soft limit < hard limit < the broker's visibility timeout: "
            + " < ".join(map(str, ladder)),
            id="ai.E001",
        )
    ]


@register(TAG)
def check_addresses(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Keys and covered texts go to nobody in the clear, except to this machine."""
    return [
        Error(
            f"The address of {provider.title} is not an https one.",
            hint=f"Unset {_variable(name)}, or write https://…; http is for this machine alone.",
            id="ai.E002",
        )
        for name, provider in providers.providers().items()
        if (endpoint := provider.endpoint()) is not None and not _is_private(endpoint.url)
    ]


def _variable(provider: str) -> str:
    return {"qwen": "DASHSCOPE_URL"}.get(provider, f"{provider.upper()}_URL")


def _is_private(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    return is_whole and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _THIS_MACHINE))


@register("database")
def check_routes(app_configs: Any, databases: Any = None, **kwargs: Any) -> Sequence[CheckMessage]:
    """What is in force names models that we know, and none that is about to be shut down."""
    if not databases:
        return []
    try:
        today = clock.now().date()
        return list(_wrong_steps(today))
    except DatabaseError:  # not migrated yet: migrate says so better than we could
        return []


def _wrong_steps(today: date) -> Iterator[CheckMessage]:
    for purpose in Purpose:
        for step in routes.in_force(purpose).steps:
            says = wrong_with(step, today)
            if says:
                hint = f"Set another route for “{purpose.label}” in the admin."
                yield Warning(says, hint=hint, id="ai.W001")


def wrong_with(step: Step, today: date) -> str:
    """Why a step should be replaced; "" where it should not."""
    try:
        model = step.known_model
    except providers.UnknownModel as unknown:
        return str(unknown)
    last = model.shuts_down_on
    if last is None or last - today > WARNED:
        return ""
    after = f" {model.replaced_by} replaces it." if model.replaced_by else ""
    return f"{model.id} shuts down on {last:%d %B %Y}.{after}"
