"""Why a letter was not taken. Neither repeats a word or an address of it."""


class LetterRefused(Exception):
    """Our mail server did not sign this, or it is too old."""


class LetterUnreadable(Exception):
    """It is no letter, or one that costs too much to read."""
