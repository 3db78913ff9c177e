"""What the API tells of proofs."""

from typing import Any

from rest_framework import serializers

from aiqleads.core import signatures


class DeliverySerializer(serializers.Serializer[Any]):
    """One sale of the home: the day, and whether its buyer still has it."""

    on = serializers.DateField()
    is_standing = serializers.BooleanField()


class StatementSerializer(serializers.Serializer[Any]):
    """How often a home was ever sold. It names no person and no buyer."""

    about = serializers.CharField()
    lead = serializers.UUIDField()
    kind = serializers.CharField()
    place = serializers.CharField()
    says = serializers.CharField(help_text='"sold 1 of 1": deliveries ever, of all that there can be.')
    deliveries = DeliverySerializer(many=True)
    free_copies = serializers.IntegerField()
    stated_at = serializers.DateTimeField()


class BroughtProofSerializer(serializers.Serializer[Any]):
    """A proof as somebody shows it."""

    proof = serializers.CharField(
        max_length=signatures.LONGEST_DOCUMENT, help_text="The document as text, or the link that holds it."
    )


class CheckedProofSerializer(serializers.Serializer[Any]):
    """What we signed then, and what we would state now."""

    statement = StatementSerializer()
    says_now = serializers.CharField(help_text="Empty where its lead is no longer known.")


class ProofSerializer(serializers.Serializer[Any]):
    """A statement and its signature. Signed is its canonical JSON (RFC 8785): no spaces, names in order, UTF-8."""

    statement = StatementSerializer()
    key = serializers.CharField(help_text="The key's name at `/proof/keys/`.")
    algorithm = serializers.CharField()
    signature = serializers.CharField(help_text="64 bytes in Base64.")
