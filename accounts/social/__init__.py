"""Logging in with another site that speaks OpenID Connect, through allauth, and the fake of one that ships.

``provider`` is how it is spoken to, ``id_tokens`` what its word is worth, ``adapter`` what allauth asks of us,
``sandbox`` the stand-in (``python -m accounts.social``).
"""
