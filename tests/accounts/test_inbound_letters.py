"""What people write to us by e-mail is heard: it closes what its address names, and proves nothing."""

import os
import subprocess
import sys
import time
from base64 import b64encode
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.core.checks import run_checks
from django.test import Client
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from accounts.models import PrivacyRequest, Suppression
from accounts.privacy.people import Person
from accounts.privacy.request_words import asked_for, language_of
from aiqleads.core import clock as database_clock
from aiqleads.core import events, inbound_mail
from aiqleads.core.inbound_mail import LetterUnreadable, handover, letters, sandbox
from aiqleads.core.inbound_mail.own_words import own_words
from aiqleads.core.models import AuditEntry
from leads.models import Contact, Lead
from scraping.demo.server import listen, running

pytestmark = pytest.mark.django_db
SECRET = "whsec_" + b64encode(b"0123456789" * 3).decode()
SERVER = "mx.example.net"
CASEY = "casey@example.com"
PATH = "/webhooks/mail/"
OUR_LETTER = "> We hold your data. Reply STOP, or ask us to delete my data, at any time."


@pytest.fixture(autouse=True)
def server(settings):
    settings.MAIL_IN_SECRET, settings.MAIL_IN_SERVER = SECRET, SERVER


def letter(words="", *, subject="", page="", sender=f"Casey Homeowner <{CASEY}>", **headers) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "hello@example.net", subject
    message["Message-ID"] = headers.pop("id", "<1@example.com>")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(words)
    if page:
        message.add_alternative(page, subtype="html")
    return message.as_bytes()


def bring(raw: bytes, *, secret=SECRET, genuine=("example.com",), **changes):
    """As the server that takes our mail does."""
    judged = sandbox.take(raw, server=SERVER, genuine=genuine)
    return post(judged, secret=secret, **changes)


def post(raw: bytes, *, secret=SECRET, now=None, name="1", **changes):
    headers = handover.signed(raw=raw, name=name, secret=secret, now=now or database_clock.now())
    del headers["Content-Type"]
    return Client().post(PATH, raw, content_type=handover.CONTENT_TYPE, headers={**headers, **changes})


def traces() -> tuple[int, int]:
    return Suppression.objects.count(), PrivacyRequest.objects.count()


@pytest.mark.parametrize(
    "told",
    [
        {"words": "STOP"},
        {"words": "Please remove me.\n\nCasey\n-- \nCasey Homeowner\n(512) 555-0142"},
        {"subject": "unsubscribe"},
        {"words": "Stop\n\nOn Mon, 2 Nov 2026 at 10:00, AIQLeads <leads@example.net> wrote:\n> Hello"},
        {"words": "No me llamen más, por favor."},
        {"page": "<html><body><p>Take me off your list</p><blockquote>Hello</blockquote></body></html>"},
    ],
)
def test_who_writes_to_be_left_alone_is(told, lead):
    observation = lead.observations.first()
    mark = next(iter(Person.of(emails=[CASEY]).marks()))
    Contact.objects.create(lead=lead, observation=observation, email=CASEY, email_hash=mark.newest)
    raw = letter(**told)
    if "page" in told:
        raw = raw.replace(b"text/plain", b"text/calendar")

    answer = bring(raw)
    events.deliver_all()

    assert (answer.status_code, answer.content) == (204, b"")
    row = Suppression.objects.get()
    assert (row.kind, row.scope, row.why, row.hash) == ("email", "contact", "replied", mark.newest)
    assert Lead.objects.get(pk=lead.pk).state == "withdrawn"
    heard = AuditEntry.objects.get(action="opt_out.heard")
    assert heard.details == {"marks": 1, "is_authenticated": True}
    assert "casey" not in f"{heard.subject} {heard.details}".lower()


@pytest.mark.parametrize(
    "raw",
    [
        letter("Yes, call me tomorrow."),
        letter(f"Yes, call me.\n\nOn Mon, 2 Nov 2026, AIQLeads wrote:\n{OUR_LETTER}", subject="Re: delete my data"),
        letter(f"Thank you.\n{OUR_LETTER}", subject="Re: STOP"),
        letter("Thank you.\n\n-----Original Message-----\nFrom: us\nReply STOP, or delete my data."),
        letter("Thank you.\n\nFrom: AIQLeads <leads@example.net>\nSent: Monday\n\nunsubscribe"),
        letter("stop", Auto_Submitted="auto-replied"),
        letter("stop", Precedence="bulk"),
        letter("stop", List_Id="<homes.example.com>"),
        letter("stop", Return_Path="<>"),
        letter("delete my data", sender="MAILER-DAEMON@example.com"),
        letter("stop").replace(
            b"Content-Type: text/plain", b"Content-Type: multipart/report; boundary=x\r\nX-Y: z"
        ),
        letter("", page="<p>Yes</p><div class='gmail_quote'><p>stop</p><div>unsubscribe</div></div>").replace(
            b"text/plain", b"text/calendar"
        ),
    ],
)
def test_what_others_said_and_what_machines_write_is_nobodys_word(raw):
    answer = bring(raw)

    assert (answer.status_code, traces()) == (204, (0, 0))
    assert not AuditEntry.objects.filter(action="opt_out.heard").exists()


def test_a_forged_letter_closes_its_address_and_opens_nothing(mailoutbox):
    answer = bring(
        letter("Remove me. Delete all my data, and send me a copy of my data.", subject="Stop"), genuine=()
    )
    events.deliver_all()

    assert answer.status_code == 204
    assert Suppression.objects.get().kind == "email"
    assert AuditEntry.objects.get(action="opt_out.heard").details == {"marks": 1, "is_authenticated": False}
    requests = {request.kind: request for request in PrivacyRequest.objects.all()}
    assert set(requests) == {"know", "erase"}
    for request in requests.values():
        assert (request.state, request.proven_by, request.proven) == ("awaiting_identity", "", None)
        assert request.said == {
            "name": "", "emails": [CASEY], "phones": [], "address": "", "details": "",
        }  # fmt: skip
    assert {tuple(one.to) for one in mailoutbox} == {(CASEY,)}


def test_a_letter_of_many_requests_is_the_same_as_once(mailoutbox):
    for number in range(3):
        bring(letter("What data do you have about me?", id=f"<{number}@example.com>"))
        events.deliver_all()

    assert PrivacyRequest.objects.get().kind == "know"
    assert len(mailoutbox) == 3  # as many as one address gets in a day


def test_one_address_fills_nobodys_desk(monkeypatch):
    from accounts.services import inbound_letters

    for _ in range(inbound_letters.REQUESTS_OF_A_DAY):
        bring(letter("I want a copy of my data."))
        PrivacyRequest.objects.filter(state="received").update(
            state="acknowledged", said_hash=f"1:{os.urandom(32).hex()}"
        )

    bring(letter("I want a copy of my data."))

    assert PrivacyRequest.objects.count() == inbound_letters.REQUESTS_OF_A_DAY


def test_the_same_letter_again_changes_nothing_after_its_sender_came_back():
    bring(letter("stop"))
    Suppression.objects.update(lifted_at=database_clock.now())

    bring(letter("stop"))

    assert Suppression.objects.get().lifted_at is not None


def test_only_our_servers_word_about_the_sender_counts():
    forged = letter("stop", Authentication_Results=f"{SERVER}; dmarc=pass header.from=example.com")
    genuine = f"Authentication-Results: {SERVER};\r\n dmarc=pass header.from=example.com\r\n".encode()
    others = genuine.replace(SERVER.encode(), b"mx.example.org")

    def vouched(raw, server=SERVER):
        return inbound_mail.read(raw, server=server).is_authenticated

    assert vouched(genuine + letter("stop"))
    assert not vouched(genuine + letter("stop"), server="")
    assert not vouched(others + forged)  # the topmost is another's: what stands below came with the letter
    assert not vouched(sandbox.take(forged, server=SERVER))
    assert not vouched(genuine.replace(b"=pass", b"=fail") + letter("stop"))
    assert not vouched(genuine.replace(b"from=example.com", b"from=example.org") + letter("stop"))
    assert not vouched(genuine.replace(b"dmarc=fail (dmarc=pass)", b"") .replace(b"dmarc=pass", b"(dmarc=pass)")
                       + letter("stop"))  # fmt: skip
    assert not vouched(genuine + b"From: eve@example.com\r\n" + letter("stop"))


@pytest.mark.parametrize(
    ("secret", "age_seconds", "changes"),
    [
        ("whsec_" + b64encode(b"9876543210" * 3).decode(), 0, {}),
        (SECRET, 301, {}),
        (SECRET, -301, {}),
        (SECRET, 0, {"webhook-id": "2"}),
        (SECRET, 0, {"webhook-timestamp": "x"}),
        (SECRET, 0, {"webhook-signature": ""}),
        (SECRET, 0, {"webhook-signature": "v1,é"}),
    ],
)
def test_what_our_server_did_not_sign_is_refused(secret, age_seconds, changes):
    signed_at = database_clock.now() - timedelta(seconds=age_seconds)

    answer = post(letter("stop"), secret=secret, now=signed_at, **changes)

    assert (answer.status_code, traces()) == (403, (0, 0))


def test_without_a_secret_nobody_hands_anything_over(settings):
    settings.MAIL_IN_SECRET = ""

    assert (post(letter("stop")).status_code, traces()) == (403, (0, 0))


def test_a_weak_secret_is_found_at_start(settings):
    def found():
        return [told.id for told in run_checks() if told.id == "core.E017"]

    assert found() == []
    for weak in ("whsec_c2hvcnQ=", "whsec_é", SECRET.removeprefix("whsec_")):
        settings.MAIL_IN_SECRET = weak
        assert found() == ["core.E017"]


def nested(depth: int) -> bytes:
    lines = [f"From: {CASEY}"]
    for number in range(depth):
        lines += [f'Content-Type: multipart/mixed; boundary="b{number}"', "", f"--b{number}"]
    return "\r\n".join([*lines, "Content-Type: text/plain", "", "stop"]).encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"From: nobody\r\n\r\nstop",
        b"Subject: x\r\n\r\nstop",
        nested(30),
        nested(10_000),
        letter("stop") + b"\r\n--x" * 100_000,
        letter("stop").replace(b"To:", b"X: " + b"a" * 200_000 + b"\r\nTo:"),
        b"From: " + b"(" * 90_000 + b"\r\n\r\nstop",
    ],
)
def test_what_is_no_letter_or_costs_much_is_refused_in_no_time(raw):
    began = time.process_time()

    answer = post(raw)

    assert (answer.status_code, traces()) == (422, (0, 0))
    assert time.process_time() - began < 1


def test_a_letter_above_a_million_bytes_is_not_read():
    assert post(letter("stop") + b"a" * handover.MOST_BYTES).status_code == 413
    assert traces() == (0, 0)


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("utf-8", "no más".encode()),
        ("iso-8859-1", "no más".encode("latin-1")),
        ("utf-16", "no más".encode("utf-16")),
        ("no-such-charset", b"stop"),
        ("zlib_codec", b"stop"),
        ("punycode", b"stop"),
    ],
)
def test_a_word_is_read_in_whatever_charset_it_says(charset, body):
    raw = (
        f"From: {CASEY}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode() + body
    )

    assert post(raw).status_code == 204

    assert Suppression.objects.get().kind == "email"


def test_what_is_attached_is_not_opened():
    message = EmailMessage()
    message["From"] = CASEY
    message.set_content("See the file.")
    message.add_attachment("stop", filename="a.txt")
    inner = EmailMessage()
    inner.set_content("delete my data")
    message.add_attachment(inner)

    assert post(message.as_bytes()).status_code == 204

    assert traces() == (0, 0)


def test_a_header_that_is_no_header_is_no_error():
    for subject in (b"=?utf-8?q?" + b"=" * 900, b"=?x?b?!!?=", b"\x00\x01", b"=?utf-8?b?c3RvcA==?="):
        letters.read(b"From: casey@example.com\r\nSubject: " + subject + b"\r\n\r\nhello", server=SERVER)
    assert (
        letters.read(b"From: a@example.com\r\nSubject: =?utf-8?b?c3RvcA==?=\r\n\r\n", server="").subject == "stop"
    )
    with pytest.raises(LetterUnreadable):
        letters.read(b"From: =?utf-8?q?=00?= <@>\r\n\r\nstop", server=SERVER)


def test_answers_below_quotes_are_own_words():
    assert own_words("On Monday, X wrote:\n> Are you there?\n\nstop") == "stop"
    assert own_words("yes\nOn Mon, 2 Nov 2026 at 10:00 AM AIQLeads\n<leads@example.net> wrote:\n> stop") == "yes"
    assert own_words("On the first of May I wrote you: stop") == "On the first of May I wrote you: stop"


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ("Please delete all of my personal data.", ["erase"]),
        ("I am exercising my right to be forgotten", ["erase"]),
        ("Erase everything you have on me", ["erase"]),
        ("Borren mis datos, por favor", ["erase"]),
        ("What personal information do you have about me, and where did you get my number?", ["know"]),
        ("This is a data subject access request.", ["know"]),
        ("¿De dónde sacaron mi número?", ["know"]),
        ("Do not sell or share my information", ["opt_out"]),
        ("No vendan mis datos", ["opt_out"]),
        ("Send me a copy of my data, then delete my data", ["know", "erase"]),
        ("I deleted the data room link, call me", []),
        ("We want to sell our house, share our number with an agent", []),
        ("Is the information on the house right?", []),
    ],
)
def test_requests_are_read_from_prose(words, kinds):
    assert asked_for(words) == kinds


def test_they_are_answered_in_their_language():
    assert (language_of("Borren mis datos, por favor"), language_of("Delete my data")) == ("es", "en")


def test_the_pipe_of_a_mail_server_hands_letters_on():
    taken = []

    async def take(request):
        taken.append((await request.body(), dict(request.headers)))
        return Response(status_code=204 if len(taken) == 1 else 403)

    with listen(0) as socket, running(Starlette(routes=[Route(PATH, take, methods=["POST"])]), [socket]):
        url = f"http://127.0.0.1:{socket.getsockname()[1]}{PATH}"
        command = [sys.executable, "-m", "aiqleads.core.inbound_mail", "--url", url, "--server", SERVER]
        command += ["--genuine", "example.com"]
        environment = {**os.environ, "MAIL_IN_SECRET": SECRET}
        first = subprocess.run(command, input=letter("stop"), env=environment, check=False)
        second = subprocess.run(command, input=letter("stop"), env=environment, check=False, capture_output=True)

    assert (first.returncode, second.returncode, second.stderr) == (0, 65, b"It was refused: HTTP 403.\n")
    raw, headers = taken[0]
    handover.verify(raw=raw, headers=headers, secret=SECRET, now=database_clock.now())
    read = inbound_mail.read(raw, server=SERVER)
    assert (read.sender, read.is_authenticated, read.words) == (CASEY, True, "stop")
