"""Where leads come from, and on what right."""

import uuid

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from aiqleads.core.clock import Now
from aiqleads.core.personal_data import EncryptedTextField


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
        verbose_name, verbose_name_plural = "right", "rights"
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
