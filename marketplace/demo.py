"""The demo's cast: who can log in, with which credits, and what they did before. Refused where ``DEMO`` is off."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import cycle
from typing import Any, Final

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from accounts import one_time
from accounts import selectors as knowing
from accounts import services as accounts
from accounts.licences import STATES
from accounts.models import Authenticator, Licence, Membership, Organisation, TermsAcceptance, User
from accounts.plans import CURRENT_TERMS_VERSION
from accounts.staff import StaffRole
from ai import routes
from ai.purposes import Purpose
from aiqleads.core import clock
from aiqleads.core.redis import breaker
from billing import selectors as money
from billing import selectors as plans
from billing import services as billing
from billing.models import TaxRate
from billing.providers import choosing
from billing.providers.port import ProviderRefused
from billing.providers.sandbox import pages
from leads import tasks
from leads.models import Kind, Outcome
from marketplace import errors, selectors, services
from marketplace.filters import ListingFilters
from marketplace.grounds import Ground
from marketplace.models import Device, Listing, Purchase

PASSWORD: Final = "open house demo"  # noqa: S105  (printed at start-up; the demo alone accepts it)
WELCOME_CREDITS: Final = 750
PACK: Final = "credits-100"
PLAN: Final = "premium"
SANDBOX: Final = "sandbox"
TAX_RATES: Final = (
    "country,region,percent,label,valid_from,valid_until",
    "US,TX,5,Demo tax (no real rate),2026-01-01,",
)
"""A table of one made-up rate, so that the demo's invoices have a line for tax."""
INVOICED_AT: Final = {"city": "Austin", "region": "TX", "postal_code": "78701", "country": "US"}
TERRITORY: Final = Ground(zip_codes=("78757",))
"""Where the first agent comes first: a ZIP code with few homes in the demo's world."""
WAITING_IN: Final = "AK"
"""Where the demo offers nothing, and an agent's licence waits for its check."""
LICENCE_LASTS: Final = timedelta(days=400)
KINDS_BOUGHT: Final = (Kind.FSBO, Kind.EXPIRED, Kind.RENTAL_OWNER, Kind.PROBATE)
EACH_BOUGHT: Final = 2
FIRST_READ_AFTER_SECONDS: Final = 60
READ_BY_MODELS: Final[dict[Purpose, Any]] = {
    Purpose.SCORE_LEAD: tasks.read_adverts,
    Purpose.CLEAN_LISTING: tasks.clean_listings,
    Purpose.EMBED: tasks.embed_leads_elsewhere,
}
BECAME: Final = (
    *(Outcome.Status.LISTED, Outcome.Status.CONTACTED, Outcome.Status.APPOINTMENT, None),
    *(Outcome.Status.LOST, Outcome.Status.CONTACTED, None),
)
"""What becomes of one purchase after the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLogin:
    """One log-in of the demo. ``organisation`` is "" for operators, who have ``staff_roles``."""

    role: str
    email: str
    organisation: str = ""
    seat: Membership.Role = Membership.Role.OWNER
    staff_roles: tuple[StaffRole, ...] = ()


BROKERAGE: Final = "Alder Lane Realty"
AGENTS: Final = (
    DemoLogin(role="owner with credits", email="alice@example.com", organisation=BROKERAGE),
    DemoLogin(
        role="buyer beside her", email="dora@example.com", organisation=BROKERAGE, seat=Membership.Role.BUYER
    ),
    DemoLogin(role="viewer there", email="bob@example.com", organisation=BROKERAGE, seat=Membership.Role.VIEWER),
    DemoLogin(role="owner of another", email="charlie@example.com", organisation="Copperfield Homes"),
)
OPERATOR: Final = DemoLogin(
    role="operator with every role (/admin/)", email="olga@example.com", staff_roles=tuple(StaffRole)
)
LOGINS: Final = (
    *AGENTS,
    OPERATOR,
    DemoLogin(role="curator (/admin/)", email="cora@example.com", staff_roles=(StaffRole.CURATOR,)),
    DemoLogin(role="finance (/admin/)", email="fred@example.com", staff_roles=(StaffRole.FINANCE,)),
    DemoLogin(role="admin (/admin/)", email="ada@example.com", staff_roles=(StaffRole.ADMIN,)),
)


def is_loaded() -> bool:
    """Whether everybody of the demo can log in, which is the last thing that loading does."""
    return User.objects.filter(email__in=[login.email for login in LOGINS]).count() == len(LOGINS)


def ensure_logins() -> None:
    """Create the demo's people where they are missing, and give the agents their credits once.

    :raises ImproperlyConfigured: ``DEMO`` is off
    """
    if not settings.DEMO:
        raise ImproperlyConfigured("DEMO is off here: the demo and its log-ins are refused.")
    for login in LOGINS:
        organisation = _ensure_login(login)
        if organisation:
            billing.grant_credits(
                organisation_id=organisation.pk,
                amount_credits=WELCOME_CREDITS,
                key=f"demo:{organisation.pk}",
                memo="Credits to try the demo",
            )


def ensure_licences() -> None:
    """Have the demo's agents licensed wherever its homes lie, each checked by the operator, as elsewhere.

    One more licence of the last agent waits, so that the operator has something to check.
    """
    operator, *agents = (User.objects.get(email=login.email) for login in (OPERATOR, *AGENTS))
    offered = set(Listing.objects.values_list("state_code", flat=True).distinct())
    for agent in agents:
        for state_code in sorted(offered & STATES.keys() - knowing.licensed_states(agent.pk)):
            licence = _licence(agent, state_code)
            accounts.verify_licence(licence_id=licence.pk, actor_id=operator.pk)
    if WAITING_IN not in offered and not agents[-1].licences.filter(state_code=WAITING_IN).exists():
        _licence(agents[-1], WAITING_IN)


def _licence(agent: User, state_code: str) -> Licence:
    ends_on = knowing.licence_day() + LICENCE_LASTS
    return accounts.add_licence(
        user=agent, state_code=state_code, number=f"SL{3_142_000 + agent.pk}", expires_on=ends_on
    )


def ensure_territory() -> None:
    """Let the first agent own a ZIP code before its leads are listed, so that they open to her first."""
    login = AGENTS[0]
    _ensure_login(login)
    member = Membership.objects.get(user__email=login.email)
    if not selectors.territories(member.organisation_id):
        services.own_territory(member=member, name="Crestview", ground=TERRITORY, holder_id=member.pk)


def ensure_purchases() -> None:
    """Have the second agent buy some of what is new, once: handed on in part, and with what became of it.

    The first agent's cart stays as new: the timer of a cart that was used would still run.
    """
    owner, agent = (Membership.objects.get(user__email=login.email) for login in AGENTS[:2])
    if selectors.purchases(owner).exists():
        return
    services.register_device(member=owner, token="demo", platform=Device.Platform.IOS, name="Alice’s telephone")  # noqa: S106
    for status, purchase in zip(cycle(BECAME), _bought(agent), strict=False):
        if status:
            services.mark_outcome(purchase_id=purchase.pk, buyer=agent, status=status)
        if status != Outcome.Status.CONTACTED:
            services.assign_purchases(purchase_ids=[purchase.pk], to=owner, by=agent, reason="Nearer to you")


def ensure_tax() -> None:
    """Have the demo's organisations say whom their invoices are made out to, and one made-up rate tax them there.

    What an operator or an owner wrote stays. Where real providers alone take money, no rate is made up.
    """
    if not choosing.is_sandbox_open():
        return
    owners = (login.email for login in AGENTS if login.seat == Membership.Role.OWNER)
    for number, owner in enumerate(Membership.objects.filter(user__email__in=owners).order_by("user__email"), 1):
        if money.find_billing_profile(owner.organisation_id) is None:
            said = {
                "name": owner.organisation.name,
                "street": f"{number}00 Example Avenue",
                "email": "",
                "tax_id": "",
            }
            billing.write_billing_profile(member=owner, said={**said, **INVOICED_AT})
    if not TaxRate.objects.exists():
        billing.import_tax_rates(lines=TAX_RATES)


def ensure_money() -> None:
    """Have the first agent pay for a pack and a plan, once, with make-believe money on the sandbox's own pages.

    Who pays is a card of the sandbox; where real providers alone take money, nobody does.
    """
    owner = Membership.objects.get(user__email=AGENTS[0].email)
    if not choosing.is_sandbox_open() or money.payments_of(owner.organisation_id).exists():
        return
    left = billing.start_checkout(member=owner, pack_code=PACK, provider=SANDBOX)
    for card in ("declined", "good"):
        with suppress(ProviderRefused):
            pages.hand_in(left.checkout_id, card)
    billing.look_again(left.pk)
    unfinished = billing.start_checkout(member=owner, pack_code=PACK, provider=SANDBOX)
    pages.hand_in(unfinished.checkout_id, "bank")
    billing.look_again(unfinished.pk)
    begun = billing.start_subscription(member=owner, plan_code=PLAN, provider=SANDBOX)
    pages.hand_in(begun.checkout_id, "good")
    billing.look_at_subscription(begun.pk)


def _bought(agent: Membership) -> list[Purchase]:
    bought: list[Purchase] = []
    for kind in KINDS_BOUGHT:
        newest = selectors.search(ListingFilters(kind=(kind,))).results
        for offer in newest[:EACH_BOUGHT]:
            with suppress(errors.NotOpenYet):  # somebody comes first in its territory
                services.hold_lead(lead_id=offer.pk, buyer=agent)
                bought += services.check_out(buyer=agent, idempotency_key=f"demo:{offer.pk}")
    return bought


def have_adverts_read() -> list[str]:
    """Have models read the demo's adverts a minute from now, where a provider can be asked; return what was sent.

    By the clock the first round comes a quarter of an hour after the start. A minute is what the workers, and a
    stand-in for the providers, take to be there.
    """
    sent = []
    for purpose, task in READ_BY_MODELS.items():
        if any(step.endpoint() for step in routes.in_force(purpose).steps):
            soon = partial(task.apply_async, countdown=FIRST_READ_AFTER_SECONDS)
            breaker.attempt(soon, otherwise=lambda: None, purpose="models")
            sent.append(str(task.name))
    return sent


@transaction.atomic
def _ensure_login(login: DemoLogin) -> Organisation | None:
    user = User.objects.filter(email=login.email).select_related("membership__organisation").first()
    if user is None:
        is_operator = not login.organisation
        user = User.objects.create_user(login.email, PASSWORD, is_staff=is_operator)
        user.groups.set(Group.objects.filter(name__in=login.staff_roles))
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
        if is_operator:
            _enrol(user)
        else:
            return _seat(user, login).organisation
    membership = getattr(user, "membership", None)
    return membership.organisation if membership else None


def _enrol(user: User) -> None:
    """Operators come in by a second factor; the demo's has an app whose digits ``demo_logins`` prints."""
    Authenticator.objects.get_or_create(
        user=user, confirmed=True, defaults={"seed": one_time.new_seed(), "name": "The demo's app"}
    )


def code_of(login: DemoLogin) -> str:
    """What the app of a log-in shows now; "" where it needs none, or where nobody tries the demo."""
    app = Authenticator.objects.filter(user__email=login.email, confirmed=True, name="The demo's app").first()
    if app is None or not settings.DEMO or not settings.DEBUG:
        return ""
    return one_time.digits_at(app.seed or "", clock.now())


def _seat(user: User, login: DemoLogin) -> Membership:
    """Open the organisation for its owner; give everybody else a seat in it."""
    if login.seat == Membership.Role.OWNER:
        owner = accounts.add_organisation(owner=user, name=login.organisation, terms_version=CURRENT_TERMS_VERSION)
        owner.organisation.entitlements.filter(key="seats").update(value=plans.get_plan("pro").seats)
        return owner
    TermsAcceptance.objects.create(user=user, version=CURRENT_TERMS_VERSION)
    organisation = Organisation.objects.get(name=login.organisation)
    return Membership.objects.create(user=user, organisation=organisation, role=login.seat)
