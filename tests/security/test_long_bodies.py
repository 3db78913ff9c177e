"""Tables of 300 MB at the one address that takes them: who may not bring any is refused before they are taken in.

A real server is asked over a socket: what matters is what it reads of a body before it answers.
"""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex
from threading import Thread

import httpx
import pytest
import uvicorn
from django.contrib.auth.models import Group
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY

from accounts.models import User
from aiqleads.body_limits import MOST_BYTES, MOST_BYTES_OF_A_TABLE, TABLES
from scraping.models import FileImport
from tests.conftest import at_length, log_in

pytestmark = pytest.mark.django_db(transaction=True)

Sender = tuple[socket.socket, str]
PIECE = bytes(65_536)
IN_BUFFERS = 16 * 1024 * 1024
"""What the kernel takes of a sender at most, whether or not anybody reads it."""
TABLE_BYTES = at_length(short=21, soak=200) * 1024 * 1024


@pytest.fixture
def port() -> Iterator[int]:
    """Where the whole application listens, as ``make run`` has it."""
    from aiqleads.asgi import application

    server = uvicorn.Server(
        uvicorn.Config(application, lifespan="off", log_config=None, ws="none", timeout_graceful_shutdown=1)
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(timeout=10)


@pytest.fixture
def send(port: int) -> Iterator[Callable[..., socket.socket]]:
    """Sends the head of a request, with a cookie, and leaves the body to the test."""
    opened: list[socket.socket] = []

    def begin(cookie: str, *, length: str) -> socket.socket:
        sender = socket.create_connection(("127.0.0.1", port), timeout=10)
        opened.append(sender)
        head = f"POST {TABLES} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n{length}\r\n"
        sender.sendall(f"{head}Content-Type: multipart/form-data; boundary=x\r\n\r\n".encode("latin-1"))
        return sender

    yield begin
    for sender in opened:
        sender.close()


def answer_of(sender: socket.socket) -> str:
    """All that the server says until it hangs up."""
    told = b""
    try:
        while piece := sender.recv(65_536):
            told += piece
    except ConnectionResetError:  # it hangs up on what is still on its way
        pass
    return told.decode()


def cookie_of(user: User) -> str:
    return f"sessionid={log_in(Client(), user).cookies['sessionid'].value}"


def one_factor(user: User) -> str:
    browser = log_in(Client(), user)
    session = browser.session
    del session[DEVICE_ID_SESSION_KEY]
    session.save()
    return f"sessionid={browser.cookies['sessionid'].value}"


def of_no_curator() -> str:
    operator = User.objects.create_user("finance@example.com", is_staff=True)
    operator.groups.set(Group.objects.filter(name="finance"))
    return cookie_of(operator)


def of_a_dismissed(user: User) -> str:
    cookie = cookie_of(user)
    User.objects.create_user("other@example.com", is_staff=True, is_superuser=True)  # somebody has to decide
    User.objects.filter(pk=user.pk).update(is_active=False)
    return cookie


@pytest.fixture(
    params=["none", "forged", "NUL", "member", "one factor", "another role", "dismissed", "another's device"]
)
def cookie_of_a_stranger(request, alice, olga) -> str:
    told = {
        "none": lambda: "x=y",
        "forged": lambda: f"sessionid={token_hex(16)}",
        "NUL": lambda: 'sessionid="aaaaaaaaaa\\000"',
        "member": lambda: cookie_of(alice.user),
        "one factor": lambda: one_factor(olga),
        "another role": of_no_curator,
        "dismissed": lambda: of_a_dismissed(olga),
        "another's device": lambda: of_anothers_device(alice.user, olga),
    }
    return told[request.param]()


def of_anothers_device(member: User, operator: User) -> str:
    """A member who became staff without a device of their own, and wrote somebody else's into the session."""
    theirs = log_in(Client(), operator).session[DEVICE_ID_SESSION_KEY]
    User.objects.filter(pk=member.pk).update(is_staff=True, is_superuser=True)
    browser = log_in(Client(), member)
    session = browser.session
    session[DEVICE_ID_SESSION_KEY] = theirs
    session.save()
    return f"sessionid={browser.cookies['sessionid'].value}"


def test_a_stranger_who_announces_much_and_sends_it_slowly_is_refused_at_once(send, cookie_of_a_stranger):
    sender = send(cookie_of_a_stranger, length=f"Content-Length: {MOST_BYTES_OF_A_TABLE}")
    sender.sendall(b"-")

    told = answer_of(sender)

    assert told.startswith("HTTP/1.1 413 ")
    assert "too large. Log in as an operator" in told
    assert not FileImport.objects.exists()


def test_a_stranger_who_announces_nothing_is_refused_once_a_small_body_is_full(send):
    sender = send("x=y", length="Transfer-Encoding: chunked")
    sent = 0
    try:
        while sent < MOST_BYTES_OF_A_TABLE:
            sender.sendall(b"%x\r\n%b\r\n" % (len(PIECE), PIECE))
            sent += len(PIECE)
    except (ConnectionError, TimeoutError):
        pass

    assert MOST_BYTES < sent < MOST_BYTES + IN_BUFFERS


def test_operators_bring_tables_two_at_once(port, olga, open_source, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    row = b"%d;TX;325000;Casey;512-555-0142;1 Elm St\n"
    table = b"Ref;Where;Price;Who;Phone;Address\n" + row % 1 * (TABLE_BYTES // len(row % 1))
    assert len(table) > MOST_BYTES
    token = token_hex(16)
    cookies = {"sessionid": cookie_of(olga).removeprefix("sessionid="), "csrftoken": token}

    def bring(name: str) -> int:
        with httpx.Client(base_url=f"http://localhost:{port}", cookies=cookies, timeout=60) as browser:
            form = {"source": open_source.pk, "csrfmiddlewaretoken": token}
            return browser.post(TABLES, data=form, files={"file": (name, table)}).status_code

    with ThreadPoolExecutor(2) as operators:
        assert list(operators.map(bring, ["one.csv", "two.csv"])) == [302, 302]

    assert sorted(FileImport.objects.values_list("file_name", "size_bytes")) == [
        ("one.csv", len(table)),
        ("two.csv", len(table)),
    ]
