"""The guide's examples, run in their order over loopback; and a client that is generated from the document."""

import importlib
import json
import re
import socket
import subprocess
import sys
import time
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
import uvicorn
from django.conf import settings

from accounts import step_up
from accounts.models import Membership, User
from aiqleads.core import events
from marketplace import services
from scraping import suppliers
from tests.accounts.test_second_factors import shown
from tests.accounts.test_step_up import newest_code
from tests.api.conftest import PASSWORD
from tests.api.described import described
from tests.api.test_journey import contact_of, link_of_letter
from tests.conftest import enrolled, give_credits, licensed, make_source, offer_lead, open_membership
from tests.marketplace.receiving import receiving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.no_cover]
PARTS = re.compile(r"<!-- meanwhile: (.+?) -->|```(python|json)\n(.*?)```", re.DOTALL)


@pytest.fixture
def lead(transactional_db):
    offered = offer_lead(make_source("open-site", may_list=True), asking_price_cents=412_000_00)
    contact_of(offered)
    return offered


@pytest.fixture
def site(transactional_db):
    """The whole application on a free port of this process; its address."""
    from aiqleads.asgi import application

    server = uvicorn.Server(
        uvicorn.Config(
            application, lifespan="off", log_config=None, ws="websockets-sansio", timeout_graceful_shutdown=2
        )
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=10)


def the_member():
    return Membership.objects.get(user__email="dora@example.com")


def a_licence(said):
    licensed(the_member().user, "TX")


def some_credits(said):
    give_credits(the_member(), 100)


def somebody_holds_a_lead(said):
    services.hold_lead(
        lead_id=offer_lead(make_source("open-site", may_list=True)).pk, buyer=open_membership("erin")
    )
    events.deliver_all()


def twenty_log_ins(said):
    for _ in range(20):
        said["httpx"].post(said["api"].base_url.join("auth/token/"), json={"email": "dora@example.com"})


def the_letters_link(said):
    said["link"] = link_of_letter()


def a_letter_comes(said):
    said["code"] = newest_code()


def a_message_comes(said):
    services.send_due()
    [(headers, body)] = said["receiver"].got
    said |= {"headers": headers, "body": body}


def a_suppliers_key(said):
    olga = User.objects.create_user("olga@example.com", PASSWORD, is_staff=True)
    source = make_source("open-site", may_list=True)
    _, said["supplier_key"] = suppliers.issue_key(source=source, name="Partner", actor_id=olga.pk)


MEANWHILE = {
    "a licence": a_licence,
    "credits": some_credits,
    "somebody holds a lead": somebody_holds_a_lead,
    "twenty log-ins within a minute": twenty_log_ins,
    "the letter's link": the_letters_link,
    "a letter comes": a_letter_comes,
    "a message comes": a_message_comes,
    "a supplier's key": a_suppliers_key,
}


def assert_shaped(shown, came, where="answer"):
    """Each member that is shown came, of the same kind; lists are told by their first item."""
    if isinstance(shown, dict):
        assert isinstance(came, dict), where
        for name, inner in shown.items():
            assert name in came, f"{where} has no {name}: {sorted(came)}"
            assert_shaped(inner, came[name], f"{where}.{name}")
    elif isinstance(shown, list) and shown:
        assert came, where
        assert_shaped(shown[0], came[0], f"{where}[0]")
    elif shown is not None and came is not None:
        assert type(shown) is type(came), where


def test_the_guides_examples_run_and_answer_as_they_show(site, lead):
    with receiving() as receiver:
        guide = (settings.BASE_DIR / "docs" / "api.md").read_text()
        for shown, here in (
            ("https://leads.example.com", site),
            ("wss://leads.example.com", site.replace("http", "ws")),
            ("https://127.0.0.1:8443/hooks", receiver.url),
        ):
            assert shown in guide
            guide = guide.replace(shown, here)
        said: dict[str, object] = {"receiver": receiver}
        for meanwhile, language, text in PARTS.findall(guide):
            if meanwhile:
                MEANWHILE[meanwhile](said)
            elif language == "python":
                exec(compile(text, "docs/api.md", "exec"), said)  # noqa: S102  (ours, and shown to be run)
            else:
                assert_answered(json.loads(text), said["answer"])

    assert said["answer"].json()["results"][1]["outcome"] == "rejected"


def assert_answered(shown, answer):
    """An answer, or a message of a socket, is as it is shown; of a refusal its words for programs are the same."""
    came = answer if isinstance(answer, dict) else answer.json()
    assert_shaped(shown, came)
    for exact in {"code", "status", "type"} & shown.keys():
        assert came[exact] == shown[exact], came


@pytest.fixture(scope="session")
def generated_client(tmp_path_factory):
    """The package that a developer's generator makes of the document."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "document.json").write_text(json.dumps(described()))
    (folder / "settings.yml").write_text("package_name_override: aiqleads_client\npost_hooks: []\n")
    wanted = ["--path", "document.json", "--config", "settings.yml", "--output-path", "made", "--fail-on-warning"]
    made = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", *wanted],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder / "made"))
    yield importlib.import_module
    sys.path.remove(str(folder / "made"))


def samples(*names):
    """What the guide's examples define, without the requests around it."""
    guide = (settings.BASE_DIR / "docs" / "api.md").read_text()
    said: dict[str, object] = {}
    for _, language, text in PARTS.findall(guide):
        if language == "python" and any(f"def {name}(" in text for name in names):
            exec(compile(text, "docs/api.md", "exec"), said)  # noqa: S102  (ours)
    return [said[name] for name in names]


def test_a_partner_buys_by_the_generated_client_is_sent_the_lead_and_gives_it_back(generated_client, site):
    """As partners do: a second factor, pages, what did not change, the same order twice, a webhook, a return."""
    package = generated_client("aiqleads_client")
    models = generated_client("aiqleads_client.models")
    [is_ours] = samples("is_ours")

    def answered(operation, **what):
        return generated_client(f"aiqleads_client.api.{operation}").sync_detailed(**what)

    def ask(operation, **what):
        answer = answered(operation, **what)
        assert answer.status_code < 300, answer.content
        return answer.parsed

    open_site = make_source("open-site", may_list=True)
    offers = [offer_lead(open_site, price_credits=10 + number) for number in range(26)]
    contact_of(offers[0])
    alice = open_membership("alice")
    give_credits(alice, 25)
    enrolled(alice.user)
    anyone = package.Client(base_url=site)
    known = {"email": "alice@example.com", "password": PASSWORD}
    needed = answered("auth.log_in", client=anyone, body=models.TokenRequest(**known))
    assert (needed.status_code, needed.parsed.code) == (401, "otp_required")
    pair = ask("auth.log_in", client=anyone, body=models.TokenRequest(**known, otp=shown()))
    client = package.AuthenticatedClient(base_url=site, token=pair.access)

    first = answered("leads.list_leads", client=client, sort=models.ListLeadsSort.PRICE)
    cursor = parse_qs(urlsplit(first.parsed.next_).query)["cursor"][0]
    second = ask("leads.list_leads", client=client, sort=models.ListLeadsSort.PRICE, cursor=cursor)
    assert [one.id for one in [*first.parsed.results, *second.results]] == [one.pk for one in offers]
    assert second.next_ is None
    known_by = {"If-None-Match": first.headers["ETag"]}
    same = answered("leads.list_leads", client=client.with_headers(known_by), sort=models.ListLeadsSort.PRICE)
    assert (same.status_code, same.content, same.parsed) == (304, b"", None)

    proven = client.with_headers({"X-Step-Up": step_up.token_for(alice.user)})
    with receiving() as receiver:
        wish = models.WebhookWishRequest(url=receiver.url, events=[models.WebhookEvent.LEAD_PURCHASED])
        secret = ask("webhooks.create_webhook", client=proven, body=wish).secret
        hold = ask("cart.hold_lead", client=client, body=models.AddItemRequest(lead=offers[0].pk))
        order = {"client": client, "body": models.CheckOutRequest(items=[hold.id]), "idempotency_key": "order-1"}
        bought, again = answered("cart.check_out", **order), answered("cart.check_out", **order)
        events.deliver_all()
        services.send_due()
    assert bought.parsed == again.parsed
    assert again.headers["Idempotency-Replayed"] == "true"
    [(headers, body)] = receiver.got
    assert is_ours(body, headers, secret)
    [purchase] = bought.parsed.purchases
    assert str(purchase.id) in body.decode()

    why = models.AskReturnRequest(reason=models.AskReturnReasonEnum.WRONG_NUMBER, evidence="It rings at a bakery.")
    returned = ask("purchases.return_purchase", client=client, purchase_id=purchase.id, body=why)
    refused = answered("purchases.return_purchase", client=client, purchase_id=purchase.id, body=why)
    assert (returned.reason, returned.credited_credits) == ("wrong_number", 0)
    assert refused.status_code in {409, 422}
    assert refused.parsed.type_ == f"/problems/{refused.parsed.code}"


def test_a_generated_client_signs_up_buys_and_registers_a_webhook(generated_client, live_server, lead):
    package = generated_client("aiqleads_client")
    models = generated_client("aiqleads_client.models")

    def ask(operation, **what):
        answer = generated_client(f"aiqleads_client.api.{operation}").sync_detailed(**what)
        assert answer.status_code < 300, answer.content
        return answer.parsed

    anyone = package.Client(base_url=live_server.url)
    ask(
        "auth.sign_up",
        client=anyone,
        body=models.RegisterRequest(
            email="dora@example.com",
            password=PASSWORD,
            organisation_name="Dora Realty",
            accepted_terms_version="2026-11",
        ),
    )
    ask(
        "auth.confirm_email",
        client=anyone,
        body=models.LinkRequest(key=link_of_letter().rstrip("/").rpartition("/")[2]),
    )
    licensed(the_member().user, "TX")
    give_credits(the_member(), 25)
    pair = ask(
        "auth.log_in",
        client=anyone,
        body=models.TokenRequest(email="dora@example.com", password=PASSWORD),
    )
    dora = package.AuthenticatedClient(base_url=live_server.url, token=pair.access)
    found = ask("leads.list_leads", client=dora, beds_min=3)
    hold = ask("cart.hold_lead", client=dora, body=models.AddItemRequest(lead=found.results[0].id))
    receipt = ask(
        "cart.check_out",
        client=dora,
        body=models.CheckOutRequest(items=[hold.id], total_credits=hold.price_credits),
        idempotency_key=str(time.time_ns()),
    )
    contact = ask("leads.get_contact", client=dora, lead_id=lead.pk)
    webhook = ask(
        "webhooks.create_webhook",
        client=dora.with_headers({"X-Step-Up": step_up.token_for(User.objects.get(email="dora@example.com"))}),
        body=models.WebhookWishRequest(url="https://127.0.0.1:8443/hooks", events=[models.WebhookEvent.HOLD_ENDED]),
    )

    assert [one.id for one in found.results] == [lead.pk]
    assert (hold.price_credits, receipt.total_credits, receipt.balance_after_credits) == (10, 10, 15)
    assert [one.phone for one in contact.contacts] == ["+15125550142"]
    assert webhook.secret.startswith("whsec_")
