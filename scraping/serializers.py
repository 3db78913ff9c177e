"""What suppliers send to the intake, checked word by word. Nothing here saves."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, cast

from rest_framework import serializers

from aiqleads.core import clock
from leads import usps
from leads.records import ConsentChannel, GivenConsent, RawListing
from scraping.readers.mapping import DETAIL, FIELDS, KINDS
from scraping.suppliers import MAX_LEADS

HOMES: Final = ["single_family", "townhouse", "condo", "apartment", "multi_family", "manufactured", "land", "other"]
DETAILS: Final = sorted(name.removeprefix(DETAIL) for name in FIELDS if name.startswith(DETAIL))
NAMES_A_HOME: Final = KINDS - {"buyer_enquiry"}
MAX_CLOCK_SKEW: Final = timedelta(minutes=5)


class ProofSerializer(serializers.Serializer[Any]):
    """Where and how the consent was given; kept encrypted with the lead."""

    ip_address = serializers.IPAddressField()
    url = serializers.URLField(max_length=1000)
    user_agent = serializers.CharField(max_length=300, required=False)


class ConsentSerializer(serializers.Serializer[Any]):
    """That the person agreed to be contacted by agents. Without it a lead lists without calls and texts."""

    text_version = serializers.CharField(max_length=40, help_text="Which words of yours they agreed to.")
    given_at = serializers.DateTimeField()
    channels = serializers.MultipleChoiceField(choices=["call", "text", "email"], allow_empty=False)
    agents = serializers.IntegerField(
        min_value=1, max_value=3, default=1, help_text="How many agents at most; no more copies are ever sold."
    )
    language = serializers.CharField(max_length=5, required=False, default="en")
    proof = ProofSerializer()

    def validate_given_at(self, value: Any) -> Any:
        if value > clock.now() + MAX_CLOCK_SKEW:
            raise serializers.ValidationError("This moment has not come yet.")
        return value


class ContactSerializer(serializers.Serializer[Any]):
    """Whom to reach and how."""

    name = serializers.CharField(max_length=120, required=False)
    phones = serializers.ListField(child=serializers.CharField(max_length=40), max_length=5, required=False)
    emails = serializers.ListField(child=serializers.EmailField(max_length=200), max_length=5, required=False)


class IntakeLeadSerializer(serializers.Serializer[Any]):
    """One lead. ``id`` is the supplier's own and for ever this lead's: sent again, it is brought up to date."""

    id = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(choices=sorted(KINDS))
    address = serializers.CharField(max_length=200, required=False, help_text="Street line, unit included.")
    city = serializers.CharField(max_length=80)
    state = serializers.ChoiceField(choices=sorted(usps.STATE_CODES))
    zip = serializers.RegexField(r"^[0-9]{5}(?:-[0-9]{4})?\Z")
    latitude = serializers.FloatField(min_value=-90, max_value=90, required=False)
    longitude = serializers.FloatField(min_value=-180, max_value=180, required=False)
    property_type = serializers.ChoiceField(choices=HOMES, required=False)
    beds = serializers.IntegerField(min_value=0, max_value=60, required=False)
    baths = serializers.FloatField(min_value=0, max_value=60, required=False)
    area_sqft = serializers.IntegerField(min_value=50, max_value=50_000_000, required=False)
    asking_price = serializers.IntegerField(
        min_value=1, max_value=1_000_000_000, required=False, help_text="Whole US dollars; a buyer's budget."
    )
    price_period = serializers.ChoiceField(choices=["once", "month", "week"], default="once")
    posted_at = serializers.DateTimeField(required=False)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    details = serializers.DictField(
        child=serializers.CharField(max_length=200), required=False, help_text=f"Any of: {', '.join(DETAILS)}."
    )
    contact = ContactSerializer(required=False)
    consent = ConsentSerializer(required=False)

    def validate_details(self, value: Mapping[str, str]) -> Mapping[str, str]:
        unknown = sorted(set(value) - set(DETAILS))
        if unknown:
            raise serializers.ValidationError(f"Unknown: {', '.join(unknown)[:200]}. Known: {', '.join(DETAILS)}.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        contact = attrs.get("contact", {})
        if attrs["kind"] in NAMES_A_HOME and not attrs.get("address"):
            raise serializers.ValidationError({"address": "A lead of this kind needs the home's street line."})
        if attrs["kind"] in {"owner_submitted", "buyer_enquiry"} and "consent" not in attrs:
            raise serializers.ValidationError({"consent": "Who is passed on by their own wish has consented."})
        if not (attrs.get("address") or contact.get("phones") or contact.get("emails")):
            raise serializers.ValidationError({"contact": "Nobody can be reached: give a phone or an e-mail."})
        return attrs

    def listing(self) -> RawListing:
        """The validated lead as a raw listing."""
        sent = self.validated_data
        contact, consent = sent.get("contact", {}), sent.get("consent")
        return RawListing(
            external_id=sent["id"],
            kind=sent["kind"],
            address_lines=(sent["address"],) if sent.get("address") else (),
            city=sent["city"],
            state=sent["state"],
            zip=sent["zip"],
            latitude=sent.get("latitude"),
            longitude=sent.get("longitude"),
            property_type=sent.get("property_type"),
            beds_text=_text(sent.get("beds")),
            baths_text=_text(sent.get("baths")),
            area_text=_text(sent.get("area_sqft")),
            asking_price_text=_text(sent.get("asking_price")),
            price_period_text=sent["price_period"],
            currency="USD",
            posted_text=sent["posted_at"].isoformat() if sent.get("posted_at") else None,
            description=sent.get("description") or None,
            details=dict(sent.get("details", {})),
            contact_name=contact.get("name"),
            phones=tuple(contact.get("phones", ())),
            emails=tuple(contact.get("emails", ())),
            consent=_consent(consent) if consent else None,
        )


def _text(value: float | None) -> str | None:
    return None if value is None else str(value)


def _consent(sent: Mapping[str, Any]) -> GivenConsent:
    return GivenConsent(
        text_version=sent["text_version"],
        given_at=sent["given_at"],
        channels=cast("tuple[ConsentChannel, ...]", tuple(sorted(sent["channels"]))),
        agents=sent["agents"],
        language=sent["language"],
        proof=dict(sent["proof"]),
    )


class IntakeSerializer(serializers.Serializer[Any]):
    """One lead or many."""

    test = serializers.BooleanField(default=False, help_text="Check everything, store nothing.")
    leads = serializers.ListField(child=IntakeLeadSerializer(), min_length=1, max_length=MAX_LEADS)


class ReceivedSerializer(serializers.Serializer[Any]):
    """What became of one lead."""

    id = serializers.CharField()
    outcome = serializers.ChoiceField(
        choices=["accepted", "new", "duplicate", "changed", "seen", "rejected"],
        help_text="`duplicate`: taken in as one more sighting of a home that was known; nobody is told from where.",
    )
    reason = serializers.CharField(help_text="Why it was rejected; else empty.")
    warnings = serializers.ListField(child=serializers.CharField(), help_text="What could not be read.")


class IntakeReplySerializer(serializers.Serializer[Any]):
    """One result per lead, in the order they were sent."""

    test = serializers.BooleanField()
    results = ReceivedSerializer(many=True)
