"""`make bench`: every measurement side by side in one run; writes benchmarks/RESULTS.md.

    python -m benchmarks [--shared DIR] [--repeat N] [--only a,b,c,d,e]

Needs the official archives in ../shared/data (but for part e, the demo) and about 4 GB of
disk in the temporary folder.
"""

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import duckdb

from benchmarks import inputs, report
from benchmarks.measure import PROJECT, Measured, Night, night, task
from demo import write_demo
from tests.end_to_end.running import REFERENCE_FILES
from warehouse.home import Home

NATIONAL = "police-street/all-forces-2018-10-to-2018-11.zip"
LEICESTERSHIRE = "police-street/leicestershire-2018-10-to-2021-09.zip"
STREET = "police/street_crime"


Run = TypeVar("Run", Measured, Night)


def fastest(runs: list[Run]) -> Run:
    """The run of the fewest seconds."""
    return min(runs, key=lambda done: done.seconds)


@dataclass
class Bench:
    """The inputs, a folder to work in, and what was found so far."""

    data: Path
    folder: Path
    repeat: int
    found: report.Report = field(default_factory=report.Report)

    def prepare(self) -> None:
        """The archives that the parts on street crime read."""
        print("Making ten years of Leicestershire ...", flush=True)
        files = inputs.replicate(self.data / LEICESTERSHIRE, self.folder)
        ten, five = inputs.months(10), inputs.months(5)
        self.ten = inputs.packed(files, ten, self.folder / "leicestershire-ten-years.zip")
        self.five = inputs.packed(files, five, self.folder / "leicestershire-five-years.zip")
        self.new = files[inputs.NEW_MONTH]
        self.sets = {
            "national, 2 months": self.data / NATIONAL,
            "Leicestershire, 10 years": self.ten,
        }

    def loading(self) -> None:
        """(a) Load and validate against a bare read_csv."""
        for name, archive in self.sets.items():
            seconds: dict[str, list[float]] = {"bare_load": [], "load": []}
            rows = set()
            for _ in range(self.repeat):
                for loading, taken in seconds.items():
                    done = self._task(loading, archive, self._fresh("scratch"))
                    taken.append(done.seconds)
                    rows.add(done.result["rows"])
            if len(rows) > 1:
                raise RuntimeError(f"{name}: not the same rows")
            what = "load and validate / bare read_csv"
            self._compare("a", what, name, seconds["load"], seconds["bare_load"], 2.0)

    def sql(self) -> None:
        """(b) The models' SQL against one script with the same figures."""
        for name, archive in self.sets.items():
            home = self._home("sql", archive)
            task("ingest", home)
            ours: list[Measured] = []
            hand: list[float] = []
            for _ in range(self.repeat):
                by_hand, by_models = self._copy(home, "hand"), self._copy(home, "models")
                hand.append(self._task("hand_written", by_hand).seconds)
                ours.append(self._task("build_sql", by_models))
            self._same_values(name, by_models, by_hand)
            taken = [done.seconds for done in ours]
            self._compare("b", "SQL of the models / one script", name, taken, hand, 1.5)
            dbt = task("dbt_build", self._copy(home, "dbt"))
            best = fastest(ours)
            self.found.models[name] = best.result["models"]
            whole = best.seconds + best.result["rest"]
            self.found.note(
                f"{name}: the other models (changes, trends, comparisons, hotspots, communities, "
                f"completeness) take {best.result['rest']:.1f} s more; dbt takes "
                f"{dbt.seconds:.1f} s to build all models from nothing, of which its own work is "
                f"{dbt.seconds - whole:.1f} s."
            )

    def whole(self) -> None:
        """(c) A first night against the pandas script with the same district figures."""
        for name, archive in self.sets.items():
            target = self.folder / "figures.parquet"
            pandas: list[float] = []
            nights: list[Night] = []
            for _ in range((self.repeat + 1) // 2):
                done = self._task("pandas_district", archive, self.data / "reference", target)
                pandas.append(done.seconds)
                home = self._home("whole", archive)
                nights.append(night(home))
            self._same_districts(name, home, target)
            self.found.night(f"first night, {name}", fastest(nights))
            taken = [done.seconds for done in nights]
            self._compare("c", "whole night / pandas script", name, taken, pandas, 1.0)

    def growing(self) -> None:
        """(d) One new month on ten years against the same on five."""
        nights: dict[str, list[Night]] = {"ten": [], "five": []}
        for years, archive in (("ten", self.ten), ("five", self.five)):
            home = self._home(f"history-{years}", archive)
            self.found.night(f"first night, {years} years", night(home))
        for _ in range(self.repeat):
            for years in nights:
                home = self._copy(self.folder / f"history-{years}", f"month-{years}")
                shutil.copy2(self.new, home / "landing" / STREET)
                nights[years].append(night(home))
                shutil.rmtree(home)
        for years, runs in nights.items():
            self.found.night(f"one new month, {years} years", fastest(runs))
        ten, five = ([done.seconds for done in nights[years]] for years in ("ten", "five"))
        self._compare("d", "one new month: 10 years / 5 years", "Leicestershire", ten, five, 1.2)

    def demo(self) -> None:
        """(e) The demo partnership, every feed, and ten times its events: a first night of each."""
        for scale, name in ((1, "the demo"), (10, "ten times the demo")):
            nights = []
            for _ in range(self.repeat):
                home = Home(self._fresh("demo"))
                home.init()
                write_demo(home, scale=scale)
                nights.append(night(home.root))
            with duckdb.connect(str(home.warehouse_file), read_only=True) as con:
                [(rows,)] = con.execute(
                    "select sum(accepted) from quality.load_audit where status = 'loaded'"
                ).fetchall()
            self.found.night(f"first night, {name}, {rows:,} rows", fastest(nights))
            judged = self._task("expectations", home.root)
            self.found.note(
                f"{name}: {judged.result['checks']} expectations on {judged.result['rows']:,} "
                f"rows (the largest fact has {judged.result['largest']:,}) take "
                f"{judged.seconds:.1f} s after {judged.result['import']:.1f} s of importing Great "
                f"Expectations, with a peak of {judged.peak_mib:.0f} MiB; "
                f"{judged.result['errors']} could not be evaluated."
            )

    def _task(self, *words: str | Path) -> Measured:
        done = task(*words)
        self.found.peaks.append(done.peak_mib)
        return done

    def _compare(
        self, letter: str, what: str, name: str, ours: list[float], other: list[float], most: float
    ) -> None:
        """A row of the medians of seconds."""
        self.found.row(letter, what, name, statistics.median(ours), statistics.median(other), most)

    def _same_values(self, name: str, models: Path, hand: Path) -> None:
        """Every indicator value of the two warehouses, as one table against the other."""
        keys = "indicator_id, area_type, area_code, period_type, period_start"
        exact = f"{keys}, numerator, denominator, population_year, is_complete"
        floats = ["value", "lower_95", "upper_95", "lower_998", "upper_998"]
        with duckdb.connect() as con:
            con.execute(f"attach '{models}/warehouse.duckdb' as m (read_only)")
            con.execute(f"attach '{hand}/warehouse.duckdb' as h (read_only)")
            ours, theirs = "m.marts.indicator_value", "h.hand_written"
            differing = con.execute(
                f"select count(*) from ((select {exact} from {ours} except all select {exact} from "
                f"{theirs}) union all (select {exact} from {theirs} except all select {exact} "
                f"from {ours}))"
            ).fetchall()[0][0]
            apart = con.execute(
                "select count(*), count(*) filter (where "
                + " or ".join(
                    f"(o.{c} is null) != (t.{c} is null) or abs(o.{c} - t.{c}) > 1e-9 * abs(t.{c})"
                    for c in floats
                )
                + f") from {ours} as o join {theirs} as t using ({keys})"
            ).fetchall()[0]
        if differing or apart[1]:
            raise RuntimeError(f"{name}: {differing} rows differ, {apart[1]} in a rate or limit")
        self.found.equal.append(f"(b) {name}: all {apart[0]:,} indicator values are equal")

    def _same_districts(self, name: str, home: Path, figures: Path) -> None:
        """The district figures of pandas against the published ones, where there is an event."""
        with duckdb.connect(str(home / "published/current/partner.duckdb"), read_only=True) as con:
            rows, apart, rates = con.execute(
                "with p as (select indicator_id, area_code, period_type, period, "
                "numerator::bigint as numerator, value, lower_95, upper_95, lower_998, upper_998 "
                f"from '{figures}' where numerator > 0), "
                "w as (select *, case period_type when 'month' then period_label "
                "when 'financial_year' then left(period_label, 4) else right(period_label, 7) end "
                "as period from marts.indicator_value where area_type = 'district' "
                # A district whose own force sent nothing has no rate to compare.
                "and numerator > 0 and months_received > 0 "
                "and period_type in (select period_type from p)) "
                "select count(*), count(*) filter (where p.numerator is distinct from w.numerator "
                "or not coalesce(abs(p.value - w.value) <= 1e-9 * w.value "
                "and abs(p.lower_95 - w.lower_95) <= 1e-9 * w.value "
                "and abs(p.upper_95 - w.upper_95) <= 1e-9 * w.value "
                "and abs(p.lower_998 - w.lower_998) <= 1e-9 * w.value "
                "and abs(p.upper_998 - w.upper_998) <= 1e-9 * w.value, "
                "p.value is null)), count(p.value) "
                "from w left join p using (indicator_id, area_code, period_type, period)"
            ).fetchall()[0]
        if apart or rates < 0.9 * rows:
            raise RuntimeError(f"{name}: {apart} of {rows} district figures differ from pandas")
        self.found.equal.append(
            f"(c) {name}: all {rows:,} district figures are equal, "
            f"{rates:,} of them with rate and limits (the script has no residents for districts "
            "made by a merger after the estimates, which the project sums from LSOAs)"
        )

    def _home(self, label: str, archive: Path) -> Path:
        home = Home(self._fresh(label))
        home.init()
        shutil.copy2(archive, home.landing / STREET)
        for feed, names in REFERENCE_FILES.items():
            for name in names:
                shutil.copy2(self.data / "reference" / name, home.landing / feed)
        return home.root

    def _fresh(self, label: str) -> Path:
        folder = self.folder / label
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir()
        return folder

    def _copy(self, home: Path, label: str) -> Path:
        target = self._fresh(label)
        return shutil.copytree(home, target, symlinks=True, dirs_exist_ok=True)


def main() -> None:
    """Measure, print and write."""
    words = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    words.add_argument("--shared", type=Path, default=PROJECT.parent / "shared")
    words.add_argument("--repeat", type=int, default=3)
    words.add_argument("--only", default="a,b,c,d,e")
    words.add_argument("--results", type=Path, default=PROJECT / "benchmarks" / "RESULTS.md")
    chosen = words.parse_args()
    letters = chosen.only.split(",")
    of_archives = set(letters) - {"e"}
    if of_archives and not (chosen.shared / "data").is_dir():
        words.error(f"{chosen.shared}/data with the official archives is absent; try --only e")
    with tempfile.TemporaryDirectory(prefix="csp-bench-") as folder:
        bench = Bench(chosen.shared / "data", Path(folder), chosen.repeat)
        parts: dict[str, Callable[[], None]] = {
            "a": bench.loading,
            "b": bench.sql,
            "c": bench.whole,
            "d": bench.growing,
            "e": bench.demo,
        }
        if of_archives:
            bench.prepare()
        for letter in letters:
            print(f"Measuring ({letter}) ...", flush=True)
            parts[letter]()
    bench.found.write(chosen.results)


if __name__ == "__main__":
    main()
