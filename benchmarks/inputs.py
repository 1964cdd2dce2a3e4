"""What is measured on: the national archive of two months, and Leicestershire over ten years.

How ten years are made from the 27 months that the archive holds: every month from October 2011 to
October 2021 takes the rows of a month of the same name (of the years that have it, in turn), its
`Month` rewritten, and each `Crime ID` replaced by the SHA-256 of the id and the new month, so that
no crime is republished that was not. A month that the archive holds stays as it is. October 2021,
the new month of measurement (d), is a file of its own.
"""

import zipfile
from pathlib import Path

import duckdb

LAST = (2021, 9)
NEW_MONTH = "2021-10"


def months(years: int) -> list[str]:
    """The months of so many years up to September 2021, `2011-10` first."""
    end = LAST[0] * 12 + LAST[1]
    return [f"{(n - 1) // 12}-{(n - 1) % 12 + 1:02d}" for n in range(end - 12 * years + 1, end + 1)]


def replicate(archive: Path, folder: Path, years: int = 10) -> dict[str, Path]:
    """Write the CSV of every month of `years`, and of the new month; returns them by month."""
    sent = folder / "sent"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(sent)
    held = {path.name[:7]: path for path in sorted(sent.rglob("*-street.csv"))}
    made = folder / f"made-{years}"
    made.mkdir()
    found = {}
    with duckdb.connect() as con:
        for month in [*months(years), NEW_MONTH]:
            if month in held:
                found[month] = held[month]
                continue
            same = [path for name, path in held.items() if name[5:] == month[5:]]
            source = same[int(month[:4]) % len(same)]
            target = made / f"{month}-leicestershire-street.csv"
            con.execute(
                f"copy (select * replace ('{month}' as \"Month\", case when \"Crime ID\" != '' "
                f'then sha256("Crime ID" || \'{month}\') end as "Crime ID") '
                f"from read_csv('{source}', header = true, all_varchar = true, auto_detect = false,"
                " delim = ',', quote = '\"', columns = {" + _COLUMNS + "})) "
                f"to '{target}' (header true, delimiter ',', quote '\"', nullstr '')"
            )
            found[month] = target
    return found


def packed(files: dict[str, Path], wanted: list[str], target: Path) -> Path:
    """A zip of the months, in the publisher's layout."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for month in wanted:
            archive.write(files[month], f"{month}/{month}-leicestershire-street.csv")
    return target


HEADER = (
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location",
    "LSOA code", "LSOA name", "Crime type", "Last outcome category", "Context",
)  # fmt: skip
_COLUMNS = ", ".join(f"'{name}': 'VARCHAR'" for name in HEADER)
