"""What receivers check: the lines that the documentation gives them, beside the library that signs."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from marketplace.messages.webhooks import new_secret, shape

BODY = '{"type": "lead.purchased", "who": "José"}'


@pytest.fixture(scope="module")
def verify():
    """The function that docs/subsystems/delivery.md shows."""
    page = (settings.BASE_DIR / "docs/subsystems/delivery.md").read_text()
    [lines] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    shown = {}
    exec(lines, shown)  # noqa: S102  (our own documentation)
    return shown["verify"]


def headers(*secrets, seconds_ago=0.0):
    sent_at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    return {
        "webhook-id": "0192",
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign("0192", sent_at, BODY) for secret in secrets),
    }


def library_accepts(body, told, secret):
    try:
        Webhook(secret).verify(body, told, json_parse=False)
    except WebhookVerificationError:
        return False
    return True


def test_either_secret_verifies_while_both_are_in_force(verify):
    new, old = new_secret(), new_secret()
    told = headers(new, old)

    for secret, is_ours in ((new, True), (old, True), (new_secret(), False)):
        assert verify(BODY.encode(), told, secret) is is_ours
        assert library_accepts(BODY, told, secret) is is_ours


@pytest.mark.parametrize(
    "change", [{"webhook-id": "0193"}, {"webhook-timestamp": str(int(datetime.now(UTC).timestamp()) - 60)}]
)
def test_nothing_that_is_signed_can_be_changed(verify, change):
    secret = new_secret()
    told = headers(secret)

    assert not verify(BODY.encode(), told | change, secret)
    assert not library_accepts(BODY, told | change, secret)
    assert not verify(BODY.encode() + b" ", told, secret)


@pytest.mark.parametrize("seconds", [-302, 302])
def test_a_message_is_fresh_for_five_minutes(verify, seconds):
    secret = new_secret()
    told = headers(secret, seconds_ago=seconds)

    assert not verify(BODY.encode(), told, secret)
    assert not library_accepts(BODY, told, secret)
    assert verify(BODY.encode(), headers(secret, seconds_ago=seconds * 0.9), secret)


def test_a_shape_names_fields_and_holds_no_value():
    told = {"a": "secret", "b": [{"c": 1}, {"c": 2}], "d": None, "e": True, "f": [], "g": 1.5}

    assert shape(told) == {
        "a": "text",
        "b": [{"c": "number"}],
        "d": "nothing",
        "e": "yes or no",
        "f": [],
        "g": "number",
    }
