"""Why a notice was not taken. Neither repeats the token or the words."""


class DeviceGone(Exception):
    """No app answers to this token any more: it was uninstalled, or its token replaced."""


class PushUnavailable(Exception):
    """The service is out of reach, busy or not ours to use: the same notice may go later.

    ``retry_after_seconds`` is what the service asked for, or None.
    """

    def __init__(self, says: str, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(says)
        self.retry_after_seconds = retry_after_seconds
