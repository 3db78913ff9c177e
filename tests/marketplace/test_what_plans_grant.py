"""What a plan grants arrives where its members meet it: on pages and by the API, with its own figures.

Each probe below does what a member does until it is refused, and tells how far that went.
"""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection, transaction

from accounts.api.limits import CallerThrottle
from accounts.plans import STARTER
from aiqleads.core import clock as database_clock
from aiqleads.core import throttles
from billing import selectors as billing
from billing import services as money
from billing.models import Plan
from marketplace import selectors, services
from marketplace.models import Claim, Listing, StandingOrder, Territory, WaitlistEntry
from tests.api.conftest import client_of
from tests.api.problems import assert_problem
from tests.billing.subscribed import subscribe
from tests.conftest import Clock, MakeLead, open_membership
from tests.marketplace.conftest import browser_of

pytestmark = pytest.mark.django_db

SMALL_STEPS = ("live_holds", "waitlists", "territories", "seats", "standing_orders")
"""What is counted one by one: here Pro and Premium grant one and two more than Starter, so no probe is long."""
API = "/api/v1"
SIDE = 0.1
"""Degrees of longitude that a drawn area is high; its width makes its size."""
FILL = """
local clock = redis.call('TIME')
for i = 1, tonumber(ARGV[1]) do redis.call('ZADD', KEYS[1], clock[1] * 1000 + clock[2] / 1000, i) end
redis.call('EXPIRE', KEYS[1], 60)
"""


class Desk:
    """Where a member works: their browser, their program, leads to trade, and somebody else who trades."""

    def __init__(self, member, rival, make_lead: MakeLead) -> None:
        self.member, self.rival, self.make_lead = member, rival, make_lead
        self.clock = Clock()

    @property
    def browser(self):
        return browser_of(self.member.user)

    @property
    def program(self):
        return client_of(self.member)

    def leads(self, number: int = 1, **facts) -> list:
        """Leads that are open to everybody by now."""
        made = [self.make_lead(**facts) for _ in range(number)]
        self.clock.advance(minutes=11)
        return made

    def hold(self, lead):
        return self.program.post(f"{API}/cart/items/", {"lead": str(lead.pk)}, format="json")

    def post_until_refused(self, address: str, bodies, *, code: str, detail: str) -> int:
        """How many of ``bodies`` were taken before one was refused, which has to be with these words."""
        program = self.program
        for taken, body in enumerate(bodies):
            answer = program.post(f"{API}/{address.format(**body)}", body, format="json")
            if answer.status_code != 201:
                assert_problem(answer, 422, code)
                assert answer.json()["detail"] == detail
                return taken
        raise AssertionError("nothing was refused")


def hold_minutes(desk: Desk, figure: int) -> float:
    [lead] = desk.leads()
    assert f"Hold for {figure} min" in desk.browser.get(f"/leads/{lead.pk}/").content.decode()
    desk.browser.post(f"/leads/{lead.pk}/hold/")
    claim = Claim.objects.get()
    [item] = desk.program.get(f"{API}/cart/").json()["items"]
    assert (item["is_live"], item["until"]) == (True, claim.until.isoformat().replace("+00:00", "Z"))
    desk.clock.advance(minutes=figure)
    refused = desk.program.post(f"{API}/cart/items/{claim.pk}/extend/")
    assert_problem(refused, 422, "hold_expired")
    return (claim.until - claim.during.lower) / timedelta(minutes=1)


def cart_minutes(desk: Desk, figure: int) -> float:
    first, last = desk.leads(2)
    desk.hold(first)
    desk.clock.advance(minutes=figure - 1)
    desk.hold(last)
    begun, ends = (Claim.objects.get(lead=lead).during for lead in (first, last))
    return round((ends.upper - begun.lower) / timedelta(minutes=1), 6)


def may_extend(desk: Desk, _figure: int) -> int:
    [lead] = desk.leads()
    held = desk.hold(lead).json()
    desk.clock.advance(minutes=1)
    [item] = desk.program.get(f"{API}/cart/").json()["items"]
    page = desk.browser.get("/cart/").content.decode()
    answer = desk.browser.post(f"/cart/items/{held['id']}/extend/", follow=True).content.decode()
    is_longer = Claim.objects.get().until.isoformat().replace("+00:00", "Z") > held["until"]
    assert is_longer is item["may_extend"] is ("Hold longer" in page)
    refusal = "This hold already runs as long as your plan allows."
    assert ("Held until" in answer, refusal in answer) == (is_longer, not is_longer)
    return int(is_longer)


def live_holds(desk: Desk, figure: int) -> int:
    leads = desk.leads(figure + 1)
    return desk.post_until_refused(
        "cart/items/",
        [{"lead": str(lead.pk)} for lead in leads],
        code="hold_quota_reached",
        detail="You are holding as many leads as your plan allows. Buy one or give one back first.",
    )


def waitlists(desk: Desk, figure: int) -> int:
    leads = desk.leads(figure + 1)
    for lead in leads:
        services.hold_lead(lead_id=lead.pk, buyer=desk.rival)
    joined = desk.post_until_refused(
        "leads/{lead}/waitlist/",
        [{"lead": str(lead.pk)} for lead in leads],
        code="too_many_waitlists",
        detail="Your organisation waits for as many leads as your plan allows. Leave one of the queues first.",
    )
    assert WaitlistEntry.objects.count() == joined
    return joined


def discount_percent(desk: Desk, figure: int) -> int:
    [lead] = desk.leads(price_credits=100)
    own = 100 - figure
    program, browser = desk.program, desk.browser
    told = [
        program.get(f"{API}/leads/").json()["results"][0],
        program.get(f"{API}/leads/{lead.pk}/").json(),
        program.get(f"{API}/leads/?q=creek").json()["results"][0],
    ]
    pages = [
        "/leads/",
        "/leads/?q=creek",
        f"/leads/{lead.pk}/",
        f"/leads/{lead.pk}/card/",
        f"/compare/?lead={lead.pk}",
    ]
    shown = [browser.get(page).content.decode() for page in pages]
    told.append(desk.hold(lead).json())
    told.append(program.get(f"{API}/cart/").json()["items"][0])
    shown.append(browser.get("/cart/").content.decode())
    for page in shown:
        assert f"<b>{own}</b> credit" in page
        assert ("list price <s>100</s>" in page) is (own < 100)
    [prices] = {(one["list_price_credits"], one["price_credits"]) for one in told}
    assert prices[0] == 100
    return prices[0] - prices[1]


def early_minutes(desk: Desk, _figure: int) -> float:
    """The rival's plan opens windows; how long before everybody the member may hold, to the second."""
    lead = desk.make_lead()
    listing = Listing.objects.get(pk=lead.pk)
    told = desk.program.get(f"{API}/leads/{lead.pk}/").json()["opens_at"]
    opens = selectors.openings([listing], organisation_id=desk.member.organisation_id, now=database_clock.now())[
        lead.pk
    ]
    if told:
        refused = desk.hold(lead)
        assert_problem(refused, 409, "not_open_yet")
        says = f"Opens to you at {opens.opens_at:%H:%M} UTC; plans with an early window first."
        assert refused.json()["detail"] == says
        assert says in desk.browser.get(f"/leads/{lead.pk}/").content.decode()
        desk.clock.advance(seconds=(opens.opens_at - database_clock.now()).total_seconds())
    assert desk.hold(lead).status_code == 201
    return (listing.everyone_from - opens.opens_at) / timedelta(minutes=1)


def territories(desk: Desk, figure: int) -> int:
    kept = desk.post_until_refused(
        "territories/",
        [{"name": f"Ground {number}", "zip_codes": ["78704"]} for number in range(figure + 1)],
        code="too_many_territories",
        detail="Your organisation owns as many territories as its plan allows. Give one up first.",
    )
    assert f"you use {kept} of {figure} territories" in desk.browser.get("/territories/").content.decode()
    return kept


TOO_LARGE = "All your territories together would be larger than your plan allows. Name or draw less ground."


def territory_zips(desk: Desk, figure: int) -> int:
    """All but a hundred at once; then one more than those hundred, which is too many, or just as many."""
    codes = [f"{number:05}" for number in range(10_001, 10_002 + figure)]
    first, *rest = ({"name": "Ground", "zip_codes": zips} for zips in (codes[:-101], codes[-101:], codes[-100:]))
    assert desk.program.post(f"{API}/territories/", first, format="json").status_code == 201
    assert desk.post_until_refused("territories/", rest[:1], code="territory_too_large", detail=TOO_LARGE) == 0
    assert desk.program.post(f"{API}/territories/", rest[1], format="json").status_code == 201
    page = desk.browser.get("/territories/").content.decode()
    assert f"{figure:,} of {figure:,} ZIP codes" in page
    return selectors.ground_owned(desk.member.organisation_id).zips


def territory_square_miles(desk: Desk, figure: int) -> int:
    """A drawn strip of nearly as much; a second one as large as two in a hundred of it is too much."""
    whole, little = ({"name": "Ground", "area": strip(figure * share)} for share in (0.99, 0.02))
    assert desk.program.post(f"{API}/territories/", whole, format="json").status_code == 201
    assert desk.post_until_refused("territories/", [little], code="territory_too_large", detail=TOO_LARGE) == 0
    assert Territory.objects.get().square_miles == pytest.approx(figure * 0.99, rel=0.005)
    page = desk.browser.get("/territories/").content.decode()
    [most] = re.findall(r"of ([\d,]+) drawn square miles", page)
    return int(most.replace(",", ""))


def strip(square_miles: float) -> dict:
    """Ground beside the equator, where a degree is 69.1 miles both ways, of about that size."""
    high = SIDE if square_miles < 1_000 else 10 * SIDE
    wide = square_miles / (69.1 * 69.1 * high)
    corners = [(-80, 0), (-80 + wide, 0), (-80 + wide, high), (-80, high), (-80, 0)]
    return {"type": "Polygon", "coordinates": [corners]}


def seats(desk: Desk, figure: int) -> int:
    """Who is there, and how many may be invited beside them."""
    invited = desk.post_until_refused(
        "organisation/invitations/",
        [{"email": f"agent{number}@example.com", "role": "buyer"} for number in range(figure)],
        code="no_seat_left",
        detail="Your plan seats no more people, open invitations counted. Take one back, or choose a larger plan.",
    )
    told = desk.program.get(f"{API}/organisation/").json()
    assert (told["seats"], told["seats_taken"]) == (figure, 1 + invited)
    return 1 + invited


CAPS = {
    "most_credits_per_lead": 20,
    "daily_leads": 2,
    "daily_credits": 40,
    "monthly_leads": 9,
    "monthly_credits": 99,
}


def standing_orders(desk: Desk, figure: int) -> int:
    made = desk.post_until_refused(
        "standing-orders/",
        [{"query": "state=TX", **CAPS}] * (figure + 1),
        code="too_many_orders",
        detail=f"Your plan allows {figure} standing orders, and you have them. "
        "Delete one, or choose a larger plan.",
    )
    assert StandingOrder.objects.count() == made
    return made


def api_requests_per_minute(desk: Desk, figure: int) -> int:
    """One member alone asks so often; once more is refused, and the answer's headers say the plan's figure."""
    throttle, member = CallerThrottle(), desk.member
    limits = [throttle.limit("organisation", member.organisation_id), throttle.limit("member", member.user_id)]
    program = desk.program
    for limit in limits:
        throttles.forget(limit)
        cache.run_script(FILL, [limit.key], [figure - 1])
    last, refused = (program.get(f"{API}/plans/") for _ in range(2))
    for limit in limits:
        throttles.forget(limit)
    assert last.status_code == 200
    assert_problem(refused, 429, "throttled")
    [most] = re.findall(r'"organisation";q=(\d+);w=60', last.headers["RateLimit-Policy"])
    return int(most)


PROBES: dict[str, Callable[[Desk, int], float]] = {
    probe.__name__: probe
    for probe in (
        hold_minutes,
        cart_minutes,
        may_extend,
        live_holds,
        waitlists,
        discount_percent,
        early_minutes,
        territories,
        territory_zips,
        territory_square_miles,
        seats,
        standing_orders,
        api_requests_per_minute,
    )
}


def met(desk: Desk, expected: dict[str, int]) -> dict[str, float]:
    """How far the member comes with each of the things that a plan grants; nothing of it stays."""
    return {key: undone(lambda probe=probe, key=key: probe(desk, expected[key])) for key, probe in PROBES.items()}


def undone(probe: Callable[[], float]) -> float:
    before = transaction.savepoint()
    try:
        return probe()
    finally:
        connection.check_constraints()
        transaction.savepoint_rollback(before)


@pytest.fixture
def desk(alice, charlie, make_lead, clock) -> Desk:
    alice.organisation.entitlements.filter(key="seats").update(value=STARTER["seats"])  # the cast's room taken back
    holder = open_membership("dora")
    subscribe(holder, "premium")  # holds what others wait for
    return Desk(alice, holder, make_lead)


@pytest.fixture
def offered(desk, olga) -> None:
    """Versions of which no figure is Starter's and none takes long to count to."""
    for more, code in enumerate(("pro", "premium"), start=1):
        changed = {key: STARTER[key] + more for key in SMALL_STEPS}
        if code == "pro":
            changed |= {"trial_days": 0, "trial_credits": 0}
        money.revise_plan(code=code, actor_id=olga.pk, reason="Few to count", **changed)


def test_every_entitlement_has_a_probe():
    assert set(PROBES) == set(Plan.ENTITLEMENTS) == set(STARTER)


@pytest.mark.parametrize("code", ["pro", "premium"])
def test_starter_is_stopped_and_a_plan_goes_as_far_as_its_version_says_until_it_ends(desk, offered, clock, code):
    plan = billing.get_plan(code)
    granted = {key: int(getattr(plan, key)) for key in Plan.ENTITLEMENTS}
    assert all(granted[key] != STARTER[key] for key in granted)
    assert met(desk, dict(STARTER)) == STARTER

    subscribe(desk.member, code)
    assert met(desk, granted) == granted
    assert billing.balance_credits(desk.member.organisation_id) == plan.monthly_credits

    money.cancel_plan(member=desk.member)
    clock.advance(days=32)  # nothing looks at the plan meanwhile
    assert met(desk, dict(STARTER)) == STARTER
