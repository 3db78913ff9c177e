"""Whatever a request holds that the document allows or forbids, the answer is one that the document knows.

schemathesis draws the requests and judges the answers: no failure of ours; no status, media type, header or body
that is not in the document; nothing taken that it forbids, refused that it allows, or open without a credential.
A refusal is one that its operation names. ``test_any_request_soak.py`` asks a server, at length.
"""

import itertools
from typing import Any, Final

import pytest
from django.conf import settings as site

from accounts import services, step_up
from accounts.models import User
from accounts.models.credentials import Scope
from scraping import suppliers
from tests.api.described import described
from tests.conftest import log_in
from tests.security.test_every_role import alices_things  # noqa: F401  (a fixture)
from tests.tokens import access_token

pytestmark = [pytest.mark.django_db, pytest.mark.long, pytest.mark.no_cover]
INTAKE: Final = "/api/v1/intake/"
OF_EACH_DOOR: Final = ("member",) * 5 + ("stranger", "operator")
"""Who asks at every operation, beside one of the others in turn; the rest ask at the one for suppliers."""


def proofs(user: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {access_token(user)}", "X-Step-Up": step_up.token_for(user)}


def every_credential(alice: Any, olga: User, source: Any) -> dict[str, dict[str, str]]:
    """The headers of whoever can ask, by who it is: each kind of credential that there is, and none."""
    from django.test import Client

    _, supplied = suppliers.issue_key(source=source, name="Partner", actor_id=olga.pk)
    keys = {
        f"key for {scope.value}": services.create_key(member=alice, name="A program", scopes=[scope], lasts_days=30)
        for scope in Scope
    }
    browser = log_in(Client(), alice.user).cookies[site.SESSION_COOKIE_NAME].value
    return {
        "member": proofs(alice.user),
        "stranger": {},
        "operator": proofs(olga),
        "supplier": {"Authorization": f"Supplier {supplied}"},
        "browser": {"Cookie": f"{site.SESSION_COOKIE_NAME}={browser}"},
        **{who: {"Authorization": f"Bearer {plain}"} for who, (_, plain) in keys.items()},
    }


def test_whoever_asks_is_answered_as_the_document_says(settings, alices_things, alice, olga, open_source):  # noqa: F811
    from tests.api import drawn  # schemathesis is nothing that every test needs

    draws = drawn.Draws(described())
    shoes = {
        who: drawn.Shoes(headers=headers, things=alices_things)
        for who, headers in every_credential(alice, olga, open_source).items()
    }
    others = itertools.cycle(sorted(shoes.keys() - {*OF_EACH_DOOR, "supplier"}))
    for operation in draws.doors():
        settings.CACHES = drawn.another_prefix(settings.CACHES)  # nobody was counted yet
        is_intake = operation.path == INTAKE
        turns = ["supplier"] * 20 if is_intake else [*OF_EACH_DOOR, next(others)]
        cases = drawn.few(draws.cases(operation), len(turns))
        for number, (who, case) in enumerate(zip([*turns, *turns], cases, strict=False)):
            draws.ask(operation, case, who=who, shoes=shoes[who], names_what_is_there=bool(number % 2))

    assert draws.wrong == {}
    assert draws.answers > 600
    assert draws.statuses[f"POST {INTAKE}"]["supplier"] >= {200, 422}
    asked = {who for by in draws.statuses.values() for who in by}
    assert asked == shoes.keys()
