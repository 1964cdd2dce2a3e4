"""The command `csp`."""

from warehouse.cli.group import main

__all__ = ["main"]
