"""Alerts: one open per key, closed when it is over, mailed once."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from aiqleads.core import alerts
from aiqleads.core import clock as database_clock
from aiqleads.core.models import Alert, AuditEntry
from leads import services
from leads.models import SourceRight
from tests.conftest import log_in

pytestmark = pytest.mark.django_db


def keys():
    return {alert.key for alert in alerts.check_all() if alert.key.startswith("right.")}


def test_the_same_key_is_one_alert_until_it_is_closed(open_source):
    first = alerts.open_alert(key="crawl.wall:x", says="It asks for a log-in.", subject=open_source)
    again = alerts.open_alert(key="crawl.wall:x", says="It asks for a captcha.", subject=open_source)

    assert (again.pk, again.times, again.says) == (first.pk, 2, "It asks for a captcha.")
    assert again.subject == "leads.source:open-site"
    assert alerts.close_alert(key="crawl.wall:x")
    assert not alerts.close_alert(key="crawl.wall:x")
    assert alerts.open_alert(key="crawl.wall:x", says="Again.").pk != first.pk


def test_the_database_keeps_one_open_alert_per_key():
    Alert.objects.create(key="crawl.wall:x", says="One.")

    with pytest.raises(IntegrityError, match="one_open_alert_per_key"), transaction.atomic():
        Alert.objects.create(key="crawl.wall:x", says="Two.")


def test_a_right_that_ends_soon_is_told_until_another_follows_it(open_source, olga):
    now = database_clock.now()
    SourceRight.objects.filter(source=open_source).update(
        during=(now - timedelta(days=1), now + timedelta(days=29))
    )

    told = keys()
    services.record_right(
        source=open_source, basis=SourceRight.Basis.PERMISSION, may_list=True, since=now + timedelta(days=29),
        document="folder 7", actor_id=olga.pk,
    )  # fmt: skip

    assert told == {"right.expiring:open-site"}
    assert keys() == set()


def test_a_right_that_ended_by_the_calendar_is_told(open_source, clock):
    now = database_clock.now()
    SourceRight.objects.filter(source=open_source).update(during=(now - timedelta(days=9), now + timedelta(days=2)))
    clock.advance(days=2)

    assert keys() == {"right.ended:open-site"}


def test_new_alerts_are_mailed_once_to_whom_the_settings_name(settings):
    settings.ALERT_EMAILS = ["olga@example.com"]
    alerts.open_alert(key="a:1", says="Zillow shows a log-in wall.")

    assert (alerts.mail_new_alerts(), alerts.mail_new_alerts()) == (1, 0)

    assert [(letter.subject, letter.to) for letter in mail.outbox] == [("AIQLeads: 1 alert", ["olga@example.com"])]
    assert "Zillow shows a log-in wall." in mail.outbox[0].body


def test_nobody_is_mailed_without_an_address(settings):
    settings.ALERT_EMAILS = []
    alerts.open_alert(key="a:1", says="Something.")

    assert alerts.mail_new_alerts() == 0
    assert mail.outbox == []


def test_the_command_prints_what_is_open(capsys):
    call_command("check_alerts", "--json")
    assert json.loads(capsys.readouterr().out) == {"open": []}
    alerts.open_alert(key="a:1", says="Zillow shows a log-in wall.")

    call_command("check_alerts")

    assert "Zillow shows a log-in wall." in capsys.readouterr().out


def test_an_operator_closes_an_alert_and_that_is_audited(client, olga, open_source):
    log_in(client, olga)
    alert = alerts.open_alert(key="crawl.wall:x", says="It asks for a log-in.", subject=open_source)
    closing = reverse("admin:core_alert_close", args=[alert.pk])

    page = client.get(reverse("admin:core_alert_change", args=[alert.pk])).content.decode()
    client.get(closing)
    assert alerts.open_alerts().exists()
    client.post(closing)

    assert reverse("admin:leads_source_change", args=["open-site"]) in page
    assert not alerts.open_alerts().exists()
    assert AuditEntry.objects.get(action="alert.closed").actor == olga
