"""The sandbox on a line that breaks: before it hears what is asked, or before we hear what it answers."""

from typing import Any

from billing import services
from billing.models import Payment
from billing.providers.port import ProviderUnreachable
from billing.providers.sandbox import Sandbox, desk, memory, pages


class Dying:
    """Asks the sandbox, and dies at each of ``dies``: ``"refund before"``, ``"refund after"``."""

    name = "sandbox"

    def __init__(self) -> None:
        self.dies: set[str] = set()
        self.asked: list[str] = []

    def __getattr__(self, call: str) -> Any:
        act = getattr(Sandbox(), call)

        def ask(*arguments: Any, **named: Any) -> Any:
            self.asked.append(call)
            if f"{call} before" in self.dies:
                raise ProviderUnreachable("nobody answered", may_have_acted=False)
            answer = act(*arguments, **named)
            if f"{call} after" in self.dies:
                raise ProviderUnreachable("the line broke", may_have_acted=True)
            return answer

        return ask


line = Dying()


def connect() -> Dying:
    return line


def bought(member: Any, card: str = "good", *, pack_code: str = "fifty") -> Payment:
    """A pack that was paid for at the sandbox; by ``bank`` the money has come."""
    started = services.start_checkout(member=member, pack_code=pack_code, provider="sandbox")
    pages.hand_in(started.checkout_id, card)
    if card == "bank":
        desk.settle(memory.find(memory.Kind.CHECKOUT, started.checkout_id).data["capture_id"])
    return services.look_again(started.pk)
