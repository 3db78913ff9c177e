"""What people asked about their data, how they proved who they are, and by when the law wants an answer.

The database keeps the clocks, the order of the steps and the timeline: see the triggers of the migrations.
"""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models.organisations import Organisation
from accounts.models.people import User
from aiqleads.core.clock import Now
from aiqleads.core.personal_data import EncryptedJSONField, EncryptedTextField, KeyedHashField


class PrivacyRequest(models.Model):
    """One thing that one person asks for. What they wrote is encrypted; ``answer_hash`` finds it again.

    ``acknowledge_by`` and ``complete_by`` are set by trigger: from when it came in, what it asks, and from where.
    """

    class Kind(models.TextChoices):
        KNOW = "know", "Know what we hold"
        OPT_OUT = "opt_out", "Opt out of sale"
        CORRECT = "correct", "Correct"
        ERASE = "erase", "Erase"
        REPORT = "report_harassment", "Report a buyer"

    class State(models.TextChoices):
        RECEIVED = "received", "Received"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        AWAITING_IDENTITY = "awaiting_identity", "Waits for proof of identity"
        VERIFIED = "verified", "Identity proven"
        IN_PROGRESS = "in_progress", "In progress"
        COMPLETED = "completed", "Completed"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"
        EXPIRED = "expired", "Expired"

    class Proof(models.TextChoices):
        CODE = "code", "A code that reached an address we hold"
        OPERATOR = "operator", "An operator"

    class Refusal(models.TextChoices):
        IDENTITY = "identity", "We could not make sure who asks"
        NOT_THEIRS = "not_theirs", "The data is another person's"
        AGENT = "agent", "The agent's authority was not shown"
        REPEATED = "repeated", "The same was asked and answered before"
        LAW = "law", "A law obliges us to keep it"
        UNCLEAR = "unclear", "We could not tell what is asked"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=12, unique=True, help_text="What the person and we call it.")
    kind = models.CharField(max_length=17, choices=Kind)
    state = models.CharField(max_length=17, choices=State, default=State.RECEIVED)
    language = models.CharField(max_length=5)
    state_code = models.CharField(max_length=2, blank=True, help_text="Where the person lives: which clocks run.")
    is_covered_person = models.BooleanField(
        default=False, help_text="Says to be protected by New Jersey's Daniel's Law."
    )
    is_by_agent = models.BooleanField(default=False, help_text="Sent by an authorised agent of the person.")
    has_privacy_signal = models.BooleanField(
        default=False, help_text="Their browser sent the Global Privacy Control."
    )
    said = EncryptedJSONField(null=True, help_text="What they wrote.")
    said_hash = KeyedHashField(
        help_text="Tells that the very same was sent before.", stays="The same may be asked once more."
    )
    answer_to = EncryptedTextField(null=True, help_text="The e-mail address that gets the answers.")
    answer_hash = KeyedHashField()
    proven = EncryptedJSONField(null=True, help_text="Which e-mails and phones were proven to be theirs.")
    proven_by = models.CharField(max_length=8, blank=True, choices=Proof)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    receipt = EncryptedJSONField(null=True, help_text="What was found and what became of it.")
    refusal = models.CharField(max_length=10, blank=True, choices=Refusal)
    received_at = models.DateTimeField(db_default=Now())
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    extended_at = models.DateTimeField(null=True, blank=True)
    extended_because = models.CharField(max_length=150, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    acknowledge_by = models.DateTimeField(null=True, blank=True)
    complete_by = models.DateTimeField(null=True, blank=True)
    kept_until = models.DateTimeField(null=True, blank=True, help_text="Five years after it was closed.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["know", "opt_out", "correct", "erase", "report_harassment"]),
                name="privacy_request_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(state="refused", refusal__gt="") | (~Q(state="refused") & Q(refusal="")),
                name="privacy_refusal_says_why",
            ),
            models.UniqueConstraint(
                fields=["said_hash"],
                condition=~Q(state__in=["completed", "refused", "withdrawn", "expired"]),
                name="privacy_request_open_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["complete_by"],
                name="privacy_request_due",
                condition=~Q(state__in=["completed", "refused", "withdrawn", "expired"]),
            ),
            models.Index(fields=["answer_hash", "received_at"], name="privacy_request_answer"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done about it."""
        return self.state not in CLOSED

    @property
    def needs_identity(self) -> bool:
        """Whether it is carried out only for whoever proved who they are (Cal. Code Regs. tit. 11, § 7060)."""
        return self.kind in NEEDS_IDENTITY


CLOSED = frozenset(
    {
        PrivacyRequest.State.COMPLETED,
        PrivacyRequest.State.REFUSED,
        PrivacyRequest.State.WITHDRAWN,
        PrivacyRequest.State.EXPIRED,
    }
)
NEEDS_IDENTITY = frozenset({PrivacyRequest.Kind.KNOW, PrivacyRequest.Kind.CORRECT, PrivacyRequest.Kind.ERASE})


class PrivacyStep(models.Model):
    """One line of a request's timeline. Written by trigger whenever the request changes its state or its time."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(PrivacyRequest, models.CASCADE, related_name="steps")
    step = models.CharField(max_length=17, help_text="The state that began, or “extended”.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["request", "id"], name="privacy_step_order")]

    def __str__(self) -> str:
        return f"{self.step} {self.at:%Y-%m-%d}"


class PrivacyLink(models.Model):
    """A secret address of a request's page. Each letter carries its own; only the keyed hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(PrivacyRequest, models.CASCADE, related_name="links")
    token_hash = KeyedHashField(unique=True)
    made_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"link of {self.made_at:%Y-%m-%d}"


class IdentityCode(models.Model):
    """One code that somebody asked for to prove who they are. The newest of a request counts.

    Whether we hold the address is found out when the code is sent, elsewhere: to whoever asks every row is alike.
    No row holds the code, and the address only until it is sent.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        SMS = "sms", "Text message"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(PrivacyRequest, models.CASCADE, related_name="codes")
    channel = models.CharField(max_length=5, choices=Channel)
    address = EncryptedTextField(
        null=True, help_text="As typed, normalised; until the code was tried or is too old."
    )
    address_hash = KeyedHashField(stays="Counts the codes of one day.")
    code_hash = KeyedHashField(blank=True, stays="A code lasts for minutes.")
    asked_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(wrong_tries__lte=5), name="identity_code_five_tries"),
        ]
        indexes = [
            models.Index(fields=["request", "-asked_at"], name="identity_code_newest"),
            models.Index(fields=["address_hash", "asked_at"], name="identity_code_address"),
        ]

    def __str__(self) -> str:
        return f"code asked for at {self.asked_at:%Y-%m-%d %H:%M}"


class IdentityDocument(models.Model):
    """A file that shows an operator who somebody is. Gone with the decision, by trigger."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(PrivacyRequest, models.CASCADE, related_name="documents")
    media_type = models.CharField(max_length=20)
    body = EncryptedTextField(help_text="Base64.")
    size_bytes = models.PositiveIntegerField()
    brought_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.media_type}, {self.size_bytes // 1024 + 1} KB"


class ReportedBuyer(models.Model):
    """A buyer of the lead of somebody who reports being harassed, and what was decided about them."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", "Waits for a decision"
        SUSPENDED = "suspended", "Suspended"
        WARNED = "warned", "Warned"
        DISMISSED = "dismissed", "Nothing found against them"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(PrivacyRequest, models.CASCADE, related_name="reported")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="reports")
    lead_id = models.UUIDField(help_text="Leads lie above.")
    bought_at = models.DateTimeField()
    outcome = models.CharField(max_length=9, choices=Outcome, default=Outcome.WAITING)
    because = models.CharField(max_length=150, blank=True, help_text="What the organisation is told.")
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "organisation", "lead_id"], name="buyer_reported_once"),
            models.CheckConstraint(
                condition=Q(outcome="waiting", decided_at=None)
                | (~Q(outcome="waiting") & Q(decided_at__isnull=False, decided_by__isnull=False, because__gt="")),
                name="reported_buyer_is_told_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}: {self.get_outcome_display().lower()}"
