"""Browsers of the cast: Django's client, logged in."""

import pytest
from django.test import Client

from accounts.models import Membership, User


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def alices(alice: Membership) -> Client:
    return browser_of(alice.user)


@pytest.fixture
def bobs(bob: Membership) -> Client:
    return browser_of(bob.user)


@pytest.fixture
def charlies(charlie: Membership) -> Client:
    return browser_of(charlie.user)


@pytest.fixture
def olgas(olga: User) -> Client:
    return browser_of(olga)
