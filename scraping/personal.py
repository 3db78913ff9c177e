"""What crawling and intake hold of people."""

from typing import Final

from aiqleads.core.data_map import Personal, Secret, annotate
from scraping.kept import REQUESTS, SAVED_PAGES, SUBMISSIONS

OWNER: Final = "homeowners"


def say() -> None:
    """Annotate the models."""
    sent = f"{SUBMISSIONS.days} days; two days where it is never confirmed"
    why = "to do what they asked for"
    annotate(
        "scraping.submission",
        email=Personal(what="e-mail address", whose=OWNER, why=why, how_long=sent),
        phone=Personal(what="telephone number", whose=OWNER, why=why, how_long=sent),
        answers=Personal(what="what they wrote about their home", whose=OWNER, why=why, how_long=sent),
    )
    annotate("scraping.feedaccess", client_secret=Secret(because="a key, of nobody"))
    annotate(
        "scraping.advertpictures",
        addresses=Personal(
            what="addresses of an advert's pictures",
            whose=OWNER,
            why="to look at them once",
            how_long=f"until they were looked at, {REQUESTS.days} days at most",
        ),
    )
    page = "a page as it was read"
    test = "to see that pages are still read right"
    kept = f"{SAVED_PAGES.days} days"
    annotate(
        "scraping.savedpage",
        body=Personal(what=page, whose=OWNER, why=test, how_long=kept),
        expected=Personal(what=page, whose=OWNER, why=test, how_long=kept),
    )
