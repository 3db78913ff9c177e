"""What operators may do: the one table of staff roles × screens of the back office.

A role is a Django group. Who sees a screen has ``view`` of its model, who opens its doors ``change``, or the verb
that a door names; ``make_groups`` gives them after each migration, and ``aiqleads.core.admin`` asks for them. What
was given by hand is taken back there. Superusers may everything and are for the first day alone.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Q

from accounts.models import User


class StaffRole(models.TextChoices):
    """The groups; an operator may be in several."""

    OPERATOR = "operator", "Operator: both queues, privacy, looks at contacts"
    CURATOR = "curator", "Curator: sources, leads, the review queue"
    FINANCE = "finance", "Finance: credits, billing, refunds and returns"
    ADMIN = "admin", "Admin: roles, users, settings, and everything else"


OPERATOR, CURATOR, FINANCE, ADMIN = StaffRole

Verbs = Mapping[str, frozenset[StaffRole]]


def _screen(*view: StaffRole, **verbs: tuple[StaffRole, ...]) -> Verbs:
    """Who sees a screen, and who does what there. Admins see and do everything; who does something sees it."""
    doing = {verb: frozenset((*roles, ADMIN)) for verb, roles in verbs.items()}
    return {"view": frozenset((*view, ADMIN)).union(*doing.values()), **doing}


_SETTINGS: Final = _screen(OPERATOR, change=())
_PEOPLE: Final = _screen(change=(OPERATOR,))
_SOURCES: Final = _screen(OPERATOR, change=(CURATOR,))
_QUEUE: Final = _screen(change=(OPERATOR, CURATOR))
_OFFERS: Final = _screen(OPERATOR, CURATOR, FINANCE)
_SALES: Final = _screen(OPERATOR, FINANCE)
_BOOKS: Final = _screen(FINANCE)

SCREENS: Final[Mapping[str, Verbs]] = {
    "core.alert": _screen(FINANCE, change=(OPERATOR, CURATOR)),
    "core.auditentry": _screen(OPERATOR),
    "core.outboxevent": _screen(OPERATOR),
    "django_celery_beat.periodictask": _screen(OPERATOR, CURATOR, change=()),
    "accounts.user": _screen(suspend=(OPERATOR,), reset=(OPERATOR,), change=()),
    "accounts.organisation": _screen(OPERATOR, change=(FINANCE,)),
    "accounts.licence": _PEOPLE,
    "accounts.privacyrequest": _PEOPLE,
    "accounts.reportedbuyer": _PEOPLE,
    "accounts.suppression": _PEOPLE,
    "accounts.donotcalledition": _PEOPLE,
    "accounts.donotcallcheck": _screen(OPERATOR),
    "accounts.deletionlist": _PEOPLE,
    "accounts.erasure": _PEOPLE,
    "ai.route": _SETTINGS,
    "ai.modelcall": _screen(OPERATOR),
    "ai.spend": _screen(OPERATOR, change=(FINANCE,)),
    "ai.batchjob": _screen(OPERATOR),
    "leads.vectorrecipe": _SETTINGS,
    "leads.scoringmodel": _SETTINGS,
    "leads.judgingpolicy": _screen(OPERATOR, CURATOR, change=()),
    "leads.lead": _screen(change=(OPERATOR, CURATOR), look=(OPERATOR, CURATOR)),
    "leads.score": _QUEUE,
    "leads.doubtfulpair": _QUEUE,
    "leads.merge": _QUEUE,
    "leads.source": _screen(OPERATOR, change=(CURATOR,), delegate=()),
    "leads.sourceright": _SOURCES,
    "scraping.crawlarea": _SOURCES,
    "scraping.crawlrun": _SOURCES,
    "scraping.statusrule": _SOURCES,
    "scraping.savedpage": _SOURCES,
    "scraping.fileimport": _SOURCES,
    "scraping.columnmapping": _SOURCES,
    "scraping.supplierkey": _SOURCES,
    "pricing.pricepolicy": _screen(OPERATOR, change=(FINANCE,)),
    "pricing.quote": _OFFERS,
    "pricing.demand": _OFFERS,
    "billing.account": _BOOKS,
    "billing.lot": _BOOKS,
    "billing.journal": _BOOKS,
    "billing.entry": _BOOKS,
    "billing.adjustment": _screen(change=(FINANCE,)),
    "billing.invoice": _BOOKS,
    "billing.taxrate": _screen(change=(FINANCE,)),
    "billing.payment": _screen(change=(FINANCE,)),
    "billing.autorecharge": _BOOKS,
    "billing.plan": _screen(OPERATOR, change=(FINANCE,)),
    "billing.pack": _screen(OPERATOR, change=(FINANCE,)),
    "billing.planatprovider": _BOOKS,
    "billing.subscription": _screen(change=(OPERATOR, FINANCE)),
    "billing.refund": _screen(change=(FINANCE,)),
    "billing.dispute": _screen(change=(FINANCE,)),
    "billing.inboxmessage": _screen(change=(FINANCE,)),
    "billing.difference": _screen(change=(FINANCE,)),
    "billing.reconciliation": _screen(change=(FINANCE,)),
    "marketplace.listing": _OFFERS,
    "marketplace.claim": _SALES,
    "marketplace.waitlistentry": _SALES,
    "marketplace.territory": _SALES,
    "marketplace.standingorder": _SALES,
    "marketplace.purchase": _SALES,
    "marketplace.purchaseintent": _SALES,
    "marketplace.return": _screen(change=(OPERATOR, FINANCE)),
    "marketplace.returnpolicy": _screen(OPERATOR, change=(FINANCE,)),
    "marketplace.engagement": _screen(OPERATOR),
    "marketplace.delivery": _screen(change=(OPERATOR,)),
    "marketplace.receiver": _screen(OPERATOR),
}
FORMERLY: Final = (OPERATOR, CURATOR, FINANCE)
"""What operators could do before there were roles: those who were there keep it."""


@transaction.atomic
def make_groups() -> None:
    """Have the groups with the permissions of the table, no more and no fewer; safe to run again."""
    are_new = not Group.objects.filter(name__in=StaffRole.values).exists()
    known = _permissions()
    for role in StaffRole:
        group, _ = Group.objects.get_or_create(name=role.value)
        group.permissions.set([known[name] for name in granted([role])])
    if are_new:
        groups = Group.objects.filter(name__in=FORMERLY)
        for user in User.objects.filter(is_staff=True, is_superuser=False, groups=None):
            user.groups.set(groups)


def granted(roles: Collection[StaffRole]) -> set[str]:
    """What ``roles`` may together, as ``app.verb_model``."""
    return {
        permission_of(label, verb)
        for label, verbs in SCREENS.items()
        for verb, may in verbs.items()
        if may.intersection(roles)
    }


def permission_of(label: str, verb: str) -> str:
    """The permission to do ``verb`` on the screen of the model ``label``: ``leads.look_lead``."""
    app, _, model = label.partition(".")
    return f"{app}.{verb}_{model}"


def _permissions() -> dict[str, Permission]:
    """Every permission of the table by its name. Django makes those of its own four verbs, we make the rest."""
    known = {}
    for label, verbs in SCREENS.items():
        app, _, model = label.partition(".")
        of_model = ContentType.objects.get_by_natural_key(app, model)
        for verb in verbs:
            permission, _ = Permission.objects.get_or_create(
                content_type=of_model, codename=f"{verb}_{model}", defaults={"name": f"Can {verb} {model}"}
            )
            known[permission_of(label, verb)] = permission
    return known


def make_groups_at_last(app_config: Any, **_: Any) -> None:
    """After the last app was migrated: content types of all models are there by then."""
    if app_config is [app for app in apps.get_app_configs() if app.models_module][-1]:
        make_groups()


ADMINISTRATORS: Final = Q(is_active=True, is_staff=True) & (Q(is_superuser=True) | Q(groups__name=ADMIN))
"""Users who decide about operators."""


def is_administrator(user_id: int) -> bool:
    """Whether they decide about operators."""
    return User.objects.filter(ADMINISTRATORS, pk=user_id).exists()
