"""The printed assessment of the demo, and `csp assess` as a user gives it."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest

from assessment.document import blocks
from tests.assessment.test_document import check_accessible
from tests.end_to_end.running import copied, csp, partner
from warehouse import status
from warehouse.home import Home
from warehouse.publication.manifest import damaged_files, read_manifest

PAGE = "index.html"


@pytest.fixture(scope="module")
def home(demo_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A copy of the demo's home, for assessments to be written into."""
    return copied(demo_home, tmp_path_factory.mktemp("assess") / "home")


def test_the_document_of_the_night_is_tagged_and_accessible(demo_home: Home) -> None:
    with pikepdf.open(demo_home.current / "assessment" / "assessment.pdf") as pdf:
        check_accessible(pdf, "Partnership Strategic Assessment: Blaby, 2010/11")
        assert len(pdf.pages) > 40
        attached = pdf.attachments["claims.csv"].get_file().read_bytes().decode()
    sentences = "select sentence from marts.assessment_claim where area_code = 'E07000129' and period_label = '2010/11'"  # noqa: E501
    assert all(
        sentence.replace('"', '""') in attached for (sentence,) in partner(demo_home, sentences)
    )


def test_the_document_says_every_sentence_of_the_page(demo_home: Home) -> None:
    page = (demo_home.current / "assessment" / PAGE).read_text(encoding="utf-8")
    said = " ".join(re.sub(r"[ \n]+", " ", text) for text in texts(blocks(page)))
    claims = set(re.findall(r'data-claim="([^"]+)"', page))
    sentences = dict(partner(demo_home, "select claim_id, sentence from marts.assessment_claim"))
    assert len(claims) > 300
    missing = [claim for claim in claims if sentences[claim] not in said]
    assert missing == []


def texts(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("text"), str):
            yield node["text"]
        for value in node.values():
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


def test_another_district_and_year_with_its_own_commentary_is_written_and_frozen(
    home: Home,
) -> None:
    folder = home.assessments / "E07000130-2009-10"
    (home.commentary / "violent.md").write_text("Of Blaby alone.")
    own = home.commentary / folder.name
    own.mkdir()
    (own / "violent.md").write_text("Of Charnwood alone: {{ none.such }}.")
    words = ("assess", "--area", "charnwood", "--year", "2009/10", "--freeze", "board-1")
    done = csp(home, *words)
    assert done.exit_code == 0, done.output
    assert "Writing the assessment of Charnwood, 2009/10 ..." in done.output
    kept = home.assessments / "board-1"
    assert f"Frozen: {kept}" in done.output
    assert "no claim of this assessment" in done.output
    for each in (folder, kept):
        page = (each / PAGE).read_text(encoding="utf-8")
        assert "Of Charnwood alone: " in page
        assert "Of Blaby alone" not in page
        assert {"assessment.pdf", "claims.html"} <= {path.name for path in each.iterdir()}
    assert damaged_files(kept, read_manifest(kept)) == []
    assert not stat.S_IMODE((kept / PAGE).stat().st_mode) & 0o222
    again = csp(home, *words)
    assert again.exit_code == 2
    assert "board-1 already" in again.stderr
    left = {path.name for path in home.assessments.iterdir()}
    assert left == {"E07000130-2009-10", "board-1"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--area", "Utopia"], "There is no assessment of Utopia; there is of: .*E07000129"),
        (["--year", "2011/12"], "complete financial years are 2010/11, 2009/10"),
        (["--freeze", "../x"], "cannot name a frozen assessment"),
    ],
)
def test_what_cannot_be_written_says_what_can(home: Home, words: list[str], said: str) -> None:
    done = csp(home, "assess", *words)
    assert done.exit_code == 2
    assert re.search(said, done.stderr)


def test_only_what_is_published_is_written_of(home: Home, tmp_path: Path) -> None:
    empty = Home(tmp_path / "empty")
    empty.init()
    assert "Nothing is published yet" in csp(empty, "assess").stderr
    kept = home.status_file.read_text()
    assert status.read(home)["last_run"]["status"] == "published"
    home.status_file.write_text(kept.replace('"status": "published"', '"status": "blocked"'))
    done = csp(home, "assess")
    home.status_file.write_text(kept)
    assert done.exit_code == 1
    assert "The last run is blocked" in done.stderr
