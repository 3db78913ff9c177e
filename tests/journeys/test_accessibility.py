"""Axe finds nothing serious on any page: of the public, a member and an operator, with data, wide and on a phone.

The pages are those of the site's addresses, so that a new one is looked at without being named here.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from aiqleads.core import clock
from billing import services as billing
from billing.providers.sandbox import desk
from leads.models import ConsentText, Outcome
from marketplace import services
from marketplace.models import SavedSearch, Territory
from tests.back_office import SCREENS
from tests.billing.subscribed import subscribe
from tests.conftest import at_length, give_credits
from tests.journeys.conftest import elsewhere, log_in_beside_the_form
from tests.journeys.test_buying_a_lead import with_contact
from tests.marketplace.colleagues import join
from tests.marketplace.ordered import order_on
from tests.marketplace.returned import buy
from tests.security.test_leaks import addresses

pytestmark = pytest.mark.journey

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOOKS = (
    {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light", "reduced_motion": "reduce"},
    {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "reduced_motion": "reduce"},
)
NO_PAGES = re.compile(
    r"/(\.well-known|api|admin|health|ws|static|metrics|proof/keys|account/logout|leads/[-0-9a-f]{36}/card)\b|.*(<|\.csv|\.svg)"
)
PUBLIC = ["/", "/leads/", "/account/login/", "/account/signup/", "/sell/?language=es"]
"""What a visitor sees otherwise than a member."""
Reader = tuple[User | None, Iterable[str], list[str]]
"""Who reads, what they open, and what of it must have been a page."""
MEMBERS_MUST = ["/", "/waitlist/", "/cart/", "/reports/"]
SERIOUS_FINDINGS = """async (options) => (await axe.run(options)).violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => ({rule: one.id, place: one.nodes[0].target}))"""
"""All of what axe says of a page is a megabyte, which three processes would wrap and unwrap."""
AT_REST = """async () => {
    await document.fonts.ready;
    const ending = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(ending.map((one) => one.finished));
}"""
"""A colour half faded in, or an icon whose font is still on its way, would be judged for what nobody reads."""


@pytest.fixture
def ids(transactional_db, make_lead, alice) -> dict[str, Any]:
    """One of everything that a page shows, by the names of addresses."""
    return dict(elsewhere(lambda: lay_out(make_lead, alice)))


@pytest.fixture
def readers(ids, alice, olga) -> dict[str, Reader]:
    return {
        "visitor": (None, PUBLIC, PUBLIC),
        "member": (alice.user, members_pages(ids), [*MEMBERS_MUST, *members_own(ids)]),
        "operator": (olga, operators_pages(), ["/admin/"]),
    }


def lay_out(make_lead, alice) -> dict[str, Any]:
    for purpose in ConsentText.Purpose.values:
        ConsentText.objects.get_or_create(
            purpose=purpose, version="shown", language="en", text="Agents may call.", in_force_from=clock.now()
        )
    dora = join(alice, "dora")
    bought, held, free = buy(with_contact(make_lead()), alice), make_lead(), make_lead()
    services.assign_purchases(purchase_ids=[bought.pk], to=dora, by=alice, reason="Nearer")
    services.mark_outcome(purchase_id=bought.pk, buyer=alice, status=Outcome.Status.APPOINTMENT)
    services.save_search(member=alice, name="Three beds", query="beds_min=3", rhythm=SavedSearch.Rhythm.DAILY)
    services.watch_lead(lead_id=free.pk, member=alice)
    give_credits(alice, 50)
    claim = services.hold_lead(lead_id=held.pk, buyer=alice)
    ground = Territory.objects.create(
        organisation=alice.organisation, name="South Austin", zip_codes=["78704"], covered_zips=["78704"]
    )
    return {
        "lead_id": free.pk,
        "purchase_id": bought.pk,
        "claim_id": claim.pk,
        "territory_id": ground.pk,
        "order_id": order_on(alice).pk,
        **something_paid(alice),
    }


def something_paid(alice) -> dict[str, Any]:
    """A plan with a bill that could not be collected, which each page says, and a pack that waits for its money."""
    plan = subscribe(alice, "premium")
    desk.fail_renewal(plan.subscription_id)
    billing.look_at_subscription(plan.pk)
    pack = billing.start_checkout(member=alice, pack_code="credits-100", provider="sandbox")
    return {"payment_id": pack.pk, "subscription_id": plan.pk, "page_id": pack.checkout_id}


def members_pages(ids: dict[str, Any]) -> Iterator[str]:
    for address in addresses(ids):
        if not NO_PAGES.match(address):
            yield address
    yield f"/purchases/assign/?purchase={ids['purchase_id']}"
    yield f"/compare/?lead={ids['lead_id']}"
    yield f"/sandbox-checkout/{ids['page_id']}/"
    yield "/credits/plans/pro/"


def members_own(ids: dict[str, Any]) -> list[str]:
    return [f"/purchases/{ids['purchase_id']}/", f"/credits/payments/{ids['payment_id']}/", "/credits/plans/pro/"]


def operators_pages() -> Iterator[str]:
    """The first screen and a form, and in ``make soak`` every list: they share the theme's templates."""
    yield reverse("admin:index")
    yield reverse("admin:billing_adjustment_ask")
    for model in list(SCREENS)[: at_length(short=1, soak=len(SCREENS))]:
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def findings(page: Page, path: str) -> list[str] | None:
    """What axe finds serious on a page, each with its first place; None where the address answers no page."""
    allowed = page.request.fetch(path, method="OPTIONS", max_redirects=0).headers.get("allow", "GET")
    if "GET" not in allowed:
        return None
    answer = page.goto(path)
    if answer is None or not answer.ok or answer.request.redirected_from:
        return None
    expect(page.locator(".htmx-request")).to_have_count(0)
    page.evaluate(AT_REST)
    return [f"{path} in {page.viewport_size}: {found}" for found in serious(page)]


def serious(page: Page) -> list[str]:
    found = page.evaluate(SERIOUS_FINDINGS, {"resultTypes": ["violations"], "runOnly": RULES, "preload": False})
    return [f"{one['rule']} at {one['place']}" for one in found]


def with_axe(page: Page) -> Page:
    page.context.add_init_script(Axe().axe_script)
    return page


@pytest.mark.long
@pytest.mark.soak
@pytest.mark.parametrize("who", ["visitor", "member", "operator"])
def test_axe_finds_nothing_serious_on_any_page(open_page, site, readers, who):
    """Each page is looked at wide and light, or on a phone in the dark, in turn; in ``make soak`` in both ways."""
    user, paths, must = readers[who]
    looks = [with_axe(open_page(**look)) for look in LOOKS]
    for page in looks if user else []:
        log_in_beside_the_form(page, user, site)

    found, seen = [], []
    for number, path in enumerate(paths):
        for page in [looks[number % 2], looks[number % 2 - 1]][: at_length(short=1, soak=2)]:
            told = findings(page, path)
            found += told or []
            seen += [path] if told is not None else []

    assert found == []
    assert set(must) <= set(seen)


def test_axe_names_what_is_serious_and_where(open_page):
    page = with_axe(open_page())
    page.goto("/terms/")
    page.evaluate("document.querySelector('main').innerHTML = '<input>'")

    assert serious(page) == ["label at ['input']"]
