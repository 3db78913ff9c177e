"""What all tests share: the database and its clock, the cast, and leads to trade.

The cast: Alice owns an organisation, Bob may read in it, Charlie is outside it, Olga is an operator.
"""

import gc
import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

import hypothesis
import pytest
from allauth.account.models import EmailAddress
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import update_last_login
from django.contrib.contenttypes.management import create_contenttypes
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, connections
from django.db.models.signals import post_migrate
from django.http import HttpResponseBase
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY

from accounts import services as accounts
from accounts import staff, step_up
from accounts.models import Authenticator, Licence, Membership, TermsAcceptance, User
from accounts.plans import CURRENT_TERMS_VERSION
from aiqleads import embedded
from aiqleads.core.clock import Now
from aiqleads.core.redis import breaker
from billing import services as billing
from leads.models import Lead, Observation, Score, Source, SourceRight
from manage import ALLOCATIONS_PER_COLLECTION
from marketplace.models import LeadSlot, Listing
from pricing.models import Quote
from tests.database import migrated_template, url_of
from tests.postgresql.base import KEEP_WHAT_MIGRATIONS_WROTE

if TYPE_CHECKING:
    from tests.ai.served import Models

MOVABLE_CLOCK = """
CREATE TABLE IF NOT EXISTS test_clock (shift interval NOT NULL);
DELETE FROM test_clock;
INSERT INTO test_clock VALUES ('0');
CREATE OR REPLACE FUNCTION core_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT statement_timestamp() + (SELECT shift FROM public.test_clock) $$;
CREATE OR REPLACE FUNCTION core_clock() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE
    AS $$ SELECT clock_timestamp() + (SELECT shift FROM public.test_clock) $$;
"""

# Tests that commit are cleaned up by truncating every table, which the append-only guards refuse.
FLUSHABLE_TABLES = """
CREATE OR REPLACE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN RETURN NULL; END IF;
    RAISE EXCEPTION '% rows are written once', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


def at_length(*, short: int, soak: int) -> int:
    """How often a hammer or a property test repeats: ``soak`` under SOAK=1 (``make soak``), else ``short``."""
    return soak if os.environ.get("SOAK") == "1" else short


hypothesis.settings.register_profile("ours", max_examples=at_length(short=50, soak=5_000), deadline=None)
hypothesis.settings.load_profile("ours")


SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""What every authenticator app of the tests shares with the server."""

BACKEND = "django.contrib.auth.backends.ModelBackend"
"""Which of the ways to log in a browser of the tests took."""

SERVICES = pytest.StashKey[embedded.Running]()


def pytest_configure(config: pytest.Config) -> None:
    """Races need a connection for every buyer, and all tests the services that no variable replaces."""
    settings.DATABASES["default"]["ENGINE"] = "tests.postgresql"
    del connections["default"]  # opened by the system checks as the product has it
    settings.DATABASES["default"]["OPTIONS"]["pool"] |= {"max_size": 60, "timeout": 30}
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"] = worker  # no socket hears another worker's sales
    database = int(worker.removeprefix("gw")) + 1 if worker.startswith("gw") else 0
    settings.CACHES["default"]["OPTIONS"]["db"] = database  # no test clears what another worker's has kept
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # strength is Django's to test
    settings.WHITENOISE_AUTOREFRESH = True  # or each test's client reads the whole folder of static files
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each of forty processes compiles our modules anew
    sys.dont_write_bytecode = False  # or each worker rewrites the assertions of all tests, 5 s of CPU
    post_migrate.disconnect(create_contenttypes)  # or each test that commits writes them anew at its end
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(dispatch_uid="accounts.staff")
    gc.set_threshold(ALLOCATIONS_PER_COLLECTION)
    config.stash[SERVICES] = embedded.start(embedded.needed(os.environ))
    # No test cuts the server's power, so no commit of ours or of a process that we start waits for the disk.
    # Where a test forbids a scan, a plan that cannot do without seems so dear that it is compiled, for seconds.
    os.environ["PGOPTIONS"] = f"{os.environ.get('PGOPTIONS', '')} -c synchronous_commit=off -c jit=off"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: one that begins when all others are done leaves the other workers idle."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    for item in items:
        if item.get_closest_marker("django_db") or "django_db_setup" in getattr(item, "fixturenames", ()):
            item.add_marker("database")


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is loaded by now stays: the garbage collector need not look through it again in each of its rounds."""
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    if SERVICES in config.stash:
        config.stash[SERVICES].stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    connection.settings_dict["TEST"]["TEMPLATE"] = migrated_template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """After the migrations, the database's clock is replaced by one that tests can move.

    Where no test of the run is marked as using the database, pytest-django makes none for it.
    """
    if not connection.settings_dict["NAME"].startswith("test_"):
        pytest.fail("Mark the test with django_db: this would replace the clock of the product's own database.")
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        staff.make_groups()  # the template was made when the table of roles may have said something else
        cursor.execute(KEEP_WHAT_MIGRATIONS_WROTE + MOVABLE_CLOCK + FLUSHABLE_TABLES)


class Clock:
    """Moves the database's clock forward, for every connection once committed."""

    def advance(self, **duration: float) -> None:
        """Let ``duration`` (as for ``timedelta``) pass."""
        with connection.cursor() as cursor:
            cursor.execute("UPDATE test_clock SET shift = shift + %s", [timedelta(**duration)])

    def reset(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE test_clock SET shift = '0'")


@pytest.fixture
def clock(db: None) -> Iterator[Clock]:
    moved = Clock()
    yield moved
    moved.reset()


@pytest.fixture
def for_subprocesses(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment in which another process works on this test's database and Redis."""
    monkeypatch.setenv("DATABASE_URL", url_of(connection.settings_dict["NAME"]))
    monkeypatch.setenv("REDIS_URL", settings.REDIS_URL)


@pytest.fixture(scope="module")
def untraced() -> Iterator[None]:
    """Coverage does not follow the processes that a module starts, which would double their time."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        yield


def body_of(answer: HttpResponseBase) -> bytes:
    """What Django's client was answered, whole, when a part of it is still to be made as well."""
    if not getattr(answer, "is_async", False):
        return b"".join(answer)

    async def read() -> bytes:
        return b"".join([part async for part in answer])

    return async_to_sync(read)()


def wait_while_running(process: "subprocess.Popen[Any]", until: Callable[[], Any]) -> None:
    """Wait until something is so, looking ten times a second, as long as a process runs that makes it so."""
    while not until():
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
            pytest.fail(f"{process.args} ended with {process.returncode} before")


@pytest.fixture(autouse=True)
def fresh_cache(settings: Any) -> None:
    """No test meets what another left in Redis or learnt about it: counts of log-ins, an open breaker."""
    breaker.close()
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": uuid4().hex}}


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real pages and tables kept beside the project."""
    beside = Path(os.environ.get("AIQLEADS_SHARED", settings.BASE_DIR.parent / "shared"))
    if not (beside / "data").is_dir():
        pytest.skip("no ../shared/data beside the project: the real pages are not here")
    return beside / "data"


def licensed(user: User, *state_codes: str) -> User:
    """Let a user buy homes in these states, without the check that operators make."""
    has = set(Licence.objects.filter(user=user, state=Licence.State.VERIFIED).values_list("state_code", flat=True))
    for state_code in set(state_codes) - has:
        _give_licence(user, state_code)
    return user


def _give_licence(user: User, state_code: str) -> None:
    one = Licence.objects.create(user=user, state_code=state_code, number="0142", expires_on="2099-12-31")
    Licence.objects.filter(pk=one.pk).update(state=Licence.State.VERIFIED, checked_at=Now())


def confirmed(user: User) -> User:
    """``user``, who confirmed their address."""
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def open_membership(name: str) -> Membership:
    user = confirmed(User.objects.create_user(f"{name}@example.com", "correct horse battery"))
    _give_licence(user, "TX")
    title = f"{name.title()} Realty"
    owner = accounts.add_organisation(owner=user, name=title, terms_version=CURRENT_TERMS_VERSION)
    owner.organisation.entitlements.filter(key="seats").update(value=25)  # room for the cast
    return owner


@pytest.fixture
def alice(db: None) -> Membership:
    return open_membership("alice")


@pytest.fixture
def bob(alice: Membership) -> Membership:
    user = confirmed(User.objects.create_user("bob@example.com", "correct horse battery"))
    TermsAcceptance.objects.create(user=user, version=CURRENT_TERMS_VERSION)
    return Membership.objects.create(user=user, organisation=alice.organisation, role=Membership.Role.VIEWER)


@pytest.fixture
def charlie(db: None) -> Membership:
    return open_membership("charlie")


@pytest.fixture
def olga(db: None) -> User:
    olga = User.objects.create_user("olga@example.com", "correct horse battery", is_staff=True, is_superuser=True)
    return confirmed(olga)


def enrolled(user: User) -> Authenticator:
    """The authenticator app of ``user``, whose seed is ``SEED``."""
    has = Authenticator.objects.filter(user=user, confirmed=True).first()
    return has or Authenticator.objects.create(user=user, confirmed=True, seed=SEED, name="Authenticator app")


def let_in(client: Client, user: User, **noted: Any) -> Client:
    """A browser in which ``user`` is logged in and whose session has ``noted`` something besides.

    As ``Client.force_login`` leaves it, in 5 statements instead of 16: there the session is written four times.
    """
    has_session = settings.SESSION_COOKIE_NAME in client.cookies
    session = client.session if has_session else SessionStore()
    if has_session:
        session.cycle_key()
    session.update({SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: BACKEND, **noted})
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    update_last_login(type(user), user)
    return client


def log_in(client: Client, user: User) -> Client:
    """A browser in which ``user`` proved a moment ago who they are; an operator by a second factor."""
    factor = {DEVICE_ID_SESSION_KEY: enrolled(user).persistent_id} if user.is_staff else {}
    return let_in(client, user, **factor, **{step_up.SESSION_KEY: step_up.note_for(user)})


@pytest.fixture
def stepped_up() -> Callable[[Membership], Client]:
    """Opens a browser for a member who proved a moment ago who they are."""
    return lambda member: log_in(Client(), member.user)


def give_credits(member: Membership, amount_credits: int) -> None:
    """Put credits into the member's wallet, as an operator would."""
    billing.grant_credits(
        organisation_id=member.organisation_id,
        amount_credits=amount_credits,
        key=f"test:{next(_serial)}",
        memo="Test credits",
    )


@pytest.fixture
def grant() -> Callable[[Membership, int], None]:
    return give_credits


_serial = itertools.count(1)


@pytest.fixture
def open_source(db: None) -> Source:
    """A source whose right allows everything, without end."""
    return make_source("open-site", may_list=True)


def make_source(slug: str, *, may_list: bool) -> Source:
    source = Source.objects.filter(slug=slug).first()
    if source is None:
        family = Source.Family.CLASSIFIED
        source = Source.objects.create(slug=slug, name="Open homes", family=family, reader="fsbo")
        SourceRight.objects.create(
            source=source,
            basis=SourceRight.Basis.PERMISSION if may_list else SourceRight.Basis.PROHIBITED,
            may_list=may_list,
            during=("2020-01-01T00:00:00Z", None),
        )
    return source


@pytest.fixture(scope="session")
def served_models() -> Iterator["Models"]:
    from tests.ai.served import models_served  # with the vendors' protocol it is nothing that every test needs

    with models_served() as models:
        yield models


@pytest.fixture
def models(served_models: "Models") -> "Models":
    """The stand-in for the providers of models, which was told nothing yet and sent nothing."""
    served_models.sandbox.forget()
    return served_models


class MakeLead(Protocol):
    def __call__(self, *, copies: int = 1, price_credits: int = 10, **facts: Any) -> Lead: ...


def offer_lead(source: Source, *, copies: int = 1, price_credits: int = 10, **facts: Any) -> Lead:
    """An active lead with a score, a quote, a listing and ``copies`` slots, written row by row."""
    number = next(_serial)
    lead = Lead.objects.create(
        **{
            "kind": "fsbo",
            "state": Lead.State.ACTIVE,
            "address_line": f"{number} Hidden Creek Road",
            "street": "Hidden Creek Road",
            "city": "Austin",
            "state_code": "TX",
            "zip_code": "78704",
            "latitude": 30.2431,
            "longitude": -97.7651,
            "beds": 3,
            "baths": 2,
            "area_sqft": 1480,
            "asking_price_cents": 412_000_00,
            "summary": "3-bed, 2-bath house, 1,480 sq ft, asking $412,000",
            **facts,
        }
    )
    Observation.objects.create(
        source=source, lead=lead, external_id_hash=f"1:{number:064x}", content_hash=f"1:{number:064x}"
    )
    Score.objects.create(
        lead=lead,
        quality_score=72,
        fraud_score=4,
        tier="standard",
        verdict="pass",
        model_version="test",
        quality_evidence=[],
        fraud_evidence=[],
    )
    quote = Quote.objects.create(lead=lead, price_credits=price_credits, parts=[], model_version="test")
    for slot in range(1, copies + 1):
        LeadSlot.objects.create(lead=lead, number=slot)
    Listing.objects.create(
        lead=lead,
        kind=lead.kind,
        tier="standard",
        quality_score=72,
        city=lead.city,
        state_code=lead.state_code,
        zip_code=lead.zip_code,
        street=lead.street,
        latitude=30.2461,
        longitude=-97.7671,
        beds=lead.beds,
        baths=lead.baths,
        area_sqft=lead.area_sqft,
        asking_price_cents=lead.asking_price_cents,
        summary=lead.summary,
        source_name="A for-sale-by-owner site",
        right_basis="permission",
        first_seen_at=lead.first_seen_at,
        quote=quote,
        price_credits=price_credits,
        copies=copies,
        copies_left=copies,
    )
    return lead


@pytest.fixture
def make_lead(open_source: Source) -> MakeLead:
    def make(*, copies: int = 1, price_credits: int = 10, **facts: Any) -> Lead:
        return offer_lead(open_source, copies=copies, price_credits=price_credits, **facts)

    return make


@pytest.fixture
def lead(make_lead: MakeLead) -> Lead:
    return make_lead()
