"""What accounts, the machinery and the packages beneath hold of people."""

from typing import Final

from aiqleads.core.data_map import Personal, Secret, annotate

MEMBER: Final = "members"
ACCOUNT: Final = "to log in and to be reached about purchases"
WHILE_MEMBER: Final = "until the account is deleted"
LAW: Final = "five years after it was closed: the law asks for 24 months at least"


def say() -> None:
    """Annotate the models."""
    email = Personal(what="e-mail address", whose=MEMBER, why=ACCOUNT, how_long=WHILE_MEMBER)
    annotate(
        "accounts.user",
        email=email,
        first_name=Personal(what="first name", whose=MEMBER, why=ACCOUNT, how_long=WHILE_MEMBER),
        last_name=Personal(what="last name", whose=MEMBER, why=ACCOUNT, how_long=WHILE_MEMBER),
    )
    annotate("account.emailaddress", email=email)
    annotate(
        "socialaccount.socialaccount",
        uid=Personal(
            what="what another site that logs somebody in calls them",
            whose=MEMBER,
            why="to log them in",
            how_long="until they disconnect it, or the account is deleted",
        ),
    )
    annotate(
        "accounts.invitation",
        email=Personal(
            what="e-mail address",
            whose=MEMBER,
            why="to invite them to an organisation",
            how_long="90 days after its link stopped working",
        ),
    )
    visit = Personal(
        what="address and browser of a visit",
        whose=MEMBER,
        why="to show where somebody is logged in",
        how_long="until they log out, or the visit ends",
    )
    annotate("usersessions.usersession", ip=visit, user_agent=visit)
    at_the_sun = Secret(because="a place by whose sun a task runs")
    annotate("django_celery_beat.solarschedule", latitude=at_the_sun, longitude=at_the_sun)
    annotate(
        "accounts.licence",
        number=Personal(
            what="licence number", whose=MEMBER, why="to check the licence with its state", how_long=WHILE_MEMBER
        ),
    )
    annotate("accounts.authenticator", seed=Secret(because="a key, of nobody"))
    annotate(
        "accounts.privacyrequest",
        said=_of_a_request("what was written in a request"),
        answer_to=_of_a_request("e-mail address for the answers"),
        proven=_of_a_request("what was proven to be theirs"),
        receipt=_of_a_request("what was found and done"),
    )
    annotate(
        "accounts.identitycode",
        address=Personal(
            what="where a code went",
            whose="homeowners",
            why="to prove who asks",
            how_long="until it was used or ran out",
        ),
    )
    annotate(
        "accounts.identitydocument",
        body=Personal(
            what="a document that proves identity",
            whose="homeowners",
            why="to prove who asks",
            how_long="until an operator has decided",
        ),
    )
    annotate(
        "accounts.erasure",
        person=Personal(
            what="by what somebody is found",
            whose="homeowners",
            why="to erase them everywhere",
            how_long="until the erasure is finished, as a rule minutes",
        ),
    )
    annotate(
        "core.storedreply",
        body=Personal(
            what="an answer of the API",
            whose="homeowners",
            why="to give a repeated request the same answer",
            how_long="one day",
        ),
    )


def _of_a_request(what: str) -> Personal:
    return Personal(what=what, whose="homeowners", why="to answer a privacy request", how_long=LAW)
