"""The errors that commands show: one plain sentence for who must act, and an exit status."""


class CspError(Exception):
    """Something failed; the message says what, where and what to do."""

    exit_code = 1


class UsageError(CspError):
    """The command was used wrongly, or a setting is wrong."""

    exit_code = 2


class ContractError(UsageError):
    """A feed's contract (its YAML) is itself wrong."""


class FileRefused(CspError):  # noqa: N818 - the event's own name: the file is refused, the run goes on
    """A landed file breaks its feed's contract as a whole.

    reason: one sentence for whoever sent the file; line: physical line of the plain file, 1-based;
    column: header of the column as its contract has it, or `column 7`; mend (kept as
    `what_to_do`): what the sender or the engineer does.
    """

    def __init__(
        self,
        reason: str,
        line: int | None = None,
        column: str | None = None,
        mend: str | None = None,
    ) -> None:
        super().__init__(reason, line, column, mend)
        self.reason = reason
        self.line = line
        self.column = column
        self.what_to_do = mend or "Correct the file and land it again."

    def __str__(self) -> str:
        where = [f"line {self.line}"] if self.line is not None else []
        if self.column is not None:
            named = self.column if self.column.startswith("column ") else f"column {self.column}"
            where.append(named)
        return f"{', '.join(where)}: {self.reason}" if where else self.reason


class AlreadyRunning(CspError):  # noqa: N818 - nothing failed: another run has the home
    """Another run of the home goes on; this one has not begun, and there is nothing to mend."""


class RunBlocked(CspError):  # noqa: N818 - a run is blocked, which is not a fault of the program
    """A blocking check stopped the run; the last publication stays current."""


class RunFailed(CspError):  # noqa: N818 - named for the run's status
    """The run could not finish; the last publication stays current."""
