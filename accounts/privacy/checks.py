"""System checks: columns that may hold personal values are annotated and answered for, every table has its time."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldDoesNotExist

from accounts.privacy import holders
from aiqleads.core import data_map, retention

HINT = "Say what it holds with aiqleads.core.data_map.annotate, beside the app's other annotations."


@register()
def check_personal_data(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    return [*_unannotated(), *_unknown(), *_unanswered(), *_kept_for_no_time()]


def _unannotated() -> Iterator[CheckMessage]:
    for model in apps.get_models():
        missing = set(data_map.suspicious_columns(model)) - data_map.notes_of(model).keys()
        if missing:
            names = ", ".join(sorted(missing))
            yield Error(
                f"{model._meta.label} may hold personal values that nobody described: {names}.",
                hint=HINT,
                id="privacy.E001",
            )


def _unknown() -> Iterator[CheckMessage]:
    for label in data_map.annotated():
        try:
            model = apps.get_model(label)
            for column in data_map.notes_of(model):
                model._meta.get_field(column)
        except (LookupError, FieldDoesNotExist) as error:
            yield Error(f"The data map describes what is not there: {error}.", hint=HINT, id="privacy.E002")


def _unanswered() -> Iterator[CheckMessage]:
    answered = {label for holder in holders.everywhere() for label in holder.models}
    for label in data_map.personal_labels():
        if label not in answered:
            yield Error(
                f"{label} holds personal values and no holder answers for it.",
                hint="Add it to the models of a PersonalDataHolder that finds and erases it.",
                id="privacy.E003",
            )


def _kept_for_no_time() -> Iterator[CheckMessage]:
    for label in retention.unspoken():
        yield Error(
            f"Nobody said how long {label} is kept.",
            hint="Say it in its app's kept.py: by a rule that lets go of its rows, or for good and why.",
            id="privacy.E004",
        )
