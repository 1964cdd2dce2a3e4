"""Whether a feed is late: the time since its newest file, against its cadence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from warehouse.feeds import OVERDUE_AFTER


@dataclass(frozen=True)
class Freshness:
    """A feed's judgement: `fresh`, `late`, or `not_applicable` (nothing came yet, no cadence)."""

    status: str
    message: str


def judge(cadence: str, received_at: datetime | None, now: datetime) -> Freshness:
    """Judge a feed of this cadence whose newest file was delivered at `received_at` (UTC)."""
    allowed = OVERDUE_AFTER.get(cadence)
    if allowed is None:
        return Freshness("not_applicable", f"A feed of {cadence} cadence is never late.")
    if received_at is None:
        return Freshness("not_applicable", "This feed has not been delivered yet.")
    days = (now - received_at).total_seconds() / 86_400
    told = f"{max(days, 0):.0f} days since the newest file; {cadence}: {allowed.days} allowed"
    if now - received_at <= allowed:
        return Freshness("fresh", f"{told}.")
    return Freshness("late", f"{told}. Ask the partner for the missing extracts.")
