"""Territories: the ground that an organisation or one of its agents calls theirs."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.db import models
from django.db.models import Q

from accounts.models import Membership, Organisation
from aiqleads.core.clock import Now
from aiqleads.core.geo.native import Polygon


class Territory(models.Model):
    """A named set of ZIP codes, counties and a drawn area; an offer lies in it by its public ZIP code and point.

    It counts ``since`` its ground was last changed (set by trigger): nobody comes first for an offer that they saw
    before they drew. Its size is limited by the plan (``territory_within_plan``).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="territories")
    membership = models.ForeignKey(
        Membership,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="territories",
        help_text="The agent whose it is; empty for the whole organisation.",
    )
    name = models.CharField(max_length=80)
    zip_codes = ArrayField(models.CharField(max_length=5), default=list)
    counties = ArrayField(models.CharField(max_length=80), default=list, help_text="As “Travis County, TX”.")
    area = models.TextField(blank=True, help_text="A GeoJSON MultiPolygon without holes.")
    square_miles = models.FloatField(default=0, help_text="Of the drawn area.")
    covered_zips = ArrayField(
        models.CharField(max_length=5), default=list, help_text="The ZIP codes, and those of the counties."
    )
    has_early_access = models.BooleanField(default=True)
    since = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "territories"
        constraints = [
            models.CheckConstraint(condition=~Q(covered_zips=[]) | ~Q(area=""), name="territory_lies_somewhere")
        ]
        indexes = [
            models.Index(fields=["organisation", "name", "id"], name="territory_by_name"),
            GinIndex(fields=["covered_zips"], name="territory_zips"),
        ]

    def __str__(self) -> str:
        return self.name


class TerritoryOutline(models.Model):
    """One outline of a territory's drawn area, as PostgreSQL compares points with it."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="outlines")
    outline = Polygon()

    class Meta:
        indexes = [GistIndex(fields=["outline"], name="territory_outline")]

    def __str__(self) -> str:
        return f"outline of {self.territory}"
