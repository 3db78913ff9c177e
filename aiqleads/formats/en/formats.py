"""How dates read where a page names no format of its own: as our templates write them, in UTC."""

from typing import Final

DATE_FORMAT: Final = "M j, Y"
TIME_FORMAT: Final = "H:i"
DATETIME_FORMAT: Final = "M j, Y, H:i"
