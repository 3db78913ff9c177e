"""Recipes of vectors for operators: which serves, how far another is, and doors to let one serve or do without."""

from collections.abc import Collection, Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse

from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, ReasonField, door, typed
from leads import provider_vectors, vectors
from leads.models import Lead, LeadVector, ProviderVector, VectorDue, VectorRecipe

State = VectorRecipe.State
OWN = vectors.CURRENT.provider


class _RecipeForm(OperatorForm):
    """Asks first, then calls one service about one recipe."""

    asks_first: ClassVar[bool] = True

    because = ReasonField()

    def __init__(self, data: Any, recipe: VectorRecipe) -> None:
        self.recipe = recipe
        super().__init__(data)


class ServeForm(_RecipeForm):
    button = "Let it serve"

    def review(self) -> Sequence[tuple[str, Any]]:
        before = vectors.serving()
        live, made = _live(), LeadVector.objects.filter(recipe=self.recipe).count()
        return [
            ("Serves", str(self.recipe)),
            ("Goes, with its vectors", str(before) if before else "None"),
            ("Not found by meaning until theirs are made", f"{max(0, live - made):,} of {live:,} leads"),
        ]

    def write(self, *, actor_id: int) -> str:
        recipe = vectors.serve_now(
            recipe_id=self.recipe.pk, because=self.cleaned_data["because"], actor_id=actor_id
        )
        return f"{recipe} serves. Leads that still wait are found by meaning once their vectors are made."


class RefuseForm(_RecipeForm):
    button = "Refuse it"

    def review(self) -> Sequence[tuple[str, Any]]:
        kept = ProviderVector.objects.filter(recipe=self.recipe).count()
        return [
            ("Refused", str(self.recipe)),
            ("Goes", f"{kept:,} vectors; made again, they are paid for again"),
            ("Serves instead", str(vectors.serving() or vectors.CURRENT.stamp)),
        ]

    def write(self, *, actor_id: int) -> str:
        recipe = provider_vectors.refuse(
            recipe_id=self.recipe.pk, because=self.cleaned_data["because"], actor_id=actor_id
        )
        return f"{recipe} is refused: no provider is asked for vectors, and our own serve."


class AllowForm(_RecipeForm):
    button = "Allow it again"

    def review(self) -> Sequence[tuple[str, Any]]:
        return [
            ("Allowed", str(self.recipe)),
            ("What happens", f"Vectors of {_live():,} leads are asked for anew."),
        ]

    def write(self, *, actor_id: int) -> str:
        recipe = provider_vectors.allow(
            recipe_id=self.recipe.pk, because=self.cleaned_data["because"], actor_id=actor_id
        )
        return f"{recipe} is allowed again. The next round, within 15 minutes, asks for its vectors."


@admin.register(VectorRecipe)
class VectorRecipeAdmin(ReadOnlyAdmin):
    """Every recipe that vectors were made by, the newest first, and how many leads have one by it."""

    actions_detail = ("serve_now", "refuse", "allow")
    list_display = ("recipe_name", "made_by", "standing", "made", "stale", "begun_at", "serving_since")
    list_filter = ("state",)
    ordering = ("-begun_at", "-pk")
    fields = (
        ("recipe_name", "made_by"),
        ("standing", "serving_since"),
        ("made", "stale"),
        ("model", "dimensions"),
        ("precision", "text_version"),
        "begun_at",
    )
    labels = {"text_version": "Edition of the text"}
    empty_value_display = "-"
    when_empty = "No vector was made yet: a worker of the queue “ai” begins within a minute."

    def get_queryset(self, request: HttpRequest) -> QuerySet[VectorRecipe]:
        """With ``ours`` and ``theirs``, the vectors that are kept, and how many of each are due again."""
        due = VectorDue.objects.values("lead")
        ours, theirs = LeadVector.objects.all(), ProviderVector.objects.all()
        now = LeadVector.objects.filter(lead=OuterRef("lead"), recipe__state=State.SERVING).values("text_hash")[:1]
        every: QuerySet[VectorRecipe] = super().get_queryset(request)
        return every.annotate(
            kept=Coalesce(_of_the_recipe(ours), _of_the_recipe(theirs), 0),
            old=Coalesce(
                _of_the_recipe(ours.filter(lead__in=due)),
                _of_the_recipe(theirs.exclude(text_hash=Coalesce(Subquery(now), "text_hash"))),
                0,
            ),
        )

    def closed_doors(self, row: VectorRecipe) -> Collection[str]:
        is_in_use = row.state != State.RETIRED
        open_doors = {
            "serve_now": row.provider == OWN and row.state == State.BUILDING,
            "refuse": row.provider != OWN and is_in_use,
            "allow": row.is_refused,
        }
        return [name for name, is_open in open_doors.items() if not is_open]

    @admin.display(description="Recipe", ordering="name")
    def recipe_name(self, recipe: VectorRecipe) -> str:
        return str(recipe)

    @admin.display(description="Made by", ordering="provider")
    def made_by(self, recipe: VectorRecipe) -> str:
        return "This product" if recipe.provider == OWN else recipe.provider

    @admin.display(description="State", ordering="state")
    def standing(self, recipe: VectorRecipe) -> str:
        if recipe.is_refused:
            return "Refused by an operator"
        is_beside = recipe.provider != OWN and recipe.state == State.SERVING
        return "Serving from lead to lead" if is_beside else recipe.get_state_display()

    @admin.display(description="Leads with a vector")
    def made(self, recipe: Any) -> str:
        if recipe.state == State.RETIRED:
            return "-"
        live = _live()
        return f"{recipe.kept:,} of {live:,} ({recipe.kept / live:.0%})" if live else "0 of 0"

    @admin.display(description="Of them to be made again")
    def stale(self, recipe: Any) -> str:
        return "-" if recipe.state == State.RETIRED else f"{recipe.old:,}"

    @door("Let it serve now", icon="check_circle")
    def serve_now(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._serve(request, object_id, ServeForm, "Let a recipe serve before all vectors are made")

    @door("Refuse", icon="block")
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._serve(request, object_id, RefuseForm, "Do without a provider's vectors")

    @door("Allow again", icon="undo")
    def allow(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._serve(request, object_id, AllowForm, "Allow a provider's vectors again")

    def _serve(self, request: HttpRequest, object_id: str, form: type[_RecipeForm], title: str) -> HttpResponse:
        recipe = self.find(request, object_id)
        return self.serve_form(request, form(typed(request), recipe), title=title, subject=recipe)


def _live() -> int:
    return Lead.objects.filter(state__in=vectors.LIVE_STATES).count()


def _of_the_recipe(kept: QuerySet[Any]) -> Subquery:
    """How many rows of ``kept`` each recipe has; NULL for none."""
    return Subquery(
        kept.filter(recipe=OuterRef("pk")).order_by().values("recipe").annotate(n=Count("lead")).values("n")
    )
