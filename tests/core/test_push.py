"""Notices over real HTTP: the shipped stand-in speaks FCM's protocol, and says no in FCM's codes."""

import json
import subprocess
import sys

import httpx
import jwt
import pytest

from aiqleads.core import checks, push
from aiqleads.core.push import fcm, sandbox
from scraping.demo.server import listen, running

NOTICE = push.Notice(title="AIQLeads", body="A step of a plan is due", collapse_key="n1", data={"kind": "plan"})


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    fake = sandbox.PushSandbox()
    with listen(0) as listening, running(fake.app(), [listening]):
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        path = tmp_path_factory.mktemp("push") / "account.json"
        path.write_text(json.dumps(fake.credentials(url)))
        yield fake, url, path


@pytest.fixture
def configured(service, settings):
    fake, settings.PUSH_URL, settings.PUSH_CREDENTIALS = service[0], service[1], str(service[2])
    fake.messages.clear()
    fake.answers.clear()
    return fake


def say(service, token: str, answer: str) -> None:
    assert httpx.put(f"{service[1]}/control/devices/{token}", content=answer).status_code == 204


def test_a_notice_is_taken_as_fcm_takes_it_and_shown_by_the_control_plane(service, configured):
    name = push.send(token="a-telephone", notice=NOTICE)

    [taken] = httpx.get(f"{service[1]}/control/messages").json()
    assert name.startswith("projects/demo-push/messages/")
    assert taken["notification"] == {"title": "AIQLeads", "body": "A step of a plan is due"}
    assert taken["android"]["collapse_key"] == taken["apns"]["headers"]["apns-collapse-id"] == "n1"
    assert "A step of a plan is due" in httpx.get(service[1]).text


@pytest.mark.parametrize("answer", ["gone", "mismatched"])
def test_a_token_that_is_gone_is_told_apart_for_good(service, configured, answer):
    say(service, "old", answer)

    with pytest.raises(push.DeviceGone):
        push.send(token="old", notice=NOTICE)


@pytest.mark.parametrize(("answer", "waits"), [("busy", 60), ("broken", None)])
def test_what_is_no_fault_of_the_device_may_go_later(service, configured, answer, waits):
    say(service, "tired", answer)

    with pytest.raises(push.PushUnavailable) as refused:
        push.send(token="tired", notice=NOTICE)

    assert refused.value.retry_after_seconds == waits
    assert "tired" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://127.0.0.1:9/"])
def test_a_service_out_of_reach_is_tried_later(configured, settings, url):
    settings.PUSH_URL = url

    with pytest.raises(push.PushUnavailable):
        push.send(token="a-telephone", notice=NOTICE)


def test_an_access_token_that_ended_early_is_traded_anew(configured):
    push.send(token="a-telephone", notice=NOTICE)
    configured._access_tokens.clear()

    with pytest.raises(push.PushUnavailable):
        push.send(token="a-telephone", notice=NOTICE)

    assert push.send(token="a-telephone", notice=NOTICE)


def test_the_stand_in_takes_only_what_fcm_takes(service, configured):
    _, url, path = service
    account = json.loads(path.read_text())
    endpoint = f"{url}/v1/projects/demo-push/messages:send"

    strangers = jwt.encode(
        {"iss": "x", "aud": account["token_uri"], "scope": fcm.SCOPE}, "x" * 32, algorithm="HS256"
    )
    traded = httpx.post(account["token_uri"], data={"grant_type": fcm.GRANT, "assertion": strangers})
    unsigned = httpx.post(endpoint, json={"message": {"token": "a"}}, headers={"Authorization": "Bearer x"})
    push.send(token="a-telephone", notice=NOTICE)
    mine = {"Authorization": f"Bearer {next(iter(configured._access_tokens))}"}

    assert (traded.status_code, traded.json()["error"]) == (400, "invalid_grant")
    assert unsigned.status_code == 401
    wrong = [{}, {"token": 5}, {"token": "a", "data": {"n": 1}}, {"token": "a", "to": "b"}, {"token": "a" * 5000}]
    for message in wrong:
        answer = httpx.post(endpoint, json={"message": message}, headers=mine)
        assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("account", "url", "id_"),
    [
        (None, "https://fcm.googleapis.com", None),
        ("", "https://fcm.googleapis.com", "core.E013"),
        ("[]", "https://fcm.googleapis.com", "core.E013"),
        ("whole", "http://push.example.com", "core.E014"),
        ("whole", "https://fcm.googleapis.com", None),
    ],
)
def test_an_account_that_cannot_be_used_stops_start_up(service, settings, account, url, id_):
    path = service[2].with_name("another.json")
    path.write_text(service[2].read_text() if account == "whole" else account or "")
    settings.PUSH_CREDENTIALS, settings.PUSH_URL = "" if account is None else str(path), url

    assert [found.id for found in checks.check_urls(None)] == ([id_] if id_ else [])


def write_account(path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "aiqleads.core.push", "--account-only", "--credentials", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_stand_in_takes_up_its_own_account_and_leaves_a_real_one_alone(service):
    path = service[2].with_name("served.json")
    assert write_account(path).returncode == 0
    key = json.loads(path.read_text())["private_key"]
    assert write_account(path).returncode == 0
    assert json.loads(path.read_text())["private_key"] == key

    path.write_text(json.dumps({"project_id": "a-real-one"}))
    assert "it is not overwritten" in write_account(path).stderr
    assert json.loads(path.read_text()) == {"project_id": "a-real-one"}
