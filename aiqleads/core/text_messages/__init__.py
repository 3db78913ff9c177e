"""Text messages to telephones: the port, its one vendor (``twilio``) and the fake that ships (``sandbox``).

Without ``SMS_URL`` nobody can be texted, and whoever offers it asks ``is_available`` first.
"""

from aiqleads.core.text_messages.errors import MessagesUnavailable, NumberRefused
from aiqleads.core.text_messages.twilio import is_available, send

__all__ = ["MessagesUnavailable", "NumberRefused", "is_available", "send"]
