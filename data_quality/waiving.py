"""Whether each waiver still stands for what it was written for."""

from collections.abc import Iterable, Mapping
from datetime import date

from warehouse.results import CheckResult, Status, utc_now
from warehouse.waivers import Waiver


def own_results(
    waivers: Mapping[str, Waiver], results: Iterable[CheckResult], run_id: str, today: date
) -> list[CheckResult]:
    """One result per waiver, `waiver.<check>`: does it still stand for what it was written for?

    pass: it bears a failure of this run. fail: it has expired or its ceiling is exceeded, while
    the check fails; then that check's own severity decides about the publication.
    not_applicable: the check does not fail. error: this run has no such check.
    """
    by_check = {result.check_id: result for result in results}
    found: list[CheckResult] = []
    for waiver in waivers.values():
        result = by_check.get(waiver.check_id)
        status: Status
        if result is None:
            status = "error"
            observed = "no such check in this run; correct its id, or remove the waiver"
        elif result.status not in ("fail", "error"):
            status = "not_applicable"
            observed = "the check does not fail; remove the waiver"
        elif result.waiver:
            status = "pass"
            observed = f"{result.failed_records:,} failed records"
        else:
            status = "fail"
            observed = (
                "expired"
                if waiver.expires < today
                else "failed records that are not counted"
                if result.failed_records is None
                else f"{result.failed_records:,} failed records"
            )
        found.append(
            CheckResult(
                run_id=run_id,
                check_id=f"waiver.{waiver.check_id}",
                suite="waivers",
                feed=result.feed if result else None,
                table_name="check_waiver",
                column_name=None,
                dimension=result.dimension if result else "consistency",
                severity="warning",
                status=status,
                observed=observed,
                threshold=f"at most {waiver.ceiling:,} until {waiver.expires}",
                records=None,
                failed_records=result.failed_records if result else None,
                checked_at=utc_now(),
                message=f"Waiver of {waiver.check_id}: {observed}",
            )
        )
    return found
