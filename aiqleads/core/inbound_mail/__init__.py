"""Mail that people write to us: how it is handed over (``handover``), what of it is read (``letters``), and the
fake receiving server that ships (``sandbox``). A mail server's own pipe hands letters on too (``python -m``).

Without ``MAIL_IN_SECRET`` nobody can hand anything over. Nothing that is read here is kept.
"""

from aiqleads.core.inbound_mail.errors import LetterRefused, LetterUnreadable
from aiqleads.core.inbound_mail.letters import Letter, read

__all__ = ["Letter", "LetterRefused", "LetterUnreadable", "read"]
