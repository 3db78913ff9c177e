"""What callers of embeddings can expect."""


class ModelMissing(Exception):
    """The embedded model's weights are not installed, or not the ones that the product was written for."""
