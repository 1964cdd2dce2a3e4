"""Maps: borders that areas share stay shared, and the line round several is theirs alone."""

import itertools
import json
import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessment import maps

Corner = tuple[float, float]


def boundary(code: str, *rings: list[Corner]) -> dict[str, str]:
    return {
        "lsoa_code": code,
        "geometry": json.dumps(
            {"type": "Polygon", "coordinates": [list(map(list, ring)) for ring in rings]}
        ),
    }


def square(code: str, x: float, y: float, size: float = 1.0) -> dict[str, str]:
    corners = [(x, y), (x + size, y), (x + size, y + size), (x, y + size), (x, y)]
    return boundary(code, corners)


def polygons(path: str) -> list[list[tuple[int, int]]]:
    """The rings of a path of `M`, `l` and `z`, as a browser reads it."""
    found = []
    for ring in re.findall(r"M([^M]+)", path):
        numbers = [int(n) for n in re.findall(r"-?\d+", ring)]
        x, y = numbers[:2]
        corners = [(x, y)]
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            x, y = x + dx, y + dy
            corners.append((x, y))
        found.append(corners)
    return found


@settings(max_examples=40, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12))
def test_the_outline_holds_what_its_areas_hold(cells: set[tuple[int, int]]) -> None:
    """Areas of a wavy net: the middle corner of each side is moved, for both neighbours alike."""

    def wavy(x: int, y: int) -> list[Corner]:
        def bend(a: float, b: float) -> Corner:
            shift = ((round(a * 2) * 7 + round(b * 2) * 13) % 5 - 2) / 20
            return (a + shift, b + shift)

        sides = [(x, y), (x + 0.5, y), (x + 1, y), (x + 1, y + 0.5), (x + 1, y + 1)]
        sides += [(x + 0.5, y + 1), (x, y + 1), (x, y + 0.5), (x, y)]
        return [bend(a, b) for a, b in sides]

    net = [boundary(f"{x}{y}", wavy(x, y)) for x in range(5) for y in range(5)]
    chosen = sorted(f"{x}{y}" for x, y in cells)
    frame = maps.shapes("net", net, chosen)
    assert frame is not None
    assert '<use href="#netline"/>' in maps.drawn(frame, {}, "net")
    assert f'<g id="netline"><path d="{frame.line}"/>' in maps.defined([frame])
    rings = polygons(frame.line)
    for code in frame.rings:
        x, y = frame.middle(code)
        inside = sum(_holds(ring, x + 0.37, y + 0.59) for ring in rings) % 2 == 1
        assert inside == (code in chosen), code


def _holds(ring: list[tuple[int, int]], x: float, y: float) -> bool:
    following = [*ring[1:], ring[0]]
    return (
        sum(
            (a[1] > y) != (b[1] > y) and x < a[0] + (y - a[1]) * (b[0] - a[0]) / (b[1] - a[1])
            for a, b in zip(ring, following, strict=True)
        )
        % 2
        == 1
    )


def test_a_label_stands_inside_a_bent_area() -> None:
    bent = [(0, 0), (9, 0), (9, 9), (8, 9), (8, 1), (1, 1), (1, 9), (0, 9), (0, 0)]
    frame = maps.shapes("u", [boundary("U", [(float(x), float(y)) for x, y in bent])])
    assert frame is not None
    x, y = frame.middle("U")
    assert _holds(frame.rings["U"][0], x + 0.01, y + 0.01)


def test_the_maps_of_a_page_share_their_shapes() -> None:
    frame = maps.shapes("c", [square(code, x, 0) for x, code in enumerate("ABCD")])
    assert frame is not None
    classes = {"A": "significantly high", "B": "too few events"}
    drawn = maps.drawn(frame, classes, 'A & "B"', numbered=["A"])
    defined = str(maps.defined([frame]))
    assert re.findall(r'<use href="#([^"]*)"', drawn) == ["c", frame.id("A"), frame.id("B")]
    assert all(f'id="{frame.id(code)}" d="{frame.path(code)}"' in defined for code in "ABCD")
    assert f'fill="{maps.FILLS["significantly high"]}"' in drawn
    assert "A &amp; &#34;B&#34;" in drawn


def test_the_class_of_most_areas_is_the_ground_that_the_others_stand_on() -> None:
    frame = maps.shapes("c", [square(code, x, 0) for x, code in enumerate("ABC")])
    assert frame is not None
    few, high = "too few events", "very high"
    drawn = str(maps.drawn(frame, {"A": few, "B": few, "C": high}, "few"))
    assert re.findall(r'fill="([^"]*)" stroke="[^"]*"><use href="#([^"]*)"', drawn) == [
        (maps.FILLS[few], "c"),
        (maps.FILLS[high], frame.id("C")),
    ]


def test_a_spit_that_the_grid_makes_a_line_is_left_out() -> None:
    """A strip of a thousandth of a step, as along a river, drawn out and back on one line."""
    strip = [(0.0, 0.0), (9.0, 0.0), (9.0, 5.0), (15.0, 5.0), (15.0, 5.00001), (9.0, 5.00001)]
    ring = [*strip, (9.0, 9.0), (0.0, 9.0), (0.0, 0.0)]
    frame = maps.shapes("s", [boundary("S", ring), square("T", 9.0, 5.00001, 4.0)], ["S", "T"])
    assert frame is not None
    [kept] = frame.rings["S"]
    assert len(kept) == 4
    assert all(corner != kept[i - 1] for i, corner in enumerate(kept))
    assert frame.line.count("M") == 1


@pytest.mark.parametrize(("file", "areas"), [("lsoa11", 611), ("lsoa", 634)])
def test_the_maps_of_a_real_county_are_small(shared: Path, file: str, areas: int) -> None:
    """Leicestershire, Leicester and Rutland: a map for each of thirteen topics, and one district.

    Measured on 2026-11-30: 261 kB with 611 areas and 268 kB with 634, of which the shapes are 100.
    """
    found = []
    with zipfile.ZipFile(shared / "data" / "reference" / "boundaries" / f"{file}.zip") as packed:
        for name in packed.namelist():
            for feature in json.loads(packed.read(name))["features"]:
                about = feature["properties"]
                code = next(value for key, value in about.items() if re.fullmatch(r"LSOA..CD", key))
                geometry = json.dumps(feature["geometry"])
                found.append({"lsoa_code": code, "geometry": geometry, "of": about["LADCD_ACTIVE"]})
    inside = [row["lsoa_code"] for row in found if row["of"] == "E07000129"]
    whole = maps.shapes("c", found, inside)
    inset = maps.shapes("d", [row for row in found if row["lsoa_code"] in inside], inside)
    assert whole is not None
    assert inset is not None
    assert len(whole.rings) == len(found) == areas, "no small area is lost on the grid"
    # One area in five of each class: more than ever differ from the class of most.
    classes = dict(zip(sorted(whole.rings), itertools.cycle(maps.FILLS), strict=False))
    of_topic = [
        maps.drawn(whole, classes, "the county"),
        maps.drawn(inset, classes, "the district", numbered=inside[:5]),
    ]
    size = len(maps.defined([whole, inset])) + 13 * sum(map(len, of_topic))
    assert 100_000 < size < 300_000


def test_without_a_boundary_there_is_no_map() -> None:
    assert maps.shapes("none", []) is None
