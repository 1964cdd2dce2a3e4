"""The districts of England and Wales by name and code, of which `csp init --county` finds one."""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from warehouse.errors import UsageError
from warehouse.first_settings import Who
from warehouse.seeds import seed_rows

# What people write behind a name, and the forms in which the ONS turns names around.
TAIL = re.compile(
    r"( (county|city|borough|district|metropolitan borough))?"
    r"( (council|community safety partnership|csp|partnership))?$"
)
TURNED = re.compile(r"(.*), (City|County) of")
MOST_NAMED = 5


@dataclass(frozen=True)
class District:
    """One district as of April 2023; a county or partnership that it has none of is empty."""

    district_code: str
    district_name: str
    district_name_welsh: str
    county_code: str
    county_name: str
    csp_code: str
    csp_name: str
    police_force_area_code: str
    police_force_area_name: str


@dataclass(frozen=True)
class Succession:
    """One district code that was abolished, and the one that took its place."""

    old_code: str
    old_name: str
    new_code: str
    since: str
    evidence: str


@dataclass(frozen=True)
class Area:
    """Something that can be asked for: its kind, code, names and districts."""

    kind: str
    code: str
    names: tuple[str, ...]
    districts: tuple[District, ...]
    note: str = ""


@dataclass(frozen=True)
class Found:
    """Who the settings are to name, and what about it their owner is to look at."""

    who: Who
    notes: tuple[str, ...]


@cache
def districts() -> dict[str, District]:
    """The districts by code."""
    return {row["district_code"]: District(**row) for row in seed_rows("district")}


@cache
def successions() -> dict[str, Succession]:
    """The successions that the project knows, by the abolished code."""
    return {row["old_code"]: Succession(**row) for row in seed_rows("district_successor")}


def find(asked: str) -> Found:
    """Settings for the county, district, partnership or police force area of this name or code.

    A name that a county and a district have in common is the county's, if that has several
    districts. Raises UsageError naming the nearest when there is none, or more than one.
    """
    areas = _all_areas()
    wanted = asked.strip()
    by_code = [area for area in areas if area.code == wanted.upper()]
    if by_code:
        return _found(by_code[0])
    normal = _normal(wanted)
    plain = TAIL.sub("", normal)
    for name in dict.fromkeys((normal, plain)):
        named = [area for area in areas if name and name in map(_normal, area.names)]
        first = [area for area in named if area.kind == named[0].kind]
        if len(first) == 1:
            return _found(first[0])
        if first:
            raise _several(asked, first)
    raise _none(asked, areas, plain)


@cache
def _all_areas() -> tuple[Area, ...]:
    return tuple(_areas())


def _areas() -> Iterator[Area]:
    """Everything that can be asked for, in the order in which a name is looked for."""
    known = list(districts().values())
    counties = {
        key: tuple(each for each in known if each.county_code == key)
        for key in dict.fromkeys(each.county_code for each in known if each.county_code)
    }
    for code, members in counties.items():
        if len(members) > 1:
            yield Area("county", code, (members[0].county_name,), members)
    for each in known:
        welsh = (each.district_name_welsh,) if each.district_name_welsh else ()
        names = (*_turned(each.district_name), *welsh)
        yield Area("district", each.district_code, names, (each,))
    for code in dict.fromkeys(each.csp_code for each in known if each.csp_code):
        members = tuple(each for each in known if each.csp_code == code)
        yield Area("partnership", code, _turned(members[0].csp_name), members)
    for code, members in counties.items():
        if len(members) == 1:
            yield Area("county of one", code, (members[0].county_name,), members)
    for code in dict.fromkeys(each.police_force_area_code for each in known):
        members = tuple(each for each in known if each.police_force_area_code == code)
        yield Area("force", code, _turned(members[0].police_force_area_name), members)
    for succession in successions().values():
        now = _today(succession.old_code)
        if now is not None:
            note = (
                f"{succession.old_name} ({succession.old_code}) was abolished on "
                f"{succession.since}; its place took {now.district_name} ({now.district_code})."
            )
            yield Area("former", succession.old_code, (succession.old_name,), (now,), note)


def _today(code: str) -> District | None:
    """The district of the table that an old code leads to."""
    while code not in districts():
        if code not in successions():
            return None
        code = successions()[code].new_code
    return districts()[code]


def _turned(name: str) -> tuple[str, ...]:
    """`Bristol, City of` is Bristol, and City of Bristol; `County Durham` is Durham."""
    turned = TURNED.fullmatch(name)
    if turned:
        return turned[1], f"{turned[2]} of {turned[1]}", name
    return (name, name.removeprefix("County ")) if name.startswith("County ") else (name,)


def _normal(name: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", name.casefold().replace("&", " and ")).split())


def _found(area: Area) -> Found:
    """Settings of all the districts of the area, compared with its county or its force's area."""
    first, codes = area.districts[0], [each.district_code for each in area.districts]
    notes = [area.note] if area.note else []
    county = [each for each in districts().values() if each.county_code == first.county_code]
    within = first.county_code and len(county) > 1 and set(area.districts) <= set(county)
    if area.kind == "force" or not within:
        force = first.police_force_area_code
        county = [each for each in districts().values() if each.police_force_area_code == force]
        code, name = force, _turned(first.police_force_area_name)[0]
        if area.kind != "force":
            notes.append(
                f"{area.names[0]} is in no county of several districts: it is compared with the "
                f"police force area of {name}."
            )
    else:
        code, name = first.county_code, first.county_name
    partnership = area.names[0]
    if area.kind in ("district", "county of one", "former"):
        partnership = _turned(first.csp_name or first.district_name)[0]
        others = [
            each.district_name
            for each in districts().values()
            if first.csp_code and each.csp_code == first.csp_code and each is not first
        ]
        if others:
            partnership = _turned(first.district_name)[0]
            notes.append(
                f"the partnership {first.csp_name} covers {', '.join(others)} too; "
                f"`csp init --county {first.csp_code}` names them all."
            )
    if area.kind in ("county", "force"):
        notes.append(
            f"focus_areas names all {len(codes)} districts of {area.names[0]}: leave those that "
            "your partnership covers, and give it its own name in `partnership`."
        )
    members = [each.district_code for each in county]
    who = Who(f"{partnership} Community Safety Partnership", codes, code, name, members)
    return Found(who, tuple(notes))


def _several(asked: str, areas: Sequence[Area]) -> UsageError:
    named = ", ".join(f"{area.names[0]} ({area.code})" for area in areas)
    return UsageError(f"--county {asked}: this may be {named}. Give the code of the one meant.")


def _none(asked: str, areas: Sequence[Area], wanted: str) -> UsageError:
    """No area is called so; the nearest names, those that hold the words first."""
    names = {_normal(name): (name, area.code) for area in reversed(areas) for name in area.names}
    holding = sorted(name for name in names if wanted and wanted in name)
    near = holding or difflib.get_close_matches(wanted, names, n=MOST_NAMED, cutoff=0.6)
    shown = [names[name] for name in near[:MOST_NAMED]]
    hint = (
        f"Nearest by name: {', '.join(f'{name} ({code})' for name, code in shown)}."
        if shown
        else "Give the name or the ONS code of a district, a county, a partnership or a police "
        "force area of England or Wales."
    )
    return UsageError(f"--county {asked}: there is no such place in the project's table. {hint}")
