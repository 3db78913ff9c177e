"""What the API takes and tells about people and organisations."""

from typing import Any

from rest_framework import serializers

from accounts import key_text, plans
from accounts.models import ApiKey, ApiSession, Membership
from accounts.models.credentials import Scope
from accounts.time_zones import TIME_ZONES
from aiqleads.core.documents import DocumentSerializer, QuestionSerializer

PASSWORD_STYLE = {"input_type": "password"}


class RegisterSerializer(serializers.Serializer[Any]):
    """A new agent and the organisation they own."""

    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=128, trim_whitespace=False, write_only=True, style=PASSWORD_STYLE)
    organisation_name = serializers.CharField(max_length=120)
    accepted_terms_version = serializers.CharField(
        max_length=20, help_text=f"The version of /terms/ that was read: {plans.CURRENT_TERMS_VERSION}."
    )


class TokenSerializer(QuestionSerializer):
    """E-mail and password, in any case of the e-mail's letters; and what a second factor shows."""

    email = serializers.EmailField(max_length=254, write_only=True)
    password = serializers.CharField(max_length=128, trim_whitespace=False, write_only=True, style=PASSWORD_STYLE)
    otp = serializers.CharField(
        max_length=40, required=False, write_only=True, help_text="Six digits of the app, or a recovery code."
    )

    def validate_email(self, email: str) -> str:
        return email.lower()


class RefreshSerializer(QuestionSerializer):
    """A refresh token."""

    refresh = serializers.CharField(max_length=2_000, write_only=True)


class TokenPairSerializer(DocumentSerializer):
    """The answer to a log-in; `access` lives 15 minutes, `refresh` 14 days and is used once."""

    access = serializers.CharField()
    refresh = serializers.CharField()


class OrganisationSerializer(DocumentSerializer):
    """The organisation that buys."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class EntitlementsSerializer(DocumentSerializer):
    """What the plan grants."""

    hold_minutes = serializers.IntegerField()
    cart_minutes = serializers.IntegerField()
    may_extend = serializers.BooleanField()
    live_holds = serializers.IntegerField()
    waitlists = serializers.IntegerField(help_text="Leads that the organisation may wait for at once.")
    discount_percent = serializers.IntegerField()
    early_minutes = serializers.IntegerField(help_text="How long before everybody a new lead opens to it.")
    territories = serializers.IntegerField(help_text="How many territories it may own.")
    territory_zips = serializers.IntegerField(help_text="ZIP codes of all its territories together.")
    territory_square_miles = serializers.IntegerField(help_text="Drawn areas of all its territories together.")
    seats = serializers.IntegerField(help_text="People, open invitations counted.")
    standing_orders = serializers.IntegerField(help_text="Of all members together.")
    api_requests_per_minute = serializers.IntegerField(help_text="Of all members and keys together.")


class MeSerializer(DocumentSerializer):
    """The member who asks."""

    email = serializers.EmailField(source="membership.user.email")
    first_name = serializers.CharField(source="membership.user.first_name")
    last_name = serializers.CharField(source="membership.user.last_name")
    time_zone = serializers.CharField(source="membership.user.time_zone", help_text="Empty until chosen.")
    role = serializers.ChoiceField(choices=Membership.Role.choices, source="membership.role")
    organisation = OrganisationSerializer(source="membership.organisation")
    entitlements = EntitlementsSerializer()
    has_accepted_current_terms = serializers.BooleanField()


class MemberSerializer(serializers.Serializer[Any]):
    """One of the people of an organisation."""

    id = serializers.UUIDField()
    email = serializers.EmailField(source="user.email")
    first_name = serializers.CharField(source="user.first_name")
    last_name = serializers.CharField(source="user.last_name")
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    is_active = serializers.BooleanField(source="user.is_active")
    cap_credits = serializers.IntegerField(
        allow_null=True,
        help_text="What they may spend in a calendar month (UTC). Null: no cap, or not told.",
    )


class ChangeMeSerializer(serializers.Serializer[Any]):
    """What a member may change about themselves."""

    first_name = serializers.CharField(max_length=150, allow_blank=True, required=False)
    last_name = serializers.CharField(max_length=150, allow_blank=True, required=False)
    time_zone = serializers.ChoiceField(choices=TIME_ZONES, allow_blank=True, required=False)
    accepted_terms_version = serializers.CharField(max_length=20, required=False)


class StepUpSerializer(serializers.Serializer[Any]):
    """What proves once more who asks: their second factor; without one the password, and with it the code sent."""

    otp = serializers.CharField(max_length=40, required=False, write_only=True, help_text="Or a recovery code.")
    password = serializers.CharField(
        max_length=128, required=False, trim_whitespace=False, write_only=True, style=PASSWORD_STYLE
    )
    code = serializers.CharField(
        max_length=20, required=False, write_only=True, help_text="Leave it out to have one sent."
    )


class StepUpTokenSerializer(serializers.Serializer[Any]):
    """What to bring in the header `X-Step-Up`."""

    step_up = serializers.CharField()
    expires_in_seconds = serializers.IntegerField()


class CodeSentSerializer(serializers.Serializer[Any]):
    """A code is on its way by e-mail."""

    detail = serializers.CharField()


class ApiKeySerializer(serializers.Serializer[Any]):
    """A key, by what it begins with. Its text was told when it was made."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    begins_with = serializers.SerializerMethodField()
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute.")
    revoked_at = serializers.DateTimeField(allow_null=True)

    def get_begins_with(self, key: ApiKey) -> str:
        return f"{key_text.MARK}{key.prefix}"


class NewApiKeySerializer(ApiKeySerializer):
    """A key that was made just now, with its text."""

    key = serializers.SerializerMethodField(help_text="Keep it: it is never told again.")

    def get_key(self, key: ApiKey) -> str:
        return str(self.context["text"])


class ApiKeyWishSerializer(serializers.Serializer[Any]):
    """What a new key is for, and for how long."""

    name = serializers.CharField(max_length=80)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices), min_length=1, max_length=5)
    lasts_days = serializers.IntegerField(min_value=1, max_value=365, default=90)


class ApiSessionSerializer(serializers.Serializer[Any]):
    """A program that is logged in, as it calls itself."""

    id = serializers.UUIDField()
    client = serializers.CharField()
    created_at = serializers.DateTimeField()
    refreshed_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    is_this = serializers.SerializerMethodField()

    def get_is_this(self, session: ApiSession) -> bool:
        return bool(session.pk == self.context["asking"])
