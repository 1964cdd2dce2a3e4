"""What is read from several tables at once: targets, Table 1, priorities, stated figures."""

import re
from collections import defaultdict
from typing import Any

import numpy as np
import pandas as pd

from tests.end_to_end.recomputed.events import World, seed, year_label, year_of
from tests.end_to_end.recomputed.extracts import lines, rows_of
from tests.end_to_end.recomputed.figures import broken_on, stopped_between
from tests.end_to_end.recomputed.places import Area
from tests.end_to_end.recomputed.subjects import (
    KINDS,
    crimes_by_code,
    harm_of,
    weights_of_harm,
    year_columns,
)

Row = dict[str, Any]
Lookup = dict[tuple[Any, ...], Any]


def newest_versions(world: World) -> dict[str, Row]:
    """The register's newest version of each indicator."""
    return {
        row["indicator_id"]: row
        for row in sorted(world.register, key=lambda row: int(row["indicator_version"]))
    }


def by_year(world: World, table: pd.DataFrame) -> Lookup:
    """The financial years of the newest versions, by indicator, area and year."""
    newest = newest_versions(world)
    large = ~table["area_type"].isin(world.places.below_district)
    years = table[(table["period_type"] == "financial_year") & large]
    return {
        (row.indicator_id, row.area_type, row.area_code, row.period_start.year): row
        for row in rows_of(years)
        if str(row.indicator_version) == newest[row.indicator_id]["indicator_version"]
    }


def kind_of(world: World, code: str) -> str:
    if code == world.places.settings.county:
        return "county"
    return next((kind for kind, heads in KINDS.items() if code[:3] in heads), "other")


def target_progress(world: World, values: pd.DataFrame) -> pd.DataFrame:
    """Each target from its baseline's year to its own: a percentage change of the count."""
    known, newest, breaks = by_year(world, values), newest_versions(world), broken_on(world)
    found = []
    for target in rows_of(world.extracts["partnership/target"].rows):
        about = newest.get(target.indicator_id, {})
        kind = kind_of(world, target.area_code)
        first, last = int(target.baseline_label[:4]), year_of(f"{target.period_end:%Y-%m}")

        def actual(year: int, target: Any = target, kind: str = kind, about: Row = about) -> float:
            own = known.get((target.indicator_id, kind, target.area_code, year))
            if own is None:
                return np.nan
            return float(own.value if about["kind"] == "proportion" else own.numerator)

        def complete(year: int, target: Any = target, kind: str = kind) -> bool:
            own = known.get((target.indicator_id, kind, target.area_code, year))
            return own is not None and bool(own.is_complete)

        baseline = target.baseline_value
        if baseline is None:
            baseline = actual(first) if complete(first) else np.nan
        wanted = float(target.target_percent)
        goal = baseline * (100 + wanted) / 100
        more = wanted > 0 or (wanted == 0 and about.get("polarity") == "higher_is_better")
        for year in range(first, last + 1):
            broken = any(
                f"{first}-04-01" < date <= f"{year}-04-01" for date in breaks[target.indicator_id]
            )
            silent = stopped_between(world, first, year).get(about.get("numerator_measure", ""), ())
            judged = year == last and complete(year) and not np.isnan(goal) and not broken
            judged = judged and (kind, target.area_code) not in silent
            reached = actual(year) >= goal if more else actual(year) <= goal
            found.append(
                {
                    "target_id": target.target_id,
                    "indicator_id": target.indicator_id,
                    "area_type": kind,
                    "area_code": target.area_code,
                    **year_columns(year),
                    "target_label": year_label(last),
                    "baseline_label": target.baseline_label,
                    "baseline_value": baseline,
                    "target_percent": wanted,
                    "target_value": goal,
                    "actual_value": actual(year),
                    "status": "not yet known" if not judged else "met" if reached else "not met",
                }
            )
    return pd.DataFrame(found)


def summary_table(
    world: World,
    changes: pd.DataFrame,
    trends: pd.DataFrame,
    comparisons: pd.DataFrame,
    hotspots: pd.DataFrame,
    profiles: pd.DataFrame,
) -> pd.DataFrame:
    """The assessment's Table 1: each topic by the indicator that stands for it."""
    change, trend = by_year(world, changes), by_year(world, trends)
    against: Lookup = {}
    of_focus = comparisons["area_code"].isin(world.places.settings.focus)
    for row in rows_of(comparisons[of_focus & (comparisons["period_type"] == "financial_year")]):
        key = (row.indicator_id, row.indicator_version, row.area_code, row.period_start.year)
        against[*key, row.comparator_type] = row.verdict
    newest = newest_versions(world)
    found = []
    focus = world.places.settings.focus
    hotspots = hotspots[hotspots["district_code"].isin(focus)]
    profiles = profiles[profiles["area_code"].isin(focus)]
    for topic in seed("topic_summary"):
        indicator = topic["indicator_id"]
        version = int(newest[indicator]["indicator_version"])
        spots = hotspots[(hotspots["indicator_id"] == indicator) & (hotspots["numerator"] >= 5)]
        classes = profiles[
            (profiles["indicator_id"] == indicator)
            & (profiles["area_type"] == "district")
            & (profiles["numerator"] >= 5)
        ]
        for code in focus:
            for year in world.years():
                key = indicator, "district", code, year
                moved, turned = change.get(key), trend.get(key)
                row = {
                    "topic": topic["topic"],
                    "area_type": "district",
                    "area_code": code,
                    **year_columns(year),
                    "indicator_id": indicator,
                    "indicator_version": version,
                    "county_verdict": against.get((indicator, version, code, year, "county")),
                    "msg_verdict": against.get(
                        (indicator, version, code, year, "most_similar_group")
                    ),
                }
                if moved is not None:
                    of_events = moved.change_percent_of_events
                    own = moved.change_percent if np.isnan(of_events) else of_events
                    row |= {"yearly_change_percent": own, "yearly_verdict": moved.verdict}
                if turned is not None:
                    row["trend_direction"] = turned.direction
                start = row["period_start"]
                inside = spots[(spots["district_code"] == code) & (spots["period_start"] == start)]
                if len(inside):
                    top = inside.sort_values(["rate", "numerator", "area_code"]).iloc[-1]
                    name = world.places.local_names.get(
                        top["area_code"], world.places.names["lsoa", top["area_code"]]
                    )
                    row |= {"highest_area_code": top["area_code"], "highest_area_name": name}
                row |= _most_affected(classes, code, start)
                found.append(row)
    return pd.DataFrame(found)


def _most_affected(classes: pd.DataFrame, code: str, start: pd.Timestamp) -> Row:
    """By the newest Output Area Classification, else by the district's own fifths."""
    own = classes[(classes["area_code"] == code) & (classes["period_start"] == start)]
    for like in (r"Output Area Classification", r", district$"):
        of_kind = own[own["classification"].str.contains(like) & own["relative_rate"].notna()]
        if len(of_kind):
            newest = of_kind[of_kind["classification"] == of_kind["classification"].max()]
            top = newest.sort_values(["relative_rate", "class_code"], ascending=[False, True]).iloc[
                0
            ]
            return {
                "most_affected_community": top["class_name"],
                "community_classification": top["classification"],
            }
    return {}


def priority_matrix(
    world: World,
    values: pd.DataFrame,
    changes: pd.DataFrame,
    trends: pd.DataFrame,
    comparisons: pd.DataFrame,
    targets: pd.DataFrame,
    dispersions: pd.DataFrame,
) -> pd.DataFrame:
    """Volume, harm, direction, comparison and target of each topic, and the order they make."""
    known, change, trend = (by_year(world, table) for table in (values, changes, trends))
    against: Lookup = {}
    own = comparisons[
        (comparisons["period_type"] == "financial_year") & (comparisons["area_type"] == "district")
    ]
    for one in rows_of(own):
        key = one.indicator_id, one.indicator_version, one.area_code, one.period_start.year
        against[*key, one.comparator_type] = one
    newest = newest_versions(world)
    source, version, weights = weights_of_harm(world)
    crimes = crimes_of_measures(world)
    counted = {row["indicator_id"]: row["numerator_measure"] for row in world.register}
    of_districts = dispersions[dispersions["area_type"] == "district"]
    wide = of_districts.groupby(of_districts["indicator_id"].map(counted))["dispersion"].max()
    topic_of = {row["indicator_id"]: row["topic"] for row in world.register}
    of_topic: dict[tuple[str, str, int], list[Any]] = defaultdict(list)
    for target in rows_of(targets[targets["area_type"] == "district"]):
        of_topic[topic_of[target.indicator_id], target.area_code, target.period_start.year].append(
            target
        )
    found: list[Row] = []
    for code in world.places.settings.focus:
        for year in world.years():
            rows = []
            for topic in seed("topic_summary"):
                about = newest[topic["indicator_id"]]
                key = topic["indicator_id"], "district", code, year
                value, moved, turned = (each.get(key) for each in (known, change, trend))
                whole = topic["indicator_id"], int(about["indicator_version"]), code, year
                compared = against.get((*whole, "county"))
                group = against.get((*whole, "most_similar_group"))
                row: Row = {
                    "topic": topic["topic"],
                    "area_type": "district",
                    "area_code": code,
                    **year_columns(year),
                    "indicator_id": topic["indicator_id"],
                    "indicator_version": int(about["indicator_version"]),
                    "is_whole": topic["is_whole"] == "true",
                    "polarity": about["polarity"],
                }
                complete = value is not None and bool(value.is_complete)
                survey = topic["indicator_id"].startswith("perceived")
                if value is not None:
                    row |= {
                        "volume": np.nan if survey else float(value.numerator),
                        "value": value.value,
                        "unit": about["unit"],
                        "lower_95": value.lower_95,
                        "upper_95": value.upper_95,
                    }
                feed = world.measures.get(about["numerator_measure"], {}).get("feed")
                if feed == "police/recorded_crime" and value is not None and complete:
                    own_codes = crimes[about["numerator_measure"]].get(
                        (("district", code), year), {}
                    )
                    harm = harm_of(own_codes, weights, wide[about["numerator_measure"]])
                    if not value.numerator or harm["unweighted_events"] < value.numerator:
                        row |= {
                            "weight_source": source,
                            "weight_version": version,
                            "harm": harm["harm"],
                            "harm_lower_95": harm["lower"],
                            "harm_upper_95": harm["upper"],
                            "unweighted_events": harm["unweighted_events"],
                        }
                if moved is not None:
                    row |= {
                        "change_percent": moved.change_percent,
                        "change_p_value": moved.p_value,
                        "change_verdict": moved.verdict,
                    }
                if turned is not None:
                    row["trend_direction"] = turned.direction
                if compared is not None:
                    row |= {
                        "county_value": compared.comparator_value,
                        "county_verdict": compared.verdict,
                        "county_judgement": compared.judgement,
                    }
                if group is not None:
                    row |= {
                        "msg_value": group.comparator_value,
                        "msg_verdict": group.verdict,
                        "msg_judgement": group.judgement,
                    }
                set_for = sorted(of_topic[topic["topic"], code, year], key=lambda t: t.target_id)
                statuses = {target.status for target in set_for}
                row["target_ids"] = ", ".join(target.target_id for target in set_for) or None
                row["target_status"] = next(
                    (s for s in ("not met", "not yet known", "met") if s in statuses), "no target"
                )
                row["is_counted"] = complete and not survey
                rows.append(row)
            _points(rows)
            found += rows
    return pd.DataFrame(found).drop(columns=["is_whole", "polarity", "is_counted"])


def crimes_of_measures(world: World) -> dict[str, dict[tuple[Area, int], Any]]:
    """Crimes by offence code, of each measure that a topic is read by."""
    newest = newest_versions(world)
    measures = {newest[row["indicator_id"]]["numerator_measure"] for row in seed("topic_summary")}
    focus: list[Area] = [("district", code) for code in world.places.settings.focus]
    return {
        measure: crimes_by_code(world, measure, focus)
        for measure in measures
        if world.measures.get(measure, {}).get("feed") == "police/recorded_crime"
    }


CRITERIA = ("volume", "harm", "direction", "comparison", "target")


def _points(rows: list[Row]) -> None:
    """0 to 1 point by each criterion, their mean where what is not known is in the middle."""
    for name in ("volume", "harm"):
        of = [
            row
            for row in rows
            if not row["is_whole"] and row["is_counted"] and not np.isnan(row.get(name, np.nan))
        ]
        for row in of:
            above = sum(other[name] > row[name] for other in of)
            row[f"{name}_points"] = (len(of) - 1 - above) / (len(of) - 1) if len(of) > 1 else np.nan
    bad = {"lower_is_better": 1.0, "higher_is_better": 0.0}
    for row in rows:
        turns = []
        for said in (row.get("change_verdict"), row.get("trend_direction")):
            if said == "no significant change":
                turns.append(0.5)
            elif said in ("increase", "increasing") and row["polarity"] in bad:
                turns.append(bad[row["polarity"]])
            elif said in ("decrease", "decreasing") and row["polarity"] in bad:
                turns.append(1 - bad[row["polarity"]])
        known = turns and row["polarity"] in bad
        row["direction_points"] = sum(turns) / len(turns) if known else np.nan
        judged = {"worse": 1.0, "similar": 0.5, "better": 0.0}
        row["comparison_points"] = judged.get(str(row.get("county_judgement")), np.nan)
        row["target_points"] = {"not met": 1.0, "met": 0.0}.get(row["target_status"], np.nan)
        points = [row.get(f"{name}_points", np.nan) for name in CRITERIA]
        if row["is_whole"]:
            row |= dict.fromkeys((f"{name}_points" for name in CRITERIA), np.nan)
        elif not np.isnan(points).all():
            for name, unknown in (
                ("priority_score", 0.5),
                ("lowest_possible_score", 0),
                ("highest_possible_score", 1),
            ):
                row[name] = 100 * float(np.nanmean(np.where(np.isnan(points), unknown, points)))
    scores = [row["priority_score"] for row in rows if "priority_score" in row]
    for row in rows:
        if "priority_score" in row:
            row["priority_order"] = 1 + sum(s > row["priority_score"] + 1e-8 for s in scores)


def published_figure(world: World, values: pd.DataFrame, changes: pd.DataFrame,
                     marts: dict[str, pd.DataFrame]) -> pd.DataFrame:  # fmt: skip
    """The numbers of what a published assessment states, where one table has them."""
    [path] = (world.home / "archive/partnership/published_figure").iterdir()
    records = list(lines(path.read_bytes()))
    stated = [dict(zip(records[0], row, strict=True)) for row in records[1:] if row]
    known, moved = by_year(world, values), by_year(world, changes)
    rolling = {
        (row.indicator_id, row.area_type, row.area_code, row.period_start.year): row
        for row in rows_of(
            values[
                (values["period_type"] == "rolling_12m")
                & (values["indicator_id"] == "marac_repeat_rate")
                & (values["indicator_version"] == 2)
                & (values["period_start"].dt.month == 4)
            ]
        )
    }
    columns = {
        "youth_ethnicity": (("ethnic_group",), {"numerator": "disposals", "population":
                            "population_10_17", "difference": "difference"}),
        "marac_referrals": (("referring_agency",), {"numerator": "cases"}),
        "offender_profile": (("dimension", "category"), {"share": "percent"}),
        "hate_completeness": (("field",), {"percent_missing": "percent_missing"}),
        "need_combination": (("needs",), {"numerator": "offenders", "risk_ratio": "risk_ratio"}),
    }  # fmt: skip
    found = []
    for figure in stated:
        label, aspect = figure["period_label"], figure["aspect"]
        if not re.fullmatch(r"\d{4}/\d\d", label):
            continue
        year, code = int(label[:4]), figure["area_code"]
        table, _, category = figure["indicator_id"].partition(".")
        kind = "lsoa" if code.startswith("E01") else kind_of(world, code)
        number: Any = None
        keys, names = columns.get(table, ((), {}))
        parts = category.split(".")
        if keys and kind != "lsoa":
            if len(parts) != len(keys):
                continue
            own = marts[table]
            chosen = (own["area_code"] == code) & (own["period_label"] == label)
            for key, part in zip(keys, parts, strict=True):
                chosen &= own[key] == part
            if "source" in own:
                chosen &= own["source"] == "all"
            if aspect in names and chosen.sum() == 1:
                number = own.loc[chosen, names[aspect]].iloc[0]
        else:
            key_of = figure["indicator_id"], kind, code, year
            value = (rolling if table == "marac_repeat_rate" else known).get(key_of)
            change = moved.get(key_of)
            if aspect in ("numerator", "value", "denominator") and value is not None:
                number = getattr(value, aspect)
            elif aspect == "change" and change is not None:
                number = change.change
            elif aspect == "change_percent" and change is not None:
                number = change.change_percent_of_events
        if number is not None and not pd.isna(number):
            found.append({"figure_id": figure["figure_id"], "recomputed_number": float(number)})
    return pd.DataFrame(found)
