"""`csp assess`: an assessment written on demand from what is published, or frozen for good."""

import shutil
from contextlib import closing
from pathlib import Path

import duckdb

from assessment import frozen
from assessment.reading import latest_year, read
from assessment.write import name_of, texts_of, write_assessment
from cli.show import say, warn
from warehouse import status, trail
from warehouse.errors import CspError, RunFailed, UsageError
from warehouse.home import GROUP_MAY_READ, Home
from warehouse.locking import RunLock
from warehouse.messages import is_damaged, mend_of, safe_message
from warehouse.publication.store import current_folder
from warehouse.rows import Row

DRAFT = ".writing-"


def assess(home: Home, area: str | None, year: str | None, freeze: str | None) -> None:
    """Write the assessment of an area and year, and say where it lies.

    area: a code or a name; without one the first of the settings' focus areas. year: as 2010/11;
    without one the latest complete. freeze: keep it under this name.
    """
    home.require()
    if freeze is not None:
        frozen.check_name(home, freeze)
    publication = current_folder(home)
    if publication is None:
        raise UsageError("Nothing is published yet: `csp run` makes the first publication.")
    _require_passed(home)
    trail.tell(publication.name)
    home.assessments.mkdir(mode=GROUP_MAY_READ, exist_ok=True)
    with RunLock(home), closing(_published_warehouse(home, publication)) as con:
        first = read(con, "focus")[0]
        chosen = _area(con, area) if area else first
        newest = _year(con, chosen, None)
        period = _year(con, chosen, year) if year else newest
        is_first = chosen["area_code"] == first["area_code"] and period == newest
        texts = texts_of(home.commentary, chosen, period, is_first=is_first)
        say(f"Writing the assessment of {chosen['area_name']}, {period['period_label']} ...")
        folder = home.assessments / name_of(chosen, period)
        draft = home.assessments / f"{DRAFT}{folder.name}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=GROUP_MAY_READ)
        try:
            made = write_assessment(
                con,
                draft,
                chosen,
                period,
                texts=texts,
                drawn=publication / "assessment" / "index.html",
                report=lambda line: say(f"  {line}"),
            )
            for path in draft.iterdir():
                path.chmod(0o640)
            if folder.exists():
                shutil.rmtree(folder)
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        for line in made.advice:
            warn(line)
        if freeze is not None:
            say("  freezing it with its claims, sources and commentary")
            subject = {
                "area_type": chosen["area_type"],
                "area_code": chosen["area_code"],
                "period": period["period_label"],
            }
            folder = frozen.freeze(home, freeze, folder, publication, subject, texts)
    say(f"{'Frozen' if freeze else 'Written'}: {folder}")
    say("  index.html       to read: open it in a browser")
    say("  assessment.pdf   to print")
    say("  claims.html      what each sentence rests on, down to the files")


def _require_passed(home: Home) -> None:
    """Raise CspError where the warehouse may hold what no check has passed.

    Call before the run lock is held, under which a run that was killed looks like one going on.
    """
    last = (status.read(home)["last_run"] or {}).get("status")
    if last not in ("published", "unchanged"):
        raise CspError(
            f"The last run is {last or 'not known'}, so that the warehouse may hold what no check "
            "has passed, and an assessment is of what is published. `csp status` says what to do; "
            "then `csp run`, and give this command again."
        )


def _published_warehouse(home: Home, publication: Path) -> duckdb.DuckDBPyConnection:
    """The warehouse, open for reading, as long as it is that of the current publication."""
    try:
        con = duckdb.connect(str(home.warehouse_file), read_only=True)
        [held] = [row["publication_id"] for row in read(con, "publication")]
    except duckdb.Error as error:
        mend = (
            mend_of(error)
            if is_damaged(error)
            else "Wait until no run goes on, and give this command again."
        )
        raise CspError(
            f"{home.warehouse_file} cannot be read: {safe_message(error)}. {mend}"
        ) from error
    if held != publication.name:
        con.close()
        raise CspError(
            f"Publication {publication.name} is current, but the warehouse is that of {held}: "
            f"`csp rollback {held}` makes it current again, or `csp run --full-refresh` a new one."
        )
    return con


def _area(con: duckdb.DuckDBPyConnection, wanted: str) -> Row:
    known = read(con, "areas")
    for area in known:
        if wanted.casefold() in (area["area_code"].casefold(), area["area_name"].casefold()):
            return area
    listed = ", ".join(f"{area['area_code']} ({area['area_name']})" for area in known)
    raise UsageError(f"There is no assessment of {wanted}; there is of: {listed}.")


def _year(con: duckdb.DuckDBPyConnection, area: Row, label: str | None) -> Row:
    try:
        return latest_year(con, area, label)
    except RunFailed as error:
        raise UsageError(str(error)) from error
