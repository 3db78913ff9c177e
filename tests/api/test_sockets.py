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
from marketplace.consumers import MarketConsumer
from tests.api.conftest import client_of
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


@pytest.mark.parametrize("ending", ["removed", "left", "suspended", "demoted"])
async def test_a_colleagues_log_in_that_ends_in_mid_connection_is_told_nothing_more(
    opened, alice, olga, lead, ending
):
    dora = await sync_to_async(join)(alice, "dora", Membership.Role.BUYER)
    socket = await opened(await session_of(dora))
    await socket.hear()
    ends = {
        "removed": lambda: services.remove_member(membership_id=dora.pk, by=alice),
        "left": lambda: services.leave_organisation(member=dora),
        "suspended": lambda: services.suspend_user(user_id=dora.user_id, reason="Test.", actor_id=olga.pk),
        "demoted": lambda: services.change_members_role(
            membership_id=dora.pk, role=Membership.Role.VIEWER, by=alice
        ),
    }

    await sync_to_async(ends[ending])()
    await send(socket, type="lead.ask", lead=str(lead.pk))

    assert await closing(socket) == (Close.ACCESS_CHANGED if ending == "demoted" else Close.NOT_PROVEN)


async def test_a_token_that_ran_out_closes_the_socket(opened, alice, clock):
    socket = await opened(await session_of(alice))
    await socket.hear()
    await sync_to_async(clock.advance)(minutes=15)
    await send(socket, type="ping")

    assert await closing(socket) == Close.NOT_PROVEN


async def test_an_operator_without_an_organisation_has_no_commands(opened, olga):
    socket = await opened(await sync_to_async(lambda: services.open_session(user=olga).access)())

    assert await closing(socket) == Close.ACCESS_CHANGED


ANSWERS = {
    # command: its answer to a stranger, to each role, and to a key that may not read
    "ping": ("pong", "pong", "pong"),
    "lead.ask": ("not_authenticated", "lead.told", "insufficient_scope"),
    "cart.ask": ("not_authenticated", "cart.told", "insufficient_scope"),
}


@pytest.mark.parametrize("role", Membership.Role)
async def test_each_command_is_answered_as_the_role_may(opened, alice, lead, role):
    member = alice if role == Membership.Role.OWNER else await sync_to_async(join)(alice, "frank", role)
    assert set(ANSWERS) == set(MarketConsumer.commands)
    sockets = [
        await opened(),
        await opened(await session_of(member)),
        await opened((await key_of(alice, Scope.BUY))[1]),
    ]
    told = [await socket.hear() for socket in sockets[1:]]
    assert [one["type"] for one in told] == ["authenticated"] * 2
    assert told[0]["role"] == role

    for name, expected in ANSWERS.items():
        message = json.dumps({"type": name, "lead": str(lead.pk)})
        answers = [await socket.say(message) for socket in sockets]
        assert tuple(one.get("code") or one["type"] for one in answers) == expected, name


async def test_what_a_viewer_is_told_of_an_offer_is_no_more_than_the_api_tells_them(opened, alice, lead):
    viewer = await sync_to_async(join)(alice, "frank", Membership.Role.VIEWER)
    socket = await opened(await session_of(viewer))
    await socket.hear()

    told = (await socket.say(json.dumps({"type": "lead.ask", "lead": str(lead.pk)})))["lead"]

    answer = await sync_to_async(lambda: client_of(viewer).get(f"/api/v1/leads/{lead.pk}/").json())()
    assert told == {name: value for name, value in answer.items() if name in told}
    assert not {"phone", "email", "contact", "address_line"} & set(told)


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
