"""Clients of the API: one without a token, and one for each member of the cast."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts import step_up
from accounts.models import Membership, User
from tests.api.described import described
from tests.tokens import access_token

PASSWORD = "correct horse battery"


def new_client() -> APIClient:
    """A client with an address of its own, so that no other test's requests count against it."""
    address = f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::{secrets.token_hex(2)}"
    return APIClient(raise_request_exception=False, REMOTE_ADDR=address)


def client_of(who: Membership | User) -> APIClient:
    user = who.user if isinstance(who, Membership) else who
    client = new_client()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access_token(user)}")
    return client


def proven_client_of(who: Membership | User) -> APIClient:
    """The client of somebody who proved a moment ago who they are."""
    client = client_of(who)
    user = who.user if isinstance(who, Membership) else who
    client.credentials(**client._credentials, HTTP_X_STEP_UP=step_up.token_for(user))
    return client


@pytest.fixture
def anonymous(db: None) -> APIClient:
    return new_client()


@pytest.fixture
def api() -> Callable[[Membership | User], APIClient]:
    return client_of


@pytest.fixture
def alice_api(alice: Membership) -> APIClient:
    return client_of(alice)


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """The API's document, as a program reads it."""
    return described()
