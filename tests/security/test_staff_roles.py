"""Every staff role × every address of the back office: a screen, a door or an address without a row fails.

Views are asked past the middleware, and what they answer is not drawn, so that a thousand questions take a second.
That nobody comes in without a second factor stands in ``tests/accounts``.
"""

import re
from collections.abc import Iterator
from typing import Any, Final
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, Group
from django.contrib.messages.storage.base import BaseStorage
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import RequestFactory
from django.urls import URLPattern

from accounts import staff, step_up
from accounts.models import User
from accounts.staff import StaffRole, granted, permission_of
from aiqleads.core.models import AuditEntry
from leads import delegation
from leads.models import Lead, Source, SourceRight
from scraping.models import ColumnMapping, CrawlArea, CrawlRun, FileImport, SavedPage
from tests.back_office import SCREENS
from tests.conftest import make_source, offer_lead
from tests.security.test_bad_admin import NOTHING_MAPPED

pytestmark = pytest.mark.django_db

SHOWN: Final = {"changelist": "view", "change": "view", "history": "view", "add": "", "delete": ""}
"""What a screen brings along asks for; "" is for nobody."""
OTHERS: Final = {
    "accounts_licence_verify_now": "accounts.change_licence",
    "accounts_privacyrequest_document": "accounts.change_privacyrequest",
    "marketplace_return_evidence": "marketplace.change_return",
}
"""Addresses of a screen that are no buttons."""
OTHER_VERBS: Final = {
    ("accounts_user", "change_access"): "suspend",
    ("leads_source", "delegate"): "delegate",
    ("accounts_user", "reset_second_factors"): "reset",
    ("scraping_fileimport", "rejects"): "view",
    ("billing_invoice", "page"): "view",
}
OF_EVERY_OPERATOR: Final = {"index", "logout", "password_change", "password_change_done", "autocomplete", "jsi18n"}
OF_EVERY_OPERATOR_TOO: Final = {"search", "view_on_site", "app_list", "toggle_sidebar"}
"""What Django and unfold bring along. They show what the operator may see anyway, or nothing of ours."""
OF_EVERYBODY: Final = {"login"}
NOT_ASKED: Final = OF_EVERYBODY | {"logout", "autocomplete", "index", "password_change", "password_change_done"}
SENSITIVE: Final = {
    "accounts_user": "create change_access set_password change_role set_staff_roles reset_second_factors",
    "accounts_licence": "verify refuse verify_now",
    "accounts_organisation": "adjust_credits",
    "accounts_privacyrequest": "look verify correct complete refuse document",
    "accounts_reportedbuyer": "decide",
    "accounts_suppression": "note look_up bring lift",
    "accounts_donotcalledition": "bring",
    "accounts_deletionlist": "bring follow",
    "accounts_erasure": "carry_on replay",
    "billing_adjustment": "ask confirm refuse",
    "billing_taxrate": "take_in end",
    "billing_payment": "refund settle",
    "billing_plan": "revise",
    "billing_pack": "add_pack revise withdraw",
    "pricing_pricepolicy": "set_policy",
    "marketplace_return": "accept refuse evidence",
    "marketplace_returnpolicy": "set_policy",
    "leads_source": "edit feed_access delegate",
    "scraping_supplierkey": "issue revoke",
}
"""Doors that ask first who it is, beside every route of a model and every action on many."""
BULK: Final = {"leads_lead": {"approve", "reject"}, "leads_source": {"crawl_now"}, "scraping_crawlrun": {"believe"}}
WHO: Final = ("stranger", "member", "no role", *StaffRole)


class Told(BaseStorage):
    """Messages that nobody reads."""

    def _get(self, *args: Any, **kwargs: Any) -> Any:
        return [], True

    def _store(self, *args: Any, **kwargs: Any) -> Any:
        return []


@pytest.fixture
def cast(alice, db) -> dict[str, Any]:
    """One user for each of ``WHO``."""
    people: dict[str, Any] = {"stranger": AnonymousUser(), "member": alice.user}
    for who in ("no role", *StaffRole):
        people[who] = User.objects.create_user(f"{who.replace(' ', '-')}@example.com", is_staff=True)
        people[who].groups.set(Group.objects.filter(name=who))
    return people


def doors_of(model: type[Any]) -> dict[str, str]:
    """The buttons and actions of a screen, and the address's name of each."""
    screen = SCREENS[model]
    label = f"{model._meta.app_label}_{model._meta.model_name}"
    buttons = [*screen.actions_list, *screen.actions_detail]
    names = [name for one in buttons for name in (one["items"] if isinstance(one, dict) else [one])]
    return {f"{label}_{name}": name for name in names}


def asked_for(pattern: URLPattern) -> str | None:
    """The permission that an address asks for; "" is nobody's, None for what every operator may."""
    name = pattern.name or ""
    if name in OTHERS:
        return OTHERS[name]
    for model in SCREENS:
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        if not name.startswith(f"{label}_"):
            continue
        what = name.removeprefix(f"{label}_")
        if what in SHOWN:
            return SHOWN[what] and permission_of(model._meta.label_lower, SHOWN[what])
        if name in doors_of(model):
            return permission_of(model._meta.label_lower, OTHER_VERBS.get((label, what), "change"))
    assert name in OF_EVERY_OPERATOR | OF_EVERY_OPERATOR_TOO | OF_EVERYBODY, f"{name} has no row"
    return None


def addresses() -> Iterator[URLPattern]:
    def walk(patterns: Any) -> Iterator[URLPattern]:
        for one in patterns:
            if hasattr(one, "url_patterns"):
                yield from walk(one.url_patterns)
            elif one.name:
                yield one

    return walk(admin.site.urls[0])


def ask(pattern: URLPattern, user: Any, *, is_fresh: bool = True, method: str = "get", row: object = None) -> str:
    """What an address says, about ``row`` where it names one.

    One of ``refused``, ``log in``, ``prove`` who one is, ``no row`` or ``answered``.
    """
    request = getattr(RequestFactory(), method)("/admin/")
    request.user, request.session = user, SessionStore()
    request.htmx = False
    request._messages = Told(request)
    request._dont_enforce_csrf_checks = True
    if is_fresh and isinstance(user, User):
        request.session[step_up.SESSION_KEY] = step_up.note_for(user)
    try:
        named = dict.fromkeys(getattr(pattern.pattern, "regex", re.compile("")).groupindex, "leads")
        given = named | {name: str(row) if row else _some(to) for name, to in pattern.pattern.converters.items()}
        answer = pattern.callback(request, **given)
    except PermissionDenied:
        return "refused"
    except Http404:
        return "no row"
    place = answer.get("Location", "")
    if place.startswith("/admin/login/"):
        return "log in"
    if place == "/admin/":
        return "no row"  # Django's screens say so on the first page
    return "prove" if place.startswith("/account/confirm/") else "answered"


def _some(converter: Any) -> Any:
    return uuid4() if "UUID" in type(converter).__name__ else converter.to_python("0")


def test_every_screen_stands_in_the_table_and_every_row_is_a_screen():
    assert {model._meta.label_lower for model in SCREENS} == set(staff.SCREENS)


def test_every_address_answers_those_roles_that_may_and_no_others(cast):
    wrong = {}
    for pattern in addresses():
        permission = asked_for(pattern)
        if pattern.name in NOT_ASKED:
            continue  # they change the session, or draw themselves whole
        for who in WHO:
            is_role = who in StaffRole.values
            if who in {"stranger", "member"}:
                expected = {"log in"}
            elif permission is None or (is_role and permission in granted([StaffRole(who)])):
                expected = {"answered", "no row"}
            else:
                expected = {"refused"}
            if (said := ask(pattern, cast[who])) not in expected:
                wrong[pattern.name, who] = said

    assert wrong == {}
    assert AuditEntry.objects.filter(actor__is_staff=True).count() == 0


@pytest.fixture
def dana(olga, open_source) -> User:
    """An operator without a role, to whom one of two sources was given."""
    dana = User.objects.create_user("dana@example.com", is_staff=True)
    delegation.delegate_source(slug=open_source.pk, user_ids=[dana.pk], actor_id=olga.pk)
    return dana


def rows_of(source: Source) -> dict[str, object]:
    """A row of every screen that leads to a source, by the screen's label: its key."""
    lead = offer_lead(source)
    Lead.objects.filter(pk=lead.pk).update(state=Lead.State.REVIEW)
    mapping = ColumnMapping.objects.create(source=source, name="A", document=NOTHING_MAPPED)
    file = {"mapping_document": NOTHING_MAPPED, "file_name": "rows.csv", "size_bytes": 9, "state": "finished"}
    page = {"body": "eA==", "expected": {"page": "rejected", "records": []}}
    return {
        "leads_source": source.pk,
        "leads_lead": lead.pk,
        "leads_sourceright": SourceRight.objects.get(source=source).pk,
        "scraping_crawlarea": CrawlArea.objects.create(source=source, name="Austin", start="/austin").pk,
        "scraping_crawlrun": CrawlRun.objects.create(source=source, state="finished").pk,
        "scraping_savedpage": SavedPage.objects.create(source=source, name="A page", **page).pk,
        "scraping_fileimport": FileImport.objects.create(source=source, **file).pk,
        "scraping_columnmapping": mapping.pk,
    }


def test_who_was_given_one_source_opens_its_doors_and_no_others(dana, open_source):
    """Every address of the back office: as it answers about what is theirs, and about what is another source's."""
    theirs, others = rows_of(open_source), rows_of(make_source("other-site", may_list=True))
    assert {f"{one._meta.app_label}_{one._meta.model_name}" for one in SCREENS if SCREENS[one].given_along} == set(
        theirs
    )
    wrong, opened = {}, set()
    for pattern in addresses():
        name = pattern.name or ""
        if name in NOT_ASKED or asked_for(pattern) is None:
            continue
        label = next((one for one in theirs if name.startswith(f"{one}_")), "")
        what = name.removeprefix(f"{label}_")
        is_of_a_row = bool(pattern.pattern.converters)
        is_shown = what in {"changelist", "change", "history"}
        may = bool(label) and (is_shown or (is_of_a_row and what in given_doors(label)))
        about_theirs = ask(pattern, dana, row=theirs.get(label))
        about_others = ask(pattern, dana, row=others.get(label)) if is_of_a_row else ""
        expected = {"answered"} if may else {"refused", "no row"}
        if about_theirs not in expected or (about_others not in {"", "refused", "no row"} and what != "history"):
            wrong[name] = (about_theirs, about_others)
        opened |= {name} if may else set()

    assert wrong == {}
    assert opened >= {"leads_source_edit", "leads_lead_approve_this", "scraping_fileimport_rejects"}
    assert not opened & {"leads_source_delegate", "scraping_fileimport_upload", "leads_source_add_source"}


def given_doors(label: str) -> set[str]:
    """The buttons of a row that whoever was given it may press."""
    [screen] = [
        one for model, one in SCREENS.items() if f"{model._meta.app_label}_{model._meta.model_name}" == label
    ]
    doors = {one for told in screen.actions_detail for one in (told["items"] if isinstance(told, dict) else [told])}
    return {one for one in doors if OTHER_VERBS.get((label, one), "change") in {*screen.given_verbs, "view"}}


def test_what_is_sensitive_asks_first_who_it_is(cast):
    sensitive = {f"{label}_{name}" for label, told in SENSITIVE.items() for name in told.split()}
    for pattern in addresses():
        name = pattern.name or ""
        asks = name in sensitive or name.startswith("ai_route_set_")
        if (asked_for(pattern) and name in OTHERS) or any(name in doors_of(model) for model in SCREENS):
            method = "post" if name.endswith("verify_now") else "get"
            assert (ask(pattern, cast["admin"], is_fresh=False, method=method) == "prove") == asks, name


def test_actions_on_many_are_for_who_may_act_and_ask_first(cast):
    for model, screen in SCREENS.items():
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        for role in StaffRole:
            request = RequestFactory().get("/admin/")
            request.user, request.session, request.htmx = cast[role], SessionStore(), False
            may = permission_of(model._meta.label_lower, "change") in granted([role])
            offered = screen.get_actions(request)

            assert set(offered) == (BULK.get(label, set()) if may else set()), (label, role)
            for action, _, _ in offered.values():
                answer = action(screen, request, model._default_manager.none())
                assert answer["Location"].startswith("/account/confirm/"), (label, role)


def test_each_role_is_kept_to_its_own():
    curators, finance, operators = (granted([role]) for role in ("curator", "finance", "operator"))

    money = {
        "billing.view_account",
        "billing.change_adjustment",
        "marketplace.view_purchase",
        "marketplace.change_return",
    }
    assert not curators & money
    assert not {one for one in curators if one.startswith(("accounts.", "billing.")) or "receiver" in one}
    assert finance >= money
    assert not {one for one in finance if "_lead" in one or "privacy" in one or "_user" in one or "source" in one}
    assert operators >= {"leads.change_lead", "leads.look_lead", "marketplace.change_return"}
    assert operators >= {"accounts.change_privacyrequest", "accounts.suspend_user"}
    assert "accounts.change_user" not in operators | curators | finance
    assert "django_celery_beat.change_periodictask" not in operators | curators | finance
    assert granted(["admin"]) == {
        permission_of(label, verb) for label, verbs in staff.SCREENS.items() for verb in verbs
    }


def test_groups_have_what_the_table_says_and_lose_what_was_given_by_hand(cast):
    curators = Group.objects.get(name="curator")
    by_hand = Group.objects.get(name="admin").permissions.get(codename="change_adjustment")
    curators.permissions.add(by_hand)
    curators.permissions.remove(curators.permissions.get(codename="change_source"))

    staff.make_groups()

    for role in StaffRole:
        assert User.objects.get(pk=cast[role].pk).get_all_permissions() == granted([role])


def test_operators_from_before_keep_what_they_could_do(cast):
    Group.objects.filter(name__in=StaffRole.values).delete()

    staff.make_groups()

    assert sorted(cast["no role"].groups.values_list("name", flat=True)) == ["curator", "finance", "operator"]
    assert not cast["member"].groups.exists()
