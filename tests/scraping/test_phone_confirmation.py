"""Confirming by text message: the right code, typed in time by whoever holds the telephone, and nothing else."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from aiqleads.core import events
from aiqleads.core.models import OutboxEvent
from aiqleads.core.text_messages import sandbox
from leads.models import Consent, ConsentText, Lead, Observation
from scraping import phone_codes, submissions
from scraping.demo.server import listen, running
from scraping.models import PhoneCode, Submission
from tests.conftest import make_source
from tests.scraping.test_submissions import HOME, mailbox  # noqa: F401  (a fixture)
from tests.security.conftest import visitor

pytestmark = pytest.mark.django_db

BY_PHONE = {**HOME, "confirm_by": "phone"}


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    folder = tmp_path_factory.mktemp("texts")
    with listen(0) as listening, running(sandbox.create_app(account="AC1", token="t", folder=folder), [listening]):
        yield listening.getsockname()[1], folder


class Telephone:
    """What the stand-in has delivered since the test began."""

    def __init__(self, folder):
        self._folder, self._before = folder, set(folder.glob("*.log"))

    @property
    def texts(self) -> list[str]:
        events.deliver_all()
        return [file.read_text() for file in sorted(set(self._folder.glob("*.log")) - self._before)]

    @property
    def code(self) -> str:
        return re.findall(r"\b\d{6}\b", self.texts[-1].partition("\n\n")[2])[0]


@pytest.fixture
def telephone(stand_in, settings):
    settings.SMS_URL, settings.SMS_FROM = f"http://AC1:t@127.0.0.1:{stand_in[0]}", "+15125550100"
    settings.DEBUG = True  # numbers kept free for fiction are texted by the demo alone
    return Telephone(stand_in[1])


@pytest.fixture
def client():
    return visitor()


@pytest.fixture
def shipped_rows(transactional_db):
    """What migrations ship and tests that commit have swept away."""
    make_source("owner-submissions", may_list=True)
    words = {"text": "I agree.", "in_force_from": "2026-01-01T00:00:00Z"}
    ConsentText.objects.get_or_create(purpose="sell", version="2026-11", language="en", defaults=words)


ANSWERS = submissions.Answers(
    facts={name: HOME[name] for name in ("address", "city", "state", "zip", "property_type", "asking_price_text")},
    name=HOME["name"],
    email=HOME["email"],
    phone=HOME["phone"],
    channels=("call", "email"),
    agents=1,
    proof={},
    texted_phone="+15125550142",
)


def fill_in(client, **changes) -> str:
    """Send the form; return the address of the page that asks for the code."""
    answer = client.post("/sell/", {**BY_PHONE, **changes})
    assert answer.status_code == 302, answer.context["form"].errors
    return answer.headers["Location"]


def send() -> str:
    """What ``fill_in`` comes to, without the form."""
    submission = submissions.take_submission(
        source="owner-submissions",
        answers=ANSWERS,
        consent_text=ConsentText.objects.get(purpose="sell", language="en"),
        language="en",
        site="http://testserver",
    )
    return f"/requests/code/{submissions.code_token(submission)}/?language=en"


def another_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_the_code_of_the_text_message_confirms(client, telephone, mailbox):  # noqa: F811
    page = fill_in(client)
    code = telephone.code
    assert "ends in 42" in client.get(page).content.decode()
    assert not mailbox

    answer = client.post(page, {"code": f" {code[:3]} {code[3:]} "})

    assert "Your request is confirmed" in answer.content.decode()
    events.deliver_all()
    assert Lead.objects.get().state == "active"
    assert Consent.objects.get().proof["confirmed_by"] == "phone"
    assert Consent.objects.get().text_version == "sell-2026-11"


def test_the_link_to_withdraw_comes_by_text_and_as_promised_by_mail(client, telephone, mailbox):  # noqa: F811
    client.post(send(), {"code": telephone.code})

    link = re.findall(r"http://testserver(\S+)", telephone.texts[-1])[0]
    assert link in mailbox[-1].body
    client.post(link)
    events.deliver_all()

    assert Lead.objects.get().state == "withdrawn"
    assert (Submission.objects.get().phone, Submission.objects.get().email) == (None, None)


def test_without_a_service_nobody_is_offered_a_text(client, settings, mailbox):  # noqa: F811
    settings.SMS_URL = ""
    assert "confirm_by" not in client.get("/sell/").content.decode()

    client.post("/sell/", BY_PHONE)
    events.deliver_all()

    assert Submission.objects.get().confirm_by == "email"
    assert len(mailbox) == 1


def test_a_code_is_nowhere_but_on_its_way(client, telephone):
    send()
    code = telephone.code

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(c)::text FROM scraping_phonecode c")
        assert code not in re.sub(r"[0-9a-f]{64}", "", cursor.fetchone()[0]).replace("-", "")
    assert PhoneCode.objects.get().code_hash.startswith("1:")
    assert all(set(event.payload) == {"code_id"} for event in OutboxEvent.objects.filter(name__contains="code"))


def test_five_wrong_codes_close_a_code_even_to_the_right_one(client, telephone):
    page = send()
    code = telephone.code
    for _ in range(phone_codes.TRIES):
        assert "not the code" in client.post(page, {"code": another_than(code)}).content.decode()

    answer = client.post(page, {"code": code})

    assert (answer.status_code, "Too many wrong codes" in answer.content.decode()) == (400, True)
    assert not Observation.objects.exists()
    assert PhoneCode.objects.get().wrong_tries == phone_codes.TRIES


def test_a_code_works_for_ten_minutes(client, telephone, clock):
    page = send()
    code = telephone.code
    clock.advance(minutes=11)

    answer = client.post(page, {"code": code})

    assert "older than ten minutes" in answer.content.decode()
    assert not Observation.objects.exists()


def test_a_new_code_replaces_the_one_before(client, telephone, clock):
    page = send()
    old = telephone.code
    clock.advance(seconds=31)
    client.post(page.replace("/?", "/another/?"))
    new = telephone.code

    assert old == new or client.post(page, {"code": old}).status_code == 400
    assert "confirmed" in client.post(page, {"code": new}).content.decode()


def test_codes_are_asked_for_slowly_and_three_times(client, telephone, clock):
    page = send()
    another = page.replace("/?", "/another/?")
    assert "wait half a minute" in client.post(another).content.decode()
    for _ in range(2):
        events.deliver_all()
        clock.advance(seconds=31)
        assert client.post(another).status_code == 302
    clock.advance(seconds=31)

    assert "as many codes as we may" in client.post(another).content.decode()
    assert len(telephone.texts) == PhoneCode.objects.count() == phone_codes.CODES_PER_SUBMISSION


def test_one_number_gets_five_codes_a_day_and_everybody_one_answer(client, telephone):
    pages = {re.sub(r"/code/[^/]+/", "/code/", send()) for _ in range(phone_codes.CODES_PER_NUMBER + 3)}

    assert len(pages) == 1
    assert len(telephone.texts) == phone_codes.CODES_PER_NUMBER


def test_after_the_hours_codes_the_choice_is_gone_and_operators_are_told(client, telephone, clock):
    send()
    submission, number = Submission.objects.get(), PhoneCode.objects.get().number_hash
    PhoneCode.objects.bulk_create(
        PhoneCode(submission=submission, number_hash=f"{number}{n}") for n in range(phone_codes.CODES_PER_HOUR - 1)
    )

    assert "confirm_by" not in client.get("/sell/").content.decode()
    assert [finding.key for finding in phone_codes.used_up()] == ["text_messages:codes"]
    clock.advance(minutes=61)
    assert "confirm_by" in client.get("/sell/").content.decode()
    assert list(phone_codes.used_up()) == []


def test_what_is_no_code_confirms_nothing(client, telephone):
    page = send()

    for typed in ("", "12345", "1234567", "٠١٢٣٤٥", "x" * 100_000, "\x00", "null", "-1"):
        assert client.post(page, {"code": typed}).status_code == 400
    assert not Observation.objects.exists()


def test_a_code_opens_its_own_submission_alone(client, telephone):
    first = send()
    code = telephone.code
    second = send()

    if telephone.code != code:
        assert client.post(second, {"code": code}).status_code == 400
    assert client.post(first, {"code": code}).status_code == 200


def test_the_page_of_the_code_is_no_link_to_confirm(client, telephone):
    page = send()
    token = page.split("/")[3]

    for step in ("confirm", "withdraw"):
        assert client.post(f"/requests/{step}/{token}/").status_code == 410
    for address in (
        page.replace(token, token[::-1]),
        page.replace(token, submissions.confirmation_token(Submission.objects.get())),
    ):
        assert client.post(address, {"code": "123456"}).status_code == 410
        assert client.post(address.replace("/?", "/another/?")).status_code == 410
    assert Submission.objects.get().state == "waiting"


def test_a_code_typed_again_or_after_withdrawing_changes_nothing(client, telephone):
    page = send()
    code = telephone.code
    client.post(page, {"code": code})
    client.post(page, {"code": code})
    assert (Observation.objects.count(), Consent.objects.count()) == (1, 1)
    submissions.withdraw_submission(submission=Submission.objects.get())

    assert "withdrawn" in client.post(page, {"code": code}).content.decode()
    assert Submission.objects.get().state == "withdrawn"


def test_numbers_that_cannot_or_should_not_be_texted_are_refused_at_once(client, telephone):
    said = {
        "": "your phone number",
        "(512) 555-0142 ext. 7": "cannot reach this number",
        "+44 20 7946 0018": "cannot reach this number",
        "+1 876 555 1234": "cannot reach this number",
        "(900) 234-5678": "cannot reach this number",
        "(800) 234-5678": "cannot reach this number",
    }
    for phone, says in said.items():
        answer = client.post("/sell/", {**BY_PHONE, "phone": phone})
        assert (answer.status_code, says in answer.content.decode()) == (400, True)
    assert not PhoneCode.objects.exists()


def test_fictitious_numbers_are_texted_in_the_demo_alone(client, telephone, settings):
    settings.DEBUG = False

    assert client.post("/sell/", BY_PHONE).status_code == 400
    assert client.post("/sell/", {**BY_PHONE, "phone": "(512) 459-2222"}).status_code == 302


def test_a_number_that_refuses_texts_is_told_on_the_page(client, telephone, settings):
    page = send()
    Submission.objects.update(phone="+15005550009")

    assert telephone.texts == []
    assert "cannot reach this number" in client.get(page).content.decode()
    assert OutboxEvent.objects.filter(delivered_at=None).count() == 0


def test_a_service_that_is_away_is_asked_again_with_another_code(client, telephone, settings, clock):
    reachable = settings.SMS_URL
    settings.SMS_URL = "http://AC1:t@127.0.0.1:9"
    page = send()
    assert telephone.texts == []
    settings.SMS_URL = reachable
    clock.advance(seconds=5)

    assert client.post(page, {"code": telephone.code}).status_code == 200


def test_a_text_that_comes_too_late_is_not_sent(client, telephone, settings, clock):
    reachable = settings.SMS_URL
    settings.SMS_URL = "http://AC1:t@127.0.0.1:9"
    send()
    events.deliver_all()
    settings.SMS_URL = reachable
    clock.advance(minutes=11)

    assert telephone.texts == []


def test_old_codes_are_forgotten(client, telephone, clock):
    client.post(send(), {"code": telephone.code})
    clock.advance(hours=49)
    submissions.forget_unconfirmed()

    assert not PhoneCode.objects.exists()
    assert Submission.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_parallel_guesses_are_all_counted(shipped_rows, client, telephone):
    send()
    code = telephone.code
    submission = Submission.objects.get()

    def guess(_: int) -> str:
        try:
            phone_codes.require_right_code(submission=submission, typed=another_than(code))
        except phone_codes.CodeRefused as refusal:
            return refusal.detail
        finally:
            connection.close()
        return "right"

    with ThreadPoolExecutor(12) as pool:
        told = list(pool.map(guess, range(24)))

    assert sum("not the code" in says for says in told) == phone_codes.TRIES
    assert PhoneCode.objects.get().wrong_tries == phone_codes.TRIES


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_parallel_forms_send_no_more_codes_to_a_number_than_one_after_another(shipped_rows, telephone):
    def post(_: int) -> int:
        try:
            return visitor().post("/sell/", BY_PHONE).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(post, range(12))) == {302}

    assert len(telephone.texts) == phone_codes.CODES_PER_NUMBER
