"""District figures by pandas alone: what a careful analyst would write instead of the warehouse.

Reads the archive and two reference files; gives numerator, residents, rate and 95 % and 99.8 %
limits of every indicator, district and month, financial year and rolling twelve months.
"""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

ASB = "Anti-social behaviour"
UNMERGED = "Police Service of Northern Ireland"
COLUMNS = ["Crime ID", "Month", "Falls within", "LSOA code", "Crime type"]


def district_figures(archive: Path, reference: Path) -> pd.DataFrame:
    """One row per indicator, district and period with an event."""
    lookup = pd.read_csv(reference / "LSOA11_LSOA21_LAD22.csv", dtype=str, encoding="utf-8-sig")
    # An LSOA that is listed under two districts belongs to the one it is named after.
    named = lookup["LSOA11NM"].str.replace(r" \d{3}[A-Z]$", "", regex=True)
    lookup = lookup.assign(other=named != lookup["LAD22NM"]).sort_values("other", kind="stable")
    by_2011 = lookup.drop_duplicates("F_LSOA11CD").set_index("F_LSOA11CD")["LAD22CD"]
    crimes = _crimes(_read(archive))
    crimes = crimes.assign(area_code=crimes["LSOA code"].map(by_2011)).dropna(subset="area_code")
    named = "street_" + crimes["Crime type"].str.lower().str.replace("[ -]", "_", regex=True)
    crimes = crimes.assign(indicator_id=named)
    all_crime = crimes[crimes["Crime type"] != ASB].assign(indicator_id="street_all_crime")
    measured = pd.concat([crimes, all_crime])
    monthly = measured.groupby(["indicator_id", "area_code", "Month"]).size().rename("numerator")
    return _rated(_periods(monthly.reset_index()), reference)


def _read(archive: Path) -> pd.DataFrame:
    parts = []
    with zipfile.ZipFile(archive) as packed:
        for name in sorted(packed.namelist()):
            if name.endswith("-street.csv"):
                with packed.open(name) as member:
                    parts.append(pd.read_csv(member, dtype=str, usecols=COLUMNS))
    return pd.concat(parts, ignore_index=True)


def _crimes(sent: pd.DataFrame) -> pd.DataFrame:
    """A crime once in its earliest month, with the attributes of its latest row."""
    has_key = sent["Crime ID"].notna() & (sent["Falls within"] != UNMERGED)
    keyed = sent[has_key].sort_values("Month", kind="stable")
    key = ["Falls within", "Crime ID"]
    latest = keyed.drop_duplicates(key, keep="last").set_index(key)
    latest["Month"] = keyed.drop_duplicates(key, keep="first").set_index(key)["Month"]
    return pd.concat([sent[~has_key], latest.reset_index()], ignore_index=True)


def _periods(monthly: pd.DataFrame) -> pd.DataFrame:
    start = pd.PeriodIndex(monthly["Month"], freq="M")
    year = np.where(start.month >= 4, start.year, start.year - 1)
    by_month = monthly.assign(period_type="month", period=monthly["Month"], fy=year)
    years = by_month.groupby(["indicator_id", "area_code", "fy"], as_index=False)["numerator"].sum()
    years = years.assign(period_type="financial_year", period=years["fy"].astype(str))
    wide = monthly.pivot_table(
        index="Month", columns=["indicator_id", "area_code"], values="numerator", fill_value=0
    )
    rolling = wide.rolling(12).sum().dropna(how="all").stack([0, 1], future_stack=True)
    rolling = rolling.rename("numerator").reset_index()
    end = pd.PeriodIndex(rolling["Month"], freq="M")
    rolling = rolling.assign(
        period_type="rolling_12m",
        period=rolling["Month"],
        fy=np.where(end.month >= 4, end.year, end.year - 1),
    )
    return pd.concat([by_month, years, rolling], ignore_index=True)


def _rated(figures: pd.DataFrame, reference: Path) -> pd.DataFrame:
    people = pd.read_csv(reference / "MYEB3_LAD_2001-2019.csv", index_col="ladcode20")
    people = people.filter(regex=r"^population_\d{4}$")
    people.columns = people.columns.str[-4:].astype(int)
    residents = people.stack().rename("denominator")
    # A year without an estimate takes the nearest earlier one.
    figures = figures.assign(population_year=np.minimum(figures["fy"], people.columns.max()))
    figures = figures.join(residents, on=["area_code", "population_year"])
    count, scale = figures["numerator"].to_numpy(), 1000 / figures["denominator"].to_numpy()
    figures["value"] = count * scale
    for confidence, name in ((0.95, "95"), (0.998, "998")):
        tail = (1 - confidence) / 2
        z, above = stats.norm.ppf(1 - tail), count + 1
        safe = np.maximum(count, 1)
        lower = count * (1 - 1 / (9 * safe) - z / (3 * np.sqrt(safe))) ** 3
        upper = above * (1 - 1 / (9 * above) + z / (3 * np.sqrt(above))) ** 3
        small = count < 10
        exact_lower = np.where(count == 0, 0, stats.chi2.ppf(tail, 2 * safe) / 2)
        exact_upper = stats.chi2.ppf(1 - tail, 2 * count + 2) / 2
        figures[f"lower_{name}"] = np.where(small, exact_lower, lower) * scale
        figures[f"upper_{name}"] = np.where(small, exact_upper, upper) * scale
    return figures
