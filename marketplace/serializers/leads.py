"""A lead as its public view tells it.

Every field is named here, so that a new column stays hidden until somebody decides.
"""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from rest_framework import serializers

from aiqleads.core.documents import DocumentSerializer
from leads.models import Kind, SourceRight, Tier
from marketplace.cards import Offer


class ReasonSerializer(DocumentSerializer):
    """One piece of evidence for the score."""

    part = serializers.CharField()
    points = serializers.IntegerField()
    says = serializers.CharField(default="")
    is_unknown = serializers.BooleanField(default=False, help_text="It speaks of what nobody told.")


class PricePartSerializer(serializers.Serializer[Any]):
    """One part of the list price."""

    part = serializers.CharField()
    credits = serializers.IntegerField()
    says = serializers.CharField(default="")


class PublicLeadSerializer(DocumentSerializer):
    """The public view of a lead, from its listing. The point lies 300–800 m from the home."""

    id = serializers.UUIDField(source="lead_id")
    kind = serializers.ChoiceField(choices=Kind.choices)
    tier = serializers.ChoiceField(choices=Tier.choices)
    quality_score = serializers.IntegerField()
    city = serializers.CharField()
    state_code = serializers.CharField()
    zip_code = serializers.CharField()
    street = serializers.CharField(help_text="Without number.")
    latitude = serializers.FloatField(allow_null=True)
    longitude = serializers.FloatField(allow_null=True)
    property_type = serializers.CharField()
    beds = serializers.FloatField(allow_null=True)
    baths = serializers.FloatField(allow_null=True)
    area_sqft = serializers.IntegerField(allow_null=True)
    asking_price_cents = serializers.IntegerField(allow_null=True)
    price_period = serializers.CharField()
    summary = serializers.CharField()
    features = serializers.ListField(child=serializers.CharField(), help_text="What else is known of the home.")
    image_count = serializers.IntegerField()
    source_name = serializers.CharField(help_text="The kind of source.")
    right_basis = serializers.ChoiceField(choices=SourceRight.Basis.choices)
    reasons = ReasonSerializer(many=True)
    posted_at = serializers.DateTimeField(allow_null=True)
    first_seen_at = serializers.DateTimeField()
    listed_at = serializers.DateTimeField()
    copies = serializers.IntegerField()
    copies_left = serializers.IntegerField()
    returned_copies = serializers.IntegerField(help_text="How often a copy was delivered before and came back.")


class LeadSerializer(DocumentSerializer):
    """An offer as the caller sees it: a ``LeadCard``."""

    lead = PublicLeadSerializer(source="listing")
    list_price_credits = serializers.IntegerField(source="listing.price_credits")
    price_credits = serializers.IntegerField(help_text="After the plan's discount: what a hold locks now.")
    offer = serializers.ChoiceField(choices=[(offer.value, offer.value) for offer in Offer])
    already_yours = serializers.BooleanField(
        source="is_known", help_text="Whether the organisation has this owner in its own CRM."
    )
    until = serializers.DateTimeField(
        allow_null=True, help_text="When what is in the way, or one's own hold or turn, ends."
    )
    opens_at = serializers.DateTimeField(
        allow_null=True, help_text="When a lead that is `not_yet` open to the caller opens to them."
    )
    opens_in_words = serializers.CharField(
        help_text="Who may take a new lead first, or why the caller may; empty once it is open to everybody."
    )
    waitlist_length = serializers.IntegerField(source="queue.length")
    waitlist_place = serializers.IntegerField(
        source="place", allow_null=True, help_text="The caller's own, from 1; null when not waiting."
    )
    turn_until = serializers.DateTimeField(
        allow_null=True, help_text="Until when the caller alone may hold the lead, after having waited for it."
    )

    def to_representation(self, instance: Any) -> dict[str, Any]:
        card = super().to_representation(instance)
        return {**card.pop("lead"), **card}


class LeadsAsTold(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """How the schema shows them: as ``to_representation`` has them, without a ``lead`` inside."""

    target_class = LeadSerializer
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        told = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        lead = auto_schema._map_serializer(PublicLeadSerializer(), direction, bypass_extensions=True)
        del told["properties"]["lead"]
        own = [name for name in told.get("required", ()) if name != "lead"]
        return {
            **told,
            "properties": {**lead["properties"], **told["properties"]},
            "required": sorted({*lead.get("required", ()), *own}),
        }


class FoundLeadSerializer(LeadSerializer):
    """As in any list, and why it is among the best matches of a search in words."""

    matched = serializers.ListField(
        child=serializers.CharField(), source="match.said", help_text="Words of `q` that the offer says."
    )
    meaning = serializers.ListField(
        child=serializers.CharField(),
        source="match.meaning",
        help_text="What it has that means what the other words of `q` say.",
    )


class TrackRecordSerializer(DocumentSerializer):
    """What became of the leads of a tier that were sold within a year, of those whose buyers told it."""

    cases = serializers.IntegerField(help_text="Sales whose outcome is told: never fewer than 100.")
    percent = serializers.IntegerField(help_text="In so many of a hundred the owner was reached.")
    low_percent = serializers.IntegerField(help_text="With 95 % confidence no fewer than these were reached,")
    high_percent = serializers.IntegerField(help_text="and no more than these.")
    listed_percent = serializers.IntegerField(help_text="So many of a hundred became a listing.")
    measured_at = serializers.DateTimeField()


class ScoredBySerializer(DocumentSerializer):
    """Who gave the score, and who read the adverts that it rests on."""

    version = serializers.CharField(help_text="The scoring model.")
    readers = serializers.ListField(
        child=serializers.CharField(), help_text="Each as its role and model, such as `primary reader: gpt-4o`."
    )


class LeadDetailSerializer(LeadSerializer):
    """As in the list, with what the list price is made of and what the score rests on."""

    price_parts = PricePartSerializer(many=True, source="listing.quote.parts")
    track_record = TrackRecordSerializer(
        allow_null=True, help_text="Of the lead's tier; null while fewer than 100 sales are told of."
    )
    scored_by = ScoredBySerializer(allow_null=True)


class PriceSerializer(serializers.Serializer[Any]):
    """A list price and since when it was asked."""

    quoted_at = serializers.DateTimeField()
    price_credits = serializers.IntegerField()


class PageSerializer(serializers.Serializer[Any]):
    """A page by position."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class ChoiceSerializer(serializers.Serializer[Any]):
    """One value and how many offers have it."""

    value = serializers.CharField()
    count = serializers.IntegerField()


class BandSerializer(ChoiceSerializer):
    """The numbers from ``value`` on, and ``below`` another: null where the band has no end."""

    value = serializers.IntegerField()  # type: ignore[assignment]
    below = serializers.IntegerField(allow_null=True)


class FacetsSerializer(serializers.Serializer[Any]):
    """How many offers each choice would leave, all filters but those of its own facet in force."""

    is_estimated = serializers.BooleanField(help_text="Counts come from a sample, and are rounded to two digits.")
    kind = ChoiceSerializer(many=True, source="choices.kind")
    tier = ChoiceSerializer(many=True, source="choices.tier")
    city = ChoiceSerializer(many=True, source="choices.city", help_text="The 20 with most offers, as `Austin, TX`.")
    beds = BandSerializer(many=True, source="choices.beds")
    price = BandSerializer(many=True, source="choices.price", help_text="Credits.")
    asking = BandSerializer(many=True, source="choices.asking", help_text="US dollars.")
    freshness = BandSerializer(many=True, source="choices.freshness", help_text="Days since it was listed.")


class UnderstoodSerializer(serializers.Serializer[Any]):
    """What the words of a search were taken to mean: beside these, each filter by its parameter's name."""

    place = serializers.CharField(help_text="What `near` was named by.")
    text = serializers.CharField(help_text="The words that are left and searched for.")
    refused = serializers.BooleanField(help_text="People were asked for, which finds nothing by them.")


class LeadPageSerializer(PageSerializer):
    """A page of offers; ``understood`` only where ``q`` says more than words, ``facets`` only when asked for."""

    results = FoundLeadSerializer(many=True)
    understood = UnderstoodSerializer(required=False)
    meant = serializers.DictField(
        child=serializers.CharField(),
        required=False,
        help_text="Words that no offer says, and what is meant.",
    )
    facets = FacetsSerializer(required=False)


class PricePageSerializer(PageSerializer):
    """A page of list prices, newest first."""

    results = PriceSerializer(many=True)
