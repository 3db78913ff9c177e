"""Why a feed could not be followed to its end, in the sentence that the run keeps as its reason."""

from aiqleads.core.refusals import Refusal


class FeedStopped(Exception):
    """Nothing more can be read for now. What was stored is stored, and the next run goes on from there."""


class AnswerRefused(FeedStopped):
    """The server refused one request for good.

    :param status: of HTTP
    """

    def __init__(self, reason: str, *, status: int) -> None:
        super().__init__(reason)
        self.status = status


class UnusableRule(Refusal):
    """The rule says nothing."""

    code = "unusable_rule"
    remedy = "Change the field that is named."
