"""The proof "sold 1 of 1": counts every delivery ever, names nobody, and is believed only as we signed it."""

import json
import re
import shutil
import subprocess
from base64 import b64decode
from html import unescape
from urllib.parse import quote

import pytest
from django.db import transaction

from aiqleads.core import events, signatures
from leads.merging import merge
from leads.models import Lead
from marketplace import selectors, services
from marketplace.return_rules import Reason
from tests.marketplace.returned import buy

pytestmark = pytest.mark.django_db

STRANGE = "6f2c0000-0000-4000-8000-000000000000"


def says(lead: Lead) -> str:
    return selectors.sale_count(lead.pk).says


def give_back(purchase, olga, reason=Reason.OUT_OF_AREA) -> None:
    asked = services.request_return(purchase_id=purchase.pk, buyer=purchase.membership, reason=reason)
    services.decide_return(return_id=asked.pk, is_accepted=True, says="So it is.", actor_id=olga.pk)


def test_an_exclusive_lead_is_sold_one_of_one(lead, alice):
    assert says(lead) == "sold 0 of 1"

    buy(lead, alice)

    assert says(lead) == "sold 1 of 1"


def test_shared_copies_are_counted(make_lead, alice, charlie):
    shared = make_lead(copies=3)
    buy(shared, alice)
    buy(shared, charlie)

    assert says(shared) == "sold 2 of 3"


def test_a_returned_delivery_counts_for_ever(lead, alice, charlie, olga):
    give_back(buy(lead, alice), olga)
    assert says(lead) == "sold 1 of 2, 1 of them given back"

    buy(lead, charlie)

    assert says(lead) == "sold 2 of 2, 1 of them given back"
    assert [delivery.is_standing for delivery in selectors.sale_count(lead.pk).deliveries] == [False, True]


def test_a_delivery_that_is_not_sold_again_still_counts(lead, alice, olga):
    give_back(buy(lead, alice), olga, Reason.WRONG_NUMBER)

    assert says(lead) == "sold 1 of 1, 1 of them given back"


def test_what_was_sold_under_another_name_counts(make_lead, alice, charlie):
    winner, loser = make_lead(), make_lead()
    buy(loser, alice)
    with transaction.atomic():
        merge(winner, [loser])
    events.deliver_all()

    assert (says(winner), says(loser)) == ("sold 1 of 1", "sold 1 of 1")


def test_both_sales_of_a_home_that_was_two_leads_count(make_lead, alice, charlie):
    first, second = make_lead(), make_lead()
    buy(first, alice)
    buy(second, charlie)
    with transaction.atomic():
        merge(first, [second])
    events.deliver_all()

    assert says(first) == says(second) == "sold 2 of 2, 1 of them given back"


def test_it_names_no_person_and_no_buyer(lead, alice, client):
    bought = buy(lead, alice)

    stated = json.dumps(client.get(f"/api/v1/leads/{lead.pk}/proof/").json())
    page = client.get(f"/proof/{lead.pk}/").content.decode()

    for hidden in ("alice", "Alice", str(bought.pk), str(alice.organisation_id), lead.address_line):
        assert hidden not in stated
        assert hidden not in page


def test_the_api_signs_what_the_page_shows(client, lead, alice):
    buy(lead, alice)

    document = client.get(f"/api/v1/leads/{lead.pk}/proof/").json()
    page = client.get(f"/proof/{lead.pk}/").content.decode()

    assert document["statement"]["says"] == "sold 1 of 1"
    assert signatures.read_signed(json.dumps(document)) == document["statement"]
    assert "<h1>Sold 1 of 1</h1>" in page
    shown = unescape(re.search(r"readonly>(.*?)</textarea>", page, re.DOTALL).group(1))
    assert signatures.read_signed(shown)["says"] == "sold 1 of 1"
    link = unescape(re.search(r'href="(/proof/\?proof=[^"]+)"', page).group(1))
    assert "We signed this: sold 1 of 1." in client.get(link).content.decode()


def test_a_lead_that_never_was_offered_has_no_proof(client):
    assert client.get(f"/proof/{STRANGE}/").status_code == 404
    assert client.get(f"/api/v1/leads/{STRANGE}/proof/").status_code == 404


@pytest.fixture
def proof(client, lead, alice) -> str:
    buy(lead, alice)
    return json.dumps(client.get(f"/api/v1/leads/{lead.pk}/proof/").json())


def test_a_proof_is_checked_pasted_or_by_its_link(client, proof):
    pasted = client.post("/proof/", {"proof": f"  {proof}\n"})
    linked = client.post("/proof/", {"proof": f"https://leads.example.com/proof/?proof={quote(proof)}"})

    for answer in (pasted, linked):
        assert answer.status_code == 200
        assert "We signed this: sold 1 of 1." in answer.content.decode()
        assert "It is still so." in answer.content.decode()


def test_a_proof_that_is_outdated_says_what_came_since(client, proof, alice, charlie, olga):
    give_back(alice.organisation.purchases.get(), olga)

    page = client.post("/proof/", {"proof": proof}).content.decode()

    assert "We signed this: sold 1 of 1." in page
    assert "Since then: sold 1 of 2, 1 of them given back." in page


@pytest.mark.parametrize(
    "changed", [("sold 1 of 1", "sold 1 of 9"), ("Austin", "Dallas"), ('"key": "1"', '"key": "7"')]
)
def test_a_tampered_proof_fails(client, proof, changed):
    tampered = proof.replace(*changed)
    assert tampered != proof

    answer = client.post("/proof/", {"proof": tampered})

    assert answer.status_code == 422
    assert "We did not sign this." in answer.content.decode()


def test_what_is_no_proof_is_refused_in_words(client):
    for nonsense in ("x", "\0", "{", "http://[", "/proof/?proof=", "[" * 9_000, "9" * 60_000):
        assert client.post("/proof/", {"proof": nonsense}).status_code == 422
    assert client.get("/proof/").status_code == 200


def test_the_documented_steps_verify_it_without_us(client, proof, tmp_path):
    """As on the page: canonical JSON, 64 bytes out of Base64, the published key, OpenSSL."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on the PATH")
    [key] = client.get("/proof/keys/").json()["keys"]
    document = json.loads(proof)
    statement = json.dumps(document["statement"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    (tmp_path / "key.pem").write_text(key["pem"])
    (tmp_path / "signature.bin").write_bytes(b64decode(document["signature"]))
    command = [
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "key.pem",
        "-rawin",
        "-in",
        "statement.json",
        "-sigfile",
        "signature.bin",
    ]

    answers = []
    for told in (statement, statement.replace("sold 1 of 1", "sold 1 of 9")):
        (tmp_path / "statement.json").write_text(told)
        answers.append(
            subprocess.run([openssl, *command], cwd=tmp_path, capture_output=True, check=False).returncode
        )

    assert answers[0] == 0
    assert answers[1] != 0


def test_the_purchase_leads_to_its_proof(alices, lead, alice):
    bought = buy(lead, alice)

    page = alices.get(f"/purchases/{bought.pk}/").content.decode()

    assert "Sold 1 of 1" in page
    assert f'href="/proof/{lead.pk}/"' in page
