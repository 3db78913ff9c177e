"""A feed killed with -9 at any point and followed again: what is there then is what its service has."""

import signal

import pytest

from leads.models import Observation
from scraping.models import CrawlRun, FeedState
from tests.conftest import at_length

SLUG = "acme-mls"
SHORT = {"statement": [9], "commit": []}


@pytest.mark.soak
@pytest.mark.parametrize(
    "has_events",
    [False, True][: at_length(short=1, soak=2)],
    ids=["by time", "by event"][: at_length(short=1, soak=2)],
)
def test_a_feed_killed_anywhere_and_followed_again_has_what_its_service_has(serve, killer, has_events, subtests):
    service = serve(12, has_events=has_events)
    service.access(page_size=5)
    assert service.follow().state == "finished"

    def a_day_passes() -> None:
        service.stock.insert(2)
        service.stock.change(3, spread=2)
        service.stock.delete(1, spread=3)

    a_day_passes()
    assert killer.crawl(SLUG) == 0
    assert service.stored() == service.truth()

    for kind, last in killer.steps.items():
        for step in range(1, last + 1) if at_length(short=0, soak=1) else SHORT[kind]:
            with subtests.test(f"killed at {kind} {step} of {last}"):
                a_day_passes()
                assert killer.kill(kind, step, SLUG) in {-signal.SIGKILL, 0}
                assert killer.crawl(SLUG) == 0

                assert service.stored() == service.truth()
                assert Observation.objects.filter(gone_at=None).count() == len(service.truth())
                assert FeedState.objects.get().vanished_ids == []
                assert not CrawlRun.objects.filter(state="running").exists()
