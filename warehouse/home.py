"""The home: where one partnership's files lie, and who may read them."""

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import CspError, UsageError
from warehouse.files import write_whole
from warehouse.first_settings import BLANK
from warehouse.first_settings import EXAMPLE as CSP_YML

CONTRACTS = Path(__file__).resolve().parent / "contracts"
CHECKOUT = Path(__file__).resolve().parents[1]

# Analysts in the owner's group read assessments and commentary; landing, archive and refused hold
# record-level data. All others may go through the home to the list of its publications, each of
# which says by its own modes who reads what of it.
GROUP_MAY_READ = 0o750
OTHERS_MAY_PASS = 0o751
ALL_MAY_LIST = 0o755
OWNER_ONLY = 0o700
# What holds a secret has none of these bits.
READABLE_BY_OTHERS = 0o077

# Dagster names its SQLite files by URL, in which these mean something else.
NOT_IN_A_PATH = "?#%"


@dataclass(frozen=True)
class Home:
    """The folder of one partnership; every path of interface.md as an attribute."""

    root: Path

    @classmethod
    def resolve(cls, option: str | Path | None = None) -> "Home":
        """The home named by `--home`, else by CSP_HOME, else `var` in the checkout."""
        chosen = option or os.environ.get("CSP_HOME") or CHECKOUT / "var"
        return cls(Path(chosen).expanduser().absolute())

    @property
    def csp_yml(self) -> Path:
        return self.root / "csp.yml"

    @property
    def key_file(self) -> Path:
        return self.root / "pseudonym.key"

    @property
    def next_key_file(self) -> Path:
        """The key that a rotation is under way to."""
        return self.root / "pseudonym.key.next"

    @property
    def removals_file(self) -> Path:
        """What was erased or purged, and is not loaded again."""
        return self.root / "removals.json"

    @property
    def erasure_key_file(self) -> Path:
        """The key under which erased subjects are known."""
        return self.root / "erasure.key"

    @property
    def access_log(self) -> Path:
        """The trail of the commands that read or changed anything; lines are added to it alone."""
        return self.root / "access.log"

    @property
    def certificates(self) -> Path:
        return self.root / "certificates"

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def archive(self) -> Path:
        return self.root / "archive"

    @property
    def refused(self) -> Path:
        return self.root / "refused"

    @property
    def warehouse_file(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def has_warehouse(self) -> bool:
        """Whether anything was loaded. Raises CspError where it was, and the warehouse is gone."""
        if self.warehouse_file.is_file():
            return True
        if self.records_file.is_file() or self._has_archived():
            raise CspError(
                f"{self.warehouse_file} is gone, although files were loaded into it. Put it back "
                "from your backup, or give `csp rebuild`, which makes it anew from archive/."
            )
        return False

    def _has_archived(self) -> bool:
        found = (path for path in self.archive.rglob("*") if path.is_file())
        return any(not path.name.startswith(".") for path in found)

    @property
    def records_file(self) -> Path:
        """A copy of what no file of the archive says: `csp rebuild` reads it."""
        return self.root / "records.duckdb"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def current(self) -> Path:
        return self.published / "current"

    @property
    def commentary(self) -> Path:
        """The analysts' texts of the assessment that the night writes, and of others."""
        return self.root / "commentary"

    @property
    def assessments(self) -> Path:
        """Assessments written on demand, and those frozen."""
        return self.root / "assessments"

    @property
    def dagster(self) -> Path:
        return self.root / "dagster"

    @property
    def dbt_target(self) -> Path:
        return self.dagster / "dbt-target"

    @property
    def work(self) -> Path:
        """Scratch: unpacked members and DuckDB's spill; emptied at the start of each ingest."""
        return self.root / "work"

    @property
    def failures(self) -> Path:
        return self.root / "failures"

    @property
    def blocked_page(self) -> Path:
        """What stopped the last run that a check stopped, for a browser."""
        return self.failures / "blocked.html"

    @property
    def status_file(self) -> Path:
        return self.root / "status.json"

    @property
    def lock_file(self) -> Path:
        return self.root / "run.lock"

    @property
    def service_lock_file(self) -> Path:
        """Held while `csp up` serves the home."""
        return self.root / "up.lock"

    @property
    def standards_file(self) -> Path:
        return self.root / "completeness_standards.csv"

    @property
    def waivers_file(self) -> Path:
        return self.root / "waivers.csv"

    def init(self, settings: str = CSP_YML) -> None:
        """Make what is missing of the home; nothing that exists is overwritten.

        settings: the text of `csp.yml`; without it the demo partnership's.

        Folders that exist lose only the access of others: a group that partners deliver
        through keeps the access its administrator gave it. Raises CspError where the home
        cannot be written, UsageError where its path will not do.
        """
        self._require_plain_path()
        try:
            ours = not self.root.exists() or self._holds_only_a_home()
            _folder(self.root, OTHERS_MAY_PASS, tighten=ours)
            for path in (self.landing, self.archive, self.refused, self.dagster):
                _folder(path, OWNER_ONLY)
            for path in (self.work, self.failures):
                _folder(path, OWNER_ONLY)
            _folder(self.published, ALL_MAY_LIST)
            for path in (self.commentary, self.assessments):
                _folder(path, GROUP_MAY_READ)
            self.add_landing_folders()
            write_whole(self.csp_yml, settings, 0o640, replace=False)
            write_whole(self.key_file, secrets.token_hex(32) + "\n", replace=False)
            self.key_file.chmod(0o600)
        except OSError as error:
            raise CspError(
                f"The home {self.root} cannot be made: {_said(error)}. "
                "Choose a folder this user may write, with --home or CSP_HOME."
            ) from error

    @property
    def is_blank(self) -> bool:
        """Whether the settings are as `csp init` without a county wrote them, and name nobody."""
        return self.csp_yml.is_file() and self.csp_yml.read_bytes() == BLANK.encode()

    def add_landing_folders(self) -> None:
        """A landing folder for each contract, also for contracts newer than the home."""
        for contract in sorted(CONTRACTS.glob("*/*.yml")):
            _folder(self.landing / contract.parent.name, OWNER_ONLY)
            _folder(self.landing / contract.parent.name / contract.stem, OWNER_ONLY)

    def require(self) -> None:
        """Raise UsageError unless this is a home that `csp init` made."""
        self._require_plain_path()
        if not self.csp_yml.is_file():
            raise UsageError(f"No home at {self.root}: run `csp init --home {self.root}`.")

    def _require_plain_path(self) -> None:
        found = [letter for letter in NOT_IN_A_PATH if letter in str(self.root)]
        if found:
            raise UsageError(
                f"The home {self.root} has {' and '.join(found)} in its path, which Dagster's "
                "database cannot open. Choose a path without ?, # and %, with --home or CSP_HOME."
            )

    def _holds_only_a_home(self) -> bool:
        """Guards `csp init --home ~`: the mode of a folder used for other things stays as it is."""
        known = {
            path.name
            for path in (
                *(
                    self.csp_yml,
                    self.key_file,
                    self.next_key_file,
                    self.landing,
                    self.archive,
                    self.refused,
                ),
                *(self.warehouse_file, self.published, self.dagster, self.work, self.failures),
                *(self.status_file, self.lock_file, self.service_lock_file),
                *(self.access_log, self.removals_file, self.erasure_key_file, self.certificates),
                self.records_file,
                *(self.standards_file, self.waivers_file, self.commentary, self.assessments),
            )
        }
        return {entry.name for entry in self.root.iterdir()} <= known


@contextlib.contextmanager
def private_files() -> Iterator[None]:
    """Files made inside the block (DuckDB's log and spill among them) are the owner's alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _folder(path: Path, mode: int, *, tighten: bool = True) -> None:
    try:
        path.mkdir(parents=path.name == path.parent.name or not path.parent.exists())
    except FileExistsError:
        if not path.is_dir():
            raise
        now = stat.S_IMODE(path.stat().st_mode)
        # Only where it must be: chmod by one who is not of the folder's group drops its setgid bit.
        beyond = now & 0o007 & ~mode
        if tighten and beyond:
            path.chmod(now & ~beyond)
    else:
        path.chmod(mode)


def _said(error: OSError) -> str:
    return error.strerror or str(error)
