"""Live updates to open pages: what groups there are, and how a message reaches them.

A message tells *that* something changed and until when, never a hidden fact; a page asks the server for its
truth. A lost message is repaired when the page reconnects, so a broken channel layer is noted and survived.
"""

import json
from functools import partial
from typing import Any, Final

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from aiqleads.core.redis import breaker

MARKET_GROUP: Final = "market"


def broadcast(group: str, message: dict[str, Any]) -> None:
    """Send ``message`` (its ``type`` as ``noun.verb``) to every open socket in ``group``, written as JSON once."""
    layer = get_channel_layer()
    if layer is None:
        return
    send = partial(async_to_sync(layer.group_send), group, {"type": "live.message", "text": json.dumps(message)})
    breaker.attempt(send, otherwise=lambda: None, purpose="live updates")
