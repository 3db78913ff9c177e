"""/sell/ and /find-an-agent/: nothing before the confirmation, never more copies than agents, back at any time."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client

from aiqleads.core import events
from leads.models import Consent, Contact, Lead, Observation
from marketplace import services as marketplace
from marketplace.errors import LeadUnavailable, LeadWithdrawn
from marketplace.models import Claim, LeadSlot, Listing, Purchase
from marketplace.return_rules import Reason
from scraping import submissions
from scraping.models import Submission
from tests.security.conftest import visitor

pytestmark = pytest.mark.django_db

HOME = {
    "address": "1204 S Oak St",
    "city": "Austin",
    "state": "TX",
    "zip": "78704",
    "property_type": "single family",
    "beds_text": "3",
    "asking_price_text": "412000",
    "name": "Alice Homeowner",
    "email": "alice.homeowner@example.com",
    "phone": "(512) 555-0142",
    "agents": "1",
    "channels": ["call", "email"],
    "consent_version": "2026-11",
    "agrees": "on",
}
WANTED = {key: HOME[key] for key in HOME if key not in {"address", "beds_text"}} | {
    "timing": "Wants to buy within a year.",
    "phone": "",
    "channels": ["email"],
}


@pytest.fixture
def client() -> Client:
    return visitor()


@pytest.fixture(autouse=True)
def mailbox(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    return mail.outbox


def links_of_last_letter() -> list[str]:
    events.deliver_all()
    return [link.removeprefix("http://testserver") for link in re.findall(r"http\S+", mail.outbox[-1].body)]


def send(client, path="/sell/", **changes):
    answer = client.post(path, {**(WANTED if path.startswith("/find-an-agent/") else HOME), **changes})
    assert answer.status_code == 302, answer.context["form"].errors
    return answer


def confirmed_lead(client, path="/sell/", **changes) -> Lead:
    send(client, path, **changes)
    client.post(links_of_last_letter()[0])
    events.deliver_all()
    return Lead.objects.get()


def test_nothing_reaches_a_lead_before_its_owner_confirmed(client):
    send(client)
    confirm, _ = links_of_last_letter()

    assert client.get(confirm).status_code == 200
    assert not Observation.objects.exists()
    client.post(confirm)
    events.deliver_all()

    lead = Lead.objects.get()
    assert (lead.kind, lead.state, lead.address_line) == ("owner_submitted", "active", "1204 S Oak St")
    assert Listing.objects.offered().get().lead == lead
    consent = Consent.objects.get()
    assert (consent.text_version, consent.channels, consent.agents) == ("sell-2026-11", ["call", "email"], 1)
    assert consent.proof["url"] == "http://testserver/sell/"
    assert Submission.objects.get().answers is None


def test_confirming_twice_is_confirming_once(client):
    send(client)
    confirm, _ = links_of_last_letter()
    client.post(confirm)

    client.post(confirm)

    assert (Observation.objects.count(), Lead.objects.count(), Consent.objects.count()) == (1, 1, 1)


def test_what_is_not_confirmed_in_two_days_is_deleted(client, clock):
    send(client)
    confirm, _ = links_of_last_letter()
    clock.advance(hours=49)

    assert client.post(confirm).status_code == 410
    assert submissions.forget_unconfirmed() == 1
    assert not Submission.objects.exists()
    assert not Observation.objects.exists()


def test_an_owner_takes_the_home_back_at_once(client, alice, grant):
    lead = confirmed_lead(client)
    (withdraw,) = links_of_last_letter()

    client.post(withdraw)

    with pytest.raises(LeadWithdrawn):
        marketplace.hold_lead(lead_id=lead.pk, buyer=alice)
    lead.refresh_from_db()
    assert lead.state == Lead.State.WITHDRAWN
    assert Submission.objects.get().email is None
    assert client.post(withdraw).status_code == 200


def test_known_and_unknown_addresses_get_one_answer_and_few_letters(client, mailbox):
    answers = {send(client).headers["Location"] for _ in range(submissions.LETTERS_PER_DAY + 2)}
    answers.add(send(client, email="somebody.else@example.com").headers["Location"])
    events.deliver_all()

    assert len(answers) == 1
    assert [letter.to[0] for letter in mailbox].count(HOME["email"]) == submissions.LETTERS_PER_DAY


def test_a_machine_that_fills_every_field_is_thanked_and_forgotten(client):
    assert client.post("/sell/", {**HOME, "company_website": "https://x.example.com"}).status_code == 302
    assert not Submission.objects.exists()


def test_one_address_sends_so_many_forms_an_hour(client):
    for _ in range(20):
        client.post("/sell/", {})
    refused = client.post("/sell/", HOME)

    assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("address", "somewhere nice", "house number and street"),
        ("zip", "10001", "is not in that state"),
        ("zip", "7870", "five digits"),
        ("phone", "123", "US phone number with its area code"),
        ("phone", "", "or choose e-mail alone"),
        ("email", "nobody", "an e-mail address, such as"),
        ("agents", "4", "one agent, two or three"),
        ("channels", [], "at least one way"),
        ("agrees", "", "pass nothing on"),
        ("consent_version", "2020-01", "words have changed"),
        ("name", "\x00", "Null characters"),
        ("asking_price_text", "9" * 40, "in whole dollars, from $5,000"),
        ("asking_price_text", "cheap", "in whole dollars, from $5,000"),
        ("area_text", "12", "in square feet, from 100"),
        ("city", "x" * 81, "at most 80 characters"),
        ("city", "", "Enter the city."),
    ],
)
def test_what_no_agent_could_use_is_said_at_once(client, field, value, says):
    answer = client.post("/sell/", {**HOME, field: value})

    assert answer.status_code == 400
    assert says in answer.content.decode()
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "first"),
    [
        ({"email": "", "address": ""}, "address"),
        ({"agrees": "", "channels": []}, "channels"),
        ({"zip": "1"}, "zip"),
    ],
)
def test_the_first_wrong_field_gets_the_focus_and_each_is_tied_to_its_words(client, wrong, first):
    page = client.post("/sell/", {**HOME, **wrong}).content.decode()

    focused = [tag for tag in re.findall(r"<(?:input|select|textarea)[^>]*>", page) if " autofocus" in tag]
    assert {re.search(r'name="(\w+)"', tag)[1] for tag in focused} == {first}
    for name in wrong:
        assert f'id="id_{name}_error"' in page
        assert re.search(rf'aria-describedby="[^"]*id_{name}_error"', page)


def test_prices_are_taken_as_people_write_them(client):
    send(client, asking_price_text="$412,000.00", area_text="1 850")

    assert Submission.objects.get().answers["facts"]["asking_price_text"] == "412000"
    assert Submission.objects.get().answers["facts"]["area_text"] == "1850"


@pytest.mark.parametrize("token", ["x", "a:b:c", "%00", "é" * 200])
@pytest.mark.parametrize("step", ["confirm", "withdraw"])
def test_a_link_that_was_changed_opens_nothing(client, step, token):
    for answer in (client.get(f"/requests/{step}/{token}/"), client.post(f"/requests/{step}/{token}/")):
        assert answer.status_code == 410


def test_the_link_of_one_step_is_not_the_link_of_another(client):
    send(client)
    confirm, withdraw = links_of_last_letter()

    assert client.post(withdraw.replace("withdraw", "confirm")).status_code == 410
    assert client.post(confirm.replace("confirm", "withdraw")).status_code == 410
    assert Submission.objects.get().state == Submission.State.WAITING


def test_spanish_is_spoken_on_the_page_in_the_letter_and_in_the_consent(client):
    page = client.get("/sell/?language=es").content.decode()
    send(client, "/sell/?language=es")
    events.deliver_all()

    assert '<html lang="es">' in page
    assert "Acepto que AIQLeads entregue" in page
    assert "Confirme que quiere vender" in mail.outbox[-1].subject
    assert Submission.objects.get().consent_text.language == "es"


ENGLISH = re.compile(r">\s*[^<]*\b(?:the|your|you|and|with|Log in|Sell|Find|every)\b[^<]*<", re.IGNORECASE)


@pytest.mark.parametrize("path", ["/sell/", "/find-an-agent/"])
def test_a_spanish_request_is_spanish_from_the_form_to_the_withdrawal(client, path):
    """Also in a browser that asks for English: the links of the letters carry the language."""
    pages = [
        client.get(f"{path}?language=es"),
        client.post(f"{path}?language=es", {}),
        client.get("/requests/confirm/x/?language=es"),
    ]
    pages.append(client.get(send(client, f"{path}?language=es").headers["Location"]))
    confirm, _ = links_of_last_letter()
    pages += [client.get(confirm), client.post(confirm)]
    (withdraw,) = links_of_last_letter()
    pages += [client.get(withdraw), client.post(withdraw)]

    for page in pages:
        text = re.sub(
            r'<script.*?</script>|<option.*?</option>|lang="en".*?</a>|Leave this empty',
            "",
            page.content.decode(),
            flags=re.DOTALL,
        )
        assert '<html lang="es">' in text
        assert ENGLISH.findall(text) == []
    for letter in mail.outbox:
        assert not re.search(r"\b(?:the|your|you|and)\b", f"{letter.subject} {letter.body}")
    assert Submission.objects.get().state == "withdrawn"


def test_somebody_who_looks_for_a_home_is_a_lead_of_its_own(client):
    confirmed_lead(client)
    send(client, "/find-an-agent/", email="bob.buyer@example.com")
    client.post(links_of_last_letter()[0])
    events.deliver_all()

    enquiry = Lead.objects.get(kind="buyer_enquiry")
    assert (enquiry.state, enquiry.city, enquiry.asking_price_cents) == ("active", "Austin", 412_000_00)
    assert enquiry.summary == "Wanted: house, up to $412,000"
    assert Listing.objects.offered().count() == 2
    assert Contact.objects.filter(lead=enquiry).count() == 1


def buy(lead, buyer, grant) -> Purchase:
    grant(buyer, 500)
    claim = marketplace.hold_lead(lead_id=lead.pk, buyer=buyer)
    (bought,) = marketplace.check_out(buyer=buyer, idempotency_key=str(claim.pk))
    return bought


def test_the_buyers_passport_states_the_consent(client, alice, grant):
    lead = confirmed_lead(client, phone="(512) 459-2222")

    passport = buy(lead, alice, grant).passport

    assert re.fullmatch(
        r"Given on .+ UTC for calls and e-mail by one agent \(text sell-2026-11\)\.", passport.consent
    )
    allowed = {channel: told["is_allowed"] for channel, told in passport.channels.items()}
    assert allowed == {"call": True, "text": False, "email": True, "post": True}


def test_two_agents_named_are_two_copies_and_no_third(client, alice, charlie, grant):
    lead = confirmed_lead(client, agents="2")
    assert Listing.objects.get().copies == 2
    buy(lead, alice, grant)
    buy(lead, charlie, grant)

    with pytest.raises(IntegrityError, match="no further copy"), transaction.atomic():
        LeadSlot.objects.create(lead=lead, number=3)
    assert LeadSlot.objects.filter(lead=lead).count() == 2


def test_without_the_guard_a_copy_too_many_gets_in(client, alice, charlie, grant):
    """The break-in: ``claim_within_consent`` and others dropped, a second agent buys what was for one."""
    lead = confirmed_lead(client)
    buy(lead, alice, grant)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER slots_within_consent ON marketplace_leadslot")
        cursor.execute("DROP TRIGGER sold_again_after_a_return ON marketplace_leadslot")
    LeadSlot.objects.create(lead=lead, number=2)
    Listing.objects.filter(lead=lead).update(copies=2, copies_left=1)
    with pytest.raises(LeadUnavailable, match="As many agents as its owner agreed"):
        buy(lead, charlie, grant)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER claim_agents_consented ON marketplace_claim")

    buy(lead, charlie, grant)

    assert Claim.objects.filter(lead=lead, state="sold").count() == 2


def test_a_returned_copy_counts_for_ever(client, alice, grant, olga):
    lead = confirmed_lead(client)
    bought = buy(lead, alice, grant)
    asked = marketplace.request_return(purchase_id=bought.pk, buyer=alice, reason=Reason.OUT_OF_AREA)
    marketplace.decide_return(return_id=asked.pk, is_accepted=True, says="So it is.", actor_id=olga.pk)
    claim = bought.claim

    with pytest.raises(IntegrityError, match="no further copy"), transaction.atomic():
        LeadSlot.objects.create(lead=lead, number=2, replaces=claim.slot)


def test_a_consent_cannot_be_changed_afterwards(client):
    confirmed_lead(client)

    with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
        Consent.objects.update(agents=3)


def test_a_letter_that_comes_late_still_names_its_hours(client, clock):
    send(client)
    confirm, _ = links_of_last_letter()
    clock.advance(hours=47)

    assert client.post(confirm).status_code == 200
    assert timedelta(hours=48) == submissions.CONFIRM_WITHIN
