"""Background doors of privacy requests."""

import structlog
from celery import shared_task

from accounts.privacy import letters
from accounts.services import privacy, privacy_outcomes

log = structlog.get_logger(__name__)


@shared_task(ignore_result=True, soft_time_limit=840, time_limit=900)
def look_after_requests() -> None:
    """Write to those who still wait for it, go on with what was begun, close what nobody proved in time.

    Safe to run twice: each request is locked for each step, and a letter goes at most once more.
    """
    for request_id in privacy.requests_to_confirm():
        letters.acknowledge(request_id=request_id)
    for request_id in privacy_outcomes.unfinished():
        privacy_outcomes.carry_out(request_id=request_id)
    log.info("privacy_requests.expired", count=privacy.expire_requests())
    log.info("identity_codes.forgotten", count=privacy.forget_typed_addresses())
