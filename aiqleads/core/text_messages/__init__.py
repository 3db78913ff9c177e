"""Text messages to telephones, and what is answered (``replies``): the port, its one vendor (``twilio``) and the
fake that ships (``sandbox``).

Without ``SMS_URL`` nobody can be texted, and whoever offers it asks ``is_available`` first.
"""

from aiqleads.core.text_messages.errors import MessagesUnavailable, NumberRefused, ReplyRefused
from aiqleads.core.text_messages.twilio import is_available, send

__all__ = ["MessagesUnavailable", "NumberRefused", "ReplyRefused", "is_available", "send"]
