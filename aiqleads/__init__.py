"""The project. Loading it makes our Celery application the one that ``shared_task`` binds to."""

from aiqleads.celery import app as celery_app

__all__ = ["celery_app"]
