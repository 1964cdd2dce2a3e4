"""The commented `csp.yml` that a home begins with: of a partnership, or not yet of any."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

HEAD = """\
# Settings of this home. Every key is explained; `csp` names the key when one is wrong.
"""

PARTNERSHIP = "# The partnership's name, as it appears on publications.\n"
FOCUS = "# The districts the partnership covers: local authority (LAD) codes of nine characters.\n"
COUNTY = """\
# What it is compared with: its county, else its police force area. The focus areas are in it.
"""

REST = """\
# The partnerships the Home Office groups with this one: LAD codes. Empty when not used. See below.
most_similar_group: []

# The census vintage of the small areas (LSOAs) used for results: lsoa_2011 or lsoa_2021.
geography: lsoa_2011

# Optional; what stands behind each # is used when the key is absent.
# keep_publications: 14      # older publications are removed; the current one never is
# settle_seconds: 10         # a landed file must have been still this long before it is taken
# memory_limit: 1400MB       # DuckDB's share of memory during a run
# threads: 2                 # processor cores DuckDB uses
# max_file_mb: 2048          # largest landed file, or member of a zip, after unpacking
# max_zip_members: 20000     # most members of a landed zip
# max_zip_ratio: 200         # a zip that unpacks to more than this many times its size is refused
# webserver_port: 3000       # `csp up` serves http://127.0.0.1:<this port>
# alerts: []                 # where to send a message when a run asks for someone
# priority_weights: {}       # what counts for the order of priorities (marts.priority_matrix)
# assessment_year_end: null  # also years to the end of a month, 1 to 12: 9 for September
# partner_group: null        # the group whose members read the partner tier; else this user alone
# linked_persons: []         # feeds in which a person is known to be the same one
# partners: []               # the authorities of the partnership, as its assessment names them
# priorities: []             # what the partnership has agreed on, as its assessment says it
# disclosure: {}             # what of partners' figures is public (docs/disclosure.md)
#
# Besides the financial years there are years to the latest complete month, and to the month of
# assessment_year_end (period_type year_to). Those to March are the financial years, named so.
#
# priority_weights are of volume, harm, direction, comparison and target: from 0, which leaves it
# out, to 1000; one that is not named is 1. For example {harm: 2, target: 0}. See docs/methods.md.
#
# A person has another pseudonym in each feed, so that nobody is followed from the records of one
# partner into those of another. Where that is lawful and agreed, name the feeds and the reason:
# linked_persons: [{feeds: [probation/caseload, youth/disposal], reason: GATEWAY AND AGREEMENT}].
# See docs/information-governance.md.
#
# disclosure is of partner_figures (true: years of districts and above are public; false: none),
# smallest_count (5: no smaller count of people is), hide_zeros (false) and secondary (true: what
# would reveal a small count is left out with it). For example {smallest_count: 10}.
#
# most_similar_group is one list for every focus area, or a mapping with one for each, as the Home
# Office groups them; members lie anywhere in England and Wales. For example, for two districts
# {E07000129: [E07000026, E07000177], E07000132: [E07000219]}. See docs/land-real-data.md.
#
# Each of alerts is an address as Apprise (the library) writes it: of a mail server, a webhook, a
# chat. An address is a secret. file:NAME is a file of this folder (chmod 600) that holds addresses,
# one a line; env:VARIABLE a variable of the environment that does. With an address in this file it
# needs chmod 600 itself. For example:
#
# alerts:
#   - file:alerts.addresses
#   - mailtos://user:password@mail.example.org?from=csp@example.org&to=analyst@example.org
#   - jsons://chat.example.org/hook        # a webhook that takes JSON; msteams:// slack:// ...
"""


@dataclass(frozen=True)
class Who:
    """Who a home is of, as its settings say: the partnership, its districts, and its county's."""

    partnership: str
    focus_areas: Sequence[str]
    county_code: str
    county_name: str
    districts: Sequence[str]


BLABY = Who(
    "Blaby Community Safety Partnership",
    ["E07000129"],
    "E10000018",
    "Leicestershire",
    [f"E07000{number}" for number in range(129, 136)],
)


def settings_of(who: Who) -> str:
    """The text of a `csp.yml` that says who the partnership is."""
    said = [f"partnership: {who.partnership}\n", f"focus_areas: {_listed(who.focus_areas)}\n"]
    county = (
        f"county:\n  code: {who.county_code}\n  name: {who.county_name}\n"
        f"  districts: {_listed(who.districts)}\n"
    )
    return "\n".join([HEAD, PARTNERSHIP + said[0], FOCUS + said[1], COUNTY + county, REST])


def _listed(codes: Sequence[str]) -> str:
    """A YAML list, over several lines where it is long."""
    lines = textwrap.wrap(", ".join(codes), width=84)
    return f"[{lines[0]}]" if len(lines) == 1 else "[\n    " + "\n    ".join(lines) + "\n  ]"


def _unsaid(text: str) -> str:
    """The text with its own lines above REST made comments."""
    above = text.removesuffix(REST)
    lines = [f"# {line}" if line and line[0] != "#" else line for line in above.split("\n")]
    return "\n".join(lines) + REST


EXAMPLE = settings_of(BLABY)
NOBODY = """\
#
# Nobody is named yet. `csp init --county NAME` writes partnership, focus_areas and county for you;
# or fill in your own below, and take each leading # and space away. The codes are an example.
"""
BLANK = _unsaid(EXAMPLE).replace(HEAD, HEAD + NOBODY)
