"""What starts a run: the clock at two in the morning, and files that landed."""

import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition as Job,  # Dagster exports the function that makes it, not its type
)

from warehouse.contract import load_contracts
from warehouse.home import Home
from warehouse.ingest import landing
from warehouse.ingest.landing import Landed
from warehouse.locking import holder
from warehouse.settings import load_settings

# An upload takes minutes and a run a minute or more, so a quarter of a minute is no wait; a look is
# one listing of a few folders.
LOOK_EVERY_SECONDS = 15


@dataclass(frozen=True)
class Watch:
    """What the sensor remembers between looks; kept as the sensor's cursor.

    seen: fingerprint of the last listing, first met at `since` (seconds of the epoch). acted_on:
    the listing a run was asked for. generation: counts how often landing was empty, so that the
    same file landed twice is two listings.
    """

    seen: str = ""
    since: float = 0.0
    acted_on: str = ""
    generation: int = 0

    @classmethod
    def from_cursor(cls, cursor: str | None) -> "Watch":
        """The cursor's content; a fresh watch if there is none or it is not ours."""
        try:
            return cls(**json.loads(cursor or ""))
        except (ValueError, TypeError):
            return cls()

    def to_cursor(self) -> str:
        """As text for Dagster to keep."""
        return json.dumps(asdict(self))


def fingerprint(files: Iterable[Landed]) -> str:
    """A SHA-256 of names, sizes and times, without reading any file; '' for no file."""
    entries = sorted((file.feed, file.name, file.size, file.mtime_ns) for file in files)
    return hashlib.sha256(json.dumps(entries).encode()).hexdigest() if entries else ""


def look(
    watch: Watch, files: list[Landed], now: float, settle_seconds: float
) -> tuple[Watch, str | None, str]:
    """Decide on one listing: (what to remember, run key or None, why).

    A run is asked for once per listing, and only when nothing in it changed for `settle_seconds`.
    What a run leaves behind unchanged is therefore not tried again until the nightly schedule.
    """
    listed = fingerprint(files)
    if not listed:
        generation = watch.generation + bool(watch.seen)
        return Watch(generation=generation), None, "Nothing has landed."
    if listed != watch.seen:
        watch = replace(watch, seen=listed, since=now)
    if listed == watch.acted_on:
        return watch, None, "What lies in landing was there in the last run, unchanged."
    # A sender's clock may run ahead: then what counts is how long we have seen no change.
    aged = all(now - file.mtime_ns / 1e9 >= settle_seconds for file in files)
    if not aged and now - watch.since < settle_seconds:
        return watch, None, "Files are still being written."
    watch = replace(watch, acted_on=listed)
    return watch, f"{watch.generation}-{listed[:32]}", f"{len(files)} landed files are complete."


def landing_sensor(job: Job) -> dg.SensorDefinition:
    """Asks for a run when files have landed and are complete."""

    @dg.sensor(
        name="landing",
        job=job,
        minimum_interval_seconds=LOOK_EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts a run when partners' files have landed and stopped growing.",
    )
    def landed(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        home = Home.resolve()
        settings = load_settings(home)
        if holder(home.lock_file) is not None:
            return dg.SkipReason("A run of this home is going on; it takes what has landed.")
        found = landing.listing(home, load_contracts())
        watch, run_key, why = look(
            Watch.from_cursor(context.cursor), found.files, time.time(), settings.settle_seconds
        )
        if run_key is None:
            return dg.SensorResult(skip_reason=why, cursor=watch.to_cursor())
        return dg.SensorResult(
            run_requests=[dg.RunRequest(run_key=run_key, tags={"started_by": "landing"})],
            cursor=watch.to_cursor(),
        )

    return landed


def nightly_schedule(job: Job) -> dg.ScheduleDefinition:
    """Two in the morning, English time: partners' exports end by one."""
    return dg.ScheduleDefinition(
        name="nightly",
        job=job,
        cron_schedule="0 2 * * *",
        execution_timezone="Europe/London",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every night at 02:00.",
    )
