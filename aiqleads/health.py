"""Whether this process lives, and whether what it needs is there. Tells no versions and no addresses."""

from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis
from redis.exceptions import RedisError

TIMEOUT_SECONDS: Final = 1


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when the database answers with every migration applied and Redis answers; otherwise 503."""
    is_database_up = _is_database_up()
    answers = {
        "database": is_database_up,
        "migrations": is_database_up and _is_migrated(),
        "redis": _is_redis_up(),
    }
    checks = {name: "ok" if is_fine else "failing" for name, is_fine in answers.items()}
    is_ready = all(answers.values())
    status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse({"status": "ok" if is_ready else "failing", "checks": checks}, status=status)


def _is_database_up() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _is_migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _is_redis_up() -> bool:
    client = Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=TIMEOUT_SECONDS, socket_timeout=TIMEOUT_SECONDS
    )
    try:
        return bool(client.ping())
    except (RedisError, OSError):
        return False
    finally:
        client.close()


urlpatterns = [path("live", live, name="health_live"), path("ready", ready, name="health_ready")]
