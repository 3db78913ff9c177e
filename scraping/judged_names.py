"""How crawls look names up: by ``aiqleads.core.outbound``, at each connection, redirects and pictures included."""

from typing import Any, Final, Literal

from django.conf import settings
from scrapy.crawler import Crawler
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IHostResolution
from twisted.internet.threads import deferToThreadPool
from zope.interface import implementer  # type: ignore[import-untyped]

from aiqleads.core.outbound import is_loopback, judged_addresses

_LOOPBACK: Final = {"localhost": "127.0.0.1"}


@implementer(IHostResolution)
class Asked:
    """A name that is being looked up."""

    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Let it be: the thread that asks ends by itself, and what it finds is not waited for."""


@implementer(IHostnameResolver)
class JudgedNames:
    """Scrapy's ``TWISTED_DNS_RESOLVER``: a name that is not on the public network is known to nobody."""

    def __init__(self, reactor: Any, *, may_be_loopback: bool) -> None:
        self._reactor = reactor
        self._may_be_loopback = may_be_loopback

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> "JudgedNames":
        return cls(reactor, may_be_loopback=settings.CRAWL_LOOPBACK)

    def install_on_reactor(self) -> None:
        """Have every connection of the reactor ask here."""
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802 - Twisted's name
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Any = None,  # noqa: N803
        transportSemantics: Literal["TCP", "UDP"] = "TCP",  # noqa: N803
    ) -> Asked:
        asked = Asked(hostName)
        resolutionReceiver.resolutionBegan(asked)

        def tell(addresses: list[str]) -> None:
            for address in addresses:
                kind = IPv6Address if ":" in address else IPv4Address
                resolutionReceiver.addressResolved(kind(transportSemantics, address, portNumber))
            resolutionReceiver.resolutionComplete()

        if self._may_be_loopback and is_loopback(hostName):  # no name: nobody has to be asked
            tell([_LOOPBACK.get(hostName, hostName.strip("[]"))])
            return asked
        looking = deferToThreadPool(
            self._reactor,
            self._reactor.getThreadPool(),
            judged_addresses,
            hostName,
            portNumber,
            may_be_loopback=False,
        )
        looking.addCallbacks(tell, lambda _: tell([]))
        return asked
