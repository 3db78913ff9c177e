"""Who may use the API: members of an organisation, by the token of one of them or a key that is for it."""

from typing import Any, ClassVar

from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts import step_up
from accounts.api.authentication import require_scope
from accounts.credentials import Credential
from accounts.models import Membership
from accounts.models.credentials import Scope
from aiqleads.core.api import NeverCached


class NoMembership(exceptions.PermissionDenied):
    """The log-in is real but belongs to no organisation."""

    default_code = "no_membership"
    default_detail = "This log-in belongs to no organisation, so it has no cart and no credits."
    remedy = "Log in as a member of an organisation, or have yourself invited to one."


def find_member(request: Request) -> Membership | None:
    """The member who asks, or None for the public and for operators.

    :raises InsufficientScope: they ask by a key that is not for reading
    """
    if not isinstance(request.auth, Credential):
        return None
    require_scope(request, Scope.READ)
    return request.auth.membership


class MemberView(NeverCached):
    """A view for members alone: 401 without a token, 403 without an organisation or with a key for something else.

    :cvar sensitive_methods: those that ask for ``X-Step-Up``, which no key can bring
    :cvar required_scope: what a key must be for to write here, and to read where ``read_scope`` says nothing else
    """

    membership: Membership
    required_scope: ClassVar[Scope] = Scope.MANAGE
    read_scope: ClassVar[Scope] = Scope.READ
    sensitive_methods: ClassVar[frozenset[str]] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        credential = request.auth
        if not isinstance(credential, Credential) or credential.membership is None:
            raise NoMembership
        require_scope(request, self.read_scope if request.method in SAFE_METHODS else self.required_scope)
        if request.method in self.sensitive_methods:
            step_up.StepUpRequired().has_permission(request, self)
        self.membership = credential.membership
