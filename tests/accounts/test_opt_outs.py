"""Whoever asks to be left alone is heard, at once and everywhere: by text, or a word to an operator."""

import httpx
import pytest
from django.test import Client
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from accounts.errors import NobodyNamed
from accounts.models import Suppression
from accounts.privacy.people import Person
from accounts.services import opt_outs, suppression
from aiqleads.core import events
from aiqleads.core.models import AuditEntry
from aiqleads.core.text_messages import replies, sandbox
from leads import services as leads
from leads.models import Contact, Lead
from marketplace import delivery, selectors
from marketplace.models import Claim, Listing
from marketplace.services import hold_lead
from scraping.demo.server import listen, running
from tests.leads.test_pipeline import record
from tests.marketplace.returned import buy

pytestmark = pytest.mark.django_db

CASEY = "+15125550142"
ACCOUNT, TOKEN = "AC0123", "a secret"
PATH = "/webhooks/texts/"


@pytest.fixture(autouse=True)
def service(settings):
    settings.SMS_URL, settings.SMS_FROM = f"http://{ACCOUNT}:a%20secret@127.0.0.1:9", "+15125550100"


def said(words, **changes):
    form = {"MessageSid": "SM1", "AccountSid": ACCOUNT, "From": CASEY, "To": "+15125550100", "Body": words}
    return {**form, **changes}


def bring(form, settings, *, token=TOKEN, **changes):
    """As the service does: signed over the address it was told, and posted to wherever the site is."""
    signature = replies.signature_of(url=f"{settings.SITE_URL}{PATH}", form=form.items(), token=token)
    body = httpx.Request("POST", "http://x/", data=form).content
    return Client().post(
        PATH,
        body,
        content_type="application/x-www-form-urlencoded",
        headers={"x-twilio-signature": signature, **changes},
    )


def test_stop_by_text_closes_every_channel_tells_and_takes_the_lead_off(lead, make_lead, alice, grant, settings):
    grant(alice, 50)
    sold = buy(lead, alice)
    other = make_lead()
    claim = hold_lead(lead_id=other.pk, buyer=alice)
    for one in (lead, other):
        leads_contact(one)

    answer = bring(said("Stop."), settings)
    events.deliver_all()

    assert (answer.status_code, answer.content.decode().endswith("<Response/>")) == (200, True)
    row = Suppression.objects.get()
    assert (row.kind, row.scope, row.why, row.lifted_at) == ("phone", "contact", "replied", None)
    channels = delivery.channels_now(selectors.get_purchase(sold.pk))
    assert {told["why"] for told in channels.values()} == {"The owner asked not to be contacted."}
    claim.refresh_from_db()
    assert (claim.state, claim.release_reason) == (
        Claim.State.RELEASED, "its owner asked not to be contacted",
    )  # fmt: skip
    assert Listing.objects.get(pk=other.pk).delisted_at is not None
    assert Lead.objects.get(pk=other.pk).state == "withdrawn"
    heard = AuditEntry.objects.get(action="opt_out.heard")
    assert heard.details == {"marks": 1}
    assert CASEY[2:] not in str(AuditEntry.objects.values_list("subject", "details"))


def leads_contact(lead):
    """Give a lead Casey's number."""
    mark = next(iter(Person.of(phones=[CASEY]).marks()))
    observation = lead.observations.first()
    Contact.objects.create(lead=lead, observation=observation, phone=CASEY, phone_hash=mark.newest)


def test_what_asks_for_nothing_leaves_no_trace(settings):
    answer = bring(said("Yes, call me tomorrow"), settings)

    assert answer.status_code == 200
    assert not Suppression.objects.exists()
    assert not AuditEntry.objects.exists()


def test_what_the_service_takes_for_an_opt_out_is_one(settings):
    bring(said("Arrêtez", OptOutType="STOP"), settings)

    assert Suppression.objects.get().why == "replied"


@pytest.mark.parametrize(
    ("form", "token"),
    [
        (said("STOP"), "another token"),
        (said("STOP", AccountSid="AC9"), TOKEN),
        (said("STOP", From=""), TOKEN),
    ],
    ids=["signed by another", "of another account", "of nobody"],
)
def test_nobody_else_speaks_for_a_telephone(settings, form, token):
    assert bring(form, settings, token=token).status_code == 403
    assert not Suppression.objects.exists()


def test_a_signature_of_other_words_or_none_at_all_is_refused(settings):
    signature = replies.signature_of(url=f"{settings.SITE_URL}{PATH}", form=said("Yes").items(), token=TOKEN)

    answers = [
        bring(said("STOP"), settings, **{"x-twilio-signature": signature}),
        Client().post(PATH, said("STOP")),
        Client().get(PATH),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 405]
    assert not Suppression.objects.exists()


def test_without_a_service_every_signature_is_refused(settings):
    settings.SMS_URL = ""

    assert bring(said("STOP"), settings, token="").status_code == 403


def test_a_body_that_is_too_long_is_not_read(settings):
    answer = bring(said("STOP" + " " * replies.MOST_BYTES), settings)

    assert answer.status_code == 413
    assert not Suppression.objects.exists()


def test_the_same_message_again_does_not_undo_coming_back(settings):
    bring(said("STOP"), settings)
    suppression.lift(Person.of(phones=[CASEY]))

    bring(said("STOP"), settings)
    assert suppression.scopes_for(Person.of(phones=[CASEY])) == frozenset()

    bring(said("STOP", MessageSid="SM2"), settings)
    assert suppression.scopes_for(Person.of(phones=[CASEY])) == {"contact"}


def test_the_stand_in_signs_answers_as_the_service_does(tmp_path, settings):
    brought = []

    async def webhook(request):
        brought.append((await request.body(), request.headers[replies.SIGNED_BY]))
        return PlainTextResponse("heard", status_code=202)

    ours = Starlette(routes=[Route(PATH, webhook, methods=["POST"])])
    with listen(0) as site, running(ours, [site]), listen(0) as listening:
        url = f"http://127.0.0.1:{site.getsockname()[1]}{PATH}"
        app = sandbox.create_app(account=ACCOUNT, token=TOKEN, folder=tmp_path, replies_to=url)
        with running(app, [listening]):
            stand_in = f"http://127.0.0.1:{listening.getsockname()[1]}/replies"
            answers = [httpx.post(stand_in, data={"From": whose, "Body": "ALTO"}) for whose in (CASEY, "nobody")]

    assert [answer.status_code for answer in answers] == [202, 400]
    [(body, signature)] = brought
    reply = replies.read(url=url, body=body, signature=signature)
    assert (reply.phone, reply.words, reply.is_opt_out) == (CASEY, "ALTO", False)


def test_who_is_known_by_that_number_later_is_never_offered(open_source, settings):
    bring(said("STOP"), settings)

    taken = leads.ingest(record=record(), source=open_source)
    events.deliver_all()

    lead = Lead.objects.get(pk=taken.lead_id)
    assert (lead.state, lead.state_reason) == ("withdrawn", "its owner asked not to be contacted")
    assert not Listing.objects.filter(delisted_at=None).exists()


def test_an_operator_notes_what_was_said_at_the_door(olga):
    new = opt_outs.note_objection(
        phones=["(512) 555-0142"], emails=["casey@example.com"], how="letter", actor_id=olga.pk
    )

    assert new == 2
    assert sorted(Suppression.objects.values_list("kind", "scope", "why")) == [
        ("email", "contact", "operator"),
        ("phone", "contact", "operator"),
    ]
    assert AuditEntry.objects.get(action="opt_out.noted").actor_id == olga.pk


def test_an_operator_who_names_nobody_changes_nothing(olga):
    with pytest.raises(NobodyNamed):
        opt_outs.note_objection(phones=["nobody"], emails=[], how="letter", actor_id=olga.pk)

    assert not Suppression.objects.exists()
