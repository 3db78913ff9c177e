"""How long the tables of leads are kept."""

from aiqleads.core import retention as times
from leads import retention


def say() -> None:
    """Say it of every table."""
    retention.say()
    times.keep(
        "prices, scores and doubles are reckoned from what a home was; whose it was goes with its contacts",
        "leads.lead", "leads.score", "leads.shadowscore", "leads.doubtfulpair", "leads.reading",
    )  # fmt: skip
    times.keep("shows what a lead was sold as, and what came of it",
               "leads.sale", "leads.outcome", "leads.saleoutcome", "leads.tierrecord")  # fmt: skip
    times.keep("shows by whose right, or with whose consent, data is sold",
               "leads.source", "leads.sourceright", "leads.consent", "leads.consenttext")  # fmt: skip
    times.keep("says by what leads were judged, so that each judgement can be repeated",
               "leads.judgingpolicy", "leads.scoringmodel", "leads.vectorrecipe")  # fmt: skip
    times.keep("counts of a census, of nobody", "leads.areagroup")
    times.keep("goes as soon as a worker has seen to it", "leads.vectordue")
    times.keep("a vector goes when its lead is on offer no more", "leads.leadvector", "leads.providervector")
    times.keep("goes when an operator ends it, or with its operator", "leads.sourcedelegation")
    times.goes_with("leads.observation", "leads.imagehash")
