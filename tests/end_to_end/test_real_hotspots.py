"""Hotspots, clusters and communities of the real archive, against figures worked out here."""

import json
import zipfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.end_to_end.conftest import YEAR
from tests.end_to_end.limits import byar, widened
from tests.end_to_end.running import frame
from warehouse.home import Home

pytestmark = pytest.mark.real_archive

BLABY = "E07000129"


@pytest.fixture(scope="module")
def hotspots(real_home: Home) -> pd.DataFrame:
    return frame(real_home, "select * from marts.hotspot where period_label = '2020/21'")


@pytest.fixture(scope="module")
def lsoa_counts(measured: pd.DataFrame, populations: pd.DataFrame) -> pd.DataFrame:
    """2020/21: events by LSOA of the county (rows) and indicator (columns), zeros included."""
    year = measured[measured["Month"].isin(YEAR)]
    counted = year.groupby(["LSOA code", "indicator"]).size().unstack(fill_value=0)
    return counted.reindex(populations.index, fill_value=0)


def test_blabys_five_highest_areas_for_vehicle_crime(
    hotspots: pd.DataFrame, lsoa_counts: pd.DataFrame, populations: pd.DataFrame
) -> None:
    rates = lsoa_counts["street_vehicle_crime"] * 1000 / populations["population"]
    blaby = rates[populations["district"] == BLABY].sort_values(ascending=False)
    five = list(blaby.index[:5])
    found = hotspots[
        (hotspots["indicator_id"] == "street_vehicle_crime")
        & (hotspots["district_code"] == BLABY)
        & (hotspots["numerator"] >= 5)
    ].sort_values("rank_in_district")
    assert list(found["area_code"][:5]) == five
    assert five == ["E01025633", "E01025652", "E01025653", "E01025655", "E01025667"]
    assert list(found["class"][:5]) == ["significantly high"] * 5
    np.testing.assert_allclose(found["rate"][:5], blaby[:5], rtol=1e-12)


def test_hotspot_classes_and_ranks(
    hotspots: pd.DataFrame,
    lsoa_counts: pd.DataFrame,
    populations: pd.DataFrame,
    dispersions: dict[tuple[str, str], float],
) -> None:
    people = populations["population"]
    seen = set()
    for indicator, rows in hotspots.groupby("indicator_id"):
        rows = rows.set_index("area_code").reindex(people.index)
        counts = lsoa_counts[str(indicator)]
        assert (rows["numerator"] == counts).all()
        assert (rows["population"] == people).all()
        expected = people * counts.sum() / people.sum()
        times = dispersions[str(indicator), "lsoa"]
        np.testing.assert_allclose(rows["dispersion"], times, rtol=1e-9)
        # Above the upper exact limit: as many or more are less likely than the tail, of an
        # expectation nearer by the root of the dispersion.
        narrowed = counts * (expected / counts.clip(lower=1)) ** (1 / times**0.5)
        tail = stats.poisson.sf(counts - 1, narrowed)
        wanted = np.select(
            [counts < 5, counts <= expected, tail < 0.001, tail < 0.025],
            ["too few events", "not above average", "significantly high", "very high"],
            "above average",
        )
        assert (rows["class"] == wanted).all(), indicator
        seen |= set(wanted)
        rates = counts / people
        assert (rows["rank_in_county"] == rates.rank(method="min", ascending=False)).all()
        within = rates.groupby(populations["district"]).rank(method="min", ascending=False)
        assert (rows["rank_in_district"] == within).all()
        np.testing.assert_allclose(rows["county_rate"], 1000 * counts.sum() / people.sum())
    assert len(seen) == 5
    assert len(hotspots) == 15 * len(people)


def test_gi_star(
    hotspots: pd.DataFrame,
    lsoa_counts: pd.DataFrame,
    populations: pd.DataFrame,
    shared: Path,
) -> None:
    """Queen neighbours from the corners of the polygons, the statistic in matrix form."""
    corners: dict[tuple[float, float], set[str]] = defaultdict(set)
    with zipfile.ZipFile(shared / "data/reference/boundaries/lsoa11.zip") as archive:
        for name in archive.namelist():
            for feature in json.loads(archive.read(name))["features"]:
                code = next(v for v in feature["properties"].values() if str(v).startswith("E01"))
                for point in _points(feature["geometry"]["coordinates"]):
                    corners[point].add(code)
    position = {code: number for number, code in enumerate(populations.index)}
    weights = np.eye(len(position))
    for codes in corners.values():
        inside = [position[code] for code in codes if code in position]
        weights[np.ix_(inside, inside)] = 1
    assert weights.sum() > 4 * len(position)
    n = len(position)
    for indicator, rows in hotspots.groupby("indicator_id"):
        x = (lsoa_counts[str(indicator)] * 1000 / populations["population"]).to_numpy()
        mean, spread = x.mean(), np.sqrt((x**2).mean() - x.mean() ** 2)
        total, squares = weights.sum(axis=1), (weights**2).sum(axis=1)
        z = (weights @ x - mean * total) / (spread * np.sqrt((n * squares - total**2) / (n - 1)))
        found = rows.set_index("area_code").reindex(populations.index)["gi_star_z"]
        np.testing.assert_allclose(found, z, rtol=1e-8, atol=1e-8, err_msg=str(indicator))


def _points(nested: list) -> list[tuple[float, float]]:  # type: ignore[type-arg]
    if isinstance(nested[0], float | int):
        return [(nested[0], nested[1])]
    return [point for part in nested for point in _points(part)]


@pytest.fixture(scope="module")
def deprivation(shared: Path, populations: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """National rank and decile of each LSOA of the county, 2019."""
    openpyxl = pytest.importorskip("openpyxl")
    [path] = (shared / "data/reference").glob("File_1*IMD2019*.xlsx")
    book = openpyxl.load_workbook(path, read_only=True)
    return {
        cells[0]: (int(cells[4]), int(cells[5]))
        for sheet in book.worksheets
        for cells in sheet.iter_rows(values_only=True)
        if isinstance(cells[0], str) and cells[0] in populations.index
    }


def test_community_quintiles(
    real_home: Home,
    deprivation: dict[str, tuple[int, int]],
    lsoa_counts: pd.DataFrame,
    populations: pd.DataFrame,
    dispersions: dict[tuple[str, str], float],
) -> None:
    spread = dispersions["street_all_crime", "lsoa"]
    table = populations.assign(
        rank=pd.Series({code: rank for code, (rank, _) in deprivation.items()}),
        national=pd.Series({code: -(-decile // 2) for code, (_, decile) in deprivation.items()}),
        events=lsoa_counts["street_all_crime"],
    )
    table["county"] = _fifths(table["rank"])
    table["own"] = table.groupby("district")["rank"].transform(_fifths).astype(int)
    found = frame(
        real_home,
        "select * from marts.community_profile where indicator_id = 'street_all_crime' "
        "and classification like 'IMD 2019%' and period_label = '2020/21'",
    )
    checked = 0
    for scope, column in (("national", "national"), ("county", "county"), ("district", "own")):
        of_scope = found[found["classification"] == f"IMD 2019 quintile, {scope}"]
        for area, rows in of_scope.groupby("area_code"):
            district = "E07000129" if area == "E22000164" else area
            inside = table if area == "E10000018" else table[table["district"] == district]
            sums = inside.groupby(column)[["events", "population"]].sum()
            rows = rows.set_index(rows["class_code"].astype(int)).sort_index()
            assert list(rows.index) == list(sums.index)
            assert (rows["numerator"] == sums["events"]).all()
            assert (rows["population"] == sums["population"]).all()
            rate = 1000 * sums["events"] / sums["population"]
            np.testing.assert_allclose(rows["rate"], rate, rtol=1e-12)
            whole = 1000 * inside["events"].sum() / inside["population"].sum()
            np.testing.assert_allclose(rows["relative_rate"], rate / whole, rtol=1e-12)
            limits = [widened(byar(count, 0.95), count, spread) for count in sums["events"]]
            scaled = np.array(limits) * 1000 / sums[["population"]].to_numpy()
            np.testing.assert_allclose(rows[["lower_95", "upper_95"]], scaled, rtol=1e-9)
            checked += 1
    assert checked == 9 + 2 + 7
    blaby = found[found["area_code"] == BLABY]
    national = blaby[blaby["classification"].str.endswith("national")]
    assert "1" not in set(national["class_code"]), "no Blaby LSOA is among England's most deprived"


def test_concentration(
    real_home: Home, lsoa_counts: pd.DataFrame, populations: pd.DataFrame
) -> None:
    found = frame(real_home, "select * from marts.concentration where period_label = '2020/21'")
    few = 0
    for row in found.itertuples():
        inside = _inside(populations, str(row.area_code))
        counts = np.sort(lsoa_counts.loc[inside.index, str(row.indicator_id)])
        n, events = len(counts), int(counts.sum())
        top = -(-n * 5 // 100)
        held = int(counts[-top:].sum())
        assert (row.lsoas, row.top_lsoas) == (n, top)
        assert (row.numerator, row.top_numerator) == (events, held)
        if events < 20:
            assert row.reason == "fewer than 20 events"
            assert np.isnan([row.percent, row.lower_95, row.expected_percent]).all()
            few += 1
            continue
        limits = stats.binomtest(held, events).proportion_ci(0.95, "wilson")
        np.testing.assert_allclose(
            [row.percent, row.lower_95, row.upper_95],
            [100 * held / events, 100 * limits.low, 100 * limits.high],
            rtol=1e-9,
        )
        # Half the mean difference of two LSOAs over their mean, on Bernasco and Steenbeek's scale.
        gini = np.abs(counts[:, None] - counts[None, :]).mean() / 2 / counts.mean()
        scaled = max(n / events, 1) * (gini - 1) + 1
        np.testing.assert_allclose(row.generalised_gini, scaled, rtol=1e-9, atol=1e-12)
        assert 100 * top / n < row.expected_percent < 100
    assert len(found) == 15 * 9
    assert 0 < few < len(found) / 4
    assert set(found["verdict"].dropna()) == {"higher", "similar"}


def test_deprivation_gradient(
    real_home: Home,
    deprivation: dict[str, tuple[int, int]],
    lsoa_counts: pd.DataFrame,
    populations: pd.DataFrame,
) -> None:
    found = frame(
        real_home,
        "select * from marts.deprivation_gradient where classification like 'IMD 2019%' "
        "and period_label = '2020/21'",
    )
    ranks = pd.Series({code: rank for code, (rank, _) in deprivation.items()})
    fitted = 0
    for row in found.itertuples():
        table = _inside(populations, str(row.area_code))
        table = table.assign(
            events=lsoa_counts[str(row.indicator_id)], tenth=_classes(ranks[table.index], 10)
        )
        assert (row.numerator, row.lsoas) == (table["events"].sum(), len(table))
        if row.numerator < 20:
            assert row.reason == "fewer than 20 events"
            assert np.isnan(row.slope_index)
            continue
        sums = table.groupby("tenth")[["events", "population"]].sum()
        assert len(sums) == 10
        people = sums["population"] / sums["population"].sum()
        rates = 1000 * sums["events"] / sums["population"]
        slope, start = np.polyfit(people.cumsum() - people / 2, rates, 1, w=np.sqrt(people))
        np.testing.assert_allclose(
            [row.slope_index, row.most_deprived_rate, row.least_deprived_rate],
            [-slope, start, start + slope],
            rtol=1e-8,
            atol=1e-10,
        )
        if start + slope > 0 and start > 0:
            np.testing.assert_allclose(row.relative_index, start / (start + slope), rtol=1e-8)
        else:
            assert np.isnan(row.relative_index)
        fitted += 1
    assert len(found) == 15 * 8
    assert fitted > 90
    assert {"higher", "similar"} <= set(found["verdict"].dropna())


def _inside(populations: pd.DataFrame, area: str) -> pd.DataFrame:
    district = "E07000129" if area == "E22000164" else area
    return populations if area == "E10000018" else populations[populations["district"] == district]


def _fifths(ranks: pd.Series) -> pd.Series:
    return _classes(ranks, 5)


def _classes(ranks: pd.Series, classes: int) -> pd.Series:
    """So many classes as equal as can be, the first ones larger, 1 the most deprived."""
    order = ranks.rank(method="first").astype(int) - 1
    size, more = divmod(len(ranks), classes)
    bounds = np.cumsum([size + (number < more) for number in range(classes)])
    return pd.Series(np.searchsorted(bounds, order, side="right") + 1, ranks.index)
