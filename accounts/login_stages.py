"""What allauth asks between the password and the log-in."""

from typing import Final

from allauth.account.stages import LoginStage, LoginStageController
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts import selectors
from accounts.models import User
from accounts.models.second_factors import SecondFactor

KEY: Final = "second_factor"


class SecondFactorStage(LoginStage):  # type: ignore[misc]
    """Whoever has a second factor shows it before they are logged in."""

    key = KEY
    urlname = "accounts:second_factor_check"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        if selectors.is_enrolled(self.login.user):
            return redirect(self.urlname), True
        return None, True


def pending_user(request: HttpRequest) -> User | None:
    """Who typed a right password a moment ago and has yet to show a second factor; None for anybody else."""
    stage = LoginStageController.enter(request, KEY)
    return stage.login.user if stage else None


def finish(request: HttpRequest, device: SecondFactor) -> HttpResponse:
    """Log in who waits; their session notes the factor that they showed. For ``pending_user`` alone."""
    stage = LoginStageController.enter(request, KEY)
    stage.login.user.otp_device = device  # django-otp writes it into the session when Django logs in
    answer: HttpResponse = stage.exit()
    return answer
