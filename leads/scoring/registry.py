"""Which model gives leads their quality, which one runs in its shadow, and every one that ever did."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from aiqleads.core import audit, clock, transactions
from leads.errors import NotReplayable, UnusableModel
from leads.models import ScoringModel
from leads.scoring.points_3 import Points3
from leads.scoring.scorecard import PRIOR, Scorecard, UnknownFeatures

State = ScoringModel.State
SHIPPED: Final[dict[str, Scorecard | Points3]] = {PRIOR.version: PRIOR, Points3.version: Points3()}
"""The scorers that came with the product; the first is the one that counts where none was learnt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorers:
    """Who scores now; ``shadow`` is asked the same and changes nothing."""

    in_force: Scorecard
    shadow: Scorecard | None = None
    shadow_id: UUID | None = None


def scorers_now() -> Scorers:
    """The model in force, or the prior, and the one in the shadow. One query."""
    rows = {model.state: model for model in ScoringModel.objects.filter(state__in=[State.IN_FORCE, State.SHADOW])}
    in_force, shadow = rows.get(State.IN_FORCE), rows.get(State.SHADOW)
    return Scorers(
        in_force=scorecard_of(in_force) if in_force else PRIOR,
        shadow=scorecard_of(shadow) if shadow else None,
        shadow_id=shadow.pk if shadow else None,
    )


def scorecard_of(model: ScoringModel) -> Scorecard:
    """A model's table of points.

    :raises UnknownFeatures: it was fitted to features that this product no longer has
    """
    return Scorecard.from_json(model.version, model.scorecard)


def scorer_of(version: str) -> Scorecard | Points3:
    """Who made scores that are stamped with ``version``.

    :raises NotReplayable: nobody who is still known
    """
    if version in SHIPPED:
        return SHIPPED[version]
    model = ScoringModel.objects.filter(version=version).first()
    if model is None:
        raise NotReplayable(f"It was made by {version}, which is not kept.")
    try:
        return scorecard_of(model)
    except UnknownFeatures as error:
        raise NotReplayable(f"It was made by {version}. {error}") from error


def next_version() -> str:
    """The name of the next model: a second one of that name is refused, should two be trained at once."""
    return f"trained-{ScoringModel.objects.count() + 1}"


@transactions.write
def put_in_force(*, model_id: UUID, because: str, actor_id: int) -> ScoringModel:
    """Let a model score from now on; each lead follows when it is judged next, at the latest with the daily round.

    :param because: why, in words that the audit trail keeps
    :raises ScoringModel.DoesNotExist: there is no such model
    :raises UnusableModel: it fails parity or learnt from made-up outcomes; nothing was changed
    """
    model = _locked(model_id)
    before = promote(model)
    told = {"version": [before, model.version], "reason": because}
    audit.record(actor_id=actor_id, action="scoring_model.put_in_force", subject=model, **told)
    return model


def promote(model: ScoringModel) -> str:
    """Put ``model`` in force and retire the one that was. Joins the caller's transaction.

    :return: the version that was in force
    :raises UnusableModel: it fails parity or learnt from made-up outcomes
    """
    if model.is_simulated:
        raise UnusableModel("It learnt from outcomes that were made up, so it stays a candidate.")
    if model.parity != ScoringModel.Parity.WITHIN:
        raise UnusableModel(f"Its parity is {model.get_parity_display().lower()}, so it stays out of force.")
    before = _retire()
    model.state, model.in_force_at = State.IN_FORCE, clock.now()
    model.save(update_fields=["state", "in_force_at"])
    return before


@transactions.write
def roll_back(*, because: str, actor_id: int) -> str:
    """Take the model in force out; the one before it comes back, or the shipped scorecard where there was none.

    :return: the version that is in force now
    :raises UnusableModel: no learnt model is in force
    """
    in_force = ScoringModel.objects.filter(state=State.IN_FORCE).select_for_update().first()
    if in_force is None:
        raise UnusableModel("The shipped scorecard is in force: there is nothing before it.")
    earlier = ScoringModel.objects.filter(state=State.RETIRED, in_force_at__lt=in_force.in_force_at)
    back = earlier.order_by("-in_force_at").select_for_update().first()
    _retire()
    if back:
        back.state = State.IN_FORCE
        back.save(update_fields=["state"])
    version = back.version if back else PRIOR.version
    told = {"version": [in_force.version, version], "reason": because}
    audit.record(actor_id=actor_id, action="scoring_model.rolled_back", subject=in_force, **told)
    return version


@transactions.write
def put_in_shadow(*, model_id: UUID, because: str, actor_id: int) -> ScoringModel:
    """Have a candidate score beside the model in force, where nobody but operators sees it.

    :raises ScoringModel.DoesNotExist: there is no such model
    :raises UnusableModel: it is no candidate, or learnt from made-up outcomes; nothing was changed
    """
    model = _locked(model_id)
    if model.is_simulated or model.state != State.CANDIDATE:
        raise UnusableModel("Only a candidate that learnt from real outcomes runs in the shadow.")
    ScoringModel.objects.filter(state=State.SHADOW).update(state=State.CANDIDATE)
    model.state = State.SHADOW
    model.save(update_fields=["state"])
    told = {"version": model.version, "reason": because}
    audit.record(actor_id=actor_id, action="scoring_model.put_in_shadow", subject=model, **told)
    return model


@transactions.write
def take_out_of_shadow(*, model_id: UUID, because: str, actor_id: int) -> ScoringModel:
    """End a shadow run; what it said is kept.

    :raises UnusableModel: it does not run in the shadow; nothing was changed
    """
    model = _locked(model_id)
    if model.state != State.SHADOW:
        raise UnusableModel("It does not run in the shadow.")
    model.state = State.CANDIDATE
    model.save(update_fields=["state"])
    told = {"version": model.version, "reason": because}
    audit.record(actor_id=actor_id, action="scoring_model.taken_out_of_shadow", subject=model, **told)
    return model


def _locked(model_id: UUID) -> ScoringModel:
    return ScoringModel.objects.select_for_update().get(pk=model_id)


def _retire() -> str:
    """Retire the model in force; return its version, or the prior's."""
    in_force = ScoringModel.objects.filter(state=State.IN_FORCE).select_for_update().first()
    if in_force is None:
        return PRIOR.version
    in_force.state = State.RETIRED
    in_force.save(update_fields=["state"])
    return in_force.version
