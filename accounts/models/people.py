"""Those who log in, and the terms they accepted."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models

from accounts.time_zones import TIME_ZONES
from aiqleads.core.clock import Now


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail, the only name they log in with."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})


class User(AbstractUser):
    """Someone who logs in with an e-mail address. Operators are staff."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)
    time_zone = models.CharField(
        max_length=40, blank=True, choices=TIME_ZONES, help_text="The clock that their times are told by."
    )

    closed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When they left for good; it stays so."
    )
    membership = models.OneToOneField(
        "accounts.Membership",
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        help_text="Where they are a member now. Derived by trigger.",
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.email


class TermsAcceptance(models.Model):
    """That a user accepted one version of the terms. Append-only by trigger."""

    user = models.ForeignKey(User, models.CASCADE, related_name="terms_acceptances")
    version = models.CharField(max_length=20)
    accepted_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "version"], name="terms_accepted_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.version}"
