"""Put the demo's extracts into a home's landing folder."""

import contextlib
import gc
import os
import time
from collections.abc import Iterator
from pathlib import Path

from demo.benchmark_files import benchmark_files
from demo.council import council_files
from demo.county import County, load
from demo.crime_extracts import crime_files
from demo.fires import fire_files, fire_incidents
from demo.hate import hate_files, hate_reports
from demo.incident_extracts import incident_files
from demo.incidents import incidents
from demo.marac import hearings, marac_files
from demo.places import small_areas
from demo.probation import probation_files
from demo.recorded_crime import recorded_crimes
from demo.reference_files import reference_files
from demo.street_crime import street_crime
from demo.street_files import street_files
from demo.surveys import survey_files
from demo.youth import disposals, youth_files
from warehouse.first_settings import Who, settings_of
from warehouse.home import Home

# Files are dated a minute apart, so that "the file landed later is newer" has one answer, and the
# newest far enough back that ingest need not wait to see whether it still grows.
BETWEEN_FILES_SECONDS = 60
NEWEST_SECONDS_AGO = 120

NO_GROUP = "most_similar_group: []"
GROUP = """\
# Three neighbours stand for it in the demo: a real group lies across England.
most_similar_group: [{}]"""


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    """Leave cyclic garbage alone: some half a million objects live to the end, and none is such.

    A seventh of the time otherwise goes into looking at them (measured November 2026).
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_without_collecting()
def demo_files(county: County | None = None, scale: int = 1) -> dict[str, bytes]:
    """Every extract by its path under `landing/`, in the order in which they were landed.

    Of the first county, unless another is given. A county without a published assessment sends
    no figures of one.

    At a `scale` over 1 the partners' events are written that many times, the copies with
    identifiers of their own: for measuring, as the calibrated figures hold for 1 only.
    """
    county = county or load()
    areas = small_areas(county)
    crimes = recorded_crimes(county, areas)
    reports = hate_reports(county, areas, crimes)  # marks the crimes that reports are linked to
    feeds = {
        "police/recorded_crime": crime_files(county, areas, crimes, scale),
        "police/incident": incident_files(county, incidents(county, areas, crimes), scale),
        "hate/report": hate_files(county, reports, scale),
        "marac/hearing": marac_files(county, hearings(county), scale),
        "fire/incident": fire_files(county, fire_incidents(county, areas), scale),
        "council/asb_report": council_files(county, areas, scale),
        "probation/caseload": probation_files(county, areas, scale),
        "youth/disposal": youth_files(county, disposals(county), scale),
        "survey/perception": survey_files(county),
        "partnership/target": _own(county, "targets.csv", "targets_2010-11.csv"),
        "partnership/published_figure": _own(
            county, "assessment_figures.csv", "assessment-2010-11.csv"
        ),
        "police/street_crime": street_files(county, street_crime(county, areas, scale)),
    }
    reference = {**reference_files(county, areas), **benchmark_files(county, areas)}
    return {
        **{f"reference/{name}": content for name, content in reference.items()},
        **{
            f"{feed}/{name}": content
            for feed, files in feeds.items()
            for name, content in files.items()
        },
    }


def _own(county: County, name: str, sent_as: str) -> dict[str, bytes]:
    """A file of the county's folder that is sent as it is, if there is one.

    Targets without a baseline are from the warehouse's own figure of that year; the figures are
    those of the assessment that the demo reproduces.
    """
    content = county.own(name)
    return {} if content is None else {sent_as: content}


def demo_settings(county: County) -> str:
    """The text of a `csp.yml` of the county's partnership."""
    facts = county.facts
    who = Who(facts.partnership, facts.focus_areas, facts.code, facts.name, list(county.districts))
    said = {name: getattr(facts, name) for name in ("partners", "priorities")}
    lists = [f"\n{name}:\n" + "".join(f"  - {each}\n" for each in listed)
             for name, listed in said.items() if listed]  # fmt: skip
    return _with_group(settings_of(who), county) + "".join(lists)


def write_demo(home: Home, county: County | None = None, scale: int = 1) -> list[str]:
    """Write the demo's extracts into `home.landing`; return their paths below it.

    Names the most similar group of the county's partnership in the home's settings, unless they
    name one. Writing the extracts a second time lands the same bytes again, which a run notes as
    duplicates.
    """
    county = county or load()
    settings = home.csp_yml.read_text(encoding="utf-8")
    home.csp_yml.write_text(_with_group(settings, county), encoding="utf-8")
    written = demo_files(county, scale)
    landed = time.time() - NEWEST_SECONDS_AGO - BETWEEN_FILES_SECONDS * len(written)
    for name, content in written.items():
        landed += BETWEEN_FILES_SECONDS
        _write(home.landing / name, content, landed)
    return list(written)


def _with_group(settings: str, county: County) -> str:
    return settings.replace(NO_GROUP, GROUP.format(", ".join(county.facts.most_similar_group)))


def _write(path: Path, content: bytes, modified: float) -> None:
    """Write whole: a run that lists the folder meanwhile sees the file complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(content)
    unfinished.chmod(0o600)
    os.utime(unfinished, (modified, modified))
    unfinished.replace(path)
