"""What allauth asks of us about log-ins with other sites.

Whom a site names logs in, if they connected it before. Else they open an account, or log in first and connect it:
an account is never joined because an address is the same.
"""

from typing import TYPE_CHECKING, Any, Final

import structlog
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import services, step_up
from accounts.models import User
from aiqleads.core.refusals import Refusal
from aiqleads.social_logins import OPENID_CONNECT

if TYPE_CHECKING:
    from accounts.social.provider import OpenIdProvider

log = structlog.get_logger()

LONGEST_NAME: Final = 150


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Sites are those of the settings; what they may do is little."""

    def list_apps(
        self, request: HttpRequest | None, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Those that are switched on; none lies in the database, where its secret would."""
        apps = [SocialApp(provider=OPENID_CONNECT, **login.as_app) for login in settings.SOCIAL_LOGINS]
        wanted = {None, OPENID_CONNECT}
        return [
            app
            for app in apps
            if (provider in wanted or provider == app.provider_id) and client_id in (None, app.client_id)
        ]

    def get_provider(
        self, request: HttpRequest | None, provider: str, client_id: str | None = None
    ) -> "OpenIdProvider":
        """
        :raises SocialApp.DoesNotExist: it is not switched on
        """
        from accounts.social.provider import OpenIdProvider  # noqa: PLC0415  (brings an HTTP client along)

        return OpenIdProvider(request, app=self.get_app(request, provider=provider, client_id=client_id))

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Before anybody is logged in: connect what is to be connected, and turn away whom we cannot tell apart."""
        sociallogin.token = None  # we ask the site for nothing more, so not even a session keeps it
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            raise ImmediateHttpResponse(_connect(request, sociallogin))
        if sociallogin.is_existing:
            return
        if not sociallogin.email_addresses:
            raise ImmediateHttpResponse(_page(request, sociallogin.provider, "no_email", status=422))
        address = sociallogin.email_addresses[0]
        if address.verified and _is_known(address.email):
            raise ImmediateHttpResponse(_page(request, sociallogin.provider, "known", status=409))

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Never: whoever opens an account names an organisation and accepts the terms."""
        return False

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """With names as long as ours are, whatever the site sends."""
        told = {name: value[:LONGEST_NAME] for name, value in data.items() if isinstance(value, str)}
        user: User = super().populate_user(request, sociallogin, told)
        user.email = user.email.lower()
        return user

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: Any = None,
    ) -> None:
        """Say on a page of ours what came of it, and in the log why; never what the site sent."""
        if error == AuthError.CANCELLED:
            raise ImmediateHttpResponse(_page(request, provider, "cancelled", status=200))
        reason = str(exception) if type(exception).__name__ == "OAuth2Error" and exception else "unknown"
        services.note_failed_word(provider=provider.sub_id)
        log.warning("social_login.refused", provider=provider.sub_id, reason=reason.partition(":")[0][:60])
        raise ImmediateHttpResponse(_page(request, provider, "failed", status=401))


def _is_known(email: str) -> bool:
    """Whether an account has this address, confirmed or not."""
    is_theirs = EmailAddress.objects.filter(email__iexact=email).exists()
    return bool(is_theirs or User.objects.filter(email__iexact=email).exists())


def _connect(request: HttpRequest, sociallogin: SocialLogin) -> HttpResponse:
    """Connect it to whoever is logged in, if they began it, and proved of late who they are."""
    user = request.user
    if not isinstance(user, User) or sociallogin.state.get("data") != user.pk or not step_up.is_fresh(request):
        return _page(request, sociallogin.provider, "failed", status=401)
    try:
        services.connect_log_in(user=user, provider=sociallogin.account.provider, uid=sociallogin.account.uid)
    except Refusal as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, f"You can log in with {sociallogin.provider.name} now.")
    return redirect("accounts:log_ins")


def _page(request: HttpRequest, provider: Any, what: str, *, status: int) -> HttpResponse:
    return render(request, "socialaccount/outcome.html", {"provider": provider, "what": what}, status=status)
