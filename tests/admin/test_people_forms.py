"""Users as operators make, suspend and let them in again: who may, what is audited, and what is refused."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts import services
from accounts.errors import NotForOperators
from accounts.models import Membership, User
from accounts.staff import StaffRole
from aiqleads.core.models import AuditEntry
from tests.conftest import log_in

pytestmark = pytest.mark.django_db

CREATE = "admin:accounts_user_create"
PASSWORD = "correct horse battery"


def door(name, user):
    return reverse(f"admin:accounts_user_{name}", args=[user.pk])


def audited(action):
    entries = AuditEntry.objects.filter(action=action).order_by("number")
    return list(entries.values_list("actor__email", "subject", "details"))


def operator_called(name):
    return User.objects.create_user(f"{name}@example.com", PASSWORD, is_staff=True)


def roles_of(user):
    return sorted(user.groups.values_list("name", flat=True))


@pytest.fixture
def staff(client, olga):
    """An operator who is no administrator."""
    ola = operator_called("ola")
    ola.groups.set(Group.objects.filter(name="operator"))
    return log_in(client, ola)


def test_a_member_is_made_with_a_role(operator, alice):
    answer = operator.post(
        reverse(CREATE),
        {
            "email": "Dana@Example.com",
            "first_name": "Dana",
            "organisation": str(alice.organisation_id),
            "role": "viewer",
            "password": PASSWORD,
        },
    )

    dana = User.objects.get(email="dana@example.com")
    assert answer.url == reverse("admin:accounts_user_changelist")
    assert dana.check_password(PASSWORD)
    assert (dana.first_name, dana.is_staff, dana.membership.role) == ("Dana", False, "viewer")
    assert audited("user.created") == [
        (
            "olga@example.com",
            f"accounts.user:{dana.pk}",
            {"organisation": str(alice.organisation_id), "role": "viewer"},
        )
    ]


def test_without_a_password_nobody_can_log_in_until_one_is_set(operator, alice):
    operator.post(
        reverse(CREATE), {"email": "dana@example.com", "organisation": str(alice.organisation_id), "role": "buyer"}
    )

    assert not User.objects.get(email="dana@example.com").has_usable_password()


def test_an_administrator_makes_an_operator(operator):
    operator.post(reverse(CREATE), {"email": "oscar@example.com", "role": "buyer", "password": PASSWORD})

    oscar = User.objects.get(email="oscar@example.com")
    assert (oscar.is_staff, oscar.is_superuser) == (True, False)
    assert not Membership.objects.filter(user=oscar).exists()


def test_an_operator_makes_nobody(staff):
    answer = staff.post(reverse(CREATE), {"email": "oscar@example.com", "role": "buyer", "password": PASSWORD})

    assert answer.status_code == 403
    assert not User.objects.filter(email="oscar@example.com").exists()


def test_an_operator_is_made_with_roles(operator):
    said = {"email": "oscar@example.com", "role": "buyer", "password": PASSWORD, "staff_roles": ["curator"]}

    operator.post(reverse(CREATE), said)

    assert roles_of(User.objects.get(email="oscar@example.com")) == ["curator"]
    [(_, _, details)] = audited("user.created")
    assert (details["role"], details["staff_roles"]) == ("operator", ["curator"])


def test_an_admin_gives_roles_and_takes_them(client, olga):
    ada, oscar = (operator_called(name) for name in ("ada", "oscar"))
    ada.groups.set(Group.objects.filter(name="admin"))
    log_in(client, ada)

    client.post(door("set_staff_roles", oscar), {"roles": ["finance", "curator"]})
    client.post(door("set_staff_roles", oscar), {"roles": ["finance", "curator"]})
    given = roles_of(oscar)
    answer = client.post(door("set_staff_roles", oscar), {}, follow=True)

    assert (given, roles_of(oscar)) == (["curator", "finance"], [])
    assert "no role, so they see nothing here" in answer.content.decode()
    subject = f"accounts.user:{oscar.pk}"
    assert sorted(audited("staff_roles.changed"), key=str) == [
        ("ada@example.com", subject, {"roles": ["", "curator, finance"]}),
        ("ada@example.com", subject, {"roles": ["curator, finance", ""]}),
    ]


def test_nobody_changes_their_own_roles_or_gives_a_member_one(client, operator, olga, alice):
    own = operator.post(door("set_staff_roles", olga), {"roles": ["admin"]})
    with pytest.raises(NotForOperators):
        services.give_staff_roles(user_id=alice.user_id, roles=[StaffRole.ADMIN], actor_id=olga.pk)
    with pytest.raises(NotForOperators):
        services.give_staff_roles(user_id=olga.pk, roles=[], actor_id=alice.user_id)

    assert own.status_code == 422
    assert "Nobody changes their own roles." in own.content.decode()
    assert (roles_of(olga), roles_of(alice.user), audited("staff_roles.changed")) == ([], [], [])


def test_a_role_is_given_by_admins_alone(staff, olga):
    oscar = operator_called("oscar")

    assert staff.post(door("set_staff_roles", oscar), {"roles": ["admin"]}).status_code == 403
    assert roles_of(oscar) == []


@pytest.mark.parametrize(
    ("wrong", "field", "told"),
    [
        ({"email": "dana"}, "email", "Enter a valid e-mail address."),
        ({"email": "ALICE@example.com"}, "email", "There is an account with this e-mail."),
        ({"password": "short"}, "password", "This password is too short."),
        ({"role": "king"}, "role", "Select a valid choice"),
        ({"organisation": "00000000-0000-0000-0000-000000000000"}, "organisation", "Select a valid choice"),
    ],
)
def test_a_user_who_cannot_be_made_is_refused_beside_the_field(operator, alice, wrong, field, told):
    before = User.objects.count()
    said = {"email": "dana@example.com", "organisation": str(alice.organisation_id), "role": "buyer"}

    answer = operator.post(reverse(CREATE), {**said, "password": PASSWORD, **wrong})

    assert answer.status_code == 422
    assert told in str(answer.context["form"].errors[field])
    assert (User.objects.count(), audited("user.created")) == (before, [])
    assert PASSWORD not in answer.content.decode()


def test_a_suspended_user_is_logged_out_and_can_be_let_in_again(operator, alice):
    from django.test import Client

    alices = Client()
    alices.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")

    operator.post(door("change_access", alice.user), {"reason": "Unpaid invoices"})
    while_suspended = alices.get(reverse("marketplace:cart")).status_code
    operator.post(door("change_access", alice.user), {"reason": "Paid"})

    assert while_suspended == 302
    assert User.objects.get(pk=alice.user.pk).is_active
    subject = f"accounts.user:{alice.user.pk}"
    assert audited("user.suspended") == [
        ("olga@example.com", subject, {"reason": "Unpaid invoices", "is_active": [True, False]})
    ]
    assert audited("user.reinstated") == [
        ("olga@example.com", subject, {"reason": "Paid", "is_active": [False, True]})
    ]


def test_nobody_suspends_without_a_reason_or_themselves(operator, olga, alice):
    answers = [
        operator.post(door("change_access", alice.user), {"reason": ""}),
        operator.post(door("change_access", olga), {"reason": "Holidays"}),
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert "You cannot suspend yourself." in answers[1].content.decode()
    assert set(User.objects.values_list("is_active", flat=True)) == {True}
    assert audited("user.suspended") == []


def test_an_operator_shuts_out_no_operator(staff):
    other = User.objects.create_user("oscar@example.com", PASSWORD, is_staff=True)

    answers = [
        staff.post(door("change_access", other), {"reason": "Holidays"}),
        staff.post(door("set_password", other), {"password": "another long word", "repeated": "another long word"}),
    ]

    other.refresh_from_db()
    assert [answer.status_code for answer in answers] == [422, 403]
    assert other.is_active
    assert other.check_password(PASSWORD)


def test_a_password_is_set_and_never_shown(operator, alice):
    said = {"password": "another long word", "repeated": "another long word"}

    answer = operator.post(door("set_password", alice.user), said, follow=True)

    alice.user.refresh_from_db()
    assert alice.user.check_password("another long word")
    assert "another long word" not in answer.content.decode()
    assert alice.user.password not in answer.content.decode()
    assert audited("user.password_set") == [("olga@example.com", f"accounts.user:{alice.user.pk}", {})]


@pytest.mark.parametrize(
    ("said", "field", "told"),
    [
        ({"password": "another long word", "repeated": "other"}, "repeated", "The two are not the same."),
        ({"password": "12345678901", "repeated": "12345678901"}, "password", "entirely numeric"),
        ({}, "password", "This field is required."),
    ],
)
def test_a_weak_password_is_refused(operator, alice, said, field, told):
    answer = operator.post(door("set_password", alice.user), said)

    assert answer.status_code == 422
    assert told in str(answer.context["form"].errors[field])
    assert User.objects.get(pk=alice.user.pk).check_password(PASSWORD)


def test_a_members_role_is_changed_but_an_owner_remains(operator, alice, bob):
    operator.post(door("change_role", bob.user), {"role": "buyer"})
    refused = operator.post(door("change_role", alice.user), {"role": "viewer"})

    assert dict(Membership.objects.values_list("user__email", "role")) == {
        "alice@example.com": "owner",
        "bob@example.com": "buyer",
    }
    assert refused.status_code == 422
    assert "The organisation would have no owner" in refused.content.decode()
    assert audited("role.changed") == [
        ("olga@example.com", f"accounts.membership:{bob.pk}", {"role": ["viewer", "buyer"]})
    ]


def test_an_operator_has_no_role_to_change(operator, olga):
    answer = operator.get(door("change_role", olga), follow=True)

    assert "An operator belongs to no organisation" in answer.content.decode()


def test_an_organisations_page_names_its_members(operator, alice, bob):
    User.objects.filter(pk=bob.user.pk).update(is_active=False)

    page = operator.get(
        reverse("admin:accounts_organisation_change", args=[alice.organisation_id])
    ).content.decode()

    for told in ("alice@example.com", "bob@example.com</a>, viewer, suspended", "live holds: 5"):
        assert told in page
