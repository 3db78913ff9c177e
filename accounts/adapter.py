"""What allauth asks of us."""

from allauth.account.adapter import DefaultAccountAdapter

from accounts.access import is_way_back


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Log-in and sign-up send people back to pages of this site alone."""

    def is_safe_url(self, url: str | None) -> bool:
        return is_way_back(url or "")

    def get_login_stages(self) -> list[str]:
        """After allauth's own: whoever has a second factor shows it."""
        return [*super().get_login_stages(), "accounts.login_stages.SecondFactorStage"]
