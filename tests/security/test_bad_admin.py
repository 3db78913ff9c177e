"""What no operator's browser sends to the back office: a 4xx, never a stack trace, and nothing is changed."""

import itertools
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.conf import settings
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import (
    DeletionList,
    DoNotCallCheck,
    DoNotCallEdition,
    DoNotCallList,
    Erasure,
    Licence,
    Suppression,
)
from accounts.privacy.people import Person
from accounts.services import suppression
from ai.models import BatchJob
from aiqleads.core import alerts
from leads.models import DoubtfulPair, Lead, Merge, ScoringModel, VectorRecipe
from leads.scoring import PRIOR
from leads.vectors import CURRENT
from marketplace import services
from marketplace.grounds import Ground
from marketplace.return_rules import Reason
from scraping.models import FileImport, SavedPage, SupplierKey
from tests.accounts.privacy_requests import reported
from tests.ai.ledger import put_in_force, settled
from tests.back_office import SCREENS
from tests.billing.money_in import money_in
from tests.billing.subscribed import subscribe
from tests.conftest import at_length, log_in, open_membership
from tests.marketplace.intended import intend
from tests.marketplace.ordered import order_on
from tests.security.conftest import visitor

pytestmark = pytest.mark.django_db

NUL, HUGE = "a\0b", "x" * 60_000
BAD_VALUES = ("\0", "abc", "9" * 30, "(", "nan", "1e999", "é")
LOOKUPS = ("", "__exact", "__range", "__regex", "__isnull")
NO_IDS = ("\0", "abc", "9" * 30, "-1", "_00", "_", "é", "x" * 300, "../../")
PARAMETERS = ("q", "o", "p", "all", "e", "_popup", "_to_field", "_facets")

PAGE = b64encode(b"<h1>House by owner</h1>").decode()
NOTHING_MAPPED = {"rules": [], "kind": None, "keep": ""}
NOTHING_READ = {"page": "rejected", "records": []}


@pytest.fixture
def olgas(olga) -> Client:
    client = visitor()
    log_in(client, olga)
    return client


@pytest.fixture
def everything_there(lead, make_lead, alice, grant) -> None:
    """At least one row behind every form."""
    grant(alice, 50)
    sold = make_lead()
    services.hold_lead(lead_id=sold.pk, buyer=alice)
    Licence.objects.create(user=alice.user, state_code="OH", number="0142", expires_on="2099-12-31")
    [bought] = services.check_out(buyer=alice, idempotency_key="k")
    services.write_engagement(purchase_id=bought.pk)
    services.request_return(purchase_id=bought.pk, buyer=alice, reason=Reason.WRONG_NUMBER)
    services.add_webhook(member=alice, url="http://127.0.0.1:9/hooks", events=["lead.purchased"])
    held = make_lead()
    services.hold_lead(lead_id=held.pk, buyer=alice)
    services.join_waitlist(lead_id=held.pk, buyer=open_membership("dora"))
    territory = services.own_territory(member=alice, name="South", ground=Ground(zip_codes=("78704",)))
    order_on(alice, territory_id=territory.pk)
    intend(alice, held.pk)
    subscribe(open_membership("erin"), "premium")
    first, second = sorted((lead, make_lead()), key=lambda item: item.pk)
    DoubtfulPair.objects.create(first=first, second=second, points=20)
    Merge.objects.create(winner=first, loser=second, before={})
    VectorRecipe.objects.create(**asdict(CURRENT))
    ScoringModel.objects.create(version="trained-1", scorecard=PRIOR.as_json(), report={}, parity="within")
    alerts.open_alert(key="crawl.wall:x", says="A log-in wall.")
    money_in(alice)
    reported(alice.organisation)
    settled()
    put_in_force()
    BatchJob.objects.create(provider="openai", state="sent", batch_id="batch_1", file_id="file_1", questions=3)
    source = lead.observations.get().source
    SupplierKey.objects.create(source=source, name="Partner", beginning="sup_abcdef", key_hash="1:0")
    FileImport.objects.create(
        source=source, mapping_document=NOTHING_MAPPED, file_name="rows.csv", size_bytes=9, state="finished"
    )
    SavedPage.objects.create(
        source=source,
        name="A page",
        body=PAGE,
        expected=NOTHING_READ,
    )
    suppression.suppress(
        Person.of(phones=["+15125550199"]), Suppression.Why.REPLIED, scope=Suppression.Scope.CONTACT
    )
    federal = DoNotCallList.objects.create(slug="federal", name="National Do Not Call Registry")
    DoNotCallEdition.objects.create(of_list=federal, as_of="2026-11-01", key_version=1)
    DoNotCallCheck.objects.create(edition_ids=[1])
    DeletionList.objects.create(state_code="CA", file_name="list.csv", stored_as="deletion-lists/none")
    Erasure.objects.create(person={}, marks=[])


def address(model: type[Model], screen: str = "changelist", *args: str) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{screen}", args=args)


def queries(model: type[Model]) -> Iterator[str]:
    """Every parameter and every field, each with a bad value and a lookup in turn."""
    yield f"{model._meta.pk.attname}=%00"
    fields = [field.attname for field in model._meta.concrete_fields]
    lookups = (name + lookup for name, lookup in zip(fields, itertools.cycle(LOOKUPS), strict=False))
    for name, value in zip((*PARAMETERS, *lookups), itertools.cycle(BAD_VALUES), strict=False):
        yield f"{name}={quote(value)}"


def broken(client: Client, safely: Callable[..., Any], asked: Iterable[str]) -> dict[str, int]:
    """Which of ``asked`` end in an error of ours: all of them under SOAK=1, else every seventh."""
    answers = {path: safely(client.get, path).status_code for path in list(asked)[:: at_length(short=7, soak=1)]}
    return {path: status for path, status in answers.items() if status >= 500}


@pytest.mark.soak
def test_no_query_breaks_a_list(olgas, lead, unchanged, safely):
    asked = (f"{address(model)}?{query}" for model in SCREENS for query in queries(model))

    assert broken(olgas, safely, asked) == {}


@pytest.mark.soak
def test_no_id_breaks_a_screen(olgas, unchanged, safely):
    asked = (
        f"{address(model)}{quote(pk)}/{screen}/"
        for model in SCREENS
        for pk in NO_IDS
        for screen in ("change", "history", "delete")
    )

    assert broken(olgas, safely, asked) == {}


@pytest.mark.parametrize("action", ["approve", "reject", "no_such_action", "\0"])
def test_leads_that_are_not_there_are_not_decided(olgas, lead, unchanged, safely, action):
    for chosen in ("abc", "\0", "9" * 30, "é", "", str(uuid4())):
        answer = safely(olgas.post, address(Lead), {"action": action, "_selected_action": chosen, "index": "x"})

        assert answer.status_code in {200, 302, 400}


def test_a_lead_among_what_is_not_there_is_not_decided_either(olgas, lead, unchanged, safely):
    answer = safely(olgas.post, address(Lead), {"action": "reject", "_selected_action": [str(lead.pk), "abc"]})

    assert answer.status_code == 400


def forms() -> list[tuple[type[Model], str, bool]]:
    """Every button of every screen: its model, its name and whether it stands on a row's page."""
    return [
        (model, name, is_of_a_row)
        for model, screen in SCREENS.items()
        for buttons, is_of_a_row in ((screen.actions_list, False), (screen.actions_detail, True))
        for button in buttons
        for name in (button["items"] if isinstance(button, dict) else [button])
    ]


@pytest.mark.long
def test_no_form_keeps_what_makes_no_sense(olgas, everything_there, unchanged, safely, subtests):
    filled_in = 0
    for model, name, is_of_a_row in forms():
        if name == "look":
            continue  # no form: it shows personal values, and each look is recorded
        page = address(model, name, *([str(model._default_manager.first().pk)] if is_of_a_row else []))
        opened = olgas.get(page)
        form = opened.context and opened.context.get("form")
        if not form or not (fields := form.fields):
            continue  # leads to another form, or has nothing to fill in
        filled_in += 1
        long = HUGE[: settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2 // len(fields)]
        for value, step in (("\0", ""), ("\0", "confirm"), (long, "\0")):
            with subtests.test(page, step=step):
                answer = safely(olgas.post, page, dict.fromkeys(fields, value) | {"step": step})

                assert answer.status_code == 422
                assert answer.context["form"].errors
    assert filled_in > 20


@pytest.mark.long
def test_no_form_opens_for_a_row_that_is_not_there(olgas, unchanged, safely, subtests):
    for model, name, is_of_a_row in forms():
        for pk in ("\0", "abc", "9" * 30, str(uuid4())) if is_of_a_row else ():
            with subtests.test(model.__name__, name=name, pk=pk):
                assert safely(olgas.get, address(model, name, pk)).status_code in {400, 404}
                assert safely(olgas.post, address(model, name, pk), {"reason": "none"}).status_code in {400, 404}


OTHER_ADDRESSES = (
    "search/?s=%00",
    "search/?s=a&page=abc",
    "search/?s=" + "x" * 9_000,
    "autocomplete/?app_label=leads&model_name=lead&field_name=x",
    "r/1/%00/",
    "r/99999999999999999999/abc/",
    "jsi18n/?language=%00",
    "no-such-screen/",
    "leads/lead/add/",
    "leads/lead/01743507-48cc-4eee-b0f8-89b71db7fe8b/change/",
)


def test_no_other_address_breaks(olgas, unchanged, safely, subtests):
    for path in OTHER_ADDRESSES:
        with subtests.test(path[:40]):
            assert safely(olgas.get, f"/admin/{path}").status_code < 500


@pytest.mark.parametrize("name", ["", NUL, "alice@example.com", "x" * 60_000, "\ufffd"])
def test_the_back_office_lets_in_nobody_who_is_no_operator(client, alice, unchanged, name):
    door = client.post("/admin/login/", {"username": name, "password": "correct horse battery"})

    assert door["Location"] == "/account/login/?next=/admin/"  # everybody's, with its second factor
    assert client.get("/admin/").status_code == 302
    assert "_auth_user_id" not in client.session
