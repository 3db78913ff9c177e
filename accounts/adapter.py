"""What allauth asks of us."""

from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse

from accounts import password_guesses, services
from accounts.access import is_way_back
from accounts.models import User
from aiqleads.core import throttles


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Log-in and sign-up send people back to pages of this site alone."""

    def is_safe_url(self, url: str | None) -> bool:
        return is_way_back(url or "")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the guess by one step in Redis; allauth's own counts take sixteen."""
        limits = [
            password_guesses.at_account(str(credentials.get("email", ""))),
            password_guesses.from_network(self.get_client_ip(request)),
        ]
        self._guess = throttles.count(limits)
        if self._guess.wait_seconds:
            raise self.validation_error("too_many_login_attempts")

    def _rollback_login_failed_rl_usage(self) -> None:
        """A right password is no guess."""
        throttles.take_back(self._guess)

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Whoever set a new password by letter may use it at once."""
        throttles.forget(password_guesses.at_account(str(credentials.get("email", ""))))

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Note the failure in the audit trail. Whoever is turned away for trying too often comes not so far."""
        services.note_failed_log_in(typed=str(credentials.get("email", "")))
        super().authentication_failed(request, **credentials)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """A right password of somebody who is suspended opens nothing either."""
        services.note_failed_log_in(typed=user.email)
        answer: HttpResponse = super().respond_user_inactive(request, user)
        return answer

    def post_login(self, request: HttpRequest, user: User, **how: Any) -> HttpResponse:
        """Note the log-in, and what was shown for it, in the audit trail; and in which browser it is."""
        device = getattr(user, "otp_device", None)
        services.note_log_in(user=user, factor=device._meta.model_name if device else _first_step(how))
        services.note_browser(request=request, user=user)
        answer: HttpResponse = super().post_login(request, user, **how)
        return answer

    def logout(self, request: HttpRequest) -> None:
        if isinstance(request.user, User):
            services.note_log_out(user=request.user)
        super().logout(request)

    def set_password(self, user: User, password: str) -> None:
        """A new password of one's own, changed or by letter, ends what is logged in by the old one."""
        super().set_password(user, password)
        services.note_new_password(user=user, by_letter=not self.request.user.is_authenticated)

    def add_message(self, request: HttpRequest, *told: Any, **more: Any) -> None:
        """Programs are answered; what is said on a next page would wait in their cookies."""
        if not request.path.startswith("/api/"):
            super().add_message(request, *told, **more)

    def get_login_stages(self) -> list[str]:
        """After allauth's own: whoever has a second factor shows it."""
        return [*super().get_login_stages(), "accounts.login_stages.SecondFactorStage"]


def _first_step(how: Mapping[str, Any]) -> str:
    """What let them in: their password, or another site by its id."""
    site = (how.get("signal_kwargs") or {}).get("sociallogin")
    return site.account.provider if site else "password"
