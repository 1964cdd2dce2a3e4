"""A published document's statements beside what the written assessment says of the same.

`python -m tests.end_to_end.statements DATABASE` writes the table into the page.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from warehouse.seeds import seed_rows

PAGE = Path(__file__).resolve().parents[2] / "docs" / "answer-the-assessment.md"
BEGIN, END = "<!-- statements -->\n", "<!-- end of statements -->\n"
# What is no claim of ours, by what is stated; everything else must be one.
NOT_SAID = {
    "document": "a list in the document itself",
    "shoplifting": "said of districts, not of one small area",
    "hate_reports.police": "said of districts, not of one small area",
}
FRACTIONS = {"1/3": "one third", "2/3": "two thirds", "1/4": "one quarter", "1/5": "one fifth"}


@dataclass(frozen=True)
class Statement:
    """A figure, its verdict, and the claims of the same subject, aspect, area and year."""

    figure_id: str
    statement: str
    indicator_id: str | None
    stated_value: str | None
    stated_number: float | None
    recomputed: float | str | None
    verdict: str
    claims: list[dict[str, Any]]

    @property
    def own(self) -> str | None:
        """The sentence that gives the recomputed figure; None where there is none."""
        return next((c["sentence"] for c in self.claims if c["agrees"]), None)

    @property
    def is_repeated(self) -> bool:
        """Whether one of these claims says the stated figure, which is not the recomputed one."""
        if self.verdict == "reproduced" or self.stated_value is None:
            return False
        if self.stated_number is None:
            return any(claim["verdict"] == self.stated_value for claim in self.claims)
        apart = 1.0 if "/" in self.stated_value else 0.5
        if (
            not isinstance(self.recomputed, float)
            or abs(self.recomputed - self.stated_number) <= apart
        ):
            return False
        said = FRACTIONS.get(self.stated_value, self.stated_value.lstrip("-"))
        number = re.compile(rf"(?<![\d.,]){re.escape(said)}(?![\d.,]*\d)")
        return any(number.search(claim["sentence"]) for claim in self.claims)


def statements(con: duckdb.DuckDBPyConnection) -> list[Statement]:
    """Every figure of marts.published_figure with the claims on it."""
    figures = _rows(con, "from marts.published_figure order by figure_id")
    claims = _rows(con, "from marts.assessment_claim where is_complete order by claim_id")
    return [_statement(figure, claims) for figure in figures]


def table(found: list[Statement]) -> str:
    """The Markdown table of the statements."""
    lines = [
        "| figure | the document | the warehouse | the written assessment |",
        "|---|---|---|---|",
    ]
    for each in found:
        own = each.own or NOT_SAID.get(str(each.indicator_id), "nothing of it")
        verdict = each.verdict
        said = each.statement.replace("|", "/")
        lines.append(f"| {each.figure_id} | {said} | {verdict} | {own} |")
    return "\n".join(lines) + "\n"


def _statement(figure: dict[str, Any], claims: list[dict[str, Any]]) -> Statement:
    recomputed = figure["recomputed_number"]
    if recomputed is None:
        recomputed = figure["recomputed_value"]
    fields = [row for row in seed_rows("stated_aspect") if row["aspect"] == figure["aspect"]]
    found = []
    for row in fields:
        for claim in claims:
            subject = ".".join(filter(None, (claim["indicator_id"], claim["category"])))
            ours = {claim["indicator_id"], subject}
            period = claim["comparator_code" if claim["aspect"] == "target" else "period_label"]
            if (
                claim["aspect"] == row["of_aspect"]
                and figure["indicator_id"] in ours
                and row["comparator_type"] in ("", claim["comparator_type"])
                and claim["area_code"] == figure["area_code"]
                and period == figure["period_label"]
            ):
                number = _field(claim, row["field"])
                found.append({**claim, "agrees": _agrees(number, recomputed)})
    if not found:  # of a small area: named with its count where the district's are
        found = [
            {**claim, "agrees": True}
            for claim in claims
            if figure["indicator_id"] == claim["indicator_id"]
            and figure["period_label"] == claim["period_label"]
            and isinstance(recomputed, float)
            and f"{figure['area_name']} ({recomputed:,.0f})" in claim["sentence"]
        ]
    return Statement(
        figure["figure_id"], figure["statement"], figure["indicator_id"],
        figure["stated_value"], figure["stated_number"], recomputed, figure["verdict"], found,
    )  # fmt: skip


def _field(claim: dict[str, Any], field: str) -> Any:
    if field == "change":
        return claim["numerator"] - claim["previous_numerator"]
    if field == "rank_lowest":
        return claim["denominator"] - claim["numerator"] + 1
    if field == "category_name":
        return claim["category"]
    return claim[field]


def _agrees(number: Any, recomputed: Any) -> bool:
    if isinstance(number, str) or number is None or not isinstance(recomputed, float):
        return bool(number == recomputed)
    return abs(number - recomputed) < 1e-9


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    found = con.sql(sql)
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


if __name__ == "__main__":
    with duckdb.connect(sys.argv[1], read_only=True) as database:
        text = PAGE.read_text(encoding="utf-8")
        head, rest = text.split(BEGIN)
        _, tail = rest.split(END)
        PAGE.write_text(head + BEGIN + table(statements(database)) + END + tail, encoding="utf-8")
