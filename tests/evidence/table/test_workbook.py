"""Sheets of workbooks: titles above the header, groups over repeated names, cells that are no figures."""

import pytest
from tests.evidence.table.exports.test_as_programs_write import workbook

from speciosa.errors import EvidenceError
from speciosa.evidence.table.workbook import read_workbook


@pytest.fixture
def sheet(tmp_path):
    def read(*rows: list) -> dict[str, list]:
        return read_workbook(workbook(tmp_path / "book.xlsx", {"Data": list(rows)})).to_dict(
            as_series=False
        )

    return read


@pytest.fixture
def refused(sheet):
    def read(*rows: list) -> list[tuple[str, str, str]]:
        with pytest.raises(EvidenceError) as caught:
            sheet(*rows)
        return [(fault.where, fault.expected, fault.found) for fault in caught.value.faults]

    return read


def test_a_header_and_its_rows(sheet):
    found = sheet(["study", "n", "note"], ["A", 20, ""], ["B", 30.5, "x"])
    assert found == {"study": ["A", "B"], "n": ["20", "30.5"], "note": [None, "x"]}


def test_characters_without_width_are_passed_over(sheet):
    found = sheet(["study", "n\u200b"], ["Smith\ufeff 2004", "2\u20600"])
    assert found == {"study": ["Smith 2004"], "n": ["20"]}


def test_titles_and_empty_rows_above_the_header_are_passed_over(sheet):
    for title in (["Deaths in trials", "", ""], ["", "", ""]):
        found = sheet(title, ["study", "events", "n"], ["A", 4, 20], ["", "", ""], ["B", 5, 30])
        assert found == {"study": ["A", "B"], "events": ["4", "5"], "n": ["20", "30"]}
    # a row with more than half of the widest row's cells is the header itself
    assert list(sheet(["study", "n", ""], ["A", 20, ""])) == ["study", "n"]


def test_groups_reach_to_the_next_over_names_that_repeat(sheet):
    found = sheet(
        ["", "Experimental", "", "Control", ""],
        ["Study", "Events", "Total", "Events", "Total"],
        ["A", 1, 2, 3, 4],
    )
    assert list(found) == [
        "Study",
        "Experimental Events",
        "Experimental Total",
        "Control Events",
        "Control Total",
    ]
    full = sheet(
        ["Trial", "Drug", "Drug", "Placebo", "Placebo"],
        ["", "n", "events", "n", "events"],
        ["A", 1, 2, 3, 4],
    )
    assert list(full) == ["Trial", "Drug n", "Drug events", "Placebo n", "Placebo events"]
    titled = sheet(
        ["Title", "", "", "", ""],
        ["", "Drug", "", "Placebo", ""],
        ["Study", "n", "events", "n", "events"],
        ["A", 1, 2, 3, 4],
    )
    assert list(titled) == ["Study", "Drug n", "Drug events", "Placebo n", "Placebo events"]


def test_text_that_repeats_in_the_first_row_of_studies_is_no_header(sheet):
    found = sheet(["study", "arm", "n"], ["A", "A", 20], ["B", "x", 30])
    assert found == {"study": ["A", "B"], "arm": ["A", "x"], "n": ["20", "30"]}


def test_columns_without_a_name(sheet, refused):
    assert sheet(["study", "n", ""], ["A", 20, ""]) == {"study": ["A"], "n": ["20"]}
    assert sheet(["study", "", "n"], ["A", "", 20]) == {"study": ["A"], "n": ["20"]}
    assert refused(["study", "", "n"], ["A", "x", 20]) == [
        ("book.xlsx, header", "a name for every column", "none for column 2")
    ]


def test_names_given_twice(refused):
    assert refused(["study", "n", "n", "n"], ["A", 1, 2, 3]) == [
        ("book.xlsx, header", "every column name once", "'n'")
    ]


def test_errors_in_cells_are_told_by_row(refused, sheet):
    found = refused(["title", "", ""], ["study", "n", "x"], ["A", "#DIV/0!", 2], ["B", 3, "#REF!"])
    assert found == [
        ("book.xlsx, row 3, n", "a number or text", "#DIV/0!"),
        ("book.xlsx, row 4, x", "a number or text", "#REF!"),
    ]
    assert sheet(["study", "n"], ["#1", 2], ["#x", 3])["study"] == ["#1", "#x"]


def test_which_sheet(tmp_path):
    rows = [["study", "n"], ["A", 20]]
    one = workbook(tmp_path / "one.xlsx", {"empty": [["", ""]], "Data": rows})
    assert (
        read_workbook(one).to_dict(as_series=False)
        == read_workbook(one, "Data").to_dict(as_series=False)
        == {"study": ["A"], "n": ["20"]}
    )
    with pytest.raises(EvidenceError, match="one of Data, found 'empty'"):
        read_workbook(one, "empty")
    nothing = workbook(tmp_path / "nothing.xlsx", {"a": [["", ""]], "b": [[""]]})
    for sheet, said in (("", "only empty ones"), ("a", "none that holds anything")):
        with pytest.raises(EvidenceError, match=said):
            read_workbook(nothing, sheet)
    two = workbook(tmp_path / "two.xlsx", {"a": rows, "b": rows})
    with pytest.raises(EvidenceError, match="one sheet with a table, found a, b"):
        read_workbook(two)
    assert read_workbook(two, "b").to_dict(as_series=False) == {"study": ["A"], "n": ["20"]}


def test_a_header_without_rows(sheet):
    assert sheet(["study", "n"]) == sheet(["Title", ""], ["study", "n"]) == {"study": [], "n": []}
    assert list(sheet(["", "Drug", "Placebo"], ["study", "n", "n"])) == [
        "study",
        "Drug n",
        "Placebo n",
    ]
