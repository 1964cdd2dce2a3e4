"""Harm and priorities of the demo, computed a second time without the models."""

import csv
from collections import Counter

import pytest

from demo.offences import SPELLINGS
from demo.places import small_areas
from demo.recorded_crime import recorded_crimes
from demo.reference_files import WEIGHTS_SOURCE, harm_weights
from tests.end_to_end.limits import byar, widened
from tests.end_to_end.running import partner
from warehouse.home import Home

PLAIN = {other: code for code, others in SPELLINGS.items() for other in others}
COUNTY = "E10000018"
DISTRICTS = {f"E07000{number}" for number in range(129, 136)}


@pytest.fixture(scope="module")
def weights() -> dict[str, float]:
    """The weight of each offence code that has one."""
    rows = csv.DictReader(harm_weights().decode().splitlines())
    return {row["offence_code"]: float(row["weight"]) for row in rows}


@pytest.fixture(scope="module")
def codes() -> dict[tuple[str, int], Counter[str]]:
    """Crimes that stand, by offence code, of each area and financial year (by its first)."""
    areas = small_areas()
    district = {area.code: area.district_code for area in areas}
    found: dict[tuple[str, int], Counter[str]] = {}
    for crime in recorded_crimes(areas):
        if crime.cancelled or crime.lsoa not in district:
            continue
        year = int(crime.recorded[:4]) - (crime.recorded[5:7] < "04")
        own = district[crime.lsoa]
        for area in (crime.lsoa, own, *([COUNTY] if own in DISTRICTS else [])):
            found.setdefault((area, year), Counter())[PLAIN.get(crime.code, crime.code)] += 1
    return found


def test_harm_is_that_of_the_crimes_the_demo_made(
    demo_home: Home, weights: dict[str, float], codes: dict[tuple[str, int], Counter[str]]
) -> None:
    rows = partner(
        demo_home,
        "select area_type, area_code, year(period_start), events, unweighted_events, "
        "unweighted_codes, harm, harm_rate, lower_95, upper_95, population from marts.harm_score "
        "where is_current and is_complete and area_type in ('lsoa', 'district', 'county')",
    )
    assert {row[0] for row in rows} == {"lsoa", "district", "county"}
    dispersions = dict(
        partner(
            demo_home,
            "select area_type, dispersion from marts.indicator_dispersion "
            "where indicator_id = 'all_crime'",
        )
    )
    for kind, area, year, events, unweighted, named, harm, rate, lower, upper, residents in rows:
        made = codes.get((area, year), Counter())
        assert events == made.total(), (area, year)
        without = {code: n for code, n in made.items() if code not in weights}
        assert unweighted == sum(without.values()), (area, year)
        assert set((named or "").split(", ")) - {""} == set(without)
        weighed = {code: n for code, n in made.items() if code in weights}
        total = sum(n * weights[code] for code, n in weighed.items())
        assert harm == pytest.approx(total, rel=1e-9), (area, year)
        number = sum(weighed.values())
        if number:
            spread = (sum(n * weights[code] ** 2 for code, n in weighed.items()) / number) ** 0.5
            limits = widened(byar(number, 0.95), number, dispersions[kind])
            low, up = (total + spread * (limit - number) for limit in limits)
            assert (rate, lower, upper) == pytest.approx(
                [1000 * each / residents for each in (total, max(0, low), up)], rel=1e-6
            ), (kind, area, year)


def test_an_incomplete_year_has_no_rate_and_the_weights_say_that_they_are_invented(
    demo_home: Home,
) -> None:
    assert partner(
        demo_home, "select distinct weight_source, is_current from marts.harm_score"
    ) == [(WEIGHTS_SOURCE, True)]
    incomplete = partner(
        demo_home,
        "select harm_rate, lower_95, reason from marts.harm_score where not is_complete",
    )
    assert incomplete
    assert {(rate, lower) for rate, lower, _ in incomplete} == {(None, None)}
    assert all("months received" in reason for *_, reason in incomplete)


def test_the_offences_add_up_to_the_harm(demo_home: Home) -> None:
    rows = partner(
        demo_home,
        "select score.harm, score.events, score.unweighted_events, sum(part.harm), "
        "sum(part.events), coalesce(sum(part.events) filter (where part.weight is null), 0), "
        "sum(part.harm_percent) from marts.harm_score as score inner join marts.harm_by_offence "
        "as part using (weight_source, weight_version, area_type, area_code, period_start) "
        "group by all",
    )
    assert len(rows) > 30
    for harm, events, unweighted, *parts in rows:
        assert parts == pytest.approx([harm, events, unweighted, 100], rel=1e-9)


def test_the_order_of_priorities_is_the_stated_rule(demo_home: Home) -> None:
    """From the published volumes, harms, verdicts and polarity alone, all weights 1."""
    columns = "topic, priority_order, volume, harm, polarity, change_verdict, trend_direction, "
    columns += "county_judgement, target_status, priority_score"
    rows = [
        dict(zip(columns.split(", "), row, strict=True))
        for row in partner(
            demo_home,
            f"select {columns} from marts.priority_matrix inner join marts.indicator "
            "using (indicator_id, indicator_version, topic) where period_label = '2010/11'",
        )
    ]
    ordered = {row["topic"]: row for row in rows if row["priority_order"] is not None}
    assert len(ordered) == 12
    volumes = [row["volume"] for row in ordered.values() if row["volume"] is not None]
    harms = [row["harm"] for row in ordered.values() if row["harm"] is not None]
    scores = {}
    for topic, row in ordered.items():
        bad = {"lower_is_better": 1, "higher_is_better": -1, "neutral": 0}[row["polarity"]]
        turns = [
            {"increas": 1, "decreas": -1, "no sign": 0}.get(str(said)[:7])
            for said in (row["change_verdict"], row["trend_direction"])
        ]
        known = [(1 + bad * turn) / 2 for turn in turns if turn is not None and bad]
        points = [
            _by_rank(volumes, row["volume"]),
            _by_rank(harms, row["harm"]),
            sum(known) / len(known) if known else 0.5,
            {"worse": 1, "better": 0}.get(row["county_judgement"], 0.5),
            {"not met": 1, "met": 0}.get(row["target_status"], 0.5),
        ]
        scores[topic] = sum(points) / 5
        assert row["priority_score"] == pytest.approx(100 * scores[topic]), topic
    for topic, score in scores.items():
        above = sum(other > score + 1e-9 for other in scores.values())
        assert ordered[topic]["priority_order"] == 1 + above, topic
    assert {row["topic"] for row in rows} - set(ordered) == {"total crime", "street crime"}


def _by_rank(known: list[float], own: float | None) -> float:
    if own is None or len(known) < 2:
        return 0.5
    return (len(known) - 1 - sum(other > own for other in known)) / (len(known) - 1)


def test_a_home_without_weights_says_so(small_home: Home) -> None:
    assert partner(small_home, "select count(*) from marts.harm_score") == [(0,)]
    assert partner(small_home, "select count(*) from marts.harm_by_offence") == [(0,)]
    rows = partner(
        small_home,
        "select harm, harm_reason from marts.priority_matrix where topic = 'total crime'",
    )
    assert rows
    assert {harm for harm, _ in rows} == {None}
