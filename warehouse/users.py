"""Who runs this process, as the operating system knows."""

import os
import pwd


def user_name() -> str:
    """The name of the process's user; its number where it has none, as in a container."""
    number = os.geteuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
