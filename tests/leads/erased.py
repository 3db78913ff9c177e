"""A lead as an erasure leaves it, without one."""

from leads.models import Lead
from leads.privacy import emptying


def empty(lead: Lead) -> None:
    Lead.objects.filter(pk=lead.pk).update(state=Lead.State.ERASED, **emptying.LEAD)
