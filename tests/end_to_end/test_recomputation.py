"""Every published mart of the demo, row by row, against a second computation from the archive.

`recomputed` reads the archived files, the settings and the tables of definitions; nothing of the
models is in it. Every row and column is compared: but of the months of areas made of LSOAs those of
every seventh area alone (their years are all compared), and sentences not at all. A row that only
one side has is a difference.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import duckdb
import pandas as pd
import pytest

from tests.end_to_end.recomputed import (
    assessments,
    dimensions,
    figures,
    records,
    signals,
    small_areas,
    subjects,
)
from tests.end_to_end.recomputed.events import World, read_world
from tests.end_to_end.recomputed.figures import AREA, INDICATOR, SERIES, is_sampled
from warehouse.home import Home

PERIOD = ["period_type", "period_start"]
FEED = ["partner", "feed"]


@dataclass(frozen=True)
class Mart:
    """What tells a mart's rows apart, and the columns and rows that an archive does not tell."""

    keys: list[str]
    untold: tuple[str, ...] = ()  # words, and when something was loaded
    where: str = "true"


VALUES = Mart([*SERIES, *PERIOD], ("reason",))
MARTS = {
    "indicator": Mart(["indicator_id", "indicator_version"]),
    "indicator_value": Mart(
        VALUES.keys,
        ("suppressed",),  # of the public file alone
        where="period_type <> 'month' or (area_type, area_code) in (from looked_at)"
    ),
    "indicator_dispersion": Mart(
        ["indicator_id", "indicator_version", "area_type"], ("reason",)
    ),
    "indicator_change": VALUES,
    "indicator_trend": VALUES,
    "indicator_comparison": Mart(
        [*SERIES, *PERIOD, "comparator_type", "comparator_code"], ("comparator_name", "reason")
    ),
    "indicator_summary": Mart(
        [*SERIES, *PERIOD], ("change_reason", "trend_reason", "suppressed")
    ),
    "most_similar_member": Mart(
        ["focus_area_code", *SERIES, *PERIOD, "source"], ("reason",)
    ),
    "monthly_signal": Mart([*SERIES, *PERIOD], ("reason",)),
    "area": Mart(AREA),
    "period": Mart(PERIOD),
    "population": Mart([*AREA, "period_start"]),
    "area_set_coverage": Mart(["area_type", "district_code", *INDICATOR, "period_start"]),
    "series_break": Mart(["indicator_id", "break_date"], ("reason",)),
    "change_contribution": Mart(
        [*SERIES, *PERIOD, "part_indicator_id", "part_indicator_version"], ("part_name", "reason")
    ),
    "area_change_part": Mart([*SERIES, *PERIOD, "position"]),
    "season": Mart([*SERIES, "calendar_month"]),
    "hotspot": VALUES,
    "community_profile": Mart([*SERIES, *PERIOD, "classification", "class_code"]),
    "concentration": VALUES,
    "deprivation_gradient": Mart([*SERIES, *PERIOD, "classification"], ("reason",)),
    "time_profile": Mart([*SERIES, *PERIOD, "weekday", "hour"]),
    "marac_repeats": Mart([*AREA, *PERIOD, "definition_version"]),
    "marac_referrals": Mart([*AREA, *PERIOD, "referring_agency"]),
    "hate_completeness": Mart([*AREA, *PERIOD, "source", "field"]),
    "hate_reports": Mart([*AREA, *PERIOD, "source"]),
    "hate_victims": Mart([*AREA, *PERIOD, "field", "category"]),
    "first_time_entrants": Mart([*AREA, *PERIOD], ("reason",)),
    "youth_custody": Mart([*AREA, *PERIOD]),
    "youth_ethnicity": Mart([*AREA, *PERIOD, "ethnic_group"]),
    "reoffending": Mart([*AREA, *PERIOD]),
    "offender_profile": Mart([*AREA, *PERIOD, "dimension", "category"]),
    "need_combination": Mart([*AREA, *PERIOD, "needs"]),
    "offender_residence": Mart(
        [*AREA, *PERIOD, "indicator_id", "indicator_version", "scope", "fifth"]
    ),
    "perception": Mart(["survey", "wave", "question_id", "area_code"]),
    "harm_score": Mart(["weight_source", "weight_version", *AREA, *PERIOD], ("reason",)),
    "harm_by_offence": Mart(["weight_source", "weight_version", *AREA, *PERIOD, "offence_code"]),
    "target_progress": Mart(["target_id", "period_start"], ("reason",)),
    "summary_table": Mart(["topic", "area_code", "period_start"], ("reason",)),
    "priority_matrix": Mart(
        ["topic", "area_code", "period_start"],
        ("volume_reason", "harm_reason", "change_reason", "trend_reason", "comparison_reason",
         "target_reason", "order_reason"),
    ),
    # Files that brought nothing new were not archived.
    "load_audit": Mart([*FEED, "file_name"], ("reason", "loaded_at"), "status <> 'duplicate'"),
    "recording_completeness": Mart([*FEED, "field", "month"]),
    "completeness_history": Mart([*FEED, "field", "month"], ("run_id", "recorded_at")),
    "feed_coverage": Mart([*FEED, "source", "month"], ("received_at",)),
    "place_coverage": Mart([*FEED, "month"]),
    "figure_source": Mart(["feed", *AREA, "period_start", "file_name"], ("loaded_at",)),
    "feed_volume": Mart([*FEED, "source", "month"]),
    "maturity_score": Mart([*FEED, *PERIOD]),
    "maturity_history": Mart([*FEED, "period_label"], ("run_id", "recorded_at")),
    "recorded_crime_benchmark": Mart(
        ["source_table", "benchmark_area_type", "benchmark_area_code", "period_end", "offence"]
    ),
    # What one indicator or table has; how a statement in words is judged, other tests show.
    "published_figure": Mart(
        ["figure_id"],
        ("statement", "area_code", "area_name", "period_label", "indicator_id", "aspect",
         "stated_value", "stated_number", "recomputed_value", "recomputed_area_name", "verdict",
         "found_by", "explanation"),
        "figure_id in (select figure_id from expected)",
    ),
}  # fmt: skip
# What is no figure of the archive's.
OTHERS = {
    "assessment_claim": "says in words what the other marts say: test_claims compares it with them",
    "publication": "says which publication it is",
    "check_result": "says how the run's own checks ended",
    "check_catalogue": "says which checks there are",
    "disclosure": "says what the attacker found: test_disclosure attacks the public file again",
    "check_waiver": "copies a file of the home's own, which the demo has none of",
}
TOLERANCE = 1e-6


@pytest.fixture(scope="module")
def published(demo_home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(demo_home.current / "partner.duckdb", read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def world(demo_home: Home) -> World:
    return read_world(demo_home.root)


@pytest.fixture(scope="module")
def recomputed(world: World) -> dict[str, pd.DataFrame]:
    """The rows of every mart, from the archive."""
    return recompute(world)


def recompute(world: World) -> dict[str, pd.DataFrame]:
    """The rows of every mart, by its name."""
    found: dict[str, pd.DataFrame] = {"indicator": register(world)}
    dispersions = found["indicator_dispersion"] = figures.indicator_dispersion(world)
    values = found["indicator_value"] = figures.indicator_value(world, dispersions)
    changes = found["indicator_change"] = figures.indicator_change(world, values)
    trends = found["indicator_trend"] = figures.indicator_trend(world, values)
    benchmarks = found["recorded_crime_benchmark"] = records.recorded_crime_benchmark(world)
    members = found["most_similar_member"] = figures.most_similar_member(
        world, values, benchmarks, dispersions
    )
    comparisons = found["indicator_comparison"] = figures.indicator_comparison(
        world, values, members
    )
    found["series_break"] = figures.series_break(world)
    found["change_contribution"] = figures.change_contribution(changes)
    found["area_change_part"] = figures.area_change_part(world, changes)
    found["season"] = figures.season(world, values)
    years, places = small_areas.lsoa_years(world, values), world.places
    spots = found["hotspot"] = small_areas.hotspot(places, years)
    profiles = found["community_profile"] = small_areas.community_profile(places, years)
    found["concentration"] = small_areas.concentration(places, years)
    found["deprivation_gradient"] = small_areas.deprivation_gradient(places, years)
    found["time_profile"] = subjects.time_profile(world, values)
    found["marac_repeats"] = subjects.marac_repeats(world, values)
    found["first_time_entrants"] = subjects.first_time_entrants(values, changes)
    found["youth_custody"] = subjects.youth_custody(values)
    found["reoffending"] = subjects.reoffending(places, values)
    found["offender_residence"] = subjects.offender_residence(world, years)
    for subject in (
        subjects.marac_referrals,
        subjects.hate_completeness,
        subjects.hate_reports,
        subjects.hate_victims,
        subjects.youth_ethnicity,
        subjects.offender_profile,
        subjects.need_combination,
        subjects.perception,
    ):
        found[subject.__name__] = subject(world)
    codes = subjects.crimes_by_code(world, "all_crime", places.areas)
    scores = found["harm_score"] = subjects.harm_score(world, values, codes)
    found["harm_by_offence"] = subjects.harm_by_offence(world, scores, codes)
    targets = found["target_progress"] = assessments.target_progress(world, values)
    found["summary_table"] = assessments.summary_table(
        world, changes, trends, comparisons, spots, profiles
    )
    found["priority_matrix"] = assessments.priority_matrix(
        world, values, changes, trends, comparisons, targets, dispersions
    )
    found["indicator_summary"] = figures.indicator_summary(
        world, values, changes, trends, comparisons, targets
    )
    found["published_figure"] = assessments.published_figure(world, values, changes, found)
    found["load_audit"] = records.load_audit(world.home, world)
    fields = found["recording_completeness"] = records.recording_completeness(world)
    coverage = found["feed_coverage"] = records.feed_coverage(world)
    # The demo is one night: what it found is the history.
    found["completeness_history"] = fields
    matured = found["maturity_score"] = records.maturity_score(fields, coverage)
    found["maturity_history"] = matured[matured["period_type"] == "rolling_12m"]
    found["place_coverage"] = records.place_coverage(world)
    found["figure_source"] = records.figure_source(world)
    found["feed_volume"] = records.feed_volume(world)
    found["area"] = dimensions.area(world, values)
    found["period"] = dimensions.period(world)
    found["population"] = dimensions.population(world)
    found["area_set_coverage"] = dimensions.area_set_coverage(world)
    found["monthly_signal"] = signals.monthly_signal(world, values, dispersions)
    return found


def register(world: World) -> pd.DataFrame:
    table = pd.DataFrame(world.register).replace("", None)
    return table.assign(
        indicator_version=table["indicator_version"].astype(int),
        multiplier=table["multiplier"].astype(int),
        valid_from=pd.to_datetime(table["valid_from"]),
        valid_to=pd.to_datetime(table["valid_to"]),
    )


def test_every_published_mart_is_recomputed_or_says_why_not(
    published: duckdb.DuckDBPyConnection,
) -> None:
    names = published.execute(
        "select table_name from information_schema.tables where table_schema = 'marts'"
    ).fetchall()
    assert {name for (name,) in names} == {*MARTS, *OTHERS}


@pytest.mark.parametrize("mart", MARTS)
def test_every_row_of_a_mart_is_what_the_archive_says(
    mart: str,
    world: World,
    recomputed: dict[str, pd.DataFrame],
    published: duckdb.DuckDBPyConnection,
) -> None:
    """The same keys both ways, the same words, and numbers that differ by 1e-6 at most."""
    about, expected = MARTS[mart], with_names(world, recomputed[mart])
    columns = dict(
        published.execute(
            "select column_name, data_type from duckdb_columns() "
            f"where schema_name = 'marts' and table_name = '{mart}'"
        ).fetchall()
    )
    told = [name for name in columns if name not in about.untold and name not in about.keys]
    assert not set(told) - set(expected), "columns that nobody recomputes"
    assert not expected.duplicated(about.keys).any()
    same = partial(is_same, columns)
    on = " and ".join(f'theirs."{key}" = mine."{key}"' for key in about.keys)
    checks = {
        "not recomputed": "mine.there is null",
        "not published": "theirs.there is null",
        **{name: f"mine.there and theirs.there and not {same(name)}" for name in told},
    }
    counts = ", ".join(f"count(*) filter (where {check})" for check in checks.values())
    keys = ", ".join(f'coalesce(theirs."{key}", mine."{key}")' for key in about.keys)
    sampled = [area for area, kept in zip(world.areas, is_sampled(world), strict=True) if kept]
    published.register("looked_at", pd.DataFrame(sampled, columns=AREA))
    published.register("expected", expected)
    joined = (
        f"from (select true as there, * from marts.{mart} where {about.where}) as theirs "
        f"full join (select true as there, * from expected) as mine on {on}"
    )
    rows, *found = published.execute(f"select count(*), {counts} {joined}").fetchall()[0]
    assert rows > 0
    wrong = {name: n for name, n in zip(checks, found, strict=True) if n}
    examples = {
        name: published.execute(
            f"select {keys}{shown(name, columns)} {joined} where {checks[name]} limit 3"
        ).fetchall()
        for name in wrong
    }
    published.unregister("expected")
    assert not wrong, examples


def is_same(columns: dict[str, str], name: str) -> str:
    """SQL: whether the published cell is the recomputed one."""
    theirs, mine = f'theirs."{name}"', f'mine."{name}"'
    if columns[name] in ("DOUBLE", "BIGINT", "INTEGER"):
        number = f"{mine}::double"
        near = f"abs({theirs} - {number}) <= {TOLERANCE} * greatest(1, abs({theirs}))"
        nothing = f"coalesce(isnan({number}), true)"
        return f"case when {theirs} is null then {nothing} else coalesce({near}, false) end"
    return f"({theirs} is not distinct from {mine})"


def shown(name: str, columns: dict[str, str]) -> str:
    return f', theirs."{name}", mine."{name}"' if name in columns else ""


def with_names(world: World, table: pd.DataFrame) -> pd.DataFrame:
    """The areas' names beside their codes."""
    if "area_code" not in table or "area_name" in table or "area_type" not in table:
        return table
    names = world.places.names
    forces = {code: force for force, code in world.places.force_codes.items()}
    codes = {
        (kind, code): names.get((kind, code), forces.get(code))
        for kind, code in table[["area_type", "area_code"]]
        .drop_duplicates()
        .itertuples(index=False)
    }
    named = pd.MultiIndex.from_frame(table[["area_type", "area_code"]]).map(codes)
    return table.assign(area_name=named)


def test_most_figures_of_the_published_assessment_are_recomputed(
    recomputed: dict[str, pd.DataFrame],
) -> None:
    assert len(recomputed["published_figure"]) >= 90


def test_what_brought_nothing_new_is_a_copy_of_what_was_loaded(
    world: World, published: duckdb.DuckDBPyConnection
) -> None:
    """The files that the archive does not hold: their bytes are those of one it does."""
    archived = {
        hashlib.sha256(file.content).hexdigest()
        for extract in world.extracts.values()
        for file in extract.files
    }
    copies = published.execute(
        "select sha256 from marts.load_audit where status = 'duplicate'"
    ).fetchall()
    assert copies
    assert {sha256 for (sha256,) in copies} <= archived


def test_the_public_file_says_nothing_else(demo_home: Home) -> None:
    """Each of its rows is one of the partner file, each of its cells the same or empty."""
    with duckdb.connect() as connection:
        for tier in ("partner", "public"):
            file = demo_home.current / f"{tier}.duckdb"
            connection.execute(f"attach '{file}' as {tier} (read_only)")
        columns: dict[str, list[str]] = {}
        compared = 0
        for mart, column in connection.execute(
            "select table_name, column_name from duckdb_columns() "
            "where database_name = 'public' and schema_name = 'marts'"
        ).fetchall():
            columns.setdefault(mart, []).append(column)
        assert not set(columns) - {*MARTS, *OTHERS}
        for mart in columns.keys() & MARTS:
            keys, own = MARTS[mart].keys, columns[mart]
            on = " and ".join(f'public."{key}" = partner."{key}"' for key in keys)
            told = [name for name in own if name not in (*keys, "suppressed")]
            said = [f'public."{name}" is not null' for name in told]
            kept = [f'public."{name}" is not distinct from partner."{name}"' for name in told]
            wrong = " or ".join(f"({a} and not {b})" for a, b in zip(said, kept, strict=True))
            unlike, rows = connection.execute(
                f"select count(*) filter (where partner.there is null or {wrong or 'false'}), "
                f"count(*) from public.marts.{mart} as public left join "
                f"(select true as there, * from partner.marts.{mart}) as partner on {on}"
            ).fetchall()[0]
            assert unlike == 0, mart
            compared += rows
        assert compared > 10_000
