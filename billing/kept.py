"""How long the tables of money are kept."""

from datetime import datetime, timedelta

from django.apps import apps
from django.db.models import Q

from aiqleads.core import retention, transactions
from billing.selectors import messages_that_say_something
from billing.services import empty_messages


def say() -> None:
    """Say it of every table."""
    retention.keep("the ledger is written once, and taxes are reckoned from it",
                   "billing.account", "billing.lot", "billing.journal", "billing.entry")  # fmt: skip
    retention.keep("what was sold keeps the version that it was sold in",
                   "billing.pack", "billing.plan", "billing.planatprovider")  # fmt: skip
    retention.keep("the books rest on it, and taxes are reckoned from it",
                   "billing.payment", "billing.refund", "billing.dispute",
                   "billing.subscription", "billing.subscriptionperiod",
                   "billing.bill", "billing.planchange")  # fmt: skip
    retention.keep("refunds go back through it as long as there are payments", "billing.customer")
    retention.keep("it holds the consent to charges that were made", "billing.autorecharge", "billing.methodsetup")
    retention.keep("it says what differed from a provider's books, and why", "billing.difference")
    retention.rows(
        "providers' messages",
        "billing.inboxmessage",
        "settled_at",
        kept=timedelta(days=7),
        since="they were worked",
        where=Q(state="done"),
    )
    retention.register(
        retention.Rule(
            what="what providers' messages said",
            tables=["billing.inboxmessage"],
            kept=timedelta(days=7),
            since="they came, whatever became of them",
            due=lambda before: messages_that_say_something(before).count(),
            let_go=_empty_messages,
        )
    )
    retention.rows(
        "looks at providers' books",
        "billing.reconciliation",
        "started_at",
        kept=retention.YEAR,
        since="they began",
    )
    retention.keep("invoices are made out to it, and taxes reckoned by it", "billing.billingprofile")
    retention.keep("tax law asks for invoices and for what they were reckoned by",
                   "billing.invoice", "billing.invoicecounter", "billing.taxrate",
                   "billing.taxreckoning", "billing.taxreversal")  # fmt: skip
    retention.keep("it says who gave and took credits, and why", "billing.adjustment")
    retention.rows(
        "counts of refused messages",
        "billing.inboxrefusals",
        "day",
        kept=retention.YEAR,
        since="they were counted",
    )
    retention.keep("the sandbox's own memory, empty where real money is taken",
                   "billing.sandboxobject", "billing.sandboxevent")  # fmt: skip
    of_stripe = apps.get_app_config("djstripe").get_models(include_auto_created=True)
    mirrors = [model._meta.label_lower for model in of_stripe]
    retention.keep(
        "they hold no people's data, and the last state stands", *mirrors, called="mirrors of Stripe's objects"
    )


@transactions.write
def _empty_messages(before: datetime, most: int) -> int:
    some = messages_that_say_something(before).order_by("received_at", "pk").values_list("pk", flat=True)
    return empty_messages(list(some[:most]))
