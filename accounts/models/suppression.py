"""Who must not come back, and which numbers must not be called: keyed hashes, never values."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from aiqleads.core.clock import Now
from aiqleads.core.personal_data import KeyedHashField


class Suppression(models.Model):
    """One way to know somebody who asked to be left alone, as a keyed hash. Kept; it may be lifted, once.

    Whose values are unknown cannot be hashed under a new key: the key of every row stays for lookups
    (docs/decisions/0046). An address is never suppressed alone: others live there too.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail address"
        PHONE = "phone", "Telephone number"
        HOUSEHOLD = "household", "Address and surname"

    class Scope(models.TextChoices):
        CONTACT = "contact", "Must not be contacted"
        SALE = "sale", "Must not be sold"
        EVERYTHING = "everything", "Must not be kept"

    class Why(models.TextChoices):
        ERASED = "erased", "Asked to be erased"
        OPTED_OUT = "opted_out", "Opted out of sale"
        DELETION_LIST = "deletion_list", "On a state's deletion list"
        ASKED_NOT_TO = "asked_not_to", "Told a buyer not to contact them"
        REPLIED = "replied", "Answered with an opt-out word"
        IMPORTED = "imported", "On a list of our own that was brought in"
        OPERATOR = "operator", "An operator's word"

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=9, choices=Kind)
    hash = KeyedHashField(
        follows=["phone", "email", "household"],
        help_text="Keyed hash, with the version of its key before the colon.",
    )
    scope = models.CharField(max_length=10, choices=Scope)
    why = models.CharField(max_length=13, choices=Why)
    cause_id = models.UUIDField(null=True, blank=True, help_text="The erasure or request that it comes from.")
    since = models.DateTimeField(db_default=Now())
    lifted_at = models.DateTimeField(null=True, blank=True, help_text="They came back of their own will.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hash", "scope"], condition=Q(lifted_at=None), name="suppressed_once"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=["email", "phone", "household"],
                    scope__in=["contact", "sale", "everything"],
                    hash__regex=r"^[0-9]+:[0-9a-f]{64}$",
                ),
                name="suppression_is_a_keyed_hash",
            ),
        ]
        indexes = [models.Index(fields=["cause_id"], name="suppression_cause", condition=Q(cause_id__isnull=False))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_scope_display().lower()}"


class DoNotCallList(models.Model):
    """A list of numbers that must not be called. The national one, or one that a state keeps itself."""

    slug = models.SlugField(primary_key=True, max_length=20, help_text="federal, or a state's two letters.")
    name = models.CharField(max_length=80)
    state_code = models.CharField("state", max_length=2, blank=True)

    class Meta:
        verbose_name = "do-not-call list"

    def __str__(self) -> str:
        return self.name


class DoNotCallEdition(models.Model):
    """One file of a list. The newest that was loaded whole is in force; what it replaced stays as a record."""

    class State(models.TextChoices):
        LOADING = "loading", "Being loaded"
        IN_FORCE = "in_force", "In force"
        REPLACED = "replaced", "Replaced"

    id = models.AutoField(primary_key=True)
    of_list = models.ForeignKey(DoNotCallList, models.PROTECT, related_name="editions")
    as_of = models.DateField(help_text="The list's own date.")
    key_version = models.PositiveSmallIntegerField(help_text="Under which key its numbers are hashed.")
    state = models.CharField(max_length=8, choices=State, default=State.LOADING)
    numbers = models.PositiveIntegerField(default=0)
    unreadable = models.PositiveIntegerField(default=0, help_text="Rows that are no telephone number.")
    began_at = models.DateTimeField(db_default=Now())
    loaded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "edition of a do-not-call list"
        verbose_name_plural = "do-not-call lists"
        constraints = [
            models.UniqueConstraint(
                fields=["of_list"], condition=Q(state="in_force"), name="one_edition_of_a_list_in_force"
            ),
            models.CheckConstraint(
                condition=Q(state="loading", loaded_at=None) | ~Q(state="loading") & Q(loaded_at__isnull=False),
                name="edition_loaded_whole",
            ),
        ]
        indexes = [models.Index(fields=["-began_at"], name="edition_newest")]

    def __str__(self) -> str:
        return f"{self.of_list_id}, {self.as_of:%Y-%m-%d}"


class DoNotCallNumber(models.Model):
    """One number of an edition: the first half of its keyed hash. Millions of narrow rows, written by COPY."""

    pk = models.CompositePrimaryKey("digest", "edition_id")
    edition = models.ForeignKey(DoNotCallEdition, models.CASCADE, db_index=False, related_name="+")
    digest = models.BinaryField(help_text="16 bytes.")

    def __str__(self) -> str:
        return "a number that must not be called"


class DoNotCallCheck(models.Model):
    """One comparison of our numbers with the lists in force: which editions, how many numbers. Kept five years."""

    id = models.BigAutoField(primary_key=True)
    edition_ids = ArrayField(models.IntegerField())
    began_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)
    numbers = models.PositiveIntegerField(default=0)
    listed = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "do-not-call check"

    def __str__(self) -> str:
        return f"{self.numbers} numbers, {self.began_at:%Y-%m-%d %H:%M}"


class DeletionList(models.Model):
    """One file of people whom a state says we have to delete, and how far it was followed. No row of it is kept."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waits to be followed"
        FOLLOWED = "followed", "Followed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state_code = models.CharField("of the state", max_length=2)
    file_name = models.CharField(max_length=120)
    stored_as = models.CharField(max_length=200, blank=True, help_text="Where it lies; emptied once followed.")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    brought_at = models.DateTimeField(db_default=Now())
    followed_at = models.DateTimeField(null=True, blank=True)
    rows = models.PositiveIntegerField(default=0)
    matched = models.PositiveIntegerField(default=0, help_text="Rows that name somebody we hold data of.")
    unmatched = models.PositiveIntegerField(default=0)
    unreadable = models.PositiveIntegerField(default=0)
    erasures = models.PositiveIntegerField(default=0, help_text="People whose erasure began for it.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting", followed_at=None)
                | Q(state="followed", followed_at__isnull=False, stored_as=""),
                name="followed_list_is_not_kept",
            )
        ]
        indexes = [models.Index(fields=["-brought_at"], name="deletion_list_newest")]

    def __str__(self) -> str:
        return f"{self.state_code}, {self.brought_at:%Y-%m-%d}"
