"""`csp withdraw`: a loaded file out of force, and back."""

import shlex

from cli.show import say
from warehouse import status
from warehouse.home import Home
from warehouse.ingest.withdrawal import change_force


def withdraw(home: Home, file: str, feed: str | None, reason: str | None, back: bool) -> None:
    """Say what was withdrawn or came back, what is in force now, and what to do."""
    lines = change_force(home, file, back=back, feed=feed, reason=reason, record=status.changed)
    for line in lines:
        say(line)
    say("Nothing is published yet: `csp run` builds and publishes it.")
    if not back:
        say(f"To undo it: csp withdraw --back {shlex.quote(file)}")
