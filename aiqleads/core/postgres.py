"""What PostgreSQL says when it refuses."""

from django.db import Error
from psycopg import Error as PsycopgError


def violated_constraint(error: Error) -> str:
    """The name of the constraint, or the word a guard trigger gave, that refused; "" when none was named."""
    cause = error.__cause__
    return (cause.diag.constraint_name or "") if isinstance(cause, PsycopgError) else ""
