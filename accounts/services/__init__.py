"""Public writes about people and organisations."""

from accounts.services.organisations import add_organisation, change_role, open_organisation
from accounts.services.people import (
    accept_terms,
    change_profile,
    create_user,
    register,
    reinstate_user,
    set_password,
    suspend_user,
)
from accounts.services.step_up import ask_for_code, issue_code, require_code, require_password

__all__ = [
    "accept_terms",
    "add_organisation",
    "ask_for_code",
    "change_profile",
    "change_role",
    "create_user",
    "issue_code",
    "open_organisation",
    "register",
    "reinstate_user",
    "require_code",
    "require_password",
    "set_password",
    "suspend_user",
]
