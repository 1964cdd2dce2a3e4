"""Which software made a publication: versions, the commit, and the state of the definitions."""

import hashlib
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from warehouse import __version__

CHECKOUT = Path(__file__).resolve().parents[1]
PACKAGES = (
    *("duckdb", "dbt-core", "dbt-duckdb", "dagster", "great-expectations"),
    # They compute limits and p-values.
    *("numpy", "scipy"),
)

# What decides the content of the published tables. A change of any of them makes the next run
# publish, also when no partner sent anything.
DEFINITIONS = ("dbt_project", "seeds", "data_quality", "warehouse/contracts")
DEFINITION_FILES = (
    "warehouse/control_tables.yml",
    "warehouse/dbt_plugin.py",
    "warehouse/distributions.py",
    "warehouse/publication/dbt_docs.py",
    "warehouse/publication/tiers.py",
)
DEFINITION_SUFFIXES = frozenset({".sql", ".yml", ".yaml", ".csv", ".py", ".md", ".json"})
MADE_BY_TOOLS = frozenset({"target", "logs", "dbt_packages", "__pycache__", ".user.yml"})


def software_version() -> str:
    """The version of this software, as its package states it."""
    return __version__


@cache
def git_commit(checkout: Path = CHECKOUT) -> str | None:
    """The commit of the checkout, with `+changes` if tracked files differ from it.

    None where the software does not run from a git checkout.
    """
    commit = _git(checkout, "rev-parse", "HEAD")
    if commit is None:
        return None
    changed = _git(checkout, "status", "--porcelain", "--untracked-files=no")
    return f"{commit}+changes" if changed else commit


@cache
def package_versions() -> dict[str, str]:
    """The versions of the packages that the results depend on, by package name."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def definitions_hash(checkout: Path = CHECKOUT) -> str:
    """SHA-256 over the names and bytes of every file that defines the published tables."""
    digest = hashlib.sha256()
    for path in sorted(_definition_files(checkout)):
        digest.update(path.relative_to(checkout).as_posix().encode())
        digest.update(b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _definition_files(checkout: Path) -> Iterator[Path]:
    for name in DEFINITIONS:
        for path in (checkout / name).rglob("*"):
            inside = path.relative_to(checkout).parts
            if MADE_BY_TOOLS.isdisjoint(inside) and path.suffix in DEFINITION_SUFFIXES:
                yield path
    for name in DEFINITION_FILES:
        if (checkout / name).is_file():
            yield checkout / name


def _git(checkout: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(checkout), *arguments],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
