"""What is known of a source's site: where crawls begin, how its pages read last, and how operators read it."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from aiqleads.core.clock import Now
from aiqleads.core.personal_data import EncryptedJSONField, EncryptedTextField, KeyedHashField
from leads.models import Kind, Source


class CrawlArea(models.Model):
    """Where crawls of a source begin, and what they take there. A source without areas begins at its front page."""

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, models.CASCADE, related_name="areas")
    name = models.CharField(max_length=120)
    start = models.CharField(max_length=500, help_text="A path of the site, or an address on one of its hosts.")
    category = models.CharField(max_length=60, blank=True)
    state_code = models.CharField("state", max_length=2, blank=True)
    is_enabled = models.BooleanField(default=True)
    kinds = ArrayField(models.CharField(max_length=16, choices=Kind), default=list, blank=True)
    least_price = models.PositiveIntegerField(
        null=True, blank=True, help_text="Adverts that ask less are left out, in whole dollars."
    )
    stop_at_seen = models.PositiveSmallIntegerField(
        default=0, help_text="Lists are newest first: turn no page after so many known adverts in a row. 0: never."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "start"], name="one_area_per_start")]
        ordering = ["source", "name"]

    def __str__(self) -> str:
        return f"{self.source_id}: {self.name}"


class PageMemory(models.Model):
    """How one page of a source read last, so that it need not be read again while it says the same.

    ``page_hash`` is keyed and holds the readers' own state: another reading of the same bytes is another row.
    """

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, models.CASCADE, db_index=False, related_name="+")
    page_hash = KeyedHashField(purpose="page", stays="A page is read once more.")
    etag = models.CharField(max_length=200, blank=True)
    last_modified = models.CharField(max_length=40, blank=True)
    content_hash = models.CharField(max_length=32)
    observation_ids = ArrayField(models.UUIDField(), default=list, help_text="What its adverts were stored as.")
    links = models.JSONField(default=list, help_text="[[address without the site's own, what is read there], …]")
    read_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "page_hash"], name="one_memory_per_page")]
        indexes = [models.Index(fields=["source", "read_at"], name="page_memory_age")]

    def __str__(self) -> str:
        return f"a page of {self.source_id}"


class SiteSelectors(models.Model):
    """Where an operator found the fields of one site's adverts: CSS or XPath per field, instead of code."""

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="site_selectors")
    rules = models.JSONField(default=dict, help_text="{field: selector}")
    changed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{len(self.rules)} selectors"


class SavedPage(models.Model):
    """A page of a source as it once was, and what was read from it then: a test that operators keep."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Source, models.CASCADE, related_name="saved_pages")
    name = models.CharField(max_length=120)
    url = models.URLField(max_length=2000, blank=True)
    body = EncryptedTextField(help_text="Base64 of the page's bytes: they name people.")
    expected = EncryptedJSONField(help_text="What parse_page --json says of it.")
    saved_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "name"], name="saved_page_name_once")]

    def __str__(self) -> str:
        return self.name


class BundledWorld(models.Model):
    """Which day of the bundled world this database was filled from. At most one row; none without the demo."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    day = models.PositiveSmallIntegerField()
    shown_on = models.DateField(help_text="The date that the world was first shown on; its adverts' dates follow.")

    size_percent = models.PositiveSmallIntegerField(default=100)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_bundled_world")]

    def __str__(self) -> str:
        return f"day {self.day}"
