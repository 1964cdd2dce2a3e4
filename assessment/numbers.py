"""How the numbers of tables and pictures look; those of sentences are made by macros/claims.sql."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

# A true minus, and a space at which no line ends: between a number and its unit.
MINUS, NO_BREAK = "\u2212", "\u00a0"
# What stands where there is no value.
NOTHING = "\u2013"


def rounded(value: float, places: int) -> Decimal:
    """Half up, as the claims are rounded: 2.5 is 3, and 0.25 with one place 0.3."""
    exact = Decimal(repr(float(value)))
    return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP) + 0


def number(value: float | None, places: int = 1) -> str:
    """``12,345`` of a whole number, else with `places`; a dash of nothing;
    ``< 0.1`` of what rounds to nothing.
    """
    if value is None:
        return NOTHING
    said = value if isinstance(value, int) else rounded(value, places)
    if value > 0 and not said:
        return f"<{NO_BREAK}{Decimal(1).scaleb(-places)}"
    return f"{said:,}".replace("-", MINUS)


def with_unit(said: str, unit: str) -> str:
    """``7.0 %``, ``5.2 per 1,000 residents``: no line ends between a number and its unit."""
    return f"{said}{NO_BREAK}{unit.replace('per ', f'per{NO_BREAK}')}"


def percent(value: float | None, places: int = 1) -> str:
    """``7.0 %``; a dash of nothing."""
    return NOTHING if value is None else with_unit(number(value, places), "%")


def figure(value: object) -> str:
    """A table's cell: numbers as `number`, everything else as it is."""
    if value is None or isinstance(value, (int, float)):
        return number(value)
    return str(value)


def day(value: date | datetime) -> str:
    """``1 April 2010``."""
    return f"{value.day}{NO_BREAK}{value:%B %Y}"


def month(value: date) -> str:
    """``April 2010``."""
    return f"{value:%B}{NO_BREAK}{value.year}"
