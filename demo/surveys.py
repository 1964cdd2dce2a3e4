"""The demo's perception surveys: estimates by area, never respondents.

How it is calibrated: the county says which part of its districts and of the whole sees drug use or
dealing, and drunkenness, as a problem (NI 42 and NI 41) in the wave of 2010/11, how many of 26
other counties are above it, and by how much it fell since 2008.
"""

import random

from demo.county import County
from demo.extracts import Extract, Files, Row

HEADER = (
    "survey", "wave", "fieldwork_end", "question_id", "question", "area_code", "area_name", "base",
    "percent",
)  # fmt: skip
WAVES = {"2008": "2008-12-19", "2010/11": "2010-12-17"}
QUESTIONS = {
    "NI42": "Perceive drug use or drug dealing as a very or fairly big problem",
    "NI41": "Perceive people being drunk or rowdy in public places as a very or fairly big problem",
}
ENGLAND = "E92000001"
ENGLAND_PERCENT = {"NI42": 25.9, "NI41": 24.7}
COUNTIES = {
    "E10000002": "Buckinghamshire", "E10000003": "Cambridgeshire", "E10000006": "Cumbria",
    "E10000007": "Derbyshire", "E10000008": "Devon", "E10000009": "Dorset",
    "E10000011": "East Sussex", "E10000012": "Essex", "E10000013": "Gloucestershire",
    "E10000014": "Hampshire", "E10000015": "Hertfordshire", "E10000016": "Kent",
    "E10000017": "Lancashire", "E10000018": "Leicestershire", "E10000019": "Lincolnshire",
    "E10000020": "Norfolk", "E10000021": "Northamptonshire", "E10000023": "North Yorkshire",
    "E10000024": "Nottinghamshire", "E10000025": "Oxfordshire", "E10000027": "Somerset",
    "E10000028": "Staffordshire", "E10000029": "Suffolk", "E10000030": "Surrey",
    "E10000031": "Warwickshire", "E10000032": "West Sussex", "E10000034": "Worcestershire",
}  # fmt: skip
LOCAL_QUESTIONS = {
    "CR01": ("Feel safe outside in the local area after dark", 68.0),
    "CR02": ("Agree that police and council deal with what matters locally", 57.0),
    "CR03": ("Say that drug use or dealing is a problem in the local area", 14.0),
}
LOCAL_WAVES = {"2009/10": "2010-03-26", "2010/11": "2011-03-25"}


def survey_files(county: County) -> Files:
    """The files of `landing/survey/perception/`, one a survey and wave."""
    rng = random.Random(county.seed + 90)
    extract = Extract(HEADER, ())
    estimates = _estimates(rng, county)
    files = {
        f"place_{wave.replace('/', '-')}.csv": extract.file(
            _place_row(rng, wave, question, area, name, now, fall)
            for question, area, name, now, fall in estimates
        )
        for wave in WAVES
    }
    for wave in LOCAL_WAVES:
        files[f"crave_{wave.replace('/', '-')}.csv"] = extract.file(_crave(rng, county, wave))
    return files


Estimate = tuple[str, str, str, float, float]
"""Question, area, its name, percent in 2010/11, points by which it fell since 2008."""


def _estimates(rng: random.Random, county: County) -> list[Estimate]:
    survey = county.facts.survey
    others = {code: name for code, name in COUNTIES.items() if code != county.facts.code}
    found: list[Estimate] = []
    for question in QUESTIONS:
        fall = survey.falls[question]
        for code, percent in survey.districts[question].items():
            name = county.by_code[code].name
            found.append((question, code, name, percent, fall + rng.uniform(-1, 1)))
        own = survey.county[question]
        found += [
            (question, county.facts.code, county.facts.name, own, fall),
            (question, survey.region, survey.region_name, survey.region_percent[question],
             fall + 0.4),
            (question, ENGLAND, "England", ENGLAND_PERCENT[question], fall + 0.4),
        ]  # fmt: skip
        steps = [0.5 + 0.6 * n for n in range(survey.higher_counties)]
        steps += [-0.5 - 0.5 * n for n in range(len(others) - survey.higher_counties)]
        rng.shuffle(steps)
        for (code, name), step in zip(others.items(), steps, strict=True):
            found.append((question, code, name, own + step, fall + rng.uniform(-1, 1)))
    return found


def _place_row(
    rng: random.Random, wave: str, question: str, area: str, name: str, now: float, fall: float
) -> Row:
    percent = now if wave == "2010/11" else now + fall
    sizes = {"E07": (900, 1300), "E10": (4500, 9000), "E12": (36_000, 42_000)}
    low, high = sizes.get(area[:3], (480_000, 520_000))
    return ("PLACE", wave, WAVES[wave], question, QUESTIONS[question], area, name,
            rng.randrange(low, high), f"{percent:.1f}")  # fmt: skip


def _crave(rng: random.Random, county: County, wave: str) -> list[Row]:
    rows: list[Row] = []
    for question, (text, level) in LOCAL_QUESTIONS.items():
        for district, problem in county.facts.survey.districts["NI42"].items():
            off = (problem - 21.5) * (1 if question == "CR03" else -1) + rng.uniform(-1.5, 1.5)
            rows.append(
                ("CRAVE", wave, LOCAL_WAVES[wave], question, text, district,
                 county.by_code[district].name, rng.randrange(280, 420), f"{level + off * 0.7:.1f}")
            )  # fmt: skip
    return rows
