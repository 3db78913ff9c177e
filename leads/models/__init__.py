"""The lead and where it comes from: sources and their rights, sightings, the home, its people, its scores."""

import leads.models.area_groups  # noqa: F401  (Django learns of the table; no name of it is passed on)
from leads.models.consent import Consent, ConsentText
from leads.models.delegations import SourceDelegation
from leads.models.judging import JudgingPolicy, Score
from leads.models.kinds import Kind, Tier
from leads.models.lead import Contact, ImageHash, Lead, Observation
from leads.models.merges import DoubtfulPair, Merge
from leads.models.outcomes import Outcome
from leads.models.readings import Reading
from leads.models.scoring import Sale, SaleOutcome, ScoringModel, ShadowScore, TierRecord
from leads.models.sources import Source, SourceRight
from leads.models.vectors import LeadVector, ProviderVector, VectorDue, VectorRecipe

__all__ = [
    "Consent",
    "ConsentText",
    "Contact",
    "DoubtfulPair",
    "ImageHash",
    "JudgingPolicy",
    "Kind",
    "Lead",
    "LeadVector",
    "Merge",
    "Observation",
    "Outcome",
    "ProviderVector",
    "Reading",
    "Sale",
    "SaleOutcome",
    "Score",
    "ScoringModel",
    "ShadowScore",
    "Source",
    "SourceDelegation",
    "SourceRight",
    "Tier",
    "TierRecord",
    "VectorDue",
    "VectorRecipe",
]
