"""Licences: written down, checked by a person or a verifier, renewed, refused, ended."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts import errors, licences, selectors, services
from accounts.models import Licence
from aiqleads.core import events
from aiqleads.core.models import AuditEntry
from marketplace.models import Notification
from tests.conftest import log_in
from tests.marketplace.guards import refused_by, take_away, undone

pytestmark = pytest.mark.django_db

State = Licence.State


@pytest.fixture
def agent(alice):
    """Alice as she signs up; the cast can buy in Texas, nowhere else."""
    return alice.user


def last_day(days: int = 365) -> date:
    return selectors.licence_day() + timedelta(days=days)


def write_down(agent: Any, *, state_code: str = "OH", number: str = "SL 0142-55", days: int = 365) -> Licence:
    return services.add_licence(user=agent, state_code=state_code, number=number, expires_on=last_day(days))


def told_of() -> list[str]:
    events.deliver_all()
    told = Notification.objects.filter(kind=Notification.Kind.LICENCE).order_by("made_at", "key")
    return [one.says for one in told]


def test_a_licence_counts_once_an_operator_has_verified_it_and_its_agent_is_told(agent, olga):
    licence = write_down(agent)
    assert (licence.state, selectors.is_licensed(agent.pk, "OH")) == (State.WAITING, False)

    services.verify_licence(licence_id=licence.pk, actor_id=olga.pk)

    licence.refresh_from_db()
    assert (licence.state, licence.checked_by, licence.checked_with) == (State.VERIFIED, olga, "operators")
    assert selectors.licensed_states(agent.pk) == {"OH", "TX"}
    assert selectors.is_licensed(agent.pk, "OH")
    assert not selectors.is_licensed(olga.pk, "OH")
    assert told_of() == ["Your Ohio licence is verified: you can buy homes there"]


def test_a_refused_one_tells_why_and_what_is_decided_stays_so(agent, olga):
    licence = write_down(agent)
    services.refuse_licence(licence_id=licence.pk, reason="The register has another name.", actor_id=olga.pk)

    with pytest.raises(errors.LicenceDecided):
        services.verify_licence(licence_id=licence.pk, actor_id=olga.pk)
    with pytest.raises(errors.LicenceDecided):
        services.refuse_licence(licence_id=licence.pk, reason="Again.", actor_id=olga.pk)

    licence.refresh_from_db()
    assert (licence.state, licence.why) == (State.REFUSED, "The register has another name.")
    assert not selectors.is_licensed(agent.pk, "OH")
    assert told_of() == ["Your Ohio licence was refused: The register has another name."]


def test_a_verified_one_that_proves_wrong_is_refused_and_counts_no_more(agent, olga):
    licence = services.verify_licence(licence_id=write_down(agent).pk, actor_id=olga.pk)

    services.refuse_licence(licence_id=licence.pk, reason="It was lent.", actor_id=olga.pk)

    assert not selectors.is_licensed(agent.pk, "OH")


def test_a_renewal_waits_beside_the_one_that_stands_and_then_replaces_it(agent, olga):
    earlier = services.verify_licence(licence_id=write_down(agent, days=20).pk, actor_id=olga.pk)
    renewal = write_down(agent, days=700)
    assert selectors.is_licensed(agent.pk, "OH")

    services.verify_licence(licence_id=renewal.pk, actor_id=olga.pk)

    earlier.refresh_from_db()
    assert earlier.state == State.REPLACED
    assert [one.pk for one in selectors.licences(agent) if one.state_code == "OH"] == [renewal.pk]
    assert selectors.is_licensed(agent.pk, "OH")


def test_a_correction_takes_the_place_of_what_waits(agent):
    wrong = write_down(agent, number="SL 1")

    right = write_down(agent, number="SL 2")

    wrong.refresh_from_db()
    assert wrong.state == State.REPLACED
    assert list(selectors.waiting_licences()) == [right]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"state_code": "ZZ"}, "state_code"),
        ({"number": " – "}, "number"),
        ({"number": "4" * 41}, "number"),
        ({"days": -1}, "expires_on"),
        ({"days": 3_651}, "expires_on"),
    ],
)
def test_what_could_not_be_checked_is_refused_at_its_field(agent, said, field):
    with pytest.raises(errors.LicenceUnusable) as refused:
        write_down(agent, **said)

    assert refused.value.field == field
    assert not agent.licences.exclude(state_code="TX").exists()


def test_nobody_writes_down_licences_without_end(agent):
    for _ in range(licences.MOST_A_DAY - 1):
        Licence.objects.filter(user=agent, state=State.WAITING).update(state=State.REPLACED)
        Licence.objects.create(user=agent, state_code="OH", number="1", expires_on=last_day())

    with pytest.raises(errors.TooManyLicences):
        write_down(agent)

    assert agent.licences.count() == licences.MOST_A_DAY


def test_the_number_is_read_by_its_people_and_by_nobody_in_the_tables(agent, charlie):
    licence = write_down(agent, number="SL 0142-55")
    write_down(charlie.user, number="sl014255")

    [row] = Licence.objects.filter(pk=licence.pk).extra(select={"raw": "number::text"}).values("raw", "number_hash")
    told = AuditEntry.objects.get(action="licence.added", subject=f"accounts.licence:{licence.pk}")

    assert licence.number == "SL 0142-55"
    assert "0142" not in row["raw"] + row["number_hash"] + str(told.details)
    assert selectors.same_licence_elsewhere(licence) == 1
    assert selectors.same_licence_elsewhere(write_down(agent, number="SL 77")) == 0


def test_a_licence_lasts_until_its_last_day_is_over_where_days_end_last(agent, olga, clock):
    services.verify_licence(licence_id=write_down(agent, days=1).pk, actor_id=olga.pk)

    clock.advance(days=1)
    assert selectors.is_licensed(agent.pk, "OH")
    clock.advance(days=1)

    assert not selectors.is_licensed(agent.pk, "OH")
    assert selectors.licensed_states(agent.pk) == {"TX"}


def test_its_agent_is_told_30_days_before_at_the_end_and_30_days_after_each_once(agent, olga, clock):
    licence = services.verify_licence(licence_id=write_down(agent, days=31).pk, actor_id=olga.pk)
    day = licence.expires_on
    told = []
    for days in (0, 1, 1, 29, 1, 28, 1, 30):
        clock.advance(days=days)
        told.append(services.end_licences())
        assert services.end_licences() == 0, "told again"

    assert told == [0, 1, 0, 0, 1, 0, 1, 0]
    licence.refresh_from_db()
    assert licence.state == State.EXPIRED
    assert told_of()[1:] == [
        f"Your Ohio licence ends on {day:%b} {day.day}, {day.year}: add the renewed one",
        "Your Ohio licence has ended: you cannot buy homes there",
        "Your Ohio licence ended 30 days ago, and no renewed one is here",
    ]


def test_who_has_renewed_is_not_reminded(agent, olga, clock):
    services.verify_licence(licence_id=write_down(agent, days=20).pk, actor_id=olga.pk)
    write_down(agent, days=700)

    assert services.end_licences() == 0
    clock.advance(days=60)

    assert services.end_licences() == 1, "the end itself is told"
    assert services.end_licences() == 0


class Register:
    """A register that knows three numbers and is out of order for a fourth."""

    name = "register"

    def check(self, claimed: licences.Claimed) -> licences.Verdict | None:
        assert claimed.holder == "Alice Alder"
        assert claimed.number not in repr(claimed)
        if claimed.number == "BROKEN":
            raise TimeoutError(claimed.number)
        return {"GOOD": licences.Verdict(stands=True), "BAD": licences.Verdict(stands=False)}.get(claimed.number)


def test_a_verifier_decides_what_it_knows_and_leaves_the_rest_to_operators(agent, settings):
    settings.LICENCE_VERIFIER = f"{__name__}.Register"
    agent.first_name, agent.last_name = "Alice", "Alder"
    agent.save()
    for state_code, number in (("OH", "GOOD"), ("UT", "BAD"), ("NV", "UNKNOWN"), ("ID", "BROKEN")):
        write_down(agent, state_code=state_code, number=number)

    assert services.check_waiting_licences() == 2
    assert services.check_waiting_licences() == 0

    found = {one.state_code: (one.state, one.why, one.checked_with) for one in selectors.licences(agent)}
    assert found["OH"] == (State.VERIFIED, "", "register")
    assert found["UT"] == (State.REFUSED, "The register does not know it.", "register")
    assert found["NV"] == found["ID"] == (State.WAITING, "", "")


def test_the_verifier_that_ships_leaves_everything_to_operators(agent):
    write_down(agent)

    assert services.check_waiting_licences() == 0
    assert selectors.waiting_licences().count() == 1


OWN = "state_code = 'OH'"
BREAK_INS = {
    "licence_starts_waiting": "INSERT INTO accounts_licence (id, user_id, state_code, number_hash, expires_on, "
    "state, checked_at, checked_with, why) SELECT gen_random_uuid(), user_id, 'UT', '', expires_on, 'verified', "
    "now(), '', '' FROM accounts_licence LIMIT 1",
    "licence_written_once": f"UPDATE accounts_licence SET expires_on = '2200-01-01' WHERE {OWN}",
    "licence_step": "UPDATE accounts_licence SET state = 'verified' WHERE state = 'refused'",
    "licence_state_known": f"UPDATE accounts_licence SET state = 'lent', checked_at = now() WHERE {OWN}",
    "licence_refused_with_a_reason": "UPDATE accounts_licence SET why = '' WHERE state = 'refused'",
    "licence_checked_at": "UPDATE accounts_licence SET checked_at = NULL WHERE state = 'refused'",
    "licence_of_a_known_state": "INSERT INTO accounts_licence (id, user_id, state_code, number_hash, expires_on, "
    "state, checked_with, why) SELECT gen_random_uuid(), user_id, 'ZZ', '', expires_on, 'waiting', '', '' "
    "FROM accounts_licence LIMIT 1",
    "licence_waiting_once": "INSERT INTO accounts_licence (id, user_id, state_code, number_hash, expires_on, "
    "state, checked_with, why) SELECT gen_random_uuid(), user_id, 'OH', '', expires_on, 'waiting', '', '' "
    "FROM accounts_licence WHERE state_code = 'OH' LIMIT 1",
    "licence_verified_once": "INSERT INTO accounts_licence (id, user_id, state_code, number_hash, expires_on, "
    "state, checked_with, why) SELECT gen_random_uuid(), user_id, 'TX', '', expires_on, 'waiting', '', '' "
    "FROM accounts_licence WHERE state_code = 'TX'; UPDATE accounts_licence SET state = 'verified', "
    "checked_at = now() WHERE state_code = 'TX'",
}
BEHIND = {"licence_state_known": ("licence_step",)}


def test_each_guard_keeps_out_what_it_names_and_nothing_else_does(agent, olga, subtests):
    refused = write_down(agent, state_code="UT")
    services.refuse_licence(licence_id=refused.pk, reason="No.", actor_id=olga.pk)
    write_down(agent)
    for guard, break_in in BREAK_INS.items():
        with subtests.test(guard), undone():
            for other in BEHIND.get(guard, ()):
                take_away(other)
            assert refused_by(break_in) == guard
            take_away(guard)
            assert refused_by(break_in) == ""


def test_no_licence_is_deleted(agent):
    write_down(agent)

    with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
        Licence.objects.all().delete()

    assert agent.licences.count() == 2


def test_the_page_shows_what_stands_and_takes_another(client, agent):
    client.force_login(agent, backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("accounts:licences")

    wrong = client.post(page, {"state_code": "OH", "number": "SL 9", "expires_on": "2020-01-01"})
    right = client.post(
        page, {"state_code": "OH", "number": "SL 9", "expires_on": last_day().isoformat()}, follow=True
    )

    assert (wrong.status_code, right.status_code) == (422, 200)
    assert "has ended. Renew it first" in wrong.content.decode()
    assert "Your Ohio licence is being checked" in right.content.decode()
    assert "SL 9" in client.get(reverse("accounts:account")).content.decode()
    assert client.post(page, {}).status_code == 400
    assert agent.licences.count() == 2


def test_an_operator_verifies_from_the_list_with_one_click(client, agent, olga):
    licence = write_down(agent)
    log_in(client, olga)
    queue = reverse("admin:accounts_licence_changelist") + "?waits=yes"
    button = reverse("admin:accounts_licence_verify_now", args=[licence.pk])
    assert button in client.get(queue).content.decode()

    assert client.get(button).status_code == 405
    answer = client.post(button)
    again = client.post(button, follow=True)

    licence.refresh_from_db()
    assert (answer.status_code, answer.url, licence.state) == (302, queue, State.VERIFIED)
    assert "This licence is decided: verified." in again.content.decode()
    assert button not in client.get(queue).content.decode()


def test_no_member_decides_about_licences(client, agent):
    licence = write_down(agent)
    client.force_login(agent, backend="django.contrib.auth.backends.ModelBackend")

    answers = [
        client.post(reverse(f"admin:accounts_licence_{door}", args=[licence.pk]))
        for door in ("verify_now", "verify", "refuse")
    ]

    assert {answer.status_code for answer in answers} == {302}
    licence.refresh_from_db()
    assert licence.state == State.WAITING
