"""One fact, one row: which checks say the same thing of the same field, feed or file.

A field that is not filled in is found by the completeness of all its months, by that of the latest
and by its validity; a file whose rows do not add up by the ingest, for its feed, and by dbt, for
all. The table check_result keeps every result; a page tells each fact once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from warehouse.rows import Row

# What stopped a publication first, then what could not be evaluated, then what was borne.
ORDER = {
    ("fail", "blocking"): 0,
    ("error", "blocking"): 1,
    ("fail", "warning"): 2,
    ("error", "warning"): 3,
}
NOT_EVALUATED, NOT_IMPLEMENTED, NOT_APPLICABLE, PASSED, OF_SOFTWARE = 4, 5, 6, 7, 8


def told_once(checks: Iterable[Mapping[str, Any]]) -> list[Row]:
    """One row for each fact: the check that says it best, the others in its key `also`.

    checks: rows with check_id, feed, table_name, column_name, dimension, severity, status and
    (optional) is_implemented and waiver. Only checks with one outcome are folded into one row.
    What failed comes first, blocking before warning; then what was not evaluated, and last what
    passed and what no night evaluates.
    """
    found: dict[tuple[Any, ...], list[Row]] = {}
    for check in sorted((dict(check) for check in checks), key=_precedence):
        # What a waiver bears is shown with it, never under what nobody bears.
        came_out = (check["status"], check.get("is_implemented", True), check.get("waiver"))
        key = (_fact(check), *came_out)
        found.setdefault(key, []).append({**check, "also": []})
    ordered = []
    for (fact, *outcome), rows in found.items():
        of_feed = _of_a_feed(found, outcome) if fact == RECONCILES_ALL else None
        if of_feed is not None and rank(of_feed) <= rank(rows[0]):
            of_feed["also"] += rows
            continue
        rows[0]["also"] += rows[1:]
        ordered.append(rows[0])
    return sorted(ordered, key=lambda row: (rank(row), row["feed"] or "", _precedence(row)))


def rank(check: Mapping[str, Any]) -> int:
    """Where a check stands in the order of reading: the smaller, the sooner."""
    status, severity = check["status"], check["severity"]
    if (status, severity) in ORDER:
        return ORDER[status, severity]
    if not check.get("is_implemented", True):
        return NOT_IMPLEMENTED
    if status is None:
        # Rules proved by example before a version is used; no night evaluates them.
        return OF_SOFTWARE if check.get("suite") == "dbt_unit" else NOT_EVALUATED
    return NOT_APPLICABLE if status == "not_applicable" else PASSED


VOLUME = ("volume", "volume_drift")
RECONCILES = "reconciles"
RECONCILES_ALL = (RECONCILES, None)


def _of_a_feed(found: Mapping[tuple[Any, ...], list[Row]], outcome: list[Any]) -> Row | None:
    """The first feed whose rows reconcile, or do not, as the check of all feeds says."""
    return next(
        (
            rows[0]
            for (fact, *other), rows in found.items()
            if fact[0] == RECONCILES and fact != RECONCILES_ALL and other == outcome
        ),
        None,
    )


def _fact(check: Mapping[str, Any]) -> tuple[Any, ...]:
    check_id, feed = check["check_id"], check["feed"]
    if check["dimension"] in ("completeness", "validity") and feed and check["column_name"]:
        return ("field", feed, check["column_name"])
    if check["dimension"] == "reconciliation" and (feed or _of_loads(check)):
        return (RECONCILES, feed)
    # A month that is a check of its own, to be waived on its own, is a fact of its own.
    if feed and check_id in [f"{name}.{feed.replace('/', '.')}" for name in VOLUME]:
        return ("volume", feed)
    return (check_id,)


def _of_loads(check: Mapping[str, Any]) -> bool:
    return bool(
        check["table_name"] == "load_audit" or check["check_id"] == "dbt.assert_rows_reconcile"
    )


def _precedence(check: Mapping[str, Any]) -> tuple[Any, ...]:
    """Of checks of one fact the one to show: the gravest, of all months before the latest's."""
    return (
        check["severity"] != "blocking",
        check["dimension"] != "completeness",
        check["check_id"].endswith(".latest_month"),
        check["check_id"].startswith("volume_drift."),
        check["check_id"],
    )
