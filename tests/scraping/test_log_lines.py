"""The log of a crawl says nothing about people."""

from leads.models import Source
from leads.records import ListingRecord
from scraping.crawling import scrapy_settings
from scraping.log_lines import SilentAboutRecords

RECORD = ListingRecord(external_id="a1", contact_name="Casey Homeowner", phones=("+15125550142",))


def test_a_stored_or_refused_record_writes_no_line():
    lines = SilentAboutRecords()

    assert lines.scraped(RECORD, None, None) is None
    assert lines.dropped(RECORD, ValueError("nothing to sell"), None, None) is None


def test_a_record_that_fails_is_logged_by_its_kind_of_error_alone():
    line = SilentAboutRecords().item_error(RECORD, ValueError("Casey"), None, None)

    assert line["msg"] % line["args"] == "Error processing a record (ValueError)"


def test_every_crawl_uses_these_lines():
    assert (
        scrapy_settings(Source(base_url="http://127.0.0.1:1"))["LOG_FORMATTER"]
        == "scraping.log_lines.SilentAboutRecords"
    )
