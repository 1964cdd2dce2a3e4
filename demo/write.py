"""Put the demo's extracts into a home's landing folder."""

import contextlib
import gc
import os
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from demo.benchmark_files import benchmark_files
from demo.council import council_files
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
from warehouse.home import Home

# Files are dated a minute apart, so that "the file landed later is newer" has one answer, and the
# newest far enough back that ingest need not wait to see whether it still grows.
BETWEEN_FILES_SECONDS = 60
NEWEST_SECONDS_AGO = 120

NO_GROUP = "most_similar_group: []"
GROUP = """\
# Three neighbours stand for it in the demo: a real group lies across England.
most_similar_group: [E07000130, E07000132, E07000134]"""


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
def demo_files(scale: int = 1) -> dict[str, bytes]:
    """Every extract by its path under `landing/`, in the order in which they were landed.

    At a `scale` over 1 the partners' events are written that many times, the copies with
    identifiers of their own: for measuring, as the calibrated figures hold for 1 only.
    """
    areas = small_areas()
    crimes = recorded_crimes(areas)
    reports = hate_reports(areas, crimes)  # marks the crimes that reports are linked to
    feeds = {
        "police/recorded_crime": crime_files(crimes, scale),
        "police/incident": incident_files(incidents(areas, crimes), scale),
        "hate/report": hate_files(reports, scale),
        "marac/hearing": marac_files(hearings(), scale),
        "fire/incident": fire_files(fire_incidents(areas), scale),
        "council/asb_report": council_files(areas, scale),
        "probation/caseload": probation_files(areas, scale),
        "youth/disposal": youth_files(disposals(), scale),
        "survey/perception": survey_files(),
        "partnership/target": {"targets_2010-11.csv": _own("targets.csv")},
        "partnership/published_figure": {"assessment-2010-11.csv": _own("assessment_figures.csv")},
        "police/street_crime": street_files(street_crime(areas, scale)),
    }
    reference = {**reference_files(areas), **benchmark_files(areas)}
    return {
        **{f"reference/{name}": content for name, content in reference.items()},
        **{
            f"{feed}/{name}": content
            for feed, files in feeds.items()
            for name, content in files.items()
        },
    }


def _own(name: str) -> bytes:
    """A file of this package that is sent as it is.

    Targets without a baseline are from the warehouse's own figure of that year; the figures are
    those of the assessment that the demo reproduces.
    """
    return resources.files("demo").joinpath(name).read_bytes()


def write_demo(home: Home, scale: int = 1) -> list[str]:
    """Write the demo's extracts into `home.landing`; return their paths below it.

    Names Blaby's most similar group in the home's settings, unless they name one. Writing the
    extracts a second time lands the same bytes again, which a run notes as duplicates.
    """
    _name_most_similar_group(home)
    written = demo_files(scale)
    landed = time.time() - NEWEST_SECONDS_AGO - BETWEEN_FILES_SECONDS * len(written)
    for name, content in written.items():
        landed += BETWEEN_FILES_SECONDS
        _write(home.landing / name, content, landed)
    return list(written)


def _name_most_similar_group(home: Home) -> None:
    settings = home.csp_yml.read_text(encoding="utf-8")
    if NO_GROUP in settings:
        home.csp_yml.write_text(settings.replace(NO_GROUP, GROUP), encoding="utf-8")


def _write(path: Path, content: bytes, modified: float) -> None:
    """Write whole: a run that lists the folder meanwhile sees the file complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(content)
    unfinished.chmod(0o600)
    os.utime(unfinished, (modified, modified))
    unfinished.replace(path)
