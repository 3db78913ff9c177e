"""What the marketplace holds of people."""

from typing import Final

from aiqleads.core.data_map import Personal, Secret, annotate

OWNER: Final = "homeowners"


def say() -> None:
    """Annotate the models."""
    offer = Personal(
        what="street without number, and a point moved 300 to 800 metres",
        whose=OWNER,
        why="to offer a lead",
        how_long="until the lead is purged",
    )
    annotate("marketplace.listing", street=offer, latitude=offer, longitude=offer)
    annotate(
        "marketplace.receiver",
        url=Secret(because="where an organisation has leads sent"),
        secret=Secret(because="a key, of nobody"),
        old_secret=Secret(because="a key, of nobody"),
    )
    annotate(
        "marketplace.device",
        token=Personal(
            what="what a telephone is reached by",
            whose="members",
            why="to tell of news",
            how_long="until it is taken off, or the account is deleted",
        ),
    )
    words = Personal(
        what="a buyer's words, which may name people",
        whose=OWNER,
        why="to decide about a return",
        how_long="as long as the sale is accounted for, or until they ask for erasure",
    )
    annotate("marketplace.return", explanation=words, appeal=words)
