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

__all__ = [
    "accept_terms",
    "add_organisation",
    "change_profile",
    "change_role",
    "create_user",
    "open_organisation",
    "register",
    "reinstate_user",
    "set_password",
    "suspend_user",
]
