"""What the database keeps of operators' roles: an admin there always is, and nothing is given past the table."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, connections

from accounts import errors, services
from accounts.models import User
from accounts.staff import ADMINISTRATORS, StaffRole
from tests.database import url_of
from tests.marketplace.guards import disarmed, refused_by, take_away, undone

pytestmark = pytest.mark.django_db

CURATOR = "(SELECT id FROM auth_group WHERE name = 'curator')"
ADMIN = "(SELECT id FROM auth_group WHERE name = 'admin')"


@pytest.fixture
def ada(db) -> User:
    """The only admin."""
    ada = User.objects.create_user("ada@example.com", is_staff=True)
    ada.groups.set(Group.objects.filter(name="admin"))
    return ada


@pytest.mark.parametrize(
    "going",
    [
        f"DELETE FROM accounts_user_groups WHERE group_id = {ADMIN}",
        f"UPDATE accounts_user_groups SET group_id = {CURATOR} WHERE group_id = {ADMIN}",
        "UPDATE accounts_user SET is_active = false WHERE email = 'ada@example.com'",
        "UPDATE accounts_user SET is_staff = false WHERE email = 'ada@example.com'",
        "DELETE FROM accounts_user_groups; DELETE FROM accounts_user WHERE email = 'ada@example.com'",
    ],
)
def test_the_last_admin_stays(ada, going):
    assert refused_by(going) == "staff_has_an_admin"
    with undone():
        take_away("staff_has_an_admin")
        assert refused_by(going) == ""
    User.objects.create_user("olga@example.com", is_staff=True, is_superuser=True)
    assert refused_by(going) == ""


def test_the_last_superuser_stays_where_nobody_has_the_role(olga):
    assert refused_by("UPDATE accounts_user SET is_superuser = false") == "staff_has_an_admin"


def test_an_operator_may_go_where_there_is_no_admin_at_all(db):
    User.objects.create_user("oscar@example.com", is_staff=True)

    assert refused_by("UPDATE accounts_user SET is_active = false") == ""


def test_roles_are_operators_and_permissions_are_roles(ada, alice):
    member = f"INSERT INTO accounts_user_groups (user_id, group_id) VALUES ({alice.user_id}, {ADMIN})"
    by_hand = (
        "INSERT INTO accounts_user_user_permissions (user_id, permission_id) "
        f"SELECT {ada.pk}, min(id) FROM auth_permission"
    )

    for guard, statement in {"staff_role_of_an_operator": member, "permissions_come_from_roles": by_hand}.items():
        assert refused_by(statement) == guard
        with undone():
            take_away(guard)
            assert refused_by(statement) == ""


GUARDS = {"operator_leaves_an_admin", "role_leaves_an_admin", "role_is_of_an_operator", "permission_is_no_users"}
"""The triggers that the refusals above stand in."""


def take_role(other: User, by: User) -> None:
    services.give_staff_roles(user_id=other.pk, roles=[], actor_id=by.pk)


def suspend(other: User, by: User) -> None:
    services.suspend_user(user_id=other.pk, reason="A test.", actor_id=by.pk)


TURNSTILE = "SELECT FROM auth_group WHERE name = 'admin' FOR UPDATE"
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' "
    "AND state = 'active'"
)


def each_at_the_other(ada: User, olga: User, act: Callable[[User, User], None]) -> list[str]:
    """Both act, and neither ends before the other has done its work; how it went for each."""

    def run(one: User, by: User) -> str:
        try:
            act(one, by)
        except errors.NotForOperators:
            return "NotForOperators"
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(2) as admins, psycopg.connect(url_of(connection.settings_dict["NAME"])) as gate:
        gate.execute(TURNSTILE)  # where both wait with their work done, or one of them behind the other's rows
        runs = [admins.submit(run, olga, ada), admins.submit(run, ada, olga)]
        with psycopg.connect(url_of(connection.settings_dict["NAME"]), autocommit=True) as looking:
            while looking.execute(WAITING).fetchone() != (2,) and not all(one.done() for one in runs):
                wait(runs, timeout=0.02)
        gate.rollback()
        return sorted(one.result() for one in runs)


def admins_left() -> int:
    return User.objects.filter(ADMINISTRATORS).distinct().count()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [take_role, suspend])
def test_of_two_admins_who_act_at_once_one_stays(ada, act):
    olga = User.objects.create_user("olga@example.com", is_staff=True)
    olga.groups.set(Group.objects.filter(name="admin"))

    outcomes = each_at_the_other(ada, olga, act)

    assert outcomes == ["NotForOperators", "done"]
    assert admins_left() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_without_the_guard_two_admins_who_act_at_once_leave_nobody(ada):
    olga = User.objects.create_user("olga@example.com", is_staff=True)
    olga.groups.set(Group.objects.filter(name="admin"))

    with disarmed("staff_has_an_admin", "accounts_require_admin"):
        outcomes = each_at_the_other(ada, olga, take_role)

    assert outcomes == ["done", "done"]
    assert admins_left() == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_admins_who_take_it_from_each_other_one_stays(ada):
    """The second waits for the first at the role's row, and then finds that it would be the last."""
    olga = User.objects.create_user("olga@example.com", is_staff=True)
    olga.groups.set(Group.objects.filter(name="admin"))
    services.give_staff_roles(user_id=olga.pk, roles=[], actor_id=ada.pk)

    with pytest.raises(errors.NotForOperators):
        services.give_staff_roles(user_id=ada.pk, roles=[], actor_id=olga.pk)
    with pytest.raises(IntegrityError, match="somebody has to decide about operators"):
        User.objects.filter(pk=ada.pk).update(is_active=False)

    assert ada.groups.get().name == StaffRole.ADMIN
    assert connections[connection.alias].is_usable()
