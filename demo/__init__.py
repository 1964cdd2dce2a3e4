"""Generated partnerships: five years of the extracts of a county's partners.

Districts are real, and so are the counts that Blaby's published assessment of 2010/11 states, which
the first county has; everything else is invented (see `county`, `places`, `crime_totals` and each
feed's module, which say how they are calibrated); no file of a publisher is copied. What is
particular to a county is its folder under `counties/`. The same bytes come out on every run.
"""

from demo.write import write_demo

__all__ = ["write_demo"]
