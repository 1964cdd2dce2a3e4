"""What every command shares: --home, --debug, and errors as one plain sentence."""

import errno
import functools
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from cli.show import complain, warn
from warehouse.errors import CspError
from warehouse.home import Home
from warehouse.trail import recording


@dataclass(frozen=True)
class Place:
    """Where a command works, and whether its user wants tracebacks."""

    home: Home
    debug: bool


def command_of(group: click.Group) -> Callable[..., Callable[[Callable[..., Any]], Any]]:
    """A decorator `command(name)` of functions (place, **options) -> exit status or None.

    trail: whether it reads or changes anything of a home, and leaves a line in its access.log.
    """

    def command(name: str, *, trail: bool = True) -> Callable[[Callable[..., Any]], Any]:
        def decorate(function: Callable[..., int | None]) -> click.Command:
            @group.command(name)
            @click.option(
                "--home",
                type=click.Path(path_type=Path),
                metavar="DIR",
                help="The home; else CSP_HOME, else var in the checkout.",
            )
            @click.option("--debug", is_flag=True, help="Show tracebacks.")
            @click.pass_context
            @functools.wraps(function)
            def wrapped(
                context: click.Context, /, home: Path | None, debug: bool, **options: Any
            ) -> None:
                above: dict[str, Any] = context.obj or {}
                debug = debug or bool(above.get("debug"))
                with plain_errors(context, debug):
                    place = Place(Home.resolve(home or above.get("home")), debug)
                    with recording(place.home, name, warn) if trail else nullcontext() as entry:
                        status = function(place, **options) or 0
                        if entry is not None:
                            entry.exit_status = status
                    context.exit(status)

            return wrapped

        return decorate

    return command


@contextmanager
def plain_errors(context: click.Context, debug: bool) -> Iterator[None]:
    """End the command with one sentence and an exit status where it raises."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
        raise
    except KeyboardInterrupt:
        _end(context, debug, "stopped by the keyboard. What was published stays as it was.", 1)
    except CspError as error:
        _end(context, debug, str(error), error.exit_code)
    except PermissionError as error:
        _end(
            context,
            debug,
            f"{error.filename} may not be read or written by this user. "
            "Run as the user who owns the home.",
            1,
        )
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        _end(context, debug, f"{error.filename or 'The system'}: {error.strerror or error}.", 1)
    except Exception as error:
        _end(
            context,
            debug,
            f"something went wrong that the program did not expect ({type(error).__name__}). "
            "The same command with --debug shows where.",
            1,
        )


def _end(context: click.Context, debug: bool, sentence: str, status: int) -> None:
    if debug:
        click.echo(traceback.format_exc(), err=True)
    complain(sentence)
    context.exit(status)
