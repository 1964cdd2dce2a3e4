"""The dbt-duckdb plugin that gives the models SciPy's distribution functions."""

from __future__ import annotations

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from warehouse import distributions


class Plugin(BasePlugin):  # type: ignore[misc]
    """Named in dbt_project/profiles.yml; dbt-duckdb calls it once for each connection it opens."""

    def configure_connection(self, conn: Any) -> None:
        """Register the functions of ``warehouse.distributions``."""
        distributions.register(conn)
