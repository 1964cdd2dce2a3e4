"""Maps: borders that areas share stay shared, and the line round several is theirs alone."""

import json
import re

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
    frame = maps.shapes("net", net)
    assert frame is not None
    chosen = sorted(f"{x}{y}" for x, y in cells)
    drawn = str(maps.drawn(frame, {}, "net", outlined=chosen))
    line = re.search(r'<path d="([^"]*)" fill="none"', drawn)
    assert line is not None
    rings = polygons(line[1])
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


def test_shapes_are_shared_by_the_maps_of_a_page_and_held_by_one_that_stands_alone() -> None:
    frame = maps.shapes("c", [square("A", 0, 0), square("B", 1, 0), square("C", 2, 0)])
    assert frame is not None
    classes = {"A": "significantly high", "B": "too few events"}
    shared = maps.drawn(frame, classes, 'A & "B"', numbered=["A"])
    assert "c-A" in str(maps.defined([frame]))
    assert shared.count("<use") == 3
    assert f'fill="{maps.FILLS["significantly high"]}"' in shared
    assert "A &amp; &#34;B&#34;" in shared
    alone = maps.drawn(frame, classes, "A", alone=True)
    assert "<use" not in alone
    assert alone.count(f'd="{frame.path("A")}"') == 2


def test_without_a_boundary_there_is_no_map() -> None:
    assert maps.shapes("none", []) is None
