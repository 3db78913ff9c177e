"""Our books beside the sandbox's: what it never told us, what only it knows, and what differs."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command

from aiqleads.core import alerts
from aiqleads.core.models import AuditEntry
from billing import inbox, selectors, services, tasks
from billing.errors import DifferenceClosed
from billing.invariants import broken
from billing.models import Difference, Dispute, InboxMessage, Payment, Reconciliation, Refund
from billing.providers.port import MovementKind
from billing.providers.sandbox import desk, memory, pages
from tests.billing.dying import bought
from tests.billing.money import paid_pack
from tests.billing.test_ledger import house

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(alice, pack, line) -> Payment:
    return bought(alice)


def reconcile() -> Reconciliation:
    return services.reconcile(provider="sandbox")


def open_ones() -> list[tuple[str, str, int, int]]:
    return list(
        Difference.objects.filter(closed_at=None)
        .order_by("kind", "object_id")
        .values_list("kind", "object_id", "ours_cents", "theirs_cents")
    )


def test_what_was_never_told_is_found_and_acted_upon(alice, pack, line):
    started = services.start_checkout(member=alice, pack_code="fifty", provider="sandbox")
    pages.hand_in(started.checkout_id, "good")

    runs = [reconcile() for _ in range(2)]

    assert [(run.missed_events, run.movements, run.differences, run.error) for run in runs] == [
        (2, 1, 0, ""),
        (0, 1, 0, ""),
    ]
    assert selectors.balance_credits(alice.organisation_id) == 50
    assert set(InboxMessage.objects.values_list("state", "raw")) == {("done", b"")}


def test_a_whole_life_leaves_no_difference_and_books_each_fee_and_payout_once(payment, alice, olga):
    services.refund_payment(payment_id=payment.pk, amount_credits=10, actor_id=olga.pk, reason="Bought twice")
    other = bought(alice)
    dispute_id = desk.dispute(other.capture_id)
    desk.close_dispute(dispute_id, is_won=True)
    lost = bought(alice)
    desk.close_dispute(desk.dispute(lost.capture_id), is_won=False)
    desk.refund_here(other.capture_id, 980)
    memory.moved(MovementKind.PAYOUT, "", -1_000)
    memory.moved(MovementKind.FEE, "", -25)

    runs = [reconcile() for _ in range(2)]

    assert [(run.error, run.differences) for run in runs] == [("", 0)] * 2
    assert sorted(Dispute.objects.values_list("status", flat=True)) == ["lost", "won"]
    assert Refund.objects.filter(status="succeeded").count() == 2
    fees_cents = 3 * 172 + 2 * 1_500 + 25
    assert house("usd_cents") == {
        "bank": 1_000,
        "fees": fees_cents,
        "clearing": 3 * 4_900 - 2 * 980 - 4_900 - 1_000 - fees_cents,
        "unearned": -(2 * 4_900 - 2 * 980),
    }
    assert broken() == []


def test_what_only_the_provider_has_is_a_difference_until_a_person_says_what_it_is(payment, olga):
    memory.moved(MovementKind.PAYMENT, "pi_of_another_system", 700)
    memory.moved(MovementKind.OTHER, "", -300)
    [other] = memory.SandboxObject.objects.filter(kind="movement", data__kind="other")

    for _ in range(2):
        assert reconcile().differences == 2

    assert open_ones() == [
        ("missing_here", "pi_of_another_system", 0, 700),
        ("unexplained", other.pk, 0, -300),
    ]
    for row in Difference.objects.all():
        services.close_difference(difference_id=row.pk, how="The shop on the same account", actor_id=olga.pk)
    assert reconcile().differences == 0
    assert AuditEntry.objects.filter(action="difference.closed").count() == 2
    with pytest.raises(DifferenceClosed):
        services.close_difference(difference_id=row.pk, how="again", actor_id=olga.pk)
    memory.moved(MovementKind.PAYMENT, "pi_of_another_system", 1)
    assert reconcile().differences == 1  # another amount is another question


def test_what_only_we_have_is_a_difference_once_the_provider_must_know_it(payment, alice, clock):
    ours = paid_pack(alice, 20)
    assert reconcile().differences == 0

    clock.advance(hours=7)

    assert reconcile().differences == 1
    assert open_ones() == [("missing_there", ours.capture_id, 2_000, 0)]
    memory.moved(MovementKind.PAYMENT, ours.capture_id, 2_000)
    assert reconcile().differences == 0
    assert Difference.objects.values_list("how", "closed_by").get() == ("Gone at the next look", None)


def test_another_amount_is_a_difference(payment):
    memory.moved(MovementKind.PAYMENT, payment.capture_id, 1)

    reconcile()

    assert open_ones() == [("amount", payment.capture_id, 4_900, 4_901)]


def test_what_the_provider_does_not_know_is_a_difference(alice, pack, line):
    started = services.start_checkout(member=alice, pack_code="fifty", provider="sandbox")
    memory.SandboxObject.objects.filter(pk=started.checkout_id).delete()

    reconcile()

    assert open_ones() == [("state", started.checkout_id, 0, 0)]


def test_a_look_that_was_not_finished_is_made_up_for_by_the_next(payment, line, clock):
    first = reconcile()
    clock.advance(days=10)
    line.dies = {"movements before"}

    failed = reconcile()

    assert failed.finished_at is None
    assert failed.error == "ProviderUnreachable: nobody answered"
    line.dies = set()
    assert reconcile().since == first.started_at - timedelta(days=3)


def test_nobody_looking_and_open_differences_are_alerts(payment, clock):
    memory.moved(MovementKind.PAYMENT, "pi_of_another_system", 700)
    tasks.reconcile()
    alerts.check_all()
    assert [alert.key for alert in alerts.open_alerts()] == ["reconcile.open:sandbox"]

    clock.advance(days=2)
    alerts.check_all()

    assert {"reconcile.open:sandbox", "reconcile.late:sandbox"} <= {alert.key for alert in alerts.open_alerts()}
    told = {sample.name: sample.value for metric in inbox.figures() for sample in metric.samples}
    assert told["aiqleads_reconciliation_differences"] == 1


def test_the_command_says_what_differs(payment, capsys):
    call_command("reconcile", "--since", "2026-11-01")
    assert capsys.readouterr().out.endswith("0 differences are open.\n")
    memory.moved(MovementKind.PAYMENT, "pi_of_another_system", 700)

    with pytest.raises(SystemExit) as ended:
        call_command("reconcile", "--json", "--provider", "sandbox")

    said = json.loads(capsys.readouterr().out)
    assert ended.value.code == 1
    assert said["providers"][0]["movements"] == 2
    assert [(one["kind"], one["object"], one["theirs_cents"]) for one in said["differences"]] == [
        ("missing_here", "pi_of_another_system", 700)
    ]
