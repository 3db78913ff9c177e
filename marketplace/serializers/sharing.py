"""What the API takes and tells about purchases that are shared with colleagues."""

from typing import Any

from rest_framework import serializers


class ShareOrderSerializer(serializers.Serializer[Any]):
    """With whom a purchase is shared."""

    member = serializers.CharField(
        max_length=254, help_text="The id or e-mail address of a viewer of the organisation."
    )


class ShareSerializer(serializers.Serializer[Any]):
    """A colleague who may read one purchase."""

    member = serializers.UUIDField(source="user.membership_id", allow_null=True)
    email = serializers.EmailField(source="user.email")
    shared_by = serializers.EmailField(source="shared_by.user.email")
    shared_at = serializers.DateTimeField()
