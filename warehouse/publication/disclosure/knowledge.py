"""What anybody knows of how published counts hang together.

From the registers of the project, which are public, the published table of areas and the calendar:
which counts are of the same events, which are parts of others, and which areas and periods add up.
"""

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from math import inf
from typing import NamedTuple

from warehouse.publication.disclosure.system import Cell, Relation
from warehouse.seeds import seed_rows

# Measures that are parts of others by their definitions, beside what the registers say.
SUBSETS = (
    ("alcohol_related_crime", "domestic_alcohol"),
    ("violence_alcohol", "domestic_violence_alcohol"),
    ("domestic_alcohol", "domestic_violence_alcohol"),
    ("marac_repeats", "marac_repeats_since_first"),
)
COUNT_COLUMNS = ("numerator", "denominator", "known", "unknown")


class Count(NamedTuple):
    """One number of events or people: of what, of which area, from which day to which."""

    quantity: str
    area_type: str
    area_code: str
    start: date
    end: date


def is_rest(count: Count) -> bool:
    """Whether it is what a share leaves over, which no file prints."""
    return count.quantity.startswith("rest ")


@dataclass(frozen=True)
class Indicator:
    """What the columns of an indicator's rows count, and what its value is a multiple of.

    quantities: by column of counts the quantity; absent where the column is open data or empty.
    protected: the quantities that are of people, or of events of the sensitive kinds. rest: what a
    share leaves over, where that is protected too.
    """

    indicator_id: str
    version: int
    kind: str
    multiplier: float
    quantities: Mapping[str, str]
    protected: frozenset[str]
    rest: str | None


@cache
def indicators() -> Mapping[tuple[str, int], Indicator]:
    """The indicators of the register, by id and version."""
    counts = {row["measure_id"]: row["counts"] for row in seed_rows("measure")}
    unknowns = {row["indicator_id"] for row in seed_rows("indicator_unknown")}
    return {
        (row["indicator_id"], int(row["indicator_version"])): _indicator(row, counts, unknowns)
        for row in seed_rows("indicator_register")
    }


def parts_of_rest(rest: Count) -> list[Count]:
    """The counts that tell what a share leaves over: its denominator and its numerator."""
    [of] = (each.quantities for each in indicators().values() if each.rest == rest.quantity)
    return [rest._replace(quantity=of[column]) for column in ("denominator", "numerator")]


def _indicator(
    row: Mapping[str, str], counts: Mapping[str, str], unknowns: Collection[str]
) -> Indicator:
    name = row["indicator_id"]
    # What a survey asks is in no measure: its respondents are people.
    counted = counts.get(row["numerator_measure"], "people") != "events"
    asked = counts.get(row["denominator_measure"])
    quantities, protected = {}, set()
    is_survey = row["numerator_measure"] not in counts
    quantities["numerator"] = f"survey {name}" if is_survey else row["numerator_measure"]
    if is_survey:
        quantities["denominator"] = f"asked {name}"
    elif name in unknowns:
        quantities |= {"known": f"known {name}", "unknown": f"unknown {name}"}
        if row["kind"] == "proportion":
            quantities["denominator"] = quantities["known"]
    if asked is not None and "denominator" not in quantities:
        quantities["denominator"] = row["denominator_measure"]
    of_people = is_survey or (asked or "events") != "events"
    if counted:
        protected |= {quantities["numerator"], quantities.get("unknown", "")}
    if of_people:
        protected |= {quantities.get("denominator", "")}
    return Indicator(
        name,
        int(row["indicator_version"]),
        row["kind"],
        float(row["multiplier"]),
        quantities,
        frozenset(protected - {""}),
        f"rest {name} {row['indicator_version']}"
        if of_people and "denominator" in quantities and not is_survey
        else None,
    )


@dataclass(frozen=True)
class Areas:
    """Which areas add up to which: by (type, code) of the whole those of its parts."""

    parts: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = field(default_factory=dict)

    @classmethod
    def of_rows(cls, rows: Iterable[Mapping[str, object]]) -> "Areas":
        """From rows of the published table `area`."""
        rows = list(rows)
        parts: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        by_type: dict[object, list[Mapping[str, object]]] = defaultdict(list)
        for row in rows:
            by_type[row["area_type"]].append(row)
        for whole, mark in (("county", "is_in_county"), ("partnership", "is_focus_area")):
            for area in by_type[whole]:
                parts[whole, str(area["area_code"])] = [
                    ("district", str(row["area_code"])) for row in by_type["district"] if row[mark]
                ]
        for row in by_type["lsoa"]:
            parts["district", str(row["district_code"])].append(("lsoa", str(row["area_code"])))
        return cls({whole: tuple(found) for whole, found in parts.items() if found})


@dataclass(frozen=True)
class _Sum:
    """Counts that add up to others, or to no more: `name` is one thing for all such of a kind."""

    name: tuple[str, ...]
    wholes: tuple[Count, ...]
    parts: tuple[Count, ...]
    may_be_equal: bool

    def left_over(self, known: Mapping[Cell, float]) -> float | None:
        """What the wholes are more than the parts; None where not all are known."""
        if not all(cell in known for cell in (*self.wholes, *self.parts)):
            return None
        return sum(known[cell] for cell in self.wholes) - sum(known[cell] for cell in self.parts)

    def relation(self, is_equal: bool) -> Relation:
        terms = [*((cell, 1.0) for cell in self.wholes), *((cell, -1.0) for cell in self.parts)]
        return Relation(tuple(terms), 0.0, 0.0 if is_equal else inf)


def relations(
    counts: Collection[Count],
    known: Mapping[Cell, float],
    areas: Areas,
    is_doubted: bool = False,
) -> list[Relation]:
    """How the counts hang together.

    Whether parts are all of a whole is read off where all of them are known: a sum that holds in
    half of these places or more is taken to hold in all others, unless that is doubted. counts: all
    that have a row, hidden or shown.
    """
    of_kind: dict[tuple[str, ...], list[_Sum]] = defaultdict(list)
    for each in _sums(frozenset(counts), areas):
        of_kind[each.name].append(each)
    found: list[Relation] = []
    whole_areas: set[tuple[str, ...]] = set()
    for name, sums in of_kind.items():
        left_over = [(each, over) for each in sums if (over := each.left_over(known)) is not None]
        whole = [over == 0 for each, over in left_over if each.may_be_equal]
        is_certain = name[0] == "rest"
        is_equal = 2 * sum(whole) >= len(whole) and (is_certain or not is_doubted)
        if is_equal and name[0] == "area":
            whole_areas.add(name)
        # Less than its parts: they are of another source or of other days after all.
        is_whole = all(over >= 0 for _, over in left_over)
        found += [
            each.relation(is_equal and each.may_be_equal)
            for each in sums
            if is_whole or (is_equal and each.may_be_equal)
        ]
    return found + _calendar(counts, areas, whole_areas)


def _sums(counts: frozenset[Count], areas: Areas) -> Iterable[_Sum]:
    by_place: dict[tuple[str, str, date, date], set[str]] = defaultdict(set)
    kinds = {count.area_type for count in counts}
    for count in counts:
        by_place[count[1:]].add(count.quantity)
        members = areas.parts.get((count.area_type, count.area_code), ())
        if not members or members[0][0] not in kinds:
            continue
        parts = [count._replace(area_type=kind, area_code=code) for kind, code in members]
        here = tuple(part for part in parts if part in counts)
        # What people say in a survey is weighed area by area, and adds up to nothing.
        if here and not count.quantity.startswith(("survey ", "asked ")):
            name = ("area", count.area_type, here[0].area_type, count.quantity)
            yield _Sum(name, (count,), here, len(here) == len(parts))
    for place, quantities in by_place.items():
        for identity in _identities():
            there = [part for part in identity.parts if part in quantities]
            if there and quantities.issuperset(identity.wholes):
                yield _Sum(
                    identity.name,
                    tuple(Count(whole, *place) for whole in identity.wholes),
                    tuple(Count(part, *place) for part in there),
                    identity.may_be_equal and len(there) == len(identity.parts),
                )


class _Identity(NamedTuple):
    """Quantities of one area and period: the wholes together, and parts that may be all of them."""

    name: tuple[str, ...]
    wholes: tuple[str, ...]
    parts: tuple[str, ...]
    may_be_equal: bool


@cache
def _identities() -> tuple[_Identity, ...]:
    found: list[_Identity] = []
    numerators: dict[str, str] = {}
    for indicator in indicators().values():
        quantities = indicator.quantities
        numerators[indicator.indicator_id] = quantities["numerator"]
        for column in ("denominator", "known"):
            if column in quantities:
                whole, part = quantities[column], quantities["numerator"]
                found.append(_Identity(("share", whole, part), (whole,), (part,), False))
        if indicator.rest is not None:
            whole, parts = quantities["denominator"], (quantities["numerator"], indicator.rest)
            found.append(_Identity(("rest", *parts), (whole,), parts, True))
    for whole, part in SUBSETS:
        found.append(_Identity(("subset", whole, part), (whole,), (part,), False))
    of_whole: dict[str, list[str]] = defaultdict(list)
    for row in seed_rows("indicator_part"):
        of_whole[row["whole_id"]].append(numerators[row["part_id"]])
    for name, members in of_whole.items():
        found.append(_Identity(("parts", name), (numerators[name],), tuple(members), True))
    for row in seed_rows("indicator_unknown"):
        name = row["indicator_id"]
        base = tuple(row["base_measures"].split(";"))
        found.append(_Identity(("base", name), (f"known {name}", f"unknown {name}"), base, True))
    return tuple(dict.fromkeys(found))


def related(names: Collection[str]) -> set[str]:
    """The indicators whose counts hang together with those of the named ones, themselves too."""
    of_indicator: dict[str, set[str]] = defaultdict(set)
    for indicator in indicators().values():
        of_indicator[indicator.indicator_id].update(indicator.quantities.values())
    reached = together({quantity for name in names for quantity in of_indicator.get(name, ())})
    return {name for name, quantities in of_indicator.items() if quantities & reached}


def together(quantities: Collection[str]) -> set[str]:
    """The quantities that hang together with these, themselves too."""
    groups = [{*each.wholes, *each.parts} for each in _identities()]
    reached = set(quantities)
    size = -1
    while len(reached) > size:
        size = len(reached)
        reached.update(*(group for group in groups if group & reached))
    return reached


def _calendar(
    counts: Collection[Count], areas: Areas, whole_areas: Collection[tuple[str, ...]]
) -> list[Relation]:
    """Periods that overlap, by the days between their ends: pieces, which nobody publishes.

    A year to September and the financial years that it reaches into have half a year in common.
    The pieces of areas add up as the areas do.
    """
    periods: dict[str, set[tuple[date, date]]] = defaultdict(set)
    for count in counts:
        periods[count.quantity].add((count.start, count.end))
    overlapping = {quantity for quantity, found in periods.items() if _overlap(sorted(found))}
    found, pieces = [], set()
    for count in counts:
        if count.quantity not in overlapping:
            continue
        days = sorted(
            {day for start, end in periods[count.quantity] for day in (start, _after(end))}
        )
        inside = [day for day in days if count.start <= day <= _after(count.end)]
        own = [
            count._replace(quantity=f"piece {count.quantity}", start=start, end=end)
            for start, end in itertools.pairwise(inside)
        ]
        pieces.update(own)
        found.append(_Sum((), (count,), tuple(own), True).relation(True))
    for piece in pieces:
        for kind, _ in areas.parts.get((piece.area_type, piece.area_code), ())[:1]:
            name = ("area", piece.area_type, kind, piece.quantity.removeprefix("piece "))
            members = areas.parts[piece.area_type, piece.area_code]
            parts = [piece._replace(area_type=kind, area_code=code) for kind, code in members]
            if name in whole_areas and pieces.issuperset(parts):
                found.append(_Sum((), (piece,), tuple(parts), True).relation(True))
    return found


def _after(day: date) -> date:
    return day + timedelta(days=1)


def _overlap(periods: Sequence[tuple[date, date]]) -> bool:
    return any(end >= start for (_, end), (start, _) in itertools.pairwise(periods))
