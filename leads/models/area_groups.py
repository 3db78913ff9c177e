"""Who lives in an area, as a census tells it. It stands apart because one module alone may read it.

``.importlinter`` lets ``leads.scoring.parity`` import it and nobody else: what scores, prices or finds leads
cannot. ``leads.models`` loads it for Django and passes no name of it on.
"""

from django.db import models
from django.db.models import Q


class AreaGroup(models.Model):
    """Which share of an area's people belongs to a group, as a census tells. Read by parity reports alone."""

    zip_code = models.CharField(max_length=5)
    group = models.CharField(max_length=60)
    share = models.FloatField(help_text="0 to 1.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["zip_code", "group"], name="area_group_once"),
            models.CheckConstraint(condition=Q(share__range=(0, 1)), name="area_share_is_a_share"),
        ]

    def __str__(self) -> str:
        return f"{self.group} in {self.zip_code}"
