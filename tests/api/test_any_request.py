"""Whatever a request holds that the document allows or forbids, the answer is one that the document knows.

schemathesis draws the requests and judges the answers: no failure of ours; no status, media type, header or body
that is not in the document; nothing taken that it forbids, refused that it allows, or open without a credential.
"""

from collections.abc import Callable
from typing import Any

import pytest

from accounts import step_up
from accounts.models import User
from tests.api.described import described
from tests.conftest import at_length
from tests.security.test_every_role import alices_things  # noqa: F401  (a fixture)
from tests.tokens import access_token

pytestmark = [pytest.mark.django_db, pytest.mark.long, pytest.mark.soak, pytest.mark.no_cover]


def proofs(user: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {access_token(user)}", "X-Step-Up": step_up.token_for(user)}


@pytest.fixture
def ask_everything(settings, alices_things) -> Callable[..., Any]:  # noqa: F811  (the fixture)
    """Draws requests for every operation, in somebody's shoes."""
    from tests.api import drawn  # schemathesis is nothing that every test needs

    def ask(headers: dict[str, str], *, most: int, random: int = 0) -> Any:
        draws = drawn.Draws(described(), headers=headers, things=alices_things)
        for operation in draws.doors():
            settings.CACHES = drawn.another_prefix(settings.CACHES)  # nobody was counted yet
            draws.draw(operation, most=most, random=random)
        return draws

    return ask


def test_a_member_is_answered_as_the_document_says(ask_everything, alice):
    draws = ask_everything(
        proofs(alice.user), most=at_length(short=6, soak=1_000), random=at_length(short=0, soak=50)
    )

    assert draws.wrong == {}
    assert all(status < 500 for statuses in draws.statuses.values() for status in statuses)
    assert draws.answers > 500


def test_who_did_not_log_in_and_operators_are_answered_as_the_document_says(ask_everything, olga):
    stranger = ask_everything({}, most=at_length(short=1, soak=50))
    operator = ask_everything(proofs(olga), most=at_length(short=1, soak=50))

    assert stranger.wrong == {}
    assert operator.wrong == {}
