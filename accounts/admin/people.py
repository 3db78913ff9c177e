"""People for operators: who may log in, as what, and whether they still may.

Organisations stand in ``billing.admin``: their page tells their credits too.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import services
from accounts.forms.sign_up import LONGEST_PASSWORD
from accounts.models import Membership, Organisation, User
from accounts.staff import StaffRole
from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, ReasonField, door, may, typed

HOW_TO_CHOOSE = "At least 10 characters; not a common word, not only digits."


class NewUserForm(OperatorForm):
    """A log-in for a member of an organisation, or for another operator."""

    button = "Create the user"

    email = forms.EmailField(label="E-mail")
    first_name = forms.CharField(max_length=150, required=False)
    last_name = forms.CharField(max_length=150, required=False)
    organisation = forms.ModelChoiceField(
        Organisation.objects.order_by("name"),
        required=False,
        empty_label="None: this is an operator",
        help_text="Only an administrator may make operators. New organisations sign up themselves.",
    )
    role = forms.ChoiceField(
        choices=Membership.Role.choices, initial=Membership.Role.BUYER, help_text="In the organisation."
    )
    staff_roles = forms.MultipleChoiceField(
        choices=StaffRole.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Of an operator.",
    )
    password = forms.CharField(
        required=False,
        max_length=LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=f"{HOW_TO_CHOOSE} Empty: they set one themselves through “Forgot password”.",
    )

    def write(self, *, actor_id: int) -> str:
        said = self.cleaned_data
        organisation = said["organisation"]
        user = services.create_user(
            email=said["email"],
            password=said["password"] or None,
            first_name=said["first_name"],
            last_name=said["last_name"],
            organisation_id=organisation and organisation.pk,
            role=Membership.Role(said["role"]),
            staff_roles=[StaffRole(role) for role in said["staff_roles"]],
            actor_id=actor_id,
        )
        return f"{user} can log in."


class UserForm(OperatorForm):
    """A form about one user."""

    def __init__(self, data: QueryDict | None = None, *, user: User, initial: dict[str, Any] | None = None) -> None:
        self.user = user
        super().__init__(data, initial=initial)


class SuspensionForm(UserForm):
    """Shuts a user out, or lets a suspended one in again."""

    reason = ReasonField()

    @property
    def button(self) -> str:  # type: ignore[override]
        return "Suspend" if self.user.is_active else "Let in again"

    def write(self, *, actor_id: int) -> str:
        decide = services.suspend_user if self.user.is_active else services.reinstate_user
        user = decide(user_id=self.user.pk, reason=self.cleaned_data["reason"], actor_id=actor_id)
        return f"{user} {'can log in again' if user.is_active else 'is suspended and logged out everywhere'}."


class PasswordForm(UserForm):
    """A new password for somebody who cannot set it themselves."""

    button = "Set the password"

    password = forms.CharField(
        label="New password",
        max_length=LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=HOW_TO_CHOOSE,
    )
    repeated = forms.CharField(
        label="The same again", widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("repeated") and said.get("password") != said["repeated"]:
            self.add_error("repeated", "The two are not the same.")
        return said

    def write(self, *, actor_id: int) -> str:
        user = services.set_password(
            user_id=self.user.pk, password=self.cleaned_data["password"], actor_id=actor_id
        )
        return f"{user} has a new password and is logged out everywhere."


class StaffRolesForm(UserForm):
    """What an operator may do."""

    button = "Keep them"

    roles = forms.MultipleChoiceField(
        choices=StaffRole.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: QueryDict | None = None, *, user: User) -> None:
        super().__init__(data, user=user, initial={"roles": [group.name for group in user.groups.all()]})

    def write(self, *, actor_id: int) -> str:
        roles = [StaffRole(role) for role in self.cleaned_data["roles"]]
        user = services.give_staff_roles(user_id=self.user.pk, roles=roles, actor_id=actor_id)
        return f"{user}: {', '.join(roles) or 'no role, so they see nothing here'}."


class RoleForm(UserForm):
    """What a member may do in their organisation."""

    role = forms.ChoiceField(choices=Membership.Role.choices, widget=forms.RadioSelect)

    def __init__(self, data: QueryDict | None = None, *, user: User) -> None:
        super().__init__(data, user=user, initial={"role": user.membership and user.membership.role})

    def write(self, *, actor_id: int) -> str:
        role = Membership.Role(self.cleaned_data["role"])
        member = services.change_role(user_id=self.user.pk, role=role, actor_id=actor_id)
        return f"{member}: {member.get_role_display().lower()}."


class ResetForm(UserForm):
    """Takes every second factor of somebody away who lost them."""

    asks_first = True
    button = "Take the second factors away"
    reason = ReasonField(label="How you know that it is them")

    def review(self) -> Sequence[tuple[str, Any]]:
        return [("User", self.user), ("What goes", "The app, every passkey and every recovery code")]

    def write(self, *, actor_id: int) -> str:
        user = services.reset_second_factors(
            user_id=self.user.pk, reason=self.cleaned_data["reason"], actor_id=actor_id
        )
        return f"{user} logs in by password alone, and was told so by e-mail."


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """Who may log in. Passwords are kept as hashes and never shown."""

    actions_list = ("create",)
    actions_detail = ("change_access", "set_password", "change_role", "set_staff_roles", "reset_second_factors")
    list_display = ("email", "organisation", "role", "is_active", "is_staff", "last_login")
    list_select_related = ("membership__organisation",)
    list_filter = ("is_active", "is_staff", "membership__role", "groups")
    search_fields = ("email", "membership__organisation__name")
    search_help_text = "E-mail or organisation"
    ordering = ("email",)
    fieldsets = (
        (None, {"fields": (("email", "organisation_page", "role"), ("first_name", "last_name"))}),
        ("Access", {"fields": (("is_active", "is_staff", "is_superuser"), ("date_joined", "last_login"))}),
    )

    labels = {"is_active": "May log in", "is_staff": "Operator", "is_superuser": "May everything, without a role"}
    has_suspend_permission = may("suspend")
    has_reset_permission = may("reset")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="Organisation")
    def organisation(self, user: User) -> str:
        member = _membership(user)
        return str(member.organisation) if member else "-"

    @admin.display(description="Organisation")
    def organisation_page(self, user: User) -> SafeString | str:
        member = _membership(user)
        if member is None:
            return "None: an operator"
        page = reverse("admin:accounts_organisation_change", args=[member.organisation_id])
        return format_html('<a href="{}">{}</a>', page, member.organisation)

    @admin.display(description="Role")
    def role(self, user: User) -> str:
        member = _membership(user)
        if member:
            return member.get_role_display()
        return ", ".join(sorted(group.name.title() for group in user.groups.all())) or "Operator without a role"

    @door("New user", icon="person_add", is_sensitive=True)
    def create(self, request: HttpRequest) -> HttpResponse:
        return self.serve_form(request, NewUserForm(typed(request)), title="A new user")

    @door("Suspend or let in", icon="lock_person", needs="suspend", is_sensitive=True)
    def change_access(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user = self.find(request, object_id)
        form = SuspensionForm(typed(request), user=user)
        return self.serve_form(request, form, title=f"{form.button}: {user}", subject=user)

    @door("Set password", icon="key", is_sensitive=True)
    def set_password(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user = self.find(request, object_id)
        form = PasswordForm(typed(request), user=user)
        return self.serve_form(request, form, title=f"A new password for {user}", subject=user)

    @door("Staff roles", icon="admin_panel_settings", is_sensitive=True)
    def set_staff_roles(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user = self.find(request, object_id)
        if not user.is_staff:
            self.message_user(request, "A member of an organisation has no role here.", "warning")
            return redirect(self.address(user))
        form = StaffRolesForm(typed(request), user=user)
        return self.serve_form(request, form, title=f"What {user} may do", subject=user)

    @door("Change role", icon="badge", is_sensitive=True)
    def change_role(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user = self.find(request, object_id)
        if _membership(user) is None:
            self.message_user(request, "An operator belongs to no organisation and has no role in one.", "warning")
            return redirect(self.address(user))
        form = RoleForm(typed(request), user=user)
        return self.serve_form(request, form, title=f"The role of {user}", subject=user)

    @door("Reset second factor", icon="phonelink_erase", needs="reset", is_sensitive=True)
    def reset_second_factors(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user = self.find(request, object_id)
        form = ResetForm(typed(request), user=user)
        return self.serve_form(request, form, title=f"{user} lost their second factor", subject=user)


def _membership(user: User) -> Membership | None:
    return getattr(user, "membership", None)
