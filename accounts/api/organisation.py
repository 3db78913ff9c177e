"""The caller's organisation: its people, who is invited, and who owns it."""

from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import permissions, selectors, services
from accounts.api_access import MemberView
from accounts.credentials import Kind
from accounts.models import Invitation, Membership, Organisation, User
from accounts.serializers import MemberSerializer
from accounts.serializers_of_organisations import (
    AcceptSerializer,
    ChangeMemberSerializer,
    InvitationSerializer,
    InviteSerializer,
    NameSerializer,
    OpenSerializer,
    OwnOrganisationSerializer,
    TransferSerializer,
)
from accounts.step_up import StepUpRequired
from aiqleads.core.api import NeverCached, documented

Role = Membership.Role


class OrganisationView(MemberView):
    """The organisation that the caller buys for."""

    @extend_schema(responses=documented({200: OwnOrganisationSerializer}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        return Response(_described(self.membership.organisation))

    @extend_schema(
        request=NameSerializer, responses=documented({200: OwnOrganisationSerializer}, refusals=(400, 401, 403))
    )
    def patch(self, request: Request) -> Response:
        """Rename it. Owners only."""
        permissions.require(self.membership, permissions.Action.RENAME)
        asked = NameSerializer(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        organisation = self.membership.organisation
        if "name" in asked.validated_data:
            organisation = services.rename_organisation(by=self.membership, **asked.validated_data)
        return Response(_described(organisation))


class OpenOrganisationView(NeverCached):
    """For a log-in that belongs to no organisation."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(
        request=OpenSerializer,
        responses=documented({201: OwnOrganisationSerializer}, refusals=(400, 401, 403, 409, 422)),
    )
    def post(self, request: Request) -> Response:
        """Open an organisation of your own, on the Starter plan."""
        asked = _valid(OpenSerializer, request)
        member = services.open_organisation(
            owner=_user(request), name=asked["name"], terms_version=asked["accepted_terms_version"]
        )
        return Response(_described(member.organisation), status=status.HTTP_201_CREATED)


class MembersView(MemberView):
    """The people of the organisation."""

    @extend_schema(responses=documented({200: MemberSerializer(many=True)}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        """Everybody, in the order they joined. Caps are told to owners, and to each member their own."""
        return Response(
            [_member(one, self.membership) for one in selectors.members(self.membership.organisation_id)]
        )

    @extend_schema(
        request=InviteSerializer,
        responses=documented({201: InvitationSerializer}, refusals=(400, 401, 403, 422)),
    )
    def post(self, request: Request) -> Response:
        """Invite somebody: the same as `POST organisation/invitations/`."""
        return _invited(self.membership, request)


class MemberDetailView(MemberView):
    """One colleague, or the caller. Changes need a fresh `X-Step-Up`."""

    @extend_schema(
        request=ChangeMemberSerializer,
        responses=documented({200: MemberSerializer}, refusals=(400, 401, 403, 404, 422)),
    )
    def patch(self, request: Request, member_id: UUID) -> Response:
        """Change their role or their cap: what they may spend in a calendar month (UTC). Owners only."""
        _require(self.membership, permissions.Action.CHANGE_ROLE, request)
        asked = _valid(ChangeMemberSerializer, request)
        member = _colleague(self.membership, member_id)
        if "role" in asked:
            member = services.change_members_role(
                membership_id=member_id, role=Role(asked["role"]), by=self.membership
            )
        if "cap_credits" in asked:
            member = services.set_cap(membership_id=member_id, cap_credits=asked["cap_credits"], by=self.membership)
        return Response(_member(member, self.membership))

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 404, 422)))
    def delete(self, request: Request, member_id: UUID) -> Response:
        """Take them out; the caller's own id: leave. What was bought stays with the organisation."""
        if member_id == self.membership.pk:
            services.leave_organisation(member=self.membership)
        else:
            _require(self.membership, permissions.Action.REMOVE_MEMBER, request)
            services.remove_member(membership_id=_colleague(self.membership, member_id).pk, by=self.membership)
        return Response(status=status.HTTP_204_NO_CONTENT)


class TransferView(MemberView):
    """Handing the organisation to a colleague."""

    @extend_schema(
        request=TransferSerializer,
        responses=documented({200: MemberSerializer}, refusals=(400, 401, 403, 404, 422)),
    )
    def post(self, request: Request) -> Response:
        """Make a colleague the owner; the caller goes on as a buyer. Needs a fresh `X-Step-Up`."""
        _require(self.membership, permissions.Action.TRANSFER, request)
        heir = _colleague(self.membership, _valid(TransferSerializer, request)["member"])
        return Response(_member(services.transfer_ownership(membership_id=heir.pk, by=self.membership), heir))


class InvitationsView(MemberView):
    """Who was asked to join and did not yet. Owners only."""

    @extend_schema(responses=documented({200: InvitationSerializer(many=True)}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        permissions.require(self.membership, permissions.Action.INVITE)
        return Response(
            InvitationSerializer(selectors.open_invitations(self.membership.organisation_id), many=True).data
        )

    @extend_schema(
        request=InviteSerializer,
        responses=documented({201: InvitationSerializer}, refusals=(400, 401, 403, 422)),
    )
    def post(self, request: Request) -> Response:
        """Ask somebody to join, by a letter whose link works once, for seven days, for that address alone."""
        return _invited(self.membership, request)


class InvitationView(MemberView):
    """One open invitation."""

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 404)))
    def delete(self, request: Request, invitation_id: UUID) -> Response:
        """Take it back."""
        try:
            services.revoke_invitation(invitation_id=invitation_id, by=self.membership)
        except Invitation.DoesNotExist as error:
            raise Http404 from error
        return Response(status=status.HTTP_204_NO_CONTENT)


class ResendView(MemberView):
    """Sending an invitation's letter once more."""

    @extend_schema(request=None, responses=documented({200: InvitationSerializer}, refusals=(401, 403, 404, 422)))
    def post(self, request: Request, invitation_id: UUID) -> Response:
        """With another link, for seven days from now; the old link ends."""
        try:
            invitation = services.resend_invitation(invitation_id=invitation_id, by=self.membership)
        except Invitation.DoesNotExist as error:
            raise Http404 from error
        return Response(InvitationSerializer(invitation).data)


class AcceptView(NeverCached):
    """Joining, for a log-in that belongs to no organisation."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(
        request=AcceptSerializer,
        responses=documented({200: OwnOrganisationSerializer}, refusals=(400, 401, 403, 409, 422)),
    )
    def post(self, request: Request) -> Response:
        """Join by what the letter's link ends with."""
        token = _valid(AcceptSerializer, request)["token"]
        member = services.accept_invitation(token=token, user=_user(request))
        return Response(_described(member.organisation))


def _valid(cls: type[Any], request: Request) -> dict[str, Any]:
    asked = cls(data=request.data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def _require(caller: Membership, action: permissions.Action, request: Request) -> None:
    """:raises NotYourRole | StepUpNeeded: who may not at all is not asked to prove who they are."""
    permissions.require(caller, action)
    StepUpRequired().has_permission(request, None)


def _user(request: Request) -> User:
    assert isinstance(request.user, User)  # noqa: S101 (IsAuthenticated lets in nobody else)
    return request.user


def _colleague(caller: Membership, member_id: UUID) -> Membership:
    """:raises Http404: nobody of the caller's organisation is called so."""
    found = Membership.objects.filter(pk=member_id, organisation=caller.organisation_id).select_related("user")
    member = found.first()
    if member is None:
        raise Http404
    return member


def _invited(by: Membership, request: Request) -> Response:
    permissions.require(by, permissions.Action.INVITE)
    if getattr(request.auth, "kind", None) == Kind.KEY:  # whoever found one would invite themselves, and buy
        StepUpRequired().has_permission(request, None)
    asked = _valid(InviteSerializer, request)
    invitation = services.invite(by=by, email=asked["email"], role=Role(asked["role"]))
    return Response(InvitationSerializer(invitation).data, status=status.HTTP_201_CREATED)


def _member(member: Membership, viewer: Membership) -> dict[str, Any]:
    told = dict(MemberSerializer(member).data)
    if viewer.pk != member.pk and not permissions.allows(viewer, permissions.Action.SET_CAP):
        told["cap_credits"] = None
    return told


def _described(organisation: Organisation) -> dict[str, Any]:
    seats = selectors.seats(organisation.pk)
    facts = {"id": organisation.pk, "name": organisation.name, "seats": seats.total, "seats_taken": seats.taken}
    return dict(OwnOrganisationSerializer(facts).data)
