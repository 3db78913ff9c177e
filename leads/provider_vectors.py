"""Vectors that a provider of embeddings makes of leads' public texts, where one has a key: kept beside our own.

They serve from lead to lead, and only while they are whole: as long as one is missing, a budget is spent or a key
is gone, our own do. What somebody types never waits for a network, so it is always embedded here.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

import structlog
from django.db import connection

from ai import gateway
from ai.embedding_calls import Embedded
from ai.questions import Subject
from aiqleads.core import audit, clock, transactions
from leads import vectors
from leads.errors import UnusableRecipe
from leads.models import Lead, ProviderVector, VectorRecipe
from leads.public_text import VERSION, hash_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIMENSIONS: Final = 512
"""Such models put the most telling numbers first and may be cut off; 512 half floats are still read inline."""
AT_ONCE: Final = 64
FIRST: Final = UUID(int=0)

log = structlog.get_logger(__name__)

_MISSING: Final = """
SELECT own.lead_id FROM leads_leadvector own
JOIN leads_vectorrecipe recipe ON recipe.id = own.recipe_id AND recipe.state = 'serving'
LEFT JOIN leads_providervector theirs ON theirs.lead_id = own.lead_id AND theirs.recipe_id = %(recipe)s
WHERE own.lead_id > %(after)s AND theirs.text_hash IS DISTINCT FROM own.text_hash
    AND NOT EXISTS (SELECT FROM leads_vectordue due WHERE due.lead_id = own.lead_id)
ORDER BY own.lead_id LIMIT %(most)s
"""
_KEEP: Final = """
INSERT INTO leads_providervector (lead_id, recipe_id, text_hash, vector)
SELECT made.lead_id, %(recipe)s, made.text_hash, made.vector::halfvec
FROM unnest(%(leads)s::uuid[], %(hashes)s::text[], %(vectors)s::text[]) AS made (lead_id, text_hash, vector)
JOIN leads_lead lead ON lead.id = made.lead_id AND lead.state IN ('active', 'review')
ON CONFLICT (lead_id) DO UPDATE
    SET recipe_id = EXCLUDED.recipe_id, text_hash = EXCLUDED.text_hash, vector = EXCLUDED.vector
"""


def catch_up(*, at_once: int = AT_ONCE) -> int:
    """Have all texts embedded that have changed since, and let the vectors serve when none is missing.

    Safe to run twice: what is kept is not asked for again. Ends where no provider answers, a budget is spent, or an
    operator refuses such vectors.

    :return: how many vectors were made
    """
    made, after, recipe = 0, FIRST, followed()
    if is_refused():
        return made
    while missing := _missing(recipe, after=after, most=at_once):
        answer = _asked(missing)
        if answer is None:
            _let_serve(recipe=recipe, is_whole=False)
            return made
        texts, embedded = answer
        if recipe is None or recipe.name != embedded.model:
            recipe, missing = _follow(embedded=embedded), [FIRST]  # another model: its vectors begin from the first
        if not _keep(recipe=recipe, texts=texts, embedded=embedded):
            return made
        made, after = made + len(texts), missing[-1]
    _let_serve(recipe=recipe, is_whole=True)
    return made


def followed() -> VectorRecipe | None:
    """The provider's model whose vectors are kept, serving or not."""
    recipes = VectorRecipe.objects.exclude(provider=vectors.CURRENT.provider)
    return recipes.exclude(state=VectorRecipe.State.RETIRED).first()


def is_refused() -> bool:
    """Whether an operator wants no vectors of a provider: nobody is asked, and our own serve."""
    return VectorRecipe.objects.filter(is_refused=True).exists()


@transactions.write
def refuse(*, recipe_id: int, because: str, actor_id: int) -> VectorRecipe:
    """Do without a provider's vectors from now on: they go, our own serve, and nobody is asked for others.

    :raises UnusableRecipe: it is not in use, or one of our own; nothing was changed
    """
    recipe = _locked(recipe_id)
    if recipe is None or recipe.state == VectorRecipe.State.RETIRED:
        raise UnusableRecipe("Only a provider's recipe that is in use can be refused.")
    recipe.state, recipe.is_refused = VectorRecipe.State.RETIRED, True
    recipe.save(update_fields=["state", "is_refused"])
    ProviderVector.objects.filter(recipe=recipe).delete()
    audit.record(actor_id=actor_id, action="vector_recipe.refused", subject=recipe, reason=because)
    return recipe


@transactions.write
def allow(*, recipe_id: int, because: str, actor_id: int) -> VectorRecipe:
    """Take a refusal back: the next round asks for vectors again, all of them.

    :raises UnusableRecipe: it is not refused; nothing was changed
    """
    recipe = _locked(recipe_id)
    if recipe is None or not recipe.is_refused:
        raise UnusableRecipe("This recipe is not refused.")
    recipe.is_refused = False
    recipe.save(update_fields=["is_refused"])
    audit.record(actor_id=actor_id, action="vector_recipe.allowed", subject=recipe, reason=because)
    return recipe


def _locked(recipe_id: int) -> VectorRecipe | None:
    theirs = VectorRecipe.objects.exclude(provider=vectors.CURRENT.provider)
    return theirs.select_for_update().filter(pk=recipe_id).first()


def _missing(recipe: VectorRecipe | None, *, after: UUID, most: int) -> list[UUID]:
    asked = {"recipe": recipe.pk if recipe else None, "after": after, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(_MISSING, asked)
        return [lead_id for (lead_id,) in cursor.fetchall()]


def _asked(lead_ids: Sequence[UUID]) -> tuple[dict[UUID, str], Embedded] | None:
    """The leads' texts as they are now, and what was made of them."""
    texts = vectors.texts_of(lead_ids)
    embedded = gateway.embed(list(texts.values()), subject=Subject(kind="leads", id=lead_ids[0]))
    return (texts, embedded) if embedded else None


@transactions.write
def _follow(*, embedded: Embedded) -> VectorRecipe:
    """Take a provider's model up; what another made goes, since the two cannot be compared."""
    others = VectorRecipe.objects.exclude(provider=vectors.CURRENT.provider).select_for_update()
    retired = [row.pk for row in others.order_by("pk")]
    VectorRecipe.objects.filter(pk__in=retired).update(state=VectorRecipe.State.RETIRED)
    ProviderVector.objects.all().delete()
    recipe, _ = VectorRecipe.objects.update_or_create(
        name=embedded.model,
        precision="float32",
        text_version=VERSION,
        defaults={"state": VectorRecipe.State.BUILDING, "begun_at": clock.Now()},
        create_defaults={
            "state": VectorRecipe.State.BUILDING,
            "provider": embedded.provider,
            "model": embedded.model,
            "dimensions": DIMENSIONS,
        },
    )
    log.info("vectors.provider_followed", model=embedded.model)
    return recipe


@transactions.write
def _keep(*, recipe: VectorRecipe, texts: dict[UUID, str], embedded: Embedded) -> bool:
    """Whether they were kept: not where an operator refused them while the provider was asked."""
    _locked(recipe.pk)
    if is_refused():
        return False
    lead_ids = sorted(texts)
    rows = dict(zip(texts, shortened(embedded.vectors).tolist(), strict=True))
    list(Lead.objects.filter(pk__in=lead_ids).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    with connection.cursor() as cursor:
        cursor.execute(
            _KEEP,
            {
                "recipe": recipe.pk,
                "leads": lead_ids,
                "hashes": [hash_of(texts[pk]) for pk in lead_ids],
                "vectors": [vectors.as_literal(rows[pk]) for pk in lead_ids],
            },
        )
    return True


@transactions.write
def _let_serve(*, recipe: VectorRecipe | None, is_whole: bool) -> None:
    """Serve while every live lead has its vector; else our own do."""
    if recipe is None:
        return
    state = VectorRecipe.State.SERVING if is_whole else VectorRecipe.State.BUILDING
    since = clock.Now() if is_whole else None
    changed = VectorRecipe.objects.filter(pk=recipe.pk).exclude(state__in=[state, VectorRecipe.State.RETIRED])
    changed.update(state=state, serving_since=since)


def shortened(made: Sequence[Sequence[float]]) -> "NDArray[np.float32]":
    """The first ``DIMENSIONS`` numbers of each, brought to length 1 again."""
    import numpy as np  # noqa: PLC0415  (in processes that embed; every other one starts without it)

    first = np.array(made, dtype=np.float32)[:, :DIMENSIONS]
    lengths: NDArray[np.float32] = np.linalg.norm(first, axis=1, keepdims=True)
    return first / lengths
