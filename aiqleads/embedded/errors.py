"""What can go wrong on the way to a running service, in words that a newcomer can act on."""


class EmbeddedServiceError(Exception):
    """An embedded service cannot be had; the text says why and what to do."""
