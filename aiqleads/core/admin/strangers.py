"""Screens that libraries bring along and operators must not use: they show secrets or write past our services."""

from typing import Final

from django.apps import apps
from django.contrib import admin

STRANGERS: Final = (
    "account.EmailAddress",
    "auth.Group",
    "django_celery_beat.ClockedSchedule",
    "django_celery_beat.CrontabSchedule",
    "django_celery_beat.IntervalSchedule",
    "django_celery_beat.SolarSchedule",
    "socialaccount.SocialAccount",
    "socialaccount.SocialApp",
    "socialaccount.SocialToken",
    "usersessions.UserSession",
)


def unregister() -> None:
    """Take them off the site. Their apps are installed before ours, so they are there by now."""
    of_stripe = [model for model in admin.site._registry if model._meta.app_label == "djstripe"]
    admin.site.unregister([*(apps.get_model(label) for label in STRANGERS), *of_stripe])
