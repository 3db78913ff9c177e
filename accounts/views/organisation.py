"""The organisation's page: its people, what each may do and spend, who is invited, who owns it; and leaving it."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import errors, permissions, plans, selectors, services, step_up
from accounts.access import MemberRequest, VisitorRequest, member_required
from accounts.forms.organisation import InviteForm, MemberForm, NameForm, OpenForm, TransferForm
from accounts.models import Invitation, Membership, User
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout

PAGE: Final = "accounts:organisation"
BUSY: Final = "Somebody else is changing this right now. Nothing was changed; try again."
Action = permissions.Action
Role = Membership.Role


def _in_charge(request: MemberRequest, action: permissions.Action) -> None:
    """:raises PermissionDenied: the member's role does not allow it."""
    try:
        permissions.require(request.membership, action)
    except errors.NotYourRole as refusal:
        raise PermissionDenied(refusal.detail) from refusal


def _tried(request: HttpRequest, write: Callable[[], str]) -> bool:
    """Call a service and tell how it went above the next page."""
    try:
        messages.success(request, write())
    except (Invitation.DoesNotExist, Membership.DoesNotExist) as error:
        raise Http404 from error
    except Refusal as refusal:
        messages.error(request, refusal.detail)
    except LockTimeout:
        messages.error(request, BUSY)
    else:
        return True
    return False


@never_cache
@login_required
@require_http_methods(["GET", "HEAD"])
def organisation(request: VisitorRequest) -> HttpResponse:
    """The organisation; for a log-in without one, how to get one."""
    if request.membership is None:
        return _without(request, OpenForm())
    return _page(cast(MemberRequest, request), InviteForm())


def _without(request: VisitorRequest, form: Form, *, status: int = HTTPStatus.OK) -> HttpResponse:
    user = cast(User, request.user)
    if user.is_staff:
        raise PermissionDenied("Operators belong to no organisation.")
    told = {"form": form, "invitations": selectors.invitations_to(user)}
    return render(request, "accounts/open_organisation.html", told, status=status)


def _page(request: MemberRequest, invite_form: Form, *, status: int = HTTPStatus.OK) -> HttpResponse:
    member = request.membership
    is_in_charge = permissions.allows(member, Action.INVITE)
    told: dict[str, Any] = {
        "organisation": member.organisation,
        "members": selectors.members(member.organisation_id),
        "seats": selectors.seats(member.organisation_id),
        "is_in_charge": is_in_charge,
        "invite_form": invite_form,
        "name_form": NameForm(initial={"name": member.organisation.name}),
        "invitations": selectors.open_invitations(member.organisation_id) if is_in_charge else [],
    }
    return render(request, "accounts/organisation.html", told, status=status)


@never_cache
@login_required
@require_POST
def open_own(request: VisitorRequest) -> HttpResponse:
    """An organisation of one's own."""
    form = OpenForm(request.POST)
    if not form.is_valid():
        return _without(request, form, status=HTTPStatus.BAD_REQUEST)

    def write() -> str:
        member = services.open_organisation(
            owner=cast(User, request.user),
            name=form.cleaned_data["name"],
            terms_version=plans.CURRENT_TERMS_VERSION,
        )
        return f"{member.organisation} is yours."

    _tried(request, write)
    return redirect(PAGE)


@never_cache
@require_POST
@member_required
def rename(request: MemberRequest) -> HttpResponse:
    _in_charge(request, Action.RENAME)
    form = NameForm(request.POST)
    if not form.is_valid():
        messages.error(request, "A name has one to 120 letters.")
        return redirect(PAGE)

    def write() -> str:
        renamed = services.rename_organisation(by=request.membership, name=form.cleaned_data["name"])
        return f"It is called {renamed} now."

    _tried(request, write)
    return redirect(PAGE)


@never_cache
@require_POST
@member_required
def invite(request: MemberRequest) -> HttpResponse:
    _in_charge(request, Action.INVITE)
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=HTTPStatus.BAD_REQUEST)
    said = form.cleaned_data
    try:
        services.invite(by=request.membership, email=said["email"], role=Role(said["role"]))
    except Refusal as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        return _page(request, form, status=refusal.status)
    messages.success(request, f"A letter is on its way to {said['email']}. Its link works for seven days.")
    return redirect(PAGE)


@never_cache
@require_POST
@member_required
def resend(request: MemberRequest, invitation_id: UUID) -> HttpResponse:
    _in_charge(request, Action.INVITE)

    def write() -> str:
        invitation = services.resend_invitation(invitation_id=invitation_id, by=request.membership)
        return f"Another letter is on its way to {invitation.email}. The old link has ended."

    _tried(request, write)
    return redirect(PAGE)


@never_cache
@require_POST
@member_required
def revoke(request: MemberRequest, invitation_id: UUID) -> HttpResponse:
    _in_charge(request, Action.INVITE)

    def write() -> str:
        services.revoke_invitation(invitation_id=invitation_id, by=request.membership)
        return "The invitation is taken back, and its seat is free."

    _tried(request, write)
    return redirect(PAGE)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def member(request: MemberRequest, member_id: UUID) -> HttpResponse:
    """What one member may do and spend."""
    _in_charge(request, Action.CHANGE_ROLE)
    return _change_member(request, member_id)


@step_up.required
def _change_member(request: MemberRequest, member_id: UUID) -> HttpResponse:
    colleague = _colleague(request, member_id)
    initial = {"role": colleague.role, "cap_credits": colleague.cap_credits}
    form = MemberForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        said = form.cleaned_data

        def write() -> str:
            by, role, cap_credits = request.membership, Role(said["role"]), said["cap_credits"]
            if role != colleague.role:
                services.change_members_role(membership_id=member_id, role=role, by=by)
            if cap_credits != colleague.cap_credits:
                services.set_cap(membership_id=member_id, cap_credits=cap_credits, by=by)
            return f"Kept for {colleague.user}."

        _tried(request, write)
        return redirect(PAGE)
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return render(request, "accounts/member.html", {"form": form, "member": colleague}, status=status)


@never_cache
@require_POST
@member_required
def remove(request: MemberRequest, member_id: UUID) -> HttpResponse:
    _in_charge(request, Action.REMOVE_MEMBER)
    return _remove(request, member_id)


@step_up.required
def _remove(request: MemberRequest, member_id: UUID) -> HttpResponse:
    colleague = _colleague(request, member_id)

    def write() -> str:
        services.remove_member(membership_id=member_id, by=request.membership)
        return f"{colleague.user} is out. What they bought stays with you; what they worked on is nobody's now."

    _tried(request, write)
    return redirect(PAGE)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def transfer(request: MemberRequest) -> HttpResponse:
    """Handing the organisation to a colleague."""
    _in_charge(request, Action.TRANSFER)
    return _transfer(request)


@step_up.required
def _transfer(request: MemberRequest) -> HttpResponse:
    people = selectors.members(request.membership.organisation_id)
    colleagues = [one for one in people if one.pk != request.membership.pk and one.user.is_active]
    form = TransferForm(request.POST if request.method == "POST" else None, colleagues=colleagues)
    if form.is_bound and form.is_valid():
        heir_id = UUID(form.cleaned_data["member"])

        def write() -> str:
            heir = services.transfer_ownership(membership_id=heir_id, by=request.membership)
            return f"{heir.user} owns the organisation now, and you are a buyer in it. You both get a letter."

        _tried(request, write)
        return redirect(PAGE)
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return render(request, "accounts/transfer.html", {"form": form, "colleagues": colleagues}, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def leave(request: MemberRequest) -> HttpResponse:
    """Asks first; then the caller is out."""
    if request.method != "POST":
        return render(request, "accounts/leave.html")
    name = str(request.membership.organisation)

    def write() -> str:
        services.leave_organisation(member=request.membership)
        return f"You have left {name}."

    _tried(request, write)
    return redirect(PAGE)


def _colleague(request: MemberRequest, member_id: UUID) -> Membership:
    """:raises Http404: nobody of the organisation is called so."""
    people = selectors.members(request.membership.organisation_id)
    found = next((one for one in people if one.pk == member_id), None)
    if found is None:
        raise Http404
    return found
