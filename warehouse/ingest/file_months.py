"""The months that a file's name states."""

import re
from collections.abc import Collection
from datetime import date

RANGE = re.compile(r"(?<!\d)(\d{4})-(\d{2})[-_ ]to[-_ ](\d{4})-(\d{2})(?!\d)")
# Not a day, 2019-03-31: that is when somebody made the file.
MONTH = re.compile(r"(?<!\d)(\d{4})-(\d{2})(?!\d|-\d)")


def promised_months(file_name: str) -> list[date]:
    """The months a file's name says it covers, `2010-04_to_2011-03`, also without a row."""
    found = RANGE.search(file_name)
    if found is None:
        return []
    first_year, first, last_year, last = map(int, found.groups())
    if not (_is_month(first_year, first) and _is_month(last_year, last)):
        return []
    return _between(12 * first_year + first - 1, 12 * last_year + last - 1)


def stated_months(file_name: str) -> list[frozenset[date]]:
    """The readings of the months that a name states, none where it states no month.

    Of a zip's member, `archive.zip/folder/name`, the innermost part that states any; the archive's
    own name is of all its members. `2010-11` is November 2010, or the financial year 2010/11.
    """
    parts = file_name.split("/")
    for part in reversed(parts[1:] or parts):
        promised = promised_months(part)
        if promised:
            return [frozenset(promised)]
        named = {
            (int(year), int(month))
            for year, month in MONTH.findall(part)
            if _is_month(int(year), int(month))
        }
        if named:
            readings = [frozenset(date(year, month, 1) for year, month in named)]
            if all(month == (year + 1) % 100 for year, month in named):
                years = [_between(12 * year + 3, 12 * year + 14) for year, _ in named]
                readings.append(frozenset(month for year in years for month in year))
            return readings
    return []


def listed(months: Collection[date], most: int = 3) -> str:
    """`2018-10, 2018-11 to 2019-02`: the months in order, those that follow one another joined."""
    runs: list[list[date]] = []
    for month in sorted(months):
        if runs and _number(month) == _number(runs[-1][-1]) + 1:
            runs[-1].append(month)
        else:
            runs.append([month])
    texts = [
        f"{run[0]:%Y-%m}" if len(run) == 1 else f"{run[0]:%Y-%m} to {run[-1]:%Y-%m}" for run in runs
    ]
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def _is_month(year: int, month: int) -> bool:
    return 1900 <= year < 2100 and 1 <= month <= 12


def _number(month: date) -> int:
    return 12 * month.year + month.month - 1


def _between(first: int, last: int) -> list[date]:
    return [date(number // 12, number % 12 + 1, 1) for number in range(first, last + 1)]
