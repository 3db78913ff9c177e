"""Text messages over real HTTP: the shipped stand-in speaks Twilio's protocol, and says no in Twilio's codes."""

import base64

import httpx
import pytest

from aiqleads.core import checks, text_messages
from aiqleads.core.text_messages import sandbox
from scraping.demo.server import listen, running

ACCOUNT, TOKEN = "AC0123", "a secret/of:ours"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("texts")
    with (
        listen(0) as listening,
        running(sandbox.create_app(account=ACCOUNT, token=TOKEN, folder=folder), [listening]),
    ):
        yield listening.getsockname()[1], folder


@pytest.fixture
def configured(service, settings):
    settings.SMS_URL = f"http://{ACCOUNT}:a%20secret%2Fof%3Aours@127.0.0.1:{service[0]}"
    settings.SMS_FROM = "+15125550100"


def test_a_message_is_taken_and_kept_where_the_demo_shows_it(service, configured):
    port, folder = service

    sid = text_messages.send(to="+15125550142", body="Código <b>123456</b>")

    assert sid.startswith("SM")
    assert "To: +15125550142" in max(folder.glob("*.log")).read_text()
    assert "Código &lt;b&gt;123456&lt;/b&gt;" in httpx.get(f"http://127.0.0.1:{port}/").text


@pytest.mark.parametrize(
    "number", ["+15005550001", "+15005550002", "+15005550003", "+15005550004", "+15005550009", "nobody"]
)
def test_a_number_that_gets_no_messages_is_told_apart_for_good(configured, number):
    with pytest.raises(text_messages.NumberRefused):
        text_messages.send(to=number, body="hello")


@pytest.mark.parametrize(
    ("setting", "value"),
    [("SMS_URL", "http://AC0123:wrong@127.0.0.1:{port}"), ("SMS_URL", "http://x:y@127.0.0.1:9"), ("SMS_FROM", "")],
)
def test_what_is_no_fault_of_the_number_may_go_later(service, configured, settings, setting, value):
    setattr(settings, setting, value.format(port=service[0]))

    with pytest.raises(text_messages.MessagesUnavailable) as refused:
        text_messages.send(to="+15125550142", body="hello")

    assert "5550142" not in str(refused.value)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({}, 21604),
        ({"To": "+15125550142"}, 21603),
        ({"To": "+15125550142", "From": "+15125550100"}, 21602),
        ({"To": "+15125550142", "MessagingServiceSid": "MG1", "Body": "x" * 1601}, 21617),
    ],
)
def test_the_stand_in_refuses_what_twilio_refuses(service, form, code):
    answer = httpx.post(
        f"http://127.0.0.1:{service[0]}/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
        data=form,
        auth=(ACCOUNT, TOKEN),
    )

    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (400, code, 400)


@pytest.mark.parametrize(
    "given", ["", "Basic", "Basic %%%", "Bearer x", "Basic " + base64.b64encode(b"x:y").decode()]
)
def test_strangers_are_refused(service, given):
    url = f"http://127.0.0.1:{service[0]}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"

    answer = httpx.post(url, data={"To": "+15125550142"}, headers={"Authorization": given})

    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


@pytest.mark.parametrize(
    ("url", "sender", "id_"),
    [
        ("", "", None),
        ("https://AC1:token@api.twilio.com", "+15125550100", None),
        ("https://AC1:token@api.twilio.com", "", "core.E009"),
        ("http://AC1:token@api.twilio.com", "+15125550100", "core.E008"),
        ("https://api.twilio.com", "+15125550100", "core.E008"),
        ("twilio", "+15125550100", "core.E008"),
    ],
)
def test_a_token_that_would_travel_in_the_clear_stops_start_up(settings, url, sender, id_):
    settings.SMS_URL, settings.SMS_FROM = url, sender

    assert [found.id for found in checks.check_urls(None)] == ([id_] if id_ else [])
