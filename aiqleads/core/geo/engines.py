"""Which engine a database has: PostGIS where a migration found it, else what every PostgreSQL has."""

from typing import Any, Final, Protocol

from django.db import connection
from django.db.models import Expression, Func, Q

from aiqleads.core.geo import native, postgis
from aiqleads.core.geo.areas import Area


class Engine(Protocol):
    """What an engine answers; see the functions of ``aiqleads.core.geo``."""

    @property
    def PLACES(self) -> Func: ...  # noqa: N802  (a constant of a module)

    @property
    def FLAT_PLACES(self) -> Func: ...  # noqa: N802

    def in_circle(self, *, latitude: float, longitude: float, metres: float) -> Q: ...

    def in_area(self, area: Area) -> Q: ...

    def distance_metres(self, *, latitude: float, longitude: float) -> Expression: ...

    def nearness(self, *, latitude: float, longitude: float) -> Expression: ...


_ENGINES: Final[dict[str, Engine]] = {}


def engine_of(database: Any = connection) -> Engine:
    """The engine of a database, which is asked once in the life of a process."""
    name = str(database.settings_dict["NAME"])
    if name not in _ENGINES:
        with database.cursor() as cursor:
            cursor.execute("SELECT to_regproc('core_geo_spot') IS NOT NULL")
            _ENGINES[name] = postgis if cursor.fetchone()[0] else native
    return _ENGINES[name]


def ask_again() -> None:
    """Forget what databases have, after one of them got PostGIS."""
    _ENGINES.clear()
