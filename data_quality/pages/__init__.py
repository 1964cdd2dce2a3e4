"""The auditors' pages of a publication: static, offline, one folder with one index."""

from data_quality.pages.write import write_blocked, write_pages

__all__ = ["write_blocked", "write_pages"]
