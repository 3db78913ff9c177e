"""Public writes about people and organisations."""

from accounts.services.credentials import (
    create_key,
    end_session,
    end_sessions,
    log_out,
    open_session,
    refresh,
    revoke_key,
)
from accounts.services.leaving import close_account, export_account
from accounts.services.licences import (
    add_licence,
    check_waiting_licences,
    end_licences,
    refuse_licence,
    verify_licence,
)
from accounts.services.organisations import add_organisation, change_role, open_organisation
from accounts.services.people import (
    accept_terms,
    change_profile,
    check_password,
    create_user,
    register,
    reinstate_user,
    set_password,
    suspend_user,
)
from accounts.services.second_factors import (
    begin_enrolment,
    confirm_enrolment,
    give_recovery_codes,
    remove_authenticator,
    remove_passkey,
    replace_recovery_codes,
    require_otp,
    require_otp_of_enrolled,
    reset_second_factors,
)
from accounts.services.step_up import ask_for_code, issue_code, require_code, require_password

__all__ = [
    "accept_terms",
    "add_licence",
    "add_organisation",
    "ask_for_code",
    "begin_enrolment",
    "change_profile",
    "change_role",
    "check_password",
    "check_waiting_licences",
    "close_account",
    "confirm_enrolment",
    "create_key",
    "create_user",
    "end_licences",
    "end_session",
    "end_sessions",
    "export_account",
    "give_recovery_codes",
    "issue_code",
    "log_out",
    "open_organisation",
    "open_session",
    "refresh",
    "refuse_licence",
    "register",
    "reinstate_user",
    "remove_authenticator",
    "remove_passkey",
    "replace_recovery_codes",
    "require_code",
    "require_otp",
    "require_otp_of_enrolled",
    "require_password",
    "reset_second_factors",
    "revoke_key",
    "set_password",
    "suspend_user",
    "verify_licence",
]
