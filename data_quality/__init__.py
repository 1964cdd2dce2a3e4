"""Expectations from the completeness standards, evaluated by Great Expectations inside DuckDB."""
