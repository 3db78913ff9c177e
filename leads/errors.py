"""Refusals that callers of the lead services can expect."""

from aiqleads.core.refusals import Refusal


class LeadClosed(Refusal):
    """The lead was merged into another or erased; nothing can be decided about it any more."""

    code = "lead_closed"
    remedy = "Nothing is left to do with this lead."


class NotTheSameHome(Refusal):
    """Two leads that somebody wants merged are one row, or their addresses contradict each other."""

    code = "not_the_same_home"
    remedy = "Compare the two addresses; leave the leads apart."


class NotUndoable(Refusal):
    """A merge that was undone before, or that others were built upon."""

    code = "not_undoable"
    remedy = "Undo the later merges first, where there are any."


class UnusableCorrection(Refusal):
    """A correction of what cannot be corrected, or to what it cannot be."""

    code = "unusable_correction"
    remedy = "Correct a fact that the lead has, to a value of its kind."


class UnusableImage(Refusal):
    """Bytes that are no picture which can be opened within our limits."""

    code = "unusable_image"
    remedy = "Send a JPEG, PNG or WebP picture within the limits."


class UnusableRight(Refusal):
    """A right that contradicts itself or the calendar; ``field`` names what to change."""

    code = "unusable_right"
    remedy = "Change the field that is named."


class UnusableSource(Refusal):
    """A source that could not be crawled as described; ``field`` names what to change."""

    code = "unusable_source"
    remedy = "Change the field that is named."


class UnusablePolicy(Refusal):
    """Thresholds that contradict each other, or weights of unknown parts; ``field`` names what to change."""

    code = "unusable_policy"
    remedy = "Change the field that is named."


class NotReplayable(Refusal):
    """A score that cannot be made again: its facts were not kept, or other rules made it."""

    code = "not_replayable"
    remedy = "Have the lead scored anew."


class UnusableModel(Refusal):
    """A model that may not come into force or into the shadow, as it says."""

    code = "unusable_model"
    remedy = "Choose another model, or train one."


class UnusableRecipe(Refusal):
    """A recipe of vectors cannot be let serve, refused or taken up as it stands now."""

    remedy = "Look at the recipe's state and let its vectors be finished first."


class UnusableAreaGroups(Refusal):
    """A table of areas that cannot be read, as it says."""

    code = "unusable_area_groups"
    remedy = "Mend the table where it says so and import it again."


class TooFewOutcomes(Refusal):
    """Fewer outcomes than a model can be learnt from and measured by."""

    code = "too_few_outcomes"
    remedy = "Collect more outcomes, then train."


class LeakyFeature(Refusal):
    """A feature that tells the outcome by itself, as only something that was noted after the sale can."""

    code = "leaky_feature"
    remedy = "Leave the feature out."
