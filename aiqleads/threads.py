"""Which thread answers a web request: one that is there already, from the beginning of the request to its end.

Django starts a thread for each request, which connects to everything anew, and crosses between it and the server's
own five times and more. Here threads stay, and all middleware and the view run in one crossing.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from aiqleads import body_limits

MOST_IDLE: Final = 16
"""So many threads wait for requests at most; whoever comes when all are at work gets one for a while."""


class LastingThreads(ASGIHandler):
    """Django's handler for views and middleware that are plain functions, all of them.

    ``idle`` are the threads that wait for a request.
    """

    def __init__(self, *, most_idle: int = MOST_IDLE) -> None:
        super().__init__()
        self.load_middleware(is_async=False)
        self.most_idle = most_idle
        self.idle: list[ThreadPoolExecutor] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        thread = self.idle.pop() if self.idle else ThreadPoolExecutor(1, "request")
        try:
            async with ThreadSensitiveContext(executor=thread):
                await super().__call__(scope, receive, send)
        finally:
            if len(self.idle) < self.most_idle:
                self.idle.append(thread)
            else:
                thread.shutdown(wait=False)

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request whose body is no longer than its address takes."""
        most = body_limits.MOST_BYTES
        if scope["path"] in body_limits.MESSAGES:
            most = body_limits.MOST_BYTES_OF_A_MESSAGE
        is_table = scope["method"] == "POST" and scope["path"] == body_limits.TABLES
        if is_table and await sync_to_async(body_limits.may_bring_tables)(scope):
            most = body_limits.MOST_BYTES_OF_A_TABLE
        try:
            if body_limits.announced_bytes(scope["headers"]) > most:
                raise body_limits.TooLong
            await super().handle(scope, body_limits.counted(receive, most=most), send)
        except body_limits.TooLong:
            await body_limits.refuse(scope["path"], send)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response)(request)
