"""Refusals that callers of the lead services can expect."""

from aiqleads.core.problems import Refusal


class LeadClosed(Refusal):
    """The lead was merged into another or erased; nothing can be decided about it any more."""

    code = "lead_closed"


class NotTheSameHome(Refusal):
    """Two leads that somebody wants merged are one row, or their addresses contradict each other."""

    code = "not_the_same_home"
