"""What is measured on: the national archive of two months, and Leicestershire over ten years.

How ten years are made from the 27 months that the archive holds: every month from October 2011 to
October 2021 takes the rows of a month of the same name (of the years that have it, in turn), its
`Month` rewritten, and each `Crime ID` replaced by the SHA-256 of the id and the new month, so that
no crime is republished that was not. A month that the archive holds stays as it is. October 2021,
the new month of measurement (d), is a file of its own.
"""

import csv
import io
import re
import zipfile
from collections import Counter
from pathlib import Path

import duckdb

from warehouse.home import Home

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


def correction(home: Home, months: int) -> int:
    """Land the newest crimes of the demo again, of so many months (0: one crime), alcohol denied.

    Every crime whose flag said otherwise changes a count of its month. Returns the rows landed.
    """
    rows: dict[str, dict[str, str]] = {}
    for path in sorted((home.archive / "police/recorded_crime").glob("*.csv")):
        sent = path.read_bytes()
        try:
            text = sent.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = sent.decode("cp1252")
        rows.update((row["crime_ref"], row) for row in csv.DictReader(io.StringIO(text)))
    dated = [row for row in rows.values() if ISO_DAY.fullmatch(row["recorded_date"])]
    dated.sort(key=lambda row: row["recorded_date"])
    counts = Counter(row["recorded_date"][:7] for row in dated)
    # A month of a few rows is one that a mistyped date invented.
    kept = sorted(month for month, count in counts.items() if count > 100)[-months or None :]
    chosen = [row for row in dated if row["recorded_date"][:7] in kept]
    chosen = chosen if months else chosen[-1:]
    target = home.landing / "police/recorded_crime" / "corrected.csv"
    with target.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, chosen[0].keys(), extrasaction="ignore")
        out.writeheader()
        out.writerows({**row, "alcohol_flag": "N"} for row in chosen)
    return len(chosen)


ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
HEADER = (
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location",
    "LSOA code", "LSOA name", "Crime type", "Last outcome category", "Context",
)  # fmt: skip
_COLUMNS = ", ".join(f"'{name}': 'VARCHAR'" for name in HEADER)
