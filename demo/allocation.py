"""Share exact totals out over places: the counts are fixed, where they fall is drawn.

Drawing each event's place by weights gives areas the variation of Poisson counts while the total
stays what it was fixed to be. Counts that a published statement names are pinned.
"""

import heapq
import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from demo.places import SmallArea

Event = TypeVar("Event")


@dataclass(frozen=True)
class Pull:
    """What draws events to a place.

    `deprivation` is the power of e per standard score; the others multiply by character.
    """

    deprivation: float = 0.0
    retail: float = 1.0
    town: float = 1.0
    inner: float = 1.0
    commuter: float = 1.0

    def weight(self, area: SmallArea) -> float:
        """The area's weight: its residents, times what draws events there."""
        character = {
            "retail park": self.retail,
            "town centre": self.town,
            "inner": self.inner,
            "commuter": self.commuter,
        }.get(area.character, 1.0)
        return area.population * math.exp(self.deprivation * area.deprivation) * character


def weights(pull: Pull, areas: Sequence[SmallArea]) -> dict[str, float]:
    """Weights of areas by their code."""
    return {area.code: pull.weight(area) for area in areas}


def spread(
    rng: random.Random,
    total: int,
    weights: Mapping[str, float],
    pinned: Mapping[str, int] | None = None,
    most: int | None = None,
) -> list[str]:
    """`total` places by weight, each as often as it has events.

    A pinned place has exactly its count; no other has more than `most`, if given.
    """
    pinned = pinned or {}
    placed = [place for place, count in pinned.items() for _ in range(count)]
    free = {place: weight for place, weight in weights.items() if place not in pinned}
    rest = total - len(placed)
    drawn: Counter[str] = Counter(rng.choices(list(free), list(free.values()), k=rest))
    while most is not None:
        surplus = sum(count - most for count in drawn.values() if count > most)
        if not surplus:
            break
        drawn = Counter({place: min(count, most) for place, count in drawn.items()})
        open_places = {p: w for p, w in free.items() if drawn[p] < most}
        drawn.update(rng.choices(list(open_places), list(open_places.values()), k=surplus))
    return placed + [place for place, count in drawn.items() for _ in range(count)]


def pick(
    rng: random.Random,
    events: Iterable[Event],
    count: int,
    weight: Callable[[Event], float] | None = None,
) -> list[Event]:
    """`count` different events, likelier the heavier they are (Efraimidis and Spirakis, 2006)."""
    candidates = list(events)
    if weight is None:
        return rng.sample(candidates, count)
    if len(candidates) < count:
        raise ValueError(f"{count} events wanted of {len(candidates)}")
    # the largest of u^(1/w), u uniform, by its logarithm
    keys = [math.log(rng.random()) / weight(event) for event in candidates]
    chosen = heapq.nlargest(count, range(len(candidates)), key=keys.__getitem__)
    return [candidates[position] for position in chosen]


def apportion(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Whole numbers near the shares of the weights that add up to `total` (largest remainder)."""
    whole = sum(weights.values())
    exact = {key: total * weight / whole for key, weight in weights.items()}
    counts = {key: int(share) for key, share in exact.items()}
    short = total - sum(counts.values())
    for key in sorted(exact, key=lambda key: counts[key] - exact[key])[:short]:
        counts[key] += 1
    return counts
