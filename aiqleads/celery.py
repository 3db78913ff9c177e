"""The Celery application; tasks are found in each app's ``tasks.py``, and in that of ``accounts.privacy``."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aiqleads.settings")

app = Celery("aiqleads", task_cls="aiqleads.core.background:NotedTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["accounts.privacy"])
