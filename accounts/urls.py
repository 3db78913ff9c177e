"""Addresses of the account's pages."""

from django.urls import include, path

from accounts.views import (
    account,
    invitations,
    keys,
    leaving,
    licences,
    organisation,
    second_factors,
    sessions,
    step_up,
)

app_name = "accounts"

urlpatterns = [
    path("privacy/", include("accounts.privacy.urls")),
    path("account/", account.account, name="account"),
    path("account/confirm/", step_up.confirm, name="confirm"),
    path("account/confirm/code/", step_up.code, name="confirm_code"),
    path("account/confirm/another/", step_up.another_code, name="confirm_another"),
    path("account/keys/", keys.keys, name="keys"),
    path("account/keys/new/", keys.make_key, name="make_key"),
    path("account/keys/<uuid:key_id>/revoke/", keys.revoke_key, name="revoke_key"),
    path("account/programs/<uuid:session_id>/end/", keys.end_session, name="end_api_session"),
    path("account/programs/end/", keys.end_sessions, name="end_api_sessions"),
    path("account/second-factor/", second_factors.second_factor_list, name="second_factors"),
    path("account/second-factor/check/", second_factors.check, name="second_factor_check"),
    path("account/second-factor/app/", second_factors.app, name="second_factor_app"),
    path("account/second-factor/app/remove/", second_factors.remove_app, name="second_factor_remove_app"),
    path("account/second-factor/codes/", second_factors.codes, name="second_factor_codes"),
    path("account/data/", leaving.own_data, name="own_data"),
    path("account/data/export/", leaving.export, name="export"),
    path("account/data/close/", leaving.close, name="close"),
    path("account/licences/", licences.licences, name="licences"),
    path("account/sessions/", sessions.session_list, name="sessions"),
    path("account/sessions/<int:session_id>/end/", sessions.end, name="session_end"),
    path("account/sessions/end/", sessions.end_elsewhere, name="sessions_end"),
    path("organisation/", organisation.organisation, name="organisation"),
    path("organisation/open/", organisation.open_own, name="open_organisation"),
    path("organisation/rename/", organisation.rename, name="rename_organisation"),
    path("organisation/invite/", organisation.invite, name="invite"),
    path("organisation/invitations/<uuid:invitation_id>/resend/", organisation.resend, name="resend_invitation"),
    path("organisation/invitations/<uuid:invitation_id>/revoke/", organisation.revoke, name="revoke_invitation"),
    path("organisation/members/<uuid:member_id>/", organisation.member, name="member"),
    path("organisation/members/<uuid:member_id>/remove/", organisation.remove, name="remove_member"),
    path("organisation/transfer/", organisation.transfer, name="transfer"),
    path("organisation/leave/", organisation.leave, name="leave_organisation"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    path("terms/", account.terms, name="terms"),
]
