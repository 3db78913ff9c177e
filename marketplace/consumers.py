"""The market socket: tells open pages that a lead was held, released, sold, priced, listed or withdrawn."""

from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from rest_framework.utils.encoders import JSONEncoder

from accounts.models import Membership
from accounts.models.credentials import Scope
from accounts.sockets import MemberSocket, command
from aiqleads.core import live
from marketplace import cards, selectors
from marketplace.models import Listing
from marketplace.serializers.carts import CartSerializer
from marketplace.serializers.leads import LeadSerializer


class NothingHere(AsyncJsonWebsocketConsumer):
    """Refuses the connection: no socket is served at this address."""

    async def connect(self) -> None:
        await self.close()


class MarketConsumer(MemberSocket):
    """Sends what is published to the market group; anonymous visitors may listen, since it is all public.

    A program that says who it is may also ask what an offer is to it, and what it holds.
    """

    groups = [live.MARKET_GROUP]

    async def live_message(self, event: dict[str, Any]) -> None:
        """Pass on one published message."""
        await self.send(text_data=event["text"])

    @classmethod
    async def encode_json(cls, content: Any) -> str:
        return JSONEncoder(ensure_ascii=False).encode(content)

    @command("lead.ask", scope=Scope.READ)
    async def tell_lead(self, message: dict[str, Any]) -> None:
        """``{"type": "lead.ask", "lead": id}`` → ``lead.told`` with the offer as the member sees it."""
        told = await database_sync_to_async(self._lead)(message.get("lead"))
        if told is None:
            await self.refuse("not_found", "There is no such lead, or it never was on the marketplace.")
        else:
            await self.send_json({"type": "lead.told", "lead": told})

    @command("cart.ask", scope=Scope.READ)
    async def tell_cart(self, message: dict[str, Any]) -> None:
        """``{"type": "cart.ask"}`` → ``cart.told`` with what the member holds."""
        await self.send_json({"type": "cart.told", "cart": await database_sync_to_async(self._cart)()})

    def _lead(self, lead_id: Any) -> dict[str, Any] | None:
        try:
            listing = selectors.get_listing(UUID(lead_id))
        except (Listing.DoesNotExist, ValueError, TypeError, AttributeError):
            return None
        [card] = cards.cards([listing], membership=self._membership())
        return dict(LeadSerializer(card).data)

    def _cart(self) -> Any:
        membership = self._membership()
        return CartSerializer(selectors.cart(membership)).data if membership else None

    def _membership(self) -> Membership | None:
        return self.credential.membership if self.credential else None
