"""Where the services for text messages and mail bring what people answer."""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.services import inbound_letters, opt_outs
from aiqleads.core import clock, inbound_mail, text_messages
from aiqleads.core.inbound_mail import handover
from aiqleads.core.text_messages import replies

SILENCE = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""Nothing is answered: whoever said stop gets no further message of ours."""


@csrf_exempt  # the service posts here; its signature says that it is the one
@require_POST
def text_reply(request: HttpRequest) -> HttpResponse:
    """Hear one reply. Twice the same is the same as once; what asks for nothing is forgotten here."""
    if int(request.headers.get("Content-Length") or 0) > replies.MOST_BYTES:
        return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    signature = request.headers.get(replies.SIGNED_BY, "")
    try:
        reply = replies.read(url=f"{settings.SITE_URL}{request.path}", body=request.body, signature=signature)
    except text_messages.ReplyRefused:
        return HttpResponse(status=HTTPStatus.FORBIDDEN)
    opt_outs.hear_reply(words=reply.words, message_id=reply.id, phone=reply.phone, is_opt_out=reply.is_opt_out)
    return HttpResponse(SILENCE, content_type="text/xml")


@csrf_exempt  # a mail server posts here; its signature says that it is ours
@require_POST
def letter(request: HttpRequest) -> HttpResponse:
    """Hear one letter. What becomes of it is told to nobody: a mail server has nothing to do with it."""
    if int(request.headers.get("Content-Length") or 0) > handover.MOST_BYTES:
        return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    raw, secret = request.body, settings.MAIL_IN_SECRET  # without a length: as much as Django takes into memory
    try:
        handover.verify(raw=raw, headers=request.headers, secret=secret, now=clock.now())
        inbound_letters.hear_letter(inbound_mail.read(raw, server=settings.MAIL_IN_SERVER))
    except inbound_mail.LetterRefused:
        return HttpResponse(status=HTTPStatus.FORBIDDEN)
    except inbound_mail.LetterUnreadable:
        return HttpResponse(status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return HttpResponse(status=HTTPStatus.NO_CONTENT)
