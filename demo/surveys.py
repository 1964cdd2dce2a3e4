"""The demo's perception surveys: estimates by area, never respondents.

How it is calibrated: of 27 counties Leicestershire has the 13th highest part of people who see drug
use or dealing as a problem (NI 42) in the wave of 2010/11, lower than in 2008 and below the region
and England; of its districts North West Leicestershire and Hinckley and Bosworth have the highest.
"""

import random

from demo.extracts import Extract, Files, Row
from demo.places import (
    BLABY,
    CHARNWOOD,
    COUNTY_CODE,
    DISTRICTS,
    HARBOROUGH,
    HINCKLEY,
    MELTON,
    NORTH_WEST,
    OADBY,
    SEED,
)

HEADER = (
    "survey", "wave", "fieldwork_end", "question_id", "question", "area_code", "area_name", "base",
    "percent",
)  # fmt: skip
WAVES = {"2008": "2008-12-19", "2010/11": "2010-12-17"}
QUESTIONS = {
    "NI42": "Perceive drug use or drug dealing as a very or fairly big problem",
    "NI41": "Perceive people being drunk or rowdy in public places as a very or fairly big problem",
}
DISTRICT_PERCENT = {
    "NI42": {NORTH_WEST: 26.1, HINCKLEY: 24.7, CHARNWOOD: 23.0, OADBY: 21.0, MELTON: 20.5,
             BLABY: 19.2, HARBOROUGH: 16.4},
    "NI41": {CHARNWOOD: 24.4, HINCKLEY: 21.9, NORTH_WEST: 21.3, MELTON: 19.8, OADBY: 17.2,
             BLABY: 15.1, HARBOROUGH: 14.6},
}  # fmt: skip
"""Of 2010/11; in 2008 each was higher."""
COUNTY_PERCENT = {"NI42": 21.8, "NI41": 19.9}
WIDER = {
    "E12000004": ("East Midlands", {"NI42": 26.4, "NI41": 25.0}),
    "E92000001": ("England", {"NI42": 25.9, "NI41": 24.7}),
}
OTHER_COUNTIES = {
    "E10000002": "Buckinghamshire", "E10000003": "Cambridgeshire", "E10000006": "Cumbria",
    "E10000007": "Derbyshire", "E10000008": "Devon", "E10000009": "Dorset",
    "E10000011": "East Sussex", "E10000012": "Essex", "E10000013": "Gloucestershire",
    "E10000014": "Hampshire", "E10000015": "Hertfordshire", "E10000016": "Kent",
    "E10000017": "Lancashire", "E10000019": "Lincolnshire", "E10000020": "Norfolk",
    "E10000021": "Northamptonshire", "E10000023": "North Yorkshire",
    "E10000024": "Nottinghamshire", "E10000025": "Oxfordshire", "E10000027": "Somerset",
    "E10000028": "Staffordshire", "E10000029": "Suffolk", "E10000030": "Surrey",
    "E10000031": "Warwickshire", "E10000032": "West Sussex", "E10000034": "Worcestershire",
}  # fmt: skip
HIGHER_COUNTIES = 12
"""Counties above Leicestershire, whose rank is the next."""
FALL = {"NI42": 2.9, "NI41": 2.1}
"""Percentage points by which Leicestershire fell from 2008; elsewhere within one of it."""
LOCAL_QUESTIONS = {
    "CR01": ("Feel safe outside in the local area after dark", 68.0),
    "CR02": ("Agree that police and council deal with what matters locally", 57.0),
    "CR03": ("Say that drug use or dealing is a problem in the local area", 14.0),
}
LOCAL_WAVES = {"2009/10": "2010-03-26", "2010/11": "2011-03-25"}


def survey_files() -> Files:
    """The files of `landing/survey/perception/`, one a survey and wave."""
    rng = random.Random(SEED + 90)
    extract = Extract(HEADER, ())
    estimates = _estimates(rng)
    files = {
        f"place_{wave.replace('/', '-')}.csv": extract.file(
            _place_row(rng, wave, question, area, name, now, fall)
            for question, area, name, now, fall in estimates
        )
        for wave in WAVES
    }
    for wave in LOCAL_WAVES:
        files[f"crave_{wave.replace('/', '-')}.csv"] = extract.file(_crave(rng, wave))
    return files


Estimate = tuple[str, str, str, float, float]
"""Question, area, its name, percent in 2010/11, points by which it fell since 2008."""


def _estimates(rng: random.Random) -> list[Estimate]:
    names = dict(DISTRICTS.values())
    found: list[Estimate] = []
    for question in QUESTIONS:
        fall = FALL[question]
        for code, percent in DISTRICT_PERCENT[question].items():
            found.append((question, code, names[code], percent, fall + rng.uniform(-1, 1)))
        county = COUNTY_PERCENT[question]
        found.append((question, COUNTY_CODE, "Leicestershire", county, fall))
        for code, (name, percents) in WIDER.items():
            found.append((question, code, name, percents[question], fall + 0.4))
        steps = [0.5 + 0.6 * n for n in range(HIGHER_COUNTIES)]
        steps += [-0.5 - 0.5 * n for n in range(len(OTHER_COUNTIES) - HIGHER_COUNTIES)]
        rng.shuffle(steps)
        for (code, name), step in zip(OTHER_COUNTIES.items(), steps, strict=True):
            found.append((question, code, name, county + step, fall + rng.uniform(-1, 1)))
    return found


def _place_row(
    rng: random.Random, wave: str, question: str, area: str, name: str, now: float, fall: float
) -> Row:
    percent = now if wave == "2010/11" else now + fall
    sizes = {"E07": (900, 1300), "E10": (4500, 9000), "E12": (36_000, 42_000)}
    low, high = sizes.get(area[:3], (480_000, 520_000))
    return ("PLACE", wave, WAVES[wave], question, QUESTIONS[question], area, name,
            rng.randrange(low, high), f"{percent:.1f}")  # fmt: skip


def _crave(rng: random.Random, wave: str) -> list[Row]:
    names = dict(DISTRICTS.values())
    rows: list[Row] = []
    for question, (text, level) in LOCAL_QUESTIONS.items():
        for district, problem in DISTRICT_PERCENT["NI42"].items():
            off = (problem - 21.5) * (1 if question == "CR03" else -1) + rng.uniform(-1.5, 1.5)
            rows.append(
                ("CRAVE", wave, LOCAL_WAVES[wave], question, text, district, names[district],
                 rng.randrange(280, 420), f"{level + off * 0.7:.1f}")
            )  # fmt: skip
    return rows
