"""Scores for operators. Leads stand in ``marketplace.admin``: their page tells of quotes and claims too."""

from typing import Any

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from aiqleads.core.admin import ReadOnlyAdmin
from leads.models import Score


@admin.register(Score)
class ScoreAdmin(ReadOnlyAdmin):
    """How good leads are and how likely frauds, with the reasons."""

    list_display = ("lead", "quality_score", "fraud_score", "tier", "verdict", "model_version", "scored_at")
    list_select_related = ("lead",)
    list_filter = ("verdict", "tier")
    ordering = ("-scored_at",)
    fields = (*list_display, "why_good", "why_fraud")

    @admin.display(description="Why this quality")
    def why_good(self, score: Score) -> SafeString:
        return _in_words(score.quality_evidence)

    @admin.display(description="Why this fraud score")
    def why_fraud(self, score: Score) -> SafeString | str:
        return _in_words(score.fraud_evidence) or "Nothing speaks for a fraud."


def _in_words(evidence: list[dict[str, Any]]) -> SafeString:
    return format_html_join("", "<p>{} {}</p>", ((f"{item['points']:+d}", item["says"]) for item in evidence))
