"""The home whose owner may sell or let, every sighting of it, and how its owner is reached."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from aiqleads.core.clock import Now
from aiqleads.core.personal_data import EncryptedJSONField, EncryptedTextField, KeyedHashField
from leads.models.kinds import Kind
from leads.models.sources import Source


class Lead(models.Model):
    """One home whose owner may sell or let, as all its sightings tell. Its exact place is hidden."""

    class State(models.TextChoices):
        NEW = "new", "New"
        REVIEW = "review", "Waits for review"
        ACTIVE = "active", "Active"
        REJECTED = "rejected", "Rejected"
        MERGED = "merged", "Merged into another"
        WITHDRAWN = "withdrawn", "Withdrawn"
        ERASED = "erased", "Erased"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    state_reason = models.CharField(max_length=200, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged_leads")
    follows = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="followed_by",
        help_text="The same home as it was offered before, by another seller.",
    )
    is_operator_decided = models.BooleanField(default=False, help_text="An operator approved or rejected it.")

    address_line = models.CharField(max_length=200, blank=True, help_text="Number, street and unit.")
    street = models.CharField(max_length=160, blank=True, help_text="Without number and unit.")
    city = models.CharField(max_length=80, blank=True)
    state_code = models.CharField(max_length=2, blank=True)
    zip_code = models.CharField(max_length=5, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    address_hash = KeyedHashField(
        purpose="building",
        of="leads.rekeying.buildings_of_lead",
        blank=True,
        help_text="Keyed hash of the building's address, unit left out.",
    )

    property_type = models.CharField(max_length=30, blank=True)
    beds = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    baths = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    area_sqft = models.PositiveIntegerField(null=True, blank=True)
    asking_price_cents = models.BigIntegerField(null=True, blank=True)
    price_period = models.CharField(
        max_length=5, default="once", choices=[("once", "once"), ("month", "a month"), ("week", "a week")]
    )
    summary = models.CharField(max_length=400, blank=True, help_text="Our own words, made from the facts.")
    features = models.JSONField(
        default=list, db_default=[], blank=True, help_text="Names of the catalogue in leads/reading, for everybody."
    )
    image_count = models.PositiveSmallIntegerField(default=0)
    provenance = models.JSONField(default=dict, help_text="Field → id of the observation it was taken from.")

    posted_at = models.DateTimeField(null=True, blank=True)
    first_seen_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="merged", merged_into__isnull=False)
                | (~Q(state="merged") & Q(merged_into__isnull=True)),
                name="merged_names_its_winner",
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(
                    latitude__isnull=False,  # NULL in a range is unknown, and a check lets the unknown pass
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
                name="lead_point_whole_and_on_earth",
            ),
            models.CheckConstraint(condition=~Q(merged_into=models.F("id")), name="not_merged_into_itself"),
            models.CheckConstraint(
                condition=~Q(state="erased")
                | Q(address_line="", street="", address_hash="", summary="", latitude__isnull=True, provenance={}),
                name="erased_lead_holds_nothing",
            ),
        ]
        indexes = [
            models.Index(fields=["address_hash"], name="lead_address"),
            models.Index(fields=["state", "-changed_at"], name="lead_state"),
            models.Index(fields=["zip_code", "kind"], name="lead_zip"),
            models.Index(
                fields=["price_period", "zip_code", "id"],
                include=["property_type", "beds", "area_sqft", "asking_price_cents"],
                name="lead_comparable",
                condition=Q(state="active", asking_price_cents__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} in {self.city or 'an unknown city'}"


class Observation(models.Model):
    """One source's sighting of one advert, as it read at one time. A changed advert is a new observation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Source, models.PROTECT, related_name="observations")
    crawl_run_id = models.UUIDField(
        null=True, blank=True, help_text="The run that first saw it; crawling lies above."
    )
    lead = models.ForeignKey(Lead, models.PROTECT, null=True, blank=True, related_name="observations")
    external_id_hash = KeyedHashField(
        purpose="external_id", of="leads.rekeying.external_ids", reads=["raw", "lead", "facts"]
    )
    content_hash = KeyedHashField(
        purpose="content",
        of="leads.rekeying.contents",
        reads=["raw"],
        stays="An unchanged advert is stored once more when it is met again.",
    )
    address_hash = KeyedHashField(
        purpose="building",
        of="leads.rekeying.buildings",
        reads=["raw"],
        blank=True,
        help_text="Keyed hash of the building's address.",
    )
    door_hash = KeyedHashField(
        purpose="door",
        of="leads.rekeying.doors",
        reads=["raw"],
        blank=True,
        db_default="",
        help_text="Keyed hash of house number and town, whatever the street.",
    )
    raw = EncryptedJSONField(null=True, help_text="The whole record as read.")
    facts = models.JSONField(default=dict, help_text="Normalised facts without personal values.")
    first_seen_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())
    gone_at = models.DateTimeField(null=True, blank=True)
    is_held = models.BooleanField(
        default=False, help_text="Its source read otherwise than before: its lead waits for an operator."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id_hash", "content_hash"], name="observation_once")
        ]
        indexes = [
            models.Index(fields=["lead", "-last_seen_at"], name="observation_lead"),
            models.Index(fields=["source"], name="observation_held", condition=Q(is_held=True)),
            models.Index(fields=["address_hash"], name="observation_address", condition=~Q(address_hash="")),
            models.Index(fields=["door_hash"], name="observation_door", condition=~Q(door_hash="")),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} sighting {self.first_seen_at:%Y-%m-%d}"


class Contact(models.Model):
    """How to reach the owner, as one observation tells it. Encrypted; found by keyed hashes."""

    class Objection(models.TextChoices):
        WRONG_NUMBER = "wrong_number", "Wrong number"
        NOT_THE_OWNER = "not_the_owner", "Not the owner"
        DO_NOT_CONTACT = "do_not_contact", "Asked not to be contacted"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="contacts")
    observation = models.ForeignKey(Observation, models.PROTECT, related_name="contacts")
    name = EncryptedTextField(null=True, blank=True)
    phone = EncryptedTextField(null=True, blank=True, help_text="E.164, ;ext= for an extension")
    email = EncryptedTextField(null=True, blank=True)
    is_phone_fictitious = models.BooleanField(default=False)
    phone_hash = KeyedHashField(purpose="phone", of="leads.rekeying.phone", reads=["phone"], blank=True)
    phone_last_seven_hash = KeyedHashField(
        purpose="phone_last_seven", of="leads.rekeying.phone_last_seven", reads=["phone"], blank=True
    )
    email_hash = KeyedHashField(purpose="email", of="leads.rekeying.email", reads=["email"], blank=True)
    name_phonetic_hash = KeyedHashField(
        purpose="name_phonetic", of="leads.rekeying.name_sound", reads=["name"], blank=True
    )
    household_hashes = ArrayField(
        KeyedHashField(purpose="household", of="leads.rekeying.households"),
        default=list,
        db_default=[],
        help_text="Keyed hashes of the home's address together with the surname: by ZIP, and by town.",
    )
    dnc_checked_at = models.DateTimeField(null=True, blank=True, help_text="When the number was looked for last.")
    dnc_looked_in = ArrayField(
        models.CharField(max_length=20),
        default=list,
        db_default=[],
        help_text="The do-not-call lists that it was looked for in.",
    )
    dnc_found_in = ArrayField(models.CharField(max_length=20), default=list, db_default=[])
    objection = models.CharField(
        max_length=14, blank=True, db_default="", choices=Objection, help_text="Found out by whoever bought it."
    )
    objected_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            *(
                models.Index(fields=[name], name=f"contact_{name[:20]}", condition=~Q(**{name: ""}))
                for name in ("phone_hash", "phone_last_seven_hash", "email_hash", "name_phonetic_hash")
            ),
            GinIndex(fields=["household_hashes"], name="contact_households", condition=~Q(household_hashes=[])),
            models.Index(
                F("dnc_checked_at").asc(nulls_first=True), name="contact_dnc_due", condition=~Q(phone_hash="")
            ),
        ]

    def __str__(self) -> str:
        return f"contact of {self.lead_id}"


class ImageHash(models.Model):
    """How one picture of a sighting looks. ``bands`` finds pictures alike: see ``leads.images``."""

    id = models.BigAutoField(primary_key=True)
    observation = models.ForeignKey(Observation, models.CASCADE, related_name="images")
    bits = models.BigIntegerField(help_text="Difference hash, 64 bits.")
    bands = ArrayField(models.IntegerField(), size=4)

    class Meta:
        verbose_name_plural = "image hashes"
        indexes = [GinIndex(fields=["bands"], name="image_bands")]

    def __str__(self) -> str:
        return f"{self.bits & (1 << 64) - 1:016x}"
