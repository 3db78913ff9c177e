"""Crawl runs and what each of them requested."""

from scraping.models.doors import PhoneCode, Submission, SupplierKey
from scraping.models.feeds import FeedAccess, FeedState, StatusRule
from scraping.models.files import ColumnMapping, FileImport, RejectedRow
from scraping.models.pictures import AdvertPictures, PictureMemory
from scraping.models.runs import COUNTED, STALE_AFTER, CrawlRequest, CrawlRun, FieldHealth, QueuedCrawl
from scraping.models.sites import BundledWorld, CrawlArea, PageMemory, SavedPage, SiteSelectors

__all__ = [
    "COUNTED",
    "STALE_AFTER",
    "AdvertPictures",
    "BundledWorld",
    "ColumnMapping",
    "CrawlArea",
    "CrawlRequest",
    "CrawlRun",
    "FeedAccess",
    "FeedState",
    "FieldHealth",
    "FileImport",
    "PageMemory",
    "PhoneCode",
    "PictureMemory",
    "QueuedCrawl",
    "RejectedRow",
    "SavedPage",
    "SiteSelectors",
    "StatusRule",
    "Submission",
    "SupplierKey",
]
