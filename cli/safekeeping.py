"""`csp rotate-key`: the pseudonyms of a home."""

from cli.show import plural, say
from warehouse import status
from warehouse.home import Home
from warehouse.ingest import rekeying


def rotate_key(home: Home) -> None:
    """Make every pseudonym anew, and say what comes next."""
    files = rekeying.rotate_key(home, lambda line: say(f"  {line}"), status.record)
    say(f"The home has a new key; {plural(files, 'file')} were read again under it.")
    say(f"Keep a backup of {home.key_file}, apart from that of the home, and destroy the former.")
    say("`csp run` builds and publishes what the rows are counted into.")
