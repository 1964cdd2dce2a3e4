"""Every claim of every area and year is what the mart's row says that it names, to the last number.

That the rows of the marts are what the archive says, test_recomputation shows.
"""

import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest

from tests.end_to_end.claim_rows import FIGURES, read
from tests.end_to_end.running import frame
from warehouse.home import Home

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
NO_BREAK = "\u00a0"
# A space where a line could end between a number and its unit, and a hyphen for a minus.
ILL_WRITTEN = r"\d (?:%|per )|(?<![\w-])-\d"
# What stands in sentences and is no figure of a claim: the confidence of limits and of a hotspot.
CONFIDENCE = ("95 % limits", "the exact 99.8 % limit")


@pytest.fixture(scope="module")
def claims(demo_home: Home) -> pd.DataFrame:
    """Every claim with, where it names a row, what the row says: the same columns, `_row` after."""
    said = frame(
        demo_home,
        "select claim.*, indicator.unit from marts.assessment_claim as claim left join ("
        "select indicator_id, indicator_version, unit from marts.indicator) as indicator "
        "using (indicator_id, indicator_version)",
    )
    rows = read(str(demo_home.current / "partner.duckdb"))
    return said.merge(rows, "left", ["source_key", "aspect"], suffixes=("", "_row"), indicator=True)


def test_a_claim_with_a_number_names_a_row_that_is_there(claims: pd.DataFrame) -> None:
    assert len(claims) > 10_000
    assert claims["claim_id"].is_unique
    named = claims["source_table"].notna()
    assert (claims["_merge"] == "both").equals(named)
    assert (claims["is_complete"] == named).all()
    assert claims.loc[~named, list(FIGURES)].isna().all(axis=None)
    assert named.mean() > 0.7


@pytest.mark.parametrize("figure", FIGURES)
def test_each_figure_is_the_rows(claims: pd.DataFrame, figure: str) -> None:
    said, is_ = claims[figure].astype(float), claims[f"{figure}_row"]
    wrong = ~np.isclose(said, is_, rtol=1e-9, atol=1e-9, equal_nan=True)
    assert claims.loc[wrong, ["claim_id", figure, f"{figure}_row"]].to_dict("records")[:3] == []
    assert said.notna().any()


def shown(value: float) -> set[str]:
    """How sentences may show a number: whole as a count, else to one or two decimals, half up."""
    exact = abs(Decimal(repr(value)))
    rounded = {
        f"{exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):,}" for places in (1, 2)
    }
    return rounded | ({f"{int(exact):,}"} if exact == int(exact) else set())


def test_every_number_of_a_sentence_is_a_figure_of_its_claim(claims: pd.DataFrame) -> None:
    wrong = []
    for claim in claims.to_dict("records"):
        left = unexplained(claim)
        if left:
            wrong.append((claim["claim_id"], left, claim["sentence"]))
    assert wrong[:3] == []


def test_every_number_is_written_as_numbers_are(claims: pd.DataFrame) -> None:
    ill = claims["sentence"].str.contains(ILL_WRITTEN)
    assert claims.loc[ill, "sentence"].tolist()[:3] == []


def unexplained(claim: dict[str, object]) -> set[str]:
    """The numbers of a sentence that no figure of the claim is shown as."""
    sentence = str(claim["sentence"]).replace(NO_BREAK, " ")
    labels = ("names", "reason", "area_name", "category", "unit", "comparator_name", "period_label")
    texts = [str(claim[each]) for each in labels if isinstance(claim[each], str)]
    texts = [f"tier {text}" if text.isdigit() else text for text in texts]
    if claim["aspect"] == "signal":
        texts.append(f"{datetime.strptime(str(claim['category']), '%Y-%m'):%B %Y}")
    if isinstance(claim["names"], str) and claim["verdict"] != "none":
        assert texts[0] in sentence, sentence
    for text in (*texts, *CONFIDENCE):
        sentence = sentence.replace(text, "")
    figures = [claim[each] for each in (*FIGURES, "also") if pd.notna(claim[each])]
    return set(NUMBER.findall(sentence)) - set().union(
        *(shown(float(str(figure))) for figure in figures)
    )
