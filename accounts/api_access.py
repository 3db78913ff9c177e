"""Who may use the API: members of an organisation, by the token of one of them or a key that is for it."""

import hashlib
import json
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, ClassVar
from uuid import UUID, uuid4, uuid5

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from rest_framework import exceptions, status
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import step_up
from accounts.api.authentication import require_scope
from accounts.credentials import Credential
from accounts.models import Membership
from accounts.models.credentials import Scope
from aiqleads.core import idempotency
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


class NoIdempotencyKey(exceptions.APIException):
    """Where one is needed a repeated request could buy twice; and one that cannot be kept is none."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "idempotency_key_required"
    default_detail = "Send an Idempotency-Key header of 1 to 80 printable characters."
    remedy = "Make up a key, a UUID for instance, keep it with the request, and send it in `Idempotency-Key`."


class MemberView(NeverCached):
    """A view for members alone: 401 without a token, 403 without an organisation or with a key for something else.

    :cvar keeps_replies: False where the answer holds what may be kept nowhere, so no key makes it come again
    :cvar hands_key_on: True where the service itself does one thing per key, because it waits for somebody else's
        server and so runs in no transaction; it is given ``key_as_id``
    :cvar sensitive_methods: those that ask for ``X-Step-Up``, which no key can bring
    :cvar required_scope: what a key must be for to write here, and to read where ``read_scope`` says nothing else
    """

    membership: Membership
    required_scope: ClassVar[Scope] = Scope.MANAGE
    read_scope: ClassVar[Scope] = Scope.READ
    sensitive_methods: ClassVar[frozenset[str]] = frozenset()
    needs_idempotency_key: ClassVar[bool] = False
    keeps_replies: ClassVar[bool] = True
    hands_key_on: ClassVar[bool] = False

    def key_as_id(self, request: Request) -> UUID:
        """An id that is the same for the same member and key, and another for each that sends none."""
        key = idempotency_key_of(request, is_needed=self.needs_idempotency_key)
        return uuid4() if key is None else uuid5(self.membership.pk, f"{request.path} {key}")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        credential = request.auth
        if not isinstance(credential, Credential) or credential.membership is None:
            raise NoMembership
        require_scope(request, self.read_scope if request.method in SAFE_METHODS else self.required_scope)
        self.membership = credential.membership
        self.require_role()
        if request.method in self.sensitive_methods:
            step_up.StepUpRequired().has_permission(request, self)

    def require_role(self) -> None:
        """Refuse members who may not at all. They are not asked to prove who they are."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Every POST of a member is done once for each ``Idempotency-Key`` that it is sent with."""
        super().__init_subclass__(**kwargs)
        if "post" in cls.__dict__:
            setattr(cls, "post", _once(cls.__dict__["post"]))  # noqa: B010  (a method that mypy has not seen)


def _once(post: Callable[..., Response]) -> Callable[..., Response]:
    @wraps(post)
    def answered(view: MemberView, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = idempotency_key_of(request, is_needed=view.needs_idempotency_key)
        if key is None or view.hands_key_on or not view.keeps_replies:
            return post(view, request, *args, **kwargs)
        reply = idempotency.once(
            actor=f"member:{view.membership.pk}",
            key=key,
            asked=f"{request.method} {request.get_full_path()} {told(request.data)}",
            answer=partial(reply_of, partial(post, view, request, *args, **kwargs)),
        )
        return as_response(reply)

    return answered


def as_response(reply: idempotency.Reply) -> Response:
    """What a request is answered with, whether it was done just now or before."""
    response = Response(json.loads(reply.body), status=reply.status)
    if reply.is_replayed:
        response.headers[idempotency.REPLAYED] = "true"
    return response


def idempotency_key_of(request: Request, *, is_needed: bool = False) -> str | None:
    """The request's ``Idempotency-Key``.

    :raises NoIdempotencyKey: it cannot be kept, or there is none and one is needed
    """
    sent = request.headers.get(idempotency.HEADER)
    if sent is None and not is_needed:
        return None
    key = (sent or "").strip()
    if not (0 < len(key) <= idempotency.LONGEST_KEY and key.isascii() and key.isprintable()):
        raise NoIdempotencyKey
    return key


def reply_of(post: Callable[[], Response]) -> idempotency.Reply:
    """What ``post`` answers, as it is kept."""
    response = post()
    return idempotency.Reply(
        status=response.status_code, body=JSONRenderer().render(response.data).decode() or "null"
    )


def told(data: Any) -> str:
    """One text for a body: JSON whatever the order of its members, a form with its files."""
    if not isinstance(data, QueryDict):
        return idempotency.fingerprint_of(data)
    return idempotency.fingerprint_of({name: [_field(one) for one in data.getlist(name)] for name in data})


def _field(value: Any) -> str:
    if not isinstance(value, UploadedFile):
        return str(value)
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return f"{value.name} {digest.hexdigest()}"
