"""Choropleth maps drawn as SVG paths: 400 polygons are too slow and too large as a chart's marks.

Corners are put on a grid, so that borders that two areas share stay shared, and corners that fall
together or on a line between others are left out. Longitudes are shrunk by the cosine of the middle
latitude, which at a county's size no projection betters.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup, escape

from warehouse.rows import Row

# Across a frame so many steps of the grid: finer than a screen's pixel at the width it is shown.
GRID = 420
# Light to dark, so that print without colours and any colour vision tell them apart.
FILLS = {
    "significantly high": "#7f2704",
    "very high": "#e6550d",
    "above average": "#fdbe85",
    "not above average": "#eceff1",
    "too few events": "#ffffff",
}
NO_CLASS = "not above average"  # of an area of which nothing is known
BORDER, OUTLINE = "#9aa5ab", "#12232e"

Point = tuple[int, int]
Ring = list[Point]


@dataclass(frozen=True)
class Shapes:
    """The areas of one frame on its grid: rings by code, the line round the assessed area, size."""

    name: str
    rings: dict[str, list[Ring]]
    width: int
    height: int
    line: str

    def id(self, code: str) -> str:
        """What the page's maps call the area's outline: short, for they name hundreds."""
        return f"{self.name}-{self._numbers[code]}"

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {code: number for number, code in enumerate(sorted(self.rings))}

    def path(self, code: str) -> str:
        """The area's outline as an SVG path."""
        return "".join(_path(ring) for ring in self.rings[code])

    def middle(self, code: str) -> Point:
        """A point inside the area's largest ring, or the nearest to it that a label can have."""
        ring = max(self.rings[code], key=lambda ring: abs(_area(ring)))
        return _middle(ring)


def shapes(name: str, boundaries: Iterable[Row], outlined: Container[str] = ()) -> Shapes | None:
    """The shapes of LSOAs; boundaries: lsoa_code, geometry (GeoJSON in degrees). None of none.

    outlined: the LSOAs that one thick line goes round.
    """
    read = {row["lsoa_code"]: _rings(row["geometry"]) for row in boundaries}
    corners = [corner for rings in read.values() for ring in rings for corner in ring]
    if not corners:
        return None
    west, east = min(x for x, _ in corners), max(x for x, _ in corners)
    south, north = min(y for _, y in corners), max(y for _, y in corners)
    shrink = math.cos(math.radians((south + north) / 2))
    step = max((east - west) * shrink, north - south) / GRID or 1.0
    placed = {
        code: [
            kept
            for ring in rings
            if len(
                kept := _plain(
                    [
                        (round((x - west) * shrink / step) + 2, round((north - y) / step) + 2)
                        for x, y in ring
                    ]
                )
            )
            > 2
        ]
        for code, rings in read.items()
    }
    left = {code: rings for code, rings in placed.items() if rings}
    return Shapes(
        name,
        left,
        round((east - west) * shrink / step) + 4,
        round((north - south) / step) + 4,
        _outline([rings for code, rings in left.items() if code in outlined]),
    )


def defined(frames: Sequence[Shapes]) -> Markup:
    """The shapes once, for maps of one page to refer to."""
    parts = []
    for frame in frames:
        paths = "".join(
            f'<path id="{frame.id(code)}" d="{frame.path(code)}"/>' for code in sorted(frame.rings)
        )
        parts.append(
            f'<g id="{frame.name}">{paths}</g><g id="{frame.name}line"><path d="{frame.line}"/></g>'
        )
    return Markup(
        '<svg class="shapes" width="0" height="0" aria-hidden="true" focusable="false"><defs>'
        f"{''.join(parts)}</defs></svg>"
    )


def drawn(
    frame: Shapes,
    classes: Mapping[str, str],
    described: str,
    *,
    numbered: Sequence[str] = (),
) -> Markup:
    """A map of hotspot classes by LSOA, which refers to the shapes of `defined`.

    classes: by LSOA; without one it is `NO_CLASS`. numbered: those that get 1, 2, 3 ...
    """
    shown = {code: classes.get(code, NO_CLASS) for code in sorted(frame.rings)}
    # The class of most areas is drawn below the others, as the whole frame: no area of it is named.
    [(most, _)] = Counter(shown.values()).most_common(1)
    groups = []
    for name in sorted(FILLS, key=lambda name: name != most):
        named = (
            [frame.name]
            if name == most
            else [frame.id(code) for code, of_area in shown.items() if of_area == name]
        )
        if named:
            uses = "".join(f'<use href="#{each}"/>' for each in named)
            groups.append(f'<g fill="{FILLS[name]}" stroke="{BORDER}">{uses}</g>')
    if frame.line:
        line = f'<use href="#{frame.name}line"/>'
        groups.append(f'<g fill="none" stroke="{OUTLINE}" stroke-width="2">{line}</g>')
    for number, code in enumerate(numbered, start=1):
        if code in frame.rings:
            x, y = frame.middle(code)
            groups.append(
                f'<circle cx="{x}" cy="{y}" r="11" fill="#fff" stroke="{OUTLINE}" '
                f'stroke-width="1.5"/><text x="{x}" y="{y + 5}" text-anchor="middle" '
                f'font-size="14" font-weight="700" fill="{OUTLINE}">{number}</text>'
            )
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {frame.width} {frame.height}" '
        f'role="img" aria-label="{escape(described)}" stroke-width=".6" stroke-linejoin="round" '
        f'font-family="system-ui, sans-serif">{"".join(groups)}</svg>'
    )


def _rings(geometry: str) -> list[list[tuple[float, float]]]:
    shape = json.loads(geometry)
    polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
    return [[(x, y) for x, y, *_ in ring] for polygon in polygons for ring in polygon]


def _plain(ring: Ring) -> Ring:
    """The ring without its closing corner, corners repeated and corners in a straight line.

    On the grid a narrow spit falls into a line that goes out and back. Its tip is left out as a
    corner in a straight line is, and then its foot, which stands twice: until nothing is left out.
    """
    before: Ring = []
    while ring != before:
        before = ring
        apart = [corner for i, corner in enumerate(ring) if corner != ring[i - 1]]
        count = len(apart)
        if count < 3:
            return []
        ring = [
            apart[i]
            for i in range(count)
            if _turn(apart[i - 1], apart[i], apart[(i + 1) % count]) != 0
        ]
    return ring


def _turn(a: Point, b: Point, c: Point) -> int:
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])


def _path(ring: Ring) -> str:
    (x, y), *others = ring
    steps = [f"M{x} {y}l"]
    for i, (u, v) in enumerate(others):
        steps.append(f"{' ' if i and u - x >= 0 else ''}{u - x}{' ' if v - y >= 0 else ''}{v - y}")
        x, y = u, v
    return "".join(steps) + "z"


def _area(ring: Ring) -> float:
    following = [*ring[1:], ring[0]]
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, following, strict=True)) / 2


def _middle(ring: Ring) -> Point:
    """The centroid; where a bent area has it outside, the middle of the widest part beside it."""
    area = _area(ring)
    if not area:
        return ring[0]
    following = [*ring[1:], ring[0]]
    weights = [(a, b, a[0] * b[1] - b[0] * a[1]) for a, b in zip(ring, following, strict=True)]
    x = sum((a[0] + b[0]) * w for a, b, w in weights) / (6 * area)
    y = sum((a[1] + b[1]) * w for a, b, w in weights) / (6 * area)
    crossings = sorted(
        a[0] + (y - a[1]) * (b[0] - a[0]) / (b[1] - a[1])
        for a, b, _ in weights
        if (a[1] > y) != (b[1] > y)
    )
    spans = list(zip(crossings[::2], crossings[1::2], strict=False))
    if spans and not any(left <= x <= right for left, right in spans):
        left, right = max(spans, key=lambda span: span[1] - span[0])
        x = (left + right) / 2
    return round(x), round(y)


def _outline(areas: Iterable[list[Ring]]) -> str:
    """The borders that only one of the areas has: those round all of them.

    Simplifying may have left a corner out on one side of a border alone, so borders are compared
    corner by corner of the grid.
    """
    edges: Counter[tuple[Point, Point]] = Counter()
    for rings in areas:
        for ring in rings:
            for a, b in zip(ring, [*ring[1:], ring[0]], strict=True):
                steps = math.gcd(b[0] - a[0], b[1] - a[1])
                dx, dy = (b[0] - a[0]) // steps, (b[1] - a[1]) // steps
                for i in range(steps):
                    start = (a[0] + i * dx, a[1] + i * dy)
                    end = (start[0] + dx, start[1] + dy)
                    edges[min(start, end), max(start, end)] += 1
    return _chained([edge for edge, times in sorted(edges.items()) if times == 1])


def _chained(edges: Sequence[tuple[Point, Point]]) -> str:
    """Edges as few paths: each goes on from where the one before ended."""
    at: dict[Point, list[Point]] = {}
    for a, b in edges:
        at.setdefault(a, []).append(b)
        at.setdefault(b, []).append(a)
    paths = []
    for start in sorted(at):
        while at[start]:
            walked = [start]
            while at[walked[-1]]:
                following = at[walked[-1]].pop()
                at[following].remove(walked[-1])
                walked.append(following)
            ring = _plain(walked) if walked[0] == walked[-1] else walked
            if len(ring) > 1:
                paths.append(_path(ring) if walked[0] == walked[-1] else _path(ring)[:-1])
    return "".join(paths)
