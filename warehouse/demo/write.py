"""Put the demo's extracts into a home's landing folder."""

import os
import time
from pathlib import Path

from warehouse.demo.benchmark_files import benchmark_files
from warehouse.demo.crime import street_crime
from warehouse.demo.places import small_areas
from warehouse.demo.reference_files import reference_files
from warehouse.demo.street_files import street_files
from warehouse.home import Home

# Files are dated a minute apart, so that "the file landed later is newer" has one answer, and the
# newest far enough back that ingest need not wait to see whether it still grows.
BETWEEN_FILES_SECONDS = 60
NEWEST_SECONDS_AGO = 120


def demo_files() -> dict[str, bytes]:
    """Every extract by its path under `landing/`, in the order in which they were landed."""
    areas = small_areas()
    reference = {**reference_files(areas), **benchmark_files(areas)}
    return {
        **{f"reference/{name}": content for name, content in reference.items()},
        **{
            f"police/street_crime/{name}": content
            for name, content in street_files(street_crime(areas)).items()
        },
    }


def write_demo(home: Home) -> list[str]:
    """Write the demo's extracts into `home.landing`; return their paths below it.

    Writing them a second time lands the same bytes again, which a run notes as duplicates.
    """
    written = demo_files()
    landed = time.time() - NEWEST_SECONDS_AGO - BETWEEN_FILES_SECONDS * len(written)
    for name, content in written.items():
        landed += BETWEEN_FILES_SECONDS
        _write(home.landing / name, content, landed)
    return list(written)


def _write(path: Path, content: bytes, modified: float) -> None:
    """Write whole: a run that lists the folder meanwhile sees the file complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(content)
    unfinished.chmod(0o600)
    os.utime(unfinished, (modified, modified))
    unfinished.replace(path)
