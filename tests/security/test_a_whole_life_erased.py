"""A life that begins with a page of a site: crawled, read, bought, sent on, exported, written about; then erased.

Nothing of its person is left afterwards in any row, file, key of Redis or line of the log, however it is spelt.
And an erasure whose process is killed goes on where it was.
"""

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import redis
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client

from accounts.models import Erasure, ErasureStep
from accounts.privacy.people import Person
from accounts.services import erasures
from ai.models import ModelReply
from aiqleads.core import events
from aiqleads.core.tasks import deliver_events
from aiqleads.core.uploads import Examined
from leads import vectors
from leads.models import Contact, ImageHash, Lead, LeadVector, ProviderVector, VectorDue
from marketplace import evidence, services
from marketplace.follow_up_boss_sandbox import create_app
from marketplace.models import ReturnEvidence
from scraping import submissions
from scraping.demo.server import listen, running
from scraping.models import FileImport, Submission
from tests.ai.ledger import settled
from tests.conftest import body_of, log_in, wait_while_running
from tests.marketplace.receiving import receiving
from tests.marketplace.returned import buy
from tests.scraping.small_sites import advert_path, crawl, front, page, serving
from tests.scraping.test_submissions import HOME
from tests.security.conftest import visitor
from tests.security.spellings import traces
from tests.security.test_erasure_everywhere import everything_kept, places  # noqa: F401

SLUG = "demo-fsbo"
ODETTE = {
    "name": "Odette Quillfeather",
    "phone": "5125550187",
    "e-mail": "odette.quillfeather@example.com",
    "address": "4711 Juniper Way",
    "advert": f"homes/tx/{4711:012x}",
    "words": "moonlit gazebo under persimmons",
}
PAGE = f"""<title>Home 4711</title><h1>House for sale by owner</h1>
<p>A {ODETTE["words"]}. Call {ODETTE["name"]} at (512) 555-0187 or write to {ODETTE["e-mail"]}.</p>
<script type="application/ld+json">{{"@type": "SingleFamilyResidence", "name": "House by owner",
"description": "A {ODETTE["words"]}. Call {ODETTE["name"]} at 512-555-0187, {ODETTE["e-mail"]}",
"numberOfBedrooms": 3, "address": {{"@type": "PostalAddress", "streetAddress": "4711 Juniper Way",
"addressLocality": "Austin", "addressRegion": "TX", "postalCode": "78704"}},
"offers": {{"@type": "Offer", "price": 412000}}}}</script>"""


def found_in(where: Any) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for place, text in everything_kept(where):
        if leaked := traces(text, ODETTE):
            found.setdefault(place, set()).update(leaked)
    return found


@pytest.fixture
def broadcasts() -> Iterator[Callable[[], list[str]]]:
    """What sockets were sent since. The channel layer is Redis' own: nothing waits there for who is away."""
    prefix = django_settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"]
    with redis.Redis.from_url(django_settings.REDIS_URL) as server, server.pubsub() as heard:
        heard.psubscribe(f"{prefix}*")
        heard.get_message(timeout=5)  # that it is subscribed

        def told() -> list[str]:
            found = []
            while message := heard.get_message(timeout=0.2):
                found.append(message["data"].decode(errors="replace"))
            return found

        yield told


def queued() -> list[str]:
    """What waits for workers, as Celery wrote it."""
    texts = []
    with redis.Redis.from_url(django_settings.REDIS_URL) as server:
        for name in server.scan_iter("*", _type="list"):
            for raw in server.lrange(name, 0, -1):
                message = json.loads(raw)
                texts.append(f"{raw!r} {base64.b64decode(message['body']).decode()}")
    return texts


def exported(client: Client) -> str:
    """What a buyer takes with them: streamed, and kept nowhere."""
    return body_of(client.get("/purchases/export.csv")).decode()


@pytest.fixture
def life(transactional_db, places, settings, alice, grant):  # noqa: F811
    """Everything that may become of one page, each part checked to be there."""
    settings.SITE_URL = "http://testserver"
    with serving({"/": page(front(4711)), advert_path(4711): page(PAGE)}) as site:
        run = crawl(SLUG, site.base_url)
    assert (run.state, run.new_count) == ("finished", 1)
    events.deliver_all()
    lead = Lead.objects.get()
    assert lead.state == "active"
    while vectors.write_due():
        pass
    grant(alice, 50)
    with (
        receiving() as hooks,
        listen(0) as listening,
        running(create_app(folder=places / "crm"), [listening]),
    ):
        settings.FOLLOW_UP_BOSS_URL = f"http://127.0.0.1:{listening.getsockname()[1]}"
        services.add_webhook(member=alice, url=hooks.url, events=["lead.purchased"])
        services.connect_follow_up_boss(member=alice, key="fka_0123")
        purchase = buy(lead, alice)
        events.deliver_all()
        services.send_due()
        assert hooks.got
    services.write_engagement(purchase_id=purchase.pk)
    asked = services.request_return(
        purchase_id=purchase.pk, buyer=alice, reason="wrong_number", explanation=f"{ODETTE['name']} is another"
    )
    shown = evidence.keep(Examined(media_type="text/plain", body=f"{ODETTE['name']} said no".encode()))
    shown.of_return = asked
    shown.save()
    settled(subject_id=str(lead.pk))
    stored = default_storage.save("imports/waiting.csv", ContentFile(f"phone\n{ODETTE['phone']}\n".encode()))
    FileImport.objects.create(
        source_id=SLUG, mapping_document={}, file_name="waiting.csv", size_bytes=20, stored_as=stored
    )
    _send_home_in()
    return purchase


def _send_home_in() -> None:
    """The same person at /sell/, for another home: an observation with a consent."""
    contact = {"name": ODETTE["name"], "email": ODETTE["e-mail"], "phone": "(512) 555-0187"}
    assert visitor().post("/sell/", {**HOME, **contact}).status_code == 302
    events.deliver_all()
    sent = Submission.objects.get()
    submissions.confirm_submission(submission=sent, site="http://testserver")
    events.deliver_all()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_of_a_life_that_began_with_a_page(broadcasts, life, places, log_lines, alice):  # noqa: F811
    before = found_in(places)
    assert {"leads_lead", "scraping_crawlrequest", "leads.Observation", "leads.Contact"} <= before.keys()
    assert {"leads.Consent", "scraping.Submission", "marketplace.Return"} & before.keys()
    assert any(where.startswith("crm/") for where in before), "Follow Up Boss has it"
    assert any(where.startswith("mail/") for where in before), "letters tell it"
    assert any(where.startswith("media/imports") for where in before), "a file that waits names them"
    assert ModelReply.objects.exists()
    assert ReturnEvidence.objects.exists()
    client = log_in(visitor(), alice.user)
    assert client.get(f"/purchases/{life.pk}/").status_code == 200
    assert {"name", "e-mail"} <= traces(exported(client), ODETTE)
    assert LeadVector.objects.filter(lead__in=Lead.objects.all()).exists()
    deliver_events.delay()

    report = erasures.erase_person(Person.of(emails=[ODETTE["e-mail"]]))
    events.deliver_all()
    shown = client.get(f"/purchases/{life.pk}/").content.decode()

    assert report.is_finished
    assert found_in(places) == {}
    assert traces(log_lines.getvalue(), ODETTE) == set()
    assert traces(shown, ODETTE) == set()
    assert not ModelReply.objects.exists()
    assert not ReturnEvidence.objects.exists()
    assert traces(exported(client), ODETTE) == set()
    told = broadcasts()
    assert told, "sockets heard that the lead was offered, and that it is gone"
    assert traces("".join(told), ODETTE) == set()
    waiting = queued()
    assert waiting, "workers are asked to deliver"
    assert traces("".join(waiting), ODETTE) == set()
    for vector in (LeadVector, ProviderVector, VectorDue):
        assert not vector.objects.filter(lead__in=Lead.objects.all()).exists(), vector
    assert not ImageHash.objects.exists()
    assert FileImport.objects.get().state == "dropped"
    assert set(Lead.objects.values_list("state", flat=True)) == {"erased"}


@pytest.mark.django_db(transaction=True)
def test_an_erasure_whose_process_is_killed_goes_on_where_it_was(for_subprocesses, secret, places):  # noqa: F811
    """The process waits for a table that the third holder reads, and gets signal 9 there: nobody cleans up."""
    with psycopg.connect(**connection.get_connection_params() | {"autocommit": False}) as other:
        other.execute("LOCK TABLE scraping_savedpage IN ACCESS EXCLUSIVE MODE")
        process = subprocess.Popen(
            [sys.executable, "manage.py", "erase", "--json"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=django_settings.BASE_DIR,
            env={**os.environ, "MEDIA_ROOT": str(places / "media")},
        )
        assert process.stdin is not None
        process.stdin.write(b"zephyrine.quackenbush@example.com\n")
        process.stdin.close()
        theirs = ErasureStep.objects.filter(holder="leads", done_at__isnull=False)
        wait_while_running(process, lambda: theirs.all().exists())
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        other.rollback()
    begun = Erasure.objects.get()
    assert (process.returncode, begun.finished_at) == (-signal.SIGKILL, None)
    assert Lead.objects.get(pk=secret.pk).state == "erased"
    assert set(begun.steps.filter(done_at=None).values_list("holder", flat=True)) == {"crawls", "marketplace"}

    assert erasures.carry_on_all() == 1
    events.deliver_all()

    begun.refresh_from_db()
    assert begun.person is None
    assert not begun.steps.filter(done_at=None).exists()
    assert not Contact.objects.exists()
