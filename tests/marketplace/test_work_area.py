"""Where an organisation says that it works, and what that proves of a purchase outside it."""

import pytest
from django.db import IntegrityError, transaction

from marketplace import services
from marketplace.models import WorkArea
from marketplace.return_rules import Reason
from tests.api.conftest import client_of
from tests.api.problems import assert_problem
from tests.marketplace.returned import buy

pytestmark = pytest.mark.django_db


def given_back(purchase) -> str:
    asked = services.request_return(purchase_id=purchase.pk, buyer=purchase.membership, reason=Reason.OUT_OF_AREA)
    return str(asked.state)


@pytest.mark.parametrize(
    ("zip_prefixes", "state"),
    [(["752", "75001"], "accepted"), (["787"], "requested"), (["78704"], "requested"), (["78705"], "accepted")],
)
def test_what_lies_outside_comes_back_at_once(lead, alice, zip_prefixes, state):
    services.state_work_area(buyer=alice, zip_prefixes=zip_prefixes)

    assert given_back(buy(lead, alice)) == state


def test_an_area_stated_after_the_purchase_proves_nothing(lead, alice):
    bought = buy(lead, alice)
    services.state_work_area(buyer=alice, zip_prefixes=["752"])

    assert given_back(bought) == "requested"


def test_without_an_area_a_person_decides(lead, alice):
    assert given_back(buy(lead, alice)) == "requested"


def test_it_is_said_on_a_page_and_kept_as_it_was_said(alices, bobs):
    assert b"78641, 787" not in alices.get("/organisation/area/").content

    for _ in range(2):
        said = alices.post("/organisation/area/", {"zip_codes": "787,\n 78641; 787"})

    assert said.status_code == 302
    assert WorkArea.objects.get().zip_prefixes == ["78641", "787"]
    assert b"78641, 787" in alices.get("/organisation/area/").content
    assert b"78641, 787" in bobs.get("/organisation/area/").content
    assert bobs.post("/organisation/area/", {"zip_codes": "752"}).status_code == 403
    with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
        WorkArea.objects.update(zip_prefixes=["752"])


def test_what_is_no_area_is_refused(alices):
    for text in ("", " , ", "Austin", "78", "787041", "７８７", "\0", "787 " * 201, "9" * 4_000):
        assert alices.post("/organisation/area/", {"zip_codes": text}).status_code == 400
    assert not WorkArea.objects.exists()


def test_programs_say_it_too(alice, bob, charlie):
    address = "/api/v1/organisation/area/"
    assert client_of(alice).get(address).json() == {"zip_prefixes": [], "stated_at": None}

    said = client_of(alice).put(address, {"zip_prefixes": ["787", "78641"]}, format="json")

    assert said.json()["zip_prefixes"] == ["78641", "787"]
    assert client_of(bob).get(address).json() == said.json()
    assert client_of(charlie).get(address).json()["zip_prefixes"] == []
    for wrong in ([], ["Austin"], ["78"], "787", None, [None]):
        assert_problem(client_of(alice).put(address, {"zip_prefixes": wrong}, format="json"), 400, "invalid")
    assert_problem(client_of(bob).put(address, {"zip_prefixes": ["752"]}, format="json"), 403, "not_your_role")
