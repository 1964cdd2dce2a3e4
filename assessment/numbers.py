"""How numbers look in an assessment, wherever they stand: rounded half up, once."""

from decimal import ROUND_HALF_UP, Decimal

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
    if isinstance(value, int):
        return f"{value:,}"
    said = rounded(value, places)
    if value > 0 and not said:
        return f"< {Decimal(1).scaleb(-places)}"
    return f"{said:,}".replace("-", "\u2212")


def figure(value: object) -> str:
    """A table's cell: numbers as `number`, everything else as it is."""
    if value is None or isinstance(value, (int, float)):
        return number(value)
    return str(value)
