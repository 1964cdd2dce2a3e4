"""The demo's hate reports, from the police, schools and the Hate Incident Monitoring Project.

How it is calibrated: victims are those of the first county's 1,274 reports of 2010/11, in
proportion where there are more or fewer. Of the 1,274, gender and age are not usable for 255 (one
in five) and ethnicity for 319 (one in four), partly blank, partly not stated, partly invalid; 680
victims are male, and 592 of the 955 of known ethnicity White, which is no majority of all whatever
the others are. Offences are linked to recorded crimes of the same place, which carry the hate flag.
How many there are says the county; in the lead district in 2010/11 how many an area has is fixed
for some.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from demo import offences as o
from demo.allocation import Pull, apportion, pick, spread, weights
from demo.calendar_days import FINANCIAL_YEARS, LAST_YEAR, span
from demo.county import County
from demo.extracts import Extract, Files, Manner, Row
from demo.places import SmallArea, by_district, fixed
from demo.recorded_crime import Crime
from demo.seasons import event_days

HEADER = (
    "report_id", "reported_date", "source", "kind", "strands", "offence_group", "victim_gender",
    "victim_age", "victim_ethnicity", "lsoa_code", "district_code", "linked_crime_ref",
)  # fmt: skip

YEARS = FINANCIAL_YEARS[1:]
PATTERN_REPORTS = 1274
"""The reports of which the numbers of victims and strands below are."""
GROUPS = {
    "Violence against the person": o.VIOLENCE,
    "Criminal damage": (o.DAMAGE,),
    "Public order": (o.PUBLIC_ORDER,),
}
POLICE_SHARE, SCHOOL_SHARE = 0.72, 0.10
"""The police's and the schools' parts of the county's reports; the project has the rest."""
OFFENCE_SHARE = 0.78
WHERE = Pull(0.3, 3, 5, 1.8)
MOST_IN_LEAD, MOST_ELSEWHERE = 4, 9
"""The most police reports of an area without a fixed number, town centres apart."""

MALE, FEMALE, OTHER_GENDER = 680, 330, 9
WHITE = 592
UNUSABLE_GENDER = {"": 120, "Not stated": 60, "N/K": 40, "U": 20, "X": 15}
UNUSABLE_AGE = {"": 130, "Not known": 70, "N/K": 30, "430": 8, "-4": 5, "adult": 12}
UNUSABLE_ETHNICITY = {"": 140, "Not stated": 90, "Not known": 40, "N/K": 30, "9": 19}
OTHER_ETHNICITIES = {
    "Asian or Asian British": 226,
    "Black or Black British": 78,
    "Mixed": 37,
    "Chinese or Other Ethnic": 22,
}
STRANDS = {"racial": 846, "homophobic": 152, "disability": 76, "religious": 60, "age": 30,
           "gender": 24, "transphobic": 16, "racial;religious": 40, "racial; gender": 6,
           "disability;age": 8, "": 10, "Not stated": 6}  # fmt: skip
"""Reports by strand in 2010/11: racial alone or with another is 70 %."""


@dataclass
class Report:
    """One hate report."""

    reported: str
    source: str
    kind: str
    offence_group: str
    lsoa: str
    district: str
    linked_crime: str = ""
    victim: tuple[str, str, str] = ("", "", "")
    strands: str = ""
    number: str = field(default="")


def hate_reports(
    county: County, areas: Sequence[SmallArea], crimes: Sequence[Crime]
) -> list[Report]:
    """Every report by day; sets the hate flag of the crimes that police reports are linked to."""
    rng = random.Random(county.seed + 30)
    placed: dict[tuple[str, int, str], list[Crime]] = {}
    for crime in crimes:
        if crime.district in county.districts and not crime.cancelled:
            placed.setdefault((crime.district, crime.year, crime.offence_class), []).append(crime)
    reports = []
    for year in YEARS:
        of_year = _of_year(rng, county, year, areas, placed)
        _victims(rng, of_year, county.facts.hate.reports[year])
        reports += of_year
        reports += _over_the_border(rng, county, year)
    reports.sort(key=lambda report: report.reported)
    for number, report in enumerate(reports, start=1):
        report.number = f"HR{number:05d}"
    return reports


def _of_year(
    rng: random.Random,
    county: County,
    year: int,
    areas: Sequence[SmallArea],
    placed: dict[tuple[str, int, str], list[Crime]],
) -> list[Report]:
    districts = by_district(areas)
    counts = county.facts.hate
    total = counts.reports[year]
    police = round(total * POLICE_SHARE)
    of_lead = sum(counts.lead_offences.get(year, ())) + counts.lead_incidents.get(year, 0)
    shares = apportion(police - of_lead, county.levels("hate"))
    reports = []
    for district in county.districts:
        if district == county.lead:
            offences, incidents = [*counts.lead_offences[year]], counts.lead_incidents[year]
        else:
            counted = round(shares[district] * OFFENCE_SHARE)
            parts = apportion(counted, dict(zip(GROUPS, (62, 22, 16), strict=True)))
            offences, incidents = [*parts.values()], shares[district] - counted
        reports += _police(
            rng, county, year, district, districts[district], offences, incidents, placed
        )
    schools = round(total * SCHOOL_SHARE)
    for source, count in (("school", schools), ("himp", total - police - schools)):
        places = spread(
            rng, count, weights(WHERE, [a for d in county.districts for a in districts[d]])
        )
        homes = {area.code: area.district_code for area in areas}
        for place, day in zip(places, event_days(rng, year, places, "level"), strict=True):
            report = Report(day, source, "incident", "", place, homes[place])
            if rng.random() < 0.2:
                report.lsoa = ""
            reports.append(report)
    return reports


def _police(
    rng: random.Random,
    county: County,
    year: int,
    district: str,
    areas: Sequence[SmallArea],
    offences: Sequence[int],
    incidents: int,
    placed: dict[tuple[str, int, str], list[Crime]],
) -> list[Report]:
    pinned = district == county.lead and year == LAST_YEAR
    centres = {area.code for area in areas if area.character == "town centre"}
    weight = weights(WHERE, areas)
    # choices, so that no place but the pinned one and the town centres has many
    most = MOST_IN_LEAD if district == county.lead else MOST_ELSEWHERE
    counts: Counter[str] = Counter()
    reports = []
    for (group, classes), count in zip(GROUPS.items(), offences, strict=True):
        known = [crime for name in classes for crime in placed[district, year, name]]
        order = pick(rng, known, len(known), lambda crime: weight[crime.lsoa] ** 0.5)
        chosen: list[Crime] = []
        if pinned:
            given, _ = fixed(county, areas, district, "hate", group, year)
            for place, number in given.items():
                chosen += [crime for crime in order if crime.lsoa == place][:number]
            order = [crime for crime in order if crime.lsoa not in given]
        for crime in order:
            if len(chosen) == count:
                break
            if counts[crime.lsoa] < most - 1 or crime.lsoa in centres:
                counts[crime.lsoa] += 1
                chosen.append(crime)
        for crime in chosen:
            crime.hate = True
            reports.append(
                Report(crime.recorded, "police", "offence", group, crime.lsoa, district, crime.ref)
            )
    of_areas: dict[str, int] = {}
    at_most: int | None = None
    if pinned:
        weight = {place: w for place, w in weight.items() if counts[place] < most}
        of_areas, at_most = fixed(county, areas, district, "hate", "incident", year)
    places = spread(rng, incidents, weight, of_areas, at_most)
    for place, day in zip(places, event_days(rng, year, places, "nights out"), strict=True):
        reports.append(Report(day, "police", "incident", "", place, district))
    return reports


def _victims(rng: random.Random, reports: Sequence[Report], total: int) -> None:
    """Give the reports their victims and strands, in the shares of 2010/11."""
    part = total / PATTERN_REPORTS

    def column(values: dict[str, int], filler: str) -> list[str]:
        cells = [value for value, count in values.items() for _ in range(round(count * part))]
        cells = (cells + [filler] * total)[:total]
        rng.shuffle(cells)
        return cells

    genders = column(
        {"Male": MALE, "Female": FEMALE, "Other": OTHER_GENDER, **UNUSABLE_GENDER}, "Male"
    )
    ages = column({**UNUSABLE_AGE}, "known")
    ethnicities = column({"White": WHITE, **OTHER_ETHNICITIES, **UNUSABLE_ETHNICITY}, "White")
    strands = column(STRANDS, "racial")
    for report, gender, age, ethnicity, strand in zip(
        reports, genders, ages, ethnicities, strands, strict=True
    ):
        if age == "known":
            years = rng.randrange(7, 17) if report.source == "school" else rng.gauss(36, 14)
            age = str(round(min(max(years, 5), 88)))
        report.victim = (gender, age, ethnicity)
        report.strands = strand


def _over_the_border(rng: random.Random, county: County, year: int) -> list[Report]:
    """A few reports of the project in a neighbour of the county."""
    outside = county.outside[0]
    return [
        Report(day, "himp", "incident", "", "", outside, victim=("Male", "30", "White"),
               strands="racial")
        for day in event_days(rng, year, [outside] * 6, "level")
    ]  # fmt: skip


MISPLACED = 4
"""Reports of a year in which the district code is not that of the LSOA."""
CORRECTED = 6
"""Reports of which the first extract gave one strand only, the last one several."""


def hate_files(county: County, reports: Sequence[Report], scale: int = 1) -> Files:
    """The files of `landing/hate/report/`: history by the year, then the quarters of 2010/11."""
    rng = random.Random(county.seed + 31)
    extract = Extract(HEADER, ("report_id", "linked_crime_ref"), scale)
    misplaced = {
        report.number
        for year in YEARS
        for report in pick(
            rng,
            [r for r in reports if r.lsoa and r.district == county.focus and _in(r, year)],
            MISPLACED,
        )
    }
    rows = {
        report.number: _row(
            rng, report, county.office if report.number in misplaced else report.district
        )
        for report in reports
    }
    corrected = [r.number for r in reports if _in(r, LAST_YEAR) and ";" in r.strands][:CORRECTED]
    sent_first = rows | {
        number: (*rows[number][:4], "racial", *rows[number][5:]) for number in corrected
    }
    files = {}
    for year in YEARS[:-1]:
        files[f"report_{span(year)}.csv"] = extract.file(
            (rows[report.number] for report in reports if _in(report, year)),
            Manner(trailing_lines=1),
        )
    for quarter, (first, last) in enumerate(
        (("2010-04", "2010-06"), ("2010-07", "2010-09"), ("2010-10", "2010-12"),
         ("2011-01", "2011-03"))
    ):  # fmt: skip
        sent = [sent_first[r.number] for r in reports if first <= r.reported[:7] <= last]
        if quarter == 1:
            sent[10:10] = _broken(sent[10])
        files[f"report_{first}_to_{last}.csv"] = extract.file(sent)
    files["report_corrections_2010-11.csv"] = extract.file(rows[number] for number in corrected)
    return files


def _in(report: Report, year: int) -> bool:
    return f"{year}-04" <= report.reported[:7] <= f"{year + 1}-03"


def _row(rng: random.Random, report: Report, district: str) -> Row:
    source = report.source.upper() if rng.random() < 0.01 else report.source
    gender, age, ethnicity = report.victim
    return (
        report.number, report.reported, source, report.kind, report.strands,
        report.offence_group, gender, age, ethnicity, report.lsoa, district, report.linked_crime,
    )  # fmt: skip


def _broken(row: Row) -> list[Row]:
    """Rows without a district, of an unknown source, and one cut short."""
    return [
        ("HR90001", *row[1:10], "", row[11]),
        ("HR90002", row[1], "newspaper", *row[3:]),
        ("HR90003", *row[1:6]),
    ]
