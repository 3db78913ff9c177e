"""Whoever asks to be left alone, by whatever door: an answer to a text, a letter, a word to an operator.

Any reasonable means counts (47 C.F.R. § 64.1200(a)(10)). What was said is read and not kept: keyed hashes of the
number or address stay, for five years and longer.
"""

from typing import Final
from uuid import UUID, uuid5

from accounts import errors
from accounts.models import Suppression
from accounts.privacy.opt_out_words import asks_to_be_left_alone
from accounts.privacy.people import Person
from accounts.services import suppression
from aiqleads.core import audit, transactions

_MESSAGES: Final = UUID("0d3c5cde-2a1e-4d0c-9a55-5a7a3b8e2f61")
"""Under which a message's own name becomes an id of ours, so that the same message twice is one."""


@transactions.write
def hear_reply(
    *,
    words: str,
    message_id: str,
    phone: str = "",
    email: str = "",
    is_opt_out: bool = False,
    is_authenticated: bool | None = None,
) -> bool:
    """Leave somebody alone who answers that they want it; tell whether that is what they say.

    Again is the same as once, even for somebody who came back of their own will since.

    :param message_id: what the service calls the message
    :param is_opt_out: whoever brought it took it for one already
    :param is_authenticated: whether whoever brought it vouches for its sender, where that can be known
    """
    if not (is_opt_out or asks_to_be_left_alone(words)):
        return False
    cause_id = uuid5(_MESSAGES, message_id)
    if Suppression.objects.filter(cause_id=cause_id).exists():
        return True
    person = Person.of(phones=[phone] if phone else (), emails=[email] if email else ())
    marks = suppression.suppress_marks(
        person.marks(), Suppression.Why.REPLIED, scope=Suppression.Scope.CONTACT, cause_id=cause_id
    )
    by = "text" if phone else "letter"
    vouched = {} if is_authenticated is None else {"is_authenticated": is_authenticated}
    audit.record_about(
        actor_id=None, action="opt_out.heard", subject=f"opt_out.{by}:{cause_id}", marks=marks, **vouched
    )
    return True


@transactions.write
def note_objection(*, phones: list[str], emails: list[str], how: str, actor_id: int) -> int:
    """Leave somebody alone who told an operator, by telephone or letter; return how many marks are new.

    :param how: by which door it came, in a word for the audit trail
    :raises NobodyNamed: neither a number nor an address could be read
    """
    person = Person.of(phones=phones, emails=emails)
    if not person.marks():
        raise errors.NobodyNamed(
            "Enter a US phone number with its area code, or an e-mail address.", field="phones"
        )
    marks = suppression.suppress_marks(person.marks(), Suppression.Why.OPERATOR, scope=Suppression.Scope.CONTACT)
    audit.record_about(actor_id=actor_id, action="opt_out.noted", subject=f"opt_out.operator:{how}", marks=marks)
    return marks
