"""Scores and thresholds for operators. Leads stand in ``marketplace.admin``, with quotes and claims."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, door, typed
from leads import judging, services
from leads.models import JudgingPolicy, Score
from leads.reasons import Reason, reasons_of, replay_of
from leads.recipe_screens import VectorRecipeAdmin
from leads.scoring.screens import ScoringModelAdmin
from leads.validation import Policy

__all__ = ["JudgingPolicyAdmin", "ScoreAdmin", "ScoringModelAdmin", "VectorRecipeAdmin"]

WEIGHTS: Final = {
    "text": "Words of the advert",
    "price": "Price beside homes nearby",
    "contact": "Contact in other adverts",
    "images": "Pictures of other homes",
    "seller": "Signs of a seller who owns nothing",
    "facts": "Impossible facts",
}


class JudgingForm(OperatorForm):
    """The next version of the thresholds, filled in with those in force and tried on the leads of late."""

    button = "Put it in force"
    asks_first = True

    name = forms.CharField(max_length=60, help_text="What this version is for, such as “Fewer false alarms”.")
    review_from = forms.IntegerField(
        label="Waits for review from",
        min_value=1,
        max_value=101,
        help_text="A fraud score of 0 to 100; 101 is never.",
    )
    reject_from = forms.IntegerField(label="Is rejected from", min_value=1, max_value=101)

    def __init__(self, data: QueryDict | None = None) -> None:
        self.in_force = judging.rules_of(judging.policy_in_force())
        super().__init__(data, initial=_initial(self.in_force))
        for part, label in WEIGHTS.items():
            self.fields[part] = forms.IntegerField(
                label=label,
                min_value=0,
                max_value=judging.HIGHEST_WEIGHT_PERCENT,
                help_text="How much it counts, in percent.",
            )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if {"review_from", "reject_from"} <= said.keys() and said["review_from"] > said["reject_from"]:
            self.add_error("reject_from", "A lead would be rejected before it waits.")
        return said

    def review(self) -> list[tuple[str, Any]]:
        wanted, current = judging.try_policy(self._rules()), judging.try_policy(self.in_force)
        return [
            ("New version", self.cleaned_data["name"]),
            ("Tried on", f"the last {wanted.leads:,} leads that were judged"),
            ("Would wait for review", f"{wanted.review:,}; by the version in force {current.review:,}"),
            ("Would be rejected", f"{wanted.rejected:,}; by the version in force {current.rejected:,}"),
        ]

    def write(self, *, actor_id: int) -> str:
        rules = self._rules()
        policy = services.set_judging_policy(
            name=self.cleaned_data["name"],
            review_from=rules.review_from,
            reject_from=rules.reject_from,
            weights=rules.weights,
            actor_id=actor_id,
        )
        return f"“{policy.name}” is in force. Each lead follows when it is judged next, all by tomorrow."

    def _rules(self) -> Policy:
        said = self.cleaned_data
        return Policy(
            review_from=said["review_from"],
            reject_from=said["reject_from"],
            weights={part: said[part] for part in WEIGHTS},
        )


def _initial(rules: Policy) -> dict[str, int]:
    weights = {part: rules.weights.get(part, 100) for part in WEIGHTS}
    return {"review_from": rules.review_from, "reject_from": rules.reject_from, **weights}


@admin.register(JudgingPolicy)
class JudgingPolicyAdmin(ReadOnlyAdmin):
    """Every version of the thresholds, the one in force first. A version is replaced, never edited."""

    when_empty = "The thresholds are as shipped: “New version” puts others in force, tried on the leads of late."
    actions_list = ("set_policy",)
    list_display = ("name", "in_force_at", "review_from", "reject_from")
    ordering = ("-in_force_at", "-pk")

    @door("New version", icon="add")
    def set_policy(self, request: HttpRequest) -> HttpResponse:
        return self.serve_form(request, JudgingForm(typed(request)), title="New thresholds for fraud")


@admin.register(Score)
class ScoreAdmin(ReadOnlyAdmin):
    """How good leads are and how likely frauds, with the reasons; any of them is judged again on demand."""

    actions_detail = ("replay",)
    list_display = (
        "lead",
        "quality_score",
        "fraud_score",
        "tier",
        "verdict",
        "policy",
        "model_version",
        "scored_at",
    )
    list_select_related = ("lead", "policy")
    list_filter = ("verdict", "tier")
    ordering = ("-scored_at",)
    fields = (*list_display, "why_good", "why_fraud")
    labels = {"policy": "Thresholds (as shipped where none)", "model_version": "Scoring model"}

    @door("Replay", icon="replay")
    def replay(self, request: HttpRequest, object_id: str) -> HttpResponse:
        score = self.find(request, object_id)
        shown = {"replay": replay_of(score), "title": f"Judged again: {score}", "back": self.address(score)}
        context = {**self.admin_site.each_context(request), **shown, "opts": self.opts, "original": score}
        return TemplateResponse(request, "admin/score_replay.html", context)

    @admin.display(description="Why this quality")
    def why_good(self, score: Score) -> SafeString:
        return _in_words(reasons_of(score).quality, score.quality_score, "Quality")

    @admin.display(description="Why this fraud score")
    def why_fraud(self, score: Score) -> SafeString | str:
        if not score.fraud_evidence:
            return "Nothing speaks for a fraud."
        return _in_words(reasons_of(score).fraud, score.fraud_score, "Fraud")


def _in_words(reasons: Sequence[Reason], total: int, says: str) -> SafeString:
    told = {"reasons": reasons, "total": total, "total_says": says}
    return render_to_string("admin/_reasons.html", told)
