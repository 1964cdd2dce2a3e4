"""Homes that are expensive to make, made once: the demo's, a small one, one of the real archive.

Tests only read them; a test that lands or runs something works on a copy (`running.copied`).
"""

import fcntl
import io
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

from demo.county import load
from demo.write import demo_settings
from tests.end_to_end.limits import dispersion
from tests.end_to_end.running import ONE_THREAD, REFERENCE_FILES, SETTINGS, STREET, csp, land, run
from tests.end_to_end.street_story import first_story
from warehouse.home import Home

FORCE = "Leicestershire Police"
ASB = "Anti-social behaviour"
COUNTY = [f"E0700{number}" for number in ("0129", "0130", "0131", "0132", "0133", "0134", "0135")]
FORCE_AREA = [*COUNTY, "E06000016", "E06000017"]  # with Leicester and Rutland
YEAR = [*(f"2020-{month:02d}" for month in range(4, 13)), "2021-01", "2021-02", "2021-03"]
ARCHIVE = "police-street/leicestershire-2018-10-to-2021-09.zip"


def made_once(
    factory: pytest.TempPathFactory, name: str, make: Callable[[Home], None]
) -> Iterator[Home]:
    """A home that all processes of a test run share: the first to need it makes it.

    Each process holds a shared lock on it while its tests go on; the last one removes it.
    """
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / f"{name}-home"
    home = Home(folder / "home")
    with (shared / f"{name}.used").open("w") as used:
        with (shared / f"{name}.made").open("w") as made:
            fcntl.flock(made, fcntl.LOCK_EX)  # let go of once it is there
            fcntl.flock(used, fcntl.LOCK_SH)
            if not (folder / "made").exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(home)
                (folder / "made").touch()
        yield home
        with suppress(BlockingIOError):
            fcntl.flock(used, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home as `csp demo` leaves it."""

    def make(home: Home) -> None:
        home.init(demo_settings(load()).replace(*ONE_THREAD))
        done = csp(home, "demo")
        assert done.exit_code == 0, done.output

    yield from made_once(tmp_path_factory, "demo", make)


@pytest.fixture(scope="session")
def small_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home after one night with five invented years of two forces, a dozen crimes a month."""

    def make(home: Home) -> None:
        home.init(SETTINGS)
        for each in first_story().deliveries:
            land(home, each.feed, each.name, each.content, each.when)
        run(home)

    yield from made_once(tmp_path_factory, "small", make)


@pytest.fixture(scope="session")
def real_home(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home after one night with the Leicestershire archive and the official reference files."""

    def make(home: Home) -> None:
        assert csp(home, "init", "--county", "Blaby").exit_code == 0
        data = shared / "data"
        shutil.copy2(data / ARCHIVE, home.landing / STREET)
        for feed, names in REFERENCE_FILES.items():
            for name in names:
                shutil.copy2(data / "reference" / name, home.landing / feed)
        run(home)

    yield from made_once(tmp_path_factory, "real", make)


# The archive as the tests of the real figures read it: none of the project's code takes part.


@pytest.fixture(scope="session")
def districts(shared: Path) -> dict[str, str]:
    """District by LSOA of 2011; one listed under two districts belongs to the first."""
    path = shared / "data/reference/LSOA11_LSOA21_LAD22.csv"
    table = pd.read_csv(path, dtype=str, encoding="utf-8-sig")
    first = table.drop_duplicates("F_LSOA11CD")
    return dict(zip(first["F_LSOA11CD"], first["LAD22CD"], strict=True))


@pytest.fixture(scope="session")
def sent(shared: Path, districts: dict[str, str]) -> pd.DataFrame:
    """Every row of the archive, with the month, line and district."""
    parts = []
    with zipfile.ZipFile(shared / "data" / ARCHIVE) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith("-street.csv"):
                part = pd.read_csv(io.BytesIO(archive.read(name)), dtype=str)
                assert set(part["Falls within"]) == {FORCE}
                assert set(part["Month"]) == {Path(name).name[:7]}
                parts.append(part.assign(line=range(len(part))))
    rows = pd.concat(parts, ignore_index=True)
    return rows.assign(district=rows["LSOA code"].map(districts))


@pytest.fixture(scope="session")
def crimes(sent: pd.DataFrame) -> pd.DataFrame:
    """One row per crime or incident: the earliest month, the attributes of the latest row."""
    without_id = sent[sent["Crime ID"].isna()]
    with_id = sent[sent["Crime ID"].notna()].sort_values(["Month", "line"])
    latest = with_id.drop_duplicates("Crime ID", keep="last").set_index("Crime ID")
    latest["Month"] = with_id.groupby("Crime ID")["Month"].min()
    return pd.concat([without_id, latest.reset_index()], ignore_index=True)


@pytest.fixture(scope="session")
def measured(crimes: pd.DataFrame) -> pd.DataFrame:
    """The crimes once under their type's indicator, and but for anti-social behaviour under all."""
    named = crimes["Crime type"].str.lower().str.replace("[ -]", "_", regex=True)
    by_type = crimes.assign(indicator="street_" + named)
    in_all = crimes[crimes["Crime type"] != ASB].assign(indicator="street_all_crime")
    return pd.concat([by_type, in_all], ignore_index=True)


@pytest.fixture(scope="session")
def populations(shared: Path, districts: dict[str, str]) -> pd.DataFrame:
    """Mid-2018 residents of every LSOA of the county, read from the workbook cell by cell."""
    openpyxl = pytest.importorskip("openpyxl")
    [path] = (shared / "data/reference").glob("SAPE21DT11*.xlsx")
    book = openpyxl.load_workbook(path, read_only=True)
    found = {}
    for sheet in book.worksheets:
        for cells in sheet.iter_rows(values_only=True):
            if cells and isinstance(cells[0], str) and re.fullmatch(r"E01\d{6}", cells[0]):
                found[cells[0]] = int(cells[2])
    table = pd.DataFrame({"lsoa": list(found), "population": list(found.values())})
    table["district"] = table["lsoa"].map(districts)
    return table[table["district"].isin(COUNTY)].set_index("lsoa")


@pytest.fixture(scope="session")
def dispersions(measured: pd.DataFrame) -> dict[tuple[str, str], float]:
    """How much more months vary than by chance, by indicator and area type, in the whole year."""
    year = measured[measured["Month"].isin(YEAR)]
    in_county = year["district"].isin(COUNTY)
    areas = {
        "lsoa": year["LSOA code"].where(in_county),
        "district": year["district"].where(year["district"].isin(FORCE_AREA)),
        "county": in_county.map({True: "county"}),
    }
    found = {}
    for area_type, area in areas.items():
        counts = year.groupby(["indicator", area.rename("area"), "Month"]).size()
        for indicator, rows in counts.groupby("indicator"):
            table = rows.droplevel("indicator").unstack(fill_value=0).reindex(columns=YEAR)
            found[str(indicator), area_type] = dispersion(table.fillna(0).to_numpy(float))
    return found
