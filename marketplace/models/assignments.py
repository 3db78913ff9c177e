"""Who of an organisation works on what it bought, and how that came about."""

from django.db import models
from django.db.models import Q

from accounts.models import Membership, Organisation
from aiqleads.core.clock import Now
from marketplace.models.purchases import Purchase


class AssignmentPolicy(models.Model):
    """To whom an organisation's new purchases go by themselves. Without a row they stay with who bought them."""

    class Rule(models.TextChoices):
        OFF = "off", "Stays with who bought it"
        TURN = "turn", "In turn"
        TERRITORY = "territory", "By territory"

    organisation = models.OneToOneField(
        Organisation, models.CASCADE, primary_key=True, related_name="assignment_policy"
    )
    rule = models.CharField(max_length=10, choices=Rule, default=Rule.OFF)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(rule__in=["off", "turn", "territory"]), name="assignment_rule_known")
        ]

    def __str__(self) -> str:
        return self.get_rule_display()


class Assignment(models.Model):
    """Who works on one purchase by now: its newest handover's receiver, or else its buyer.

    Made, and kept up to date, by triggers alone. ``member`` is None when who had it left. It is open until the
    purchase is marked as listed or lost, or comes back.
    """

    purchase = models.OneToOneField(Purchase, models.PROTECT, primary_key=True, related_name="assignment")
    member = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="assignments")
    is_open = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["member"], condition=Q(is_open=True), name="assignment_open")]

    def __str__(self) -> str:
        return f"{self.purchase}: {self.member or 'nobody'}"


class Handover(models.Model):
    """That a purchase went from one member to another: who, when and why. Written once.

    ``from_member``, ``assigned_at`` and, by a rule, ``to_member`` are set by trigger.
    """

    class How(models.TextChoices):
        HAND = "hand", "by hand"
        TURN = "turn", "in turn"
        TERRITORY = "territory", "by territory"
        LEFT = "left", "who had it left"

    id = models.BigAutoField(primary_key=True)
    purchase = models.ForeignKey(Purchase, models.PROTECT, related_name="handovers")
    from_member = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    to_member = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+", help_text="None: by the rule.")
    how = models.CharField(max_length=10, choices=How)
    reason = models.CharField(max_length=200, blank=True)
    assigned_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(how__in=["hand", "turn", "territory", "left"]), name="handover_how_known"
            )
        ]
        indexes = [
            models.Index(fields=["purchase", "-id"], name="handover_newest"),
            models.Index(fields=["to_member", "-assigned_at"], name="handover_last_given"),
        ]

    def __str__(self) -> str:
        return f"{self.from_member or 'nobody'} to {self.to_member or 'nobody'}, {self.get_how_display()}"

    @property
    def says(self) -> str:
        """What happened, in a sentence."""
        to, giver = self.to_member, self.from_member
        if to is None:
            return f"Left to nobody: {giver.user if giver else 'who had it'} left"
        if self.by is None:
            return f"To {to.user}, {self.get_how_display()}"
        return f"{self.by.user} gave it to {to.user}{', in turn' if self.how == self.How.TURN else ''}"
