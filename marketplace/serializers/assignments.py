"""What the API takes and tells about who works on a purchase."""

from typing import Any

from rest_framework import serializers

from marketplace.models import AssignmentPolicy, Handover
from marketplace.services.assigning import LONGEST_REASON


class AssignSerializer(serializers.Serializer[Any]):
    """To whom a purchase goes, and why."""

    member = serializers.CharField(
        max_length=254, help_text="The id or e-mail address of a member of the organisation who may buy."
    )
    reason = serializers.CharField(max_length=LONGEST_REASON, required=False, allow_blank=True, default="")


class HandoverSerializer(serializers.Serializer[Any]):
    """That a purchase went from one member to another."""

    from_member = serializers.EmailField(source="from_member.user.email", default=None, allow_null=True)
    to_member = serializers.EmailField(source="to_member.user.email", default=None, allow_null=True)
    by = serializers.EmailField(
        source="by.user.email", default=None, allow_null=True, help_text="Null: by the organisation's rule."
    )
    how = serializers.ChoiceField(choices=Handover.How.choices)
    reason = serializers.CharField()
    assigned_at = serializers.DateTimeField()


class AssignmentRuleSerializer(serializers.Serializer[Any]):
    """To whom the organisation's new purchases go by themselves."""

    rule = serializers.ChoiceField(choices=AssignmentPolicy.Rule.choices)
