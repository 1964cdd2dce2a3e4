"""Frozen assessments: what went to the board, kept as it stood with all that it rests on."""

from __future__ import annotations

import re
import secrets
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb

from assessment.commentary import files, text_of
from warehouse.errors import CspError, UsageError
from warehouse.files import sync
from warehouse.home import Home
from warehouse.messages import safe_message
from warehouse.publication.manifest import describe_files, read_manifest, write_manifest
from warehouse.publication.store import FILE_MODE, FOLDER_MODE
from warehouse.sql_text import literal

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# What `csp assess` writes anew each time has such a name.
ON_DEMAND = re.compile(r"[A-Z]\d{8}-\d{4}-\d{2}")
DRAFT = ".freezing-"
# Its own rows of the claims, and the files with hashes that its areas' figures come from.
CLAIMS = """
select * from {assessment_claim}
where
    period_type = 'financial_year' and period_label = $period
    and (area_role != 'own' or area_type = $area_type and area_code = $area_code)
order by section, position, claim_id
"""
SOURCES = """
select * from {figure_source}
where period_label = $period
order by feed, area_type, area_code, file_name, sha256
"""


def check_name(home: Home, name: str) -> Path:
    """Where an assessment of that name would be frozen. Raises UsageError where none can."""
    if not NAME.fullmatch(name) or ON_DEMAND.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a frozen assessment: write letters, digits, '-', '_' and '.', "
            "at most 64, beginning with a letter or digit, such as board-2011-10; and not an "
            "area's code and a year, which `csp assess` writes anew each time."
        )
    folder = home.assessments / name
    if folder.exists() or folder.is_symlink():
        raise UsageError(
            f"There is a frozen assessment {name} already, and it stays as it is: {folder}. "
            "Choose another name."
        )
    return folder


def freeze(
    home: Home,
    name: str,
    written: Path,
    publication: Path,
    subject: dict[str, str],
    commentary: Path,
) -> Path:
    """Keep an assessment under `assessments/NAME` of the home, read-only; returns the folder.

    written: the folder of its page and document. publication: the folder of the publication that
    it was written from. subject: area_type, area_code, period. commentary: the texts in it.
    Beside the assessment stand its claims (Parquet and CSV), the files that its year's figures
    come from, the texts as they were written, and manifest.json: the publication's, with the size
    and hash of each file here. It appears whole or not at all.
    Raises UsageError where the name will not do or is taken, CspError where it cannot be written.
    """
    folder = check_name(home, name)
    manifest = read_manifest(publication)
    draft = home.assessments / f"{DRAFT}{secrets.token_hex(8)}"
    try:
        shutil.copytree(written, draft)
        # What was published is read-only, and so are copies of it.
        for path in (draft, *draft.rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)
        _write_tables(publication, draft, subject)
        (draft / "commentary").mkdir()
        for path in files(commentary):
            text = text_of(path)
            if isinstance(text, str):
                (draft / "commentary" / path.name).write_text(text, encoding="utf-8")
        kept = replace(manifest, tables={}, files=describe_files(draft))
        write_manifest(draft, kept)
        for path in [*draft.rglob("*"), draft]:
            path.chmod(FOLDER_MODE if path.is_dir() else FILE_MODE)
            sync(path)
        check_name(home, name)  # another may have taken it meanwhile
        draft.rename(folder)
        sync(home.assessments)
    except (OSError, duckdb.Error) as error:
        raise CspError(
            f"The assessment could not be frozen: {safe_message(error)}. Nothing of it is kept; "
            "see to it that the home has room and may be written, and give the command again."
        ) from error
    finally:
        _remove(draft)
    return folder


def _write_tables(publication: Path, folder: Path, subject: dict[str, str]) -> None:
    parquet = publication / "parquet" / "partner"
    tables = {
        table: f"read_parquet({literal(parquet / f'{table}.parquet')})"
        for table in ("assessment_claim", "figure_source")
    }
    with duckdb.connect() as con:
        for name, query, values in (
            ("claims", CLAIMS, subject),
            ("sources", SOURCES, {"period": subject["period"]}),
        ):
            con.execute(f"create table {name} as {query.format(**tables)}", values)
            for form in ("parquet", "csv"):
                target = literal(folder / f"{name}.{form}")
                con.execute(f"copy {name} to {target} (format {form})")


def _remove(draft: Path) -> None:
    if draft.is_dir():
        for path in (draft, *(inner for inner in draft.rglob("*") if inner.is_dir())):
            path.chmod(0o700)
        shutil.rmtree(draft)
