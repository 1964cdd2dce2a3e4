"""A small generated partnership: five years of its extracts, in the official formats.

Districts are real, everything else is invented (see `places`, `crime`); no file of a publisher is
copied. The same bytes come out on every run.
"""

from warehouse.demo.write import write_demo

__all__ = ["write_demo"]
