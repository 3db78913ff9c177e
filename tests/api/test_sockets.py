"""The socket knows who asks as the API does, and looks anew at each command."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from accounts import services
from accounts.models import Membership
from accounts.models.credentials import Scope
from accounts.sockets import MESSAGES_AT_ONCE, MOST_CHARACTERS, Close
from tests.marketplace.colleagues import join
from tests.security.test_bad_sockets import Socket

PROGRAM = [(b"host", b"localhost")]  # a browser names its origin, a program none


@pytest.fixture
async def opened(transactional_db) -> AsyncIterator[Callable[..., Any]]:
    sockets = []

    async def open_socket(token: str = "") -> Socket:
        header = [(b"authorization", f"Bearer {token}".encode())] if token else []
        socket = Socket(headers=[*PROGRAM, *header])
        assert await socket.is_accepted()
        sockets.append(socket)
        return socket

    yield open_socket
    for socket in sockets:
        await socket.leave()


async def closing(socket: Socket) -> int:
    return (await socket.receive_output(timeout=5))["code"]


async def send(socket: Socket, **message: Any) -> None:
    await socket.send_input({"type": "websocket.receive", "text": json.dumps(message)})


@sync_to_async
def session_of(member: Membership) -> str:
    return services.open_session(user=member.user).access


@sync_to_async
def key_of(member: Membership, *scopes: Scope) -> tuple[Any, str]:
    return services.create_key(member=member, name="A program", scopes=scopes, lasts_days=30)


async def test_a_program_proves_itself_by_header_or_first_message(opened, alice):
    token = await session_of(alice)
    by_header = await opened(token)
    by_message = await opened()
    await send(by_message, type="authenticate", token=token)

    for socket in (by_header, by_message):
        told = await socket.hear()
        assert (told["type"], told["role"], len(told["scopes"])) == ("authenticated", "owner", 5)
        assert (await socket.say('{"type": "cart.ask"}'))["cart"]["items"] == []


async def test_an_offer_is_told_as_the_member_sees_it(opened, alice, lead):
    socket = await opened((await key_of(alice, Scope.READ))[1])
    await socket.hear()

    told = await socket.say(json.dumps({"type": "lead.ask", "lead": str(lead.pk)}))
    unknown = await socket.say('{"type": "lead.ask", "lead": "nothing"}')

    assert (told["type"], told["lead"]["id"], told["lead"]["price_credits"]) == ("lead.told", str(lead.pk), 10)
    assert unknown["code"] == "not_found"


async def test_who_did_not_say_who_they_are_hears_what_is_public(opened):
    socket = await opened()

    assert (await socket.say('{"type": "cart.ask"}'))["code"] == "not_authenticated"
    assert await socket.say('{"type": "ping"}') == {"type": "pong"}


async def test_a_key_that_is_not_for_reading_reads_nothing(opened, alice):
    socket = await opened((await key_of(alice, Scope.HOLD))[1])
    await socket.hear()

    assert (await socket.say('{"type": "cart.ask"}'))["code"] == "insufficient_scope"


@pytest.mark.parametrize("token", ["nonsense", "aiq_" + "0" * 46, "", None, 7, {"a": 1}])
async def test_a_token_that_opens_nothing_closes_the_socket(opened, token):
    socket = await opened()
    await send(socket, type="authenticate", token=token)

    assert await closing(socket) == Close.NOT_PROVEN


def leave_to_another(owner):
    join(owner, "dora", Membership.Role.OWNER)
    Membership.objects.filter(pk=owner.pk).update(role="viewer")


ENDINGS = {
    "revoked": (lambda alice, olga, key: services.revoke_key(member=alice, key_id=key.pk), Close.NOT_PROVEN),
    "suspended": (
        lambda alice, olga, key: services.suspend_user(user_id=alice.user_id, reason="Test.", actor_id=olga.pk),
        Close.NOT_PROVEN,
    ),
    "run out": (lambda alice, olga, key: key.delete(), Close.NOT_PROVEN),
    "another role": (
        lambda alice, olga, key: leave_to_another(alice),
        Close.ACCESS_CHANGED,
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_command_after_access_ended_closes_the_socket(opened, alice, olga, ending):
    key, text = await key_of(alice, Scope.READ)
    socket = await opened(text)
    await socket.hear()
    assert (await socket.say('{"type": "cart.ask"}'))["type"] == "cart.told"

    end, code = ENDINGS[ending]
    await sync_to_async(end)(alice, olga, key)
    await send(socket, type="ping")

    assert await closing(socket) == code


async def test_a_token_that_ran_out_closes_the_socket(opened, alice, clock):
    socket = await opened(await session_of(alice))
    await socket.hear()
    await sync_to_async(clock.advance)(minutes=15)
    await send(socket, type="ping")

    assert await closing(socket) == Close.NOT_PROVEN


async def test_an_operator_without_an_organisation_has_no_commands(opened, olga):
    socket = await opened(await sync_to_async(lambda: services.open_session(user=olga).access)())

    assert await closing(socket) == Close.ACCESS_CHANGED


async def test_a_flood_and_a_giant_are_closed(opened):
    flooding, giant = await opened(), await opened()
    for _ in range(MESSAGES_AT_ONCE * 3):  # more than are earned while they are sent
        await send(flooding, type="ping")
    await giant.send_input({"type": "websocket.receive", "text": "x" * (MOST_CHARACTERS + 1)})

    heard = []
    while not heard or heard[-1]["type"] == "websocket.send":
        heard.append(await flooding.receive_output(timeout=5))
    assert len(heard) > MESSAGES_AT_ONCE
    assert heard[-1]["code"] == Close.TOO_MANY_MESSAGES
    assert await closing(giant) == Close.TOO_BIG
