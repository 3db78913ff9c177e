"""What the database keeps of log-ins of programs and of API keys, whatever the code above it does.

Each break-in is refused in the guard's name, and goes through once that guard is gone.
"""

from typing import Final

import pytest

from accounts import services
from accounts.models.credentials import Scope
from tests.marketplace.guards import again, refused_by, take_away, undone

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]

BREAK_INS: Final = {
    "api_key_scopes_known": again("accounts_apikey", prefix="'new'", scopes="ARRAY['everything']"),
    "api_key_lasts_a_year_at_most": again(
        "accounts_apikey", prefix="'new'", expires_at="created_at + interval '366 days'"
    ),
    "api_key_stays_as_made": "UPDATE accounts_apikey SET scopes = ARRAY['manage']",
    "api_key_stays_revoked": "UPDATE accounts_apikey SET revoked_at = NULL",
    "api_session_ends_for_a_reason": "UPDATE accounts_apisession SET ending = 'revoked' WHERE ended_at IS NULL",
    "api_session_stays_ended": "UPDATE accounts_apisession SET ended_at = NULL, ending = ''",
}


@pytest.fixture
def table_laid(alice):
    key, _ = services.create_key(member=alice, name="Nightly", scopes=[Scope.READ], lasts_days=30)
    services.revoke_key(member=alice, key_id=key.pk)
    services.open_session(user=alice.user)
    services.end_sessions(user_id=alice.user_id, ending="revoked", actor_id=None)
    services.open_session(user=alice.user)


@pytest.mark.parametrize("guard", BREAK_INS)
def test_the_guard_alone_keeps_it_out(table_laid, guard):
    assert refused_by(BREAK_INS[guard]) == guard
    with undone():
        take_away(guard)
        assert refused_by(BREAK_INS[guard]) == ""
