"""Files that are held: loaded, but out of force until a waiver accepts them or they are withdrawn.

A file is held for either of two reasons:

* of something that is in force (a key and month of a feed whose newest file replaces the month, a
  snapshot of a snapshot feed) it would leave fewer rows than LEAST_SHARE of those in force, and at
  least LEAST_FEWER fewer;
* its name states months that its rows do not have. Of a feed whose newest file replaces a month,
  its rows are to be of each of these months and of no other; of a feed of dated rows, one row is to
  be of one of them.

Nothing in force changes by a held file, so it never stops a publication: it is a warning.
"""

import shlex
from collections.abc import Mapping
from datetime import date, timedelta

import duckdb

from warehouse.check_kinds import check_kinds
from warehouse.contract import Update
from warehouse.home_tables import WAIVERS, Waiver, waivers_of
from warehouse.ingest.file_months import listed, stated_months
from warehouse.ingest.kept import KeptFile, Place, kept_files
from warehouse.results import CheckResult, of_kind
from warehouse.seeds import threshold

# The band of marts.feed_volume is of a month's distance from other months, never less than 14 %: it
# would find nothing more.
LEAST_SHARE = threshold("held_least_share")
LEAST_FEWER = threshold("held_least_fewer")

WAIVED_FOR = timedelta(days=30)  # the last day of the waiver that a message proposes
MOST_LISTED = 3

Rows = Mapping[Place, int]


class HeldFile(KeptFile):
    """A file that waits for a decision, or that a waiver has accepted."""

    @property
    def check_id(self) -> str:
        """`held.<partner>.<feed>.<beginning of the hash>`: fails while the file is held.

        A waiver names it to accept the file.
        """
        return check_kinds()["held"].id_of(self.feed, name=self.sha256[:12])

    @property
    def what_to_do(self) -> str:
        """How it is put into force, and how it is given up."""
        last = date.today() + WAIVED_FOR
        return (
            f"If it is right, add the line `{self.check_id},1,WHY IT IS RIGHT,YOUR NAME,{last}` to "
            f"waivers.csv in the home (its first line: {','.join(WAIVERS.columns)}) and run "
            f"`csp run`. If not, run `csp withdraw {shlex.quote(f'{self.feed}/{self.file_name}')}`"
        )

    @property
    def message(self) -> str:
        """Which file, why it is held, and what to do."""
        return (
            f"{self.feed}/{self.file_name} is held, what is in force stays: {self.reason}. "
            f"{self.what_to_do}"
        )


def why_held(update: Update, file_name: str, rows: Rows, replaced: Rows, months: set[date]) -> str:
    """Why a file is held, in words with months and counts; empty if it is not.

    rows: what the file holds; replaced: of the same places, the rows in force that it would put out
    of force. months: those its rows are of.
    """
    reasons = [_other_months(update, file_name, months), why_fewer(rows, replaced)]
    return "; ".join(reason for reason in reasons if reason)


def why_fewer(rows: Rows, replaced: Rows) -> str:
    """Where the rows are so much fewer than those in force that the file is held; or nothing."""
    fewer = [
        (place, rows[place], in_force)
        for place, in_force in replaced.items()
        if place in rows
        and rows[place] < LEAST_SHARE * in_force
        and in_force - rows[place] >= LEAST_FEWER
    ]
    fewer.sort(key=lambda each: each[1] - each[2])
    texts = [f"{place_text(place)}: {new:,} rows instead of {old:,}" for place, new, old in fewer]
    more = f", and {len(texts) - MOST_LISTED} more" if len(texts) > MOST_LISTED else ""
    return ", ".join(texts[:MOST_LISTED]) + more


def _other_months(update: Update, file_name: str, months: set[date]) -> str:
    readings = stated_months(file_name)
    if not readings or not months:
        return ""
    if update.rule == "replace_by_period":
        fits = any(reading == months for reading in readings)
    elif update.date:
        fits = any(reading & months for reading in readings)
    else:
        return ""
    if fits:
        return ""
    return f"its name says {listed(readings[0])}, its rows are of {listed(months)}"


def place_text(place: Place) -> str:
    """`Leicestershire Police 2018-10`; of a feed without keys and months `the whole list`."""
    key, month = place
    return " ".join(part for part in (key, f"{month:%Y-%m}" if month else "") if part) or (
        "the whole list"
    )


def held_files(con: duckdb.DuckDBPyConnection) -> list[HeldFile]:
    """The files that wait for a decision, in the order of loading."""
    return [HeldFile(**vars(file)) for file in kept_files(con, "status = 'held'")]


def accepted(con: duckdb.DuckDBPyConnection, today: date) -> list[tuple[HeldFile, Waiver]]:
    """The held files that a waiver accepts: it has not expired, and bears one file or more."""
    waivers = waivers_of(con)
    pairs = [(file, waivers.get(file.check_id)) for file in held_files(con)]
    return [(file, of) for file, of in pairs if of and of.expires >= today and of.ceiling]


def checks(con: duckdb.DuckDBPyConnection, run_id: str) -> list[CheckResult]:
    """`held.<feed>.<hash>`, warning: a failure for each held file.

    A file that was accepted has a pass while its waiver is kept, which then is of no use any more.
    """
    waived = waivers_of(con)
    in_force = [
        HeldFile(**vars(file))
        for file in kept_files(
            con,
            "status = 'loaded' AND file_id IN "
            "(SELECT file_id FROM quality.file_event WHERE event = 'accepted')",
        )
    ]
    accepted_files = [file for file in in_force if file.check_id in waived]
    return [_check(run_id, file) for file in (*held_files(con), *accepted_files)]


def _check(run_id: str, file: HeldFile) -> CheckResult:
    is_held = file.status == "held"
    return of_kind(
        "held",
        run_id,
        file.feed,
        "fail" if is_held else "pass",
        check_id=file.check_id,
        observed=file.reason if is_held else "accepted by a waiver",
        threshold=(
            f"at least {LEAST_SHARE:.0%} of the rows in force, and the months of the file's name"
        ),
        records=file.accepted,
        failed_records=int(is_held),
        message=file.message if is_held else "accepted",
    )
