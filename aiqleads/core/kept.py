"""How long the machinery's tables are kept, and those of the packages beneath that belong to nobody above."""

from datetime import timedelta

from aiqleads.core import idempotency, retention


def say() -> None:
    """Say it of every table."""
    retention.rows(
        "delivered events",
        "core.outboxevent",
        "delivered_at",
        kept=timedelta(days=30),
        since="they were delivered",
    )
    retention.rows(
        "answers to repeated requests",
        "core.storedreply",
        "stored_at",
        kept=idempotency.KEPT_FOR,
        since="they were given",
    )
    retention.rows("closed alerts", "core.alert", "closed_at", kept=retention.YEAR, since="they were closed")
    retention.rows("browsers' sessions", "sessions.session", "expire_date", kept=timedelta(0), since="they ran out")
    retention.rows(
        "notes of Django's own admin",
        "admin.logentry",
        "action_time",
        kept=retention.YEAR,
        since="they were written",
    )
    retention.keep("the audit trail holds no personal value, and a row that went would break its chain of seals",
                   "core.auditentry", "core.auditseal", "core.audithorizon")  # fmt: skip
    retention.keep("one row per column: how far the last change of keys came", "core.keyrotation")
    retention.keep(
        "says what runs when; operators change it",
        "django_celery_beat.solarschedule",
        "django_celery_beat.intervalschedule",
        "django_celery_beat.clockedschedule",
        "django_celery_beat.crontabschedule",
        "django_celery_beat.periodictasks",
        "django_celery_beat.periodictask",
    )
    retention.keep(
        "says what there is to be allowed, and to which role", "contenttypes.contenttype", "auth.permission",
        "auth.group",
    )  # fmt: skip
    retention.goes_with("auth.group", "auth.group_permissions", "guardian.groupobjectpermission")
