"""What billing holds of people: whom invoices are made out to, who pays by what, and what providers say of them."""

from typing import Final

from aiqleads.core.data_map import Personal, Secret, annotate

MEMBER: Final = "members"
LAW: Final = "for good: tax law asks for it, and the numbers of invoices have no gap"


def say() -> None:
    """Annotate the models."""
    annotate(
        "billing.billingprofile",
        name=_of_a_profile("name on invoices"),
        email=_of_a_profile("e-mail address for invoices"),
        street=_of_a_profile("street on invoices"),
        city=_of_a_profile("city on invoices"),
        postal_code=_of_a_profile("postal code on invoices"),
        tax_id=_of_a_profile("tax number on invoices"),
    )
    issued = Personal(
        what="whom an invoice was made out to, and where they were",
        whose=MEMBER,
        why="to prove what was paid and taxed",
        how_long=LAW,
    )
    annotate("billing.invoice", snapshot=issued, pdf=issued)
    annotate(
        "billing.inboxmessage",
        raw=Personal(
            what="what a payment provider told us of a payer: name, e-mail address, telephone, address",
            whose=MEMBER,
            why="to find out what went wrong where a payment was not noticed",
            how_long="7 days, or until they ask for erasure or close their account",
        ),
    )
    annotate(
        "billing.customer",
        method_label=Personal(
            what="a kept way of paying: the card's brand and last four digits, or a shortened e-mail address",
            whose=MEMBER,
            why="to tell by what the next payment is made",
            how_long="until another is kept, or whoever left it or the last of the organisation leaves",
        ),
    )
    annotate("djstripe.customer", email=Secret(because="always empty: mirrors are written without people's data"))


def _of_a_profile(what: str) -> Personal:
    return Personal(
        what=what,
        whose=MEMBER,
        why="to make out invoices, and to reckon the tax by the address",
        how_long="until they change it, ask for erasure, or the last of the organisation leaves",
    )
