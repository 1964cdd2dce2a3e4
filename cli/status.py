"""`csp status` and `csp feeds`: how the home stands, at any hour, also during a run."""

import json
from datetime import date
from typing import Any

from cli.show import heading, plural, say, table
from warehouse import status as status_file
from warehouse.home import Home

MOST_MONTHS_SHOWN = 6
MOST_PROBLEMS_SHOWN = 3


def status(home: Home, as_json: bool) -> None:
    """Print the status: for people, or as the object of the interface."""
    found = status_file.read(home)
    if as_json:
        say(json.dumps(found, indent=2, ensure_ascii=False))
        return
    say(f"Home         {found['home']}")
    say(f"Last run     {_run(found['last_run'])}")
    if found["what_to_do"]:
        say(f"What to do   {found['what_to_do']}")
    if found["running"]:
        say(f"Running now  {_running(found['running'])}")
    say(f"Waiting      {_waiting(found['waiting'])}")
    say(f"Schedule     {_schedule(found['service'])}")
    publication = found["publication"]
    say(
        f"Publication  {publication['id']}, published {publication['published_at']}"
        if publication
        else "Publication  none yet: `csp run` makes the first one"
    )
    if found["publication_problems"]:
        say(f"             {_damage(found['publication_problems'])}")
    say(f"Checks       {_counts(found['checks'])}")
    say()
    feeds_with_files = [feed for feed in found["feeds"] if feed["files"]]
    if feeds_with_files:
        table(
            ("feed", "files", "accepted", "rejected", "latest month"),
            (
                (
                    feed["feed"],
                    f"{feed['files']:,}",
                    f"{feed['accepted']:,}",
                    f"{feed['rejected']:,}",
                    feed["latest_month"] or "",
                )
                for feed in feeds_with_files
            ),
            frozenset({1, 2, 3}),
        )
    waiting = len(found["feeds"]) - len(feeds_with_files)
    if waiting:
        say(f"{plural(waiting, 'feed')} without a file: `csp feeds` lists them.")
    _problems(found)


def feeds(home: Home) -> None:
    """Print every feed: cadence, last file, months missing."""
    from warehouse.contract import load_contracts

    found = status_file.read(home)["feeds"]
    cadences = {feed: contract.cadence for feed, contract in load_contracts().items()}
    table(
        ("feed", "expected", "files", "last file", "received", "months", "missing months"),
        (
            (
                feed["feed"],
                cadences.get(feed["feed"], ""),
                f"{feed['files']:,}",
                feed.get("last_file") or "",
                (feed.get("last_received") or "")[:10] + _overdue(feed),
                f"to {feed['latest_month']}" if feed["latest_month"] else "",
                _missing(feed.get("missing_months") or {}),
            )
            for feed in found
        ),
        frozenset({2}),
    )


def _run(run: dict[str, Any] | None) -> str:
    if run is None:
        return "none yet"
    message = f": {run['message']}" if run.get("message") else ""
    return f"{run['status']}, finished {run['finished_at']} (run {run['run_id']}){message}"


def _running(running: dict[str, Any]) -> str:
    step = running["step"] and (
        f"; at the step {running['step']!r} since {running['step_started_at']}"
    )
    return f"process {running['pid']}, since {running['started_at']}{step or ''}"


def _waiting(waiting: list[dict[str, Any]] | None) -> str:
    if waiting is None:
        return "only the home's owner may look into landing/"
    if not waiting:
        return "nothing lies in landing/"
    listed = "; ".join(
        f"{feed['feed']}: {plural(feed['files'], 'file')}, the oldest of {feed['oldest']}"
        for feed in waiting
    )
    return f"{plural(sum(feed['files'] for feed in waiting), 'file')} in landing/ ({listed})"


def _schedule(service: dict[str, Any] | None) -> str:
    if service is None:
        return "only the home's owner may see whether `csp up` is running"
    running, stopped = service["running"], service["stopped"]
    off = (
        f"STOPPED: {' and '.join(stopped)} turned off on Dagster's page; turn it on there again"
        if stopped
        else ""
    )
    if running:
        state = off or "the nightly run and the landing sensor are on"
        return f"{state} (`csp up`, process {running['pid']}, since {running['started_at']})"
    nothing = "`csp up` is not running: unless cron or another starts `csp run`, nothing will"
    return f"{nothing}; {off}" if off else nothing


def _damage(problems: list[str]) -> str:
    more = len(problems) - MOST_PROBLEMS_SHOWN
    listed = "; ".join(problems[:MOST_PROBLEMS_SHOWN]) + (f"; and {more} more" if more > 0 else "")
    return (
        f"NO LONGER WHAT ITS MANIFEST SAYS: {listed}. Somebody changed it after it was published: "
        "`csp rollback` to an earlier one, or `csp run --full-refresh` for a new one"
    )


def _counts(checks: dict[str, int]) -> str:
    return (
        f"{checks['passed']:,} passed, {checks['failed']:,} failed, "
        f"{checks['not_applicable']:,} not applicable, {checks['error']:,} could not be evaluated"
    )


def _problems(found: dict[str, Any]) -> None:
    if found["noticed"]:
        say()
        heading("Noticed while loading")
        for line in found["noticed"]:
            say(f"  {line}")
    if found["commentary"]:
        say()
        heading("Commentary of the assessment to look at")
        for line in found["commentary"]:
            say(f"  {line}")
    if found["refused"]:
        say()
        heading("Refused files")
        for refused in found["refused"]:
            say(f"  {refused['feed']}: {refused['file']}: {refused['reason']}")
    if found["held"]:
        say()
        heading("Held files: loaded, not in force")
        for held in found["held"]:
            say(f"  {held['feed']}/{held['file']}: {held['reason']}")
            say(f"    {held['what_to_do']}")
    told = {held["check_id"] for held in found["held"]}
    others = [check for check in found["not_passed"] if check["check_id"] not in told]
    if others:
        say()
        heading("Checks that did not pass")
        for check in others:
            observed = check["observed"] or check["message"] or "no result"
            required = f", required {check['threshold']}" if check["threshold"] else ""
            say(
                f"  {check['severity']}: {check['check_id']}: {check['status']} "
                f"({observed}{required})"
            )
        more = sum(found["checks"][how] for how in ("failed", "error")) - len(found["not_passed"])
        if more > 0:
            say(f"  and {plural(more, 'check')} more, such as those of tables that were not built")


def _overdue(feed: dict[str, Any]) -> str:
    due_on = feed.get("due_on")
    return " overdue" if due_on and due_on < date.today().isoformat() else ""


def _missing(by_source: dict[str, list[str]]) -> str:
    if not by_source:
        return ""
    if len(by_source) > MOST_MONTHS_SHOWN:
        months = sum(len(months) for months in by_source.values())
        return f"{plural(months, 'month')} of {plural(len(by_source), 'source')}"
    return "; ".join(
        f"{source}: {_ranges(months)}" if source else _ranges(months)
        for source, months in by_source.items()
    )


def _ranges(months: list[str]) -> str:
    """`2019-03 to 2019-11, 2020-02` for the months in order."""
    numbers = [int(month[:4]) * 12 + int(month[5:]) for month in months]
    parts: list[list[str]] = []
    for index, month in enumerate(months):
        if index and numbers[index] == numbers[index - 1] + 1:
            parts[-1].append(month)
        else:
            parts.append([month])
    return ", ".join(part[0] if len(part) == 1 else f"{part[0]} to {part[-1]}" for part in parts)
