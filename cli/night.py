"""`csp init`, `csp demo`, `csp run` and `csp up`: making a home and running its nights."""

from pathlib import Path

from cli.show import complain, heading, say, warn
from warehouse import first_settings, trail
from warehouse.areas import find
from warehouse.errors import UsageError
from warehouse.files import write_whole
from warehouse.home import Home
from warehouse.settings import Settings, load_settings
from warehouse.status import MOST_CHANGES_SHOWN


def init(home: Home, county: str | None = None) -> None:
    """Make the home, with settings for `county` where it is given, and say what comes next."""
    existed = home.csp_yml.is_file()
    found = find(county) if county is not None else None
    settings = first_settings.settings_of(found.who) if found else first_settings.BLANK
    if found and existed:
        _make_way(home, settings)
    home.init(settings)
    blank = home.is_blank
    if not blank:
        _warn_of_alerts(home, load_settings(home))
    say(f"{'The home is ready' if existed else 'Made the home'}: {home.root}")
    say(f"  settings  {home.csp_yml}")
    say(f"  landing   {home.landing}/<partner>/<feed>/   put extracts here")
    if found:
        who = found.who
        of = f"{len(who.focus_areas)} of the {len(who.districts)} districts of {who.county_name}"
        say(f"The settings are those of {who.partnership}, {of}. Look at and edit in them:")
        for note in found.notes:
            say(f"  - {note}")
        say("  - most_similar_group: the districts that the Home Office groups with yours")
        say("  - geography: lsoa_2021 for results by the LSOAs of 2021")
    if blank:
        say("The settings do not say yet who you are. Fill them in, or have them written:")
        say(f"  csp init --home {home.root} --county NAME   a district, county or partnership")
    say(f"Then: csp run --home {home.root}")


def _make_way(home: Home, settings: str) -> None:
    """Remove settings that name nobody yet. Raises UsageError where they name somebody else."""
    if home.is_blank:
        home.csp_yml.unlink()
    elif home.csp_yml.read_bytes() != settings.encode():
        raise UsageError(
            f"{home.csp_yml} is filled in already, and is left as it is. Edit it; or move it away "
            "and give the same command again to have it written anew."
        )


def run(home: Home, full_refresh: bool, debug: bool) -> int:
    """Run the nightly job; exit status 1 if it was blocked or failed."""
    home.require()
    from cli.progress import shown
    from orchestration.run import run_nightly

    with shown(debug) as listener:
        outcome = run_nightly(home, full_refresh, listener)
    trail.tell(*([outcome.publication_id] if outcome.publication_id else []))
    for warning in outcome.warnings:
        warn(warning)
    if outcome.status in ("published", "unchanged"):
        say(outcome.message)
        if outcome.changes:
            heading("Changed since the last publication:")
            for line in outcome.changes[:MOST_CHANGES_SHOWN]:
                say(f"  {line}")
            more = len(outcome.changes) - MOST_CHANGES_SHOWN
            if more > 0:
                say(f"  and {more:,} more months: quality/index.html#changes")
        return 0
    said = " ".join(part for part in (outcome.message, outcome.what_to_do) if part)
    complain(f"the run is {outcome.status}; the last publication stays current. {said}")
    note = home.failures / f"{outcome.run_id}.txt"
    if note.is_file():
        complain(f"more in {note}")
    kept = home.failures / f"{outcome.run_id}.debug.txt"
    if debug and kept.is_file():
        complain(f"what was kept in {kept}:\n{kept.read_text(encoding='utf-8')}")
    return 1


def demo(home: Home, debug: bool, county_name: str | None = None) -> int:
    """Write a demo partnership into a home of its own, run, and print queries to try.

    Of the county named; else of the one the home has a demo of, or the first.
    """
    _refuse_real_home(home)
    from demo.county import FIRST, load
    from demo.findings import findings
    from demo.next_steps import first_page, next_steps
    from demo.write import demo_settings, write_demo

    held = _held_demo(home)
    if county_name and held and county_name != held:
        raise UsageError(
            f"{home.root} holds the demo of {held} already; give that of {county_name} a home of "
            f"its own: csp demo --county {county_name} --home DIR"
        )
    county = load(county_name or held or FIRST)
    if home.current.exists():
        say(f"The demo's extracts are loaded in {home.root}; remove that folder to start afresh.")
    else:
        if home.csp_yml.is_file() and home.is_blank:
            home.csp_yml.unlink()
        home.init(demo_settings(county))
        focus_areas = load_settings(home).focus_areas
        if not set(focus_areas) <= set(county.districts):
            raise UsageError(
                f"{home.csp_yml} names districts outside {county.facts.name}, whose demo this "
                "would be. Give it a home of its own: csp demo --home DIR"
            )
        write_whole(_demo_mark(home), county.key, 0o600)
        written = write_demo(home, county)
        say(f"Wrote the demo partnership's {len(written)} extracts into {home.landing}")
    status = run(home, False, debug)
    if status == 0:
        say()
        page, document = first_page(home)
        heading(page)
        say(document)
        say()
        heading("First findings:")
        for finding in findings(home):
            say(f"  {finding}")
        say()
        heading(next_steps(home).split("\n", 1)[0])
        say(next_steps(home).split("\n", 1)[1])
    return status


def up(home: Home) -> int:
    """Serve Dagster's web page and daemon until stopped."""
    settings = load_settings(home)
    _warn_of_alerts(home, settings)
    say(f"Starting Dagster for {home.root} ...")
    from cli.progress import PlainLines
    from orchestration.progress import listening
    from orchestration.up import serve

    with listening(PlainLines().hear):
        return serve(home, settings.webserver_port, say)


def _warn_of_alerts(home: Home, settings: Settings) -> None:
    """Say now what would otherwise be found in the night that has something to tell."""
    from warehouse.alerts import unready

    for problem in unready(settings, home):
        warn(problem)


def _refuse_real_home(home: Home) -> None:
    """Generated records must never be counted together with a partnership's own."""
    if _demo_mark(home).exists():
        return
    for folder in (home.landing, home.archive):
        found = next((path for path in folder.rglob("*") if path.is_file()), None)
        if found is not None:
            raise UsageError(
                f"{home.root} holds extracts already ({found.relative_to(home.root)}); the demo "
                "would mix generated records with them. Give it a home of its own: "
                "csp demo --home DIR"
            )


def _held_demo(home: Home) -> str | None:
    """The county whose demo the home holds; a mark without a name is the first one's."""
    from demo.county import FIRST

    mark = _demo_mark(home)
    return (mark.read_text(encoding="utf-8").strip() or FIRST) if mark.exists() else None


def _demo_mark(home: Home) -> Path:
    return home.archive / ".demo"
