"""Our PostgreSQL, but that it empties the database after a test in milliseconds: for tests alone."""
