"""Why a text message was not taken. Neither repeats the number or the words."""


class NumberRefused(Exception):
    """This number gets no text messages: a landline, a country that is not served, an owner who said STOP."""


class MessagesUnavailable(Exception):
    """The service is out of reach, busy or not ours to use: the same message may go later."""


class ReplyRefused(Exception):
    """A reply that our service did not sign, or that is none."""
