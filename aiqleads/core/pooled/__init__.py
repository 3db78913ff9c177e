"""Django's PostgreSQL, but that no request pays for connections that ended while nobody used them."""
