"""The registry for operators: every learnt model with its report, and the doors that put it in force and back."""

from collections.abc import Collection, Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Avg, Count, F, Q
from django.http import HttpRequest, HttpResponse

from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, ReasonField, door, typed
from leads.models import ScoringModel, ShadowScore
from leads.scoring import plots, registry

State = ScoringModel.State


class _ModelForm(OperatorForm):
    """Asks first, then calls one service about one model."""

    asks_first: ClassVar[bool] = True

    because = ReasonField()

    def __init__(self, data: Any, model: ScoringModel) -> None:
        self.model = model
        super().__init__(data)


class PutInForceForm(_ModelForm):
    button = "Put it in force"

    def review(self) -> Sequence[tuple[str, Any]]:
        report = self.model.report
        return [
            ("Comes into force", self.model.version),
            ("Retires", registry.scorers_now().in_force.version),
            ("Parity", self.model.get_parity_display()),
            ("It was kept back because", self.model.kept_because or "Nothing spoke against it."),
            *(
                (row.name, f"{row.ours}; {row.theirs} before")
                for row in (plots.measures_of(report) if report else ())
            ),
        ]

    def write(self, *, actor_id: int) -> str:
        model = registry.put_in_force(
            model_id=self.model.pk, because=self.cleaned_data["because"], actor_id=actor_id
        )
        return f"{model.version} is in force. Each lead follows when it is judged next, all by tomorrow."


class ShadowForm(_ModelForm):
    button = "Let it run in the shadow"

    def review(self) -> Sequence[tuple[str, Any]]:
        return [
            ("Runs in the shadow", self.model.version),
            ("What it does", "It scores every lead that is judged anew; nobody but operators sees it."),
        ]

    def write(self, *, actor_id: int) -> str:
        model = registry.put_in_shadow(
            model_id=self.model.pk, because=self.cleaned_data["because"], actor_id=actor_id
        )
        return f"{model.version} runs in the shadow of the model in force."


class EndShadowForm(_ModelForm):
    button = "End the shadow run"

    def review(self) -> Sequence[tuple[str, Any]]:
        return [("Leaves the shadow", self.model.version)]

    def write(self, *, actor_id: int) -> str:
        model = registry.take_out_of_shadow(
            model_id=self.model.pk, because=self.cleaned_data["because"], actor_id=actor_id
        )
        return f"{model.version} is a candidate again. What it said is kept."


class RollBackForm(_ModelForm):
    button = "Take it out of force"

    def review(self) -> Sequence[tuple[str, Any]]:
        return [
            ("Leaves", self.model.version),
            ("Comes back", "The model that was in force before it, or the shipped scorecard where there was none."),
        ]

    def write(self, *, actor_id: int) -> str:
        version = registry.roll_back(because=self.cleaned_data["because"], actor_id=actor_id)
        return f"{version} is in force again. Each lead follows when it is judged next, all by tomorrow."


@admin.register(ScoringModel)
class ScoringModelAdmin(ReadOnlyAdmin):
    """Every learnt model, the newest first. Without one in force the shipped scorecard scores."""

    actions_detail = ("put_in_force", "run_in_shadow", "end_shadow", "roll_back")
    list_display = ("version", "state", "parity", "is_simulated", "trained_at", "in_force_at")
    list_filter = ("state", "parity")
    ordering = ("-trained_at",)
    fields = (("version", "state"), ("parity", "is_simulated"), ("trained_at", "in_force_at"), "kept_because")
    labels = {"kept_because": "Why it is kept back", "is_simulated": "Made-up outcomes"}
    empty_value_display = "-"
    when_empty = (
        "No model was learnt yet: the shipped scorecard scores. From 400 sales on whose buyers told what became of "
        "them, “manage.py train_scorer” learns one."
    )
    change_form_outer_after_template = "admin/scoring_report.html"

    def closed_doors(self, row: ScoringModel) -> Collection[str]:
        open_doors = {
            State.CANDIDATE: () if row.is_simulated else ("put_in_force", "run_in_shadow"),
            State.SHADOW: ("put_in_force", "end_shadow"),
            State.IN_FORCE: ("roll_back",),
            State.RETIRED: ("put_in_force",),
        }[State(row.state)]
        return [name for name in self.actions_detail if name not in open_doors]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        told = report_of(self.find(request, object_id))
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **told})

    @door("Put in force", icon="check_circle")
    def put_in_force(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._serve(request, object_id, PutInForceForm, "Put a model in force")

    @door("Run in the shadow", icon="visibility")
    def run_in_shadow(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._serve(request, object_id, ShadowForm, "Run a model in the shadow")

    @door("End the shadow run", icon="visibility_off")
    def end_shadow(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._serve(request, object_id, EndShadowForm, "End a shadow run")

    @door("Roll back", icon="undo")
    def roll_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._serve(request, object_id, RollBackForm, "Take a model out of force")

    def _serve(self, request: HttpRequest, object_id: str, form: type[_ModelForm], title: str) -> HttpResponse:
        model = self.find(request, object_id)
        return self.serve_form(request, form(typed(request), model), title=title, subject=model)


def report_of(model: ScoringModel) -> dict[str, Any]:
    """What the page of a model draws."""
    report = model.report
    shown: dict[str, Any] = {"scoring": model, "bars": plots.bars_of(model.scorecard), "shadow": _shadow_of(model)}
    if not report:
        return shown
    return shown | {
        "report": report,
        "measures": plots.measures_of(report),
        "curve": plots.curve_of(report["candidate"]["curve"]),
        "baseline_curve": plots.curve_of(report["baseline"]["curve"]),
        "breakdowns": [("By source", report["by_source"]), ("By region", report["by_region"])],
    }


def _shadow_of(model: ScoringModel) -> dict[str, Any]:
    """What a model said in the shadow, beside the scores that counted."""
    said = ShadowScore.objects.filter(model=model)
    return said.aggregate(
        leads=Count("pk"),
        difference=Avg(F("quality_score") - F("score__quality_score")),
        moved=Count("pk", filter=~Q(tier=F("score__tier"))),
    )
