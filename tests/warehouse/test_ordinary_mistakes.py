"""Ordinary partners' mistakes: what a file is, its sheets, its members' names, its separators."""

import io
import json
import os
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.canaries import headers
from tests.warehouse.partner_files import ask, load
from tests.warehouse.reading_helpers import Read, keyed, read_bytes
from tests.warehouse.street_files import HEADER, member, row, street_csv, street_zip
from warehouse.contract import Contract, Files, load_contract, load_contracts
from warehouse.errors import FileRefused
from warehouse.home import Home
from warehouse.ingest.checking import check_file
from warehouse.reading import Reading
from warehouse.reading.names import MemberNames, plain_name

STREET = load_contract("police/street_crime")
BOUNDARY = load_contract("reference/boundary")
GOOD = b"report_id,received,note\n1,2020-01-02,hello\n"


def checked(path: Path, feed: str) -> list[Reading]:
    return check_file(path, load_contract(feed)).files


def refusal(path: Path, feed: str) -> str:
    """Why the only file is refused."""
    [file] = checked(path, feed)
    assert file.refused is not None
    assert file.refused.what_to_do
    return str(file.refused)


def advice(content: bytes, folder: Path) -> str:
    refused = read_bytes(content, folder).one.refused
    assert refused is not None
    return refused.what_to_do


# The small inputs beside the checkout that went wrong once.


def test_two_sheets_that_fit_are_named_and_a_hidden_one_is_not_preferred(shared: Path) -> None:
    folder, feed = shared / "cases/06-two-sheets", "reference/lsoa_population"
    said = refusal(folder / "two_years.xlsx", feed)
    assert said.endswith("Mid-2018 Population Density, Mid-2019 Population Density")
    [file] = checked(folder / "hidden_first.xlsx", feed)
    assert (file.refused, file.accepted) == (None, 2)


def test_backslashes_are_folders_and_a_near_miss_is_refused_by_name(shared: Path) -> None:
    folder, feed = shared / "cases/07-zip-names", "police/street_crime"
    [file] = checked(folder / "backslash.zip", feed)
    assert (file.file, file.accepted) == (f"backslash.zip/{member('2018-10')}", 1)
    for name, miss in (
        ("copy_of.zip", "2018-10/2018-10-leicestershire-street (1).csv"),
        ("gz_members.zip", f"{member('2018-10')}.gz"),
    ):
        bad, good = checked(folder / name, feed)
        assert bad.file == f"{name}/{miss}"
        assert "nearly one of police/street_crime" in str(bad.refused)
        assert (good.refused, good.accepted) == (None, 1)


def test_metres_of_the_grid_are_refused(shared: Path) -> None:
    for path in (shared / "cases/09-grid-boundaries").iterdir():
        assert "feature 1 are no degrees" in refusal(path, "reference/boundary")


def test_semicolons_are_named(shared: Path) -> None:
    [path] = (shared / "cases/11-separators").iterdir()
    said = refusal(path, "police/recorded_crime")
    assert "the fields are parted by semicolons (;), not by commas" in said


# Workbooks.


def book(sheets: list[tuple[str, str, list[list[str]]]]) -> bytes:
    """A workbook of sheets: name, visibility, rows."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, state, rows in sheets:
        page = made.create_sheet(name)
        page.sheet_state = state
        for each in rows:
            page.append(each)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


FITS = [["report_id", "received", "note"], ["1", "2020-01-02", "x"]]
OTHER = [["Notes"], ["nothing"]]
SHEETS = st.lists(
    st.tuples(st.sampled_from(["visible", "hidden", "veryHidden"]), st.booleans()),
    min_size=1,
    max_size=5,
).filter(lambda sheets: any(state == "visible" for state, _ in sheets))


@settings(max_examples=20, deadline=None)
@given(SHEETS)
def test_the_one_visible_sheet_that_fits_is_read_and_else_none(
    tmp_path_factory: pytest.TempPathFactory, sheets: list[tuple[str, bool]]
) -> None:
    pages = [
        (f"S{n} {state}", state, [*(FITS if fits else OTHER), [f"{n + 2}", "2020-01-02", ""]])
        for n, (state, fits) in enumerate(sheets)
    ]
    read = read_bytes(book(pages), tmp_path_factory.mktemp("book"), name="f.xlsx")
    shown = [name for (name, state, rows) in pages if state == "visible" and rows[0] == FITS[0]]
    hidden = [name for (name, state, rows) in pages if state != "visible" and rows[0] == FITS[0]]
    refused = read.one.refused
    if len(shown) == 1:
        assert refused is None
        assert [cells[2] for cells in read.rows] == ["1", f"{int(shown[0][1]) + 2}"]
    elif shown:
        assert f"{len(shown)} sheets hold what the feed takes: {', '.join(shown)}" in str(refused)
    elif hidden:
        assert f"on a hidden sheet only: {', '.join(hidden)}" in str(refused)
    else:
        assert "required" in str(refused)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000)
WORKBOOK = book([("Sheet", "visible", FITS)])
ZIPPED = street_zip({"a.csv": GOOD})


def renamed(content: bytes, old: str, new: str) -> bytes:
    """A zip in which a member is called otherwise."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            after.writestr(new if name == old else name, before.read(name))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("f.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "a workbook protected by a pass"),
        ("f.xlsx", OLE + "Workbook".encode("utf-16-le"), "an old Excel workbook (.xls)"),
        ("f.csv", OLE + "Workbook".encode("utf-16-le"), "an old Excel workbook (.xls), not plain"),
        ("f.xlsx", OLE, "an old Office document"),
        ("f.xlsx", b"\n<HTML><table><tr><td>report_id", "a web page"),
        ("f.csv", b"\xef\xbb\xbf<!doctype html>", "a web page"),
        ("f.xlsx", b'<?xml version="1.0"?><Workbook/>', "XML"),
        ("f.xlsx", b'<?xml version="1.0"?>\n<html/>', "a web page"),
        ("f.xlsx", GOOD, "plain text, not an .xlsx workbook"),
        ("f.csv", WORKBOOK, "an .xlsx workbook, not plain text"),
        ("f.zip", WORKBOOK, "an .xlsx workbook, not a zip archive"),
        ("f.xlsx", renamed(WORKBOOK, "xl/workbook.xml", "xl/workbook.bin"), "(.xlsb)"),
        ("f.csv", ZIPPED, "a zip archive, not plain text"),
        ("f.xlsx", ZIPPED, "a zip archive, not an .xlsx"),
        ("f.csv.gz", ZIPPED, "a zip archive, not a gzip"),
        ("f.csv.gz", GOOD, "plain text, not a gzip"),
        ("f.csv", "report_id".encode("utf-16"), "UTF-16 text"),
        ("f.csv", b"%PDF-1.4", "a PDF"),
        ("f.csv", b"7z\xbc\xaf\x27\x1c", "an archive of another kind"),
        ("f.geojson", ZIPPED, "a zip archive, not GeoJSON"),
    ],
)
def test_a_misnamed_file_is_called_what_it_is_with_the_mend(
    name: str, content: bytes, says: str, tmp_path: Path
) -> None:
    with pytest.raises(FileRefused) as caught:
        read_bytes(content, tmp_path, name=name)
    assert says in caught.value.reason
    assert caught.value.what_to_do.endswith(".")


# The names of a zip's members.

NAMES = MemberNames(STREET.files)
OFFICIAL = "2018-10/2018-10-leicestershire-street.csv"


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        (OFFICIAL, "wanted"),
        (OFFICIAL.upper(), "wanted"),
        (f"data/{OFFICIAL}", "wanted"),
        ("2018-10/2018-10-leicestershire-street (1).csv", "nearly"),
        ("2018-10/Copy of 2018-10-leicestershire-street.csv", "nearly"),
        ("2018-10/2018-10-leicestershire-street - Copy.csv", "nearly"),
        ("2018-10/2018-10-leicestershire-street - Copy (2).csv", "nearly"),
        ("2018-10/2018_10_leicestershire_street.csv", "nearly"),
        ("2018-10/2018-10 leicestershire street.csv", "nearly"),
        ("2018-10/2018-10-leicestershire-street.csv.gz", "nearly"),
        ("2018-10/2018-10-leicestershire-street.csv.txt", "nearly"),
        ("2018-10/2018-10-leicestershire-street.txt", "nearly"),
        ("2018-10/2018-10-leicestershire-street", "nearly"),
        ("2018-10/2018-10-leicestershire-street.xlsx", "nearly"),
        ("2018-10/2018-10-leicestershire-street final v2.csv", "nearly"),
        ("2018-10/2018-10-leicestershire-outcomes.csv", "other"),
        ("2018-10/2018-10-leicestershire-stop-and-search.csv", "other"),
        ("README.txt", "other"),
        ("__MACOSX/2018-10/._2018-10-leicestershire-street.csv", "other"),
        ("2018-10/.DS_Store", "other"),
        ("2018-11.zip", "archive"),
        ("more.rar", "archive"),
    ],
)
def test_members_are_known_by_their_names(name: str, verdict: str) -> None:
    assert NAMES.verdict(name) == verdict


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("lsoa/E07000129.geojson", "wanted"),
        ("lsoa/E07000129.GeoJSON", "wanted"),
        ("lsoa/E07000129.geojson.txt", "nearly"),
        ("lsoa/E07000129.json.gz", "nearly"),
        ("__MACOSX/lsoa/._E07000129.geojson", "other"),
        ("readme.txt", "other"),
        ("lsoa/E07000129.csv", "other"),
    ],
)
def test_of_a_feed_that_takes_any_name_only_the_ending_is_asked(name: str, verdict: str) -> None:
    assert MemberNames(BOUNDARY.files).verdict(name) == verdict


WORDS = st.sampled_from(["copy", "(1)", "v2", "final", "new"])


@given(
    force=st.from_regex(r"[a-z]{3,9}(-[a-z]{3,9})?", fullmatch=True),
    before=st.lists(WORDS, max_size=2),
    after=st.lists(WORDS, max_size=2),
    between=st.sampled_from(["-", "_", " "]),
    ending=st.sampled_from([".csv", ".CSV", ".txt", ".csv.gz", ".csv.txt", ""]),
    slash=st.sampled_from(["/", "\\"]),
)
def test_a_street_file_s_name_however_it_was_spoilt_is_never_passed_over(
    force: str, before: list[str], after: list[str], between: str, ending: str, slash: str
) -> None:
    stem = between.join(["2018", "10", *force.split("-"), "street"])
    name = slash.join(["2018-10", " ".join([*before, stem, *after]) + ending])
    assert NAMES.verdict(plain_name(name)) in ("wanted", "nearly")


@given(
    st.text(max_size=40), st.sampled_from([STREET.files, BOUNDARY.files, Files(formats=("csv",))])
)
def test_any_name_has_a_verdict(name: str, files: Files) -> None:
    assert MemberNames(files).verdict(plain_name(name)) in ("wanted", "nearly", "archive", "other")


def test_a_zip_in_a_zip_is_refused_by_name_and_the_rest_loads(tmp_path: Path) -> None:
    inner = street_zip({member("2018-11"): street_csv([row(2)])})
    path = tmp_path / "a.zip"
    path.write_bytes(street_zip({member("2018-10"): street_csv([row(1)]), "more.zip": inner}))
    good, bad = checked(path, STREET.feed)
    assert (good.accepted, bad.file) == (1, "a.zip/more.zip")
    assert "an archive within the archive" in str(bad.refused)


def test_a_member_that_is_a_workbook_called_csv_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(
        street_zip({member("2018-10"): WORKBOOK, member("2018-11"): street_csv([row(1)])})
    )
    bad, good = checked(path, STREET.feed)
    assert "an .xlsx workbook, not plain text" in str(bad.refused)
    assert good.accepted == 1


def test_names_that_differ_in_case_or_slashes_alone_are_the_same_name(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    names = (member("2018-10"), member("2018-10").replace("/", "\\"), member("2018-10").upper())
    path.write_bytes(street_zip({name: street_csv([row(n)]) for n, name in enumerate(names)}))
    files = checked(path, STREET.feed)
    assert sum(file.accepted for file in files) == 1
    assert ["appears twice" in str(file.refused) for file in files].count(True) == 2


# Separators, and what to do about a header.


@pytest.mark.parametrize(("letter", "called"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
@pytest.mark.parametrize(
    "contract", [c for c in load_contracts().values() if c.layouts[0].format == "csv"][:6]
)
def test_fields_parted_otherwise_are_said_to_be(
    contract: Contract, letter: str, called: str, tmp_path: Path
) -> None:
    names = headers(contract, contract.layouts[0])
    text = letter.join(f'"{name}"' for name in names) + "\n" + letter.join("x" * len(names)) + "\n"
    refused = read_bytes(text.encode(), tmp_path, contract).one.refused
    assert refused is not None
    assert called in refused.reason
    assert "parted by" in refused.reason


def test_commas_are_named_where_another_letter_is_agreed(tmp_path: Path) -> None:
    contract = keyed(**{"open_data: false": "open_data: false\ndelimiter: '|'"})
    refused = read_bytes(GOOD, tmp_path, contract).one.refused
    assert refused is not None
    assert "parted by commas, not by vertical bars" in refused.reason


def test_excels_note_of_the_separator_is_named(tmp_path: Path) -> None:
    refused = read_bytes(b"sep=;\r\n" + GOOD, tmp_path).one.refused
    assert refused is not None
    assert "`sep=`" in refused.reason


def test_a_new_spelling_is_asked_for_and_never_to_be_removed(tmp_path: Path) -> None:
    header = HEADER.replace("LSOA code", "LSOA_code_2011")
    refused = read_bytes(
        street_csv([row(1)]).replace(HEADER.encode(), header.encode()), tmp_path, STREET
    )
    why = refused.one.refused
    assert why is not None
    assert (why.line, why.column) == (1, "column 8")
    assert why.what_to_do == (
        "Is column 8 a new spelling of `LSOA code`? Then add it to `header` of lsoa_code in "
        "warehouse/contracts/police/street_crime.yml. A column that nobody needs is listed under "
        "`ignore` in warehouse/contracts/police/street_crime.yml."
    )


def test_a_column_too_many_may_be_ignored_by_the_contract(tmp_path: Path) -> None:
    said = advice(b"report_id,received,note,secret name\n1,2020-01-02,x,y\n", tmp_path)
    assert "list their headers under `ignore` in warehouse/contracts/council/report.yml" in said
    assert "secret" not in said


@given(
    unknown=st.lists(
        st.from_regex(r"[A-Za-z][A-Za-z ]{2,12}", fullmatch=True), min_size=1, max_size=4
    ),
    left_out=st.sets(st.sampled_from(["report_id", "received", "note"]), max_size=2),
)
@settings(max_examples=25, deadline=None)
def test_no_advice_about_a_header_says_to_remove_a_column_or_quotes_it(
    tmp_path_factory: pytest.TempPathFactory, unknown: list[str], left_out: set[str]
) -> None:
    names = [name for name in ("report_id", "received", "note") if name not in left_out]
    cells = [f"zq{name}" for name in unknown]
    content = ",".join([*names, *cells]) + "\n"
    refused = read_bytes(content.encode(), tmp_path_factory.mktemp("h")).one.refused
    assert refused is not None
    said = f"{refused} {refused.what_to_do} {refused.column}"
    assert "emove" not in said
    assert not any(cell in said for cell in cells)


# Boundaries as the ONS portal publishes them.


def feature(place: list[list[float]], **properties: object) -> dict[str, object]:
    shape = {"type": "Polygon", "coordinates": [place]}
    return {"type": "Feature", "properties": properties, "geometry": shape}


def collection(*features: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


HERE = [[-1.1, 52.5], [-1.2, 52.5], [-1.1, 52.6], [-1.1, 52.5]]
PORTAL = (
    {"FID": 1, "LSOA21CD": "E01025611", "LSOA21NM": "Blaby 008B", "LSOA21NMW": " ", "BNG_E": 1},
    {"OBJECTID": 1, "lsoa21cd": "E01025611", "lsoa21nm": "x", "Shape__Area": 1.5, "LAT": 52.5},
    {
        "LSOA11CD": "E01025611",
        "LSOA11NM": "x",
        "LSOA11NMW": "",
        "Shape__Length": 2,
        "GlobalID": "g",
    },
    {"objectid_1": 1, "LSOA11CD": "E01025611", "SHAPE_Leng": 1, "st_areasha": 2, "LAD22CD": "x"},
)


@pytest.mark.parametrize("properties", PORTAL)
def test_boundaries_are_taken_as_the_portal_publishes_them(
    properties: dict[str, object], tmp_path: Path
) -> None:
    read = read_bytes(collection(feature(HERE, **properties)), tmp_path, BOUNDARY, "f.geojson")
    assert read.one.refused is None
    assert read.counts == (1, 1, 0, 0)


@given(
    x=st.floats(-9, 3),
    y=st.floats(49, 61.5),
    number=st.integers(0, 3),
    wrong=st.sampled_from("gso"),
)
@settings(max_examples=25, deadline=None)
def test_coordinates_that_are_no_degrees_of_britain_name_their_feature(
    tmp_path_factory: pytest.TempPathFactory, x: float, y: float, number: int, wrong: str
) -> None:
    place, says = {
        "g": ([400_000 + 1000 * x, 100_000 * (y - 48)], "metres of the National Grid"),
        "s": ([y, x], "in the wrong order"),
        "o": ([x + 90, y], "outside Great Britain"),
    }[wrong]
    good = feature([[x, y], [x, y]], LSOA11CD="E01025611")
    features = [good] * number + [feature([[x, y], place], LSOA11CD="E01025612")]
    folder = tmp_path_factory.mktemp("b")
    refused = read_bytes(collection(*features), folder, BOUNDARY, "f.geojson").one.refused
    assert refused is not None
    assert f"feature {number + 1} are" in refused.reason
    assert says in refused.reason
    assert "EPSG:4326" in refused.what_to_do


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [-1.1, 52.5]},
        {"type": "Polygon", "coordinates": [-1.1, 52.5]},
        {"type": "Polygon", "coordinates": [[["a", "b"]]]},
        {"type": "Polygon", "coordinates": [[[None, 52.5]]]},
        {"type": "Polygon"},
        {"type": "MultiPolygon", "coordinates": [[[-1.1, 52.5]]]},
        ["Polygon"],
        "Polygon",
    ],
)
def test_a_shape_that_no_model_can_read_is_refused(geometry: object, tmp_path: Path) -> None:
    broken = {**feature(HERE, LSOA11CD="E01025611"), "geometry": geometry}
    refused = read_bytes(collection(broken), tmp_path, BOUNDARY, "f.geojson").one.refused
    assert refused is not None
    assert "the geometry of feature 1 is no Polygon" in refused.reason


def test_boundaries_without_a_district_are_loaded(home: Home) -> None:
    folder = home.landing / "reference/boundary"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "portal.geojson"
    path.write_bytes(collection(feature(HERE, **PORTAL[0])))
    os.utime(path, (1_300_000_000, 1_300_000_000))
    load(home)
    found = ask(home, "SELECT vintage, lsoa_code, district_code FROM raw.reference__boundary")
    assert found == [("lsoa_2021", "E01025611", None)]


def test_the_real_boundaries_are_whole(shared: Path, tmp_path: Path) -> None:
    read = Read(shared / "data/reference/boundaries/lsoa11.zip", BOUNDARY, tmp_path / "work")
    assert all(reading.refused is None for reading in read.readings)
