"""Holding, the cart, checkout, purchases and credits, as a browser without scripts and one with htmx see them."""

import re
from uuid import uuid4

import pytest

from accounts.models import TermsAcceptance
from billing import selectors as billing
from leads.models import Contact, Lead, Observation
from marketplace import offering, services
from marketplace.models import Claim, Purchase

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def checkout(browser, **changed):
    """Send the checkout form as the cart page shows it, with some fields changed."""
    shown = browser.get("/cart/").context
    return browser.post("/cart/checkout/", {**checkout_fields(shown), **changed})


def checkout_fields(shown) -> dict[str, str]:
    """What the form of a cart page sends."""
    return {
        "idempotency_key": str(shown["idempotency_key"]),
        "lines": shown["lines"],
        "total_credits": str(shown["paying"].total_credits),
    }


def test_holding_leads_back_to_where_the_button_stood(alices, lead, alice):
    response = alices.post(f"/leads/{lead.pk}/hold/", {"next": "/leads/?city=Austin"})

    assert response.status_code == 302
    assert response["Location"] == f"/leads/?city=Austin#lead-{lead.pk}"
    assert Claim.objects.get().membership == alice


@pytest.mark.parametrize("elsewhere", ["https://evil.example.com/", "//evil.example.com", ""])
def test_holding_never_leads_to_another_site(alices, lead, elsewhere):
    response = alices.post(f"/leads/{lead.pk}/hold/", {"next": elsewhere})

    assert response["Location"] == f"/leads/{lead.pk}/"


def test_htmx_gets_the_card_and_the_new_count_of_the_cart(alices, lead):
    response = alices.post(f"/leads/{lead.pk}/hold/", headers={**HTMX, "HX-Target": f"lead-{lead.pk}"})
    page = response.content.decode()

    assert response.status_code == 200
    assert page.strip().startswith("<li")
    assert "is-yours" in page
    assert 'id="cart-link"' in page
    assert 'hx-swap-oob="true"' in page


@pytest.mark.parametrize(("looking_at", "is_marked"), [("/cart/", True), ("/leads/?city=Austin", False)])
def test_the_link_to_the_cart_is_marked_where_the_agent_looks_at_it(alices, lead, alice, looking_at, is_marked):
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)
    seen_from = {**HTMX, "HX-Target": "cart", "HX-Current-URL": f"http://testserver{looking_at}"}

    response = alices.post(f"/cart/items/{claim.pk}/release/", headers=seen_from)

    link = re.search(r'<a id="cart-link"[^>]*>', response.content.decode())
    assert ('aria-current="page"' in link[0]) is is_marked


def test_htmx_on_the_lead_page_gets_the_offer_alone(alices, lead):
    response = alices.post(f"/leads/{lead.pk}/hold/", headers={**HTMX, "HX-Target": "lead-offer"})

    assert response.content.decode().strip().startswith("<aside")
    assert "Yours for" in text_of(response)


@pytest.mark.parametrize("target", [None, "lead-offer", "card"])
def test_a_second_buyer_is_told_until_when_and_nothing_changes(charlies, lead, alice, target):
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)
    headers = {**HTMX, "HX-Target": target} if target else {}

    response = charlies.post(f"/leads/{lead.pk}/hold/", headers=headers)

    assert response.status_code == 409
    assert "Somebody else holds this lead" in text_of(response)
    assert f"{claim.until:%H:%M:%S}" in text_of(response)
    assert Claim.objects.get().pk == claim.pk


def test_the_public_is_asked_to_log_in_and_comes_back(client, lead):
    response = client.post(f"/leads/{lead.pk}/hold/", {"next": f"/leads/{lead.pk}/"})

    assert response.status_code == 302
    assert response["Location"] == f"/account/login/?next=/leads/{lead.pk}/"
    assert not Claim.objects.exists()


def test_htmx_of_the_public_is_sent_to_log_in_as_a_whole_page(client, lead):
    response = client.post(
        f"/leads/{lead.pk}/hold/", headers={**HTMX, "HX-Current-URL": "http://testserver/leads/?city=Austin"}
    )

    assert response["HX-Redirect"] == "/account/login/?next=/leads/%3Fcity%3DAustin"


def test_a_reader_may_look_but_not_hold(bobs, lead):
    page = bobs.get(f"/leads/{lead.pk}/")
    response = bobs.post(f"/leads/{lead.pk}/hold/")

    assert "Your role may look, not buy" in text_of(page)
    assert response.status_code == 403
    assert not Claim.objects.exists()


@pytest.mark.parametrize("path", ["/cart/", "/purchases/", "/credits/", "/account/"])
def test_an_operator_has_no_cart(olgas, path):
    response = olgas.get(path)

    assert response.status_code == 403
    assert "belongs to no organisation" in text_of(response)


@pytest.mark.parametrize("path", ["/cart/", "/purchases/", "/credits/", "/account/"])
def test_the_public_is_asked_to_log_in_first(client, path):
    response = client.get(path)

    assert (response.status_code, response["Location"]) == (302, f"/account/login/?next={path}")


def test_the_terms_come_before_the_first_hold(bobs, lead, bob):
    bob.role = "buyer"
    bob.save(update_fields=["role"])
    TermsAcceptance.objects.filter(user=bob.user)._raw_delete("default")

    response = bobs.post(f"/leads/{lead.pk}/hold/")

    assert response.status_code == 403
    assert "/terms/" in response.content.decode()
    assert not Claim.objects.exists()


@pytest.mark.parametrize("path", ["/leads/{lead}/hold/", "/cart/checkout/", "/cart/items/{lead}/release/"])
def test_a_link_changes_nothing(alices, lead, path):
    assert alices.get(path.format(lead=lead.pk)).status_code == 405


def test_the_cart_sums_up_and_says_what_is_left(alices, make_lead, alice, grant):
    grant(alice, 30)
    for price in (10, 12):
        services.hold_lead(lead_id=make_lead(price_credits=price).pk, buyer=alice)

    cart = alices.get("/cart/").context["cart"]

    assert (cart.total_credits, cart.balance_credits, cart.balance_after_credits) == (22, 30, 8)


def test_an_empty_cart_shows_the_way_to_the_marketplace(alices):
    assert "You hold no lead" in text_of(alices.get("/cart/"))


def test_an_ended_hold_is_explained_and_cannot_be_bought(alices, lead, alice, grant, clock):
    grant(alice, 30)
    services.hold_lead(lead_id=lead.pk, buyer=alice)
    shown = alices.get("/cart/").context
    clock.advance(minutes=5)

    response = alices.post("/cart/checkout/", checkout_fields(shown))

    assert response.status_code == 422
    assert "A hold in your cart has ended. Nothing was charged" in text_of(response)
    ended = text_of(alices.get("/cart/"))
    assert "The hold ended at" in ended
    assert "Nothing to pay for" in ended
    assert "Left afterwards" not in ended
    assert billing.balance_credits(alice.organisation_id) == 30


def test_giving_back_frees_the_lead(alices, lead, alice):
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)

    response = alices.post(f"/cart/items/{claim.pk}/release/", follow=True)

    assert "Given back. Nothing was charged." in text_of(response)
    claim.refresh_from_db()
    assert claim.state == "released"


def test_htmx_gets_the_cart_after_the_change(alices, lead, alice):
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)

    response = alices.post(f"/cart/items/{claim.pk}/release/", headers={**HTMX, "HX-Target": "cart"})

    assert response.content.decode().strip().startswith('<div id="cart"')
    assert "You hold no lead" in text_of(response)


def test_nobody_gives_back_or_extends_what_another_holds(charlies, lead, alice):
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)

    for action in ("release", "extend"):
        assert charlies.post(f"/cart/items/{claim.pk}/{action}/").status_code == 422
    claim.refresh_from_db()
    assert claim.state == "held"


def test_starter_cannot_hold_longer_and_is_told_so(alices, lead, alice):
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)

    response = alices.post(f"/cart/items/{claim.pk}/extend/")

    assert response.status_code == 422
    assert "as long as your plan allows" in text_of(response)
    assert "Hold longer" not in text_of(response)


def test_a_plan_that_allows_it_holds_longer(alices, lead, alice, clock):
    alice.organisation.entitlements.filter(key="may_extend").update(value=1)
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)
    clock.advance(minutes=3)

    assert "Hold longer" in text_of(alices.get("/cart/"))
    response = alices.post(f"/cart/items/{claim.pk}/extend/", headers={**HTMX, "HX-Target": "cart"})

    claim.refresh_from_db()
    assert f"Held until {claim.until:%H:%M:%S} UTC." in text_of(response)


def test_checking_out_opens_the_contact(alices, lead, alice, grant):
    grant(alice, 30)
    observation = Observation.objects.get(lead=lead)
    Contact.objects.create(lead=lead, observation=observation, name="Dana Whitfield", phone="+15125550142")
    services.hold_lead(lead_id=lead.pk, buyer=alice)

    response = checkout(alices)

    purchase = Purchase.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/purchases/{purchase.pk}/")
    page = text_of(alices.get(response["Location"]))
    for told in (lead.address_line, "Dana Whitfield", "(512) 555-0142", "Not allowed", "Letters to the property"):
        assert told in page
    assert billing.balance_credits(alice.organisation_id) == 20
    assert lead.address_line in text_of(alices.get("/purchases/"))
    assert "See contact" in text_of(alices.get(f"/leads/{lead.pk}/card/"))


def test_a_second_click_buys_nothing_twice(alices, lead, alice, grant):
    grant(alice, 30)
    services.hold_lead(lead_id=lead.pk, buyer=alice)
    shown = alices.get("/cart/").context
    fields = checkout_fields(shown)

    first, second = alices.post("/cart/checkout/", fields), alices.post("/cart/checkout/", fields)

    assert first["Location"] == second["Location"]
    assert billing.balance_credits(alice.organisation_id) == 20


def test_two_leads_are_bought_together(alices, make_lead, alice, grant):
    grant(alice, 30)
    for _ in range(2):
        services.hold_lead(lead_id=make_lead().pk, buyer=alice)

    response = checkout(alices)

    assert response["Location"] == "/purchases/"
    assert billing.balance_credits(alice.organisation_id) == 10


def test_too_few_credits_says_how_many_are_needed_and_charges_nothing(alices, lead, alice, grant):
    grant(alice, 4)
    services.hold_lead(lead_id=lead.pk, buyer=alice)

    response = checkout(alices)

    assert response.status_code == 402
    assert "This costs 10 credits and you have 4." in text_of(response)
    assert "You are 6 credits short." in text_of(response)
    assert not Purchase.objects.exists()
    assert billing.balance_credits(alice.organisation_id) == 4


@pytest.mark.parametrize(
    "changed",
    [
        {"idempotency_key": "twice"},
        {"idempotency_key": ""},
        {"lines": "all of them"},
        {"lines": ""},
        {"lines": str(uuid4())},
        {"total_credits": ""},
        {"total_credits": "ten"},
    ],
)
def test_a_tampered_checkout_is_refused_and_charges_nothing(alices, lead, alice, grant, changed):
    grant(alice, 30)
    services.hold_lead(lead_id=lead.pk, buyer=alice)

    response = checkout(alices, **changed)

    assert response.status_code == 422
    assert billing.balance_credits(alice.organisation_id) == 30


@pytest.fixture
def purchase(lead, alice, grant) -> Purchase:
    grant(alice, 30)
    services.hold_lead(lead_id=lead.pk, buyer=alice)
    [bought] = services.check_out(buyer=alice, idempotency_key="one")
    return bought


def test_a_purchase_is_open_to_its_organisations_buyers_and_to_whom_it_is_shared_with(bobs, purchase, alice, bob):
    assert bobs.get(f"/purchases/{purchase.pk}/").status_code == 404
    services.share_purchase(purchase_id=purchase.pk, to=bob, by=alice)
    assert purchase.lead.address_line in text_of(bobs.get(f"/purchases/{purchase.pk}/"))


def test_a_purchase_of_another_organisation_is_not_found(charlies, purchase):
    response = charlies.get(f"/purchases/{purchase.pk}/")

    assert response.status_code == 404
    assert purchase.lead.address_line not in response.content.decode()
    assert "Nothing bought yet" in text_of(charlies.get("/purchases/"))


def test_the_ledger_shows_every_entry_and_the_balance_after_it(alices, lead, alice, grant):
    grant(alice, 30)
    services.hold_lead(lead_id=lead.pk, buyer=alice)
    checkout(alices)

    response = alices.get("/credits/")

    assert [(entry.amount_credits, entry.balance_credits) for entry in response.context["page"].results] == [
        (-10, 20),
        (30, 30),
    ]
    assert "20 credits" in text_of(response)


@pytest.mark.parametrize("path", ["/purchases/", "/credits/"])
def test_an_unreadable_position_goes_back_to_the_newest(alices, path):
    response = alices.get(f"{path}?cursor=nonsense")

    assert (response.status_code, response["Location"]) == (302, path)


def test_a_lead_of_several_copies_is_held_whole_from_its_page(alices, make_lead, alice):
    lead = make_lead(copies=3)
    page = text_of(alices.get(f"/leads/{lead.pk}/"))

    response = alices.post(f"/leads/{lead.pk}/hold/", {"copies": "all"}, follow=True)

    assert "3 of 3 copies left" in page
    assert "Hold all 3 copies, 30 credits together" in page
    assert "Yours for" in text_of(response)
    assert Claim.objects.live().count() == 3
    cart = text_of(alices.get("/cart/"))
    assert "1 lead held" in cart
    assert "All 3 copies" in cart
    assert "Pay 30 credits" in cart


def test_a_number_of_copies_that_nobody_offers_holds_none(alices, make_lead):
    lead = make_lead(copies=3)

    response = alices.post(f"/leads/{lead.pk}/hold/", {"copies": "2"})

    assert response.status_code == 422
    assert not Claim.objects.exists()


def test_all_copies_are_not_offered_while_one_is_held(charlies, make_lead, alice):
    lead = make_lead(copies=3)
    services.hold_lead(lead_id=lead.pk, buyer=alice)

    page = text_of(charlies.get(f"/leads/{lead.pk}/"))

    assert "2 of 3 copies left" in page
    assert "Hold one copy" in page
    assert "Hold all" not in page


def test_waiting_for_a_held_lead_shows_on_every_page_until_it_is_ones_turn(charlies, lead, alice, clock):
    services.hold_lead(lead_id=lead.pk, buyer=alice)
    assert "Join the queue" in text_of(charlies.get(f"/leads/{lead.pk}/"))

    joined = charlies.post(f"/leads/{lead.pk}/waitlist/", follow=True)

    assert "When your turn comes, the lead is kept for you for two minutes." in text_of(joined)
    assert "You are 1st of 1 in the queue" in text_of(joined)
    assert "you are 1st in the queue. Free in" in text_of(charlies.get("/credits/"))
    clock.advance(minutes=5)
    for page in (f"/leads/{lead.pk}/", "/leads/", "/waitlist/"):
        assert "Your turn for" in text_of(charlies.get(page)), page
    assert "is kept for you. Yours to hold for" in text_of(charlies.get("/credits/"))


def test_a_passer_by_sees_for_whom_and_how_long_a_lead_is_kept(client, lead, alice, charlie, clock):
    services.hold_lead(lead_id=lead.pk, buyer=alice)
    services.join_waitlist(lead_id=lead.pk, buyer=charlie)
    clock.advance(minutes=5)

    for page in ("/leads/", f"/leads/{lead.pk}/"):
        assert "First in the queue Kept for" in text_of(client.get(page))


def test_htmx_joins_and_leaves_the_queue_within_the_card(charlies, lead, alice):
    services.hold_lead(lead_id=lead.pk, buyer=alice)
    headers = {**HTMX, "HX-Target": f"lead-{lead.pk}"}

    joined = charlies.post(f"/leads/{lead.pk}/waitlist/", headers=headers).content.decode()
    left = charlies.post(f"/leads/{lead.pk}/waitlist/leave/", headers=headers).content.decode()
    notice = charlies.get("/waitlist/", headers={**HTMX, "HX-Target": "waiting"}).content.decode()

    assert joined.strip().startswith("<li")
    assert "Leave the queue" in joined
    assert "is held; you are 1st in the queue" in joined
    assert "Join the queue" in left
    assert notice.strip().startswith('<div id="waiting"')
    assert "in the queue" not in notice


def test_who_waits_for_nothing_is_shown_the_way_to_the_marketplace(alices):
    assert "You wait for no lead" in text_of(alices.get("/waitlist/"))


def test_a_free_lead_is_not_waited_for(charlies, lead):
    response = charlies.post(f"/leads/{lead.pk}/waitlist/")

    assert response.status_code == 422
    assert "Nobody holds this lead now. Hold it yourself." in text_of(response)


def test_a_lost_line_is_named_and_the_rest_is_offered_for_its_own_total(alices, make_lead, alice, grant, clock):
    grant(alice, 50)
    services.hold_lead(lead_id=make_lead(street="Lost Lane", price_credits=12).pk, buyer=alice)
    clock.advance(minutes=3)
    services.hold_lead(lead_id=make_lead().pk, buyer=alice)
    shown = alices.get("/cart/").context
    clock.advance(minutes=2)

    refused = alices.post("/cart/checkout/", checkout_fields(shown))
    paid = alices.post("/cart/checkout/", checkout_fields(refused.context), follow=True)

    assert refused.status_code == 422
    assert "Lost Lane, Austin. The hold ended at" in text_of(refused)
    assert "Buy the other lead for 10 credits" in text_of(refused)
    assert "Paid 10 credits: your balance was 50 and is now 40." in text_of(paid)


def test_a_lead_withdrawn_under_a_running_hold_is_left_out_of_the_rest(alices, make_lead, alice, grant):
    grant(alice, 50)
    gone, kept = make_lead(), make_lead(price_credits=12)
    for lead in (gone, kept):
        services.hold_lead(lead_id=lead.pk, buyer=alice)
    Lead.objects.filter(pk=gone.pk).update(state=Lead.State.WITHDRAWN)

    refused = checkout(alices)
    paid = alices.post("/cart/checkout/", checkout_fields(refused.context))

    assert refused.status_code == 422
    assert "Buy the other lead for 12 credits" in text_of(refused)
    assert paid["Location"] == f"/purchases/{Purchase.objects.get(lead=kept).pk}/"


def test_a_total_that_is_not_the_carts_is_refused(alices, lead, alice, grant):
    grant(alice, 50)
    services.hold_lead(lead_id=lead.pk, buyer=alice)

    response = checkout(alices, total_credits="9")

    assert response.status_code == 409
    assert "This costs 10 credits, not the 9 that were shown. Nothing was charged." in text_of(response)
    assert billing.balance_credits(alice.organisation_id) == 50


def test_a_hold_that_was_withdrawn_says_why_in_the_cart(alices, lead, alice):
    services.hold_lead(lead_id=lead.pk, buyer=alice)
    offering.delist_lead(lead_id=lead.pk, reason="its owner asked for it")

    page = text_of(alices.get("/cart/"))

    assert "It is no longer offered: its owner asked for it. Nothing was charged." in page
