"""Dagster names the steps of a night as assets and checks; the work is done in the other rooms."""
