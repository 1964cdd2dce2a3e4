"""A generated partnership, Blaby in its county: five years of its partners' extracts.

Districts and the counts that Blaby's published assessment of 2010/11 states are real, everything
else is invented (see `places`, `crime_totals` and each feed's module, which say how they are
calibrated); no file of a publisher is copied. The same bytes come out on every run.
"""

from demo.write import write_demo

__all__ = ["write_demo"]
