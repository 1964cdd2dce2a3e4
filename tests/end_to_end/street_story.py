"""Generated nights: what forces might send, in what order, with what corrections.

Everything is drawn from one seed. A story keeps every file it ever delivered, so that a second home
can be given all of them at once.
"""

import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from demo.county import load
from demo.formats import csv_bytes, zip_bytes
from demo.places import SmallArea, small_areas
from demo.reference_files import district_population, lsoa_lookup, reference_files
from demo.street_files import HEADER
from tests.end_to_end.running import SETTINGS

LEICESTERSHIRE = "Leicestershire Police"
WARWICKSHIRE = "Warwickshire Police"
NORTHERN_IRELAND = "Police Service of Northern Ireland"
TYPES = ("Anti-social behaviour", "Burglary", "Vehicle crime", "Shoplifting", "Other theft")
OUTCOMES = ("Under investigation", "Local resolution", "Status update unavailable", "")
FIRST, LAST = (2015, 4), (2020, 1)
"""The months of the first delivery: the fifth financial year is completed by later nights."""
GAP = "2017-08"
STREET = "police/street_crime"
START = 1_600_000_000


@dataclass(frozen=True)
class Crime:
    """One row of an extract, apart from its force and month. Incidents have no id."""

    crime_id: str
    kind: str
    lsoa: str
    outcome: str


@dataclass(frozen=True)
class Delivery:
    """One landed file: its feed, name, bytes and modification time."""

    feed: str
    name: str
    content: bytes
    when: float


Month = tuple[str, str]
"""A force and a month, `2019-05`."""


def some_areas(most: int) -> list[SmallArea]:
    """So many of the demo's LSOAs of each district: a story's nights are to be quick."""
    found: dict[str, list[SmallArea]] = {}
    for area in small_areas(load()):
        found.setdefault(area.district_code, []).append(area)
    return [area for areas in found.values() for area in areas[:most]]


@dataclass
class Story:
    """What was sent so far, and how to send more. `held` is what each month was last said to be."""

    seed: int
    deliveries: list[Delivery] = field(default_factory=list)
    held: dict[Month, list[Crime]] = field(default_factory=dict)
    settings: str = SETTINGS

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.areas = some_areas(10)
        self.clock = float(START)
        self.number = 0

    @property
    def chapters(self) -> dict[str, Callable[[], None]]:
        """What can happen in a night, by name."""
        return {
            "a new month": self.new_month,
            "a month replaced": self.month_replaced,
            "an older file landing late": self.older_file,
            "the missing month": self.missing_month,
            "crimes republished": self.crimes_republished,
            "a month wholly republished": self.month_wholly_republished,
            "two forces and months in one file": self.mixed_file,
            "the same bytes again": self.same_bytes,
            "the lookup corrected": self.lookup_corrected,
            "the population corrected": self.population_corrected,
            "a setting changed": self.setting_changed,
        }

    def begin(self) -> None:
        """The first delivery: reference files, and an archive of nearly five years."""
        for name, content in reference_files(load(), self.areas).items():
            feed, _, file_name = f"reference/{name}".rpartition("/")
            self.deliver(feed, file_name, content)
        members = {}
        for month in months(FIRST, LAST):
            for force in (LEICESTERSHIRE, WARWICKSHIRE):
                if (force, month) == (LEICESTERSHIRE, GAP):
                    continue
                self.held[force, month] = self.crimes(force, self.rng.randrange(4, 16))
                name = f"{month}/{month}-{force.split()[0].lower()}-street.csv"
                members[name] = street_csv({(force, month): self.held[force, month]})
        self.deliver(STREET, "archive.zip", zip_bytes(members))

    def new_month(self) -> None:
        """Every force sends the month after its last; Northern Ireland joins once."""
        sent = {}
        last = max(month for _, month in self.held)
        year, number = map(int, last.split("-"))
        following = f"{year + number // 12}-{number % 12 + 1:02d}"
        for force in (LEICESTERSHIRE, WARWICKSHIRE, NORTHERN_IRELAND):
            sent[force, following] = self.crimes(force, self.rng.randrange(3, 12))
        for key, crimes in sent.items():
            self.send({key: crimes})

    def month_replaced(self) -> None:
        """Some rows gone, some changed, some new."""
        key = self.rng.choice(sorted(self.held))
        kept = [crime for crime in self.held[key] if self.rng.random() < 0.7]
        kept = [self.changed(crime) if self.rng.random() < 0.3 else crime for crime in kept]
        self.send({key: kept + self.crimes(key[0], self.rng.randrange(1, 4))})

    def older_file(self) -> None:
        """A file for a month already held, older than the one in force: nothing may change."""
        key = self.rng.choice(sorted(self.held))
        self.send({key: self.crimes(key[0], 5)}, when=START - 86_400 * self.rng.randrange(1, 99))

    def missing_month(self) -> None:
        """The gap filled, with crimes that later months hold too."""
        later = [
            c for (f, m), cs in self.held.items() if f == LEICESTERSHIRE and m > GAP for c in cs
        ]
        again = [self.changed(c) for c in self.rng.sample(later, 4) if c.crime_id]
        crimes = self.crimes(LEICESTERSHIRE, 6) + again
        self.send({(LEICESTERSHIRE, GAP): crimes}, when=START - 50_000 + self.number)

    def crimes_republished(self) -> None:
        """A month sent again with crimes of other months, and one of them twice."""
        key = self.rng.choice(sorted(self.held))
        others = self.with_ids(key[0])
        again = [self.changed(crime) for crime in self.rng.sample(others, min(5, len(others)))]
        self.send({key: self.held[key] + again + [self.changed(c) for c in again[:1]]})

    def month_wholly_republished(self) -> None:
        """A month of nothing but crimes of earlier months: it has events no more."""
        key = self.rng.choice([key for key in sorted(self.held) if key[1] > "2016"])
        earlier = [
            crime
            for (force, month), crimes in self.held.items()
            if force == key[0] and month < key[1]
            for crime in crimes
            if crime.crime_id
        ]
        again = self.rng.sample(earlier, min(6, len(earlier)))
        if again:
            self.send({key: [self.changed(crime) for crime in again]})

    def mixed_file(self) -> None:
        """One file with two forces and two months."""
        keys = self.rng.sample(sorted(self.held), 2)
        self.send({key: self.crimes(key[0], 4) for key in keys})

    def same_bytes(self) -> None:
        """A file sent before, under another name."""
        sent = [delivery for delivery in self.deliveries if delivery.feed == STREET]
        again = self.rng.choice(sent)
        suffix = again.name.rpartition(".")[2]
        self.number += 1
        self.deliver(STREET, f"again-{self.number:03d}.{suffix}", again.content)

    def lookup_corrected(self) -> None:
        """An LSOA moved to another district."""
        position = self.rng.randrange(len(self.areas))
        other = self.rng.choice(self.areas)
        self.areas[position] = replace(
            self.areas[position],
            district_code=other.district_code,
            district_name=other.district_name,
        )
        self.number += 1
        self.deliver(
            "reference/lsoa_lookup",
            f"lookup-{self.number:03d}.csv",
            lsoa_lookup(load(), self.areas),
        )

    def population_corrected(self) -> None:
        """Other residents in one LSOA, and so in its district."""
        position = self.rng.randrange(len(self.areas))
        area = self.areas[position]
        self.areas[position] = replace(area, population=area.population + 111)
        self.number += 1
        self.deliver(
            "reference/district_population",
            f"MYEB3-{self.number:03d}.csv",
            district_population(load(), self.areas),
        )

    def setting_changed(self) -> None:
        """Another focus area, county, most similar group or vintage of LSOAs."""
        districts = [f"E0700{n}" for n in ("0129", "0130", "0131", "0132", "0133", "0134", "0135")]
        chosen = sorted(self.rng.sample(districts, self.rng.randrange(4, 8)))
        self.settings = "\n".join(
            (
                "partnership: A partnership",
                f"focus_areas: [{chosen[0]}]",
                "county:",
                "  code: E10000018",
                "  name: Leicestershire",
                f"  districts: [{', '.join(chosen)}]",
                f"most_similar_group: [{', '.join(self.rng.sample(districts, 3))}]",
                f"geography: {self.rng.choice(('lsoa_2011', 'lsoa_2021'))}",
                "threads: 1",
                "",
            )
        )

    def send(self, sent: dict[Month, list[Crime]], when: float | None = None) -> None:
        """One street-crime file that holds these months."""
        self.number += 1
        self.deliver(STREET, f"street-{self.number:03d}.csv", street_csv(sent), when)
        if when is None:
            self.held.update(sent)

    def deliver(self, feed: str, name: str, content: bytes, when: float | None = None) -> None:
        """Land a file: the newest so far, unless said otherwise."""
        self.clock += 60
        self.deliveries.append(Delivery(feed, name, content, when or self.clock))

    def crimes(self, force: str, count: int) -> list[Crime]:
        """Crimes never sent before."""
        return [self.crime(force) for _ in range(count)]

    def crime(self, force: str) -> Crime:
        kind = self.rng.choice(TYPES)
        # Northern Ireland's ids are drawn from few: it repeats them for unrelated crimes.
        text = f"{force}{self.rng.randrange(30 if force == NORTHERN_IRELAND else 10**12)}"
        crime_id = "" if kind == TYPES[0] else hashlib.sha256(text.encode()).hexdigest()
        return Crime(crime_id, kind, self.place(force), self.rng.choice(OUTCOMES))

    def place(self, force: str) -> str:
        if force == NORTHERN_IRELAND or self.rng.random() < 0.08:
            return ""
        if self.rng.random() < 0.02:
            return "E01999999"  # in no lookup
        return self.rng.choice(self.areas).code

    def changed(self, crime: Crime) -> Crime:
        """The same crime as a later extract states it; blanks count too."""
        return replace(
            crime,
            kind=crime.kind if not crime.crime_id else self.rng.choice(TYPES[1:]),
            lsoa=self.place(LEICESTERSHIRE),
            outcome=self.rng.choice(OUTCOMES),
        )

    def with_ids(self, force: str) -> list[Crime]:
        return [
            crime
            for (sender, _), crimes in self.held.items()
            if sender == force
            for crime in crimes
            if crime.crime_id
        ]


def first_story() -> Story:
    """The story whose first delivery is all that the small home holds."""
    story = Story(11)
    story.begin()
    return story


def street_csv(sent: dict[Month, list[Crime]]) -> bytes:
    """An extract in the publisher's format."""
    names = {area.code: area.name for area in _AREAS}
    rows = [
        (crime.crime_id, month, force, force, "-1.2" if crime.lsoa else "",
         "52.6" if crime.lsoa else "", "On or near High Street" if crime.lsoa else "No Location",
         crime.lsoa, names.get(crime.lsoa, ""), crime.kind,
         "" if crime.kind == TYPES[0] else crime.outcome, "")
        for (force, month), crimes in sent.items()
        for crime in crimes
    ]  # fmt: skip
    return csv_bytes([HEADER, *rows])


def months(first: tuple[int, int], last: tuple[int, int]) -> Iterator[str]:
    """`2015-04`, `2015-05` … up to and with the last."""
    for number in range(first[0] * 12 + first[1] - 1, last[0] * 12 + last[1]):
        yield f"{number // 12}-{number % 12 + 1:02d}"


_AREAS: list[SmallArea] = small_areas(load())
