"""Keeping the vectors of live leads: made from their public texts, in batches, behind what changes them.

Triggers note which leads may say something new (``VectorDue``); a worker takes some of them for a while, makes
their texts and embeds, outside a transaction, those that differ from what their vectors were made from. When the
recipe changes, all leads are due once: their vectors by the old recipe serve until the last of them is made.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import structlog
from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery

from ai.embedding import LOCAL, Recipe, embed
from aiqleads.core import audit, clock, transactions
from aiqleads.core.alerts import Finding
from aiqleads.core.errands import Errand
from leads import twins
from leads.errors import UnusableRecipe
from leads.models import Lead, LeadVector, Score, VectorDue, VectorRecipe
from leads.public_text import VERSION, PublicHome, hash_of, text_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CURRENT: Final = replace(LOCAL, text_version=VERSION)
BATCH: Final = 128
TAKEN_FOR: Final = timedelta(minutes=5)
"""A worker that died gives its leads back after so long."""
LIVE_STATES: Final = (Lead.State.ACTIVE, Lead.State.REVIEW)
ERRAND: Final = Errand("vectors")
AREA: Final = "vectors"
LATE_AFTER: Final = timedelta(hours=1)

log = structlog.get_logger(__name__)

_TAKE: Final = """
WITH next AS MATERIALIZED (
    SELECT lead_id FROM leads_vectordue WHERE taken_until IS NULL OR taken_until < core_now()
    ORDER BY asked_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE leads_vectordue due SET taken_until = core_now() + %(taken_for)s::interval
FROM next WHERE due.lead_id = next.lead_id RETURNING due.lead_id, due.asked_at
"""
"""Materialised, or a nested loop may ask for the next ones again and again, and take more than were asked for."""
_WRITE: Final = """
INSERT INTO leads_leadvector (lead_id, recipe_id, text_hash, vector)
SELECT made.lead_id, %(recipe)s, made.text_hash, made.vector::halfvec
FROM unnest(%(leads)s::uuid[], %(hashes)s::text[], %(vectors)s::text[]) AS made (lead_id, text_hash, vector)
JOIN leads_lead lead ON lead.id = made.lead_id AND lead.state IN ('active', 'review')
ON CONFLICT (lead_id, recipe_id) DO UPDATE SET text_hash = EXCLUDED.text_hash, vector = EXCLUDED.vector
"""
_SEEN_TO: Final = """
DELETE FROM leads_vectordue due
USING unnest(%(leads)s::uuid[], %(times)s::timestamptz[]) AS done (lead_id, asked_at)
WHERE due.lead_id = done.lead_id AND due.asked_at = done.asked_at
"""
_ASK_ALL: Final = """
INSERT INTO leads_vectordue (lead_id, asked_at)
SELECT id, %s FROM leads_lead WHERE state IN ('active', 'review') ORDER BY id
ON CONFLICT (lead_id) DO UPDATE SET asked_at = EXCLUDED.asked_at, taken_until = NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """Vectors by one recipe, in the order of the leads that they are of."""

    recipe: VectorRecipe
    lead_ids: Sequence[UUID]
    hashes: Sequence[str]
    vectors: "NDArray[np.float32] | None"


def write_due(*, recipe: Recipe = CURRENT, most: int = BATCH) -> int:
    """See to at most ``most`` leads that may say something new; return to how many.

    Safe to run twice and beside itself: a lead is taken by one, and one that is asked for meanwhile stays due.

    :raises ai.embedding.ModelMissing: the embedded model is not installed; what was taken is due again later
    """
    followed = follow(recipe=recipe)
    taken = _take(most)
    if taken:
        made = _make(followed, list(taken))
        _write(made=made, taken=taken)
        log.info("vectors.written", taken=len(taken), made=len(made.lead_ids))
    if followed.state == VectorRecipe.State.BUILDING:
        serve_when_built(recipe_id=followed.pk)
    return len(taken)


def follow(*, recipe: Recipe) -> VectorRecipe:
    """The row of a recipe. When it is new, all leads are due, and until they are done the one before it serves."""
    kept = VectorRecipe.objects.filter(
        name=recipe.name, precision=recipe.precision, text_version=recipe.text_version
    ).exclude(state=VectorRecipe.State.RETIRED)
    return kept.first() or _begin(recipe=recipe)


@transactions.write
def _begin(*, recipe: Recipe) -> VectorRecipe:
    """Take a recipe up, at once where none serves yet. Another that is still being built is given up."""
    begun, serving = list(_of(recipe.provider).select_for_update()), None
    for row in begun:
        if row.state == VectorRecipe.State.BUILDING:
            _retire(row)
        serving = row if row.state == VectorRecipe.State.SERVING else serving
    state = VectorRecipe.State.BUILDING if serving else VectorRecipe.State.SERVING
    times = {"begun_at": clock.Now(), "serving_since": None if serving else clock.Now()}
    row, _ = VectorRecipe.objects.update_or_create(
        name=recipe.name,
        precision=recipe.precision,
        text_version=recipe.text_version,
        defaults={"state": state, **times},
        create_defaults={**asdict(recipe), "state": state, **times},
    )
    row.refresh_from_db()
    with connection.cursor() as cursor:
        cursor.execute(_ASK_ALL, [row.begun_at])
    log.info("vectors.recipe_begun", recipe=recipe.stamp, state=str(state))
    return row


@transactions.write
def serve_when_built(*, recipe_id: int) -> bool:
    """Let a recipe serve once every lead that was there when it began is done; return whether it does now."""
    rows = {row.state: row for row in _of(CURRENT.provider).select_for_update()}
    built, before = rows.get(VectorRecipe.State.BUILDING), rows.get(VectorRecipe.State.SERVING)
    if built is None or built.pk != recipe_id or VectorDue.objects.filter(asked_at__lte=built.begun_at).exists():
        return False
    _let_serve(built, before)
    return True


def _let_serve(built: VectorRecipe, before: VectorRecipe | None) -> None:
    if before is not None:
        _retire(before)
    built.state, built.serving_since = VectorRecipe.State.SERVING, clock.now()
    built.save(update_fields=["state", "serving_since"])
    log.info("vectors.recipe_serves", recipe=built.recipe.stamp)


@transactions.write
def serve_now(*, recipe_id: int, because: str, actor_id: int) -> VectorRecipe:
    """Let a recipe of our own serve before all leads have their vectors by it: the others follow as they are made.

    :raises UnusableRecipe: it is not the one that is being followed for all leads; nothing was changed
    """
    rows = {row.state: row for row in _of(CURRENT.provider).select_for_update()}
    built = rows.get(VectorRecipe.State.BUILDING)
    if built is None or built.pk != recipe_id:
        raise UnusableRecipe("Only a recipe of our own that is being followed for all leads can be let serve.")
    _let_serve(built, rows.get(VectorRecipe.State.SERVING))
    audit.record(actor_id=actor_id, action="vector_recipe.served", subject=built, reason=because)
    return built


def _retire(row: VectorRecipe) -> None:
    row.state = VectorRecipe.State.RETIRED
    row.save(update_fields=["state"])
    LeadVector.objects.filter(recipe=row).delete()


def _take(most: int) -> dict[UUID, datetime]:
    """Leads that nobody else sees to, the longest waiting first, and when each was asked for."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"taken_for": f"{TAKEN_FOR.total_seconds()} seconds", "most": most})
        return dict(cursor.fetchall())


def _make(recipe: VectorRecipe, lead_ids: Collection[UUID]) -> _Made:
    texts = texts_of(lead_ids)
    known = LeadVector.objects.filter(recipe=recipe, lead__in=texts).values_list("lead_id", "text_hash")
    hashes = dict(known)
    new = sorted(pk for pk, text in texts.items() if hashes.get(pk) != hash_of(text))
    return _Made(
        recipe=recipe,
        lead_ids=new,
        hashes=[hash_of(texts[pk]) for pk in new],
        vectors=embed([texts[pk] for pk in new], recipe.recipe) if new else None,
    )


@transactions.write
def _write(*, made: _Made, taken: Mapping[UUID, datetime]) -> None:
    """Keep what was made for leads that are still live; what nobody asked for since is no longer due."""
    live = Lead.objects.filter(pk__in=made.lead_ids, state__in=LIVE_STATES).order_by("pk")
    list(live.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        if made.vectors is not None:
            given: dict[str, Any] = {"leads": list(made.lead_ids), "hashes": list(made.hashes)}
            given["vectors"] = [as_literal(vector) for vector in made.vectors.tolist()]
            cursor.execute(_WRITE, {**given, "recipe": made.recipe.pk})
            twins.suggest(lead_ids=made.lead_ids, recipe_id=made.recipe.pk)
        cursor.execute(_SEEN_TO, {"leads": list(taken), "times": list(taken.values())})


def texts_of(lead_ids: Collection[UUID]) -> dict[UUID, str]:
    """Public text by lead, of those that are live."""
    newest = Score.objects.filter(lead=OuterRef("pk")).order_by("-scored_at", "-pk")
    leads = Lead.objects.filter(pk__in=lead_ids, state__in=LIVE_STATES)
    scored = leads.annotate(evidence=Subquery(newest.values("quality_evidence")[:1]))
    return {lead.pk: text_of(_home(lead, lead.evidence or [])) for lead in scored}


def _home(lead: Lead, evidence: Collection[Mapping[str, object]]) -> PublicHome:
    return PublicHome(
        kind=lead.kind,
        city=lead.city,
        state_code=lead.state_code,
        property_type=lead.property_type,
        beds=lead.beds,
        baths=lead.baths,
        features=lead.features,
        parts=frozenset(str(item["part"]) for item in evidence),
    )


def as_literal(vector: Iterable[float]) -> str:
    """A vector as PostgreSQL reads it."""
    return f"[{','.join(f'{value:.5g}' for value in vector)}]"


def late() -> Iterator[Finding]:
    """Whether what leads say has waited long to be embedded: no worker runs, or the model is missing."""
    waiting = VectorDue.objects.filter(asked_at__lt=clock.now() - LATE_AFTER).count()
    if waiting:
        leads = "1 lead has" if waiting == 1 else f"{waiting:,} leads have"
        says = f"{leads} waited for over an hour to be embedded. See whether a worker of the queue “ai” runs."
        yield Finding(key=f"{AREA}:due", says=says)


def serving() -> VectorRecipe | None:
    """The recipe whose vectors are searched; None before the first was taken up."""
    return _of(CURRENT.provider).filter(state=VectorRecipe.State.SERVING).first()


def _of(provider: str) -> "QuerySet[VectorRecipe]":
    return VectorRecipe.objects.filter(provider=provider).order_by("pk")
