"""What the API takes and tells about leads that the organisation knows already."""

from typing import Any

from rest_framework import serializers

from marketplace.crm_rows import MOST_CHARACTERS, MOST_ROWS


class CrmContactSerializer(serializers.Serializer[Any]):
    """One person of the CRM. A match needs the address, and the phone or the e-mail."""

    phone = serializers.CharField(required=False, allow_blank=True, max_length=MOST_CHARACTERS)
    email = serializers.CharField(required=False, allow_blank=True, max_length=MOST_CHARACTERS)
    address = serializers.CharField(required=False, allow_blank=True, max_length=MOST_CHARACTERS)
    city = serializers.CharField(required=False, allow_blank=True, max_length=MOST_CHARACTERS)
    state = serializers.CharField(required=False, allow_blank=True, max_length=MOST_CHARACTERS)
    zip = serializers.CharField(required=False, allow_blank=True, max_length=MOST_CHARACTERS)


class CrmPushSerializer(serializers.Serializer[Any]):
    """The organisation's contacts. They are compared and forgotten."""

    contacts = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField(allow_blank=True, allow_null=True)),
        min_length=1,
        max_length=MOST_ROWS,
        help_text="Each with `phone`, `email`, `address`, `city`, `state`, `zip`.",
    )


class CrmUploadSerializer(serializers.Serializer[Any]):
    """One comparison, as it was found then."""

    id = serializers.UUIDField()
    uploaded_at = serializers.DateTimeField()
    row_count = serializers.IntegerField()
    usable_count = serializers.IntegerField(help_text="With an address, and a phone or an e-mail.")
    leads = serializers.SerializerMethodField(help_text="Leads on offer then that the organisation knows already.")

    def get_leads(self, upload: Any) -> list[str]:
        return sorted(str(match.listing_id) for match in upload.matches.all())
