"""The lead and where it comes from: sources and their rights, sightings, the home, its people, its scores."""

import uuid

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from pgvector.django import VectorField

from aiqleads.core.clock import Now
from aiqleads.core.personal_data import EncryptedJSONField, EncryptedTextField


class Kind(models.TextChoices):
    FSBO = "fsbo", "For sale by owner"
    EXPIRED = "expired", "Expired listing"
    PREFORECLOSURE = "preforeclosure", "Pre-foreclosure"
    PROBATE = "probate", "Probate"
    ABSENTEE = "absentee", "Absentee owner"
    RENTAL_OWNER = "rental_owner", "For rent by owner"
    BUYER_ENQUIRY = "buyer_enquiry", "Buyer enquiry"
    OWNER_SUBMITTED = "owner_submitted", "Sent in by the owner"


class Tier(models.TextChoices):
    PREMIUM = "premium", "Premium"
    STANDARD = "standard", "Standard"
    LOW = "low", "Low"


class Source(models.Model):
    """A place that leads come from. Nothing is fetched or listed without a right that allows it."""

    class Family(models.TextChoices):
        CLASSIFIED = "classified", "Classified site"
        FSBO = "fsbo", "For-sale-by-owner site"
        SOCIAL = "social", "Social marketplace"
        PORTAL = "portal", "Listing portal"
        MLS = "mls", "MLS feed"
        RECORDS = "records", "Public records"
        OWNER = "owner", "Owners and operators"

    slug = models.SlugField(primary_key=True, max_length=60)
    name = models.CharField(max_length=120)
    family = models.CharField(max_length=12, choices=Family)
    reader = models.CharField(max_length=40, help_text="The slug of the reader of its pages.")
    base_url = models.URLField(blank=True)
    access_token = EncryptedTextField(null=True, blank=True)
    trust_percent = models.PositiveSmallIntegerField(
        default=50, validators=[MaxValueValidator(100)], help_text="Whose word counts when sources disagree."
    )
    delay_seconds = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(300)],
        help_text="Between two requests; our own machine's sites are asked without delay.",
    )
    requests_at_once = models.PositiveSmallIntegerField(
        default=2, validators=[MinValueValidator(1), MaxValueValidator(16)], help_text="Of one host, at most."
    )
    adapts_pace = models.BooleanField(
        default=True, help_text="Ask more slowly while the site answers slowly (AutoThrottle)."
    )
    is_paused = models.BooleanField(default=False)
    pause_reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class SourceRight(models.Model):
    """On what basis a source may be used, for what, and when. At most one right is in force at a time."""

    class Basis(models.TextChoices):
        LICENSED = "licensed", "Licensed"
        PERMISSION = "permission", "Written permission"
        PUBLIC_RECORD = "public_record", "Public record"
        OWNER_SUBMITTED = "owner_submitted", "Submitted by the owner"
        PROHIBITED = "prohibited", "Prohibited"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Source, models.CASCADE, related_name="rights")
    basis = models.CharField(max_length=16, choices=Basis)
    may_list = models.BooleanField(default=False)
    may_value = models.BooleanField(default=False)
    may_suppress = models.BooleanField(default=False)
    during = DateTimeRangeField(
        help_text="From when until when; an open end lasts until another right is recorded."
    )
    document = models.CharField(max_length=300, blank=True, help_text="Where the licence or permission is kept.")
    terms_version = models.CharField(max_length=40, blank=True)
    contact_email = models.EmailField(blank=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(basis__in=["licensed", "permission", "public_record", "owner_submitted", "prohibited"]),
                name="right_basis_known",
            ),
            models.CheckConstraint(
                condition=~Q(basis="prohibited") | Q(may_list=False, may_value=False),
                name="prohibited_allows_nothing",
            ),
            ExclusionConstraint(
                name="one_right_at_a_time",
                expressions=[("source", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.get_basis_display()}"


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
    address_hash = models.CharField(
        max_length=80, blank=True, help_text="Keyed hash of the building's address, unit left out."
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
        ]
        indexes = [
            models.Index(fields=["address_hash"], name="lead_address"),
            models.Index(fields=["state", "-changed_at"], name="lead_state"),
            models.Index(fields=["zip_code", "kind"], name="lead_zip"),
            models.Index(
                fields=["price_period", "zip_code", "id"],
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
    external_id_hash = models.CharField(max_length=80)
    content_hash = models.CharField(max_length=80)
    address_hash = models.CharField(max_length=80, blank=True, help_text="Keyed hash of the building's address.")
    door_hash = models.CharField(
        max_length=80,
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

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="contacts")
    observation = models.ForeignKey(Observation, models.PROTECT, related_name="contacts")
    name = EncryptedTextField(null=True, blank=True)
    phone = EncryptedTextField(null=True, blank=True, help_text="E.164, ;ext= for an extension")
    email = EncryptedTextField(null=True, blank=True)
    is_phone_fictitious = models.BooleanField(default=False)
    phone_hash = models.CharField(max_length=80, blank=True)
    phone_last_seven_hash = models.CharField(max_length=80, blank=True)
    email_hash = models.CharField(max_length=80, blank=True)
    name_phonetic_hash = models.CharField(max_length=80, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=[name], name=f"contact_{name[:20]}", condition=~Q(**{name: ""}))
            for name in ("phone_hash", "phone_last_seven_hash", "email_hash", "name_phonetic_hash")
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


class DoubtfulPair(models.Model):
    """Two leads that may show one home. What was decided about them is never asked again, nor undone by a crawl."""

    class State(models.TextChoices):
        OPEN = "open", "Waits for a decision"
        SAME = "same", "Same home"
        DIFFERENT = "different", "Different homes"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    first = models.ForeignKey(Lead, models.PROTECT, related_name="+")
    second = models.ForeignKey(Lead, models.PROTECT, related_name="doubts")
    points = models.SmallIntegerField(help_text="Half-bits of evidence; see leads.identity.")
    evidence = models.JSONField(default=list, help_text="[{part, points, field, says}]")
    is_tied = models.BooleanField(
        default=False, help_text="As like as one home, but each resembles a third home that is not the other."
    )
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    found_at = models.DateTimeField(db_default=Now())
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="doubted_once"),
            models.CheckConstraint(condition=Q(first__lt=models.F("second")), name="doubtful_pair_in_order"),
        ]
        indexes = [
            models.Index(fields=["-points", "found_at"], name="doubt_queue", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.points} points"


class Merge(models.Model):
    """One lead that became part of another: what moved and what both were before, so that it can be undone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    winner = models.ForeignKey(Lead, models.PROTECT, related_name="merges")
    loser = models.ForeignKey(Lead, models.PROTECT, related_name="merges_as_loser")
    merged_at = models.DateTimeField(db_default=Now())
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    evidence = models.JSONField(default=list, help_text="[{part, points, field, says}]")
    observation_ids = ArrayField(models.UUIDField(), default=list, help_text="The sightings that moved.")
    lead_ids = ArrayField(models.UUIDField(), default=list, help_text="Leads merged into the loser before.")
    pair_ids = ArrayField(models.UUIDField(), default=list, help_text="Doubts that the winner took over.")
    before = EncryptedJSONField(null=True, help_text="Both rows as they were.")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["loser"], name="merged_once", condition=Q(undone_at=None)),
        ]
        indexes = [models.Index(fields=["-merged_at"], name="merge_newest")]

    def __str__(self) -> str:
        return f"{self.merged_at:%Y-%m-%d %H:%M}"


class LeadVector(models.Model):
    """A lead's public text as a vector, stamped with the recipe that made it."""

    lead = models.OneToOneField(Lead, models.CASCADE, primary_key=True, related_name="vector")
    recipe = models.CharField(max_length=40)
    vector = VectorField(dimensions=256)

    def __str__(self) -> str:
        return f"{self.recipe} of {self.lead_id}"


class JudgingPolicy(models.Model):
    """One version of the thresholds that an operator sets, written once; the newest one in force judges."""

    name = models.CharField(max_length=60)
    review_from = models.PositiveSmallIntegerField(default=40, help_text="From this fraud score on a lead waits.")
    reject_from = models.PositiveSmallIntegerField(default=70, help_text="From this fraud score on it is rejected.")
    weights = models.JSONField(
        default=dict, help_text='{"text": 100, …} in percent; a part not named counts whole.'
    )
    in_force_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "judging policies"
        constraints = [
            models.CheckConstraint(
                condition=Q(review_from__gte=1) & Q(review_from__lte=models.F("reject_from")),
                name="judging_review_before_reject",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Score(models.Model):
    """How good a lead is and how likely a fraud, with the reasons. The newest counts; written once."""

    class Verdict(models.TextChoices):
        PASS = "pass", "Pass"
        REVIEW = "review", "Review"
        REJECT = "reject", "Reject"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="scores")
    quality_score = models.PositiveSmallIntegerField()
    fraud_score = models.PositiveSmallIntegerField()
    tier = models.CharField(max_length=8, choices=Tier)
    verdict = models.CharField(max_length=6, choices=Verdict)
    model_version = models.CharField(max_length=40)
    quality_evidence = models.JSONField(help_text="[{part, points, field, says}]")
    fraud_evidence = models.JSONField(help_text="[{part, points, field, says}]")
    observation_ids = ArrayField(models.UUIDField(), default=list)
    policy = models.ForeignKey(
        JudgingPolicy, models.PROTECT, null=True, blank=True, help_text="Empty: the thresholds as shipped."
    )
    facts = models.JSONField(null=True, blank=True, help_text="What was judged, without names and texts.")
    scored_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quality_score__range=(0, 100), fraud_score__range=(0, 100)),
                name="scores_in_range",
            )
        ]
        indexes = [
            models.Index(fields=["lead", "-scored_at"], name="score_newest"),
            models.Index(fields=["-scored_at"], name="score_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.quality_score}/100 for {self.lead}"


class ConsentText(models.Model):
    """The words that somebody agreed to, in one version and language. Written once; new words are a new version."""

    class Purpose(models.TextChoices):
        SELL = "sell", "Selling a home"
        BUY = "buy", "Looking for a home"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(max_length=4, choices=Purpose)
    version = models.CharField(max_length=20)
    language = models.CharField(max_length=5)
    text = models.TextField()
    in_force_from = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["purpose", "version", "language"], name="consent_text_once")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}, {self.version} ({self.language})"


class Consent(models.Model):
    """That somebody agreed to be contacted, as one observation carries it. Written once.

    ``agents`` limits how many copies of the lead may ever exist and be sold (guards of the marketplace).
    """

    observation = models.OneToOneField(Observation, models.PROTECT, primary_key=True, related_name="consent")
    text_version = models.CharField(max_length=40)
    language = models.CharField(max_length=5, blank=True)
    given_at = models.DateTimeField()
    channels = ArrayField(models.CharField(max_length=5), help_text="call, text, email")
    agents = models.PositiveSmallIntegerField()
    proof = EncryptedJSONField(null=True, help_text="Where and how it was given: address, page, browser.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(agents__range=(1, 3)), name="consent_names_one_to_three_agents")
        ]

    def __str__(self) -> str:
        return f"consent {self.text_version} for {self.agents}"
