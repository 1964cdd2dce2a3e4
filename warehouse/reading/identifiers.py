"""The normal form of what identifies somebody: the same for every way in which it is written.

Compatible letters are made one (NFKC, as annex 15 of the Unicode standard defines it), case is
folded, letters without width are taken out, what a spreadsheet guards a text with is taken off, and
each run of spaces and hyphens becomes one hyphen, none at either end. Where the contract says so,
the noughts before a number are taken off. The form is here twice, in Python and, for plain texts,
as SQL; a property test holds the two together.
"""

import re
import unicodedata

import duckdb

from warehouse.contract import Column
from warehouse.reading.values import unguarded
from warehouse.sql_text import literal

FUNCTION = "normal_identifier"
# Spaces, hyphens and dashes of any kind, and the minus sign.
_APART = re.compile(
    r"[\s\u002d\u00ad\u058a\u05be\u1806\u2010-\u2015\u2043\u207b\u208b\u2212\u2e3a\u2e3b\ufe58\uff0d]+"
)
# Texts for which the SQL below does all there is to do.
_PLAIN = r"[0-9A-Za-z][!-~ ]*"


def normal_identifier(text: str, leading_zeros: str = "kept") -> str:
    """The normal form of a text; that of a text which has none, such as `-`, is the text itself.

    leading_zeros: `kept`, or `dropped` from a text of digits alone.
    """
    said, before = text, None
    # Folding can make new compatible letters, and taking off a guard bare another.
    while said != before:
        before = said
        said = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", said).casefold())
        said = _APART.sub("-", said)
        said = "".join(letter for letter in said if unicodedata.category(letter) != "Cf")
        said = unguarded(said.strip("-")).strip("-")
    if leading_zeros == "dropped" and said.isdigit():
        said = said.lstrip("0") or "0"
    return said or text


def normal_sql(column: Column, text: str) -> str:
    """SQL of the normal form of an identifier of the column; `register` the function before.

    text: SQL of the cell's text, NULL when blank.
    """
    plain = f"trim(regexp_replace(lower({text}), '[ -]+', '-', 'g'), '-')"
    if column.leading_zeros == "dropped":
        plain = (
            f"CASE WHEN regexp_full_match({text}, '[0-9]+') "
            f"THEN coalesce(nullif(ltrim({text}, '0'), ''), '0') ELSE {plain} END"
        )
    return (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN regexp_full_match({text}, {literal(_PLAIN)}) "
        f"THEN {plain} ELSE {FUNCTION}({text}, {literal(column.leading_zeros)}) END"
    )


def register(con: duckdb.DuckDBPyConnection) -> None:
    """Make `normal_identifier(text, leading zeros)` callable in SQL on this connection, once."""
    known = con.execute(
        "SELECT 1 FROM duckdb_functions() WHERE function_name = ? LIMIT 1", [FUNCTION]
    ).fetchall()
    if not known:
        con.create_function(FUNCTION, normal_identifier, ["VARCHAR", "VARCHAR"], "VARCHAR")
