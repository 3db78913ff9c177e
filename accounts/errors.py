"""Refusals about people and organisations."""

from http import HTTPStatus

from aiqleads.core.refusals import Refusal


class EmailTaken(Refusal):
    """Somebody signed up with this address before."""

    code = "email_taken"


class PasswordTooWeak(Refusal):
    """The password is short, common or like the address; ``errors`` says how."""

    code = "password_too_weak"


class TermsOutdated(Refusal):
    """The accepted version of the terms is not the one in force."""

    code = "terms_outdated"


class NotForOperators(Refusal):
    """Only an administrator decides about operators, and nobody about themselves."""

    code = "not_for_operators"


class NobodyLeftInCharge(Refusal):
    """The organisation would have no owner."""

    code = "nobody_left_in_charge"


class NotYourRole(Refusal):
    """The member's role does not allow it; ``action`` and ``may`` say what was asked and which roles may."""

    status = HTTPStatus.FORBIDDEN
    code = "not_your_role"
