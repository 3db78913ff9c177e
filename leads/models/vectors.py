"""What leads' public texts mean, as vectors; by which recipe they were made, and which still have to be."""

from django.db import models
from django.db.models import Q
from django.db.models.lookups import GreaterThan, LessThan
from pgvector.django import HalfVectorField

from ai.embedding import Recipe
from aiqleads.core.clock import Now
from leads.models.lead import Lead

DIMENSIONS = 384
LENGTH = models.Func("vector", function="l2_norm", output_field=models.FloatField())
"""Vectors are compared by their inner product, which is their cosine as long as all are of length 1."""


class VectorRecipe(models.Model):
    """One way to make vectors, as it was: while a new one is followed for all leads, the old one serves."""

    class State(models.TextChoices):
        BUILDING = "building", "Being followed for all leads"
        SERVING = "serving", "Serving"
        RETIRED = "retired", "Retired"

    id = models.SmallAutoField(primary_key=True)
    name = models.CharField(max_length=40)
    provider = models.CharField(max_length=20)
    model = models.CharField(max_length=80)
    dimensions = models.PositiveSmallIntegerField()
    precision = models.CharField(max_length=10)
    text_version = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.BUILDING)
    begun_at = models.DateTimeField(db_default=Now())
    serving_since = models.DateTimeField(null=True, blank=True)
    is_refused = models.BooleanField(
        default=False, db_default=False, help_text="An operator wants no vectors of this provider's."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_refused=False) | Q(state="retired"), name="refused_recipe_is_retired"
            ),
            models.UniqueConstraint(fields=["name", "precision", "text_version"], name="vector_recipe_once"),
            models.UniqueConstraint(fields=["provider"], condition=Q(state="serving"), name="one_recipe_serves"),
            models.UniqueConstraint(fields=["provider"], condition=Q(state="building"), name="one_recipe_is_built"),
        ]

    def __str__(self) -> str:
        return self.recipe.stamp

    @property
    def recipe(self) -> Recipe:
        """The recipe as the value that it was written from."""
        return Recipe(
            name=self.name,
            provider=self.provider,
            model=self.model,
            dimensions=self.dimensions,
            precision=self.precision,
            text_version=self.text_version,
        )


class LeadVector(models.Model):
    """The vector of a live lead's public text: narrow rows, since a search reads them all."""

    pk = models.CompositePrimaryKey("lead_id", "recipe_id")
    recipe = models.ForeignKey(VectorRecipe, models.PROTECT, related_name="+", db_index=False)
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="vectors", db_index=False)
    text_hash = models.CharField(max_length=32, help_text="Of the text that it was made from.")
    state_code = models.CharField(
        max_length=2, blank=True, db_default="", help_text="The lead's; a trigger keeps it."
    )
    vector = HalfVectorField(dimensions=DIMENSIONS)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=GreaterThan(LENGTH, 0.99) & LessThan(LENGTH, 1.01), name="vector_has_length_one"
            )
        ]
        indexes = [models.Index(fields=["state_code"], name="vector_state")]

    def __str__(self) -> str:
        return f"{self.recipe_id} of {self.lead_id}"


class ProviderVector(models.Model):
    """The vector that a provider made of a live lead's public text, cut off to be read inline."""

    lead = models.OneToOneField(Lead, models.CASCADE, primary_key=True, related_name="+")
    recipe = models.ForeignKey(VectorRecipe, models.PROTECT, related_name="+", db_index=False)
    text_hash = models.CharField(max_length=32, help_text="Of the text that it was made from.")
    vector = HalfVectorField(dimensions=512)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=GreaterThan(LENGTH, 0.99) & LessThan(LENGTH, 1.01), name="provider_vector_has_length_one"
            )
        ]

    def __str__(self) -> str:
        return f"{self.recipe_id} of {self.lead_id}"


class VectorDue(models.Model):
    """A lead whose text may say something new. Written by triggers, whatever changed the lead."""

    lead = models.OneToOneField(Lead, models.CASCADE, primary_key=True, related_name="+")
    asked_at = models.DateTimeField()
    taken_until = models.DateTimeField(null=True, blank=True, help_text="A worker sees to it until then.")

    class Meta:
        indexes = [models.Index(fields=["asked_at"], name="vector_due")]

    def __str__(self) -> str:
        return f"vector of {self.lead_id}"
