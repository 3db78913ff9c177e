"""A stand-in for Twilio: its Messages API over loopback, into a folder instead of to telephones.

It refuses what Twilio refuses, in Twilio's words and codes, Twilio's own magic test numbers included; whoever
opens its address sees the messages, and may answer one as its telephone would: the answer is signed and handed on.
Source: https://www.twilio.com/docs/iam/test-credentials
"""

import base64
import binascii
import hmac
import re
import secrets
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from aiqleads.core.text_messages.replies import SIGNED_BY, signature_of
from aiqleads.core.text_messages.twilio import ANSWER_SECONDS, MOST_CHARACTERS, VERSION

SHOWN: Final = 50
MOST_BYTES: Final = 64_000
_NUMBER: Final = re.compile(r"\+[1-9]\d{6,14}")
_MAGIC: Final = {
    "+15005550001": (21211, "The 'To' number +15005550001 is not a valid phone number."),
    "+15005550002": (21612, "The 'To' phone number provided is not currently reachable via SMS."),
    "+15005550003": (21408, "Permission to send an SMS has not been enabled for the region of the 'To' number."),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
}


def create_app(*, account: str, token: str, folder: Path, replies_to: str = "") -> Starlette:
    """The service for one account; each message becomes a file in ``folder``, as mail does without a server.

    :param replies_to: where answers are handed to, as an account's webhook is; "" for nowhere
    """

    async def take(request: Request) -> Response:
        if not _is_authorised(request, account, token):
            return _refused(20003, "Authenticate", status=401)
        if int(request.headers.get("content-length", 0) or 0) > MOST_BYTES:
            return _refused(21617, _TOO_LONG)
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        refusal = _refusal(form)
        return _refused(*refusal) if refusal else _kept(form, account, folder)

    async def show(request: Request) -> Response:
        return HTMLResponse(_page(folder, can_answer=bool(replies_to)))

    async def answer(request: Request) -> Response:
        typed = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        if not replies_to or not _NUMBER.fullmatch(typed.get("From", "")):
            return _refused(21211, "The 'From' number is not a valid phone number.")
        return await _hand_on(typed, account=account, token=token, url=replies_to)

    return Starlette(
        routes=[
            Route(f"/{VERSION}/Accounts/{{account}}/Messages.json", take, methods=["POST"]),
            Route("/", show, methods=["GET"]),
            Route("/replies", answer, methods=["POST"]),
        ]
    )


_STOP_WORDS: Final = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke"})
"""Which answers the service itself takes for an opt-out, alone in a message."""


async def _hand_on(typed: dict[str, str], *, account: str, token: str, url: str) -> Response:
    """Give an answer to the account's webhook, signed; what the webhook answers is what this does."""
    words = typed.get("Body", "")
    form = {
        "MessageSid": typed.get("MessageSid") or f"SM{secrets.token_hex(16)}",
        "AccountSid": account,
        "From": typed["From"],
        "To": typed.get("To", "+15125550100"),
        "Body": words,
        "NumMedia": "0",
        **({"OptOutType": "STOP"} if words.strip().lower() in _STOP_WORDS else {}),
    }
    headers = {SIGNED_BY: signature_of(url=url, form=form.items(), token=token)}
    async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
        heard = await client.post(url, data=form, headers=headers)
    return Response(heard.content, status_code=heard.status_code, media_type=heard.headers.get("content-type"))


_TOO_LONG: Final = f"The concatenated message body exceeds the {MOST_CHARACTERS} character limit"


def _is_authorised(request: Request, account: str, token: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    try:
        name, _, password = base64.b64decode(given, validate=True).partition(b":")
    except binascii.Error:
        return False
    is_known = hmac.compare_digest(name, account.encode()) and hmac.compare_digest(password, token.encode())
    return scheme.lower() == "basic" and is_known and request.path_params["account"] == account


def _refusal(form: dict[str, str]) -> tuple[int, str] | None:
    to = form.get("To", "")
    if not to:
        return 21604, "A 'To' phone number is required."
    if not form.get("From") and not form.get("MessagingServiceSid"):
        return 21603, "A 'From' phone number is required."
    if not form.get("Body"):
        return 21602, "Message body is required."
    if len(form["Body"]) > MOST_CHARACTERS:
        return 21617, _TOO_LONG
    if not _NUMBER.fullmatch(to):
        return 21211, f"The 'To' number {to} is not a valid phone number."
    return _MAGIC.get(to)


def _refused(code: int, message: str, status: int = 400) -> Response:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return JSONResponse({"code": code, "message": message, "more_info": more, "status": status}, status_code=status)


def _kept(form: dict[str, str], account: str, folder: Path) -> Response:
    now = datetime.now(UTC)
    sid = f"SM{secrets.token_hex(16)}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{now:%Y%m%d-%H%M%S-%f}-{sid[-6:]}.log"
    (folder / name).write_text(f"To: {form['To']}\nDate: {now:%Y-%m-%d %H:%M:%S} UTC\n\n{form['Body']}\n")
    said = {
        "sid": sid,
        "account_sid": account,
        "status": "queued",
        "direction": "outbound-api",
        "to": form["To"],
        "from": form.get("From"),
        "messaging_service_sid": form.get("MessagingServiceSid"),
        "body": form["Body"],
        "num_segments": str(1 + len(form["Body"]) // 160),
        "date_created": now.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        "error_code": None,
        "error_message": None,
        "api_version": VERSION,
        "uri": f"/{VERSION}/Accounts/{account}/Messages/{sid}.json",
    }
    return JSONResponse(said, status_code=201)


def _page(folder: Path, *, can_answer: bool) -> str:
    newest = sorted(folder.glob("*.log"), reverse=True)[:SHOWN] if folder.is_dir() else []
    shown = "".join(_shown(file.read_text(), can_answer=can_answer) for file in newest)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        "<title>Text messages of the demo</title><h1>Text messages of the demo</h1>"
        f"{shown or '<p>None yet. Reload this page once one was sent.</p>'}</html>"
    )


def _shown(message: str, *, can_answer: bool) -> str:
    number = message.partition("To: ")[2].partition("\n")[0]
    form = (
        f'<form method="post" action="/replies"><input type="hidden" name="From" value="{escape(number)}">'
        '<label>Answer as this telephone <input name="Body" placeholder="STOP"></label> '
        "<button>Send</button></form>"
    )
    return f"<pre>{escape(message)}</pre>{form if can_answer else ''}<hr>"
