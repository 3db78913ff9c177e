"""Notices on telephones: the port, its one vendor (``fcm``) and the fake that ships (``sandbox``).

Without ``PUSH_CREDENTIALS`` nobody is pushed to, and whoever offers it asks ``is_available`` first.
"""

from aiqleads.core.push.errors import DeviceGone, PushUnavailable
from aiqleads.core.push.fcm import Notice, is_available, send

__all__ = ["DeviceGone", "Notice", "PushUnavailable", "is_available", "send"]
