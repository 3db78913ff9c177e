"""Where the service for text messages brings what people answer."""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.services import opt_outs
from aiqleads.core import text_messages
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
