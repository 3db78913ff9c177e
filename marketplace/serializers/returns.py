"""What the API takes and tells about purchases that come back."""

from collections.abc import Sequence
from typing import Any

from django.core.files.base import File
from rest_framework import serializers

from aiqleads.core.uploads import Examined
from marketplace import evidence
from marketplace.errors import EvidenceRefused
from marketplace.forms.returns import LONGEST_EXPLANATION
from marketplace.models import Return
from marketplace.return_rules import BUYERS_REASONS, Reason


class AskReturnSerializer(serializers.Serializer[Any]):
    """Why a purchase comes back. ``evidence`` is text; sent as multipart/form-data it may be files as well."""

    reason = serializers.ChoiceField(choices=[(reason.value, reason.label) for reason in BUYERS_REASONS])
    evidence = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_EXPLANATION,
        help_text=f"In words; or, as multipart/form-data, up to {evidence.MAX_FILES} files.",
    )

    def to_service(self) -> dict[str, Any]:
        """The arguments of ``services.request_return``."""
        said = self.validated_data
        return {"reason": Reason(said["reason"]), "explanation": said.get("evidence", "")}


class AppealSerializer(serializers.Serializer[Any]):
    """What the first decision overlooked."""

    evidence = serializers.CharField(max_length=LONGEST_EXPLANATION)


class ReturnSerializer(serializers.Serializer[Any]):
    """A return as its buyer knows it."""

    id = serializers.UUIDField()
    reason = serializers.ChoiceField(choices=Reason.choices)
    state = serializers.ChoiceField(choices=Return.State.choices)
    requested_at = serializers.DateTimeField()
    person_because = serializers.CharField(help_text="Why a person decides and no check; empty where a check may.")
    decision = serializers.CharField(help_text="Why it was accepted or refused.")
    decided_at = serializers.DateTimeField(allow_null=True)
    may_be_appealed = serializers.BooleanField()
    appealed_at = serializers.DateTimeField(allow_null=True)
    credited_credits = serializers.IntegerField()


def exhibits(files: Sequence["File[bytes]"]) -> list[Examined]:
    """Files of a form, looked into.

    :raises serializers.ValidationError: one is refused
    """
    try:
        return evidence.examine(files)
    except EvidenceRefused as refusal:
        raise serializers.ValidationError({"evidence": [refusal.detail]}) from refusal
