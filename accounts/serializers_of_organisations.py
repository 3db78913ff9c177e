"""What the API takes and tells about an organisation's people."""

from typing import Any, Final

from rest_framework import serializers

from accounts import plans
from accounts.models import Membership
from accounts.services.organisations import HIGHEST_CAP_CREDITS

Role = Membership.Role
INVITED_AS: Final = [(role.value, role.label) for role in (Role.BUYER, Role.VIEWER)]


class OwnOrganisationSerializer(serializers.Serializer[Any]):
    """The caller's organisation."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    seats = serializers.IntegerField(help_text="How many people the plan seats.")
    seats_taken = serializers.IntegerField(help_text="By members, and by open invitations.")


class NameSerializer(serializers.Serializer[Any]):
    """What the organisation is called."""

    name = serializers.CharField(max_length=120)


class OpenSerializer(NameSerializer):
    """An organisation of one's own."""

    accepted_terms_version = serializers.CharField(
        max_length=20, help_text=f"The version of /terms/ that was read: {plans.CURRENT_TERMS_VERSION}."
    )


class InviteSerializer(serializers.Serializer[Any]):
    """Somebody to join."""

    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=INVITED_AS)


class InvitationSerializer(serializers.Serializer[Any]):
    """Somebody who was asked to join. Its link is in its letter alone."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=Role.choices)
    asked_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class AcceptSerializer(serializers.Serializer[Any]):
    """What the link of a letter ends with."""

    token = serializers.CharField(max_length=100)


class ChangeMemberSerializer(serializers.Serializer[Any]):
    """What an owner changes about a member."""

    role = serializers.ChoiceField(choices=Role.choices, required=False)
    cap_credits = serializers.IntegerField(
        min_value=0,
        max_value=HIGHEST_CAP_CREDITS,
        allow_null=True,
        required=False,
        help_text="Credits per calendar month (UTC); null for no cap.",
    )


class TransferSerializer(serializers.Serializer[Any]):
    """Who shall own the organisation."""

    member = serializers.UUIDField()
