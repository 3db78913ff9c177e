"""What a crawl writes to the log about records: that there was one, never what it says about anybody."""

from typing import Any

from scrapy.logformatter import LogFormatter, LogFormatterResult


class SilentAboutRecords(LogFormatter):
    """Scrapy's own lines print whole records, names and descriptions included; the run's counts replace them."""

    def scraped(self, *_: Any, **__: Any) -> None:  # type: ignore[override]  # None is its documented "no line"
        return None

    def dropped(self, *_: Any, **__: Any) -> None:  # type: ignore[override]
        return None

    def item_error(
        self, item: Any, exception: BaseException, response: Any, spider: Any = None
    ) -> LogFormatterResult:
        """The line of a record that could not be stored, with the kind of error alone."""
        line = super().item_error("a record", exception, response, spider)
        return {**line, "args": {"item": f"a record ({type(exception).__name__})"}}
