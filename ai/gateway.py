"""The one door to every model. An answer always comes: where no provider can, the local model does and says so.

Nothing here runs inside a transaction: a provider may take seconds.
"""

from collections.abc import Sequence

from ai.questions import LOCAL, LOCAL_ROLE, Answer, Question, ReplyT, WhyLocal
from aiqleads.core import transactions


def ask(question: Question[ReplyT]) -> Answer[ReplyT]:
    """Ask the providers of the purpose's route in turn, and the local model where none can answer.

    :raises TransactionManagementError: the caller is inside a transaction
    :raises WrongValues: the prompt's places and the values differ
    """
    transactions.refuse_transaction()
    question.prompt.fill(question.values)
    return _locally(question, "no provider")


def ask_many(questions: Sequence[Question[ReplyT]]) -> list[Answer[ReplyT]]:
    """Ask each question, several at a time; the answers stand in the order of the questions.

    :raises TransactionManagementError: the caller is inside a transaction
    """
    return [ask(question) for question in questions]


def _locally(question: Question[ReplyT], why: WhyLocal) -> Answer[ReplyT]:
    return Answer(
        reply=question.locally(),
        role=LOCAL_ROLE,
        provider=LOCAL,
        model=question.local_version,
        why_local=why,
    )
