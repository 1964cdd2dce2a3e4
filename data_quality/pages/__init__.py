"""The auditors' pages of a publication: static, offline, one folder with one index."""

from data_quality.pages.reading import row_change, rows_that_changed
from data_quality.pages.write import write_blocked, write_pages

__all__ = ["row_change", "rows_that_changed", "write_blocked", "write_pages"]
