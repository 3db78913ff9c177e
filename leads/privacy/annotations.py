"""What leads hold of people, and what models said of them."""

from typing import Final

from ai.kept import REPLIES
from aiqleads.core.data_map import Personal, Secret, annotate
from leads.retention import KEPT_FOR, in_words

OWNER: Final = "homeowners"
SOLD_ON: Final = "to tell an estate agent how the owner may be reached"


def say() -> None:
    """Annotate the models."""
    contact = in_words(KEPT_FOR["contact"])
    home = Personal(
        what="address and place of a home",
        whose=OWNER,
        why="to know a home as one",
        how_long="for good, without its owner's name, or until they ask for erasure",
    )
    annotate("leads.lead", address_line=home, street=home, latitude=home, longitude=home)
    annotate(
        "leads.observation",
        raw=Personal(
            what="an advert or a record as it was read",
            whose=OWNER,
            why="to know what was said, and by whom",
            how_long=in_words(KEPT_FOR["observation"]),
        ),
    )
    annotate(
        "leads.contact",
        name=Personal(what="name", whose=OWNER, why=SOLD_ON, how_long=contact),
        phone=Personal(what="telephone number", whose=OWNER, why=SOLD_ON, how_long=contact),
        email=Personal(what="e-mail address", whose=OWNER, why=SOLD_ON, how_long=contact),
    )
    annotate(
        "leads.consent",
        proof=Personal(
            what="where and how consent was given",
            whose=OWNER,
            why="to show that calls were agreed to",
            how_long="as long as sales by it are accounted for, or until they ask for erasure",
        ),
    )
    annotate(
        "leads.merge",
        before=Personal(
            what="two leads as they were",
            whose=OWNER,
            why="to take a wrong merge back",
            how_long=f"{KEPT_FOR['merge'].days} days after they were merged",
        ),
    )
    annotate("leads.source", access_token=Secret(because="a key, of nobody"))
    annotate(
        "leads.sourceright",
        contact_email=Personal(
            what="e-mail address",
            whose="partners",
            why="to ask about the right",
            how_long="for good: it shows who gave the right",
        ),
    )
    annotate(
        "ai.modelreply",
        raw=Personal(
            what="what a model said of an advert, personal values covered",
            whose=OWNER,
            why="to not ask twice",
            how_long=f"{REPLIES.days} days",
        ),
    )
