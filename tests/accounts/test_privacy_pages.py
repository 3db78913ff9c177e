"""/privacy/: asked without an account, proven by a code, and the same answer for everybody."""

import base64
import io
import json
import re

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import translation
from PIL import Image

from accounts.models import IdentityCode, IdentityDocument, PrivacyRequest, Suppression
from accounts.privacy import holders
from accounts.privacy.errors import IdentityRefused
from accounts.privacy.people import Person
from accounts.privacy.receipts import Receipt
from accounts.services import identity, privacy, privacy_outcomes
from aiqleads.core import events
from aiqleads.core.models import AuditEntry, OutboxEvent
from aiqleads.core.text_messages import sandbox
from scraping.demo.server import listen, running
from tests.accounts.privacy_requests import CASEY, CASEYS_PHONE, OneHolder, code_in, link_in
from tests.security.conftest import visitor
from tests.security.hostile_files import PDF

pytestmark = pytest.mark.django_db

FORM = {"kind": "erase", "name": "Casey Homeowner", "email": CASEY, "state": "CA"}


@pytest.fixture
def client() -> Client:
    return visitor()


@pytest.fixture(autouse=True)
def mailbox(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    return mail.outbox


@pytest.fixture
def holder(alice):
    """Stands alone, so that a test sees what is asked of it."""
    before = list(holders.everywhere())
    for one in before:
        holders.forget(one.name)
    held = OneHolder(buyers=[(alice.organisation_id, "Alice Realty")])
    holders.register(held)
    yield held
    holders.forget(held.name)
    for one in before:
        holders.register(one)


def send(client, **changes):
    answer = client.post("/privacy/", {**FORM, **changes})
    assert answer.status_code == 302, answer.context["form"].errors
    return answer


def link(client, **changes) -> str:
    """Send the form; the link of the letter that comes."""
    send(client, **changes)
    events.deliver_all()
    return link_in(mail.outbox[-1])


def address(page: str, door: str = "") -> str:
    path, _, query = page.partition("?")
    return f"{path}{door}?{query}"


def ask_code(client, page, typed=CASEY):
    answer = client.post(address(page, "code/"), {"address": typed})
    events.deliver_all()
    return answer


def prove(client, page, typed=CASEY) -> None:
    ask_code(client, page, typed)
    answer = client.post(address(page, "proof/"), {"code": code_in(mail.outbox[-1].body)})
    assert answer.status_code == 302, answer.content.decode()
    events.deliver_all()


def test_everything_of_a_proven_person_is_erased_and_the_receipt_says_who_bought_it(client, holder):
    page = link(client)
    assert PrivacyRequest.objects.get().state == "awaiting_identity"

    prove(client, page)

    request = PrivacyRequest.objects.get()
    assert (request.state, holder.is_erased) == ("completed", True)
    receipt = client.get(address(page, "receipt/")).content.decode()
    for said in ("Alice Realty", "Open homes", "3 records", "California Privacy Protection Agency"):
        assert said in receipt
    told = client.get(address(page, "receipt.json")).json()
    assert (told["erased_rows"], told["held"][0]["sold"][0]["organisation"]) == (3, "Alice Realty")
    assert Suppression.objects.get().why == "erased"
    steps = [step.step for step in request.steps.order_by("id")]
    assert steps == ["received", "acknowledged", "awaiting_identity", "verified", "in_progress", "completed"]
    assert {"privacy_request.received", "privacy_request.verified", "privacy_request.completed"} <= set(
        AuditEntry.objects.values_list("action", flat=True)
    )


def test_nobody_has_to_prove_anything_to_opt_out_of_sale(client, holder):
    page = link(client, kind="opt_out")
    events.deliver_all()

    assert PrivacyRequest.objects.get().state == "completed"
    assert [(row.scope, row.why) for row in Suppression.objects.all()] == [("sale", "opted_out")]
    receipt = client.get(address(page, "receipt/")).content.decode()
    assert "We sell your information to nobody any more" in receipt
    assert "Alice Realty" not in receipt, "who asked proved nothing"
    assert client.get(address(page, "receipt.json")).json()["held"] == []


def test_whoever_asks_to_know_reads_the_values_and_they_are_kept_nowhere(client, holder):
    page = link(client, kind="know")

    prove(client, page)

    assert "Casey Homeowner" in client.get(address(page, "receipt/")).content.decode()
    assert "Casey Homeowner" not in json.dumps(PrivacyRequest.objects.get().receipt)
    holder.is_erased = True
    assert "Casey Homeowner" not in client.get(address(page, "receipt/")).content.decode()


def test_a_correction_waits_for_an_operator(client, holder, olga):
    page = link(client, kind="correct", right_name="Casey Smith")
    prove(client, page)
    request = PrivacyRequest.objects.get()
    assert (request.state, holder.corrected) == ("verified", {})

    privacy_outcomes.apply_corrections(request_id=request.pk, actor_id=olga.pk)

    assert holder.corrected == {"name": "Casey Smith"}
    assert "We corrected: name." in client.get(address(page, "receipt/")).content.decode()


def test_known_and_unknown_people_are_answered_alike(client, holder):
    page = link(client, email="stranger@example.com")
    mail.outbox.clear()

    known = ask_code(client, page, CASEY)
    known_page = client.get(page).content
    other = link(visitor(), email="stranger@example.com", name="Other")
    unknown = ask_code(client, other, "nobody@example.com")
    unknown_page = client.get(other).content

    assert (known.status_code, unknown.status_code) == (302, 302)
    assert shown(known_page) == shown(unknown_page)
    to_known = next(letter for letter in mail.outbox if letter.to == [CASEY])
    to_unknown = next(letter for letter in mail.outbox if letter.to == ["nobody@example.com"])
    assert re.search(r"^\d{6}$", to_known.body, re.MULTILINE)
    assert "hold nothing under it" in to_unknown.body
    assert not re.search(r"\b\d{6}\b", to_unknown.body)


def shown(page: bytes) -> str:
    """A page without what is random in every one."""
    text = re.sub(r"/privacy/requests/[^/\"]+", "", page.decode())
    text = re.sub(r'datetime="[^"]+"', "", text)
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"|[2-9A-Z]{4}-[2-9A-Z]{4}', "", text)


def test_wrong_codes_are_answered_alike_whether_a_code_was_sent_or_not(client, holder, clock):
    known, unknown = link(client), link(client, email="b@example.com")
    ask_code(client, known, CASEY)
    ask_code(client, unknown, "nobody@example.com")

    def said(page, typed="000000"):
        return shown(client.post(address(page, "proof/"), {"code": typed}).content)

    for _ in range(6):
        assert said(known, "x") == said(unknown, "x")
    clock.advance(minutes=16)
    assert said(known) == said(unknown)


def test_looking_for_somebody_takes_no_part_in_the_answer(client, holder):
    page = link(client)
    holder.asked_for.clear()

    client.post(address(page, "code/"), {"address": CASEY})

    assert holder.asked_for == [], "whether we hold it is found out where the code is sent"


def test_a_relative_with_another_address_learns_nothing(client, holder):
    """Everything else in the form is the owner's; the code reaches the relative's own mailbox."""
    holder.emails.add("relative@example.com")
    page = link(client, email="relative@example.com", phones="512-555-0142", address="12 Oak St, Austin, TX 78704")
    prove(client, page, "relative@example.com")

    assert privacy.proven_person(PrivacyRequest.objects.get()) == Person.of(emails=["relative@example.com"])
    assert all(not person.phones and not person.names for person in holder.asked_for)


def test_a_stranger_without_the_code_gets_nowhere(client, holder):
    page = link(client, email="estranged@example.com", phones="512-555-0142")
    ask_code(client, page, CASEY)
    right = code_in(mail.outbox[-1].body)

    for number in range(5):
        assert client.post(address(page, "proof/"), {"code": f"{number:06d}"}).status_code == 400
    answer = client.post(address(page, "proof/"), {"code": right})

    assert "Too many wrong codes" in answer.content.decode()
    assert (PrivacyRequest.objects.get().state, holder.is_erased) == ("awaiting_identity", False)


def test_a_code_works_for_15_minutes_and_once(client, holder, clock):
    page = link(client)
    ask_code(client, page)
    code = code_in(mail.outbox[-1].body)
    clock.advance(minutes=16)

    assert "older than 15 minutes" in client.post(address(page, "proof/"), {"code": code}).content.decode()
    ask_code(client, page)
    newest = {"code": code_in(mail.outbox[-1].body)}
    assert client.post(address(page, "proof/"), newest).status_code == 302
    events.deliver_all()
    steps = PrivacyRequest.objects.get().steps.count()

    assert client.post(address(page, "proof/"), newest).status_code == 302
    with pytest.raises(IdentityRefused):
        identity.try_code(request_id=PrivacyRequest.objects.get().pk, typed=newest["code"])
    assert PrivacyRequest.objects.get().steps.count() == steps


def test_three_codes_a_day_and_no_two_within_half_a_minute(client, holder, clock):
    page = link(client)
    ask_code(client, page)
    assert "half a minute" in ask_code(client, page).content.decode()
    for _ in range(2):
        clock.advance(seconds=31)
        assert ask_code(client, page).status_code == 302
    clock.advance(seconds=31)

    refused = ask_code(client, page)

    assert "at most three codes a day" in refused.content.decode()
    assert IdentityCode.objects.count() == 3


def test_one_address_gets_three_codes_a_day_whoever_asks(client, holder):
    for number in range(5):
        ask_code(client, link(client, email=f"asker{number}@example.com"), CASEY)

    codes = [letter for letter in mail.outbox if letter.to == [CASEY]]
    assert len(codes) == 3


def test_the_very_same_form_a_hundred_times_is_one_request_and_three_letters(client, holder, settings):
    send(client)
    request = PrivacyRequest.objects.get()
    told = {name: getattr(request, name) for name in ("kind", "language", "state_code")}
    for _ in range(99):
        privacy.take_request(asked=privacy.Asked(answer_to=CASEY, said=request.said, **told))
    events.deliver_all()

    assert PrivacyRequest.objects.count() == 1
    assert len(mail.outbox) == 3
    assert len({link_in(letter) for letter in mail.outbox}) == 3, "no link is told twice"


def test_links_are_kept_as_hashes_and_forged_ones_lead_nowhere(client, holder):
    page = link(client)
    token = page.split("/")[3]

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(l)::text FROM accounts_privacylink l")
        assert token not in cursor.fetchone()[0]
    assert token not in json.dumps(list(OutboxEvent.objects.values_list("payload", flat=True)))
    for forged in (token[:-1], token + "A", token.swapcase(), "x", "x" * 5000, "%00", "é"):
        assert client.get(f"/privacy/requests/{forged}/").status_code in {404, 410}
    assert client.get(page).headers["Referrer-Policy"] == "same-origin"


def test_what_they_wrote_is_nowhere_in_plain_words(client, holder):
    send(client, details="He shouts at my door every evening", kind="report_harassment", channel="visit")
    events.deliver_all()

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(r)::text FROM accounts_privacyrequest r")
        row = cursor.fetchone()[0]
    kept = json.dumps([list(AuditEntry.objects.values()), list(OutboxEvent.objects.values())], default=str)
    for said in ("Casey", CASEY, "shouts"):
        assert said not in row
        assert said not in kept


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "guess"},
        {"name": ""},
        {"email": "nobody"},
        {"name": "x" * 101},
        {"details": "x" * 3001},
        {"phones": "call me"},
        {"phones": ", ".join(f"512-555-01{n:02d}" for n in range(10, 16))},
        {"other_emails": "a@example.com, b"},
        {"state": "XX"},
        {"kind": "correct"},
        {"kind": "correct", "right_phone": "12"},
        {"kind": "report_harassment", "channel": "call"},
        {"kind": "report_harassment", "details": "They call"},
        {"is_by_agent": "on"},
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_is_kept(client, changes):
    answer = client.post("/privacy/", {**FORM, **changes})

    assert answer.status_code == 400
    assert "Nothing was sent yet" in answer.content.decode()
    assert not PrivacyRequest.objects.exists()


@pytest.mark.parametrize("name", ["Søren Ångström", "李小龍", "Мария", "🏠 O’Brien", "a\u202eb", "ﷺ" * 100])
def test_every_alphabet_is_a_name(client, holder, name):
    page = link(client, name=name)

    assert client.get(page).status_code == 200
    assert PrivacyRequest.objects.get().said["name"] == name


def test_a_machine_that_fills_every_field_is_thanked_and_forgotten(client):
    assert client.post("/privacy/", {**FORM, "company_website": "https://x.example.com"}).status_code == 302
    assert not PrivacyRequest.objects.exists()


def test_one_address_sends_so_many_forms_an_hour(client):
    for _ in range(20):
        client.post("/privacy/", {})

    refused = client.post("/privacy/", FORM)

    assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)
    assert not PrivacyRequest.objects.exists()


def test_the_browsers_signal_is_honoured_and_noted(client, holder):
    signalled = {"headers": {"Sec-GPC": "1"}}
    assert "Global Privacy Control" in client.get("/privacy/", **signalled).content.decode()
    assert "Global Privacy Control" not in client.get("/privacy/").content.decode()

    client.post("/privacy/", FORM, **signalled)

    assert PrivacyRequest.objects.get().has_privacy_signal


def test_a_request_is_taken_back_before_anything_is_done(client, holder):
    page = link(client)

    client.post(address(page, "withdraw/"))
    events.deliver_all()

    assert PrivacyRequest.objects.get().state == "withdrawn"
    assert "took your request back" in mail.outbox[-1].body
    assert not holder.is_erased
    ask_code(client, page)
    assert not IdentityCode.objects.exists()


def test_an_agent_proves_nothing_by_a_code(client, holder, olga):
    page = link(client, is_by_agent="on", agent_name="Attorney")
    assert ask_code(client, page).status_code == 400

    privacy.verify_by_operator(request_id=PrivacyRequest.objects.get().pk, how="authority", actor_id=olga.pk)
    events.deliver_all()

    assert (PrivacyRequest.objects.get().state, holder.is_erased) == ("completed", True)


def test_erasing_what_was_erased_erases_nothing_more(client, holder):
    prove(client, link(client))
    privacy_outcomes.carry_out(request_id=PrivacyRequest.objects.get().pk)
    holder.is_erased = False  # somebody else's row from now on

    privacy_outcomes.carry_out(request_id=PrivacyRequest.objects.get().pk)

    assert not holder.is_erased


def test_who_dies_half_way_is_gone_on_with(client, holder):
    page = link(client)
    ask_code(client, page)
    erase, holder.erase = holder.erase, None
    client.post(address(page, "proof/"), {"code": code_in(mail.outbox[-1].body)})
    events.deliver_all()
    assert PrivacyRequest.objects.get().state == "in_progress"

    holder.erase = erase
    for request_id in privacy_outcomes.unfinished():
        privacy_outcomes.carry_out(request_id=request_id)

    request = PrivacyRequest.objects.get()
    assert (request.state, request.receipt["held"][0]["source"]) == ("completed", "Open homes")


def test_in_spanish_from_the_form_to_the_letter(client, holder):
    assert "Su información y sus derechos" in client.get("/privacy/?language=es").content.decode()
    client.post("/privacy/?language=es", FORM)
    events.deliver_all()

    assert "Su solicitud de privacidad" in mail.outbox[-1].subject
    assert 'lang="es"' in client.get(link_in(mail.outbox[-1])).content.decode()


def test_a_letter_may_be_away_and_comes_later(client, holder, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    send(client)
    events.deliver_all()
    assert PrivacyRequest.objects.get().state == "received"


def test_every_page_links_to_it(client):
    assert '/privacy/"' in client.get("/sell/").content.decode().replace("?language=en", "")
    assert '/privacy/"' in client.get("/proof/").content.decode()


def test_a_number_that_we_hold_is_texted(client, holder, settings):
    assert "cannot send text messages" in ask_code(client, link(client), CASEYS_PHONE).content.decode()


def picture(**options) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(drawn, "JPEG", **options)
    return drawn.getvalue()


def bring(client, page, body, name="id.jpg"):
    return client.post(address(page, "document/"), {"document": SimpleUploadedFile(name, body)})


def test_a_document_is_drawn_anew_kept_encrypted_and_gone_with_the_decision(client, holder, olga):
    page = link(client)

    assert bring(client, page, picture(comment=b"taken at home")).status_code == 302

    document = IdentityDocument.objects.get()
    assert document.media_type == "image/jpeg"
    assert b"taken at home" not in base64.b64decode(document.body)
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM accounts_identitydocument")
        assert document.body.encode() not in bytes(cursor.fetchone()[0])
    assert "one of us looks at it" in client.get(page).content.decode()
    privacy.verify_by_operator(request_id=PrivacyRequest.objects.get().pk, how="document", actor_id=olga.pk)
    assert not IdentityDocument.objects.exists()
    bring(client, page, picture())
    assert not IdentityDocument.objects.exists(), "nothing is brought after the decision"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"MZ\x90\x00",
        b"<svg onload=alert(1)>",
        b"%PDF-1.7 without an end",
        b"\xff\xd8\xff broken",
        b"x" * 5_242_881,
    ],
)
def test_what_is_no_document_is_refused_and_not_kept(client, holder, body):
    page = link(client)

    assert bring(client, page, body, "../../etc/passwd").status_code == 400
    assert not IdentityDocument.objects.exists()


def test_three_documents_are_all(client, holder):
    page = link(client)
    for _ in range(3):
        assert bring(client, page, PDF).status_code == 302

    assert bring(client, page, PDF).status_code == 400
    assert IdentityDocument.objects.count() == 3


def test_nothing_is_called_done_while_nobody_answers_for_what_we_hold(client, holder):
    page = link(client)
    ask_code(client, page)
    code = code_in(mail.outbox[-1].body)
    holders.forget(holder.name)

    client.post(address(page, "proof/"), {"code": code})
    events.deliver_all()

    assert PrivacyRequest.objects.get().state == "verified"
    assert OutboxEvent.objects.get(delivered_at=None).name == "privacy_request.ready"


def test_a_receipt_tells_what_was_held_in_its_readers_language(db):
    line = {"what": "name, telephone number, the advert's words", "right": "Written permission"}
    told = {"held": [{**line, "source": "Open homes", "since": None, "sold": []}]}
    receipt = Receipt(request=PrivacyRequest(), told=told, is_theirs=True, values=(), reported=(), authorities=())

    with translation.override("es"):
        [held] = receipt.held

    assert held["what"] == "nombre, teléfono, las palabras del anuncio"
    assert held["right"] == "Permiso por escrito"
    with translation.override("en"):
        assert receipt.held[0]["what"] == line["what"]


def test_a_code_by_text_message_proves_who_asks_over_the_service_that_ships(client, holder, settings, tmp_path):
    with (
        listen(0) as listening,
        running(sandbox.create_app(account="AC1", token="t", folder=tmp_path), [listening]),
    ):
        settings.SMS_URL = f"http://AC1:t@127.0.0.1:{listening.getsockname()[1]}"
        settings.SMS_FROM = "+15125550100"
        page = link(client, kind="know", email="else@example.com", phones=CASEYS_PHONE)
        ask_code(client, page, "(512) 555-0142")

        [message] = tmp_path.glob("*.log")
        told = message.read_text()
        assert f"To: {CASEYS_PHONE}" in told
        [code] = re.findall(r"AIQLeads: (\d{6}) is your code", told)
        assert not any(code in letter.body for letter in mail.outbox)
        answer = client.post(address(page, "proof/"), {"code": code})
    events.deliver_all()

    assert answer.status_code == 302
    request = PrivacyRequest.objects.get()
    assert (request.state, request.proven_by, request.proven["phones"]) == ("completed", "code", [CASEYS_PHONE])
